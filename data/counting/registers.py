"""Small dictionaries of the counting index: cells to columns, grids to places."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data.counting.rows import Cells, Counts
from data.counting.runs import Runs, Sums
from data.errors import InvalidInputError, TooLargeError

Positions = npt.NDArray[np.int64]
MOST_PLACES = 65_536


@dataclass(slots=True)
class Register:
    """Which column each cell of a resolution has; columns are given in order of arrival.

    The pair of arrays is replaced as a whole, never changed, so that a thread may read without a
    lock what another extends.
    """

    shift: np.uint64
    """Right shift that makes base cells of one cell equal: its prefix."""
    known: tuple[Cells, Positions] = field(
        default_factory=lambda: (np.zeros(0, np.uint64), np.zeros(0, np.int64))
    )
    """Prefixes, ascending, and the column of each."""
    _groups: dict[int, tuple[Cells, Cells, Positions]] = field(default_factory=dict)
    """By a larger shift: the prefixes that were folded, to what, and where each begins."""

    def __len__(self) -> int:
        return len(self.known[0])

    def runs(self, cells: Cells) -> Runs:
        """Find the runs in ascending base cells, and give columns to those that have none."""
        prefixes = cells >> self.shift
        last = np.concatenate((prefixes[1:] != prefixes[:-1], [True])).nonzero()[0]
        prefixes = prefixes[last]
        self._add(prefixes)
        columns = self.columns_of(prefixes)
        return Runs((last + 1).astype(np.uint32), columns.astype(np.uint32))

    def columns_of(self, prefixes: Cells) -> Positions:
        """Return the column of each prefix; all must have one."""
        known, columns = self.known
        return columns[np.searchsorted(known, prefixes)]

    def folded(self, known: Cells, sums: Sums, shift: np.uint64) -> tuple[Cells, Sums]:
        """Return prefixes by a larger shift, ascending, and the sum of the counts of each."""
        if shift == self.shift or len(known) == 0:
            return known, sums
        grouped = self._groups.get(int(shift))
        if grouped is None or grouped[0] is not known:
            prefixes = known >> (shift - self.shift)
            starts = np.flatnonzero(np.diff(prefixes, prepend=~prefixes[:1]))
            grouped = self._groups[int(shift)] = known, prefixes[starts], starts
        _, prefixes, starts = grouped
        return prefixes, np.add.reduceat(sums, starts)

    def _add(self, prefixes: Cells) -> None:
        """Give columns to ascending prefixes that have none."""
        known, columns = self.known
        at = np.searchsorted(known, prefixes)
        inside = at < len(known)
        is_new = np.ones(len(prefixes), dtype=bool)
        is_new[inside] = known[at[inside]] != prefixes[inside]
        if is_new.any():
            given = np.arange(len(known), len(known) + is_new.sum())
            self.known = (
                np.insert(known, at[is_new], prefixes[is_new]),
                np.insert(columns, at[is_new], given),
            )


@dataclass(slots=True)
class Places:
    """Which grids of all levels go together: one place for each combination that occurs."""

    levels: tuple[str, ...]
    grids: Positions = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    """Grid of each place and level, -1 for none; shape (places, levels)."""
    _numbers: dict[tuple[int, ...], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.grids.size == 0:
            self.grids = np.zeros((0, len(self.levels)), np.int64)
        self._numbers = {tuple(grids): number for number, grids in enumerate(self.grids.tolist())}

    def __len__(self) -> int:
        return len(self.grids)

    def add(self, grids: Positions, rows: int) -> npt.NDArray[np.uint16]:
        """Return the place of each row of grids; shape (rows, levels) in, (rows,) out."""
        if grids.shape != (rows, len(self.levels)):
            raise InvalidInputError(
                f"Grids of shape {grids.shape} do not fit: "
                f"each of {rows:,} rows needs one grid of each of {len(self.levels)} levels."
            )
        if rows == 0:
            return np.zeros(0, dtype=np.uint16)
        different, which = np.unique(grids, axis=0, return_inverse=True)
        numbers = [self._number(tuple(row)) for row in different.tolist()]
        return np.array(numbers, dtype=np.uint16)[which.ravel()]

    def _number(self, grids: tuple[int, ...]) -> int:
        number = self._numbers.get(grids)
        if number is None:
            number = len(self._numbers)
            if number >= MOST_PLACES:
                raise TooLargeError(
                    f"More than {MOST_PLACES:,} combinations of grids; index fewer levels together."
                )
            self.grids = np.vstack([self.grids, np.array([grids], dtype=np.int64)])
            self._numbers[grids] = number
        return number

    def by_grid(self, level: str, counts: Counts) -> tuple[Positions, Counts]:
        """Fold counts by place to counts by grid, ascending; rows of no grid are left out."""
        if level not in self.levels:
            raise InvalidInputError(
                f"There is no grid level {level!r}; there are: {', '.join(self.levels) or 'none'}."
            )
        grids = self.grids[: len(counts), self.levels.index(level)]
        counted = (grids >= 0) & (counts > 0)
        ids, which = np.unique(grids[counted], return_inverse=True)
        sums = np.zeros(len(ids), dtype=np.int64)
        np.add.at(sums, which, counts[counted])
        return ids, sums
