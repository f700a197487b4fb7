"""Which polygon holds a point.

A point on a border belongs to the polygon with the lowest code among those that touch it; a point
that no polygon touches belongs to none. "Touches" is shapely's `covers`: inside or on the boundary.

Almost every point is decided by the cell of a raster into which it falls (`data.raster`); shapely
decides every point in a cell near an outline, so the answer is shapely's.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data.raster import NOWHERE, Coordinates, Positions, Raster

__all__ = ["NOWHERE", "Coordinates", "Partition", "PartitionCache", "Positions"]

_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Partition:
    """Polygons of one grid level at one time, ready to be asked; safe to share among threads."""

    codes: tuple[str, ...]
    polygons: tuple[BaseGeometry, ...]
    raster: Raster = field(repr=False, compare=False)

    @classmethod
    def of(cls, codes: Sequence[str], polygons: Sequence[BaseGeometry]) -> Partition:
        """Prepare the polygons; order of the input does not matter, codes decide."""
        if len(codes) != len(polygons):
            raise ValueError(f"{len(codes)} codes for {len(polygons)} polygons")
        if len(set(codes)) != len(codes):
            raise ValueError("two polygons carry one code")
        order = sorted(range(len(codes)), key=lambda position: codes[position])
        held = tuple(polygons[position] for position in order)
        raster = Raster.of(held)
        _prepare(held)
        return cls(tuple(codes[position] for position in order), held, raster)

    def locate(self, longitudes: Coordinates, latitudes: Coordinates) -> Positions:
        """Return for each point the position in `codes` of its polygon, or NOWHERE; shape (n,).

        Points that are not finite are nowhere.
        """
        found, points, candidates = self.raster.look_up(longitudes, latitudes)
        undecided = np.ones(len(found), dtype=np.bool_)
        bounds = np.flatnonzero(np.diff(candidates, prepend=-1, append=len(self.codes)))
        for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            position = int(candidates[first])
            near = points[first:last]
            near = near[undecided[near]]
            held = near[
                shapely.intersects_xy(self.polygons[position], longitudes[near], latitudes[near])
            ]
            found[held] = position
            undecided[held] = False
        return found


class PartitionCache:
    """The partitions built last, by what their polygons are and not by where they come from.

    The caller owns it: one lives as long as the command or the server that made it. Safe to share
    among threads; two that ask for the same new polygons at once may both build them.
    """

    def __init__(self, capacity: int = 64) -> None:
        """Hold up to `capacity` partitions, of 1 to 20 MB each; the one unused longest leaves."""
        self._capacity = capacity
        self._held: OrderedDict[bytes, Partition] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, codes: Sequence[str], polygons: Sequence[bytes | str]) -> Partition:
        """Return what `Partition.of` does, built only if these polygons are not held yet.

        Parameters
        ----------
        polygons
            In well-known binary, raw or hexadecimal, as databases keep them: to read them as
            shapes would take longer than all the rest.
        """
        key = digest(codes, polygons)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        partition = Partition.of(codes, shapely.from_wkb(list(polygons)).tolist())
        with self._lock:
            self._held[key] = partition
            while len(self._held) > self._capacity:
                self._held.popitem(last=False)
        return partition


def digest(codes: Sequence[str], polygons: Sequence[bytes | str]) -> bytes:
    """Return 32 bytes that differ if a code or a coordinate does, in whatever order they come."""
    seen = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for pair in sorted(zip(codes, polygons, strict=True)):
        for part in pair:
            raw = part.encode() if isinstance(part, str) else part
            seen.update(len(raw).to_bytes(8, "big"))
            seen.update(raw)
    return seen.digest()


def _prepare(polygons: Sequence[BaseGeometry]) -> None:
    """Build the index of each polygon now: GEOS builds it at the first question, without a lock."""
    shapes = np.array([polygon for polygon in polygons if not polygon.is_empty], dtype=object)
    shapely.prepare(shapes)
    corners = shapely.bounds(shapes)
    shapely.intersects_xy(shapes, corners[:, 0], corners[:, 1])
