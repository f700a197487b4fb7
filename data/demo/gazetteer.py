"""What is invented by hand: names, facts and places of the town, from the files beside this."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

Table = dict[str, Any]
Kilometres = tuple[float, float]
"""East and north of the middle of the town, before its ground is bent."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name in the three languages."""

    name: str
    translations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where people live closely, with the streets laid out there."""

    at: Kilometres
    spread_km: float
    share: float
    streets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A named spot."""

    key: str
    name: str
    at: Kilometres
    position_type: str


@dataclass(frozen=True, slots=True)
class HotSpot:
    """Cases of one kind that pile up at a place for a while; times are parts of the period."""

    item: str
    place: str
    share: float
    radius_m: float
    since: float
    until: float
    profile: str


@cache
def tables(file_name: str) -> Table:
    """Return one of the files as it is."""
    text = resources.files(__package__).joinpath(file_name).read_text(encoding="utf-8")
    return tomllib.loads(text)


def facts() -> Table:
    """Return the facts of the town."""
    return dict(tables("town.toml")["town"])


def named(table: Table) -> Named:
    """Return the name that a table gives."""
    names = {"zh-Hans": table["name"], "zh-Hant": table["zh-Hant"], "en": table["en"]}
    return Named(table["name"], names)


def names(kind: str) -> tuple[Named, ...]:
    """Return the names of all "level", "zone" or "community" tables."""
    return tuple(named(table) for table in tables("town.toml")[kind])


def settlements() -> tuple[Settlement, ...]:
    """Return where people live closely."""
    return tuple(
        Settlement(_pair(row["at"]), row["spread_km"], row["share"], tuple(row["streets"]))
        for row in tables("town.toml")["settlement"]
    )


def roads() -> tuple[tuple[str, tuple[Kilometres, ...]], ...]:
    """Return the roads between the settlements, each with its name and its course."""
    return tuple(
        (row["name"], tuple(_pair(point) for point in row["line"]))
        for row in tables("town.toml")["road"]
    )


def river() -> tuple[Kilometres, Kilometres]:
    """Return the two ends of the river; no grid reaches over it but by the level above."""
    start, end = tables("town.toml")["river"]["line"]
    return _pair(start), _pair(end)


def places() -> dict[str, Place]:
    """Return the named places by key."""
    rows = tables("town.toml")["place"]
    return {
        row["key"]: Place(row["key"], row["name"], _pair(row["at"]), row["position_type"])
        for row in rows
    }


def hot_spots() -> tuple[HotSpot, ...]:
    """Return the true hot spots."""
    return tuple(HotSpot(**row) for row in tables("town.toml")["hot_spot"])


def _pair(point: list[float]) -> Kilometres:
    east, north = point
    return float(east), float(north)
