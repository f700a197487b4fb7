"""When a sensor raises an alarm, and when it clears.

The model is that of ThingsBoard in reduced form (domain reference §5): a rule per datastream and
type with one or more levels, a clear rule with hysteresis, and a schedule; one active alarm per
originator and type, because there is one `Watch` for each and it holds one alarm.

What the rules promise:

- No data never clears: a tick clears nothing, and a missing value ("NA", NaN) is no observation.
- Late data never raises, nor clears: what is received more than `late_after_s` after it was
  measured shows as the newest value, and ends a run of breaches, no more.
- An observation that is not newer than the newest one, a double among them, changes nothing.
- One measured further ahead of its receipt than `ahead_at_most_s` changes nothing: the clock of
  the device is wrong, and believing it would make all that follows look old.
- Between the threshold and the clear threshold nothing happens.
- Severity only rises while an alarm is active (falling would flap at the border of two levels),
  and a rise asks for a new acknowledgement.
- Stale is never normal: see `signal`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from data.errors import InvalidInputError
from data.rules.alarm_rules import SEVERITIES, AlarmRule, Condition, Level


class AlarmStatus(StrEnum):
    """Active or cleared, acknowledged or not; the code list `alarm_status`."""

    ACTIVE_UNACK = "active_unack"
    ACTIVE_ACK = "active_ack"
    CLEARED_UNACK = "cleared_unack"
    CLEARED_ACK = "cleared_ack"


class Change(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    ESCALATED = "escalated"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A value measured; None or not finite where there was none."""

    measured_at: datetime
    """The phenomenon time."""
    received_at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Tick:
    """The passing of time, without data."""

    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm of one originator and type; its row in the database."""

    severity: str
    started_at: datetime
    updated_at: datetime
    """When it was last seen to hold."""
    value: float | None
    """The last value that concerned it; None for silence."""
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Tell whether it has not been cleared."""
        return self.cleared_at is None

    @property
    def status(self) -> AlarmStatus:
        """Return which of the four it is."""
        first = "active" if self.active else "cleared"
        return AlarmStatus(f"{first}_{'unack' if self.acknowledged_at is None else 'ack'}")


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """A change of an alarm, for the history and for those who are told."""

    change: Change
    at: datetime
    alarm: Alarm
    """As it is after the change."""


@dataclass(frozen=True, slots=True)
class Run:
    """How far a level is on its way to be met."""

    since: datetime | None = None
    """When the unbroken run of breaches began; for a duration."""
    hits: tuple[datetime, ...] = ()
    """The last breaches inside the window; for a repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is remembered of a datastream under one rule."""

    since: datetime
    """When it began to be watched: silence counts from here until the first data come."""
    newest_at: datetime | None = None
    newest_value: float | None = None
    runs: tuple[Run, ...] = ()
    """One for each level; empty means that none has begun."""
    alarm: Alarm | None = None
    """The active one, or the last."""


Step = tuple[Watch, tuple[AlarmEvent, ...]]


def step(watch: Watch, happening: Observation | Tick, rule: AlarmRule) -> Step:
    """Return what is remembered afterwards, and what happened to the alarm."""
    if isinstance(happening, Tick):
        return _ticked(watch, happening.now, rule)
    return _observed(watch, happening, rule)


def run(watch: Watch, happenings: Iterable[Observation | Tick], rule: AlarmRule) -> Step:
    """Take many steps; return the last watch and all events."""
    events: list[AlarmEvent] = []
    for happening in happenings:
        watch, new = step(watch, happening, rule)
        events.extend(new)
    return watch, tuple(events)


def acknowledge(watch: Watch, at: datetime) -> Step:
    """Acknowledge the alarm, active or cleared; a second time changes nothing."""
    if watch.alarm is None:
        raise InvalidInputError("There is no alarm to acknowledge; reload the list of alarms.")
    if watch.alarm.acknowledged_at is not None:
        return watch, ()
    return _with(watch, replace(watch.alarm, acknowledged_at=at), Change.ACKNOWLEDGED, at)


def _observed(watch: Watch, seen: Observation, rule: AlarmRule) -> Step:
    if seen.value is None or not math.isfinite(seen.value):
        return watch, ()
    delay_s = (seen.received_at - seen.measured_at).total_seconds()
    if delay_s < -rule.ahead_at_most_s:
        return watch, ()
    if watch.newest_at is not None and seen.measured_at <= watch.newest_at:
        return watch, ()
    runs = _runs(watch, seen.measured_at, seen.value, rule, late=delay_s > rule.late_after_s)
    newer = replace(watch, newest_at=seen.measured_at, newest_value=seen.value, runs=runs)
    if delay_s > rule.late_after_s:
        return newer, ()
    if _clears(newer, seen, rule):
        return _cleared(newer, seen)
    met = [
        level
        for level, its_run in zip(rule.levels, runs, strict=True)
        if _is_met(level, its_run, seen.measured_at, rule, seen.value)
    ]
    return _raised(newer, met, seen.measured_at, seen.value)


def _ticked(watch: Watch, now: datetime, rule: AlarmRule) -> Step:
    if not rule.is_active(now):
        return watch, ()
    silence_s = (now - (watch.newest_at or watch.since)).total_seconds()
    runs = watch.runs or (Run(),) * len(rule.levels)
    fresh = watch.newest_at is not None and silence_s <= rule.stale_after_s
    met = [
        level
        for level, its_run in zip(rule.levels, runs, strict=True)
        if (level.condition is Condition.NO_DATA and silence_s >= level.no_data_s)
        or (level.condition is Condition.DURATION and fresh and _has_lasted(level, its_run, now))
    ]
    return _raised(watch, met, now, None if rule.watches_silence else watch.newest_value)


def _runs(
    watch: Watch, at: datetime, value: float, rule: AlarmRule, *, late: bool
) -> tuple[Run, ...]:
    """Return the runs after a value; a gap ends a run of breaches, late data only end one."""
    before = watch.runs or (Run(),) * len(rule.levels)
    gap_s = 0.0 if watch.newest_at is None else (at - watch.newest_at).total_seconds()
    unbroken = gap_s <= rule.stale_after_s
    counts = rule.is_active(at)
    after = []
    for level, its_run in zip(rule.levels, before, strict=True):
        breach = counts and rule.breaches(level, value)
        since = its_run.since if breach and unbroken else None
        hits = its_run.hits
        if breach and not late:
            since = since or at
            if level.condition is Condition.REPEATING:
                first = at - timedelta(seconds=level.window_s)
                hits = (*(hit for hit in hits if hit >= first), at)[-level.repeat_n :]
        after.append(Run(since, hits))
    return tuple(after)


def _is_met(level: Level, its_run: Run, at: datetime, rule: AlarmRule, value: float) -> bool:
    if level.condition is Condition.NO_DATA or not rule.is_active(at):
        return False
    if not rule.breaches(level, value):
        return False
    if level.condition is Condition.DURATION:
        return _has_lasted(level, its_run, at)
    return level.condition is Condition.SIMPLE or len(its_run.hits) >= level.repeat_n


def _has_lasted(level: Level, its_run: Run, at: datetime) -> bool:
    return its_run.since is not None and (at - its_run.since).total_seconds() >= level.hold_s


def _clears(watch: Watch, seen: Observation, rule: AlarmRule) -> bool:
    if watch.alarm is None or not watch.alarm.active or seen.value is None:
        return False
    if rule.watches_silence:
        # Data as old as the silence itself would be followed by the next tick's alarm.
        delay_s = (seen.received_at - seen.measured_at).total_seconds()
        return delay_s < min(level.no_data_s for level in rule.levels)
    return rule.clears(seen.value)


def _cleared(watch: Watch, seen: Observation) -> Step:
    if watch.alarm is None:
        return watch, ()
    cleared = replace(
        watch.alarm,
        cleared_at=seen.measured_at,
        updated_at=max(watch.alarm.updated_at, seen.measured_at),
        value=seen.value,
    )
    return _with(replace(watch, runs=()), cleared, Change.CLEARED, seen.measured_at)


def _raised(watch: Watch, met: list[Level], at: datetime, value: float | None) -> Step:
    """Raise, escalate or refresh the alarm by the levels that are met."""
    if not met:
        return watch, ()
    severity = min((level.severity for level in met), key=SEVERITIES.index)
    alarm = watch.alarm
    if alarm is None or not alarm.active:
        new = Alarm(severity=severity, started_at=at, updated_at=at, value=value)
        return _with(watch, new, Change.RAISED, at)
    held = replace(alarm, updated_at=max(alarm.updated_at, at), value=value)
    if SEVERITIES.index(severity) < SEVERITIES.index(alarm.severity):
        graver = replace(held, severity=severity, acknowledged_at=None)
        return _with(watch, graver, Change.ESCALATED, at)
    return replace(watch, alarm=held), ()


def _with(watch: Watch, alarm: Alarm, change: Change, at: datetime) -> Step:
    return replace(watch, alarm=alarm), (AlarmEvent(change, at, alarm),)


@dataclass(frozen=True, slots=True)
class Signal:
    """How a datastream is to be shown."""

    state: str
    """`alarm`, `stale` or `normal`; the code list `signal_state`."""
    stale: bool
    """Also true of an alarm whose data have stopped."""
    age_s: float | None
    """Seconds since the newest value; None if none ever came."""


def signal(watch: Watch, rule: AlarmRule, now: datetime) -> Signal:
    """Return how a datastream stands: normal only with data that are not older than allowed."""
    age_s = None if watch.newest_at is None else (now - watch.newest_at).total_seconds()
    stale = age_s is None or age_s > rule.stale_after_s
    if watch.alarm is not None and watch.alarm.active:
        return Signal("alarm", stale, age_s)
    return Signal("stale" if stale else "normal", stale, age_s)
