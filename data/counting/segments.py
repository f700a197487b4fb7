"""Rows of the counting index that no longer grow: sorted by cell, with histograms of coarse cells.

A segment holds rows of a stretch of time. Inside it they are sorted by base cell, so that a
viewport is a few contiguous ranges and every coarser cell is one run. `histogram` counts rows by
code and by cell of `COARSE_RESOLUTION`; a window of time that holds the whole segment reads no
row of it for coarse cells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from data import cells as h3_cells
from data.counting.rows import Cells, Codes, Counts, Rows, Seconds
from data.counting.runs import Columns, Ends, Runs, Sums, kept
from data.counting.spots import Ranges, Spots

COARSE_RESOLUTION = 8
"""Histograms are kept at this resolution; coarser counts are folded from it."""

FINE_RESOLUTION = 9
"""Runs are kept up to this resolution; cells of a finer one hold too few rows to be worth it."""

SHARED_ROW = 255
"""Codes from here on share one row of the histograms, so that a high code costs no memory."""

BRIDGED_CELLS = np.uint64(1 << 24)
"""Ranges so near to each other, a cell of resolution 7, are read as one, with what lies between:
a hundred rows more cost less than another stretch of rows."""

FEW_SPANS = 12
"""Up to so many spans of codes are compared; more are looked up, which takes as long as ten."""

GONE = int(np.iinfo(np.int32).max)
"""Time of a row that was removed; no window reaches it."""


@dataclass(frozen=True)
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
        if codes.dtype != np.uint8 or len(self._spans) > FEW_SPANS:
            return self.wanted[codes]
        # Codes below a span wrap to large numbers: one comparison does for two.
        spans = (codes - first <= more for first, more in self._spans)
        keep = next(spans, None)
        if keep is None:
            return np.zeros(len(codes), dtype=np.bool_)
        for one in spans:
            keep |= one
        return keep

    @cached_property
    def stretches(self) -> Ranges | None:
        """Return ranges that are fewer and hold the ranges asked for; None is everywhere."""
        return None if self.ranges is None else h3_cells.joined(*self.ranges, BRIDGED_CELLS)

    @cached_property
    def _spans(self) -> list[tuple[np.uint8, np.uint8]]:
        """First code of each span of wanted codes that fit one byte, and how many more it has."""
        if self.wanted is None:
            return []
        ends = np.flatnonzero(np.diff(self.wanted[:256], prepend=False, append=False))
        return [
            (np.uint8(first), np.uint8(stop - 1 - first)) for first, stop in ends.reshape(-1, 2)
        ]

    def holds(self, times: Seconds, first: int, last: int) -> npt.NDArray[np.bool_] | None:
        """Tell for each time, all from first to last, whether it lies in the window.

        None where all do. An end of the window that none can reach is not compared.
        """
        # Scalars of the type of the array: with another type NumPy would convert the whole array.
        is_late_enough = times >= np.int32(self.since) if first < self.since else None
        is_early_enough = times < np.int32(self.until) if last >= self.until else None
        return both(is_late_enough, is_early_enough)

    def codes_of(self, table: npt.NDArray[np.int32]) -> npt.NDArray[np.signedinteger]:
        """Add up the rows of a histogram whose codes are wanted."""
        if self.wanted is not None:
            table = table[np.flatnonzero(self.wanted[: len(table)])]
        # A segment has too few rows for 32 bits to run over.
        return np.asarray(table.sum(axis=0, dtype=np.int32))


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
    coarse_ends: Ends
    coarse_columns: Columns
    """Runs of COARSE_RESOLUTION; see `coarse`."""
    fine_ends: Ends
    fine_columns: Columns
    """Runs of FINE_RESOLUTION; see `fine`."""
    gone: int = 0
    """How many rows were removed; histograms do not hold them, but `rows` and runs still do."""

    @classmethod
    def of(cls, rows: Rows, coarse: Runs, fine: Runs, width: int, places: int) -> Segment:
        """Make a segment of rows that are sorted by cell.

        Parameters
        ----------
        coarse, fine
            Runs of the rows.
        width, places
            How many columns of the coarse resolution and how many places there are.
        """
        lines = np.minimum(rows.codes, SHARED_ROW).astype(np.int64)
        codes = int(lines.max()) + 1
        columns = coarse.columns.astype(np.int64).repeat(coarse.lengths())
        cell_key, place_key = lines * width + columns, lines * places + rows.places
        histogram = np.bincount(cell_key, minlength=codes * width).astype(np.int32)
        by_place = np.bincount(place_key, minlength=codes * places).astype(np.int32)
        return cls(
            rows,
            int(rows.times.min()),
            int(rows.times.max()),
            histogram.reshape(codes, width),
            np.bincount(columns, minlength=width),
            by_place.reshape(codes, places),
            coarse.ends,
            coarse.columns,
            fine.ends,
            fine.columns,
        )

    @property
    def coarse(self) -> Runs:
        """Return the runs of COARSE_RESOLUTION."""
        return Runs(self.coarse_ends, self.coarse_columns)

    @property
    def fine(self) -> Runs:
        """Return the runs of FINE_RESOLUTION."""
        return Runs(self.fine_ends, self.fine_columns)

    @property
    def nbytes(self) -> tuple[int, int]:
        """Return the bytes of the rows and of the histograms."""
        histograms = (self.histogram, self.totals, self.by_place, self.coarse, self.fine)
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
        """Return the base cells of the rows asked for, ascending, and some between the ranges."""
        spots = self._spots(question)
        keep = self._kept(question, spots)
        cells = self.rows.cells if spots is None else spots.take(self.rows.cells)
        return cells if keep is None else cells.take(keep.nonzero()[0])

    def add_runs(self, sums: Sums, runs: Runs, question: Question) -> None:
        """Add to sums by column the rows asked for of each run, and of some between the ranges.

        The ranges asked for must be made of whole cells of the resolution of the runs.
        """
        spots = self._spots(question)
        if spots is not None:
            runs = runs.at(spots)
        keep = self._kept(question, spots)
        counts = runs.lengths() if keep is None else kept(keep, runs.ends)
        # Both are of one type: then this is far faster than sums[columns] += counts.
        np.add.at(sums, runs.columns, counts)

    def count_by_place(self, question: Question) -> npt.NDArray[np.signedinteger]:
        """Return how many rows asked for each place holds; the ranges are not looked at."""
        if self.is_inside(question) and question.fits_histograms:
            return question.codes_of(self.by_place)
        keep = self._kept(question, None)
        places = self.rows.places
        return np.bincount(places if keep is None else places.take(keep.nonzero()[0]))

    def _spots(self, question: Question) -> Spots | None:
        stretches = question.stretches
        return None if stretches is None else Spots.of(self.rows.cells, stretches)

    def _kept(self, question: Question, spots: Spots | None) -> npt.NDArray[np.bool_] | None:
        """Tell for each row at the spots, or each row, whether window and codes want it."""
        times, codes, keep = self.rows.times, self.rows.codes, None
        if self.gone or not self.is_inside(question):
            last = GONE if self.gone else self.last
            keep = question.holds(times if spots is None else spots.take(times), self.first, last)
        if question.wanted is not None:
            keep = both(keep, question.wants(codes if spots is None else spots.take(codes)))
        return keep

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
        self.gone += 1

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
    """Combine two filters, the first of which is changed; None lets everything through."""
    if one is None or other is None:
        return other if one is None else one
    one &= other
    return one
