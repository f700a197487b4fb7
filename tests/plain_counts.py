"""Counts made the plain way: every row looked at, every ancestor asked of H3 itself."""

from __future__ import annotations

from collections.abc import Collection

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt

Answer = tuple[list[int], list[int]]
Integers = npt.NDArray[np.int64]


class Pool:
    """Base cells that rows of a test may lie in, with their ancestors."""

    def __init__(self, cells: Collection[int]) -> None:
        self.cells = np.array(list(cells), dtype=np.uint64)
        self._ancestors: dict[int, npt.NDArray[np.uint64]] = {}

    def ancestors(self, resolution: int) -> npt.NDArray[np.uint64]:
        """Return the ancestor of each cell."""
        if resolution not in self._ancestors:
            found = (h3.cell_to_parent(cell, resolution) for cell in self.cells.tolist())
            self._ancestors[resolution] = np.fromiter(found, dtype=np.uint64, count=len(self.cells))
        return self._ancestors[resolution]


class PlainCounts:
    """The rows that an index should hold, by their spots in a pool of cells."""

    def __init__(self, pool: Pool, levels: int = 0) -> None:
        self.pool = pool
        self.spots = np.zeros(0, dtype=np.int64)
        self.times = np.zeros(0, dtype=np.int64)
        self.codes = np.zeros(0, dtype=np.int64)
        self.grids = np.zeros((0, levels), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.spots)

    def append(
        self, spots: Integers, times: Integers, codes: Integers, grids: Integers | None = None
    ) -> None:
        """Add rows."""
        if grids is None:
            grids = np.full((len(spots), self.grids.shape[1]), -1, dtype=np.int64)
        self.spots = np.concatenate([self.spots, spots])
        self.times = np.concatenate([self.times, times])
        self.codes = np.concatenate([self.codes, codes])
        self.grids = np.concatenate([self.grids, grids])

    def update(self, rows: Integers, codes: Integers) -> None:
        """Give rows other codes, one after the other."""
        for row, code in zip(rows.tolist(), codes.tolist(), strict=True):
            self.codes[row] = code

    def remove(self, rows: Integers) -> None:
        """Move rows out of every window."""
        self.times[rows] = np.iinfo(np.int64).max

    def there(self) -> Integers:
        """Return the numbers of the rows that were not removed."""
        return np.flatnonzero(self.times != np.iinfo(np.int64).max)

    def _chosen(self, since: int, until: int, codes: Collection[int] | None) -> Integers:
        keep = (self.times >= since) & (self.times < until)
        if codes is not None:
            keep &= np.isin(self.codes, list(codes))
        return np.flatnonzero(keep)

    def count(
        self,
        resolution: int,
        since: int,
        until: int,
        codes: Collection[int] | None = None,
        within: Collection[int] | None = None,
    ) -> Answer:
        """Return the cells that hold rows, ascending, and how many each holds."""
        spots = self.spots[self._chosen(since, until, codes)]
        if within is not None:
            spots = spots[self._covered(within)[spots]]
        return listed(*np.unique(self.pool.ancestors(resolution)[spots], return_counts=True))

    def _covered(self, cover: Collection[int]) -> npt.NDArray[np.bool_]:
        by_resolution: dict[int, list[int]] = {}
        for cell in cover:
            by_resolution.setdefault(h3.get_resolution(cell), []).append(cell)
        inside = np.zeros(len(self.pool.cells), dtype=bool)
        for resolution, same in by_resolution.items():
            wanted = np.array(same, dtype=np.uint64)
            inside |= np.isin(self.pool.ancestors(resolution), wanted)
        return inside

    def count_by_grid(
        self, level: int, since: int, until: int, codes: Collection[int] | None = None
    ) -> Answer:
        """Return the grids of a level, by its position, and how many rows each holds."""
        grids = self.grids[self._chosen(since, until, codes), level]
        return listed(*np.unique(grids[grids >= 0], return_counts=True))


def listed(keys: npt.NDArray[np.integer], counts: npt.NDArray[np.integer]) -> Answer:
    """Return an answer as lists, which compare as a whole."""
    return keys.tolist(), counts.tolist()
