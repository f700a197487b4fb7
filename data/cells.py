"""The H3 index; the only module that imports h3.

Every located row stores one cell of `BASE_RESOLUTION`, computed once. A coarser cell counts the
rows whose ancestor it is, so that children always sum to their parents. Near borders (6-7 % of
points) that differs from asking H3 for the coarse cell of the point itself, because H3 cells do
not nest exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
from shapely import MultiPolygon, Polygon, box

from data.errors import InvalidInputError
from data.geo import BBox, metres_a_pixel

BASE_RESOLUTION = 15
COARSEST_RESOLUTION = 5
FINEST_RESOLUTION = 12

NOWHERE = (1 << 59) | (BASE_RESOLUTION << 52) | (127 << 45)
"""Stands for the base cell of a row without a place; has the form of one and is none of H3's."""

Cells = npt.NDArray[np.uint64]

_RESOLUTION_SHIFT = 52
_RESOLUTION_MASK = 0xF << _RESOLUTION_SHIFT
_BITS_A_DIGIT = 3
_FORM_OF_BASE = np.uint64(1 << 7 | BASE_RESOLUTION)
"""What stands above the base cell: a cell, not an edge, of the base resolution."""
_ALL_SIXES, _ALL_ONES = np.uint64(0o666666666666666), np.uint64(0o111111111111111)
_ABOVE_DIGITS = np.uint64(1 << 45)


def cells_at(longitudes: Sequence[float], latitudes: Sequence[float]) -> Cells:
    """Return the base cell of each point; shape (n,), in the order given."""
    cell_of = h3.latlng_to_cell
    pairs = zip(latitudes, longitudes, strict=True)
    return np.fromiter(
        (cell_of(latitude, longitude, BASE_RESOLUTION) for latitude, longitude in pairs),
        dtype=np.uint64,
        count=len(longitudes),
    )


def cell_at(longitude: float, latitude: float) -> int:
    """Return the base cell of one point."""
    return int(h3.latlng_to_cell(latitude, longitude, BASE_RESOLUTION))


def digit_shift(resolution: int) -> int:
    """Return the right shift that makes base cells of one ancestor at `resolution` equal."""
    return _BITS_A_DIGIT * (BASE_RESOLUTION - resolution)


def ancestors(cells: Cells, resolution: int) -> Cells:
    """Return the ancestor at `resolution` of each base cell, by bits; shape (n,)."""
    unused = np.uint64((1 << digit_shift(resolution)) - 1)
    kept = cells & np.uint64(~_RESOLUTION_MASK & 0xFFFF_FFFF_FFFF_FFFF)
    return (kept | unused) | np.uint64(resolution << _RESOLUTION_SHIFT)


def are_base(cells: Cells) -> bool:
    """Tell whether every number has the form of a cell of the base resolution."""
    return bool(np.all(cells >> np.uint64(_RESOLUTION_SHIFT) == _FORM_OF_BASE))


def finest_resolution(cells: Cells) -> int:
    """Return the finest resolution among cells; the coarsest there is for none."""
    if len(cells) == 0:
        return 0
    return int(
        ((np.asarray(cells, np.uint64) >> np.uint64(_RESOLUTION_SHIFT)) & np.uint64(0xF)).max()
    )


def from_prefixes(prefixes: Cells, resolution: int) -> Cells:
    """Return the cell whose base descendants give the prefix by `digit_shift`; shape (n,)."""
    shift = np.uint64(digit_shift(resolution))
    cells = (prefixes << shift) | np.uint64((1 << int(shift)) - 1)
    # A prefix holds the resolution of the cell that it was made of, which is not always the base.
    cells |= np.uint64(_RESOLUTION_MASK)
    cells ^= np.uint64((BASE_RESOLUTION ^ resolution) << _RESOLUTION_SHIFT)
    return cells


def base_ranges(cover: Cells) -> tuple[Cells, Cells]:
    """Return the ranges of base cells that descend from a cover.

    Parameters
    ----------
    cover
        Cells of any resolutions, in any order; they may overlap.

    Returns
    -------
    firsts, lasts
        Both inclusive, ascending and apart, as few as the order of H3 allows.
    """
    cover = np.sort(cover)  # far faster than the order below, which then finds little to do
    resolutions = (cover & np.uint64(_RESOLUTION_MASK)) >> np.uint64(_RESOLUTION_SHIFT)
    shifts = np.uint64(_BITS_A_DIGIT) * (np.uint64(BASE_RESOLUTION) - resolutions)
    unused = (np.uint64(1) << shifts) - np.uint64(1)
    finest = cover | np.uint64(_RESOLUTION_MASK)  # all four bits set is resolution 15
    firsts, lasts = finest & ~unused, _over_unused_digits(finest | unused, shifts)
    order = np.argsort(firsts, kind="stable")
    firsts, lasts = firsts[order], np.maximum.accumulate(lasts[order])
    return joined(firsts, lasts, np.uint64(1))


def joined(firsts: Cells, lasts: Cells, gap: np.uint64) -> tuple[Cells, Cells]:
    """Join ascending ranges of which each begins no more than a gap after the end of the last."""
    edges = np.ones(len(firsts) + 1, dtype=np.bool_)
    edges[1:-1] = firsts[1:] > lasts[:-1] + gap
    return firsts[edges[:-1]], lasts[edges[1:]]


def _over_unused_digits(lasts: Cells, shifts: Cells) -> Cells:
    """Move each end over the digit 7, which no cell has, so that neighbours in order touch.

    The sixes that a cell ends with become sevens, as far up as there are no other digits.
    """
    differing = ((lasts ^ _ALL_SIXES) | _ABOVE_DIGITS) >> shifts
    below = (differing & (~differing + np.uint64(1))) - np.uint64(1)
    sixes = np.bitwise_count(below) // np.uint8(_BITS_A_DIGIT) * np.uint64(_BITS_A_DIGIT)
    ones = _ALL_ONES & ((np.uint64(1) << sixes) - np.uint64(1))
    return lasts | (ones << shifts)


def hexadecimal(cell: int) -> str:
    """Write a cell as the world outside writes it."""
    return str(h3.int_to_str(cell))


def polygon(cell: int) -> Polygon:
    """Return the outline of a cell, longitude first; not to be used across the 180th meridian."""
    return Polygon([(longitude, latitude) for latitude, longitude in h3.cell_to_boundary(cell)])


def centre(cell: int) -> tuple[float, float]:
    """Return longitude and latitude of the middle of a cell."""
    latitude, longitude = h3.cell_to_latlng(cell)
    return longitude, latitude


def checked_resolution(resolution: int) -> int:
    """Return the resolution, or refuse one that no question may ask for."""
    if not COARSEST_RESOLUTION <= resolution <= FINEST_RESOLUTION:
        raise InvalidInputError(
            f"Resolution {resolution} is not offered; "
            f"ask for {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}."
        )
    return resolution


_BUBBLE_PX = 48
_RESOLUTION_OF_ZOOM = {9: 6, 10: 6, 11: 7, 12: 8, 13: 9, 14: 9, 15: 10, 16: 10}


def resolution_for_zoom(zoom: int) -> int:
    """Return the resolution whose cells are 20 to 60 pixels wide at a web-map zoom."""
    if zoom < min(_RESOLUTION_OF_ZOOM):
        return COARSEST_RESOLUTION
    return _RESOLUTION_OF_ZOOM.get(zoom, 11)


def width_m(resolution: int) -> float:
    """Return how wide a cell is, from corner to corner, in metres on average."""
    return float(2.0 * h3.average_hexagon_edge_length(resolution, unit="m"))


def resolution_for_bubbles(zoom: int) -> int:
    """Return the finest resolution whose cells are wide enough at a zoom for a bubble each."""
    smallest_edge_m = _BUBBLE_PX * metres_a_pixel(zoom) / math.sqrt(3)
    fitting = (
        resolution
        for resolution in range(FINEST_RESOLUTION, COARSEST_RESOLUTION, -1)
        if h3.average_hexagon_edge_length(resolution, unit="m") >= smallest_edge_m
    )
    return next(fitting, COARSEST_RESOLUTION)


def cover(shape: Polygon | MultiPolygon, resolution: int) -> Cells:
    """Return every cell that a shape touches, ascending; not to be used across 180 degrees."""
    if shape.is_empty:
        return np.zeros(0, dtype=np.uint64)
    outline = h3.geo_to_h3shape(shape)
    found = h3.h3shape_to_cells_experimental(outline, resolution, contain="overlap")
    return np.unique(np.array(found, dtype=np.uint64))


_MOST_AROUND = 150
_WIDEST_DEG = 60.0
_STEEPEST_DEG = 85.0


def around(bbox: BBox, resolution: int) -> Cells | None:
    """Return few cells below which lies every cell of a resolution that touches a box, and more.

    None for a box so wide, or so near to a pole, that nothing is gained by looking there only.
    """
    for coarser in range(resolution, -1, -1):
        wide = bbox.padded(width_m(coarser))
        if wide.width_deg > _WIDEST_DEG or max(-wide.south, wide.north) > _STEEPEST_DEG:
            return None
        if wide.area_m2 / h3.average_hexagon_area(coarser, unit="m^2") <= _MOST_AROUND:
            parts = [box(west, wide.south, east, wide.north) for west, east in wide.spans()]
            return np.unique(np.concatenate([cover(part, coarser) for part in parts]))
    return None


_STEPS = np.array([(0, 0), (-1, -1), (0, 1), (-1, 0), (1, 0), (0, -1), (1, 1)], dtype=np.int64)
"""What each digit means on a plane whose two axes are 120 degrees apart."""
_HALF_RING = ((1, 1), (0, 1), (1, 0))  # the other three are the way back
_AXIS_BITS = 25
_BASE_CELL_SHIFT = 45


def neighbours(cells: Cells) -> npt.NDArray[np.int64]:
    """Return which cells of a set touch each cell of it.

    Parameters
    ----------
    cells
        Of one resolution, ascending and different.

    Returns
    -------
    positions
        Shape (n, 6): positions in `cells`, in no stated order, -1 where there is no further one.

    Notes
    -----
    The cells of one base cell lie on a plane, on which neighbours are one step apart: that settles
    most cells together. H3 itself is asked about each cell with a gap, which may be the end of the
    set, the border of a base cell or a pentagon.
    """
    keys = _plane_keys(cells)
    order = np.argsort(keys)
    ordered = keys[order]
    found = np.full((len(cells), 6), -1, dtype=np.int64)
    for column, (first, second) in enumerate(_HALF_RING):
        wanted = ordered + (first << _AXIS_BITS) + second
        at = np.minimum(np.searchsorted(ordered, wanted), max(len(cells) - 1, 0))
        here = np.flatnonzero(ordered[at] == wanted)
        found[order[here], column] = order[at[here]]
        found[order[at[here]], column + 3] = order[here]
    for position in np.flatnonzero((found < 0).any(axis=1)):
        found[position] = _neighbours_by_h3(cells, int(position))
    return found


def _plane_keys(cells: Cells) -> npt.NDArray[np.int64]:
    """Return base cell and place on its plane as one number each; the way of H3's own decoding."""
    numbers = cells.astype(np.int64)
    resolutions = np.unique((numbers & _RESOLUTION_MASK) >> _RESOLUTION_SHIFT)
    if len(resolutions) > 1:
        raise ValueError(f"cells of several resolutions: {resolutions.tolist()}")
    first, second = np.zeros((2, len(cells)), dtype=np.int64)
    for resolution in range(1, int(resolutions.max(initial=0)) + 1):
        if resolution % 2:
            first, second = 2 * first + second, 3 * second - first
        else:
            first, second = 3 * first - second, first + 2 * second
        digits = (numbers >> digit_shift(resolution)) & 7
        first, second = first + _STEPS[digits, 0], second + _STEPS[digits, 1]
    middle = 1 << (_AXIS_BITS - 1)
    bases = (numbers >> _BASE_CELL_SHIFT) & 0x7F
    return (bases << 2 * _AXIS_BITS) | ((first + middle) << _AXIS_BITS) | (second + middle)


def _neighbours_by_h3(cells: Cells, position: int) -> npt.NDArray[np.int64]:
    """Return the neighbours of one cell, as H3 names them, in the form of `neighbours`."""
    ring = np.array(h3.grid_disk(int(cells[position]), 1), dtype=np.uint64)
    at = np.minimum(np.searchsorted(cells, ring), len(cells) - 1)
    known = at[(cells[at] == ring) & (at != position)]
    return np.concatenate([known, np.full(6 - len(known), -1)])
