"""Rows as they come to the counting index: looked at before anything is added."""

from __future__ import annotations

import math

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
    cells = whole(cells, "cells").astype(np.uint64, copy=False)
    if len(cells) and not h3_cells.are_base(cells):
        raise InvalidInputError("A cell is not of the base resolution 15.")
    seconds = whole(times, "times").astype(np.int64) - EPOCH_S
    if len(seconds) and not (seconds.min() >= _EARLIEST_S and seconds.max() < _LATEST_S):
        raise InvalidInputError("A time lies outside 1931 to 2068.")
    known = checked_codes(codes)
    narrow = np.uint8 if len(known) == 0 or np.max(known) < 256 else np.uint16
    return Rows(cells, seconds.astype(np.int32), known.astype(narrow), places)


def whole(numbers: npt.ArrayLike, what: str) -> npt.NDArray[np.integer]:
    """Return numbers as an array; refuse fractions, in which a cell would lose its last digits."""
    found = np.atleast_1d(np.asarray(numbers))
    if len(found) and not np.issubdtype(found.dtype, np.integer):
        raise InvalidInputError(f"The {what} are {found.dtype}; give whole numbers.")
    return found if len(found) else found.astype(np.int64)


def checked_codes(codes: npt.ArrayLike) -> npt.NDArray[np.integer]:
    """Return codes as an array; raise InvalidInputError for one that cannot be."""
    codes = whole(codes, "codes")
    if len(codes) and not (np.min(codes) >= 0 and np.max(codes) < MOST_CODES):
        raise InvalidInputError(f"A code lies outside 0 to {MOST_CODES - 1:,}.")
    return codes


def clipped(moment_s: float) -> int:
    """Return an edge of a window, in seconds since 1970 UTC, in the times that rows can have."""
    return min(max(math.ceil(moment_s) - EPOCH_S, _EARLIEST_S), _LATEST_S)
