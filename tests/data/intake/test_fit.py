from __future__ import annotations

import numpy as np
import pytest
from shapely import Point, box, get_coordinates

from data import crs
from data.crs import Crs
from data.errors import InvalidInputError
from data.intake.fit import check_points, check_polygons
from data.intake.report import Report

TOWN = Point(104.0, 30.5).buffer(0.045)  # about 70 square kilometres
STORED = Crs("wgs84")


def points_inside(count: int = 2000) -> crs.Pair:
    random = np.random.default_rng(1)
    angle, radius = (
        random.uniform(0, 2 * np.pi, count),
        0.0449 * np.sqrt(random.uniform(0, 1, count)),
    )
    return 104.0 + radius * np.cos(angle), 30.5 + radius * np.sin(angle)


def warnings_of_points(written_in: str, read_as: str) -> list[str]:
    report = Report("incidents", "x.csv")
    x, y = crs.from_stored(Crs(written_in), *points_inside())
    check_points(x, y, Crs(read_as), TOWN, report)
    return report.warnings


@pytest.mark.parametrize("name", ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4544"])
def test_right_system_is_not_warned_of(name: str) -> None:
    assert warnings_of_points(name, name) == []


def test_system_that_equals_the_named_one_is_not_warned_of() -> None:
    assert warnings_of_points("cgcs2000", "wgs84") == []


@pytest.mark.parametrize(
    ("written_in", "read_as"),
    [
        ("gcj02", "wgs84"),
        ("bd09", "wgs84"),
        ("wgs84", "gcj02"),
        ("bd09", "gcj02"),
        ("gcj02", "cgcs2000"),
    ],
)
def test_wrong_system_is_warned_of_with_the_better_one(written_in: str, read_as: str) -> None:
    told = warnings_of_points(written_in, read_as)
    assert len(told) == 1
    assert f"when read as {read_as}" in told[0]
    assert f"100.00% with {written_in}" in told[0]


def test_exchanged_axes_are_refused() -> None:
    x, y = points_inside()
    with pytest.raises(InvalidInputError, match="Exchange the two columns"):
        check_points(y, x, STORED, TOWN, Report("incidents", "x.csv"))


def test_file_of_another_town_is_warned_of() -> None:
    report = Report("incidents", "x.csv")
    x, y = points_inside()
    check_points(x + 1, y, STORED, TOWN, report)
    assert "Check that the file is of this town" in report.warnings[0]


def test_strays_prove_nothing() -> None:
    report = Report("incidents", "x.csv")
    x, y = points_inside()
    x[:5] += np.array([0.3, -0.3, 0.2, -0.2, 0.5])
    check_points(x, y, STORED, TOWN, report)
    assert report.warnings == []


def test_three_points_in_two_thousand_tell_of_a_shift() -> None:
    x, y = points_inside()
    x, y = 104.0 + (x - 104.0) * 0.8, 30.5 + (y - 30.5) * 0.8  # nobody lives near the border
    x[:3], y[:3] = 104.0 + np.array([0.0446, 0.0445, 0.0444]), 30.5  # but for the east
    shifted = crs.from_stored(Crs("gcj02"), x, y)
    report = Report("incidents", "x.csv")
    check_points(*shifted, STORED, TOWN, report)
    assert "99.85% of the points" in report.warnings[0]
    assert "100.00% with gcj02" in report.warnings[0]


def test_few_points_prove_nothing_about_the_system() -> None:
    report = Report("incidents", "x.csv")
    x, y = points_inside(19)
    check_points(y, x, STORED, TOWN, report)
    assert [warning.split(".")[0] for warning in report.warnings] == [
        "19 of 19 points lie outside the town when read as wgs84"
    ]


def test_few_points_inside_are_taken_without_a_word() -> None:
    report = Report("incidents", "x.csv")
    check_points(*points_inside(19), STORED, TOWN, report)
    assert report.warnings == []


def test_points_without_a_town_prove_nothing() -> None:
    report = Report("incidents", "x.csv")
    check_points(*points_inside(), STORED, Point(), report)
    assert report.warnings == []


@pytest.mark.parametrize(("written_in", "count"), [("wgs84", 0), ("gcj02", 1), ("bd09", 1)])
def test_polygons_are_measured_by_their_ground(written_in: str, count: int) -> None:
    corners = get_coordinates(TOWN)
    x, y = crs.from_stored(Crs(written_in), *corners.T)
    report = Report("grids", "g.geojson")
    check_polygons(type(TOWN)(np.column_stack([x, y])), STORED, TOWN, report)
    assert len(report.warnings) == count
    assert all(f"with {written_in}" in told for told in report.warnings)


def test_exchanged_axes_of_polygons_are_refused() -> None:
    district = box(-77.1, 38.8, -76.9, 39.0)
    exchanged = box(38.8, -77.1, 39.0, -76.9)
    with pytest.raises(InvalidInputError, match="longitude and latitude exchanged"):
        check_polygons(exchanged, STORED, district, Report("grids", "g.geojson"))
