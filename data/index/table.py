"""The facts of every incident by row number: what single cases and key figures are read from.

Chunks of consecutive numbers, which arrive roughly in the order of time, so that a window touches
few of them. Moments are microseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from data.geo import BBox
from data.index.rows import NEVER_US, Integers

CHUNK_ROWS = 262_144
GONE_US = NEVER_US
"""Time of report of a row that is no longer true; no window reaches it."""

Column = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
COLUMNS: Mapping[str, type[np.generic]] = {
    "ids": np.int64,
    "cells": np.uint64,
    "longitudes": np.float64,
    "latitudes": np.float64,
    "reported": np.int64,
    "closed": np.int64,
    "due": np.int64,
    "codes": np.uint32,
    "places": np.uint16,
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which incidents are asked for."""

    since_us: int
    until_us: int
    """Half-open window of the report."""
    codes: Mask | None = None
    """By code; codes that came later than the mask are not wanted."""
    places: Mask | None = None
    """By place; None takes every place, and rows without one."""
    bbox: BBox | None = None
    """Exact box of the position."""
    open_at_us: int | None = None
    """Only those that had not ended by this moment."""
    overdue_at_us: int | None = None
    """Only those that were open past their due time at this moment."""


@dataclass(slots=True)
class _Chunk:
    columns: dict[str, Column]
    size: int
    first: int
    """Earliest report; GONE_US without rows."""
    last: int

    @classmethod
    def empty(cls) -> _Chunk:
        columns = {name: np.zeros(CHUNK_ROWS, kind) for name, kind in COLUMNS.items()}
        return cls(columns, 0, GONE_US, -GONE_US)

    def overlaps(self, asked: Selection) -> bool:
        return self.first < asked.until_us and self.last >= asked.since_us

    def positions(self, asked: Selection) -> npt.NDArray[np.intp]:
        """Return the positions of the rows asked for, ascending."""
        reported = self.columns["reported"][: self.size]
        keep = (reported >= asked.since_us) & (reported < asked.until_us)
        for mask in self._filters(asked):
            keep &= mask
        return np.flatnonzero(keep)

    def _filters(self, asked: Selection) -> Iterator[Mask]:
        held = {name: column[: self.size] for name, column in self.columns.items()}
        if asked.open_at_us is not None:
            yield held["closed"] > asked.open_at_us
        if asked.overdue_at_us is not None:
            yield (held["closed"] > asked.overdue_at_us) & (held["due"] < asked.overdue_at_us)
        if asked.codes is not None:
            yield _looked_up(asked.codes, held["codes"])
        if asked.places is not None:
            yield _looked_up(asked.places, held["places"])
        if asked.bbox is not None:
            yield _inside(asked.bbox, held["longitudes"], held["latitudes"])


def _looked_up(wanted: Mask, keys: Column) -> Mask:
    if len(keys) and int(keys.max()) >= len(wanted):
        wanted = np.pad(wanted, (0, int(keys.max()) + 1 - len(wanted)))
    return wanted[keys]


def _inside(bbox: BBox, longitudes: Column, latitudes: Column) -> Mask:
    inside = np.zeros(len(longitudes), dtype=np.bool_)
    for west, east in bbox.spans():
        inside |= (longitudes >= west) & (longitudes <= east)
    inside &= (latitudes >= bbox.south) & (latitudes <= bbox.north)
    return inside


class IncidentTable:
    """Rows by number. The caller sees to it that none is read while it is written."""

    def __init__(self) -> None:
        self._chunks: list[_Chunk] = []
        self.size = 0

    @classmethod
    def of(cls, columns: Mapping[str, Column]) -> IncidentTable:
        """Take over columns of equal length, such as memory-mapped ones."""
        table = cls()
        table.size = len(columns["ids"])
        whole = table.size - table.size % CHUNK_ROWS
        for start in range(0, whole, CHUNK_ROWS):
            part = {name: columns[name][start : start + CHUNK_ROWS] for name in COLUMNS}
            table._chunks.append(_Chunk(part, CHUNK_ROWS, GONE_US, -GONE_US))
        for chunk in table._chunks:
            _bound(chunk, chunk.columns["reported"])
        table.size = whole
        table.append({name: columns[name][whole:] for name in COLUMNS})
        return table

    def column(self, name: str) -> Column:
        """Return a whole column."""
        parts = [chunk.columns[name][: chunk.size] for chunk in self._chunks]
        return np.concatenate([np.zeros(0, COLUMNS[name]), *parts])

    def append(self, columns: Mapping[str, Column]) -> None:
        """Add rows; all columns are of one length."""
        added = len(columns["ids"])
        done = 0
        while done < added:
            if not self._chunks or self._chunks[-1].size == CHUNK_ROWS:
                self._chunks.append(_Chunk.empty())
            chunk = self._chunks[-1]
            taken = min(CHUNK_ROWS - chunk.size, added - done)
            for name, column in chunk.columns.items():
                column[chunk.size : chunk.size + taken] = columns[name][done : done + taken]
            _bound(chunk, columns["reported"][done : done + taken])
            chunk.size += taken
            done += taken
        self.size += added

    def get(self, name: str, number: int) -> Any:
        """Return one value."""
        return self._chunks[number // CHUNK_ROWS].columns[name][number % CHUNK_ROWS]

    def put(self, name: str, number: int, value: Any) -> None:
        """Change one value; a time of report only to GONE_US."""
        self._chunks[number // CHUNK_ROWS].columns[name][number % CHUNK_ROWS] = value

    def picked(self, asked: Selection, *names: str) -> tuple[Column, ...]:
        """Return columns of the rows asked for, in the order of their numbers."""
        found = [(chunk, chunk.positions(asked)) for chunk in self._chunks if chunk.overlaps(asked)]
        return tuple(
            np.concatenate(
                [
                    np.zeros(0, COLUMNS[name]),
                    *(chunk.columns[name][positions] for chunk, positions in found),
                ]
            )
            for name in names
        )


def _bound(chunk: _Chunk, reported: Integers) -> None:
    """Widen the time of a chunk; rows that are gone lie outside time."""
    there = reported[reported != GONE_US]
    if len(there):
        chunk.first = min(chunk.first, int(there.min()))
        chunk.last = max(chunk.last, int(there.max()))
