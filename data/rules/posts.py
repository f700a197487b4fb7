"""Who holds a grid: post A, and post B where A is absent (AB 岗制度, domain reference 0-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from data.errors import InvalidInputError
from data.rules.periods import day_number, day_of, local_day

POSTS = ("A", "B")
"""In the order in which they step in; the code list `post`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A person at a post of a grid."""

    grid: int
    post: str
    person: int
    since: date | None = None
    until: date | None = None
    """The first day no longer at the post."""

    def __post_init__(self) -> None:
        if self.post not in POSTS:
            raise InvalidInputError(f"Post {self.post!r} is not known; use A or B.")

    def holds_on(self, day: int) -> bool:
        """Tell whether the posting is valid on a local day."""
        started = self.since is None or day_number(self.since) <= day
        return started and (self.until is None or day < day_number(self.until))


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which a person is away; the end is exclusive."""

    person: int
    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.until <= self.since:
            raise InvalidInputError(
                f"The absence from {self.since.isoformat()} ends before it starts; "
                "correct its times."
            )


@dataclass(frozen=True, slots=True)
class Duty:
    """Who owes a grid its patrol on a day."""

    grid: int
    day: int
    person: int | None
    """None where everybody posted is absent: a gap to be filled, nobody's fault."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody posted at a grid was there."""

    grid: int
    since: datetime
    until: datetime


def on_duty(
    postings: Sequence[Posting], absences: Sequence[Absence], at: datetime, zone: ZoneInfo
) -> dict[int, int | None]:
    """Return who holds each grid at a moment; None where nobody does."""
    away = {absence.person for absence in absences if absence.since <= at < absence.until}
    return _holders(postings, local_day(at, zone), away)


def duties(
    postings: Sequence[Posting], absences: Sequence[Absence], days: Iterable[int], zone: ZoneInfo
) -> tuple[Duty, ...]:
    """Return who owes each grid its patrol on each day.

    One who is away for half of a local day or longer owes nothing on it, and the next post does.
    """
    found = []
    for day in days:
        away = _away_on(absences, day, zone)
        holders = _holders(postings, day, away)
        found += [Duty(grid, day, person) for grid, person in sorted(holders.items())]
    return tuple(found)


def uncovered(
    postings: Sequence[Posting],
    absences: Sequence[Absence],
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
) -> tuple[Gap, ...]:
    """Return when no one held a grid, by grid and time."""
    found: dict[int, list[Gap]] = {}
    moments = _moments(absences, since, until, zone)
    for start, end in pairwise(moments):
        for grid, person in on_duty(postings, absences, start, zone).items():
            if person is None:
                gaps = found.setdefault(grid, [])
                if gaps and gaps[-1].until == start:
                    gaps[-1] = Gap(grid, gaps[-1].since, end)
                else:
                    gaps.append(Gap(grid, start, end))
    return tuple(gap for grid in sorted(found) for gap in found[grid])


def _holders(
    postings: Sequence[Posting], day: int, away: frozenset[int] | set[int]
) -> dict[int, int | None]:
    holders: dict[int, int | None] = {}
    valid = [posting for posting in postings if posting.holds_on(day)]
    for posting in sorted(valid, key=lambda each: (POSTS.index(each.post), each.person)):
        if holders.get(posting.grid) is None:
            holders[posting.grid] = None if posting.person in away else posting.person
    return holders


def _away_on(absences: Sequence[Absence], day: int, zone: ZoneInfo) -> frozenset[int]:
    start, end = _midnight(day, zone), _midnight(day + 1, zone)
    gone: dict[int, timedelta] = {}
    reached: dict[int, datetime] = {}
    for absence in sorted(absences, key=lambda each: each.since):
        # Absences may overlap: only what lies behind those before counts again.
        since = max(absence.since, reached.get(absence.person, start), start)
        until = min(absence.until, end)
        if since < until:
            gone[absence.person] = gone.get(absence.person, timedelta()) + (until - since)
            reached[absence.person] = until
    return frozenset(person for person, length in gone.items() if length >= (end - start) / 2)


def _moments(
    absences: Sequence[Absence], since: datetime, until: datetime, zone: ZoneInfo
) -> list[datetime]:
    """Return every moment of a period at which the holder of a grid may change."""
    days = range(local_day(since, zone) + 1, local_day(until, zone) + 1)
    inside = {_midnight(day, zone) for day in days}
    inside |= {moment for absence in absences for moment in (absence.since, absence.until)}
    return [since, *sorted(moment for moment in inside if since < moment < until), until]


def _midnight(day: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day_of(day), time(), zone).astimezone(UTC)
