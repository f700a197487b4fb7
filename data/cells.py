"""The H3 index; the only module that imports h3.

Every located row stores one cell of `BASE_RESOLUTION`, computed once. A coarser cell counts the
rows whose ancestor it is, so that children always sum to their parents. Near borders (6-7 % of
points) that differs from asking H3 for the coarse cell of the point itself, because H3 cells do
not nest exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
from shapely import Polygon

from data.errors import InvalidInputError

BASE_RESOLUTION = 15
COARSEST_RESOLUTION = 5
FINEST_RESOLUTION = 12

Cells = npt.NDArray[np.uint64]

_RESOLUTION_SHIFT = 52
_RESOLUTION_MASK = 0xF << _RESOLUTION_SHIFT
_BITS_A_DIGIT = 3


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


def from_shifted(prefix: int, resolution: int) -> int:
    """Return the cell whose base descendants all give `prefix` when shifted by `digit_shift`."""
    shift = digit_shift(resolution)
    cell = (prefix << shift) | ((1 << shift) - 1)
    return (cell & ~_RESOLUTION_MASK) | (resolution << _RESOLUTION_SHIFT)


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


_RESOLUTION_OF_ZOOM = {9: 6, 10: 6, 11: 7, 12: 8, 13: 9, 14: 9, 15: 10, 16: 10}


def resolution_for_zoom(zoom: int) -> int:
    """Return the resolution whose cells are 20 to 60 pixels wide at a web-map zoom."""
    if zoom < min(_RESOLUTION_OF_ZOOM):
        return COARSEST_RESOLUTION
    return _RESOLUTION_OF_ZOOM.get(zoom, 11)


def outlines(cells: Iterable[int]) -> list[Polygon]:
    """Return the outline of each cell."""
    return [polygon(cell) for cell in cells]
