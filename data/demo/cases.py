"""Which cases happen, where and when: many ordinary ones, a few hot spots, one default point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from data import catalogue
from data.demo import gazetteer
from data.demo.division import Division
from data.demo.gazetteer import HotSpot
from data.demo.ground import Points
from data.demo.streets import Sites, locate_community, place_points, scattered
from data.partition import NOWHERE

Whole = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

DAY_S = 86_400
RHYTHMS = "rhythms.toml"
_SETBACK_SPREAD_M = 6.0
_GROWTH_OVER_PERIOD = 0.12
_DECIMALS = 7


@dataclass(frozen=True, slots=True)
class Calendar:
    """The local days of the period."""

    days: tuple[date, ...]
    midnights_s: Whole
    """Start of each day, seconds since 1970 UTC."""
    until_s: int


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases in the order in which they were reported; arrays of shape (n,)."""

    item: Whole
    """Position in `catalogue.items()`."""
    source: Whole
    """Position among the sources of `rhythms.toml`."""
    reported_s: Whole
    """Seconds since 1970 UTC."""
    day: Whole
    """Position in the calendar."""
    points: Points
    """Longitude and latitude, shape (n, 2)."""
    community: Whole
    where: Whole
    """Position in `names`."""
    number: Whole
    names: tuple[str, ...]
    """Of streets and hamlets, then of the named places."""


def calendar(until: date, months: int, zone: ZoneInfo) -> Calendar:
    """Return the whole months of local days that end where `until` begins."""
    count = until.year * 12 + until.month - 1 - months
    first = _clamped(count // 12, count % 12 + 1, until.day)
    days = tuple(first + timedelta(days=index) for index in range((until - first).days))
    starts = [_midnight_s(day, zone) for day in (*days, until)]
    return Calendar(days, np.array(starts[:-1], dtype=np.int64), starts[-1])


def happen(
    rng: np.random.Generator, division: Division, sites: Sites, when: Calendar, count: int
) -> Cases:
    """Draw the cases of a period."""
    hot = [_of_hot_spot(rng, spot, sites, division, when, count) for spot in gazetteer.hot_spots()]
    piled = round(count * _shares()["default_point"])
    ordinary = count - piled - sum(len(part.item) for part in hot)
    parts = [
        *hot,
        _ordinary(rng, sites, when, ordinary),
        _at_default_point(rng, sites, division, when, piled),
    ]
    return _in_order(parts, division, when, sites)


class _Part(NamedTuple):
    """Some of the cases, in any order; arrays of shape (n,)."""

    item: Whole
    source: Whole
    day: Whole
    second: Whole
    """Since midnight."""
    points: Points
    where: Whole
    number: Whole


def _ordinary(rng: np.random.Generator, sites: Sites, when: Calendar, count: int) -> _Part:
    item = _items(rng, count)
    of_land = np.isin(item, _positions(gazetteer.tables(RHYTHMS)["land"]["items"]))
    by_land, by_people = _picked(rng, sites.by_land, count), _picked(rng, sites.by_people, count)
    site = np.where(of_land, by_land, by_people)
    day, second = _times(rng, item, when)
    points = scattered(rng, sites.points[site], _SETBACK_SPREAD_M)
    source = _sources(rng, item)
    return _Part(item, source, day, second, points, sites.where[site], sites.number[site])


def _of_hot_spot(
    rng: np.random.Generator,
    spot: HotSpot,
    sites: Sites,
    division: Division,
    when: Calendar,
    total: int,
) -> _Part:
    count = round(total * spot.share)
    kind = int(_positions([spot.item])[0])
    item = np.full(count, kind)
    length = len(when.days)
    first = int(length * spot.since)
    weekend = _category_rows()[int(_category_of_items()[kind])]["weekend"]
    weights = _weekday_weights(when, weekend)[first : max(first + 1, int(length * spot.until))]
    centre = np.repeat(place_points(division)[spot.place], count, axis=0)
    return _Part(
        item,
        _sources(rng, item),
        first + _picked(rng, weights, count),
        _seconds(rng, spot.profile, count),
        scattered(rng, centre, spot.radius_m / 2),
        np.full(count, _place_position(spot.place, sites)),
        np.zeros(count, dtype=np.int64),
    )


def _at_default_point(
    rng: np.random.Generator, sites: Sites, division: Division, when: Calendar, count: int
) -> _Part:
    """Draw cases whose place nobody wrote down: all lie on the one point of the town hall."""
    item = _items(rng, count)
    hotline = [row["code"] for row in _source_rows()].index("hotline_12345")
    return _Part(
        item,
        np.full(count, hotline),
        *_times(rng, item, when),
        np.repeat(place_points(division)["hall"], count, axis=0),
        np.full(count, _place_position("hall", sites)),
        np.zeros(count, dtype=np.int64),
    )


def _in_order(parts: list[_Part], division: Division, when: Calendar, sites: Sites) -> Cases:
    """Join the parts in the order in which their cases were reported."""
    item, source, day, second, points, where, number = map(np.concatenate, zip(*parts, strict=True))
    reported_s = when.midnights_s[day] + second
    order = np.argsort(reported_s, kind="stable")
    placed = np.round(points[order], _DECIMALS)
    community = locate_community(division, placed)
    if (community == NOWHERE).any():
        raise ValueError("a case lies outside the town")
    return Cases(
        item[order],
        source[order],
        reported_s[order],
        day[order],
        placed,
        community,
        where[order],
        number[order],
        (*sites.names, *(place.name for place in gazetteer.places().values())),
    )


def _items(rng: np.random.Generator, count: int) -> Whole:
    """Draw kinds of case: a category by its weight, within it the first items more often."""
    weight_of = {row["code"]: row["weight"] for row in _category_rows()}
    rank: dict[str, int] = {}
    weights = []
    for item in catalogue.items():
        rank[item.category_code] = rank.get(item.category_code, 0) + 1
        weights.append(1.0 / rank[item.category_code])
    within = np.array(weights)
    codes = np.array([item.category_code for item in catalogue.items()])
    for code, weight in weight_of.items():
        chosen = codes == code
        within[chosen] *= weight / within[chosen].sum()
    return _picked(rng, within, count)


def _sources(rng: np.random.Generator, item: Whole) -> Whole:
    """Draw the channel of each case; some channels report some categories more often."""
    category = _category_of_items()[item]
    source = np.zeros(len(item), dtype=np.int64)
    for position, row in enumerate(_category_rows()):
        chosen = np.flatnonzero(category == position)
        weights = []
        for channel in _source_rows():
            often = channel.get("often", {"categories": [], "times": 1.0})
            times = often["times"] if row["code"] in often["categories"] else 1.0
            weights.append(channel["weight"] * times)
        source[chosen] = _picked(rng, np.array(weights, dtype=np.float64), len(chosen))
    return source


def _times(rng: np.random.Generator, item: Whole, when: Calendar) -> tuple[Whole, Whole]:
    """Draw the day of each case, by season and day of the week, and the second within the day."""
    category = _category_of_items()[item]
    day = np.zeros(len(item), dtype=np.int64)
    second = np.zeros(len(item), dtype=np.int64)
    months = np.array([moment.month for moment in when.days])
    growth = np.linspace(1.0, 1.0 + _GROWTH_OVER_PERIOD, len(when.days))
    for position, row in enumerate(_category_rows()):
        chosen = np.flatnonzero(category == position)
        season = 1.0 + row["swing"] * np.cos((months - row["peak_month"]) * math.pi / 6)
        weights = season * growth * _weekday_weights(when, row["weekend"])
        day[chosen] = _picked(rng, weights, len(chosen))
        second[chosen] = _seconds(rng, row["profile"], len(chosen))
    return day, second


def _weekday_weights(when: Calendar, weekend: float) -> Weights:
    return np.array([weekend if day.weekday() >= 5 else 1.0 for day in when.days])


def _seconds(rng: np.random.Generator, profile: str, count: int) -> Whole:
    hours = np.array(gazetteer.tables(RHYTHMS)["profiles"][profile], dtype=np.float64)
    return _picked(rng, hours, count) * 3600 + rng.integers(0, 3600, count)


def _picked(rng: np.random.Generator, weights: Weights, count: int) -> Whole:
    """Draw positions by weight; shape (count,)."""
    bounds = np.cumsum(weights)
    drawn = np.searchsorted(bounds, rng.uniform(0.0, bounds[-1], count), side="right")
    return np.minimum(drawn, len(weights) - 1).astype(np.int64)


def _positions(codes: list[str]) -> Whole:
    every = [item.code for item in catalogue.items()]
    return np.array([every.index(code) for code in codes], dtype=np.int64)


def _category_of_items() -> Whole:
    order = {category.code: category.position for category in catalogue.categories()}
    return np.array([order[item.category_code] for item in catalogue.items()], dtype=np.int64)


def _place_position(key: str, sites: Sites) -> int:
    return len(sites.names) + list(gazetteer.places()).index(key)


def _category_rows() -> list[gazetteer.Table]:
    rows: list[gazetteer.Table] = gazetteer.tables(RHYTHMS)["category"]
    return rows


def _source_rows() -> list[gazetteer.Table]:
    rows: list[gazetteer.Table] = gazetteer.tables(RHYTHMS)["source"]
    return rows


def _shares() -> dict[str, float]:
    shares: dict[str, float] = gazetteer.tables(RHYTHMS)["shares"]
    return shares


def _midnight_s(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time.min, tzinfo=zone).timestamp())


def _clamped(year: int, month: int, day: int) -> date:
    """Return the day of a month, or its last day where it is shorter."""
    after = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), after - timedelta(days=1))
