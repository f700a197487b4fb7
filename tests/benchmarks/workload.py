"""The rows and the seven questions that the counting index and its peers are measured by.

10,000 km2, two years, 30 % of the rows anywhere and 70 % in 2,000 clusters, 20 categories of 4
stages, times to the second, windows that begin and end at odd seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt

from data import cells

Cells = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

SIDE_M = 100_000.0
CLUSTERS = 2_000
STAGES = 4
CODES = 20 * STAGES
DAY_S = 86_400
START_S = 1_704_067_200
END_S = START_S + 730 * DAY_S
ODD_S = 12_345
METRES_A_DEGREE = 111_320.0
WEST, SOUTH, MIDDLE = 104.0, 30.0, (104.52, 30.45)


@dataclass(frozen=True, eq=False)
class Workload:
    """Rows in order of time."""

    cells: Cells
    times: Integers
    codes: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.cells)

    @classmethod
    def of(cls, rows: int, seed: int = 0) -> Workload:
        """Draw the rows."""
        random = np.random.default_rng(seed)
        middles = random.uniform(0, SIDE_M, (CLUSTERS, 2))
        spreads = random.uniform(100, 800, CLUSTERS)
        which = random.integers(0, CLUSTERS, rows)
        places = middles[which] + random.normal(0, 1, (rows, 2)) * spreads[which, np.newaxis]
        anywhere = random.random(rows) < 0.3
        places[anywhere] = random.uniform(0, SIDE_M, (int(anywhere.sum()), 2))
        places = np.clip(places, 0, SIDE_M) / METRES_A_DEGREE
        places[:, 0] /= np.cos(np.radians(MIDDLE[1]))
        found = [
            cells.cells_at((WEST + part[:, 0]).tolist(), (SOUTH + part[:, 1]).tolist())
            for part in np.array_split(places, max(rows // 1_000_000, 1))
        ]
        times = np.sort(random.integers(START_S, END_S, rows))
        codes = random.integers(0, CODES, rows).astype(np.uint8)
        return cls(np.concatenate(found), times, codes)

    def thinned(self, share: int) -> Workload:
        """Return one row of so many."""
        return Workload(self.cells[::share], self.times[::share], self.codes[::share])


@dataclass(frozen=True, eq=False)
class Question:
    """One of the seven, with its view in the form that each engine wants, made beforehand."""

    name: str
    resolution: int
    since: int
    until: int
    codes: tuple[int, ...] | None = None
    view: Cells | None = None
    """Cells of the resolution asked for."""
    goal: float | None = None
    """How many times as long DuckDB should take over 10,000,000 rows."""

    @property
    def shift(self) -> int:
        """Return the shift that makes base cells of one ancestor equal."""
        return cells.digit_shift(self.resolution)

    @cached_property
    def cover(self) -> Cells | None:
        """Return the view in as few cells as there are, of several resolutions."""
        return None if self.view is None else np.array(h3.compact_cells(self.view), np.uint64)

    @cached_property
    def prefixes(self) -> Integers:
        """Return the view as base cells shifted."""
        assert self.view is not None
        base = self.view | np.uint64(15 << 52)
        return np.sort(base >> np.uint64(self.shift)).astype(np.int64)

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """Return the first and last base cell that the view can hold."""
        return int(self.prefixes[0]) << self.shift, (int(self.prefixes[-1]) + 1 << self.shift) - 1

    @cached_property
    def ranges(self) -> list[tuple[int, int]]:
        """Return the view as ranges of base cells."""
        assert self.view is not None
        firsts, lasts = cells.base_ranges(self.view)
        return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _view(side_km: float, resolution: int) -> Cells:
    half = side_km * 500 / METRES_A_DEGREE
    wide = half / np.cos(np.radians(MIDDLE[1]))
    (x, y) = MIDDLE
    corners = [
        (y - half, x - wide),
        (y - half, x + wide),
        (y + half, x + wide),
        (y + half, x - wide),
    ]
    return np.array(h3.h3shape_to_cells(h3.LatLngPoly(corners), resolution), dtype=np.uint64)


def _codes(categories: Iterable[int], stages: int = STAGES) -> tuple[int, ...]:
    return tuple(STAGES * category + stage for category in categories for stage in range(stages))


def questions() -> list[Question]:
    """Return the seven questions; the third is the stress one."""
    until = END_S - ODD_S
    days = {number: until - number * DAY_S for number in (1, 30, 90, 365, 500)}
    three, five = (1, 5, 9), (1, 5, 9, 12, 15)
    return [
        Question("Q1 overview, all time, r7", 7, START_S - 1, END_S + 1, goal=200),
        Question("Q2 90 days, 6 codes, r8", 8, days[90], until, _codes(three, 2), goal=10),
        Question("Q3 stress: 500 days, 20 codes, r9", 9, days[500], until, _codes(five)),
        Question("Q4 40 km, 30 days, r9", 9, days[30], until, view=_view(40, 9), goal=15),
        Question(
            "Q5 10 km, 365 days, 12 codes, r10",
            10,
            days[365],
            until,
            _codes(three),
            _view(10, 10),
            goal=10,
        ),
        Question("Q6 2.5 km, all time, r11", 11, START_S - 1, END_S + 1, view=_view(2.5, 11)),
        Question("Q7 last day, r8", 8, days[1], until, goal=1.5),
    ]


STRESS = 2
"""Position of the stress question."""
