"""Where a point belongs: equal to shapely's `covers`, and on borders the lowest code."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from data.partition import NOWHERE, Partition, PartitionCache
from data.raster import Frame

METRES_OF_MARYLAND = pyproj.Transformer.from_crs(4326, 26985, always_xy=True)


CONTRADICTORY_REQUESTS = ["15-00267783", "15-00277280", "15-00279961", "15-00284021"]
"""Requests of DC that were published with a ward kilometres away from their own position."""


def codes_at(
    partition: Partition, longitudes: Sequence[float], latitudes: Sequence[float]
) -> list[str | None]:
    """Return the code of each point, None for nowhere."""
    positions = partition.locate(np.array(longitudes, float), np.array(latitudes, float))
    return [None if at == NOWHERE else partition.codes[at] for at in positions]


def lowest_code_that_covers(
    codes: Sequence[str], polygons: Sequence[BaseGeometry], longitude: float, latitude: float
) -> str | None:
    """Return the answer by the definition, one polygon after the other."""
    if not (np.isfinite(longitude) and np.isfinite(latitude)):
        return None
    point = Point(longitude, latitude)
    holding = [
        code for code, shape in zip(codes, polygons, strict=True) if shapely.covers(shape, point)
    ]
    return min(holding, default=None)


FIELDS = {"A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1), "C": box(0, 1, 1, 2), "D": box(1, 1, 2, 2)}


def test_point_inside_belongs_to_its_polygon() -> None:
    partition = Partition.of(list(FIELDS), list(FIELDS.values()))
    assert codes_at(partition, [0.5, 1.5, 0.5, 1.5], [0.5, 0.5, 1.5, 1.5]) == ["A", "B", "C", "D"]


def test_border_point_belongs_to_lowest_code() -> None:
    partition = Partition.of(list(FIELDS), list(FIELDS.values()))
    #         A|B  B|D  C|D  corner of all four
    found = codes_at(partition, [1, 1.5, 1, 1], [0.5, 1, 1.5, 1])
    assert found == ["A", "B", "C", "A"]


def test_order_of_the_polygons_does_not_matter() -> None:
    codes = ["D", "B", "A", "C"]
    partition = Partition.of(codes, [FIELDS[code] for code in codes])
    assert partition.codes == ("A", "B", "C", "D")
    assert codes_at(partition, [1], [1]) == ["A"]


def test_codes_are_compared_as_text() -> None:
    partition = Partition.of(["9", "10"], [box(0, 0, 1, 1), box(1, 0, 2, 1)])
    assert codes_at(partition, [1], [0.5]) == ["10"]


def test_outer_border_and_corner_belong() -> None:
    partition = Partition.of(["A"], [box(0, 0, 1, 1)])
    assert codes_at(partition, [0, 1, 0.5], [0, 1, 1]) == ["A", "A", "A"]


def test_hole_is_nowhere_and_its_rim_belongs() -> None:
    ring = box(0, 0, 3, 3) - box(1, 1, 2, 2)
    partition = Partition.of(["A"], [ring])
    assert codes_at(partition, [1.5, 1, 2], [1.5, 1.5, 2]) == [None, "A", "A"]


def test_every_part_of_a_multipolygon_belongs() -> None:
    partition = Partition.of(["A"], [MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)])])
    assert codes_at(partition, [0.5, 3, 5.5], [0.5, 3, 5.5]) == ["A", None, "A"]


def test_point_that_is_not_finite_is_nowhere() -> None:
    partition = Partition.of(["A"], [box(-180, -90, 180, 90)])
    nan, infinite = float("nan"), float("inf")
    assert (
        codes_at(partition, [nan, 0, infinite, 0, nan], [0, nan, 0, -infinite, nan]) == [None] * 5
    )


def test_nothing_in_gives_nothing_out() -> None:
    assert codes_at(Partition.of([], []), [1.0], [1.0]) == [None]
    assert codes_at(Partition.of(["A"], [box(0, 0, 1, 1)]), [], []) == []
    assert codes_at(Partition.of(["A"], [Polygon()]), [0.0], [0.0]) == [None]


def test_two_polygons_of_one_code_are_refused() -> None:
    with pytest.raises(ValueError, match="two polygons carry one code"):
        Partition.of(["A", "A"], [box(0, 0, 1, 1), box(1, 0, 2, 1)])


def test_codes_and_polygons_must_pair() -> None:
    with pytest.raises(ValueError, match="2 codes for 1 polygons"):
        Partition.of(["A", "B"], [box(0, 0, 1, 1)])


def ground_of(seeds: npt.NDArray[np.float64]) -> list[BaseGeometry]:
    """Return polygons that divide the unit square without gaps, as grids should."""
    cells = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=box(0, 0, 1, 1))
    clipped = [shapely.intersection(cell, box(0, 0, 1, 1)) for cell in cells.geoms]
    return [cell for cell in clipped if cell.geom_type == "Polygon" and not cell.is_empty]


places = st.floats(min_value=-0.125, max_value=1.125, width=32)
grounds = np_st.arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.just(2)),
    elements=st.floats(min_value=0.0625, max_value=0.9375, width=32),
    unique=True,
).map(ground_of)


@given(ground=grounds, points=st.lists(st.tuples(places, places), max_size=30), data=st.data())
def test_every_point_gets_the_lowest_code_that_covers_it(
    ground: list[BaseGeometry], points: list[tuple[float, float]], data: st.DataObject
) -> None:
    codes = data.draw(st.permutations([f"G{number:02}" for number in range(len(ground))]))
    corners = [tuple(place) for shape in ground for place in shapely.get_coordinates(shape)]
    probes = np.array([*points, *corners, (np.nan, 0.5)], dtype=float)
    found = codes_at(Partition.of(codes, ground), probes[:, 0], probes[:, 1])
    wanted = [lowest_code_that_covers(codes, ground, *place) for place in probes]
    assert found == wanted


@given(
    boxes=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 4), st.integers(1, 4)),
        max_size=8,
    )
)
def test_overlapping_polygons_also_answer_by_the_lowest_code(
    boxes: list[tuple[int, int, int, int]],
) -> None:
    polygons = [box(west, south, west + wide, south + high) for west, south, wide, high in boxes]
    codes = [f"G{number}" for number in range(len(polygons))]
    grid = np.array([(x / 2, y / 2) for x in range(-1, 23) for y in range(-1, 23)])
    found = codes_at(Partition.of(codes, polygons), grid[:, 0], grid[:, 1])
    assert found == [lowest_code_that_covers(codes, polygons, *place) for place in grid]


def dc_partition(folder: Path, name: str, code_column: str) -> Partition:
    """Return the polygons of one published file of Washington DC."""
    with gzip.open(folder / "dc" / f"{name}.geojson.gz") as file:
        features = json.load(file)["features"]
    codes = [str(feature["properties"][code_column]) for feature in features]
    shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    return Partition.of(codes, shapes)


def dc_points(folder: Path, name: str) -> pd.DataFrame:
    """Return published rows, all text, with the code found later beside the code published."""
    rows = pd.read_csv(folder / "dc" / f"{name}.csv.gz", dtype=str)
    return rows.assign(
        longitude=rows["GEOM_LON"].astype(float), latitude=rows["GEOM_LAT"].astype(float)
    )


@pytest.mark.parametrize(
    ("name", "code_column", "published", "written", "published_rows"),
    [
        ("advisory-neighborhood-commission-2013", "ANC_ID", "ANC", "{}", 2898),
        ("census-tracts-2010", "TRACT", "CENSUS_TRACT", "{}", 2895),
        ("neighborhood-clusters", "NAME", "NEIGHBORHOODCLUSTER", "Cluster {}", 2864),
    ],
)
def test_crimes_of_dc_lie_where_they_were_published(
    shared_data: Path,
    name: str,
    code_column: str,
    published: str,
    written: str,
    published_rows: int,
) -> None:
    rows = dc_points(shared_data, "crime_incidents_2016-08").dropna(subset=[published])
    partition = dc_partition(shared_data, name, code_column)
    found = codes_at(partition, rows["longitude"], rows["latitude"])
    wanted = [written.format(code) for code in rows[published]]
    assert len(rows) == published_rows
    assert found == wanted


def test_smallest_districts_of_dc_nest_in_their_commissions(shared_data: Path) -> None:
    rows = dc_points(shared_data, "crime_incidents_2016-08")
    districts = dc_partition(shared_data, "single-member-district-2013", "SMD_ID")
    found = codes_at(districts, rows["longitude"], rows["latitude"])
    assert [code and code[:2] for code in found] == list(rows["ANC"])


def test_requests_of_dc_miss_their_ward_only_on_its_border(shared_data: Path) -> None:
    wards = dc_partition(shared_data, "ward-2012", "WARD_ID")
    rows = dc_points(shared_data, "service_requests_311")
    rows = rows[rows["WARD"].isin(wards.codes)]
    rows = rows.assign(found=codes_at(wards, rows["longitude"], rows["latitude"]))
    misses = rows[rows["found"] != rows["WARD"]]
    assert len(rows) == 34_233
    assert len(rows) - len(misses) >= 34_180
    in_metres = {
        code: shapely.transform(shape, METRES_OF_MARYLAND.transform, interleaved=False)
        for code, shape in zip(wards.codes, wards.polygons, strict=True)
    }
    x, y = METRES_OF_MARYLAND.transform(misses["longitude"], misses["latitude"])
    distances_m = np.array(
        [
            in_metres[ward].distance(Point(place))
            for ward, place in zip(misses["WARD"], zip(x, y, strict=True), strict=True)
        ]
    )
    assert sorted(misses["SERVICEREQUESTID"][distances_m > 50]) == CONTRADICTORY_REQUESTS


def by_definition(
    polygons: Sequence[BaseGeometry], points: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return what shapely's tree and its exact predicate say, the lowest position on borders."""
    tree = shapely.STRtree(polygons)
    point, polygon = tree.query(shapely.points(points), predicate="covered_by")
    found = np.full(len(points), len(polygons))
    np.minimum.at(found, point, polygon)
    return np.where(found == len(polygons), NOWHERE, found)


def degenerate_points(polygons: Sequence[BaseGeometry]) -> npt.NDArray[np.float64]:
    """Return every vertex and the middle of every edge: all on a border, or within a rounding."""
    rings = shapely.get_rings(shapely.get_parts(np.array(polygons, dtype=object)))
    places, of_ring = shapely.get_coordinates(rings, return_index=True)
    begins = np.flatnonzero(of_ring[1:] == of_ring[:-1])
    return np.concatenate([places, (places[begins] + places[begins + 1]) / 2])


def corners_of_cells(frame: Frame, most: int = 12) -> npt.NDArray[np.float64]:
    """Return places where cells of the raster meet, and their nearest neighbours among floats."""
    steps = np.unique(np.linspace(0, frame.side, min(most, frame.side + 1)).round())
    columns, rows = frame.west + steps * frame.width, frame.south + steps * frame.height
    columns = np.concatenate([columns, np.nextafter(columns, -np.inf)])
    rows = np.concatenate([rows, np.nextafter(rows, np.inf)])
    return np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)


def star(centre: tuple[float, float], radii: Sequence[float], hole: float) -> Polygon:
    """Return a polygon that sees all of itself from its centre, with a hole of its own shape."""
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    spikes = np.column_stack([np.cos(angles), np.sin(angles)]) * np.array(radii)[:, None]
    holes = [spikes * hole + centre] if hole else []
    return Polygon(spikes + centre, holes)


stars = st.builds(
    star,
    st.tuples(st.floats(-3, 3, width=32), st.floats(-3, 3, width=32)),
    st.lists(st.floats(0.125, 3, width=32), min_size=3, max_size=9),
    st.sampled_from([0.0, 0.25, 0.5, 0.9375]),
)
shapes = st.one_of(stars, st.tuples(stars, stars).map(lambda pair: pair[0].union(pair[1])))
unions = shapes.filter(lambda shape: shape.is_valid and shape.geom_type.endswith("Polygon"))


@given(
    polygons=st.lists(unions, min_size=1, max_size=6),
    points=np_st.arrays(
        np.float64, st.tuples(st.integers(0, 40), st.just(2)), elements=st.floats(-7, 7)
    ),
    moved=st.sampled_from([(1.0, 0.0), (1e-3, 116.4), (1e-9, -77.0), (1e-14, 0.25), (25.0, 5.0)]),
)
def test_holes_overlaps_and_gaps_are_answered_as_shapely_does(
    polygons: list[BaseGeometry],
    points: npt.NDArray[np.float64],
    moved: tuple[float, float],
) -> None:
    scale, shift = moved
    there = [shapely.transform(shape, lambda xy: xy * scale + shift) for shape in polygons]
    there = [shape for shape in there if shape.is_valid]
    partition = Partition.of([f"G{number}" for number in range(len(there))], there)
    probes = np.concatenate([points * scale + shift, degenerate_points(there)])
    if there:
        probes = np.concatenate([probes, corners_of_cells(partition.raster.frame)])
    found = partition.locate(probes[:, 0], probes[:, 1])
    wanted = by_definition(there, probes) if there else np.full(len(probes), NOWHERE)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("city", "name", "count"),
    [
        ("dc", "single-member-district-2013", 296),
        ("dc", "advisory-neighborhood-commission-2013", 40),
        ("dc", "ward-2012", 8),
        ("dc", "police-service-areas-psa", 56),
        ("dc", "census-tracts-2010", 179),
        ("dc", "neighborhood-clusters", 39),
        ("chicago", "police_beats", 277),
    ],
)
def test_every_degenerate_point_of_a_city_is_answered_as_shapely_does(
    shared_data: Path, city: str, name: str, count: int
) -> None:
    with gzip.open(shared_data / city / f"{name}.geojson.gz") as file:
        features = json.load(file)["features"]
    polygons = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    partition = Partition.of([f"{number:03}" for number in range(count)], polygons)
    west, south, east, north = shapely.total_bounds(polygons)
    uniform = np.random.default_rng(1).uniform((west, south), (east, north), (20_000, 2))
    cells = corners_of_cells(partition.raster.frame, most=60)
    probes = np.concatenate([degenerate_points(polygons), uniform, cells])
    found = partition.locate(probes[:, 0], probes[:, 1])
    np.testing.assert_array_equal(found, by_definition(polygons, probes))


def test_polygons_below_the_resolution_of_coordinates_are_answered_too() -> None:
    tiny = [box(116, 40, math.nextafter(116, 117), math.nextafter(40, 41)), box(116, 40, 117, 41)]
    partition = Partition.of(["A", "B"], tiny)
    assert codes_at(partition, [116, 116.5, 118], [40, 40.5, 40]) == ["A", "B", None]
    alone = Partition.of(["A"], tiny[:1])
    assert codes_at(alone, [116, 116.5], [40, 40.5]) == ["A", None]


def test_few_points_of_a_town_need_an_exact_test() -> None:
    seeds = np.random.default_rng(3).random((232, 2))
    ground = ground_of(seeds)
    partition = Partition.of([f"G{number:03}" for number in range(len(ground))], ground)
    points = np.random.default_rng(4).random((50_000, 2))
    _, tested, _ = partition.raster.look_up(points[:, 0], points[:, 1])
    assert len(tested) < 0.08 * len(points)


def test_lines_and_endless_polygons_are_refused() -> None:
    with pytest.raises(ValueError, match="polygons and multipolygons only"):
        Partition.of(["A"], [LineString([(0, 0), (1, 1)])])
    with pytest.raises(ValueError, match="not finite"):
        Partition.of(["A"], [Polygon([(0, 0), (1, 0), (1, float("inf"))])])


def test_threads_share_a_partition() -> None:
    ground = ground_of(np.random.default_rng(5).random((40, 2)))
    points = degenerate_points(ground)
    partition = Partition.of([f"G{number:02}" for number in range(len(ground))], ground)
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(lambda _: partition.locate(points[:, 0], points[:, 1]), range(12))
        )
    wanted = by_definition(ground, points)
    assert all(np.array_equal(answer, wanted) for answer in answers)


def stored(*polygons: BaseGeometry) -> list[bytes]:
    return [shapely.to_wkb(polygon) for polygon in polygons]


def test_cache_builds_the_same_polygons_once() -> None:
    cache = PartitionCache()
    codes, polygons = list(FIELDS), list(FIELDS.values())
    first = cache.of(codes, stored(*polygons))
    assert cache.of(codes[::-1], stored(*reversed(polygons))) is first
    assert first == Partition.of(codes, polygons)


def test_cache_reads_polygons_as_either_database_keeps_them() -> None:
    codes, polygons = list(FIELDS), list(FIELDS.values())
    marked = [shapely.set_srid(polygon, 4326) for polygon in polygons]
    texts = [shapely.to_wkb(polygon, hex=True, include_srid=True) for polygon in marked]
    assert PartitionCache().of(codes, texts) == Partition.of(codes, polygons)


def test_cache_tells_polygons_apart_by_any_code_or_coordinate() -> None:
    cache = PartitionCache()
    a, b = FIELDS["A"], FIELDS["B"]
    first = cache.of(["A", "B"], stored(a, b))
    assert cache.of(["A", "C"], stored(a, b)) is not first
    assert cache.of(["B", "A"], stored(a, b)) is not first
    nearly = box(1, 0, math.nextafter(2, 3), 1)
    assert cache.of(["A", "B"], stored(a, nearly)) is not first
    assert cache.of(["A", "B"], stored(a, b)) is first


def test_cache_forgets_what_was_unused_longest() -> None:
    cache = PartitionCache(capacity=2)
    a, b, c = (stored(FIELDS[code]) for code in "ABC")
    first, second = cache.of(["A"], a), cache.of(["B"], b)
    assert cache.of(["A"], a) is first
    cache.of(["C"], c)
    assert cache.of(["A"], a) is first
    assert cache.of(["B"], b) is not second
