"""What the events of an incident come to that arrived doubled, late and out of order.

Each event counts once, in the order of the times at which things happened. An event that is not
possible at its time is set aside with the reason, and fits once the one that it waits for has
arrived: any order and any number of copies gives the same result.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from data.errors import InvalidInputError
from data.rules.course import Course, Event, apply
from data.rules.transitions import TRANSITIONS


@dataclass(frozen=True, slots=True)
class Line:
    """An event with the stages before and after it, as a line of the history."""

    event: Event
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that is not possible at its time."""

    event: Event
    reason: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What events come to that arrived in any order."""

    course: Course | None
    """None as long as no report has arrived."""
    lines: tuple[Line, ...]
    set_aside: tuple[SetAside, ...]


def replayed(events: Iterable[Event], known: Course | None = None) -> Replay:
    """Return what all events of an incident come to, whatever their order and number of copies.

    Parameters
    ----------
    known
        What an import told, for an incident whose events are known from then on only; an event
        that is older is set aside.
    """
    course = known
    lines: list[Line] = []
    unique, set_aside = _once_each(sorted(events, key=_order))
    for _, moment in groupby(unique, key=attrgetter("at")):
        course, told, left = _of_one_moment(course, list(moment))
        lines += told
        set_aside += left
    return Replay(course, tuple(lines), tuple(set_aside))


def _once_each(events: list[Event]) -> tuple[list[Event], list[SetAside]]:
    """Leave out copies; an event that contradicts an earlier one of its identity is set aside."""
    first: dict[tuple[Any, ...], Event] = {}
    other: dict[Event, None] = {}
    for event in events:
        if first.setdefault(event.identity, event) != event:
            other[event] = None
    return list(first.values()), [SetAside(event, _OTHER_CONTENT) for event in other]


def _of_one_moment(
    course: Course | None, events: list[Event]
) -> tuple[Course | None, list[Line], list[SetAside]]:
    """Take the events of one moment in whichever order is possible, the usual one first."""
    lines: list[Line] = []
    while True:
        set_aside = []
        for event in events:
            try:
                after = apply(course, event)
            except InvalidInputError as error:
                set_aside.append(SetAside(event, str(error)))
                continue
            lines.append(Line(event, None if course is None else course.stage, after.stage))
            course = after
            events = [each for each in events if each is not event]
            break
        else:
            return course, lines, set_aside


_OTHER_CONTENT = "has the identity of an earlier event and says something else."
_RANK = {transition.action: rank for rank, transition in enumerate(TRANSITIONS)}


def _order(event: Event) -> tuple[Any, ...]:
    """Order events by time; those of one moment by number, then as they usually happen."""
    identity = (event.source_system or "", event.source_id or "", repr(event))
    return (event.at, event.sequence or 0, _RANK[event.action], *identity)
