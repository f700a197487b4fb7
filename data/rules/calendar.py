"""Which days are worked, and at which hours: weekends, public holidays, make-up workdays, sessions.

A day is of the kind that the table of special days gives it; else a weekend, or a workday. The
table is data (`data/catalogue/calendar.csv` by the yearly notices of the State Council) and knows
whole years only: of a year without a row the holidays are unknown, and whoever counts working time
in it is told so. Sessions stand on the local clock: where that clock is put forward over the start
or end of one, it starts or ends at the jump; an hour that comes twice counts twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Literal

from data.errors import InvalidInputError

DayKind = Literal["workday", "weekend", "holiday", "makeup_workday"]
"""Codes of the list `day_kind`."""
SPECIAL_KINDS = frozenset({"holiday", "makeup_workday"})
WORKED_KINDS = frozenset({"workday", "makeup_workday"})

MINUTES_A_DAY = 24 * 60
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(2, 9999)
"""The first and the last year that Python counts have no whole neighbour."""
_TOO_FAR = "The time lies outside of the years 2 to 9998; check the dates."
_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US


@dataclass(frozen=True, slots=True)
class Session:
    """A part of a day in which work is done, in minutes after midnight by the local clock."""

    opens: int
    closes: int
    """1440 is the midnight that ends the day."""

    def __str__(self) -> str:
        return "-".join(f"{at // 60:02d}:{at % 60:02d}" for at in (self.opens, self.closes))


OFFICE_HOURS = (Session(8 * 60, 12 * 60), Session(14 * 60, 18 * 60))
"""Morning and afternoon as the public city-management schema of domain.md 2.2 ships them."""
MONDAY_TO_FRIDAY = frozenset(range(5))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkingCalendar:
    """The working time of a town, or of an agency with hours of its own; compared by identity."""

    zone: tzinfo
    special_days: Mapping[date, str]
    """Holidays and make-up workdays; a year that has rows must have all of them."""
    sessions: tuple[Session, ...] = OFFICE_HOURS
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    """Days of the week that are worked, Monday is 0."""
    known_years: frozenset[int] = field(init=False)
    """Years whose holidays are known."""

    def __post_init__(self) -> None:
        _check_sessions(self.sessions)
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise InvalidInputError("A calendar needs at least one working weekday of 0 to 6.")
        for day, kind in self.special_days.items():
            if kind not in SPECIAL_KINDS:
                known = " or ".join(sorted(SPECIAL_KINDS))
                raise InvalidInputError(f"{day}: a special day is {known}, not {kind!r}.")
        years = frozenset(day.year for day in self.special_days)
        object.__setattr__(self, "known_years", years)

    @property
    def day_us(self) -> int:
        """Return the working time of a full day in microseconds."""
        return _MINUTE_US * sum(session.closes - session.opens for session in self.sessions)

    def kind(self, day: date) -> DayKind:
        """Return what kind of day a date is."""
        special = self.special_days.get(day)
        if special is not None:
            return "holiday" if special == "holiday" else "makeup_workday"
        return "workday" if day.weekday() in self.weekdays else "weekend"

    def is_worked(self, day: date) -> bool:
        """Tell whether a date is a working day."""
        return self.kind(day) in WORKED_KINDS

    def unknown_years(self, since: datetime, until: datetime) -> tuple[int, ...]:
        """Return the local years between two moments whose holidays are not known."""
        years = range(self.local_year(since), self.local_year(until) + 1)
        return tuple(year for year in years if year not in self.known_years)

    def local_year(self, at: datetime) -> int:
        """Return the year that the local clock shows."""
        try:
            return at.astimezone(self.zone).year
        except OverflowError:
            raise InvalidInputError(_TOO_FAR) from None

    def is_open(self, at: datetime) -> bool:
        """Tell whether a session is running; it opens on its first moment and closes on its end."""
        spans = year_of_work(self, self.local_year(at))
        position = bisect_right(spans.opens, microseconds(at)) - 1
        return position >= 0 and microseconds(at) < spans.closes[position]


def _check_sessions(sessions: tuple[Session, ...]) -> None:
    if not sessions:
        raise InvalidInputError("A calendar needs at least one session of work a day.")
    for session in sessions:
        if not 0 <= session.opens < session.closes <= MINUTES_A_DAY:
            raise InvalidInputError(
                f"Session {session} must close after it opens, on the same day."
            )
    for earlier, later in pairwise(sessions):
        if later.opens < earlier.closes:
            raise InvalidInputError(
                f"Session {later} begins before {earlier} ends; put them in order and apart."
            )


def sessions_of(text: str) -> tuple[Session, ...]:
    """Read sessions written as "08:00-12:00, 14:00-18:00"."""
    sessions = tuple(_session(part.strip()) for part in text.split(","))
    _check_sessions(sessions)
    return sessions


def _session(text: str) -> Session:
    try:
        opens, closes = (_minutes(part.strip()) for part in text.split("-"))
    except ValueError:
        raise InvalidInputError(
            f"{text!r} is no session; write it as 08:00-12:00, from 00:00 to 24:00."
        ) from None
    return Session(opens, closes)


def _minutes(text: str) -> int:
    if text == "24:00":
        return MINUTES_A_DAY
    moment = time.fromisoformat(text)
    if moment.second or moment.microsecond or moment.tzinfo:
        raise ValueError(text)
    return moment.hour * 60 + moment.minute


@dataclass(frozen=True, slots=True)
class YearOfWork:
    """The sessions of one local year on the clock of the world, in microseconds since 1970 UTC."""

    opens: list[int]
    closes: list[int]
    before: list[int]
    """Working time of the year before each session."""
    after: list[int]
    """Working time of the year up to the end of each session."""

    @property
    def total_us(self) -> int:
        """Return the working time of the whole year."""
        return self.after[-1] if self.after else 0

    def worked_us(self, at_us: int) -> int:
        """Return the working time of the year before a moment."""
        position = bisect_right(self.opens, at_us) - 1
        if position < 0:
            return 0
        return self.before[position] + min(at_us, self.closes[position]) - self.opens[position]

    def reached_us(self, worked_us: int) -> int:
        """Return the first moment at which the year has that much working time behind it."""
        position = bisect_left(self.after, worked_us)
        return self.opens[position] + worked_us - self.before[position]


@lru_cache(maxsize=512)
def year_of_work(calendar: WorkingCalendar, year: int) -> YearOfWork:
    """Return the sessions of a local year."""
    if year not in _YEARS:
        raise InvalidInputError(_TOO_FAR)
    first = date(year, 1, 1)
    days = (first + timedelta(days=index) for index in range((date(year + 1, 1, 1) - first).days))
    spans = [
        (
            _instant_us(day, session.opens, calendar.zone),
            _instant_us(day, session.closes, calendar.zone),
        )
        for day in days
        if calendar.is_worked(day)
        for session in calendar.sessions
    ]
    spans = [(opens, closes) for opens, closes in spans if closes > opens]
    after = list(accumulate(closes - opens for opens, closes in spans))
    return YearOfWork(
        [opens for opens, _ in spans], [closes for _, closes in spans], [0, *after[:-1]], after
    )


def microseconds(at: datetime) -> int:
    """Return microseconds since 1970 UTC, exactly; refuse a time without a zone."""
    if at.tzinfo is None:
        raise InvalidInputError(f"{at.isoformat()} has no time zone; give one, such as +08:00.")
    return (at - EPOCH) // MICROSECOND


def moment(at_us: int) -> datetime:
    """Return the moment, in UTC; refuse one that no calendar reaches."""
    try:
        return EPOCH + at_us * MICROSECOND
    except OverflowError:
        raise InvalidInputError(_TOO_FAR) from None


def _instant_us(day: date, minute: int, zone: tzinfo) -> int:
    """Return when the local clock first shows a time of a day, or jumps over it."""
    local = datetime.combine(day, time.min) + timedelta(minutes=minute)
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return microseconds(instant)
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _jump_us(microseconds(before), microseconds(instant), zone)


def _jump_us(before_us: int, after_us: int, zone: tzinfo) -> int:
    """Return when the local clock is put forward between two moments, to the second."""
    offset = moment(before_us).astimezone(zone).utcoffset()
    early, late = before_us // _SECOND_US, after_us // _SECOND_US
    while late - early > 1:
        middle = (early + late) // 2
        if moment(middle * _SECOND_US).astimezone(zone).utcoffset() == offset:
            early = middle
        else:
            late = middle
    return late * _SECOND_US
