"""How arrived rows of the counting index become sorted segments. Pure: nothing is swapped here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.counting.locations import NO_NUMBER, Numbers
from data.counting.rows import Rows, joined
from data.counting.segments import Segment

MOST_SEGMENT_ROWS = 524_288
TAIL_SHARE = 4
"""The tail has room for this many times the rows at which it is merged."""
NARROW_SHARE = 1.5
"""An old segment that late rows have made this many times too large is split."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows are kept together."""

    segment_rows: int = MOST_SEGMENT_ROWS
    tail_rows: int = 65_536
    late_rows: int = 65_536

    def __post_init__(self) -> None:
        if not 1 <= self.segment_rows <= MOST_SEGMENT_ROWS:
            raise ValueError(f"a segment holds 1 to {MOST_SEGMENT_ROWS:,} rows")
        most = min(self.segment_rows, 2 * MOST_SEGMENT_ROWS // TAIL_SHARE)
        if not (1 <= self.tail_rows <= most and 0 <= self.late_rows <= self.segment_rows):
            raise ValueError(f"a tail holds 1 to {most:,} rows, late rows at most fill a segment")


@dataclass(frozen=True, slots=True)
class Pile:
    """Rows with their numbers, NO_NUMBER for those that were removed, in any order."""

    rows: Rows
    numbers: Numbers

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, order: npt.NDArray[np.intp]) -> Pile:
        """Return the rows at these positions, in this order."""
        return Pile(self.rows.take(order), self.numbers[order])

    def there(self) -> Pile:
        """Return the rows that were not removed."""
        is_there = self.numbers != NO_NUMBER
        return self if is_there.all() else self.take(np.flatnonzero(is_there))

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

    sizes: Sizes
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
        arrived = arrived.there()
        owners = self._owners(arrived, starts)
        is_late = owners < newest
        pool = arrived.take(np.flatnonzero(is_late))
        late_stays = len(pool) == 0
        if late is not None:
            pool = pool if late_stays else late.there() + pool
        extras = {newest: arrived.take(np.flatnonzero(~is_late))}
        if len(pool) > self.sizes.late_rows:
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
        pile = pile.there()
        rows = self.sizes.segment_rows
        largest = rows if is_newest else int(NARROW_SHARE * rows)
        if len(pile) <= largest:
            yield self._built(pile)
            return
        by_time = np.argsort(pile.rows.times, kind="stable")
        for start in range(0, len(pile), rows):
            yield self._built(pile.take(by_time[start : start + rows]))

    def _built(self, pile: Pile) -> Built:
        ordered = pile.take(np.argsort(pile.rows.cells))
        return Built(self.build(ordered.rows), ordered.numbers)
