from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidInputError
from data.intake.privacy import masked, never_read
from tests.data.intake.importing import INCIDENT_COLUMNS, INCIDENTS, Importer


@pytest.mark.parametrize(
    "column",
    [
        "身份证号",
        "手机",
        "户主姓名",
        "PHONE",
        "REP_NAME",
        "REP_EMAIL",
        "ID card",
        "residentName",
        "出生日期",
    ],
)
def test_column_of_persons_is_never_read(importer: Importer, column: str) -> None:
    assert never_read(["id", column, "title"]) == (column,)
    mapping = INCIDENTS.replace('title = "title"', f'title = "{column}"')
    file = importer.write(
        "x.csv", INCIDENT_COLUMNS.replace("title", column) + "1,x,2026-02-01,,,\n"
    )
    with pytest.raises(InvalidInputError, match="data of persons"):
        importer("incidents", file, mapping)


@pytest.mark.parametrize("column", ["NAME", "title", "place name", "important", "network", "hotel"])
def test_ordinary_column_is_read(column: str) -> None:
    assert never_read([column]) == ()


@pytest.mark.parametrize("column", ["民族成分", "宗教信仰", "上访次数", "religion"])
def test_column_of_a_refused_subject_is_refused(importer: Importer, column: str) -> None:
    mapping = INCIDENTS.replace('title = "title"', f'title = "{column}"')
    file = importer.write(
        "x.csv", INCIDENT_COLUMNS.replace("title", column) + "1,x,2026-02-01,,,\n"
    )
    with pytest.raises(InvalidInputError, match="holds nothing of that kind"):
        importer("incidents", file, mapping)


def test_refused_subject_cannot_hide_in_a_value_map(importer: Importer) -> None:
    mapping = INCIDENTS.replace(
        '{ constant = "02" }', '{ from = "title", values = { "重点人员走访" = "14" } }'
    )
    file = importer.write("x.csv", INCIDENT_COLUMNS + "1,x,2026-02-01,,,\n")
    with pytest.raises(InvalidInputError, match="control lists of persons"):
        importer("incidents", file, mapping)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("报告人13912345678", "报告人139****5678"),
        ("证 11010519491231002X", "证 **************002X"),
        ("编号110105194912310021", "编号110105194912310021"),  # a wrong check digit: no identity
        ("单号 2139123456789", "单号 2139123456789"),
        ("路灯 3 号", "路灯 3 号"),
    ],
)
def test_only_numbers_of_persons_are_cut_down(text: str, expected: str) -> None:
    assert masked(text)[0] == expected


@given(st.text(alphabet=st.sampled_from("0123456789Xx 路ab"), max_size=60))
def test_masking_is_idempotent_and_keeps_the_length(text: str) -> None:
    once, count = masked(text)
    assert len(once) == len(text)
    assert masked(once) == (once, 0)
    assert (count == 0) == (once == text)
