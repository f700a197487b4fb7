"""The application without a browser: its paths, and every callback that the server answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from dash import Dash

from dashboard import pages
from dashboard.app import create_app
from dashboard.services import Services
from data.assignment import assign_cameras, assign_incidents
from data.models import Installation
from data.scope import BUILT_IN_OPERATOR
from data.settings import ROOT, Settings
from data.store import Store
from tests.makers import NOW, add_area, add_camera, add_grid, add_incident, add_organisation

STATE = {"path": "/", "lang": "en", "theme": "dark"}
HOSTILE = "<img src=x onerror=alert(1)>"

Answer = Mapping[str, Any]


def app_on(store: Store) -> Dash:
    settings = Settings()
    return create_app(settings, Services(settings, store, lambda: NOW, lambda: BUILT_IN_OPERATOR))


@pytest.fixture
def app(store: Store) -> Dash:
    """Serve a town of two nested grids, three incidents and a camera."""
    with store.writing("areas", "grids", "incidents", "cameras", at=NOW) as session:
        add_area(session)
        parent = add_grid(session, code="G1", name="一号网格", translations={"en": "Grid One"})
        add_grid(session, code="G1-1", name=HOSTILE, level=2, parent_id=parent.id)
        agency = add_organisation(session, code="A1", name="城管")
        for number in range(3):
            reported_at = NOW - timedelta(hours=number + 1)
            closed_at = NOW - timedelta(minutes=30) if number else None
            add_incident(
                session,
                incident_no=f"N-{number}",
                reported_at=reported_at,
                closed_at=closed_at,
                due_at=NOW - timedelta(minutes=1),
                agency_id=agency.id,
            )
        add_camera(session, azimuth_deg=45.0)
        assign_incidents(session)
        assign_cameras(session)
        session.add(Installation(key="town", value={"name": "青禾镇", "translations": {"en": "Q"}}))
        session.add(Installation(key="demo", value={"seed": 1}))
    return app_on(store)


def ask(app: Dash, output: str, **values: Any) -> tuple[int, Answer]:
    """Post what a browser would post to the callback that fills `output`; ids use `_` for `-`."""
    client = app.server.test_client()
    found = [
        one
        for one in client.get("/_dash-dependencies").json
        if output in one["output"].split("@")[0]
    ]
    assert len(found) == 1, output

    def filled(wanted: list[dict[str, str]]) -> list[dict[str, Any]]:
        return [{**one, "value": values.get(one["id"].replace("-", "_"))} for one in wanted]

    outputs = [
        dict(zip(("id", "property"), part.rsplit(".", 1), strict=True))
        for part in found[0]["output"].strip(".").split("...")
    ]
    for one in outputs:
        if one["id"].startswith("{"):
            one["id"] = json.loads(one["id"])
    body = {
        "output": found[0]["output"],
        "outputs": outputs if found[0]["output"].startswith("..") else outputs[0],
        "inputs": filled(found[0]["inputs"]),
        "state": filled(found[0]["state"]),
        "changedPropIds": [f"{one['id']}.{one['property']}" for one in found[0]["inputs"]],
    }
    answer = client.post("/_dash-update-component", json=body)
    return answer.status_code, answer.get_json(silent=True) or {}


def text_of(answer: Answer) -> str:
    return json.dumps(answer, ensure_ascii=False)


def test_front_page_answers_and_unknown_paths_are_not_found(app: Dash) -> None:
    client = app.server.test_client()
    assert client.get("/").status_code == 200
    for path in ("/nowhere", "/console", "/_mcp", "/api/v1/nowhere", "/assets/../data/geo.py"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.json["error"]["code"] == "not_found"


def test_page_asks_no_other_machine_and_names_no_inline_handler(app: Dash) -> None:
    page = app.server.test_client().get("/").text
    assert "http://" not in page
    assert "https://" not in page
    assert " onclick=" not in page


def test_answers_are_compressed_for_those_who_take_it(app: Dash) -> None:
    client = app.server.test_client()
    answer = client.get("/_dash-dependencies", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_two_applications_live_in_one_process(store: Store) -> None:
    first, second = app_on(store), app_on(store)
    assert first.callback_map.keys() == second.callback_map.keys()
    assert first.server is not second.server
    for one in (first, second):
        assert one.server.test_client().get("/").status_code == 200


def test_every_output_of_the_server_is_named(app: Dash) -> None:
    answered = [one for one in app.callback_map.values() if "callback" in one]
    assert answered
    assert all(isinstance(one["output"], dict | list) for one in answered)


@pytest.mark.parametrize(
    ("lang", "town", "demo"),
    [
        ("zh-Hans", "青禾镇", "演示数据（合成）"),
        ("zh-Hant", "青禾镇", "示範資料（合成）"),
        ("en", "Q", "Demonstration data, synthetic"),
    ],
)
def test_page_is_laid_out_in_the_language_of_the_route(
    app: Dash, lang: str, town: str, demo: str
) -> None:
    status, answer = ask(app, "page.children", route={"path": "/", "lang": lang}, state=STATE)
    assert status == 200
    written = text_of(answer)
    assert town in written
    assert demo in written
    assert all(f'"data-layer": "{key}"' in written for key in ("grids", "cameras", "incidents"))


def test_empty_database_has_a_page_too(store: Store) -> None:
    app = app_on(store)
    assert ask(app, "page.children", route={"path": "/", "lang": "en"}, state=STATE)[0] == 200
    status, answer = ask(app, "place-path.children", question=STATE)
    assert status == 200
    assert answer["response"]["place"]["data"]["bbox"] is None
    status, answer = ask(app, "kpi-received-face.children", question=STATE)
    assert status == 200
    assert "—" in text_of(answer)


def test_unknown_page_says_so_and_leads_back(app: Dash) -> None:
    _, answer = ask(app, "page.children", route={"path": "/nowhere", "lang": "en"}, state=STATE)
    assert "There is no such page." in text_of(answer)


def test_place_names_the_path_and_bounds_of_the_chosen_grid(app: Dash) -> None:
    _, answer = ask(app, "place-path.children", question={**STATE, "grid": "G1-1"})
    place = answer["response"]["place"]["data"]
    assert (place["key"], place["parent"]) == ("G1-1", "G1")
    assert place["bbox"][0] < place["bbox"][2]
    assert len(place["parts"][0][0]) >= 8
    written = text_of(answer["response"]["place-path"])
    assert "Grid One" in written
    assert HOSTILE in written


def test_grid_that_is_not_there_leaves_a_way_up(app: Dash) -> None:
    status, answer = ask(app, "place-path.children", question={**STATE, "grid": "gone"})
    assert status == 200
    assert answer["response"]["place"]["data"]["key"] == ""
    written = json.dumps(answer["response"]["place-path"])
    assert "path-step" in written
    assert "gone" in written


def test_figures_are_those_of_the_chosen_grid_and_open_to_their_numbers(app: Dash) -> None:
    status, answer = ask(app, "kpi-received-face.children", question={**STATE, "grid": "G1"})
    assert status == 200
    written = text_of(answer)
    assert '"66.7"' in text_of(answer["response"]["kpi-closure_rate-face"])
    assert "Huangshui" in text_of(answer["response"]["kpi-closure_rate-opening"])
    assert "Grid One" in written


def test_search_finds_grids_and_incidents_and_shows_markup_as_text(app: Dash) -> None:
    _, answer = ask(app, "search-results.children", search_text="G1", state=STATE)
    assert HOSTILE in text_of(answer)
    _, answer = ask(app, "search-results.children", search_text="N-1", state=STATE)
    assert "incident:" in text_of(answer)
    _, answer = ask(app, "search-results.children", search_text="absent", state=STATE)
    assert "Nothing found" in text_of(answer)


@pytest.mark.parametrize(("sel", "title"), [("incident:1", "N-"), ("camera:1", "Camera")])
def test_drawer_shows_the_facts_of_what_is_selected(app: Dash, sel: str, title: str) -> None:
    status, answer = ask(app, "details.children", selection={**STATE, "sel": sel})
    assert status == 200
    assert answer["response"]["details"]["hidden"] is False
    assert title in text_of(answer)
    assert answer["response"]["details-where"]["data"]["sel"] == sel


def test_thing_that_is_not_there_says_so(app: Dash) -> None:
    _, answer = ask(app, "details.children", selection={**STATE, "sel": "incident:999"})
    assert "Not found" in text_of(answer)
    _, answer = ask(app, "details.children", selection=STATE)
    assert answer["response"]["details"]["hidden"] is True


@pytest.mark.parametrize(
    "question",
    [
        {**STATE, "period": "for ever"},
        {**STATE, "from": "2026-13-40"},
        {**STATE, "grid": "no such grid"},
        {**STATE, "level": "99999999999999999999"},
        {**STATE, "category": {"$ne": 1}},
    ],
)
def test_bad_address_becomes_a_sentence_and_nothing_else(
    app: Dash, question: dict[str, Any]
) -> None:
    status, answer = ask(app, "kpi-received-face.children", question=question)
    assert status == 200
    told = text_of(answer["sideUpdate"])
    assert "notice" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("value", [None, [], "text", 7, True, 1e308])
def test_state_that_no_browser_sends_does_not_break_the_server(app: Dash, value: Any) -> None:
    for output, name in (
        ("kpi-received-face.children", "question"),
        ("place-path.children", "question"),
        ("details.children", "selection"),
        ("page.children", "route"),
        ("search-results.children", "search_text"),
    ):
        status, _ = ask(app, output, **{name: value})
        assert status in {200, 204}, (output, value)


def test_browser_and_server_agree_on_the_ids() -> None:
    scripts = "".join(path.read_text("utf-8") for path in (ROOT / "assets" / "js").glob("*.js"))
    for name in (
        "map-view-map", "map-view", "header-clock", "search-text", "details", "offline-banner",
        "filters-active", "filters-told", "pulse", "question", "selection",
    ):  # fmt: skip
        assert name in scripts, name


def test_every_page_has_its_own_path() -> None:
    paths = [page.path for page in pages.PAGES]
    assert len(set(paths)) == len(paths)
    assert pages.PAGES[0].path == "/"
    assert pages.find("/nowhere") is None
    assert pages.find(["/"]) is None
