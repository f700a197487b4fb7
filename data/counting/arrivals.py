"""Rows as they come to the counting index: looked at before anything is added."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from data import cells as h3_cells
from data.counting.rows import Cells, Rows
from data.errors import InvalidInputError

MOST_CODES = 65_536
EPOCH_S = 946_684_800
"""Times are kept as seconds since 2000-01-01 UTC, which 32 bits carry from 1931 to 2068."""

_EARLIEST_S, _LATEST_S = int(np.iinfo(np.int32).min), int(np.iinfo(np.int32).max)
FIRST_S, LAST_S = EPOCH_S + _EARLIEST_S, EPOCH_S + _LATEST_S - 1
"""The first and the last second since 1970 UTC that a row can have."""


def rows_of(
    cells: Cells,
    times: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    places: npt.NDArray[np.uint16],
) -> Rows:
    """Return rows in the types that are kept; raise InvalidInputError for what cannot be."""
    if not len(cells) == len(times) == len(codes):
        raise InvalidInputError(
            f"{len(cells):,} cells, {len(times):,} times and {len(codes):,} codes: "
            "each row needs one of each."
        )
    cells = np.asarray(cells, dtype=np.uint64)
    if len(cells) and not h3_cells.are_base(cells):
        raise InvalidInputError("A cell is not of the base resolution 15.")
    seconds = np.asarray(times, dtype=np.int64) - EPOCH_S
    if len(seconds) and not (seconds.min() >= _EARLIEST_S and seconds.max() < _LATEST_S):
        raise InvalidInputError("A time lies outside 1931 to 2068.")
    check_codes(codes)
    narrow = np.uint8 if len(codes) == 0 or np.max(codes) < 256 else np.uint16
    return Rows(cells, seconds.astype(np.int32), np.asarray(codes).astype(narrow), places)


def check_codes(codes: npt.NDArray[np.int64]) -> None:
    """Raise InvalidInputError for a code that cannot be."""
    if len(codes) and not (np.min(codes) >= 0 and np.max(codes) < MOST_CODES):
        raise InvalidInputError(f"A code lies outside 0 to {MOST_CODES - 1:,}.")


def clipped(moment_s: int) -> int:
    """Return an edge of a window, in seconds since 1970 UTC, in the times that rows can have."""
    return min(max(int(moment_s) - EPOCH_S, _EARLIEST_S), _LATEST_S)
