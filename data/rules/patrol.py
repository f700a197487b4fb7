"""What a grid is owed each day: two hours of patrol, one full round and a report.

Sources, by row of the domain reference: 0-5 每天走访巡查不少于2个小时, with patrol compliance
in §7.1; 2-5 每天全面巡查网格一次; 0-6 每日必报, where nothing to report is a report. Who owes it
is said in `data.rules.posts`. Days are numbers of local days, see `data.rules.periods`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from shapely import MultiPolygon, Polygon, contains_xy

from data import cells
from data.errors import InvalidInputError
from data.rules.periods import day_of, local_day
from data.rules.posts import Duty

LEAST_MINUTES = 120
FULL_ROUND_SHARE = 0.8
"""Ours: a yard behind a locked gate must not spoil a round."""

ROUND_RESOLUTIONS = (9, 10, 11)
"""Cells about 400, 150 and 60 m wide. Finer ones than the last are no wider than the error of a
telephone's position between houses; coarser ones than the first are passed without being seen."""
LEAST_CELLS = 30
"""So many cells make one that was missed show as about 3 %."""

PersonDay = tuple[int, int]
GridDay = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patrol:
    """A walk of one person."""

    person: int
    grid: int
    started_at: datetime
    ended_at: datetime | None
    """None while it goes on."""

    def __post_init__(self) -> None:
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise InvalidInputError(
                f"The patrol of {self.started_at.isoformat()} ends before it starts; "
                "correct its times."
            )


@dataclass(frozen=True, slots=True)
class Compliance:
    """How much of what was owed was done, with what a rate is made of."""

    numerator: int
    denominator: int
    missing: tuple[tuple[int, int], ...]
    """Person and day, or grid and day, that lack it; by day."""


def seconds_by_day(
    patrols: Iterable[Patrol], zone: ZoneInfo, now: datetime
) -> dict[PersonDay, float]:
    """Return the seconds that each person was on patrol on each local day.

    Time counts once where patrols of a person overlap, by the clock that runs (a day of 23 or 25
    hours has so many), and for the day on which it passed. A patrol that goes on counts until now,
    and only on the day it started: one that nobody ended fills no second day.
    """
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    for patrol in patrols:
        ended = patrol.ended_at
        if ended is None:
            ended = min(now, _midnight_after(local_day(patrol.started_at, zone), zone))
        spans.setdefault(patrol.person, []).append(
            (patrol.started_at.astimezone(UTC), min(ended, now).astimezone(UTC))
        )
    found: dict[PersonDay, float] = {}
    for person, its_spans in spans.items():
        for start, end in _merged(its_spans):
            for day, seconds in _by_day(start, end, zone):
                found[person, day] = found.get((person, day), 0.0) + seconds
    return found


def _merged(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def _by_day(start: datetime, end: datetime, zone: ZoneInfo) -> Iterable[tuple[int, float]]:
    day = local_day(start, zone)
    while start < end:
        until = min(end, _midnight_after(day, zone))
        yield day, max(0.0, (until - start).total_seconds())
        start, day = max(start, until), day + 1


def _midnight_after(day: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day_of(day + 1), time(), zone).astimezone(UTC)


def patrol_compliance(
    duties: Iterable[Duty],
    seconds: Mapping[PersonDay, float],
    least_minutes: float = LEAST_MINUTES,
) -> Compliance:
    """Return the compliance (巡查达标率): person-days long enough / person-days scheduled.

    Exactly the minimum is long enough. A person with several grids owes a day once. A day of a
    grid with nobody there is no person-day; see `data.rules.posts.uncovered`.
    """
    owed = {(duty.person, duty.day) for duty in duties if duty.person is not None}
    missing = [each for each in owed if seconds.get(each, 0.0) < least_minutes * 60]
    return _compliance(owed, missing)


def _compliance(
    owed: Collection[tuple[int, int]], missing: Collection[tuple[int, int]]
) -> Compliance:
    by_day = sorted(missing, key=lambda each: (each[1], each[0]))
    return Compliance(len(owed) - len(missing), len(owed), tuple(by_day))


def round_resolution(area_m2: float) -> int:
    """Return the resolution at which the round of a grid of this area is measured.

    The coarsest of `ROUND_RESOLUTIONS` that cuts the grid into `LEAST_CELLS` or more, on average;
    the finest for a grid too small for that.
    """
    if not (math.isfinite(area_m2) and area_m2 > 0):
        raise InvalidInputError(f"A grid of {area_m2} m2 has no round; correct its outline.")
    for resolution in ROUND_RESOLUTIONS:
        edge_m = cells.width_m(resolution) / 2
        if area_m2 / (1.5 * math.sqrt(3) * edge_m**2) >= LEAST_CELLS:
            return resolution
    return ROUND_RESOLUTIONS[-1]


def cells_of_grid(shape: Polygon | MultiPolygon, resolution: int) -> frozenset[int]:
    """Return the cells that a full round passes: those whose middle lies in the grid.

    A cell that the grid merely touches may not be reachable from inside. Only a grid so small that
    it holds no middle is measured by the cells that it touches.
    """
    touched = [int(cell) for cell in cells.cover(shape, resolution)]
    inside = frozenset(cell for cell in touched if contains_xy(shape, *cells.centre(cell)))
    return inside or frozenset(touched)


_LONGEST_GAP_S = 300.0
_FASTEST_M_S = 3.0
"""A brisk walk is half as fast; what is faster was a ride, or a jump of the position."""
_METRES_A_DEGREE = 111_320.0


def cells_passed(
    longitudes: Collection[float],
    latitudes: Collection[float],
    at_s: Collection[float],
    resolution: int,
) -> frozenset[int]:
    """Return the cells that a track passes, the way between two fixes included.

    The way is straight, and none where the fixes are further apart than five minutes or than one
    can walk: then only the fixes themselves count.
    """
    east = np.asarray(longitudes, np.float64)
    north = np.asarray(latitudes, np.float64)
    order = np.argsort(np.asarray(at_s, np.float64), kind="stable")
    east, north, when = east[order], north[order], np.asarray(at_s, np.float64)[order]
    step_m = cells.width_m(resolution) / 4
    points = [(east, north)]
    for place in range(len(when) - 1):
        gap_s = when[place + 1] - when[place]
        wide_m = (east[place + 1] - east[place]) * math.cos(math.radians(north[place]))
        far_m = math.hypot(wide_m, north[place + 1] - north[place]) * _METRES_A_DEGREE
        if gap_s <= _LONGEST_GAP_S and step_m < far_m <= gap_s * _FASTEST_M_S:
            way = np.linspace(0.0, 1.0, math.ceil(far_m / step_m), endpoint=False)[1:]
            points.append(
                (
                    east[place] + way * (east[place + 1] - east[place]),
                    north[place] + way * (north[place + 1] - north[place]),
                )
            )
    base = cells.cells_at(*(np.concatenate(axis).tolist() for axis in zip(*points, strict=True)))
    return frozenset(int(cell) for cell in np.unique(cells.ancestors(base, resolution)))


@dataclass(frozen=True, slots=True)
class Round:
    """How much of a grid was passed on a day."""

    numerator: int
    """Cells of the grid that were passed, by whomever."""
    denominator: int

    def is_full(self, share: float = FULL_ROUND_SHARE) -> bool:
        """Tell whether enough was passed; exactly the share is enough."""
        return self.denominator > 0 and self.numerator >= share * self.denominator - 1e-9


def round_of(grid_cells: Collection[int], passed: Collection[int]) -> Round:
    """Return how much of a grid these passed cells are; cells outside it do not count."""
    if grid_cells and passed and _resolution(grid_cells) != _resolution(passed):
        raise InvalidInputError(
            f"The grid is measured at resolution {_resolution(grid_cells)}, the track at "
            f"{_resolution(passed)}; use round_resolution of the grid for both."
        )
    of_grid = frozenset(grid_cells)
    return Round(len(of_grid & frozenset(passed)), len(of_grid))


def _resolution(some: Collection[int]) -> int:
    return cells.finest_resolution(np.array(list(some), np.uint64))


def round_compliance(
    grid_cells: Mapping[int, Collection[int]],
    passed: Mapping[GridDay, Collection[int]],
    days: Iterable[int],
    share: float = FULL_ROUND_SHARE,
) -> Compliance:
    """Return on how many grid-days the grid was passed in full, of all grids on all days."""
    owed = {(grid, day) for day in days for grid in grid_cells}
    missing = [
        each
        for each in owed
        if not round_of(grid_cells[each[0]], passed.get(each, ())).is_full(share)
    ]
    return _compliance(owed, missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyReport:
    """What a grid reported about a day; nothing happened is 0 incidents, and a report."""

    grid: int
    day: int
    sent_at: datetime
    incidents: int


def report_compliance(
    grids: Collection[int],
    days: Iterable[int],
    reports: Iterable[DailyReport],
    zone: ZoneInfo,
    grace: timedelta = timedelta(),
) -> Compliance:
    """Return on how many grid-days a report was sent before the day ended, and a time of grace."""
    in_time = {
        (report.grid, report.day)
        for report in reports
        if report.sent_at < _midnight_after(report.day, zone) + grace
    }
    owed = {(grid, day) for day in days for grid in grids}
    return _compliance(owed, owed - in_time)
