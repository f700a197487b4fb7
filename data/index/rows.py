"""Rows of incidents as they come out of the database, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Cells = npt.NDArray[np.uint64]
Degrees = npt.NDArray[np.float64]

NEVER_US = int(np.iinfo(np.int64).max)
"""Stands for a moment that has not come: a case still open, a case without a due time."""
AREA_LEVEL = "area"
"""Name of the level that holds the lowest administrative area of a row."""


class Combination(NamedTuple):
    """What incidents are filtered by; rows with the same values share one code."""

    category: str
    stage: str
    priority: str
    source: str
    agency_id: int | None


@dataclass(frozen=True, slots=True)
class IncidentRows:
    """Columns of equal length n, ascending by id. Moments are microseconds since 1970 UTC."""

    ids: Integers
    cells: Cells
    """Base cells; `data.cells.NOWHERE` where the place is not known."""
    longitudes: Degrees
    latitudes: Degrees
    """NaN where the place is not known."""
    reported_us: Integers
    closed_us: Integers
    """NEVER_US as long as a case is open."""
    due_us: Integers
    """The due time that counts; NEVER_US without one."""
    combinations: Sequence[Combination]
    grids: Integers
    """Id of the grid or area of each level, -1 for none; shape (n, levels)."""

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, wanted: npt.NDArray[np.bool_]) -> IncidentRows:
        """Return the rows that are wanted, in their order."""
        at = np.flatnonzero(wanted)
        return IncidentRows(
            self.ids[at],
            self.cells[at],
            self.longitudes[at],
            self.latitudes[at],
            self.reported_us[at],
            self.closed_us[at],
            self.due_us[at],
            [self.combinations[position] for position in at.tolist()],
            self.grids[at],
        )
