from __future__ import annotations

from datetime import date

import pytest

from data.errors import InvalidInputError
from data.models import Camera, CameraGrid
from data.store import Store
from tests.data.intake.importing import Importer, outline

CAMERAS = """
subject = "cameras"
source_system = "test"
id = "DeviceID"
crs = "wgs84"

[place]
longitude = "Longitude"
latitude = "Latitude"

[columns]
name = "Name"
status = { from = "Status", values = { ON = "online", OFF = "offline" }, otherwise = "unknown" }
position_type = "PositionType"
room_type = "RoomType"
purpose = "Purpose"
filing_date = "Filed"
sign_posted = "Sign"
retention_days = "Days"
azimuth_deg = "Azimuth"
"""
HEADER = (
    "DeviceID,Name,Status,Longitude,Latitude,PositionType,RoomType,Purpose,Filed,Sign,Days,Azimuth"
)
GOOD = "99910000001310000001,广场东,ON,112.305,30.305,4,1,治安,2024-05-01,是,30,90"


def imported(importer: Importer, *rows: str, header: str = HEADER, mapping: str = CAMERAS):  # noqa: ANN201
    text = "\n".join((header, *rows)) + "\n"
    return importer("cameras", importer.write("c.csv", text), mapping)


def test_camera_comes_in_with_its_legal_facts_and_its_grid(either_importer: Importer) -> None:
    either_importer.grids({"a": outline(112.30, 30.30)})
    report = imported(either_importer, GOOD)
    assert (report.added, report.warnings, report.rejects) == (1, [], [])
    camera = either_importer.all(Camera)[0]
    assert camera.code == camera.source_id == "99910000001310000001"
    assert (camera.status, camera.sign_posted, camera.retention_days) == ("online", True, 30)
    assert (camera.filing_date, camera.azimuth_deg) == (date(2024, 5, 1), 90.0)
    assert len(either_importer.all(CameraGrid)) == 1


def test_same_register_twice_changes_nothing(either_importer: Importer) -> None:
    imported(either_importer, GOOD)
    before = either_importer.contents()
    assert imported(either_importer, GOOD).unchanged == 1
    assert either_importer.contents() == before


def test_unknown_status_is_unknown(importer: Importer) -> None:
    imported(importer, GOOD.replace("ON", "??"))
    assert importer.all(Camera)[0].status == "unknown"


def test_short_retention_is_told(importer: Importer) -> None:
    report = imported(importer, GOOD.replace(",30,90", ",7,90"))
    assert "1 cameras keep recordings for less than 30 days" in report.warnings[0]


def test_secret_camera_is_refused_even_if_the_mapping_is_silent(importer: Importer) -> None:
    header = HEADER + ",Secrecy"
    report = imported(importer, GOOD + ",1", GOOD.replace("0001,", "0002,") + ",0", header=header)
    assert [camera.code[-1] for camera in importer.all(Camera)] == ["2"]
    assert "secret" in report.rejects[0].reason


@pytest.mark.parametrize(
    "name",
    ["学生宿舍三楼走廊", "公共浴室", "Ladies toilet", "Hotel room 12", "更衣室", "Dormitory B"],
)
def test_forbidden_interior_is_refused(importer: Importer, name: str) -> None:
    row = GOOD.replace("广场东", name).replace(",4,1,", ",4,2,")
    with pytest.raises(InvalidInputError, match="in which no camera may be"):
        imported(importer, row)


def test_camera_outdoors_may_be_named_after_an_interior(importer: Importer) -> None:
    assert imported(importer, GOOD.replace("广场东", "公共厕所门口")).added == 1


@pytest.mark.parametrize("name", ["Bathurst Road", "北京路", "Restoration Square"])
def test_harmless_name_is_no_interior(importer: Importer, name: str) -> None:
    assert imported(importer, GOOD.replace("广场东", name).replace(",4,1,", ",4,2,")).added == 1


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (",4,1,", ",7,1,", "religious site"),
        (",4,1,", ",宗教场所,1,", "is about religion"),
        ("治安", "重点人员管控", "is about control lists of persons"),
        ("112.305,30.305", "0,0", "(0, 0)"),
        (",30,90", ",30,361", "outside 0 to 360"),
        (",30,90", ",3.5,90", "not a whole number"),
        ("是", "perhaps", "neither yes nor no"),
        ("广场东", "", "name is required"),
    ],
)
def test_camera_against_a_rule_is_rejected(
    importer: Importer, before: str, after: str, reason: str
) -> None:
    bad = GOOD.replace(before, after).replace("0001,", "0002,")
    report = imported(importer, GOOD, bad)
    assert report.added == 1
    assert reason in report.rejects[0].reason


@pytest.mark.parametrize("column", ["Password", "IPAddress", "密码", "rtsp_url", "用户名"])
def test_secret_of_a_device_cannot_be_mapped(importer: Importer, column: str) -> None:
    mapping = CAMERAS.replace('purpose = "Purpose"', f'purpose = "{column}"')
    with pytest.raises(InvalidInputError, match="password of a device"):
        imported(importer, GOOD, header=HEADER.replace("Purpose", column), mapping=mapping)


def test_secret_column_that_is_not_mapped_is_dropped_and_told(
    importer: Importer, sqlite_store: Store
) -> None:
    report = imported(importer, GOOD + ",hunter2", header=HEADER + ",Password")
    assert report.dropped_columns == ("Password",)
    _ = sqlite_store
    assert "hunter2" not in str(importer.contents())
