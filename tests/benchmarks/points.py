"""How fast many points find their polygon in a town's worth of crooked borders, against geopandas.

`python -m tests.benchmarks.points` prints the table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import box
from shapely.geometry.base import BaseGeometry

from data.partition import NOWHERE, Partition
from tests.benchmarks.measure import Row, milliseconds

POINTS = 1_000_000
GRIDS = 232
LONGEST_EDGE = 0.00082
RUNS = 3
Points = npt.NDArray[np.float64]


def rows(folder: Path) -> Iterator[Row]:
    """Yield building the partition and asking it, the answers checked to be equal."""
    _ = folder
    polygons = crooked_ground()
    codes = [f"G{number:03}" for number in range(len(polygons))]
    points = np.random.default_rng(1).random((POINTS, 2))
    partition = Partition.of(codes, polygons)
    grids = gpd.GeoDataFrame({"position": np.arange(len(codes))}, geometry=polygons)
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(points[:, 0], points[:, 1]))

    def by_geopandas() -> npt.NDArray[np.int64]:
        joined = places.sjoin(grids, predicate="intersects")["position"]
        lowest = joined.groupby(level=0).min()
        return lowest.reindex(places.index, fill_value=NOWHERE).to_numpy()

    different = int((by_geopandas() != partition.locate(points[:, 0], points[:, 1])).sum())
    if different:
        raise SystemExit(f"{different} points of {POINTS} have another polygon than by sjoin")
    shape = f"{len(polygons)} polygons of {shapely.get_num_coordinates(polygons).sum():,} vertices"
    ours = milliseconds(lambda: partition.locate(points[:, 0], points[:, 1]), RUNS)
    for predicate in ("intersects", "within"):
        theirs = milliseconds(partial(places.sjoin, grids, predicate=predicate), RUNS)
        yield Row(f"{POINTS:,} points in {shape}, against sjoin {predicate}", ours, "ms", theirs)
    yield Row(f"{shape} prepared", milliseconds(lambda: Partition.of(codes, polygons), RUNS), "ms")


def crooked_ground() -> list[BaseGeometry]:
    """Return polygons that divide a square without gaps, along winding borders."""
    seeds = shapely.multipoints(np.random.default_rng(0).random((GRIDS, 2)))
    square = box(0, 0, 1, 1)
    edges = shapely.voronoi_polygons(seeds, extend_to=square, only_edges=True)
    lines = shapely.union_all([edges.intersection(square), square.boundary])
    wound = [_wound(line) for line in shapely.segmentize(lines, LONGEST_EDGE).geoms]
    return list(shapely.polygonize(wound).geoms)


def _wound(line: BaseGeometry) -> BaseGeometry:
    """Bend a line by waves of several lengths, so gently that no two lines come to cross."""

    def bent(places: Points) -> Points:
        moved = places.copy()
        for length in (0.2, 0.05, 0.01, 0.003):
            moved += length / 40 * np.sin(2 * np.pi / length * places[:, ::-1] + length)
        return moved

    return shapely.transform(line, bent)


if __name__ == "__main__":
    for row in rows(Path()):
        sys.stdout.write(f"{row}\n")
