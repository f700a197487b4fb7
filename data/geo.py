"""Value objects of a question to the map. Longitude before latitude, degrees, WGS 84."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from data.errors import InvalidInputError

_METRES_A_DEGREE = 111_320.0
_EARTH_RADIUS_M = 6_371_008.8
_METRES_A_PIXEL_AT_ZOOM_0 = 156_543.03
_STEEPEST_DEG = 89.0
"""Nearer to a pole a margin in metres is no longer a margin in longitude."""


@dataclass(frozen=True, slots=True)
class BBox:
    """A rectangle in degrees; `west` may exceed `east` where it crosses the 180th meridian."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        _refuse_infinite(self.west, self.south, self.east, self.north)
        if not -90 <= self.south <= self.north <= 90:
            raise InvalidInputError(
                f"The box reaches from latitude {self.south} to {self.north}; "
                "south must not exceed north and both lie within -90 to 90."
            )
        if not (-180 <= self.west <= 180 and -180 <= self.east <= 180):
            raise InvalidInputError("The box has a longitude outside -180 to 180; use BBox.around.")

    @classmethod
    def around(cls, west: float, south: float, east: float, north: float) -> BBox:
        """Make a box from a viewport, whose longitudes may have been scrolled round the world."""
        _refuse_infinite(west, south, east, north)
        south, north = max(-90.0, min(90.0, south)), max(-90.0, min(90.0, north))
        if east - west >= 360:
            return cls(-180.0, south, 180.0, north)
        return cls(_wrapped(west), south, _wrapped(east), north)

    @classmethod
    def parse(cls, text: str) -> BBox:
        """Read "west,south,east,north"."""
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError:
            raise InvalidInputError(
                f"bbox={text!r} is not a box; write west,south,east,north in degrees."
            ) from None
        if west > east and not west > 0 > east:
            raise InvalidInputError(f"bbox={text!r} has its west edge east of its east edge.")
        return cls.around(west, south, east, north)

    @property
    def crosses_antimeridian(self) -> bool:
        """Tell whether the box reaches over the 180th meridian."""
        return self.west > self.east

    def covers(self, other: BBox) -> bool:
        """Tell whether the other box lies wholly inside this one."""
        if not (self.south <= other.south and other.north <= self.north):
            return False
        return all(
            any(a <= west and east <= b for a, b in self.spans()) for west, east in other.spans()
        )

    def padded(self, margin_m: float) -> BBox:
        """Return the box with a margin on all sides."""
        margin_deg = margin_m / _METRES_A_DEGREE
        poleward = min(max(abs(self.south), abs(self.north)), _STEEPEST_DEG)
        sideways_deg = margin_deg / math.cos(math.radians(poleward))
        west, east = self.west - sideways_deg, self.west + self.width_deg + sideways_deg
        return BBox.around(west, self.south - margin_deg, east, self.north + margin_deg)

    @property
    def width_deg(self) -> float:
        """Return how many degrees of longitude the box is wide."""
        return self.east - self.west + (360.0 if self.crosses_antimeridian else 0.0)

    @property
    def area_m2(self) -> float:
        """Return the area on a sphere as large as the earth."""
        south, north = math.radians(self.south), math.radians(self.north)
        height = math.sin(north) - math.sin(south)
        return _EARTH_RADIUS_M**2 * math.radians(self.width_deg) * height

    def spans(self) -> tuple[tuple[float, float], ...]:
        """Return the one or two ranges of longitude of the box, each ascending."""
        if self.crosses_antimeridian:
            return ((self.west, 180.0), (-180.0, self.east))
        return ((self.west, self.east),)


def _refuse_infinite(*degrees: float) -> None:
    if not all(math.isfinite(value) for value in degrees):
        raise InvalidInputError("The box holds a number that is not finite; give four degrees.")


def _wrapped(longitude: float) -> float:
    """Bring a longitude into [-180, 180]; 180 stays, so that the whole world is not empty."""
    if -180.0 <= longitude <= 180.0:
        return longitude
    return min(180.0, max(-180.0, (longitude + 180.0) % 360.0 - 180.0))


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open window of time, `since` <= t < `until`, in aware UTC."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment.tzinfo is None:
                raise InvalidInputError(f"The time {moment.isoformat()} has no zone; write one.")
        if self.since >= self.until:
            raise InvalidInputError(
                f"The period starts {self.since.isoformat()} and ends {self.until.isoformat()}; "
                "it must end after it starts."
            )
        object.__setattr__(self, "since", self.since.astimezone(UTC))
        object.__setattr__(self, "until", self.until.astimezone(UTC))

    @property
    def length(self) -> timedelta:
        """Return how long the period is."""
        return self.until - self.since

    def previous(self) -> Period:
        """Return the equally long period that ends where this one starts."""
        return Period(self.since - self.length, self.since)


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents are asked for. An empty tuple does not limit."""

    categories: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    overdue_only: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What is asked of a layer or a KPI: where, when, which, and at what moment."""

    period: Period
    at: datetime
    """The moment of asking, aware UTC; decides what is overdue and which grids are valid."""
    bbox: BBox | None = None
    """None asks for everything."""
    zoom: int = 13
    incidents: IncidentFilter = field(default_factory=IncidentFilter)
    scheme: str | None = None
    """Code of the grid scheme; None is the first one."""
    level: int | None = None
    """Pinned grid level, 1 the coarsest; None follows the zoom."""
    grid: str | None = None
    """Code of the selected grid unit."""
    measure: str | None = None
    """Which value of a layer is drawn; None is its first."""


def metres_a_pixel(zoom: float) -> float:
    """Return how much ground a pixel of a web map covers, at the equator."""
    return _METRES_A_PIXEL_AT_ZOOM_0 / math.pow(2.0, zoom)
