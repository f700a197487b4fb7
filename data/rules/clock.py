"""Handling standards: when a case is due, how much time is left, what is overdue.

A standard is a value and a unit (domain.md 2.2). What each unit means, and by which source:

| unit        | runs                         | one unit is                                    |
|-------------|------------------------------|------------------------------------------------|
| urgent_hour | always, nights and holidays  | 60 minutes                                     |
| work_hour   | in sessions of working days  | 60 minutes                                     |
| work_day    | in sessions of working days  | the sessions of a full day: 8 hours as shipped |
| natural_day | always, nights and holidays  | 24 hours                                       |

The public city-management schema that domain.md 2.2 cites says so: kinds called urgent run on
without a stop, the others in working hours only (08-12, 14-18; no weekends, no holidays), and one
working day is eight working hours. So three working days from Tuesday 10:30 end on Friday 10:30,
not at the close of Friday, which the Civil Code (art. 201, 203) would say for legal terms. On a
natural day the sources are silent: 24 hours as they pass, so that where the clock is put forward
or back a due time stands an hour later or earlier by the local clock, and a later start is never
due earlier.

The clock starts with the report and stops at the end of the case. A suspension stops it. A case is
due on the first moment at which its time is used up: a standard that is used up at closing time is
due then, not at the next opening. At exactly that moment it is not yet overdue, as in
`data.reads.selection`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from data.errors import InvalidInputError
from data.rules.calendar import MICROSECOND, WorkingCalendar, microseconds, moment
from data.rules.running import (
    WORKING_UNITS,
    Pauses,
    Standard,
    Suspension,
    Unit,
    merged,
    running_us,
    used_up_us,
)


@dataclass(frozen=True, slots=True)
class Extension:
    """A new due time that was granted; a suspension after that moves it on as any other."""

    granted_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """When a case is due."""

    at: datetime | None
    """In UTC; None while the clock stands and the end of that is not known."""
    unknown_years: tuple[int, ...] = ()
    """Years on the way whose holidays the calendar lacks; weekends alone were counted in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """What the clock of one case depends on."""

    start: datetime
    standard: Standard
    suspensions: tuple[Suspension, ...] = ()
    extension: Extension | None = None
    """The last one granted."""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the clock of a case shows at a moment."""

    state: Literal["running", "suspended", "ended"]
    due: Due
    run: timedelta
    """Time used so far by the clock of the standard: working time for working units."""
    left: timedelta
    """Time left by the same clock; negative is over. 0 from closing time on until the opening."""
    overdue: bool


def due_at(
    start: datetime,
    standard: Standard,
    calendar: WorkingCalendar,
    suspensions: Iterable[Suspension] = (),
) -> Due:
    """Return when a case with this standard is due."""
    pauses = merged(suspensions)
    length_us = standard.length_us(calendar)
    return _due(microseconds(start), length_us, standard.unit, calendar, pauses)


def due_of(timer: Timer, calendar: WorkingCalendar) -> Due:
    """Return the due time that counts: the extended one where there is one."""
    pauses = merged(timer.suspensions)
    start_us, length_us = _last_grant(timer, calendar)
    if timer.extension is not None and not _touch(pauses, timer.extension):
        return Due(timer.extension.due_at)
    return _due(start_us, length_us, timer.standard.unit, calendar, pauses)


def read(timer: Timer, now: datetime, calendar: WorkingCalendar) -> Reading:
    """Return what the clock of a case shows."""
    ended = timer.ended_at is not None and timer.ended_at <= now
    at = timer.ended_at if ended and timer.ended_at is not None else now
    unit, pauses = timer.standard.unit, merged(timer.suspensions)
    grant_us, length_us = _last_grant(timer, calendar)
    start_us = microseconds(timer.start)
    at_us = max(start_us, microseconds(at))
    run_us = running_us(start_us, at_us, unit, calendar, pauses)
    granted_us = length_us + running_us(start_us, max(start_us, grant_us), unit, calendar, pauses)
    due = due_of(timer, calendar)
    stands = any(since <= at_us < until for since, until in pauses)
    return Reading(
        state="ended" if ended else "suspended" if stands else "running",
        due=due,
        run=run_us * MICROSECOND,
        left=(granted_us - run_us) * MICROSECOND,
        overdue=is_overdue(due.at, now, timer.ended_at),
    )


def is_overdue(due: datetime | None, now: datetime, ended_at: datetime | None = None) -> bool:
    """Tell whether a case is, or was when it ended, past its due time; on it, it is not."""
    if due is None:
        return False
    at = ended_at if ended_at is not None and ended_at <= now else now
    return due < at


def due_within(
    due: datetime | None,
    now: datetime,
    window: Standard,
    calendar: WorkingCalendar,
    ended_at: datetime | None = None,
) -> bool:
    """Tell whether an open case is due from now to the end of a window, both included."""
    if due is None or (ended_at is not None and ended_at <= now):
        return False
    end = due_at(now, window, calendar).at
    return end is not None and now <= due <= end


def extended(due: datetime, by: Standard, calendar: WorkingCalendar) -> Due:
    """Return the due time that lies a further standard behind another."""
    return due_at(due, by, calendar)


def check_extension(timer: Timer, until: datetime, calendar: WorkingCalendar) -> None:
    """Refuse a new due time that is not later than the one that counts now."""
    due = due_of(timer, calendar).at
    if due is not None and until <= due:
        raise InvalidInputError(
            f"The case is due at {due.isoformat()} already; an extension to {until.isoformat()} "
            "must be later."
        )


def working_time_between(
    since: datetime,
    until: datetime,
    calendar: WorkingCalendar,
    suspensions: Iterable[Suspension] = (),
) -> timedelta:
    """Return the working time between two moments less the suspended; negative if in reverse."""
    return running_time_between(since, until, Unit.WORK_HOUR, calendar, suspensions)


def running_time_between(
    since: datetime,
    until: datetime,
    unit: Unit,
    calendar: WorkingCalendar,
    suspensions: Iterable[Suspension] = (),
) -> timedelta:
    """Return the time between two moments by the clock of a unit, less the suspended."""
    ends = microseconds(since), microseconds(until)
    sign = 1 if ends[0] <= ends[1] else -1
    run_us = running_us(min(ends), max(ends), unit, calendar, merged(suspensions))
    return sign * run_us * MICROSECOND


def _last_grant(timer: Timer, calendar: WorkingCalendar) -> tuple[int, int]:
    """Return since when time is granted last, and how much: the standard or the extension."""
    if timer.extension is None:
        return microseconds(timer.start), timer.standard.length_us(calendar)
    since, until = microseconds(timer.extension.granted_at), microseconds(timer.extension.due_at)
    return since, running_us(since, max(since, until), timer.standard.unit, calendar, ())


def _touch(pauses: Pauses, extension: Extension) -> bool:
    """Tell whether the clock stood while an extension ran; else it is due to the letter."""
    since, until = microseconds(extension.granted_at), microseconds(extension.due_at)
    return any(begin < until and since < end for begin, end in pauses)


def _due(
    start_us: int, length_us: int, unit: Unit, calendar: WorkingCalendar, pauses: Pauses
) -> Due:
    due_us = used_up_us(start_us, length_us, unit, calendar, pauses)
    if due_us is None:
        return Due(None)
    due = moment(due_us)
    if unit not in WORKING_UNITS:
        return Due(due)
    return Due(due, calendar.unknown_years(moment(start_us), due))
