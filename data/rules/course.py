"""The course of one incident: each event takes it on, or is refused.

Events that may come doubled, late or out of order: `data.rules.replay`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from data.errors import InvalidInputError
from data.rules.clock import Extension, Timer
from data.rules.lifecycle import STAGES, STAMP_OF_STAGE, SUSPENDED, check_stage
from data.rules.running import Standard, Suspension
from data.rules.transitions import TRANSITION_OF_ACTION, Need, Transition, from_stage

Reference = int | str
"""Key of an agency or an incident: number or code, whichever the caller uses throughout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done with an incident."""

    action: str
    at: datetime
    note: str | None = None
    agency: Reference | None = None
    """To which it is dispatched, or which reports in."""
    agencies: tuple[Reference, ...] = ()
    """Which are whistled for."""
    duplicate_of: Reference | None = None
    due_at: datetime | None = None
    """The new due time that an extension grants."""
    source_system: str | None = None
    source_id: str | None = None
    sequence: int | None = None
    """Identity of an event without a `source_id`, unique within the incident."""

    def __post_init__(self) -> None:
        if self.action not in TRANSITION_OF_ACTION:
            known = ", ".join(TRANSITION_OF_ACTION)
            raise InvalidInputError(f"{self.action!r} is no action; known are {known}.")
        for moment in (self.at, self.due_at):
            if moment is not None and moment.tzinfo is None:
                raise InvalidInputError(
                    f"{moment.isoformat()} of {self.action!r} has no time zone; give one, "
                    "such as +08:00."
                )

    @property
    def identity(self) -> tuple[Any, ...]:
        """Return what tells an event from its copies."""
        if self.source_id is not None:
            return (self.source_system, self.source_id)
        return (self.sequence,) if self.sequence is not None else (self,)


@dataclass(frozen=True, slots=True)
class Call:
    """A whistle for one agency."""

    agency: Reference
    whistled_at: datetime
    reported_in_at: datetime | None = None

    @property
    def took(self) -> timedelta | None:
        """Return the time from the whistle to the report-in."""
        return None if self.reported_in_at is None else self.reported_in_at - self.whistled_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the events of an incident have come to; times and counters as columns of `Incident`."""

    stage: str
    last_at: datetime
    reported_at: datetime
    verified_at: datetime | None = None
    filed_at: datetime | None = None
    dispatched_at: datetime | None = None
    received_at: datetime | None = None
    handling_at: datetime | None = None
    handled_at: datetime | None = None
    checked_at: datetime | None = None
    closed_at: datetime | None = None
    evaluated_at: datetime | None = None
    rework_count: int = 0
    return_count: int = 0
    transfer_count: int = 0
    agency: Reference | None = None
    duplicate_of: Reference | None = None
    suspended_from: str | None = None
    suspensions: tuple[Suspension, ...] = ()
    extension: Extension | None = None
    calls: tuple[Call, ...] = ()

    def __post_init__(self) -> None:
        check_stage(self.stage)
        stands = bool(self.suspensions) and self.suspensions[-1].until is None
        if (self.stage == SUSPENDED) != (stands and self.suspended_from is not None):
            raise InvalidInputError(
                f"A suspended incident, and no other, has a stage that it goes back to and a "
                f"suspension without an end; this one is in stage {self.stage!r}."
            )


def apply(course: Course | None, event: Event) -> Course:
    """Return the course after one more event; refuse one that is not possible, saying what is."""
    stage = None if course is None else course.stage
    transition = TRANSITION_OF_ACTION[event.action]
    if transition not in from_stage(stage):
        raise InvalidInputError(_impossible(stage, event.action))
    missing = [need for need in transition.needs if _lacks(event, need)]
    if missing:
        raise InvalidInputError(f"{event.action!r} needs {' and '.join(missing)}; give it.")
    if course is None:
        return Course(stage=STAGES[0], last_at=event.at, reported_at=event.at)
    if event.at < course.last_at:
        raise InvalidInputError(
            f"{event.action!r} of {event.at.isoformat()} is older than the last event of "
            f"{course.last_at.isoformat()}; replay the history with it."
        )
    if transition.after is not None and getattr(course, transition.after) is None:
        raise InvalidInputError(
            f"{event.action!r} needs {transition.after} first; possible from "
            f"{stage!r} are {_names(stage)}."
        )
    return replace(course, last_at=event.at, **_changes(course, event, transition))


def timer_of(course: Course, standard: Standard) -> Timer:
    """Return what the clock of an incident depends on: it runs from the report to the end."""
    return Timer(
        start=course.reported_at,
        standard=standard,
        suspensions=course.suspensions,
        extension=course.extension,
        ended_at=course.closed_at,
    )


def _names(stage: str | None) -> str:
    return ", ".join(each.action for each in from_stage(stage)) or "nothing"


def _impossible(stage: str | None, action: str) -> str:
    if stage is None:
        return f"{action!r} is not possible before the incident is reported."
    return f"{action!r} is not possible in stage {stage!r}; possible from it: {_names(stage)}."


def _lacks(event: Event, need: Need) -> bool:
    value = getattr(event, need)
    return value is None or (isinstance(value, str) and not value.strip()) or value == ()


def _changes(course: Course, event: Event, transition: Transition) -> dict[str, Any]:
    """Return the fields that change; the stages after the one reached are still to come."""
    stage = _stage_after(course, transition)
    changes: dict[str, Any] = {"stage": stage}
    if stage in STAMP_OF_STAGE:
        order = list(STAMP_OF_STAGE)
        to_come = order[order.index(stage) + 1 :]
        changes |= {STAMP_OF_STAGE[later]: None for later in to_come}
    if transition.stamp is not None:
        changes[transition.stamp] = event.at
    if transition.counter is not None:
        changes[transition.counter] = getattr(course, transition.counter) + 1
    changes |= _clock_changes(course, event, transition)
    return changes | _party_changes(course, event, transition)


def _stage_after(course: Course, transition: Transition) -> str:
    if transition.clock == "resume" and course.suspended_from is not None:
        return course.suspended_from
    return transition.target or course.stage


def _clock_changes(course: Course, event: Event, transition: Transition) -> dict[str, Any]:
    match transition.clock:
        case "suspend":
            pauses = (*course.suspensions, Suspension(event.at))
            return {"suspensions": pauses, "suspended_from": course.stage}
        case "resume":
            ended = Suspension(course.suspensions[-1].since, event.at)
            return {"suspensions": (*course.suspensions[:-1], ended), "suspended_from": None}
        case "extend" if event.due_at is not None:
            least = max(event.at, course.extension.due_at if course.extension else event.at)
            if event.due_at <= least:
                raise InvalidInputError(
                    f"An extension to {event.due_at.isoformat()} grants no time; the new due time "
                    f"must be later than {least.isoformat()}."
                )
            return {"extension": Extension(event.at, event.due_at)}
    return {}


def _party_changes(course: Course, event: Event, transition: Transition) -> dict[str, Any]:
    match transition.party:
        case "handler":
            if event.agency == course.agency:
                raise InvalidInputError(f"{event.agency!r} has the incident already.")
            return {"agency": event.agency}
        case "original":
            return {"duplicate_of": event.duplicate_of}
        case "called":
            return {"calls": (*course.calls, *_new_calls(course, event))}
        case "come":
            return {"calls": _answered(course, event)}
    return {}


def _new_calls(course: Course, event: Event) -> tuple[Call, ...]:
    waiting = {call.agency for call in course.calls if call.reported_in_at is None}
    again = [agency for agency in event.agencies if agency in waiting]
    if again:
        raise InvalidInputError(f"{again[0]!r} was whistled for and has not reported in yet.")
    return tuple(Call(agency, event.at) for agency in dict.fromkeys(event.agencies))


def _answered(course: Course, event: Event) -> tuple[Call, ...]:
    calls = list(course.calls)
    for position, call in enumerate(calls):
        if call.agency == event.agency and call.reported_in_at is None:
            calls[position] = replace(call, reported_in_at=event.at)
            return tuple(calls)
    raise InvalidInputError(f"{event.agency!r} was not whistled for, or has reported in already.")
