"""Polygons drawn on a uniform raster of longitude and latitude.

Most cells of the raster lie wholly inside one polygon, or outside all of them: whatever point falls
into such a cell is decided by looking the cell up. Every cell that an outline touches, or nearly
touches, only names the polygons that an exact test has to look at. Nothing here decides about a
border: drawing an outline too thick costs time and never an answer.

Two things make that certain. The cell of a point and the cells of an outline come from the same
rounded arithmetic, which never puts the larger of two numbers into the lower row or column. And
outlines are drawn `_THICKNESS` of a cell wider than they are, where a cell measures at least
`_ULPS_OF_A_CELL` units in the last place of a coordinate, so no rounding crosses that distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

NOWHERE = -1
"""Answer for a cell, or a point, that no polygon covers."""

_BOUNDARY = -2
_MOST_SIDE = 2048  # 4 million cells, 17 MB
_BOUNDARY_SHARE = 0.03  # fewer boundary cells cost more to draw than they save
_MOST_TOUCHED = 8_000_000  # bounds the memory that endlessly long outlines can take
_THICKNESS = 1e-3
_ULPS_OF_A_CELL = 2.0**20
_AREAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

Coordinates = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Edges(NamedTuple):
    """The straight pieces of all rings, holes included; each field of shape (n,)."""

    position: Positions
    """Of the polygon, in the order given."""
    x0: Coordinates
    y0: Coordinates
    x1: Coordinates
    y1: Coordinates


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle in degrees, divided into side x side cells that are numbered row by row."""

    west: float
    south: float
    east: float
    north: float
    side: int

    @property
    def width(self) -> float:
        """Return the width of a cell, in degrees."""
        return (self.east - self.west) / self.side

    @property
    def height(self) -> float:
        """Return the height of a cell, in degrees."""
        return (self.north - self.south) / self.side

    def holds(self, x: Coordinates, y: Coordinates) -> Flags:
        """Tell which points lie in the rectangle; none that is not finite does."""
        return (x >= self.west) & (x <= self.east) & (y >= self.south) & (y <= self.north)

    def across(self, x: Coordinates) -> Coordinates:
        """Return how many cells lie between the west side and x."""
        return (x - self.west) * (0.0 if self.side == 1 else 1 / self.width)

    def up(self, y: Coordinates) -> Coordinates:
        """Return how many cells lie between the south side and y."""
        return (y - self.south) * (0.0 if self.side == 1 else 1 / self.height)

    def within(self, cells: Coordinates) -> Positions:
        """Return the row or column of a distance in cells, the nearest one if it is outside."""
        return np.clip(cells, 0, self.side - 1).astype(np.int64)

    def cells(self, x: Coordinates, y: Coordinates) -> Positions:
        """Return the cell of each point of the rectangle."""
        return self.within(self.up(y)) * self.side + self.within(self.across(x))


@dataclass(frozen=True, slots=True)
class Raster:
    """What is known of each cell."""

    frame: Frame
    answers: npt.NDArray[np.int32]
    """Of each cell, the position of its polygon, NOWHERE, or -2 - the number of a boundary cell."""
    otherwise: Positions
    """Of each boundary cell, the lowest polygon that holds all of it, or NOWHERE."""
    starts: Positions
    """Where the candidates of each boundary cell begin in `candidates`; one more at the end."""
    candidates: Positions
    """Polygons whose outline comes near, ascending within a cell and all below `otherwise`."""

    @classmethod
    def of(cls, polygons: Sequence[BaseGeometry]) -> Raster:
        """Draw polygons and multipolygons; of those that overlap, the first in order is above."""
        edges = _edges_of(polygons)
        frame = _frame_of(edges)
        touched = _touched(edges, frame)
        whole = _wholly_held(edges, frame, touched, len(polygons))
        cells, positions = touched % frame.side**2, touched // frame.side**2
        undecided = (whole[cells] == NOWHERE) | (positions < whole[cells])
        cells, positions = cells[undecided], positions[undecided]
        order = np.argsort(cells, kind="stable")
        cells, positions = cells[order], positions[order]
        starts = np.flatnonzero(np.diff(cells, prepend=-1))
        boundary = cells[starts]
        otherwise = whole[boundary].astype(np.int64)
        whole[boundary] = _BOUNDARY - np.arange(len(boundary))
        return cls(frame, whole, otherwise, np.append(starts, len(cells)), positions)

    def look_up(self, x: Coordinates, y: Coordinates) -> tuple[Positions, Positions, Positions]:
        """Decide the points that need no exact test, and say what the others need.

        Returns
        -------
        found
            Of each point the position of its polygon, or NOWHERE. Of a point that needs a test,
            what holds if none of its candidates does.
        points, candidates
            Which points to test against which polygons, ascending by polygon.
        """
        found = np.full(len(x), NOWHERE, dtype=np.int64)
        inside = np.flatnonzero(self.frame.holds(x, y))
        found[inside] = self.answers[self.frame.cells(x[inside], y[inside])]
        points = np.flatnonzero(found <= _BOUNDARY)
        boundary = _BOUNDARY - found[points]
        found[points] = self.otherwise[boundary]
        first = self.starts[boundary]
        owners, offsets = _counted(self.starts[boundary + 1] - first)
        candidates = self.candidates[first[owners] + offsets]
        order = np.argsort(candidates, kind="stable")
        return found, points[owners[order]], candidates[order]


def _counted(counts: Positions) -> tuple[Positions, Positions]:
    """Return for each of `counts` things of an owner: which owner, and which of its things."""
    owners = np.repeat(np.arange(len(counts)), counts)
    return owners, np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)


def _edges_of(polygons: Sequence[BaseGeometry]) -> Edges:
    shapes = np.array(polygons, dtype=object)
    if not np.isin(shapely.get_type_id(shapes), _AREAL).all():
        raise ValueError("a partition is made of polygons and multipolygons only")
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    places, of_ring = shapely.get_coordinates(rings, return_index=True)
    if not np.isfinite(places).all():
        raise ValueError("a polygon has a coordinate that is not finite")
    begins = np.flatnonzero(of_ring[1:] == of_ring[:-1])
    position = of_shape[of_part[of_ring[begins]]].astype(np.int64)
    (x0, y0), (x1, y1) = places[begins].T, places[begins + 1].T
    return Edges(position, x0, y0, x1, y1)


def _frame_of(edges: Edges) -> Frame:
    """Choose cells so small that few of them lie on an outline, and not smaller."""
    if len(edges.position) == 0:
        return Frame(np.inf, np.inf, -np.inf, -np.inf, 1)
    west, east = float(edges.x0.min()), float(edges.x0.max())
    south, north = float(edges.y0.min()), float(edges.y0.max())
    width, height = east - west, north - south
    resolved = min(width, height) / (np.spacing(np.abs([west, east, south, north])).max())
    if resolved < 2 * _ULPS_OF_A_CELL:
        return Frame(west, south, east, north, 1)
    # An outline of this length passes through length x side cells; inner borders count twice.
    length = (np.abs(edges.x1 - edges.x0) / width + np.abs(edges.y1 - edges.y0) / height).sum()
    side = min(
        length / 2 / _BOUNDARY_SHARE, _MOST_TOUCHED / length, resolved / _ULPS_OF_A_CELL, _MOST_SIDE
    )
    return Frame(west, south, east, north, max(1, int(side)))


def _touched(edges: Edges, frame: Frame) -> Positions:
    """Return position x cells + cell for every cell near the outline of a polygon, ascending."""
    lowest = frame.within(frame.up(np.minimum(edges.y0, edges.y1)))
    highest = frame.within(frame.up(np.maximum(edges.y0, edges.y1)))
    edge, row = _counted(highest - lowest + 1)
    row += lowest[edge]
    x0, y0, x1, y1 = (values[edge] for values in edges[1:])
    band = row.astype(np.float64)
    band_south = frame.south + (band - _THICKNESS) * frame.height
    band_north = frame.south + (band + 1 + _THICKNESS) * frame.height
    enters, leaves = _share(band_south, y0, y1, level=0), _share(band_north, y0, y1, level=1)
    ends = np.stack([x0 + enters * (x1 - x0), x0 + leaves * (x1 - x0)])
    first = frame.within(frame.across(ends.min(axis=0) - _THICKNESS * frame.width))
    last = frame.within(frame.across(ends.max(axis=0) + _THICKNESS * frame.width))
    piece, column = _counted(last - first + 1)
    cells = row[piece] * frame.side + first[piece] + column
    keys: Positions = np.unique(edges.position[edge[piece]] * frame.side**2 + cells)
    return keys


def _share(y: Coordinates, y0: Coordinates, y1: Coordinates, level: int) -> Coordinates:
    """Return at which share of its length an edge reaches y, within it; `level` if it is level."""
    shares = np.full(len(y), float(level))
    np.divide(y - y0, y1 - y0, out=shares, where=y1 != y0)
    return np.clip(shares, 0.0, 1.0, out=shares)


def _wholly_held(
    edges: Edges, frame: Frame, touched: Positions, count: int
) -> npt.NDArray[np.int32]:
    """Return for each cell the lowest polygon that holds all of it, or NOWHERE.

    A cell that no outline of a polygon touches is all inside or all outside, as its middle is.
    """
    starts, ends, owners = _spans(edges, frame)
    first_span = np.searchsorted(owners, np.arange(count + 1))
    first_touched = np.searchsorted(touched, np.arange(count + 1) * frame.side**2)
    whole = np.full(frame.side**2, NOWHERE, dtype=np.int32)
    for position in reversed(range(count)):  # the lowest is written last
        outline = touched[first_touched[position] : first_touched[position + 1]]
        outline = outline - position * frame.side**2
        kept = whole[outline]
        mine = slice(first_span[position], first_span[position + 1])
        for start, end in zip(starts[mine].tolist(), ends[mine].tolist(), strict=True):
            whole[start:end] = position
        whole[outline] = kept
    return whole


def _spans(edges: Edges, frame: Frame) -> tuple[Positions, Positions, Positions]:
    """Return the runs of cells whose middles lie in a polygon, by the even-odd rule.

    Returns
    -------
    starts, ends
        Cells, half-open.
    owners
        Position of the polygon of each run, ascending.
    """
    # Row r is crossed if its middle is at or above the one end and below the other. The rounded
    # number depends on the vertex alone, so every ring crosses every row an even number of times.
    from_row = np.ceil(frame.up(np.minimum(edges.y0, edges.y1)) - 0.5).astype(np.int64)
    to_row = np.ceil(frame.up(np.maximum(edges.y0, edges.y1)) - 0.5).astype(np.int64)
    edge, row = _counted(to_row - from_row)
    row += from_row[edge]
    x0, y0, x1, y1 = (values[edge] for values in edges[1:])
    middle = frame.south + (row.astype(np.float64) + 0.5) * frame.height
    share = _share(middle, y0, y1, level=0)
    crossing = np.ceil(frame.across(x0 + share * (x1 - x0)) - 0.5)
    column = np.clip(crossing, 0, frame.side).astype(np.int64)
    keys = np.sort((edges.position[edge] * frame.side + row) * (frame.side + 1) + column)
    row_keys, columns = np.divmod(keys, frame.side + 1)
    cells = row_keys % frame.side * frame.side + columns
    return cells[::2], cells[1::2], row_keys[::2] // frame.side
