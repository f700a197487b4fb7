"""Cells on the wire: whatever is written is read back, and an answer says how it is written."""

from collections.abc import Sequence
from typing import Any

import h3.api.basic_int as h3
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import insert

import dashboard.api
from dashboard.api.cell_table import written
from dashboard.services import Services
from data.models import Incident
from data.reads.incidents import CELLS_LIMIT
from data.scope import BUILT_IN_OPERATOR
from data.settings import Settings
from data.store import Store
from tests.makers import HERE, NOW, add_incident
from tests.plain_cell_table import Rows, rows_of, table_of

BASE_CELLS = range(122)
PENTAGONS = sorted(h3.get_base_cell_number(cell) for cell in h3.get_pentagons(0))


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, Rows]:
    """Return a resolution and cells of it, anywhere on earth, pentagons among them."""
    resolution = draw(st.integers(0, 15))
    bases = st.one_of(st.sampled_from(PENTAGONS), st.sampled_from(BASE_CELLS))
    digits = st.lists(st.integers(0, 6), min_size=resolution, max_size=resolution)
    named = draw(st.lists(st.tuples(bases, digits), max_size=40))
    cells = sorted({cell_named(*name) for name in named})
    rests = [draw(st.tuples(st.integers(0, 2**40), st.integers(0, 9))) for _ in cells]
    return resolution, [(cell, *rest) for cell, rest in zip(cells, rests, strict=True)]


def cell_named(base: int, digits: Sequence[int]) -> int:
    """Return a cell; the child 1 that a pentagon lacks is replaced by its middle one."""
    existing = [0 if base in PENTAGONS and digit == 1 else digit for digit in digits]
    return int(h3.construct_cell(base, *existing))


@given(made=tables())
@example(made=(0, [(h3.construct_cell(base), 2**40, 0) for base in BASE_CELLS]))
@example(made=(15, [(h3.construct_cell(121, *[6] * 15), 2**40, 9)]))
@example(made=(9, []))
def test_table_gives_back_what_went_in(made: tuple[int, Rows]) -> None:
    resolution, rows = made
    assert all(h3.is_valid_cell(cell) for cell, _, _ in rows)
    assert rows_of(written(table_of(rows, resolution)), resolution) == rows


def test_table_of_three_neighbours_is_these_bytes() -> None:
    cells = [h3.construct_cell(20, 1, 2, 3, 4, last) for last in (0, 1, 3)]
    table = written(table_of(list(zip(cells, (1, 127, 128), (0, 2, 10), strict=True)), 5))
    assert table == {
        "form": "delta-varint",
        "n": 3,
        "cells": "4KmoigIBAg==",
        "counts": "AX+AAQ==",
        "class": "02:",
    }


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        pytest.param([0x8640C52EFFFFFFF, 0x8640C5287FFFFFF], "not ascend", id="descending"),
        pytest.param([0x8640C52EFFFFFFF, 0x8640C52EFFFFFFF], "not ascend", id="twice"),
        pytest.param([0x8540C52FFFFFFFF, 0x8640C52EFFFFFFF], "not of resolution", id="coarser"),
        pytest.param([0x8640C52EFFFFFFF, 0x8740C52EEFFFFFF], "not of resolution", id="finer"),
    ],
)
def test_cells_that_could_not_be_read_back_are_refused(cells: list[int], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        written(table_of([(cell, 1, 0) for cell in cells], 6))


def client_on(store: Store) -> FlaskClient:
    server = Flask(__name__)
    services = Services(
        settings=Settings(), store=store, now=lambda: NOW, scope=lambda: BUILT_IN_OPERATOR
    )
    dashboard.api.register(server, services)
    return server.test_client()


def asked(client: FlaskClient, query: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/layers/incident_cells?{query}")
    assert answer.status_code == 200
    document = answer.json
    assert isinstance(document, dict)
    return document


@pytest.fixture
def client(store: Store) -> FlaskClient:
    """Serve a few incidents in several cells, some of them together."""
    with store.writing("incidents", at=NOW) as session:
        for column in range(5):
            for _ in range(column + 1):
                add_incident(session, longitude=HERE[0] + column / 50, latitude=HERE[1])
    return client_on(store)


def test_both_forms_name_the_same_cells(client: FlaskClient) -> None:
    compact, plain = asked(client, "z=13"), asked(client, "z=13&format=json")
    rows = rows_of(compact["cell_table"], compact["resolution"])
    named = [h3.str_to_int(cell) for cell in plain["cells"]]
    assert rows == list(zip(named, plain["counts"], plain["class"], strict=True))
    assert sorted(plain["counts"]) == [1, 2, 3, 4, 5]
    own = {"cell_table", "cells", "counts", "class"}
    assert [own & set(each) for each in (compact, plain)] == [{"cell_table"}, own - {"cell_table"}]
    told = [{key: each[key] for key in each if key not in own} for each in (compact, plain)]
    assert told[0] == told[1]


@pytest.mark.parametrize("query", ["z=13", "z=13&format=json"])
def test_answer_says_resolution_rows_and_age_of_its_data(client: FlaskClient, query: str) -> None:
    document = asked(client, query)
    assert (document["resolution"], document["rows"]) == (9, 15)
    assert document["as_of"] == NOW.isoformat()


def test_empty_view_is_an_empty_table(store: Store) -> None:
    document = asked(client_on(store), "z=13")
    assert (document["rows"], document["as_of"]) == (0, None)
    assert rows_of(document["cell_table"], document["resolution"]) == []


@pytest.mark.parametrize("key", ["incident_cells", "incidents", "grids"])
@pytest.mark.parametrize("asked_for", ["geojson", "JSON", "csv", "table"])
def test_other_format_is_refused_with_the_cure(
    client: FlaskClient, key: str, asked_for: str
) -> None:
    answer = client.get(f"/api/v1/layers/{key}?format={asked_for}")
    assert answer.status_code == 400
    message = answer.json["error"]["message"]
    assert f"format={asked_for!r}" in message
    assert "format=json" in message
    assert message.endswith(".")


def test_one_form_is_no_answer_to_a_question_for_the_other(client: FlaskClient) -> None:
    compact = client.get("/api/v1/layers/incident_cells?z=13")
    plain = client.get(
        "/api/v1/layers/incident_cells?z=13&format=json",
        headers={"If-None-Match": compact.headers["ETag"]},
    )
    assert plain.status_code == 200


def placed_in(cell: int) -> dict[str, Any]:
    latitude, longitude = h3.cell_to_latlng(cell)
    base = h3.cell_to_center_child(cell, 15)
    return {"longitude": longitude, "latitude": latitude, "cell": base}


def add_one_incident_a_cell(store: Store, cells: Sequence[int]) -> None:
    """Add an incident in the middle of each cell; all but the first in one statement."""
    columns = [column.name for column in Incident.__table__.columns if column.name != "id"]
    with store.writing("incidents", at=NOW) as session:
        first = add_incident(session, **placed_in(cells[0]))
        shared = {name: getattr(first, name) for name in columns}
        rows = [
            shared | placed_in(cell) | {"incident_no": f"C{cell}", "source_id": f"cell-{cell}"}
            for cell in cells[1:]
        ]
        session.execute(insert(Incident), rows)


@pytest.mark.parametrize("form", ["", "&format=json"])
@pytest.mark.parametrize("beyond", [0, 1])
def test_beyond_the_limit_cells_are_larger_and_the_answer_says_so(
    store: Store, beyond: int, form: str
) -> None:
    middle = h3.latlng_to_cell(HERE[1], HERE[0], 11)
    wanted = sorted(h3.grid_disk(middle, 82))[: CELLS_LIMIT + beyond]
    assert len(wanted) == CELLS_LIMIT + beyond
    add_one_incident_a_cell(store, wanted)
    document = asked(client_on(store), f"z=17&lang=en{form}")
    resolution = 11 - beyond
    shown = {h3.cell_to_parent(cell, resolution) for cell in wanted}
    assert document["resolution"] == resolution
    assert document["rows"] == document["shown"] == document["total"] == len(wanted)
    held = document["cells"] if form else rows_of(document["cell_table"], resolution)
    assert len(held) == len(shown) <= CELLS_LIMIT
    note = "More than 20,000 cells: shown in larger cells."
    assert document["notes"] == [note] * beyond


def test_cap_holds_where_the_coarsest_offered_cells_are_too_many(sqlite_store: Store) -> None:
    middle = h3.latlng_to_cell(HERE[1], HERE[0], 5)
    add_one_incident_a_cell(sqlite_store, sorted(h3.grid_disk(middle, 82)))
    document = asked(client_on(sqlite_store), "z=4&lang=en")
    assert document["resolution"] == 4
    assert document["cell_table"]["n"] <= CELLS_LIMIT
    assert document["notes"] == ["More than 20,000 cells: shown in larger cells."]
