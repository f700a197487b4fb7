"""The counting index: how many rows each H3 cell or governance grid holds, while rows stream in.

Semantics. Every row has one H3 cell of resolution 15, computed once; a coarser cell counts the rows
whose ancestor it is, so children sum to their parents (see `data.cells`). Windows of time are half
open and exact to the second. A code is a small whole number behind which the caller keeps what can
be filtered, such as category and stage; any filter is a set of codes. Answers are exact at every
moment, whatever the order in which rows arrive.

Design. Rows are kept in segments of about half a million, each a stretch of time, sorted inside by
cell (`segments` in `data.counting`). A window that holds a whole segment adds up its histogram of
coarse cells, or subtracts two running totals where all codes count (`totals`). Where rows must be
looked at, codes and times become one bit a row, and what a cell keeps is a count of bits between
the ends of its run (`runs`); only for cells finer than the runs are the rows themselves gathered.
New rows go to a tail that every question looks through (`ledger`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from data import cells as h3_cells
from data.counting.arrivals import MOST_CODES, checked_codes, clipped, rows_of, whole
from data.counting.by_cell import CellCounter
from data.counting.ledger import Ledger
from data.counting.merging import Sizes
from data.counting.registers import Places
from data.counting.rows import Cells, Counts, Rows
from data.counting.saving import Arrays, Facts, Held
from data.counting.segments import Question, Segment, chosen
from data.errors import InvalidInputError


class CountIndex:
    """Counts of rows by H3 cell or by grid, over any window and any codes.

    One thread writes (`append`, `update`), any number read (`count`, `count_by_grid`).
    """

    def __init__(
        self,
        base_resolution: int = h3_cells.BASE_RESOLUTION,
        *,
        levels: Collection[str] = (),
        sizes: Sizes | None = None,
        in_background: bool = True,
    ) -> None:
        """Make an empty index.

        Parameters
        ----------
        levels
            Names of the grid levels of which rows carry a dense grid id.
        in_background
            Whether full tails are merged by a thread or at once.
        """
        if base_resolution != h3_cells.BASE_RESOLUTION:
            raise InvalidInputError(
                f"Rows are kept at resolution {h3_cells.BASE_RESOLUTION}, not {base_resolution}."
            )
        self._by_cell = CellCounter()
        self._places = Places(tuple(levels))
        self._ledger = Ledger(
            sizes or Sizes(), self._build, self._column_of, in_background=in_background
        )

    def __len__(self) -> int:
        return self._ledger.size

    def append(
        self,
        cells: Cells,
        times: npt.NDArray[np.int64],
        codes: npt.NDArray[np.int64],
        grids: npt.NDArray[np.int64] | None = None,
        *,
        places: npt.NDArray[np.uint16] | None = None,
    ) -> npt.NDArray[np.int64]:
        """Add rows and return their numbers.

        Parameters
        ----------
        cells
            Base cells, shape (n,).
        times
            Seconds since 1970 UTC, 1931 to 2068, shape (n,).
        codes
            0 to 65,535, shape (n,); those below 255 are counted fastest.
        grids
            Dense grid id of each row and level, -1 for none, shape (n, levels); None is none.
        places
            What `places_of` returned for the grids, where that was asked before.
        """
        if places is None:
            shape = (len(cells), len(self._places.levels))
            places = self._places.add(np.full(shape, -1) if grids is None else grids, len(cells))
        rows = rows_of(cells, times, codes, places)
        return self._ledger.append(rows)

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """Return the grid of each place and level, -1 for none; shape (places, levels)."""
        return self._places.grids

    def places_of(self, grids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint16]:
        """Return the number of the combination of grids of each row; a new one gets the next."""
        return self._places.add(grids, len(grids))

    def update(self, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int64]) -> None:
        """Give rows other codes, such as after a change of stage."""
        known, wanted = self._known(rows), checked_codes(codes)
        if len(known) != len(wanted):
            raise InvalidInputError(
                f"{len(known):,} rows but {len(wanted):,} codes: give one code for each row."
            )
        with self._ledger.lock:
            for number, code in zip(known.tolist(), wanted.tolist(), strict=True):
                self._ledger.recode(number, code)

    def remove(self, rows: npt.NDArray[np.int64]) -> None:
        """Take rows out of every answer; their numbers are not given again."""
        for number in np.unique(self._known(rows)).tolist():
            self._ledger.remove(number)

    def nbytes(self) -> tuple[int, int]:
        """Return the bytes of the rows and of the histograms."""
        rows, histograms = self._ledger.nbytes()
        return rows, histograms + self._by_cell.totals.nbytes

    def settle(self) -> None:
        """Wait until the background has nothing to do."""
        self._ledger.settle()

    def taken_apart(self) -> tuple[Arrays, Facts]:
        """Return named arrays and plain facts from which `put_together` makes the same index."""
        arrays, facts = self._ledger.held().taken_apart()
        arrays = arrays | self._by_cell.taken_apart() | {"places": self._places.grids}
        return arrays, facts | {"levels": self._places.levels}

    @classmethod
    def put_together(
        cls,
        arrays: Mapping[str, npt.NDArray[Any]],
        facts: Facts,
        *,
        sizes: Sizes | None = None,
        in_background: bool = True,
    ) -> CountIndex:
        """Make an index of arrays, which are taken over as they are and may be changed."""
        index = cls(sizes=sizes, in_background=in_background)
        index._by_cell.put_together(arrays)
        index._places = Places(tuple(facts["levels"]), np.array(arrays["places"]))
        index._ledger.take_over(Held.put_together(arrays, facts))
        return index

    def count(
        self,
        resolution: int,
        since: float,
        until: float,
        codes: Collection[int] | None = None,
        within: Cells | None = None,
    ) -> tuple[Cells, Counts]:
        """Return the cells that hold rows, ascending, and how many rows each holds.

        Parameters
        ----------
        resolution
            Of the cells to return.
        since, until
            Half-open window in seconds since 1970 UTC.
        codes
            Only rows with one of these codes; None takes all.
        within
            Only rows whose cell descends from one of these cells, of any resolutions.
        """
        if not 0 <= resolution <= h3_cells.BASE_RESOLUTION:
            raise InvalidInputError(
                f"Resolution {resolution} does not exist; ask for 0 to {h3_cells.BASE_RESOLUTION}."
            )
        question = self._question(since, until, codes, within)
        finest = 0 if within is None else h3_cells.finest_resolution(within)
        with self._ledger.lock:
            return self._by_cell.count(
                self._ledger.segments(), self._ledger.tail(), question, resolution, finest
            )

    def count_by_grid(
        self,
        level: str,
        since: float,
        until: float,
        codes: Collection[int] | None = None,
    ) -> tuple[npt.NDArray[np.int64], Counts]:
        """Return the grid ids of a level that hold rows, ascending, and how many each holds."""
        question = self._question(since, until, codes, None)
        with self._ledger.lock:
            counts = np.zeros(len(self._places), dtype=np.int64)
            for segment in self._ledger.segments():
                if segment.overlaps(question):
                    by_place = segment.count_by_place(question)
                    counts[: len(by_place)] += by_place
            tail = chosen(self._ledger.tail(), question)
            counts += np.bincount(tail.places, minlength=len(counts))
            return self._places.by_grid(level, counts)

    def _question(
        self,
        since: float,
        until: float,
        codes: Collection[int] | None,
        within: Cells | None,
    ) -> Question:
        wanted = None
        if codes is not None:
            chosen_codes = checked_codes(list(codes))
            wanted = np.zeros(MOST_CODES, dtype=bool)
            wanted[chosen_codes] = True
        ranges = None if within is None else h3_cells.base_ranges(np.asarray(within, np.uint64))
        return Question(clipped(since), clipped(until), wanted, ranges)

    def _known(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        rows = whole(rows, "row numbers").astype(np.int64)
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(self)):
            raise InvalidInputError(f"There are {len(self):,} rows; a number lies outside.")
        self._ledger.refuse_removed(rows)
        return rows

    def _build(self, rows: Rows) -> Segment:
        coarse, fine = (
            register.runs(rows.cells) for register in (self._by_cell.coarse, self._by_cell.fine)
        )
        return Segment.of(rows, coarse, fine, len(self._by_cell.coarse), len(self._places))

    def _column_of(self, cell: np.uint64) -> int:
        coarse = self._by_cell.coarse
        return int(coarse.columns_of(np.asarray(cell >> coarse.shift)))
