"""Which polygon holds a point.

A point on a border belongs to the polygon with the lowest code among those that touch it; a point
that no polygon touches belongs to none. "Touches" is shapely's `covers`: inside or on the boundary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

NOWHERE = -1
"""Answer for a point that no polygon covers."""

Coordinates = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Partition:
    """Polygons of one grid level at one time, ready to be asked."""

    codes: tuple[str, ...]
    polygons: tuple[BaseGeometry, ...]

    @classmethod
    def of(cls, codes: Sequence[str], polygons: Sequence[BaseGeometry]) -> Partition:
        """Prepare the polygons; order of the input does not matter, codes decide."""
        if len(codes) != len(polygons):
            raise ValueError(f"{len(codes)} codes for {len(polygons)} polygons")
        if len(set(codes)) != len(codes):
            raise ValueError("two polygons carry one code")
        order = sorted(range(len(codes)), key=lambda position: codes[position])
        held = tuple(polygons[position] for position in order)
        shapely.prepare(np.array(held, dtype=object))
        return cls(tuple(codes[position] for position in order), held)

    def locate(self, longitudes: Coordinates, latitudes: Coordinates) -> Positions:
        """Return for each point the position in `codes` of its polygon, or NOWHERE; shape (n,).

        Points that are not finite are nowhere.
        """
        found = np.full(len(longitudes), NOWHERE, dtype=np.int64)
        by_longitude = np.argsort(longitudes, kind="stable")
        sorted_longitudes = longitudes[by_longitude]
        for position, polygon in enumerate(self.polygons):
            if polygon.is_empty:
                continue
            west, south, east, north = polygon.bounds
            first = np.searchsorted(sorted_longitudes, west, side="left")
            last = np.searchsorted(sorted_longitudes, east, side="right")
            near = by_longitude[first:last]
            near = near[(latitudes[near] >= south) & (latitudes[near] <= north) & (found[near] < 0)]
            held = shapely.intersects_xy(polygon, longitudes[near], latitudes[near])
            found[near[held]] = position
        return found
