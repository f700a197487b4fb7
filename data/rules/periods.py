"""Calendar periods as whole numbers, and the local day of a moment.

A day is the number of days since 1970-01-01, a period the number of periods of its kind since the
one that holds 1970-01-01; consecutive periods have consecutive numbers, so that "the period before"
is a subtraction. Weeks are those of ISO 8601 and start on Monday.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from data.errors import InvalidInputError

Ints = npt.NDArray[np.int64]

FIRST_DAY = date(1970, 1, 1)
_SECONDS_A_DAY = 86_400
_DAYS_SINCE_MONDAY = 3
"""1970-01-01 was a Thursday."""


class PeriodKind(StrEnum):
    """How long a calendar period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


MONTHS_OF = {
    PeriodKind.MONTH: 1,
    PeriodKind.QUARTER: 3,
    PeriodKind.HALF_YEAR: 6,
    PeriodKind.YEAR: 12,
}


def day_number(day: date) -> int:
    """Return the number of a day."""
    return (day - FIRST_DAY).days


def day_of(number: int) -> date:
    """Return the day of a number."""
    return FIRST_DAY + timedelta(days=number)


def period_of(kind: PeriodKind, day: int) -> int:
    """Return the number of the period that holds a day."""
    if kind is PeriodKind.DAY:
        return day
    if kind is PeriodKind.WEEK:
        return (day + _DAYS_SINCE_MONDAY) // 7
    held = day_of(day)
    return ((held.year - FIRST_DAY.year) * 12 + held.month - 1) // MONTHS_OF[kind]


def first_day(kind: PeriodKind, period: int) -> int:
    """Return the first day of a period; that of the next one is the end, exclusive."""
    if kind is PeriodKind.DAY:
        return period
    if kind is PeriodKind.WEEK:
        return period * 7 - _DAYS_SINCE_MONDAY
    years, month = divmod(period * MONTHS_OF[kind], 12)
    return day_number(date(FIRST_DAY.year + years, month + 1, 1))


def local_day(moment: datetime, zone: ZoneInfo) -> int:
    """Return the number of the day that a moment falls on in a zone."""
    if moment.tzinfo is None:
        raise InvalidInputError(f"The time {moment.isoformat()} has no zone; write one.")
    return day_number(moment.astimezone(zone).date())


def local_days(seconds: Ints, zone: ZoneInfo) -> Ints:
    """Return the number of the local day of each moment.

    Parameters
    ----------
    seconds
        Whole seconds since 1970-01-01 UTC.

    Notes
    -----
    The offset is asked once a day of UTC. Only where it differs between the two ends of such a
    day are the moments of that day asked one by one.
    """
    days, day_at = np.unique(np.asarray(seconds, np.int64) // _SECONDS_A_DAY, return_inverse=True)
    starts = np.array([_offset_s(int(day) * _SECONDS_A_DAY, zone) for day in days], np.int64)
    ends = np.array([_offset_s((int(day) + 1) * _SECONDS_A_DAY, zone) for day in days], np.int64)
    offsets = starts[day_at]
    for moved in np.flatnonzero((starts != ends)[day_at]):
        offsets[moved] = _offset_s(int(seconds[moved]), zone)
    return (seconds + offsets) // _SECONDS_A_DAY


def _offset_s(seconds: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(seconds, UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def seconds_of(moment: datetime) -> int:
    """Return the whole seconds since 1970-01-01 UTC, rounded down."""
    if moment.tzinfo is None:
        raise InvalidInputError(f"The time {moment.isoformat()} has no zone; write one.")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
