"""Visit rules, subjects and visits, and what a rule counts in one of its periods.

A period that subject and rule cover only in part asks for that share of the minimum, rounded to the
nearest whole and a half down: a rule that changes inside a period asks in each part for its own
share, and a subject that came near the end is not late for days on which it was not there.

Visits that count: met or referred (`COUNTED_RESULTS`); not met and refused are attempts. Those
without presence (`REMOTE_MODES`) count where the rule says so; a third party was there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from data.errors import InvalidInputError
from data.rules.periods import Ints, PeriodKind, day_number, first_day

Texts = npt.NDArray[np.str_]
Flags = npt.NDArray[np.bool_]

COUNTED_RESULTS = ("met", "referred")
REMOTE_MODES = ("phone", "video")

OPEN = np.iinfo(np.int64).max
"""Stands in arrays of days for an end that has not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRule:
    """How often subjects of one kind are to be visited; a row of the table `visit_rule`."""

    key: str
    subject_kind: str
    category: str | None = None
    """None binds every category."""
    tier: str | None = None
    """None binds every tier."""
    period: PeriodKind | None = None
    """None only for an irregular rule."""
    minimum: int = 0
    remote_counts: bool = False
    irregular: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    """The first day on which the rule no longer binds."""

    def __post_init__(self) -> None:
        if self.irregular and (self.period is not None or self.minimum):
            raise InvalidInputError(
                f"Visit rule {self.key} is irregular; leave its period and minimum empty."
            )
        if not self.irregular and (self.period is None or self.minimum < 1):
            raise InvalidInputError(
                f"Visit rule {self.key} needs a period and a minimum of 1 or more, "
                "or must be marked irregular."
            )
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise InvalidInputError(
                f"Visit rule {self.key} ends {self.valid_until} before it starts; swap the dates."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """What is visited, a row each; nothing here says who or where somebody is."""

    kind: Texts
    category: Texts
    tier: Texts
    grid: Ints
    active_from: Ints
    """Number of the first day on the list; see `data.rules.periods`."""
    active_until: Ints
    """Number of the first day no longer on the list; `OPEN` while it is."""

    def __len__(self) -> int:
        return len(self.grid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Visits, a row each, in any order."""

    subject: Ints
    """Position in `Subjects`."""
    at_s: Ints
    """Whole seconds since 1970 UTC."""
    mode: Texts
    result: Texts
    quantity: Ints
    """1; for a worker's day the households visited (日访十户)."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a period in which a rule binds each subject."""

    first: Ints
    end: Ints
    """Exclusive; not after `first` where the rule does not bind in this period."""
    needed: Ints
    """The minimum, in proportion to the days covered."""


def matching(rule: VisitRule, subjects: Subjects) -> Flags:
    """Tell which subjects a rule is about, at whatever time."""
    found: Flags = subjects.kind == rule.subject_kind
    if rule.category is not None:
        found &= subjects.category == rule.category
    if rule.tier is not None:
        found &= subjects.tier == rule.tier
    return found


def window(rule: VisitRule, subjects: Subjects, period: int) -> Window:
    """Return when in a period the rule binds each subject, and how many visits it then asks for."""
    if rule.period is None:
        raise ValueError(f"visit rule {rule.key} has no periods")
    start, end = first_day(rule.period, period), first_day(rule.period, period + 1)
    length = end - start
    first = np.maximum(subjects.active_from, _from(rule, start))
    last = np.minimum(subjects.active_until, _until(rule, end))
    covered = np.clip(last - first, 0, length)
    return Window(first, last, (2 * rule.minimum * covered + length - 1) // (2 * length))


def counted(rule: VisitRule, visits: Visits) -> Flags:
    """Tell which visits count for a rule."""
    found = reached(visits)
    if not rule.remote_counts:
        for mode in REMOTE_MODES:
            found &= visits.mode != mode
    return found


def tally(visits: Visits, chosen: Flags, days: Ints, first: Ints, end: Ints) -> Ints:
    """Return what was visited of each subject from its first day until its end, exclusive."""
    within = chosen & (days >= first[visits.subject]) & (days < end[visits.subject])
    sums = np.bincount(visits.subject[within], visits.quantity[within], minlength=len(first))
    return sums.astype(np.int64)


def reached(visits: Visits) -> Flags:
    """Tell which visits reached somebody."""
    found = [visits.result == result for result in COUNTED_RESULTS]
    return np.asarray(np.logical_or.reduce(found))


def binds(rule: VisitRule, day: int) -> bool:
    """Tell whether a rule is in force on a day."""
    return _from(rule, day) <= day < _until(rule, day + 1)


def _from(rule: VisitRule, day: int) -> int:
    return day if rule.valid_from is None else max(day, day_number(rule.valid_from))


def _until(rule: VisitRule, day: int) -> int:
    return day if rule.valid_until is None else min(day, day_number(rule.valid_until))
