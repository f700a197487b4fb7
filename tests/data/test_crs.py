from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import crs
from data.crs import Crs
from data.errors import InvalidInputError

METRES_A_DEGREE = 111_320.0

# Published by eviltransform (WGS 84 to GCJ-02) and gcoord (WGS 84 to BD-09), longitude first.
PUBLISHED = [
    ("gcj02", (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ("gcj02", (113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ("gcj02", (116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ("bd09", (116.403988, 39.914266), (116.41661560068297, 39.92196580126834)),
]

inside_china = st.tuples(st.floats(75, 134, allow_nan=False), st.floats(19, 52, allow_nan=False))


def convert(
    function: Callable[..., crs.Pair], name: str, point: tuple[float, float]
) -> tuple[float, float]:
    x, y = function(crs.parse(name), np.array([point[0]]), np.array([point[1]]))
    return float(x[0]), float(y[0])


def metres_between(a: tuple[float, float], b: tuple[float, float]) -> float:
    east = (a[0] - b[0]) * METRES_A_DEGREE * np.cos(np.radians(a[1]))
    return float(np.hypot(east, (a[1] - b[1]) * METRES_A_DEGREE))


@pytest.mark.parametrize(("name", "stored", "shifted"), PUBLISHED)
def test_published_vectors_hold_in_both_directions(
    name: str, stored: tuple[float, float], shifted: tuple[float, float]
) -> None:
    assert convert(crs.from_stored, name, stored) == pytest.approx(shifted, abs=1e-9)
    assert metres_between(convert(crs.to_stored, name, shifted), stored) < 1e-3


def test_shared_gcj02_vectors_hold(shared_data: Path) -> None:
    # The BD-09 rows of the file come from a version of that library with pi where everyone, its
    # own present code too, has pi * 3000 / 180: they are 10 and 41 m from the usual formula.
    with (shared_data / "fixtures/gcj02/vectors.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["to_crs"] == "gcj02"]
    assert len(rows) == 3
    for row in rows:
        stored = float(row["from_lng"]), float(row["from_lat"])  # the file has latitude first
        shifted = float(row["to_lng"]), float(row["to_lat"])
        assert metres_between(convert(crs.from_stored, "gcj02", stored), shifted) < 1e-3


@pytest.mark.parametrize("name", ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4549", "EPSG:3857"])
@given(point=inside_china)
def test_there_and_back_is_the_same_place(name: str, point: tuple[float, float]) -> None:
    there = convert(crs.from_stored, name, point)
    assert metres_between(convert(crs.to_stored, name, there), point) < 1e-3


@given(point=inside_china)
def test_shift_is_between_twenty_and_seven_hundred_metres(point: tuple[float, float]) -> None:
    assert 15 < metres_between(convert(crs.from_stored, "gcj02", point), point) < 720


@given(longitude=st.floats(-180, 70, allow_nan=False), latitude=st.floats(-90, 90, allow_nan=False))
def test_outside_china_gcj02_is_wgs84(longitude: float, latitude: float) -> None:
    assert convert(crs.to_stored, "gcj02", (longitude, latitude)) == (longitude, latitude)


def test_cgcs2000_is_stored_as_it_is() -> None:
    assert convert(crs.to_stored, "cgcs2000", (112.3, 30.3)) == (112.3, 30.3)
    assert convert(crs.to_stored, "EPSG:4490", (112.3, 30.3)) == (112.3, 30.3)


def test_projected_coordinates_are_easting_first() -> None:
    # CGCS2000 / 3-degree Gauss-Kruger CM 111E has its false easting of 500 km on the meridian.
    longitude, _ = convert(crs.to_stored, "EPSG:4546", (500_000.0, 3_355_000.0))
    assert longitude == pytest.approx(111.0, abs=1e-9)


@pytest.mark.parametrize("name", ["wgs84", "gcj02", "bd09", "EPSG:4549"])
def test_numbers_that_are_not_finite_stay_so(name: str) -> None:
    x, y = crs.to_stored(
        crs.parse(name), np.array([np.nan, np.inf, 1e300]), np.array([30.0, np.inf, 1e300])
    )
    assert not (np.isfinite(x[:2]) & np.isfinite(y[:2])).any()


def test_names_are_read_in_any_case() -> None:
    assert crs.parse(" GCJ02 ") == Crs("gcj02")
    assert crs.parse("epsg:4490") == Crs("EPSG:4490")
    assert crs.parse("EPSG:4549").is_geographic is False
    assert crs.parse("EPSG:4490").is_geographic is True


@pytest.mark.parametrize("name", ["", "mars", "EPSG:", "EPSG:x", "EPSG:999999", "4326"])
def test_unknown_system_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"wgs84|EPSG"):
        crs.parse(name)
