"""Where incidents gather more than chance would have it.

Getis-Ord Gi* for every cell and week. Weights are binary: a cell and the cells that touch it, the
cell itself included. The universe is the cover of the area (`data.cells.cover`), and its empty
cells count as zeros: on occupied cells alone the mean would be higher and the answer another.
Every week is compared with its own mean and variance, so a busy week is not hot everywhere.

Which z are significant is decided by Benjamini and Hochberg's control of the false discovery rate
at 5 %, two-sided, over all cells and weeks together. Counts are whole and many of them are zero, so
the normal distribution of z is an approximation that is rough where incidents are few.

Incidents on piles (`data.piles`) are left out, and named in the answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data import cells as h3_cells
from data import piles, trends
from data.cells import Cells

FEWEST_CELLS = 30
"""Below, z is not to be trusted; the least number that Esri's Hot Spot Analysis advises."""
FALSE_DISCOVERY_RATE = 0.05

Matrix = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Incidents(NamedTuple):
    """Located incidents; each field of shape (n,)."""

    cells: Cells
    """Of the resolution of the universe."""
    longitudes: Matrix
    latitudes: Matrix
    weeks: Counts
    """0 for the first week; only whole weeks should be counted."""


class Obstacle(StrEnum):
    """Why an answer, or a part of it, could not be given."""

    TOO_FEW_CELLS = "too_few_cells"
    """The universe has less than `FEWEST_CELLS` cells: no z at all."""
    NO_VARIANCE = "no_variance"
    """In no week do the cells differ, as where there is no incident: no z at all."""
    TOO_FEW_WEEKS = "too_few_weeks"
    """There are less than `trends.TREND_WEEKS` weeks: no trend classes."""


@dataclass(frozen=True, slots=True)
class Universe:
    """The cells of an area, and which of them touch; made once for an area."""

    cells: Cells
    """Ascending."""
    neighbours: Counts
    """Shape (n, 6): positions in `cells`; -1 where there is no further neighbour."""

    @classmethod
    def of(cls, cells: Cells) -> Universe:
        """Find the neighbours among cells of one resolution, given in any order."""
        ordered = np.unique(np.asarray(cells, dtype=np.uint64))
        return cls(ordered, h3_cells.neighbours(ordered))


@dataclass(frozen=True, slots=True)
class HotSpots:
    """Gi* of the cells of an area, week by week."""

    universe: Universe
    counts: Counts
    """Incidents of each cell and week, without piles; shape (n, weeks)."""
    z: Matrix
    """Gi* as a z-score; NaN in a week without variance and where there are too few cells."""
    hot: Flags
    """Which z are significantly high."""
    cold: Flags
    """Which z are significantly low."""
    trends: trends.Classes
    """`trends.Trend` of each cell over the last twelve weeks; shape (n,)."""
    piles: tuple[piles.Pile, ...]
    """Positions whose incidents were left out, the fullest first."""
    outside: int
    """Incidents in cells that are not of the universe, which were left out too."""
    weeks_without_variance: tuple[int, ...]
    obstacles: tuple[Obstacle, ...]
    """Empty for a whole answer."""


def find(universe: Universe, incidents: Incidents, weeks: int) -> HotSpots:
    """Find the hot spots of an area.

    Parameters
    ----------
    weeks
        How many weeks there are, the last being the one that a hot spot of today is hot in.
    """
    known, piled = piles.find(incidents.longitudes, incidents.latitudes)
    kept = ~piled
    counts, outside = weekly_counts(universe, incidents.cells[kept], incidents.weeks[kept], weeks)
    z = np.full(counts.shape, np.nan)
    if len(universe.cells) >= FEWEST_CELLS:
        z = gi_star(counts, universe.neighbours)
    significant = discoveries(two_sided(z))
    hot, cold = significant & (z > 0), significant & (z < 0)
    classes = np.zeros(len(z), dtype=np.int8)
    if weeks >= trends.TREND_WEEKS:
        last = slice(-trends.TREND_WEEKS, None)
        classes = trends.classify(z[:, last], hot[:, last], cold[:, last])
    without = tuple(np.flatnonzero(_are_constant(counts)).tolist())
    return HotSpots(
        universe=universe,
        counts=counts,
        z=z,
        hot=hot,
        cold=cold,
        trends=classes,
        piles=known,
        outside=outside,
        weeks_without_variance=without,
        obstacles=tuple(_obstacles(len(universe.cells), weeks, len(without))),
    )


def _obstacles(cells: int, weeks: int, without_variance: int) -> list[Obstacle]:
    met = {
        Obstacle.TOO_FEW_CELLS: cells < FEWEST_CELLS,
        Obstacle.NO_VARIANCE: without_variance == weeks,
        Obstacle.TOO_FEW_WEEKS: weeks < trends.TREND_WEEKS,
    }
    return [obstacle for obstacle, is_met in met.items() if is_met]


def weekly_counts(
    universe: Universe, cells: Cells, weeks: Counts, number: int
) -> tuple[Counts, int]:
    """Count incidents by cell and week.

    Returns
    -------
    counts
        Shape (n, number).
    outside
        How many incidents lie in no cell of the universe.
    """
    if len(weeks) and not 0 <= weeks.min() <= weeks.max() < number:
        raise ValueError(f"weeks {weeks.min()} to {weeks.max()} are not within 0 to {number - 1}")
    size = len(universe.cells)
    if size == 0:
        return np.zeros((0, number), dtype=np.int64), len(cells)
    at = np.minimum(np.searchsorted(universe.cells, cells), size - 1)
    inside = universe.cells[at] == cells
    places = at[inside] * number + weeks[inside]
    counts = np.bincount(places, minlength=size * number).reshape(size, number)
    return counts.astype(np.int64), int(len(cells) - inside.sum())


def gi_star(counts: Counts, neighbours: Counts) -> Matrix:
    """Return Gi* as a z-score for each cell and week.

    Parameters
    ----------
    counts
        Shape (n, weeks).
    neighbours
        As in `Universe`.

    Returns
    -------
    z
        Shape (n, weeks). NaN where all cells of a week are equal, and for a cell whose neighbours
        are all cells there are: both leave nothing to compare with.

    Notes
    -----
    Ord, J. K. and Getis, A. (1995), Local spatial autocorrelation statistics: distributional issues
    and an application, Geographical Analysis 27, 286-306, with weights 0 and 1; equal to PySAL's
    `esda.G_Local(star=True)`. As a cell has at most six neighbours, the sparse product of all weeks
    at once is six additions of gathered rows.
    """
    z = np.full(counts.shape, np.nan)
    varied = ~_are_constant(counts)
    if not varied.any():
        return z
    values = np.asarray(counts, dtype=np.float64)[:, varied]
    cells = len(values)
    with_nowhere = np.concatenate([values, np.zeros((1, values.shape[1]))])  # where -1 points
    sums = values.copy()
    for column in neighbours.T:
        sums += with_nowhere[column]
    weights = 1.0 + (neighbours >= 0).sum(axis=1)
    spread = np.sqrt((cells * weights - weights**2) / (cells - 1))
    above = sums - weights[:, None] * values.mean(axis=0)
    below = spread[:, None] * values.std(axis=0)
    z[:, varied] = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
    return z


def _are_constant(counts: Counts) -> Flags:
    """Tell in which weeks every cell has the same count."""
    if len(counts) == 0:
        return np.ones(counts.shape[1], dtype=np.bool_)
    constant: Flags = counts.min(axis=0) == counts.max(axis=0)
    return constant


def two_sided(z: Matrix) -> Matrix:
    """Return how likely chance goes at least so far from zero, either way; NaN stays NaN."""
    distances = (np.abs(z) / math.sqrt(2)).ravel()
    tails = np.fromiter(map(math.erfc, distances), dtype=np.float64, count=len(distances))
    return tails.reshape(z.shape)


def discoveries(p_values: Matrix, rate: float = FALSE_DISCOVERY_RATE) -> Flags:
    """Tell which tests are significant so that at most `rate` of them are false, on average.

    Parameters
    ----------
    p_values
        Of any shape; all are one family. NaN is no test.

    Notes
    -----
    Benjamini, Y. and Hochberg, Y. (1995), Controlling the false discovery rate, Journal of the
    Royal Statistical Society B 57, 289-300; for local statistics, whose neighbours depend on each
    other: Caldas de Castro, M. and Singer, B. H. (2006), Geographical Analysis 38, 180-208.
    """
    ordered = np.sort(p_values[np.isfinite(p_values)], axis=None)
    ranks = np.arange(1, len(ordered) + 1)
    passed = np.flatnonzero(ordered <= rate * ranks / max(len(ordered), 1))
    found: Flags = p_values <= (ordered[passed[-1]] if len(passed) else -1.0)
    return found
