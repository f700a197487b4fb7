"""Who is to be visited how often, and who is late.

A rule binds every subject of its kind, category and tier; where several rules match, all of them
bind and the most pressing state is shown. Periods are those of the calendar in the zone of the
installation. All figures are per subject; `data.rules.coverage` gathers them by grid.

Of one subject under one rule, at a moment (choices are ours where domain reference §1, §7.1 and
§9 are silent):

| state     | when                                                                              |
|-----------|-----------------------------------------------------------------------------------|
| overdue   | the last complete period missed its minimum, and that minimum has not been        |
|           | reached since the start of that period either (a late visit makes up for it)      |
| done      | the current period has reached its minimum                                        |
| due_soon  | not yet, and few days are left (`SOON_DAYS`), today included                      |
| due       | not yet, and more days are left                                                   |
| no_data   | no rule binds the subject, or the records do not reach back to the period's start |
| irregular | only rules without a cadence bind it (不定期走访): days since count, never overdue |

What a rule asks for in a period that it covers in part, and which visits count, is said in
`data.rules.visiting`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from data.rules.periods import (
    Ints,
    PeriodKind,
    day_number,
    day_of,
    first_day,
    local_day,
    local_days,
    period_of,
    seconds_of,
)
from data.rules.visiting import (
    OPEN,
    Flags,
    Subjects,
    VisitRule,
    Visits,
    Window,
    binds,
    counted,
    matching,
    reached,
    tally,
    window,
)

Codes = npt.NDArray[np.int8]

SOON_DAYS = {
    PeriodKind.DAY: 1,
    PeriodKind.WEEK: 3,
    PeriodKind.MONTH: 7,
    PeriodKind.QUARTER: 7,
    PeriodKind.HALF_YEAR: 7,
    PeriodKind.YEAR: 7,
}
"""Days left at which a visit is due soon: 7 (domain reference P-20), in a week 3 so that Friday
still belongs to it, and on a daily rule the day itself."""


class DueState(StrEnum):
    """How a subject stands; the code list `due_state`."""

    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    DUE = "due"
    NO_DATA = "no_data"
    DONE = "done"
    IRREGULAR = "irregular"


STATES = tuple(DueState)
"""The most pressing first; arrays of states hold positions in it."""
NOT_LISTED = len(STATES)
"""Stands in arrays for a subject that is not on the list on that day."""
_OVERDUE, _DUE_SOON, _DUE, _NO_DATA, _DONE, _IRREGULAR = range(len(STATES))

NEVER = np.iinfo(np.int64).min
"""Stands in arrays of days for a day that there is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """When and where a state is asked for."""

    now: datetime
    zone: ZoneInfo
    records_from: date | None
    """The first day from which visits are on record; nobody is late before it. None: no visits."""
    days_off: Collection[date] = ()
    """Days on which a daily rule asks for nothing, such as rest days of the working calendar."""

    @property
    def today(self) -> int:
        """Return the number of the local day."""
        return local_day(self.now, self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """How each subject stands, in the order of `Subjects`."""

    state: Codes
    """Positions in `STATES`, or `NOT_LISTED`."""
    due_by: Ints
    """The last day on which the visit was or is in time; NEVER where nothing is asked."""
    last_visit: Ints
    """Day of the last visit that counts for one of its rules, or NEVER."""
    attempts: Ints
    """Visits after that day that reached nobody, in any mode."""


def standings(
    rules: Sequence[VisitRule], subjects: Subjects, visits: Visits, asking: Asking
) -> Standings:
    """Return how each subject stands; visits after the moment of asking are not seen."""
    today, count = asking.today, len(subjects)
    days = local_days(visits.at_s, asking.zone)
    seen = visits.at_s <= seconds_of(asking.now)
    state, due_by = np.full(count, NOT_LISTED, np.int8), np.full(count, NEVER)
    last_visit = np.full(count, NEVER)
    listed = (subjects.active_from <= today) & (today < subjects.active_until)
    for rule in rules:
        if not binds(rule, today):
            continue
        bound = listed & matching(rule, subjects)
        chosen = seen & bound[visits.subject] & counted(rule, visits)
        np.maximum.at(last_visit, visits.subject[chosen], days[chosen])
        its_state, its_due_by = _under(rule, subjects, visits, chosen, days, asking)
        presses = bound & ((its_state < state) | ((its_state == state) & (its_due_by < due_by)))
        state[presses], due_by[presses] = its_state[presses], its_due_by[presses]
    state[listed & (state == NOT_LISTED)] = _NO_DATA
    return Standings(
        state=state,
        due_by=due_by,
        last_visit=last_visit,
        attempts=_attempts(visits, seen & listed[visits.subject], days, last_visit),
    )


def _under(
    rule: VisitRule, subjects: Subjects, visits: Visits, chosen: Flags, days: Ints, asking: Asking
) -> tuple[Codes, Ints]:
    """Return state and due day of every subject, bound or not, under one rule that binds today."""
    count, today = len(subjects), asking.today
    if rule.period is None:
        return np.full(count, _IRREGULAR, np.int8), np.full(count, NEVER)
    records_from = OPEN if asking.records_from is None else day_number(asking.records_from)
    current, before = _current_and_before(rule.period, today, asking.days_off)
    now, missed = window(rule, subjects, current), window(rule, subjects, before)
    if rule.period is PeriodKind.DAY and _is_off(today, asking.days_off):
        now = Window(now.first, now.end, np.zeros_like(now.needed))
    done = tally(visits, chosen, days, now.first, now.end)
    since = tally(visits, chosen, days, missed.first, now.end)
    late = (missed.first >= records_from) & (since < missed.needed)
    enough = done >= np.where(now.needed > 0, now.needed, rule.minimum)
    soon = (now.needed > 0) & (now.end - today <= SOON_DAYS[rule.period])
    state = np.select(
        [late, enough, now.first < records_from, soon],
        [_OVERDUE, _DONE, _NO_DATA, _DUE_SOON],
        default=_DUE,
    ).astype(np.int8)
    later = _end_of_the_next(rule.period, current, asking.days_off)
    following = np.where(now.needed > 0, now.end, later)
    return state, np.where(late, missed.end, following) - 1


def _current_and_before(
    kind: PeriodKind, today: int, days_off: Collection[date]
) -> tuple[int, int]:
    """Return the current period and the last complete one; for days, the last that was no rest."""
    current = period_of(kind, today)
    before = current - 1
    if kind is PeriodKind.DAY:
        while _is_off(before, days_off):
            before -= 1
    return current, before


def _end_of_the_next(kind: PeriodKind, current: int, days_off: Collection[date]) -> int:
    following = current + 1
    while kind is PeriodKind.DAY and _is_off(following, days_off):
        following += 1
    return first_day(kind, following + 1)


def _is_off(day: int, days_off: Collection[date]) -> bool:
    return day_of(day) in days_off


def _attempts(visits: Visits, seen: Flags, days: Ints, last_visit: Ints) -> Ints:
    tried = seen & ~reached(visits) & (days > last_visit[visits.subject])
    return np.bincount(visits.subject[tried], minlength=len(last_visit)).astype(np.int64)
