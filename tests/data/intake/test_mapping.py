from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidInputError
from data.intake.mapping import Mapping, load
from data.models import Incident
from tests.data.intake.importing import GRIDS, INCIDENT_COLUMNS, INCIDENTS, Importer

MAPPINGS = sorted((Path(__file__).resolve().parents[2] / "mappings").glob("*.toml"))


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_shipped_mapping_can_be_read(path: Path) -> None:
    assert load(path).columns


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('id = "id"\n', "", "the key 'id' is missing"),
        ('id = "id"', "id = []", "id names no column"),
        ('crs = "wgs84"', 'colour = "red"', "the key 'colour' is not known"),
        ('latitude = "lat"', "", "both longitude and latitude"),
        ('latitude = "lat"', 'latitude = "lat"\ngeometry = true', "or geometry = true"),
        ("[place]", 'timezone = "Mars/Olympus"\n[place]', "no time zone"),
        ("[place]", 'encoding = "klingon"\n[place]', "no encoding"),
        ('{ constant = "02" }', "{}", "exactly one of from, constant and template"),
        ('{ constant = "02" }', '{ template = "{a.b!r}" }', "only column names in braces"),
        ('{ constant = "02" }', '{ template = "{a" }', "cannot be read"),
        ('{ constant = "02" }', '{ from = "a", otherwize = "b" }', "otherwize' is not known"),
        ('subject = "incidents"', 'subject = "people"', "subject"),
        ('subject = "incidents"', 'subject = "grids"', "section [grid] belongs to grids"),
        ("[place]", "[place", "is not TOML"),
    ],
)
def test_fault_of_a_mapping_is_named(
    importer: Importer, before: str, after: str, told: str
) -> None:
    path = importer.write("m.toml", INCIDENTS.replace(before, after))
    with pytest.raises(InvalidInputError) as caught:
        load(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith("m.toml")


def test_mapping_in_another_encoding_is_refused(importer: Importer) -> None:
    with pytest.raises(InvalidInputError, match="save it as UTF-8"):
        load(importer.write("m.toml", "# 映射\n".encode("gbk")))


def test_scheme_of_a_refused_subject_is_refused(importer: Importer) -> None:
    with pytest.raises(InvalidInputError, match="control lists of persons"):
        importer.grids({}, GRIDS.replace('"格"', '"重点人员网格"'))


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ('colour = "title"\n', "fills 'colour', which incidents do not have"),
        ('status = "title"\n', "they have incident_no, title"),
    ],
)
def test_field_that_the_subject_does_not_have_is_named(
    importer: Importer, extra: str, told: str
) -> None:
    with pytest.raises(InvalidInputError, match=told):
        importer.incidents("1,x,2026-02-01,,,\n", INCIDENTS + extra)


def test_required_field_without_a_rule_is_named(importer: Importer) -> None:
    mapping = INCIDENTS.replace('source = { constant = "resident_app" }\n', "")
    with pytest.raises(InvalidInputError, match="does not say where source comes from"):
        importer.incidents("1,x,2026-02-01,,,\n", mapping)


@pytest.mark.parametrize(
    ("rule", "text", "hour"),
    [
        ('{ from = "reported", timezone = "America/New_York" }', "2016-08-05T08:00:00", 12),
        ('{ from = "reported", formats = ["%d/%m/%Y %H:%M"] }', "05/08/2016 08:00", 0),
        ('{ from = "reported", formats = ["%Y年%m月%d日"] }', "2016年08月05日", -8),
        ('"reported"', "2016-08-05T08:00:00.000Z", 8),
        ('"reported"', "2016-08-05 08:00:00+02:00", 6),
    ],
)
def test_time_is_read_in_its_form_and_zone(
    importer: Importer, rule: str, text: str, hour: int
) -> None:
    mapping = INCIDENTS.replace('reported_at = "reported"', f"reported_at = {rule}")
    importer.incidents(f"1,x,{text},,,\n", mapping)
    midnight = datetime(2016, 8, 5, tzinfo=UTC)
    assert (importer.all(Incident)[0].reported_at - midnight).total_seconds() == hour * 3600


def test_template_joins_columns(importer: Importer) -> None:
    mapping = INCIDENTS.replace('"title"', '{ template = "{title} ({id})" }')
    importer.incidents("7,Pothole,2026-02-01,,,\n", mapping)
    assert importer.all(Incident)[0].title == "Pothole (7)"


def test_id_of_several_columns_tells_rows_apart(importer: Importer) -> None:
    mapping = INCIDENTS.replace('id = "id"', 'id = ["id", "title"]')
    report = importer.incidents("1,a,2026-02-01,,,\n1,b,2026-02-01,,,\n", mapping)
    assert (report.added, importer.all(Incident)[0].source_id) == (2, "1|a")


def test_mark_of_a_file_is_no_text_where_the_encoding_is_named(importer: Importer) -> None:
    content = b"\xef\xbb\xbf" + (INCIDENT_COLUMNS + "1,x,2026-02-01,,,\n").encode()
    file = importer.write("x.csv", content)
    assert importer("incidents", file, 'encoding = "UTF-8"\n' + INCIDENTS).added == 1


@given(
    st.dictionaries(
        st.sampled_from(["subject", "source_system", "id", "place", "columns", "grid", "nulls"]),
        st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.lists(st.text(max_size=4))),
    )
)
def test_any_document_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("m") / "m.toml"
    lines = [f"{key} = {_toml(value)}" for key, value in document.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    try:
        outcome: object = load(path)
    except InvalidInputError as error:
        outcome = str(error)
    assert isinstance(outcome, Mapping) or str(outcome).startswith("m.toml")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 2**63 else "0"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    text = "".join(f"\\U{ord(character):08X}" for character in str(value))
    tomllib.loads(f'a = "{text}"')
    return f'"{text}"'
