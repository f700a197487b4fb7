"""Compact cells of an answer, read byte by byte as `dashboard.api.cell_table` describes them."""

from __future__ import annotations

from base64 import b64decode
from itertools import accumulate
from typing import Any

import numpy as np

from layers.contract import CellTable

Rows = list[tuple[int, int, int]]


def rows_of(table: dict[str, Any], resolution: int) -> Rows:
    """Return (cell, count, class) of each cell."""
    assert table["form"] == "delta-varint"
    unused = 3 * (15 - resolution)
    prefixes = accumulate(numbers_of(table["cells"]))
    cells = [(prefix << unused) | ((1 << unused) - 1) for prefix in prefixes]
    classes = [ord(mark) - ord("0") for mark in table["class"]]
    rows = list(zip(cells, numbers_of(table["counts"]), classes, strict=True))
    assert len(rows) == table["n"]
    return rows


def numbers_of(text: str) -> list[int]:
    """Return the unsigned LEB128 numbers in a Base64 text."""
    numbers, number, shift = [], 0, 0
    for byte in b64decode(text, validate=True):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number)
            number, shift = 0, 0
    assert shift == 0, "the last number is cut short"
    return numbers


def table_of(rows: Rows, resolution: int) -> CellTable:
    """Return the columns of (cell, count, class)."""
    columns = np.array(rows, dtype=np.uint64).reshape(-1, 3)
    counts, classes = columns[:, 1].astype(np.int64), columns[:, 2].astype(np.int64)
    return CellTable(resolution, columns[:, 0], counts, classes)
