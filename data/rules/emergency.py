"""The 10-30-60 clock of an emergency (domain reference 4-13, §7.1 and §10).

10秒定位、30秒確認、60秒梯隊到位: located within 10 s, confirmed within 30 s, the first
team in place within 60 s. The article does not say from when each counts, hence a setting: from
the alarm (cumulative, the default) or from the step before (stepwise). Exactly the limit passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from data.errors import InvalidInputError


class Basis(StrEnum):
    """From when the limit of a step counts; the code list `emergency_basis`."""

    CUMULATIVE = "cumulative"
    STEPWISE = "stepwise"


class LampState(StrEnum):
    """How a step stands; the code list `lamp_state`."""

    WAITING = "waiting"
    """Stepwise only: the step before has not been taken."""
    RUNNING = "running"
    MET = "met"
    MISSED = "missed"
    """Taken too late, or not yet taken and too late."""
    VOID = "void"
    """The emergency ended before the limit without the step, such as a false alarm."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A step and how long it may take; the code list `emergency_step`."""

    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Drill:
    """The limits that hold in an installation."""

    limits: tuple[Limit, ...]
    basis: Basis = Basis.CUMULATIVE


TEN_THIRTY_SIXTY = Drill((Limit("located", 10), Limit("confirmed", 30), Limit("first_team", 60)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """When each step of an emergency was taken; a row of `emergency_response`."""

    alarm_at: datetime
    located_at: datetime | None = None
    confirmed_at: datetime | None = None
    first_team_at: datetime | None = None
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("located_at", "confirmed_at", "first_team_at", "ended_at"):
            moment: datetime | None = getattr(self, name)
            if moment is not None and moment < self.alarm_at:
                raise InvalidInputError(
                    f"{name} {moment.isoformat()} lies before the alarm of "
                    f"{self.alarm_at.isoformat()}; correct the clock that gave it."
                )

    def taken_at(self, step: str) -> datetime | None:
        """Return when a step was taken."""
        moment: datetime | None = getattr(self, f"{step}_at")
        return moment


@dataclass(frozen=True, slots=True)
class Lamp:
    """How one step stands at a moment."""

    step: str
    state: LampState
    limit_s: float
    taken_at: datetime | None
    elapsed_s: float | None
    """What the step took, or has taken so far; None while it waits."""

    @property
    def left_s(self) -> float | None:
        """Return the seconds until the limit, negative behind it; None once it is settled."""
        if self.taken_at is not None or self.elapsed_s is None or self.state is LampState.VOID:
            return None
        return self.limit_s - self.elapsed_s


def lamps(emergency: Emergency, drill: Drill, now: datetime) -> tuple[Lamp, ...]:
    """Return how each step stands at a moment; steps taken after it are not known yet."""
    found = []
    since: datetime | None = emergency.alarm_at
    for limit in drill.limits:
        taken = _known(emergency.taken_at(limit.step), now)
        found.append(_lamp(limit, since, taken, _known(emergency.ended_at, now), now))
        if drill.basis is Basis.STEPWISE:
            since = taken
    return tuple(found)


def _known(moment: datetime | None, now: datetime) -> datetime | None:
    return None if moment is None or moment > now else moment


def _lamp(
    limit: Limit,
    since: datetime | None,
    taken: datetime | None,
    ended: datetime | None,
    now: datetime,
) -> Lamp:
    elapsed_s = None
    if since is not None:
        elapsed_s = max(0.0, ((taken or ended or now) - since).total_seconds())
    elif taken is not None:  # out of turn, before the step that it follows
        elapsed_s = 0.0
    state = _state(limit, elapsed_s, was_taken=taken is not None, has_ended=ended is not None)
    return Lamp(limit.step, state, limit.seconds, taken, elapsed_s)


def _state(limit: Limit, elapsed_s: float | None, *, was_taken: bool, has_ended: bool) -> LampState:
    if elapsed_s is not None and elapsed_s > limit.seconds:
        return LampState.MISSED
    if was_taken:
        return LampState.MET
    if has_ended:
        return LampState.VOID
    return LampState.WAITING if elapsed_s is None else LampState.RUNNING


@dataclass(frozen=True, slots=True)
class StepFigures:
    """How a step went over many emergencies."""

    step: str
    numerator: int
    """Taken in time."""
    denominator: int
    """Met or missed; void, waiting and still running ones are not judged."""
    median_s: float | None
    p90_s: float | None
    """Of the durations of those that were taken; linear between the two nearest."""
    taken: int


def figures(
    emergencies: Iterable[Emergency], drill: Drill, now: datetime
) -> tuple[StepFigures, ...]:
    """Return for each step the share within its limit, and how long it took."""
    rows = [lamps(emergency, drill, now) for emergency in emergencies]
    found = []
    for place, limit in enumerate(drill.limits):
        its_lamps = [row[place] for row in rows]
        met = sum(lamp.state is LampState.MET for lamp in its_lamps)
        missed = sum(lamp.state is LampState.MISSED for lamp in its_lamps)
        lasted = sorted(
            lamp.elapsed_s
            for lamp in its_lamps
            if lamp.taken_at is not None and lamp.elapsed_s is not None
        )
        found.append(
            StepFigures(
                limit.step,
                met,
                met + missed,
                _quantile(lasted, 0.5),
                _quantile(lasted, 0.9),
                len(lasted),
            )
        )
    return tuple(found)


def _quantile(ascending: list[float], share: float) -> float | None:
    if not ascending:
        return None
    place, part = divmod(share * (len(ascending) - 1), 1)
    lower, upper = ascending[int(place)], ascending[math.ceil(place + part)]
    return lower + (upper - lower) * part
