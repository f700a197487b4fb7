"""Rows of the counting index that no longer grow: sorted by cell, with histograms of coarse cells.

A segment holds rows of a stretch of time. Inside it they are sorted by base cell, so that a
viewport is a few contiguous ranges and every coarser cell is one run. `histogram` counts rows by
code and by cell of `COARSE_RESOLUTION`; a window of time that holds the whole segment reads no
row at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

COARSE_RESOLUTION = 8
"""Histograms are kept at this resolution; coarser counts are folded from it."""

SHARED_ROW = 255
"""Codes from here on share one row of the histograms, so that a high code costs no memory."""

MANY_STRETCHES = 64
"""With more stretches than this, rows are taken by index instead of one by one."""

FEW_SPANS = 12
"""Up to so many spans of codes are compared; more are looked up, which takes as long as ten."""

GONE = int(np.iinfo(np.int32).max)
"""Time of a row that was removed; no window reaches it."""

Cells = npt.NDArray[np.uint64]
Seconds = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8 | np.uint16]
"""Narrow as long as every code of the rows is below 256."""
Counts = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]
Ranges = tuple[Cells, Cells]
"""First and last base cell of each range, both inclusive, ascending and apart."""


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


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows are asked for."""

    since: int
    until: int
    """Half-open window, in the seconds of the rows."""
    wanted: npt.NDArray[np.bool_] | None
    """By code, whether it counts; None counts every code."""
    ranges: Ranges | None
    """None counts everywhere."""

    @property
    def fits_histograms(self) -> bool:
        """Tell whether histograms can answer, which keep the high codes together."""
        return self.wanted is None or not self.wanted[SHARED_ROW:].any()

    def wants(self, codes: Codes) -> npt.NDArray[np.bool_] | None:
        """Tell for each code whether it counts; None where every code does."""
        if self.wanted is None:
            return None
        if codes.dtype == np.uint8:
            ends = np.flatnonzero(np.diff(self.wanted[:256], prepend=False, append=False))
            spans = ends.reshape(-1, 2).tolist()
            if len(spans) <= FEW_SPANS:
                keep = np.zeros(len(codes), dtype=np.bool_)
                for start, stop in spans:
                    # Codes below the span wrap to large numbers: one comparison does for two.
                    keep |= codes - np.uint8(start) <= np.uint8(stop - 1 - start)
                return keep
        return self.wanted[codes]

    def holds(self, times: Seconds, first: int, last: int) -> npt.NDArray[np.bool_] | None:
        """Tell for each time, all from first to last, whether it lies in the window.

        None where all do. An end of the window that none can reach is not compared.
        """
        # Scalars of the type of the array: with another type NumPy would convert the whole array.
        is_late_enough = times >= np.int32(self.since) if first < self.since else None
        is_early_enough = times < np.int32(self.until) if last >= self.until else None
        return both(is_late_enough, is_early_enough)

    def codes_of(self, table: npt.NDArray[np.int32]) -> Counts:
        """Add up the rows of a histogram whose codes are wanted."""
        if self.wanted is not None:
            table = table[np.flatnonzero(self.wanted[: len(table)])]
        return np.asarray(table.sum(axis=0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Spots:
    """Where in a segment the rows of some ranges lie."""

    starts: Positions
    stops: Positions
    index: Positions | None
    """Every position, where there are too many stretches to take them one by one."""

    @classmethod
    def of(cls, cells: Cells, ranges: Ranges | None) -> Spots:
        """Find the ranges in ascending cells; None is everywhere."""
        if ranges is None:
            return cls(np.array([0]), np.array([len(cells)]), None)
        starts = np.searchsorted(cells, ranges[0], side="left")
        stops = np.searchsorted(cells, ranges[1], side="right")
        held = np.flatnonzero(stops > starts)
        starts, stops = starts[held], stops[held]
        if len(starts) > 1:
            # Ranges that follow on each other without a row between them are one.
            apart = np.concatenate(([True], starts[1:] != stops[:-1]))
            starts, stops = starts[apart], stops[np.concatenate((apart[1:], [True]))]
        if len(starts) <= MANY_STRETCHES:
            return cls(starts, stops, None)
        lengths = stops - starts
        skipped = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
        return cls(starts, stops, np.arange(len(skipped)) + skipped)

    def take(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a column at these spots, in the order of cells."""
        if self.index is not None:
            return np.asarray(column[self.index])
        stretches = zip(self.starts.tolist(), self.stops.tolist(), strict=True)
        parts = [column[start:stop] for start, stop in stretches]
        return np.concatenate(parts) if len(parts) > 1 else parts[0] if parts else column[:0]


@dataclass(slots=True)
class Segment:
    """Rows sorted by cell. Only `recode` and `remove` ever change them."""

    rows: Rows
    first: int
    """Earliest time."""
    last: int
    """Latest time, inclusive."""
    histogram: npt.NDArray[np.int32]
    """Rows by code, up to SHARED_ROW, and by column of COARSE_RESOLUTION."""
    totals: Counts
    """Sum of the histogram over codes; shape (columns,). A change of codes leaves it as it is."""
    by_place: npt.NDArray[np.int32]
    """Rows by code, up to SHARED_ROW, and by place."""
    has_gone: bool = False
    """Whether rows were removed; histograms do not hold them, but `rows` still does."""

    @classmethod
    def of(cls, rows: Rows, columns: npt.NDArray[np.int64], width: int, places: int) -> Segment:
        """Make a segment of rows that are sorted by cell.

        Parameters
        ----------
        columns
            Histogram column of each row.
        width, places
            How many columns and places there are.
        """
        lines = np.minimum(rows.codes, SHARED_ROW).astype(np.int64)
        codes = int(lines.max()) + 1
        cell_key, place_key = lines * width + columns, lines * places + rows.places
        histogram = np.bincount(cell_key, minlength=codes * width).astype(np.int32)
        by_place = np.bincount(place_key, minlength=codes * places).astype(np.int32)
        histogram = histogram.reshape(codes, width)
        return cls(
            rows,
            int(rows.times.min()),
            int(rows.times.max()),
            histogram,
            histogram.sum(axis=0, dtype=np.int64),
            by_place.reshape(codes, places),
        )

    @property
    def nbytes(self) -> tuple[int, int]:
        """Return the bytes of the rows and of the histograms."""
        histograms = (self.histogram, self.totals, self.by_place)
        return sum(column.nbytes for column in self.rows.columns()), sum(
            histogram.nbytes for histogram in histograms
        )

    def overlaps(self, question: Question) -> bool:
        """Tell whether a row of the segment can lie in the window."""
        return self.last >= question.since and self.first < question.until

    def is_inside(self, question: Question) -> bool:
        """Tell whether every row lies in the window."""
        return self.first >= question.since and self.last < question.until

    def cells_of(self, question: Question) -> Cells:
        """Return the base cells of the rows asked for, ascending."""
        spots = Spots.of(self.rows.cells, question.ranges)
        keep = None
        if self.has_gone or not self.is_inside(question):
            last = GONE if self.has_gone else self.last
            keep = question.holds(spots.take(self.rows.times), self.first, last)
        if question.wanted is not None:
            keep = both(keep, question.wants(spots.take(self.rows.codes)))
        cells = spots.take(self.rows.cells)
        return cells if keep is None else cells[np.flatnonzero(keep)]

    def places_of(self, question: Question) -> npt.NDArray[np.uint16]:
        """Return the places of the rows asked for; the ranges are not looked at."""
        return chosen(self.rows, question).places

    def recode(self, position: int, column: int, code: int) -> None:
        """Give one row another code."""
        self._make_room(code)
        before, place = int(self.rows.codes[position]), int(self.rows.places[position])
        self.rows.codes[position] = code
        before, after = min(before, SHARED_ROW), min(code, SHARED_ROW)
        self.histogram[before, column] -= 1
        self.histogram[after, column] += 1
        self.by_place[before, place] -= 1
        self.by_place[after, place] += 1

    def remove(self, position: int, column: int) -> None:
        """Take one row out of every answer."""
        code, place = min(int(self.rows.codes[position]), SHARED_ROW), self.rows.places[position]
        self.rows.times[position] = GONE
        self.histogram[code, column] -= 1
        self.totals[column] -= 1
        self.by_place[code, place] -= 1
        self.has_gone = True

    def _make_room(self, code: int) -> None:
        if code > np.iinfo(self.rows.codes.dtype).max:
            self.rows = replace(self.rows, codes=self.rows.codes.astype(np.uint16))
        missing = min(code, SHARED_ROW) + 1 - len(self.histogram)
        if missing > 0:
            self.histogram = np.pad(self.histogram, ((0, missing), (0, 0)))
            self.by_place = np.pad(self.by_place, ((0, missing), (0, 0)))


def chosen(rows: Rows, question: Question) -> Rows:
    """Return the rows asked for, of rows in any order; the ranges are not looked at."""
    earliest, latest = np.iinfo(np.int32).min, np.iinfo(np.int32).max
    keep = both(question.holds(rows.times, earliest, latest), question.wants(rows.codes))
    return rows if keep is None else rows.take(np.flatnonzero(keep))


def both(
    one: npt.NDArray[np.bool_] | None, other: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.bool_] | None:
    """Combine two filters; None lets everything through."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def in_ranges(cells: Cells, ranges: Ranges) -> npt.NDArray[np.bool_]:
    """Tell for each cell, in any order, whether a range holds it."""
    firsts, lasts = ranges
    if len(firsts) == 0:
        return np.zeros(len(cells), dtype=bool)
    after = np.searchsorted(firsts, cells, side="right")
    return (after > 0) & (cells <= lasts[after - 1])
