"""The whole town, drawn from a seed and a day; nothing here touches the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from data.demo import cameras
from data.demo.cases import Cases, calendar, happen
from data.demo.division import Division, divide
from data.demo.ground import draw
from data.demo.lives import Lives, live
from data.demo.streets import lay_out, locate_community, place_points, scattered
from data.models import Camera
from data.partition import NOWHERE

DEFAULT_SEED = 20220901
DEFAULT_INCIDENTS = 2644
DEFAULT_MONTHS = 12
_DUPLICATE_SPREAD_M = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to invent; two equal plans give the same town to the byte."""

    seed: int
    incidents: int
    months: int
    until: date
    """The first local day without incidents."""
    zone: ZoneInfo

    def until_at(self) -> datetime:
        """Return the moment at which the period ends, aware UTC."""
        start = datetime(self.until.year, self.until.month, self.until.day, tzinfo=self.zone)
        return start.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Town:
    """Everything about the town but its rows."""

    plan: Plan
    division: Division
    cameras: list[Camera]
    days: tuple[date, ...]
    """The local days that `cases.day` counts."""
    cases: Cases
    lives: Lives


def invent(plan: Plan) -> Town:
    """Draw the town; each part has a stream of its own, so that one does not move the others."""
    division = divide(_stream(plan, "division"), draw(_stream(plan, "ground")))
    sites = lay_out(_stream(plan, "streets"), division)
    when = calendar(plan.until, plan.months, plan.zone)
    cases = happen(_stream(plan, "cases"), division, sites, when, plan.incidents)
    lives = live(_stream(plan, "lives"), cases, when.until_s)
    return Town(
        plan,
        division,
        cameras.register(_stream(plan, "cameras"), division, sites, plan.until_at()),
        when.days,
        _duplicates_moved(_stream(plan, "duplicates"), cases, lives, division),
        lives,
    )


_STREAMS = ("ground", "division", "streets", "cameras", "cases", "lives", "duplicates")


def _stream(plan: Plan, part: str) -> np.random.Generator:
    sequence = np.random.SeedSequence([plan.seed, _STREAMS.index(part)])
    return np.random.Generator(np.random.PCG64(sequence))


def _duplicates_moved(
    rng: np.random.Generator, cases: Cases, lives: Lives, division: Division
) -> Cases:
    """Put each merged case beside the earlier one that it repeats, unless its place is unknown."""
    unknown = (cases.points == place_points(division)["hall"]).all(axis=1)
    merged = np.flatnonzero((lives.duplicate_of >= 0) & ~unknown)
    first = lives.duplicate_of[merged]
    beside = scattered(rng, cases.points[first], _DUPLICATE_SPREAD_M).round(7)
    outside = locate_community(division, beside) == NOWHERE
    beside[outside] = cases.points[first][outside]
    points, where, number = cases.points.copy(), cases.where.copy(), cases.number.copy()
    points[merged] = beside
    where[merged], number[merged] = where[first], number[first]
    return replace(
        cases,
        points=points,
        where=where,
        number=number,
        community=locate_community(division, points),
    )
