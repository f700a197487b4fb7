"""How fast points find their polygon, against geopandas' spatial join of the same points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely import box

from data.partition import Partition
from tests.benchmarks.measure import Row, milliseconds

POINTS = 100_000
GRIDS = 300


def rows(folder: Path) -> Iterator[Row]:
    """Yield the time for many points in polygons as irregular as grids are."""
    _ = folder
    random = np.random.default_rng(1)
    seeds = shapely.multipoints(random.random((GRIDS, 2)))
    ground = shapely.voronoi_polygons(seeds, extend_to=box(0, 0, 1, 1))
    polygons = [shapely.intersection(cell, box(0, 0, 1, 1)) for cell in ground.geoms]
    codes = [f"G{number:03}" for number in range(len(polygons))]
    points = random.random((POINTS, 2))
    partition = Partition.of(codes, polygons)
    ours = milliseconds(lambda: partition.locate(points[:, 0], points[:, 1]), runs=5)
    grids = gpd.GeoDataFrame({"code": codes}, geometry=polygons)
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(points[:, 0], points[:, 1]))
    theirs = milliseconds(lambda: places.sjoin(grids, predicate="intersects"), runs=5)
    yield Row(f"{POINTS:,} points in {GRIDS} polygons, against sjoin", ours, "ms", theirs)
