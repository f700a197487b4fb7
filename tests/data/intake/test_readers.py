from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapefile

from data.errors import InvalidInputError
from data.intake.delimited import TextForm
from data.intake.limits import DEFAULT
from data.intake.reading import open_table
from data.intake.table import Row

PRJ_3857 = (
    'PROJCS["WGS 84 / Pseudo-Mercator",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,'
    '298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG",'
    '"4326"]],PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],'
    'PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1],AUTHORITY["EPSG",'
    '"3857"]]'
)


def rows_of(path: Path, form: TextForm | None = None, sheet: str | None = None) -> list[Row]:
    with open_table(path, form or TextForm(), sheet, DEFAULT) as table:
        return list(table.rows)


def saved(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_lines_are_counted_where_records_begin(tmp_path: Path) -> None:
    file = saved(tmp_path / "x.csv", b'a,b\n1,"two\nlines"\n\n2,x\n')
    assert [(row.line, row.values["b"]) for row in rows_of(file)] == [(2, "two\nlines"), (5, "x")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    file = saved(tmp_path / "x.txt", f"a{delimiter}b\n1{delimiter}2\n".encode())
    assert rows_of(file)[0].values == {"a": "1", "b": "2"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
def test_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    text = "编号,标题\n1,人民路积水\n2,“路灯”不亮\u2014\u2014三号\n"
    rows = rows_of(saved(tmp_path / "x.csv", text.encode(encoding)))
    assert [row.values["标题"] for row in rows] == ["人民路积水", "“路灯”不亮\u2014\u2014三号"]


def test_traditional_text_in_gb18030_is_believed(tmp_path: Path) -> None:
    text = "編號,標題\n1,網格員巡查發現路燈損壞，請儘快處置\n2,積水已經排除，現場恢復正常\n"
    rows = rows_of(saved(tmp_path / "x.csv", text.encode("gb18030")))
    assert rows[1].values["標題"] == "積水已經排除，現場恢復正常"


def test_misread_text_that_decodes_by_chance_is_refused(tmp_path: Path) -> None:
    # In Latin 1 these bytes happen to be pairs that GB18030 knows, as characters nobody uses.
    file = saved(tmp_path / "x.csv", "a\nélève,\nmère\n".encode("latin-1"))
    assert "élève".encode("latin-1").decode("gb18030")
    with pytest.raises(InvalidInputError, match="line 2: is neither UTF-8 nor GB18030"):
        rows_of(file)


def test_named_encoding_is_used(tmp_path: Path) -> None:
    file = saved(tmp_path / "x.csv", "a\nCafé\n".encode("latin-1"))
    assert rows_of(file, TextForm(encoding="latin-1"))[0].values == {"a": "Café"}


def test_named_encoding_that_is_wrong_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path / "x.csv", "a\nok\n路灯\n".encode("gbk"))
    with pytest.raises(InvalidInputError, match="is not UTF-8"):
        rows_of(file, TextForm(encoding="utf-8"))


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    file = saved(tmp_path / "x.csv.gz", gzip.compress(b"a\n1\n"))
    assert rows_of(file)[0].values == {"a": "1"}


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "first"
    other = book.create_sheet("cases")
    other.append(["编号", "时间", "数", None])
    other.append([None, None, None])
    other.append([7.0, datetime(2026, 2, 1, 8, 30), "#N/A"])  # noqa: DTZ001 - sheets know no zones
    book.save(path)
    return path


def test_sheet_is_read_by_name_with_its_row_numbers(tmp_path: Path) -> None:
    rows = rows_of(workbook(tmp_path / "x.xlsx"), sheet="cases")
    moment = datetime(2026, 2, 1, 8, 30)  # noqa: DTZ001 - sheets know no zones
    assert [(row.line, dict(row.values)) for row in rows] == [
        (3, {"编号": 7, "时间": moment, "数": None})
    ]


@pytest.mark.parametrize(("sheet", "told"), [("none", "has no sheet 'none'"), (None, "is empty")])
def test_sheet_that_is_not_there_or_empty_is_refused(
    tmp_path: Path, sheet: str | None, told: str
) -> None:
    with pytest.raises(InvalidInputError, match=told):
        rows_of(workbook(tmp_path / "x.xlsx"), sheet=sheet)


def shapes(encoding: str, parts: dict[str, bytes]) -> bytes:
    files: dict[str, Any] = {key: io.BytesIO() for key in ("shp", "shx", "dbf")}
    with shapefile.Writer(**files, encoding=encoding) as writer:
        writer.field("NAME", "C", 40)
        writer.poly([[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]])
        writer.record("一号网格")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, content in files.items():
            archive.writestr(f"folder/grid.{key}", content.getvalue())
        for suffix, raw in parts.items():
            archive.writestr(f"folder/grid{suffix}", raw)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("encoding", "parts"),
    [("utf-8", {}), ("utf-8", {".cpg": b"UTF-8"}), ("gbk", {}), ("gbk", {".cpg": b"GBK"})],
)
def test_shapefile_is_read_in_its_encoding(
    tmp_path: Path, encoding: str, parts: dict[str, bytes]
) -> None:
    rows = rows_of(saved(tmp_path / "g.zip", shapes(encoding, parts)))
    assert rows[0].values == {"NAME": "一号网格"}
    assert rows[0].geometry["type"] == "Polygon"


def test_shapefile_names_its_coordinate_system(tmp_path: Path) -> None:
    file = saved(tmp_path / "g.zip", shapes("utf-8", {".prj": PRJ_3857.encode()}))
    with open_table(file, TextForm(), None, DEFAULT) as table:
        assert table.crs_name == "EPSG:3857"


@pytest.mark.parametrize("cut", [20, 60, 110])
def test_damaged_shapefile_is_refused(tmp_path: Path, cut: int) -> None:
    with zipfile.ZipFile(io.BytesIO(shapes("utf-8", {}))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if "shx" not in name}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, raw in parts.items():
            archive.writestr(name, raw[:cut] if name.endswith("shp") else raw)
    with pytest.raises(InvalidInputError, match="cannot be read"):
        rows_of(saved(tmp_path / "g.zip", stream.getvalue()))


def test_zipped_geojson_is_read(tmp_path: Path) -> None:
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"a": {"b": [1]}}, "geometry": None},
            {"type": "Feature", "properties": {"c": 2}, "geometry": None},
            {"type": "Nonsense"},
        ],
    }
    file = tmp_path / "g.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("g.geojson", json.dumps(document))
    rows = rows_of(file)
    assert [row.values for row in rows[:2]] == [{"a": '{"b": [1]}', "c": None}, {"a": None, "c": 2}]
    assert rows[2].problem == "is not a GeoJSON Feature"
