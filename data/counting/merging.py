"""How arrived rows of the counting index become sorted segments. Pure: nothing is swapped here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.counting.segments import Rows, Segment, joined

Numbers = npt.NDArray[np.int64]
NARROW_SHARE = 1.5
"""An old segment that late rows have made this many times too large is split."""


@dataclass(frozen=True, slots=True)
class Pile:
    """Rows with their numbers, in any order."""

    rows: Rows
    numbers: Numbers

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, order: npt.NDArray[np.intp]) -> Pile:
        """Return the rows at these positions, in this order."""
        return Pile(self.rows.take(order), self.numbers[order])

    def __add__(self, other: Pile) -> Pile:
        return Pile(joined([self.rows, other.rows]), np.concatenate([self.numbers, other.numbers]))


@dataclass(frozen=True, slots=True)
class Built:
    """A new segment and the number of the row at each of its positions."""

    segment: Segment
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Plan:
    """What takes the place of what."""

    replaced: dict[int, list[Built]]
    """By position in the timeline; a position after its end is added."""
    late: Built | None
    """The new late segment; None when there is none any more, or it stays."""
    late_stays: bool
    """Whether the late segment is left as it is."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The sizes to keep and how a segment is made of rows in the order of cells."""

    segment_rows: int
    late_rows: int
    build: Callable[[Rows], Segment]

    def plan(
        self,
        arrived: Pile,
        starts: Sequence[int],
        pile_of: Callable[[int], Pile],
        late: Pile | None,
    ) -> Plan:
        """Plan where arrived rows go.

        Parameters
        ----------
        starts
            Earliest time of each segment of the timeline, ascending.
        pile_of
            Returns the rows of a segment of the timeline.
        late
            The rows that are late already.
        """
        newest = max(len(starts) - 1, 0)
        owners = self._owners(arrived, starts)
        is_late = owners < newest
        pool = arrived.take(np.flatnonzero(is_late))
        late_stays = len(pool) == 0
        if late is not None:
            pool = pool if late_stays else late + pool
        extras = {newest: arrived.take(np.flatnonzero(~is_late))}
        if len(pool) > self.late_rows:
            owners = self._owners(pool, starts)
            for owner in np.unique(owners).tolist():
                mine = pool.take(np.flatnonzero(owners == owner))
                extras[owner] = extras[owner] + mine if owner in extras else mine
            pool = pool.take(np.zeros(0, dtype=np.intp))
        replaced = {
            owner: list(
                self._segments(pile_of(owner) + extra if starts else extra, owner == newest)
            )
            for owner, extra in extras.items()
            if len(extra)
        }
        rebuilt = self._built(pool) if len(pool) and not late_stays else None
        return Plan(replaced, rebuilt, late_stays)

    def _owners(self, pile: Pile, starts: Sequence[int]) -> npt.NDArray[np.intp]:
        """Return the position in the timeline of the segment that each row belongs to by time."""
        if not starts:
            return np.zeros(len(pile), dtype=np.intp)
        edges = np.array(starts, dtype=np.int32)
        return np.maximum(np.searchsorted(edges, pile.rows.times, side="right") - 1, 0)

    def _segments(self, pile: Pile, is_newest: bool) -> Iterator[Built]:
        largest = self.segment_rows if is_newest else int(NARROW_SHARE * self.segment_rows)
        if len(pile) <= largest:
            yield self._built(pile)
            return
        by_time = np.argsort(pile.rows.times, kind="stable")
        for start in range(0, len(pile), self.segment_rows):
            yield self._built(pile.take(by_time[start : start + self.segment_rows]))

    def _built(self, pile: Pile) -> Built:
        ordered = pile.take(np.argsort(pile.rows.cells))
        return Built(self.build(ordered.rows), ordered.numbers)
