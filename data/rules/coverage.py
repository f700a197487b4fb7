"""Visits by grid: how its subjects stand, and how many of those due were visited in a period.

These are counts of people: what leaves the jurisdiction, and what is under k, goes through
`data.rules.suppression` before anybody sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from data.errors import InvalidInputError
from data.rules.cadence import NOT_LISTED, STATES, DueState, Standings
from data.rules.periods import Ints, first_day, local_days, period_of, seconds_of
from data.rules.visiting import Subjects, VisitRule, Visits, counted, matching, tally, window


@dataclass(frozen=True, slots=True)
class GridStandings:
    """How the subjects of each grid stand; only grids with somebody on the list have a row."""

    grids: Ints
    """Ascending."""
    counts: Ints
    """Shape (grids, states), columns in the order of `STATES`; never added up to one figure."""

    def states(self) -> tuple[DueState, ...]:
        """Return the most pressing state in each grid."""
        return tuple(STATES[position] for position in (self.counts > 0).argmax(axis=1))

    def of(self, state: DueState) -> Ints:
        """Return how many subjects of each grid are in a state."""
        chosen: Ints = self.counts[:, STATES.index(state)]
        return chosen


def due_list(standings: Standings, grid: Ints, of: int) -> Ints:
    """Return the positions of a grid's subjects that are still to be visited.

    The most pressing come first, and among those the earliest due day.
    """
    wanted = (grid == of) & (standings.state <= STATES.index(DueState.DUE))
    positions = np.flatnonzero(wanted)
    order = np.lexsort((standings.due_by[positions], standings.state[positions]))
    chosen: Ints = positions[order]
    return chosen


@dataclass(frozen=True, slots=True)
class Coverage:
    """Visit coverage (走访率): subjects visited as often as asked / subjects due, by grid."""

    grids: Ints
    """Ascending; only grids in which something was due."""
    numerators: Ints
    denominators: Ints

    @property
    def numerator(self) -> int:
        """Return the sum over the grids."""
        return int(self.numerators.sum())

    @property
    def denominator(self) -> int:
        """Return the sum over the grids."""
        return int(self.denominators.sum())


def by_grid(standings: Standings, grid: Ints) -> GridStandings:
    """Count the subjects of each grid by state; those not on the list are left out."""
    listed = standings.state < NOT_LISTED
    grids, row = np.unique(grid[listed], return_inverse=True)
    cell = row * len(STATES) + standings.state[listed]
    counts = np.bincount(cell, minlength=len(grids) * len(STATES))
    return GridStandings(grids, counts.reshape(len(grids), len(STATES)).astype(np.int64))


def coverage(
    rule: VisitRule,
    subjects: Subjects,
    visits: Visits,
    *,
    on_day: int,
    now: datetime,
    zone: ZoneInfo,
) -> Coverage:
    """Return the coverage of a rule in its period that holds a day, as far as it has gone by now.

    A subject is due in a period if the rule asks at least one visit of it there, by its share of
    the period; see `data.rules.visiting`. For an ended period this is the final figure. A daily
    rule is to be asked about working days only.
    """
    if rule.period is None:
        raise InvalidInputError(f"Visit rule {rule.key} is irregular: it has no coverage.")
    asked = window(rule, subjects, period_of(rule.period, on_day))
    chosen = counted(rule, visits) & (visits.at_s <= seconds_of(now))
    done = tally(visits, chosen, local_days(visits.at_s, zone), asked.first, asked.end)
    due = matching(rule, subjects) & (asked.needed > 0)
    return _by_grid(subjects.grid, due, due & (done >= asked.needed))


def _by_grid(grid: Ints, due: npt.NDArray[np.bool_], met: npt.NDArray[np.bool_]) -> Coverage:
    grids, row = np.unique(grid[due], return_inverse=True)
    denominators = np.bincount(row, minlength=len(grids)).astype(np.int64)
    numerators = np.bincount(row[met[due]], minlength=len(grids)).astype(np.int64)
    return Coverage(grids, numerators, denominators)


def period_bounds(rule: VisitRule, on_day: int) -> tuple[int, int]:
    """Return the first day of the rule's period that holds a day, and its end, exclusive."""
    if rule.period is None:
        raise InvalidInputError(f"Visit rule {rule.key} is irregular: it has no period.")
    period = period_of(rule.period, on_day)
    return first_day(rule.period, period), first_day(rule.period, period + 1)


def reached_at_most(households_visited: int, households: int, minimum: int = 1) -> tuple[int, int]:
    """Return numerator and denominator of the household reach (户均到访) from batches.

    A batch says how many homes were visited, not which, so that this is an upper bound: as if
    nobody had been visited more often than the minimum before everybody was.
    """
    if households_visited < 0 or households < 0 or minimum < 1:
        raise InvalidInputError(
            f"Household reach of {households_visited} visits, {households} households and minimum "
            f"{minimum} cannot be told; give counts of 0 or more and a minimum of 1 or more."
        )
    return min(households_visited // minimum, households), households
