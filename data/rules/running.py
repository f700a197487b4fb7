"""Time as it runs by the clock of a unit: all hours or working hours, less what is suspended.

Exact to the microsecond. The meaning of the units, and its sources: `data.rules.clock`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data.errors import InvalidInputError
from data.rules.calendar import WorkingCalendar, microseconds, moment, year_of_work

Whole = npt.NDArray[np.int64]
Pauses = tuple[tuple[int, int], ...]
"""Start and end of suspensions in microseconds: apart and in order."""
ENDLESS_US = microseconds(datetime.max.replace(tzinfo=UTC))
"""The end of a suspension that lasts."""

LARGEST_VALUE = 9999
_HOUR_US = 3_600_000_000
_SECOND_US = 1_000_000


class Unit(StrEnum):
    """The unit of a handling standard, from the code list `time_limit_unit`."""

    URGENT_HOUR = "urgent_hour"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"


WORKING_UNITS = frozenset({Unit.WORK_HOUR, Unit.WORK_DAY})
"""Units that run in working time only; the others never stop by themselves."""
_UNIT_US = {
    Unit.URGENT_HOUR: _HOUR_US,
    Unit.WORK_HOUR: _HOUR_US,
    Unit.NATURAL_DAY: 24 * _HOUR_US,
}
"""Fixed lengths; that of a working day comes from the calendar."""


@dataclass(frozen=True, slots=True)
class Standard:
    """How long the handling may take."""

    value: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.value <= LARGEST_VALUE:
            raise InvalidInputError(f"A time limit is 1 to {LARGEST_VALUE}, not {self.value}.")
        try:
            object.__setattr__(self, "unit", Unit(self.unit))
        except ValueError:
            raise InvalidInputError(
                f"{self.unit!r} is no unit of a time limit; known are {', '.join(Unit)}."
            ) from None

    def length_us(self, calendar: WorkingCalendar) -> int:
        """Return the time of the standard in microseconds of its own clock."""
        return self.value * _UNIT_US.get(self.unit, calendar.day_us)


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which the clock stands."""

    since: datetime
    until: datetime | None = None
    """None as long as it lasts."""

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise InvalidInputError(
                f"A suspension ends before it begins: {self.since} to {self.until}."
            )


def merged(suspensions: Iterable[Suspension]) -> Pauses:
    """Join suspensions that touch, overlap or lie in one another; leave out those of no length."""
    found: list[tuple[int, int]] = []
    for since, until in sorted(_bounds(pause) for pause in suspensions):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        elif since < until:
            found.append((since, until))
    return tuple(found)


def _bounds(pause: Suspension) -> tuple[int, int]:
    until = ENDLESS_US if pause.until is None else microseconds(pause.until)
    return microseconds(pause.since), until


def used_up_us(
    start_us: int, length_us: int, unit: Unit, calendar: WorkingCalendar, pauses: Pauses
) -> int | None:
    """Return the first moment at which that much time has run; None where a pause has no end."""
    at_us, left_us = start_us, length_us
    for since, until in pauses:
        if until <= at_us:
            continue
        run_us = _passed_us(at_us, max(at_us, since), unit, calendar)
        if run_us >= left_us:
            break
        if until == ENDLESS_US:
            return None
        at_us, left_us = until, left_us - run_us
    return _later_us(at_us, left_us, unit, calendar)


def _later_us(at_us: int, length_us: int, unit: Unit, calendar: WorkingCalendar) -> int:
    """Return the first moment at which that much time has passed by the clock of the unit."""
    if unit not in WORKING_UNITS or length_us == 0:
        return at_us + length_us
    year = _local_year(at_us, calendar)
    work = year_of_work(calendar, year)
    wanted_us = work.worked_us(at_us) + length_us
    while wanted_us > work.total_us:
        wanted_us -= work.total_us
        year += 1
        work = year_of_work(calendar, year)
    return work.reached_us(wanted_us)


def running_us(
    since_us: int, until_us: int, unit: Unit, calendar: WorkingCalendar, pauses: Pauses
) -> int:
    """Return the time from one moment to a later one, without the pauses."""
    run_us = _passed_us(since_us, until_us, unit, calendar)
    for since, until in pauses:
        begin, end = max(since, since_us), min(until, until_us)
        if begin < end:
            run_us -= _passed_us(begin, end, unit, calendar)
    return run_us


def _passed_us(since_us: int, until_us: int, unit: Unit, calendar: WorkingCalendar) -> int:
    if unit not in WORKING_UNITS:
        return until_us - since_us
    first, last = _local_year(since_us, calendar), _local_year(until_us, calendar)
    whole_us = sum(year_of_work(calendar, year).total_us for year in range(first, last))
    before_us = year_of_work(calendar, first).worked_us(since_us)
    return whole_us + year_of_work(calendar, last).worked_us(until_us) - before_us


def due_each(starts_s: Whole, standard: Standard, calendar: WorkingCalendar) -> Whole:
    """Return when each of many cases with one standard is due; seconds since 1970 UTC.

    Whole seconds in and out: starts of shape (n,), and sessions begin on whole minutes.
    """
    length_s = standard.length_us(calendar) // _SECOND_US
    if standard.unit not in WORKING_UNITS or len(starts_s) == 0:
        return starts_s + length_s
    work = _sessions((int(starts_s.min()), int(starts_s.max())), length_s, calendar)
    wanted = work.worked_s(starts_s) + length_s
    reached = np.searchsorted(work.after, wanted, side="left")
    due: Whole = work.opens[reached] + wanted - work.before[reached]
    return due


def working_each(since_s: Whole, until_s: Whole, calendar: WorkingCalendar) -> Whole:
    """Return the working seconds from each of many moments to another; negative if in reverse."""
    if len(since_s) == 0:
        return since_s
    ends = int(min(since_s.min(), until_s.min())), int(max(since_s.max(), until_s.max()))
    work = _sessions(ends, 1, calendar)
    return work.worked_s(until_s) - work.worked_s(since_s)


class _Sessions(NamedTuple):
    """Sessions of some years, in seconds since 1970 UTC; arrays of shape (m,)."""

    opens: Whole
    closes: Whole
    before: Whole
    """Working time before each session."""
    after: Whole
    """Working time up to the end of each session."""

    def worked_s(self, at_s: Whole) -> Whole:
        """Return the working time before each moment."""
        position = np.searchsorted(self.opens, at_s, side="right") - 1
        inside = np.minimum(at_s, self.closes[position]) - self.opens[position]
        worked: Whole = np.where(position < 0, 0, self.before[position] + inside)
        return worked


def _sessions(ends_s: tuple[int, int], spare_s: int, calendar: WorkingCalendar) -> _Sessions:
    """Return the sessions between two moments, and so many more as hold some time to spare."""
    first, last = (_local_year(end_s * _SECOND_US, calendar) for end_s in ends_s)
    years = [year_of_work(calendar, year) for year in range(first, last + 1)]
    missing_us = spare_s * _SECOND_US
    while missing_us > 0:
        last += 1
        years.append(year_of_work(calendar, last))
        missing_us -= years[-1].total_us
    opens, closes = (
        np.array([at for year in years for at in edges(year)], dtype=np.int64) // _SECOND_US
        for edges in (attrgetter("opens"), attrgetter("closes"))
    )
    after = np.cumsum(closes - opens)
    return _Sessions(opens, closes, after - (closes - opens), after)


def _local_year(at_us: int, calendar: WorkingCalendar) -> int:
    return calendar.local_year(moment(at_us))
