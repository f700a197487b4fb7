"""Cells with their counts and classes as they travel to the browser: a few bytes a cell.

A table is a JSON object. `form` is "delta-varint", the name of what follows, and `n` is the number
of cells, which ascend and are of one resolution, told beside the table. Each of the other three
holds n values in the order of the cells:

- `cells`: a cell as its prefix, `cell >> 3 * (15 - resolution)`, which leaves out the digits that a
  cell of this resolution does not have (all bits of them are set). Of each prefix the difference
  from the one before it is written, of the first the difference from 0.
- `counts`: the number of rows in a cell.
- `class`: the position of a cell's class in the legend, one character each: "0" is the first class,
  "1" the second, and so on in the order of ASCII.

`cells` and `counts` are unsigned LEB128, one number after the other, in Base64 (RFC 4648 section 4,
padded): seven bits a byte, the lowest first; the highest bit of a byte says that another one
follows. assets/js/06-cell-table.js reads it.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np
import numpy.typing as npt

from data.cells import digit_shift, from_prefixes
from layers.contract import CellTable

FORM = "delta-varint"
_FIRST_CLASS = ord("0")


def written(held: CellTable) -> dict[str, Any]:
    """Return the table of cells.

    Raises
    ------
    ValueError
        The cells do not ascend, or one is of another resolution: they could not be read back.
    """
    return {
        "form": FORM,
        "n": len(held),
        "cells": _base64(_differences(held.cells, held.resolution)),
        "counts": _base64(held.counts.astype(np.uint64)),
        "class": (held.classes + _FIRST_CLASS).astype(np.uint8).tobytes().decode(),
    }


def _differences(cells: npt.NDArray[np.uint64], resolution: int) -> npt.NDArray[np.uint64]:
    prefixes = cells >> np.uint64(digit_shift(resolution))
    if not np.array_equal(from_prefixes(prefixes, resolution), cells):
        raise ValueError(f"a cell is not of resolution {resolution}")
    if np.any(prefixes[1:] <= prefixes[:-1]):
        raise ValueError("the cells do not ascend")
    return np.diff(prefixes, prepend=np.uint64(0))


def _base64(numbers: npt.NDArray[np.uint64]) -> str:
    return b64encode(_varints(numbers)).decode()


def _varints(numbers: npt.NDArray[np.uint64]) -> bytes:
    """Return each number as unsigned LEB128."""
    widest = int(numbers.max(initial=1)).bit_length()
    rests = numbers[:, np.newaxis] >> np.arange(0, widest, 7, dtype=np.uint64)
    is_written = rests > 0
    is_written[:, 0] = True  # 0 is a byte too
    is_followed = np.zeros_like(is_written)
    is_followed[:, :-1] = is_written[:, 1:]
    septets = (rests & np.uint64(0x7F)).astype(np.uint8)
    return (septets | (is_followed.astype(np.uint8) << 7))[is_written].tobytes()
