"""Piles: exact positions with far more incidents than others.

A position like a town hall's stands in for places that nobody wrote down. It is no hot spot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SMALLEST_PILE = 10
TIMES_OTHERS = 10
"""A pile holds at least so many times what nine positions of ten hold at most."""


@dataclass(frozen=True, slots=True)
class Pile:
    """A position left out, in degrees, WGS 84, and how many incidents it held."""

    longitude: float
    latitude: float
    count: int


def threshold(sizes: npt.NDArray[np.int64]) -> int:
    """Return from how many incidents on one position is a pile.

    Parameters
    ----------
    sizes
        How many incidents each position holds.
    """
    if len(sizes) == 0:
        return SMALLEST_PILE
    nine_of_ten = (9 * len(sizes) + 9) // 10
    return max(SMALLEST_PILE, TIMES_OTHERS * int(np.sort(sizes)[nine_of_ten - 1]))


def find(
    longitudes: npt.NDArray[np.float64], latitudes: npt.NDArray[np.float64]
) -> tuple[tuple[Pile, ...], npt.NDArray[np.bool_]]:
    """Find the piles among incidents.

    Returns
    -------
    piles
        The fullest first.
    piled
        Which incidents lie on one of them; shape (n,).
    """
    order = np.lexsort((latitudes, longitudes))
    x, y = longitudes[order], latitudes[order]
    begins = np.ones(len(x), dtype=np.bool_)
    begins[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    starts = np.flatnonzero(begins)
    sizes = np.diff(starts, append=len(x))
    full = sizes >= threshold(sizes)
    piled = np.zeros(len(x), dtype=np.bool_)
    piled[order] = np.repeat(full, sizes)
    piles = [
        Pile(float(x[start]), float(y[start]), int(size))
        for start, size in zip(starts[full], sizes[full], strict=True)
    ]
    return tuple(sorted(piles, key=lambda pile: -pile.count)), piled
