"""Laws: whatever a file holds, it is read or refused in words; no other error ever comes out."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.crs import Crs
from data.errors import AppError
from data.intake.delimited import TextForm
from data.intake.drafts import Draft
from data.intake.limits import DEFAULT
from data.intake.mapping import Mapping
from data.intake.polygons import shape_polygons
from data.intake.reading import open_table
from data.intake.report import Report
from tests.data.intake.importing import feature, outline

SUFFIXES = (".csv", ".tsv", ".geojson", ".zip", ".xlsx", ".csv.gz", ".geojson.gz")
GRIDS = Mapping.model_validate(
    {
        "subject": "grids",
        "source_system": "test",
        "id": "code",
        "grid": {"scheme": {"code": "s", "name": "s"}, "levels": [{"level": 1, "name": "1"}]},
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


def read_or_refuse(path: Path) -> None:
    try:
        with open_table(path, TextForm(), None, DEFAULT) as table:
            for row in table.rows:
                assert row.line >= 1
    except AppError as error:
        assert path.name.split(".")[0] in str(error)  # noqa: PT017 - either way is right


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(content=st.binary(max_size=400))
def test_any_bytes(folder: Path, suffix: str, content: bytes) -> None:
    path = folder / f"file{suffix}"
    path.write_bytes(content)
    read_or_refuse(path)


@cache  # archives hold the time at which they are made
def honest(suffix: str) -> bytes:
    """Return a good file of a format."""
    if suffix == ".csv":
        return '编号,标题\n1,路灯\n2,"积水\n多"\n'.encode("gb18030")
    document = json.dumps({"type": "FeatureCollection", "features": [feature({}, outline(1, 1))]})
    if suffix == ".geojson":
        return document.encode()
    stream = io.BytesIO()
    if suffix == ".zip":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("g.geojson", document)
    else:
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active.append(["a", 1, None])
        book.active.append(["b", 2.5, True])
        book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("suffix", [".csv", ".geojson", ".zip", ".xlsx"])
@settings(max_examples=200)
@given(data=st.data())
def test_good_file_with_wrong_bytes(folder: Path, suffix: str, data: st.DataObject) -> None:
    content = bytearray(honest(suffix))
    for _ in range(data.draw(st.integers(1, 5))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(1, len(content))) :]
    path = folder / f"mutated{suffix}"
    path.write_bytes(bytes(content))
    read_or_refuse(path)


numbers = st.one_of(
    st.floats(), st.integers(), st.none(), st.booleans(), st.text(max_size=3), st.just(112.3)
)
positions = st.one_of(st.lists(numbers, max_size=3), numbers)
rings = st.one_of(st.lists(positions, max_size=6), numbers)
parts = st.one_of(st.lists(rings, max_size=3), numbers)
geometries = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["Polygon", "MultiPolygon", "Point", None])},
        optional={"coordinates": st.one_of(parts, st.lists(parts, max_size=2))},
    ),
)


@given(geometry=geometries)
def test_any_geometry(geometry: Any) -> None:
    report = Report("grids", "g.geojson")
    draft = Draft(1, "a", {}, None, geometry)
    kept = shape_polygons([draft], GRIDS, Crs("wgs84"), report, DEFAULT)
    assert len(kept) + len(report.rejects) == 1
    assert all(draft.geometry.is_valid and draft.values["area_m2"] >= 1 for draft in kept)


corners = st.tuples(st.floats(112.2, 112.4), st.floats(30.2, 30.4))


@given(ring=st.lists(corners, min_size=3, max_size=9))
def test_any_ring_becomes_valid_ground_or_is_refused(ring: list[tuple[float, float]]) -> None:
    geometry = {"type": "Polygon", "coordinates": [[list(corner) for corner in ring]]}
    test_any_geometry.hypothesis.inner_test(geometry)  # type: ignore[attr-defined]
