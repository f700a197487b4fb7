"""What every reader gives: columns and rows, whatever the format of the file was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that no name or text may hold; databases and XML refuse them too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was written."""

    line: int
    """Line of a text file, row of a sheet, or number of a feature, from 1."""
    values: Mapping[str, Any]
    """By column; text, or what the format knows: numbers, dates, None."""
    geometry: Any = None
    """The unchecked GeoJSON geometry, where the format has one."""
    problem: str | None = None
    """Why the row cannot be read at all; its values are then not to be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An opened file; its rows can be read once."""

    columns: tuple[str, ...]
    rows: Iterator[Row]
    place: str = "line"
    """What `Row.line` counts: line, row or feature."""
    crs_name: str | None = None
    """Coordinate system that the file itself names."""
    has_geometry: bool = False
    expected_rows: int | None = None
    """About how many there will be, where the reader knows; for a progress bar."""
    notes: tuple[str, ...] = field(default=())
    """What a reader should tell, such as the encoding that it found."""


def as_text(value: Any) -> str:
    """Write a cell as the text that a person sees in it, without surrounding blanks."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))  # a sheet keeps the number 8 as 8.0
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
