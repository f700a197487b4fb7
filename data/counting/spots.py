"""Where in ascending cells the rows of some ranges lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FEW_ROWS = 128
"""Stretches of fewer rows than this on average are taken by index instead of one by one."""

Cells = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.intp]
Ranges = tuple[Cells, Cells]
"""First and last base cell of each range, both inclusive, ascending and apart."""


@dataclass(frozen=True, slots=True)
class Spots:
    """Stretches of positions, ascending and apart."""

    starts: Positions
    stops: Positions
    index: Positions | None
    """Every position, where the stretches are too short to take them one by one."""

    @classmethod
    def of(cls, cells: Cells, ranges: Ranges) -> Spots:
        """Find the ranges in ascending cells."""
        starts = cells.searchsorted(ranges[0], side="left")
        stops = cells.searchsorted(ranges[1], side="right")
        return cls.between(starts, stops)

    @classmethod
    def between(cls, starts: Positions, stops: Positions) -> Spots:
        """Take stretches, some of which may be empty."""
        held = (stops > starts).nonzero()[0]
        starts, stops = starts[held], stops[held]
        lengths = stops - starts
        ends = lengths.cumsum()
        size = int(ends[-1]) if len(ends) else 0
        if size >= FEW_ROWS * len(starts):
            return cls(starts, stops, None)
        return cls(starts, stops, np.arange(size) + (stops - ends).repeat(lengths))

    def take(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a column at these spots, in the order of cells."""
        if self.index is not None:
            return column.take(self.index)
        stretches = zip(self.starts.tolist(), self.stops.tolist(), strict=True)
        parts = [column[start:stop] for start, stop in stretches]
        return np.concatenate(parts) if len(parts) > 1 else parts[0] if parts else column[:0]


def in_ranges(cells: Cells, ranges: Ranges) -> npt.NDArray[np.bool_]:
    """Tell for each cell, in any order, whether a range holds it."""
    firsts, lasts = ranges
    if len(firsts) == 0:
        return np.zeros(len(cells), dtype=bool)
    after = np.searchsorted(firsts, cells, side="right")
    return (after > 0) & (cells <= lasts[after - 1])
