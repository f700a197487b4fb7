"""Every bad input of the issue: a clear sentence, and nothing written."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.errors import AppError
from data.intake.limits import DEFAULT, MEBIBYTE
from tests.data.intake.importing import (
    GRIDS,
    INCIDENT_COLUMNS,
    INCIDENTS,
    Importer,
    feature,
    outline,
)

Refuse = Callable[..., str]

ROW = "1,Pothole,2026-02-01T08:00:00,,112.305,30.305\n"
SQUARE = outline(112.30, 30.30)


@pytest.fixture
def refused(importer: Importer) -> Refuse:
    """Return a way to import a file that must be refused; it gives the sentence."""

    def refuse(subject: str, file: Path, mapping: str, **options: Any) -> str:
        before = importer.contents()
        with pytest.raises(AppError) as caught:
            importer(subject, file, mapping, **options)
        assert importer.contents() == before
        return str(caught.value)

    return refuse


def test_empty_file(importer: Importer, refused: Refuse) -> None:
    assert "is empty" in refused("incidents", importer.write("x.csv", ""), INCIDENTS)


def test_file_of_blank_lines(importer: Importer, refused: Refuse) -> None:
    assert "no line of text" in refused("incidents", importer.write("x.csv", "\n \n"), INCIDENTS)


def test_header_without_rows(importer: Importer, refused: Refuse) -> None:
    file = importer.write("x.csv", INCIDENT_COLUMNS)
    assert "header but no rows" in refused("incidents", file, INCIDENTS)


def test_wrong_mapping_column_names_the_near_one(importer: Importer, refused: Refuse) -> None:
    file = importer.write("x.csv", INCIDENT_COLUMNS + ROW)
    sentence = refused("incidents", file, INCIDENTS.replace('"reported"', '"reportd"'))
    assert "'reportd' for reported_at" in sentence
    assert "Did you mean 'reported'?" in sentence


def test_misspelt_mapping_key_is_named(importer: Importer, refused: Refuse) -> None:
    file = importer.write("x.csv", INCIDENT_COLUMNS + ROW)
    assert "'sourcesystem' is not known" in refused(
        "incidents", file, INCIDENTS.replace("source_system", "sourcesystem")
    )


def test_mapping_of_another_subject(importer: Importer, refused: Refuse) -> None:
    file = importer.write("x.csv", INCIDENT_COLUMNS + ROW)
    assert "mapping is for incidents" in refused("cameras", file, INCIDENTS)


def test_gbk_file_is_read_and_told(importer: Importer) -> None:
    text = INCIDENT_COLUMNS + "1,路面坑洼积水,2026-02-01T08:00:00,,112.305,30.305\n"
    file = importer.write("x.csv", text.encode("gbk"))
    report = importer("incidents", file, INCIDENTS)
    assert (report.added, report.warnings) == (1, ["read as GB18030"])


def test_wrongly_decoded_file_is_refused_with_its_line(importer: Importer, refused: Refuse) -> None:
    text = INCIDENT_COLUMNS + ROW + "2,Café fermé près du marché,2026-02-01,,,\n"
    file = importer.write("x.csv", text.encode("latin-1"))
    sentence = refused("incidents", file, INCIDENTS)
    assert "line 3" in sentence
    assert "neither UTF-8 nor GB18030" in sentence


def test_file_of_mixed_encodings_is_refused_with_its_line(
    importer: Importer, refused: Refuse
) -> None:
    good = "".join(f"{number},路灯,2026-02-01,,,\n" for number in range(5))
    content = (INCIDENT_COLUMNS + good).encode() + "9,路灯不亮,2026-02-01,,,\n".encode("gbk")
    sentence = refused("incidents", importer.write("x.csv", content), INCIDENTS)
    assert "line 7" in sentence
    assert "mixes encodings" in sentence


def test_byte_order_mark_is_no_part_of_the_first_column(importer: Importer) -> None:
    file = importer.write("x.csv", b"\xef\xbb\xbf" + (INCIDENT_COLUMNS + ROW).encode())
    assert importer("incidents", file, INCIDENTS).added == 1


def test_csv_of_200_megabytes_is_refused_before_it_is_read(
    importer: Importer, refused: Refuse
) -> None:
    file = importer.folder / "x.csv"
    with file.open("wb") as stream:
        stream.truncate(200 * MEBIBYTE)  # a hole: takes no space and no time
    assert "larger than 128 MB" in refused("incidents", file, INCIDENTS)


def test_gzip_of_200_megabytes_is_refused_while_it_is_read(
    importer: Importer, refused: Refuse
) -> None:
    file = importer.folder / "x.csv.gz"
    with gzip.open(file, "wb", compresslevel=1) as stream:
        stream.write(INCIDENT_COLUMNS.encode())
        portion = (ROW * 20_000).encode()
        for _ in range(200 * MEBIBYTE // len(portion)):
            stream.write(portion)
    assert "larger than 128 MB" in refused("incidents", file, INCIDENTS)


def test_table_of_too_many_rows(importer: Importer, refused: Refuse) -> None:
    file = importer.write("x.csv", INCIDENT_COLUMNS + ROW * 11)
    sentence = refused("incidents", file, INCIDENTS, limits=replace(DEFAULT, rows=10))
    assert "more than 10 rows" in sentence


def test_swapped_axes_outside_the_world(importer: Importer, refused: Refuse) -> None:
    file = importer.write("x.csv", INCIDENT_COLUMNS + "1,x,2026-02-01,,30.3,112.3\n")
    assert "longitude and latitude look exchanged" in refused("incidents", file, INCIDENTS)


def test_swapped_axes_that_are_possible_are_seen_by_the_town(
    importer: Importer, refused: Refuse
) -> None:
    importer.grids({"a": outline(-77.1, 38.8, 0.2)})
    rows = "".join(f"{n},x,2026-02-01,,38.9,-77.0{n:02}\n" for n in range(30))
    sentence = refused("incidents", importer.write("x.csv", INCIDENT_COLUMNS + rows), INCIDENTS)
    assert "0.0% of the points lie in the town" in sentence
    assert "longitude and latitude exchanged it is 100.0%" in sentence


@pytest.mark.parametrize(
    ("place", "reason"),
    [("0,0", "(0, 0)"), ("NaN,30.3", "not finite"), ("1e400,30.3", "not finite")],
)
def test_impossible_coordinates(
    importer: Importer, refused: Refuse, place: str, reason: str
) -> None:
    file = importer.write("x.csv", INCIDENT_COLUMNS + f"1,x,2026-02-01,,{place}\n")
    sentence = refused("incidents", file, INCIDENTS)
    assert reason in sentence
    assert "line 2, column lon + lat" in sentence


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "1" + "0" * 400])
def test_impossible_coordinates_of_geojson(
    importer: Importer, refused: Refuse, number: str
) -> None:
    shape = json.dumps(SQUARE).replace("112.3,", number + ",", 1)
    text = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"a"},'
        f'"geometry":{{"type":"Polygon","coordinates":[{shape}]}}}}]}}'
    )
    assert "not finite" in refused("grids", importer.write("g.geojson", text), GRIDS)


def test_polygon_of_three_points(importer: Importer, refused: Refuse) -> None:
    file = importer.geojson("g.geojson", [feature({"code": "a"}, SQUARE[:2] + SQUARE[:1])])
    sentence = refused("grids", file, GRIDS)
    assert "a ring of 3 points" in sentence
    assert "feature 1" in sentence


def test_ring_of_three_different_points_that_is_not_closed(
    importer: Importer, refused: Refuse
) -> None:
    file = importer.geojson("g.geojson", [feature({"code": "a"}, SQUARE[:3])])
    assert "needs at least four" in refused("grids", file, GRIDS)


def test_two_grids_with_one_id_leave_no_hole(importer: Importer, refused: Refuse) -> None:
    features = [
        feature({"code": "a"}, SQUARE),
        feature({"code": "a"}, outline(112.31, 30.30)),
        feature({"code": "b"}, outline(112.32, 30.30)),
    ]
    sentence = refused("grids", importer.geojson("g.geojson", features), GRIDS)
    assert "code 'a' stands at feature 1 and again at feature 2" in sentence


def bow_tie() -> list[list[float]]:
    return [[112.3, 30.3], [112.31, 30.31], [112.31, 30.3], [112.3, 30.31], [112.3, 30.3]]


def test_self_crossing_polygon_is_refused_where_the_mapping_says_so(
    importer: Importer, refused: Refuse
) -> None:
    file = importer.geojson("g.geojson", [feature({"code": "a"}, bow_tie())])
    sentence = refused("grids", file, 'invalid_polygons = "refuse"\n' + GRIDS)
    assert "Self-intersection" in sentence
    assert "not a valid polygon" in sentence


def test_self_crossing_polygon_is_repaired_and_reported(importer: Importer) -> None:
    report = importer.grids({"a": bow_tie()})
    assert report.added == 1
    assert "Self-intersection" in report.warnings[0]
    assert "has been repaired" in report.warnings[0]


def test_two_grids_with_one_code_name_both(importer: Importer, refused: Refuse) -> None:
    features = [
        feature({"code": "a", "n": 1}, SQUARE),
        feature({"code": "a", "n": 2}, outline(112.31, 30.30)),
    ]
    mapping = GRIDS.replace('id = "code"', 'id = "n"')
    sentence = refused("grids", importer.geojson("g.geojson", features), mapping)
    assert "Two grids carry one code" in sentence
    assert "a of feature 1 and a of feature 2" in sentence


def test_overlapping_grids_name_the_pair_and_the_ground(
    importer: Importer, refused: Refuse
) -> None:
    features = [
        feature({"code": "a"}, SQUARE),
        feature({"code": "b"}, outline(112.305, 30.30)),
    ]
    sentence = refused("grids", importer.geojson("g.geojson", features), GRIDS)
    assert "a of feature 1 and b of feature 2 by 5" in sentence
    assert "m2" in sentence


@pytest.mark.parametrize(
    ("moment", "reason"), [("1969-12-31", "before 1970-01-02"), ("2087-06-01", "in the future")]
)
def test_incident_outside_of_time(
    importer: Importer, refused: Refuse, moment: str, reason: str
) -> None:
    file = importer.write("x.csv", INCIDENT_COLUMNS + f"1,x,{moment},,,\n")
    assert reason in refused("incidents", file, INCIDENTS)


def test_gdal_description_named_geojson_reads_no_other_file(
    importer: Importer, refused: Refuse
) -> None:
    secret = importer.write("secret.csv", "id\n42\n")
    vrt = f"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>{secret}</SrcDataSource>"
    sentence = refused("grids", importer.write("g.geojson", vrt), GRIDS)
    assert "holds XML, not GeoJSON" in sentence


def test_gdal_command_named_geojson_is_no_feature_collection(
    importer: Importer, refused: Refuse
) -> None:
    text = '{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read /etc/passwd"}'
    assert "not a GeoJSON FeatureCollection" in refused(
        "grids", importer.write("g.geojson", text), GRIDS
    )


def test_crs_link_is_not_followed(importer: Importer, refused: Refuse) -> None:
    crs = {"type": "link", "properties": {"href": "http://127.0.0.1:1/crs"}}
    file = importer.geojson("g.geojson", [feature({"code": "a"}, SQUARE)], crs=crs)
    assert "links are not followed" in refused("grids", file, GRIDS)


def test_deep_nesting_is_refused_before_it_is_parsed(importer: Importer, refused: Refuse) -> None:
    file = importer.write("g.geojson", "[" * 1_000_000 + "]" * 1_000_000)
    assert "nests deeper" in refused("grids", file, GRIDS)


def test_zip_bomb_is_refused_by_its_directory(importer: Importer, refused: Refuse) -> None:
    file = importer.folder / "g.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("g.geojson", b" " * (20 * MEBIBYTE))
    sentence = refused("grids", file, GRIDS)
    assert "zip bomb" in sentence
    assert "20 MB" in sentence


def test_zip_that_lies_about_its_size_is_stopped(importer: Importer, refused: Refuse) -> None:
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(b" " * (4 * MEBIBYTE)) + packed.flush()
    file = importer.write("g.zip", lying_zip("g.geojson", body, claimed_size=1000))
    sentence = refused("grids", file, GRIDS)
    assert "g.zip" in sentence


def lying_zip(name: str, body: bytes, claimed_size: int) -> bytes:
    sizes = struct.pack("<LLL", 0, len(body), claimed_size)
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes
    local += struct.pack("<HH", len(name), 0) + name.encode()
    central = b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
    central += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, 0) + name.encode()
    start = len(local) + len(body)
    end = b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), start, 0)
    return local + body + central + end


def test_zip_with_a_path_out_of_it_is_refused(importer: Importer, refused: Refuse) -> None:
    file = importer.folder / "g.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../g.geojson", "{}")
    assert "points out of the archive" in refused("grids", file, GRIDS)


@pytest.mark.parametrize("names", [[], ["a.geojson", "b.geojson"], ["readme.pdf"]])
def test_zip_without_exactly_one_table_is_refused(
    importer: Importer, refused: Refuse, names: list[str]
) -> None:
    file = importer.folder / "g.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    assert "must hold one GeoJSON" in refused("grids", file, GRIDS)


def test_damaged_archives_are_refused(importer: Importer, refused: Refuse) -> None:
    assert "not a zip archive" in refused("grids", importer.write("g.zip", b"PK junk"), GRIDS)
    cut = gzip.compress((INCIDENT_COLUMNS + ROW * 1000).encode())[:-20]
    sentence = refused("incidents", importer.write("x.csv.gz", cut), INCIDENTS)
    assert "is damaged" in sentence


def workbook(rows: list[list[object]], far: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if far is not None:
        sheet[far] = 1
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


HEADER = INCIDENT_COLUMNS.strip().split(",")


@pytest.mark.parametrize(
    ("far", "reason"), [("A1048576", "reaches row 1,048,576"), ("XFD1", "reaches column 16,384")]
)
def test_workbook_whose_used_range_is_far_too_large(
    importer: Importer, refused: Refuse, far: str, reason: str
) -> None:
    file = importer.write("x.xlsx", workbook([HEADER], far))
    sentence = refused("incidents", file, INCIDENTS)
    assert reason in sentence
    assert "Delete the empty" in sentence


def test_workbook_that_declares_less_than_it_holds(importer: Importer, refused: Refuse) -> None:
    honest = workbook([HEADER], "A1048576")
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(honest)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.namelist():
            target.writestr(member, source.read(member).replace(b"A1:F1048576", b"A1:F1"))
    file = importer.write("x.xlsx", stream.getvalue())
    limits = replace(DEFAULT, workbook_rows=1000)
    assert "reaches row 1,001" in refused("incidents", file, INCIDENTS, limits=limits)


def test_workbook_bomb_is_refused_by_its_ratio(importer: Importer, refused: Refuse) -> None:
    stream = io.BytesIO(workbook([HEADER]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b"a" * (30 * MEBIBYTE))
    file = importer.write("x.xlsx", stream.getvalue())
    assert "zip bomb" in refused("incidents", file, INCIDENTS)


def test_no_workbook_under_the_name_of_one(importer: Importer, refused: Refuse) -> None:
    assert "x.xlsx" in refused(
        "incidents", importer.write("x.xlsx", b"PK\5\6" + b"\0" * 18), INCIDENTS
    )


def test_unknown_format(importer: Importer, refused: Refuse) -> None:
    assert "no known format" in refused("incidents", importer.write("x.docx", "x"), INCIDENTS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,id\n1,2\n", "two columns named 'id'"),
        ("id,title\n1,\0\n", "zero byte"),
        (INCIDENT_COLUMNS + '1,"open\n', "not well-formed CSV"),
    ],
)
def test_malformed_table(importer: Importer, refused: Refuse, text: str, reason: str) -> None:
    assert reason in refused("incidents", importer.write("x.csv", text), INCIDENTS)


def test_crs_that_is_not_named_anywhere(importer: Importer, refused: Refuse) -> None:
    file = importer.write("x.csv", INCIDENT_COLUMNS + ROW)
    sentence = refused("incidents", file, INCIDENTS.replace('crs = "wgs84"\n', ""))
    assert "not named" in sentence


def test_crs_against_the_one_of_the_file(importer: Importer, refused: Refuse) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    file = importer.geojson("g.geojson", [feature({"code": "a"}, SQUARE)], crs=crs)
    assert "says that it is in EPSG:4549" in refused("grids", file, GRIDS)
