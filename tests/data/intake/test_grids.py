from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from data.errors import InvalidInputError
from data.models import Area, GridAreaLink, GridLevel, GridScheme, GridUnit, IncidentGrid
from tests.data.intake.importing import GRIDS, Importer, feature, outline

WEST, EAST = outline(112.30, 30.30), outline(112.31, 30.30)
BOTH = [[112.30, 30.30], [112.32, 30.30], [112.32, 30.31], [112.30, 30.31], [112.30, 30.30]]
FINER = GRIDS.replace("level = 1", "level = 2").replace("test-grids", "finer")
BY_GROUND = FINER.replace("[grid]", '[grid]\nparent = "containment"')
BY_CODE = FINER.replace("[grid]", '[grid]\nparent = "column"').replace(
    "[columns]", '[columns]\nparent_code = "up"'
)


def parents(importer: Importer) -> dict[str, str | None]:
    rows = importer.all(GridUnit)
    codes = {row.id: row.code for row in rows}
    return {row.code: codes.get(row.parent_id) for row in rows if row.level == 2}


def test_file_makes_its_scheme_its_level_and_its_grids(either_importer: Importer) -> None:
    report = either_importer.grids({"a": WEST, "b": EAST})
    assert (report.added, report.warnings) == (2, [])
    assert [row.code for row in either_importer.all(GridScheme)] == ["s"]
    assert [(row.level, row.name) for row in either_importer.all(GridLevel)] == [(1, "一级网格")]
    grid = either_importer.all(GridUnit)[0]
    # A hundredth of a degree each way at 30.3 degrees north, on the ellipsoid.
    assert grid.area_m2 == pytest.approx(961.7 * 1108.6, rel=1e-3)
    assert grid.geometry.geom_type == "MultiPolygon"


def test_same_grids_twice_change_nothing(either_importer: Importer) -> None:
    either_importer.grids({"a": WEST, "b": EAST})
    before = either_importer.contents()
    assert either_importer.grids({"a": WEST, "b": EAST}).unchanged == 2
    assert either_importer.contents() == before


def test_later_file_of_a_scheme_need_not_repeat_its_sizing(importer: Importer) -> None:
    importer.grids(
        {"a": WEST}, GRIDS.replace('name = "格" }', 'name = "格", max_residents = 900 }')
    )
    importer.grids({"b": EAST}, FINER)
    scheme = importer.all(GridScheme)[0]
    assert (scheme.max_residents, scheme.max_households) == (900, 400)


def test_second_scheme_comes_after_the_first(importer: Importer) -> None:
    importer.grids({"a": WEST})
    importer.grids({"a": WEST}, GRIDS.replace('"s"', '"t"').replace("test-grids", "other"))
    assert [(row.code, row.position) for row in importer.all(GridScheme)] == [("s", 0), ("t", 1)]


def test_parent_is_the_grid_that_holds_most_of_the_ground(importer: Importer) -> None:
    importer.grids({"a": WEST, "b": EAST})
    inside, across = outline(112.302, 30.302, 0.004), outline(112.309, 30.302, 0.004)
    importer.grids({"a1": inside, "b1": across}, BY_GROUND)
    assert parents(importer) == {"a1": "a", "b1": "b"}


def test_parent_is_the_grid_with_the_code_of_the_column(importer: Importer) -> None:
    importer.grids({"a": WEST, "b": EAST})
    features = [feature({"code": "x", "up": "b"}, WEST), feature({"code": "y", "up": None}, EAST)]
    importer("grids", importer.geojson("g.geojson", features), BY_CODE)
    assert parents(importer) == {"x": "b", "y": None}


def test_grid_with_an_unknown_parent_is_rejected(importer: Importer) -> None:
    importer.grids({"a": WEST})
    features = [feature({"code": "x", "up": "z"}, WEST), feature({"code": "y", "up": "a"}, EAST)]
    report = importer("grids", importer.geojson("g.geojson", features), BY_CODE)
    assert (report.added, report.rejects[0].column) == (1, "parent_code")
    assert "import the coarser level first" in report.rejects[0].reason


def test_scheme_without_an_accepted_grid_is_not_made(importer: Importer) -> None:
    file = importer.geojson("g.geojson", [feature({"code": "x", "up": "z"}, WEST)])
    before = importer.contents()
    with pytest.raises(InvalidInputError, match="None of the 1 rows"):
        importer("grids", file, BY_CODE)
    assert importer.contents() == before


def test_levels_can_come_from_a_column(importer: Importer) -> None:
    mapping = BY_CODE.replace("[columns]", '[columns]\nlevel = "level"').replace(
        "levels = [", 'levels = [{ level = 1, name = "一级" }, '
    )
    features = [
        feature({"code": "x", "up": "a", "level": 2}, WEST),
        feature({"code": "a", "up": None, "level": 1}, BOTH),
        feature({"code": "q", "up": None, "level": 7}, BOTH),
    ]
    report = importer("grids", importer.geojson("g.geojson", features), mapping)
    assert parents(importer) == {"x": "a"}
    assert "is no level of the mapping" in report.rejects[0].reason


DATED = GRIDS.replace('id = "code"', 'id = "n"').replace(
    "[columns]", '[columns]\nvalid_from = "since"\nvalid_until = "until"'
)


def dated(number: int, since: str | None, until: str | None, shape: Any) -> dict[str, Any]:
    return feature({"code": "a", "n": number, "since": since, "until": until}, shape)


def test_code_may_return_after_its_validity_has_ended(importer: Importer) -> None:
    features = [dated(1, None, "2025-01-01", WEST), dated(2, "2025-01-01", None, BOTH)]
    report = importer("grids", importer.geojson("g.geojson", features), DATED)
    assert report.added == 2
    # Midnight in Shanghai, where the mapping names no zone.
    assert importer.all(GridUnit)[1].valid_from == datetime(2024, 12, 31, 16, tzinfo=UTC)


def test_code_of_the_database_is_not_given_again(importer: Importer) -> None:
    importer.grids({"a": WEST})
    with pytest.raises(InvalidInputError, match="a of the database and a of feature 1"):
        importer.grids({"a": EAST}, GRIDS.replace("test-grids", "other"))


def test_validity_must_end_after_it_begins(importer: Importer) -> None:
    file = importer.geojson("g.geojson", [dated(1, "2025-01-01", "2024-01-01", WEST)])
    with pytest.raises(InvalidInputError, match="not after valid_from"):
        importer("grids", file, DATED)


def test_overlap_can_be_accepted_with_a_warning(importer: Importer) -> None:
    mapping = GRIDS.replace("[grid]", '[grid]\noverlaps = "warn"')
    report = importer.grids({"a": WEST, "b": outline(112.305, 30.30)}, mapping)
    assert report.added == 2
    assert "1 pairs of grids overlap: a of feature 1 and b of feature 2" in report.warnings[0]


def test_overlap_narrower_than_a_metre_is_drawing_noise(importer: Importer) -> None:
    report = importer.grids({"a": WEST, "b": outline(112.31 - 5e-6, 30.30)})  # half a metre
    assert report.added == 2
    assert "narrower than 1 m" in report.warnings[0]


def test_overlap_with_a_grid_of_the_database_is_refused(importer: Importer) -> None:
    importer.grids({"a": WEST})
    with pytest.raises(InvalidInputError, match="a of the database"):
        importer.grids({"b": outline(112.305, 30.30)}, GRIDS.replace("test-grids", "other"))


def test_new_grids_take_in_the_incidents_that_are_there(importer: Importer) -> None:
    importer.incidents("1,x,2026-02-01,,112.305,30.305\n")
    assert importer.all(IncidentGrid) == []
    importer.grids({"a": WEST})
    assert len(importer.all(IncidentGrid)) == 1


AREAS = """
subject = "areas"
source_system = "test-areas"
id = "code"
crs = "wgs84"

[columns]
code = "code"
name = "name"
name_en = "english"
level = "level"
parent_code = "up"
"""


def area(code: str, level: str, up: str | None, shape: Any) -> dict[str, Any]:
    names = {"name": f"区{code}", "english": f"Area {code}"}
    return feature({"code": code, "level": level, "up": up, **names}, shape)


def test_areas_find_their_parents_in_any_order(either_importer: Importer) -> None:
    features = [area("v", "village", "t", WEST), area("t", "township", None, BOTH)]
    report = either_importer("areas", either_importer.geojson("a.geojson", features), AREAS)
    assert report.added == 2
    by_code = {row.code: row for row in either_importer.all(Area)}
    assert by_code["v"].parent_id == by_code["t"].id
    assert by_code["v"].translations == {"en": "Area v"}


def test_areas_and_grids_are_linked_by_their_ground(importer: Importer) -> None:
    importer.grids({"g": BOTH})
    importer("areas", importer.geojson("a.geojson", [area("v", "village", None, WEST)]), AREAS)
    link = importer.all(GridAreaLink)[0]
    assert (link.share_of_grid, link.share_of_area) == pytest.approx((0.5, 1.0), abs=1e-6)


@pytest.mark.parametrize(
    ("level", "up", "reason"),
    [
        ("galaxy", None, "not a known level"),
        ("village", "z", "not the code of a parent"),
        ("village", "v", "the row itself"),
    ],
)
def test_area_against_a_rule_is_rejected(
    importer: Importer, level: str, up: str | None, reason: str
) -> None:
    features = [area("v", level, up, WEST), area("t", "township", None, EAST)]
    report = importer("areas", importer.geojson("a.geojson", features), AREAS)
    assert report.added == 1
    assert reason in report.rejects[0].reason


def test_area_code_of_another_register_is_not_taken(importer: Importer) -> None:
    file = importer.geojson("a.geojson", [area("v", "village", None, WEST)])
    importer("areas", file, AREAS)
    other = importer.geojson(
        "b.geojson", [area("v", "village", None, EAST), area("w", "village", None, BOTH)]
    )
    report = importer("areas", other, AREAS.replace("test-areas", "other"))
    assert report.added == 1
    assert "is the code of 'test-areas: v' already" in report.rejects[0].reason


ORGANISATIONS = """
subject = "organisations"
source_system = "test"
id = "code"

[columns]
code = "code"
name = "name"
kind = "kind"
parent_code = "up"
"""


def test_organisations_need_no_place_and_no_crs(either_importer: Importer) -> None:
    text = "code;name;kind;up\nA2;派出所;agency;A1\nA1;综治中心;centre;\nA3;x;army;\nA4;y;unit;A3\n"
    report = either_importer("organisations", either_importer.write("o.csv", text), ORGANISATIONS)
    assert (report.added, report.crs) == (2, "")
    assert {reject.reason.split(";")[0] for reject in report.rejects} == {
        "is not a known kind",
        "is not the code of a parent, neither in the file nor in the database",
    }
