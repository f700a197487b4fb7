"""What an alarm rule says: levels, clear rule, schedule and how old data may be."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from data.errors import InvalidInputError

SEVERITIES = ("critical", "major", "minor", "warning", "indeterminate")
"""The gravest first; the code list `alarm_severity`."""

STALE_INTERVALS = 3.0
"""Data are stale after this many expected intervals (domain reference §5)."""
LATE_AFTER_S = 86_400.0
"""Data received later than a day after they were measured are late (domain reference §5)."""
AHEAD_AT_MOST_S = 300.0
"""How far the clock of a device may be ahead (reliability reference §4.5)."""


class Condition(StrEnum):
    """How a level is met; the code list `alarm_condition`."""

    SIMPLE = "simple"
    DURATION = "duration"
    REPEATING = "repeating"
    NO_DATA = "no_data"


class Comparison(StrEnum):
    """How a value is held against a threshold; the code list `alarm_comparison`."""

    GREATER = "greater"
    GREATER_OR_EQUAL = "greater_or_equal"
    LESS = "less"
    LESS_OR_EQUAL = "less_or_equal"
    EQUAL = "equal"
    NOT_EQUAL = "not_equal"


COMPARED: dict[Comparison, Callable[[float, float], bool]] = {
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
    Comparison.EQUAL: operator.eq,
    Comparison.NOT_EQUAL: operator.ne,
}
UPWARDS = frozenset({Comparison.GREATER, Comparison.GREATER_OR_EQUAL})
DOWNWARDS = frozenset({Comparison.LESS, Comparison.LESS_OR_EQUAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What must be so for an alarm of one severity."""

    severity: str
    condition: Condition = Condition.SIMPLE
    threshold: float = math.nan
    """In the unit of the datastream; of no meaning for silence."""
    hold_s: float = 0.0
    """How long the breach must last; met at exactly so long."""
    repeat_n: int = 0
    """How many breaches, not necessarily in a row, the window must hold."""
    window_s: float = 0.0
    """From the first of these breaches to the last, both included."""
    no_data_s: float = 0.0
    """How long the silence must last; met at exactly so long."""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise InvalidInputError(
                f"Alarm severity {self.severity!r} is not known; use {', '.join(SEVERITIES)}."
            )
        if self.condition is not Condition.NO_DATA and not math.isfinite(self.threshold):
            raise InvalidInputError(f"A {self.condition} level needs a threshold; give a number.")
        needs = {
            Condition.DURATION: ("hold_s", self.hold_s > 0),
            Condition.REPEATING: ("repeat_n and window_s", self.repeat_n > 1 and self.window_s > 0),
            Condition.NO_DATA: ("no_data_s", self.no_data_s > 0),
        }
        name, is_given = needs.get(self.condition, ("", True))
        if not is_given:
            raise InvalidInputError(
                f"A {self.condition} level needs {name} above 0 (2 or more repetitions)."
            )


@dataclass(frozen=True, slots=True)
class ActiveHours:
    """Hours of some weekdays, from `start` until before `end`; over midnight if end <= start."""

    weekdays: frozenset[int]
    """1 is Monday; hours over midnight belong to the day on which they start."""
    start: time
    end: time

    def cover(self, local: datetime) -> bool:
        """Tell whether a local time lies in them."""
        weekday, clock = local.isoweekday(), local.time()
        if self.start < self.end:
            return weekday in self.weekdays and self.start <= clock < self.end
        yesterday = (weekday - 2) % 7 + 1
        return (weekday in self.weekdays and clock >= self.start) or (
            yesterday in self.weekdays and clock < self.end
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule may raise an alarm; clearing is possible at all times."""

    zone: ZoneInfo
    hours: tuple[ActiveHours, ...]

    def covers(self, moment: datetime) -> bool:
        """Tell whether a moment lies in any of the hours."""
        local = moment.astimezone(self.zone)
        return any(hours.cover(local) for hours in self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """The rule of one alarm type of a datastream."""

    type: str
    levels: tuple[Level, ...]
    expected_interval_s: float
    """How often the sensor sends."""
    comparison: Comparison | None = None
    """Of all levels; None only for a rule about silence."""
    clear_threshold: float | None = None
    """The alarm clears where the comparison with it no longer holds; None is the threshold of the
    level that is met first."""
    schedule: Schedule | None = None
    """None is always."""
    stale_intervals: float = STALE_INTERVALS
    late_after_s: float = LATE_AFTER_S
    ahead_at_most_s: float = AHEAD_AT_MOST_S

    def __post_init__(self) -> None:
        silent = {level.condition is Condition.NO_DATA for level in self.levels}
        if len(silent) != 1:
            raise InvalidInputError(
                f"Alarm rule {self.type} needs levels that are all about silence or all about "
                "values; make two rules of it."
            )
        if not self.expected_interval_s > 0:
            raise InvalidInputError(f"Alarm rule {self.type} needs an expected interval above 0 s.")
        if self.watches_silence != (self.comparison is None):
            raise InvalidInputError(
                f"Alarm rule {self.type} needs a comparison exactly if it is about values."
            )
        if self.comparison is not None and not self._clears_on_the_right_side():
            raise InvalidInputError(
                f"Alarm rule {self.type} has clear threshold {self.clear_threshold}, where a level "
                "is met as well; put it on the other side of every threshold."
            )

    def _clears_on_the_right_side(self) -> bool:
        if self.clear_threshold is None:
            return len(self.levels) == 1 or self.comparison in UPWARDS | DOWNWARDS
        if self.comparison in UPWARDS:
            return self.clear_threshold <= min(level.threshold for level in self.levels)
        if self.comparison in DOWNWARDS:
            return self.clear_threshold >= max(level.threshold for level in self.levels)
        return False

    @property
    def watches_silence(self) -> bool:
        """Tell whether the rule is about missing data."""
        return self.levels[0].condition is Condition.NO_DATA

    @property
    def stale_after_s(self) -> float:
        """Return how old the newest value may be."""
        return self.stale_intervals * self.expected_interval_s

    def is_active(self, moment: datetime) -> bool:
        """Tell whether the schedule lets the rule raise an alarm at a moment."""
        return self.schedule is None or self.schedule.covers(moment)

    def breaches(self, level: Level, value: float) -> bool:
        """Tell whether a value is beyond the threshold of a level."""
        return self.comparison is not None and COMPARED[self.comparison](value, level.threshold)

    def clears(self, value: float) -> bool:
        """Tell whether a value is back on the good side of the clear threshold."""
        if self.comparison is None:
            return False
        nearest = min if self.comparison in UPWARDS else max
        threshold = self.clear_threshold
        if threshold is None:
            threshold = nearest(level.threshold for level in self.levels)
        return not COMPARED[self.comparison](value, threshold)
