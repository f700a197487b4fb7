"""Counts by cell: of coarse and fine cells from runs, of still finer ones from every row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from data import cells as h3_cells
from data.counting.registers import Register
from data.counting.rows import Cells, Counts, Rows
from data.counting.runs import Sums
from data.counting.segments import (
    COARSE_RESOLUTION,
    FINE_RESOLUTION,
    Question,
    Segment,
    chosen,
)
from data.counting.spots import Spots, in_ranges
from data.counting.tallies import folded, runs, with_more
from data.counting.totals import RunningTotals


class CellCounter:
    """What counting by cell needs beside the rows: the columns of cells, and running totals."""

    def __init__(self) -> None:
        self.coarse = Register(_shift(COARSE_RESOLUTION))
        self.fine = Register(_shift(FINE_RESOLUTION))
        self.totals = RunningTotals()

    def taken_apart(self) -> dict[str, npt.NDArray[Any]]:
        """Return named arrays from which `put_together` makes the same."""
        names = ("coarse-cells", "coarse-columns", "fine-cells", "fine-columns")
        return dict(zip(names, (*self.coarse.known, *self.fine.known), strict=True))

    def put_together(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take over the columns of cells from arrays."""
        self.coarse.known = arrays["coarse-cells"], arrays["coarse-columns"]
        self.fine.known = arrays["fine-cells"], arrays["fine-columns"]

    def count(
        self,
        segments: list[Segment],
        tail: Rows,
        question: Question,
        resolution: int,
        finest_of_ranges: int,
    ) -> tuple[Cells, Counts]:
        """Return cells of a resolution, ascending, and how many rows asked for each holds."""
        finest, shift = max(resolution, finest_of_ranges), _shift(resolution)
        in_tail = _cells_in_tail(tail, question)
        if finest > FINE_RESOLUTION:
            prefixes, counts = runs(_sorted_cells(segments, question, in_tail) >> shift)
        else:
            register = self.coarse if finest <= COARSE_RESOLUTION else self.fine
            prefixes, counts = self._by_column(segments, question, register, shift)
            prefixes, counts = with_more(prefixes, counts, *runs(in_tail >> shift))
        return h3_cells.from_prefixes(prefixes, resolution), counts

    def _by_column(
        self, segments: list[Segment], question: Question, register: Register, shift: np.uint64
    ) -> tuple[Cells, Counts]:
        """Return prefixes, ascending, and their counts where not 0, from runs and histograms."""
        known, columns = register.known
        sums = np.zeros(len(known), dtype=np.int32)
        if register is self.coarse:
            self._add_coarse(sums, segments, question)
        else:
            for segment in _overlapping(segments, question):
                segment.add_runs(sums, segment.fine, question)
        if question.ranges is None:
            prefixes, found = register.folded(known, sums.take(columns), shift)
        else:
            firsts, lasts = question.ranges
            spots = Spots.of(known, (firsts >> register.shift, lasts >> register.shift))
            prefixes, found = spots.take(known), sums.take(spots.take(columns))
            if shift > register.shift:
                prefixes, found = folded(prefixes >> (shift - register.shift), found)
        held = found.nonzero()[0]
        return prefixes.take(held), found.take(held).astype(np.int64)

    def _add_coarse(self, sums: Sums, segments: list[Segment], question: Question) -> None:
        """Add what segments hold by coarse column, of those inside the window by histograms."""
        if question.wanted is None:
            # Of all segments, so that the totals serve the next window too.
            self.totals.add_inside(sums, segments, question)
        for segment in _overlapping(segments, question):
            if not (question.fits_histograms and segment.is_inside(question)):
                segment.add_runs(sums, segment.coarse, question)
            elif question.wanted is not None:
                counts = question.codes_of(segment.histogram)
                sums[: len(counts)] += counts


def _shift(resolution: int) -> np.uint64:
    return np.uint64(h3_cells.digit_shift(resolution))


def _overlapping(segments: list[Segment], question: Question) -> list[Segment]:
    return [segment for segment in segments if segment.overlaps(question)]


def _cells_in_tail(tail: Rows, question: Question) -> Cells:
    """Return the base cells of the rows asked for, which are in no order, ascending."""
    if len(tail) == 0:
        return tail.cells
    cells = chosen(tail, question).cells
    if question.ranges is not None:
        cells = cells[in_ranges(cells, question.ranges)]
    return np.sort(cells)


def _sorted_cells(segments: list[Segment], question: Question, more: Cells) -> Cells:
    """Return the base cells of the rows asked for in segments, and more, ascending."""
    parts = [segment.cells_of(question) for segment in _overlapping(segments, question)]
    cells = np.concatenate([*parts, more])
    cells.sort(kind="stable")  # which merges what is sorted already
    return cells if question.ranges is None else Spots.of(cells, question.ranges).take(cells)
