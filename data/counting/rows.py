"""Rows of the counting index as columns of equal length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.uint64]
Seconds = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8 | np.uint16]
"""Narrow as long as every code of the rows is below 256."""
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of equal length, in any order."""

    cells: Cells
    times: Seconds
    codes: Codes
    places: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.cells)

    def take(self, order: npt.NDArray[np.intp]) -> Rows:
        """Return the rows at these positions, in this order."""
        return Rows(self.cells[order], self.times[order], self.codes[order], self.places[order])

    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """Return cells, times, codes and places."""
        return self.cells, self.times, self.codes, self.places

    def copy(self) -> Rows:
        """Return rows that share no memory with these."""
        return Rows(self.cells.copy(), self.times.copy(), self.codes.copy(), self.places.copy())

    def part(self, start: int, stop: int) -> Rows:
        """Return a view of consecutive rows."""
        chosen = slice(start, stop)
        return Rows(self.cells[chosen], self.times[chosen], self.codes[chosen], self.places[chosen])


def joined(parts: list[Rows]) -> Rows:
    """Return the rows of all parts, one part after the other."""
    return Rows(
        np.concatenate([part.cells for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.places for part in parts]),
    )
