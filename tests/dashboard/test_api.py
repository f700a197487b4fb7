"""The HTTP interface on a real database, without a browser."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

import dashboard.api
from dashboard.services import Services
from data.assignment import assign_cameras, assign_incidents
from data.scope import BUILT_IN_OPERATOR
from data.settings import Settings
from data.store import Store, open_store
from tests.makers import HERE, NOW, add_area, add_camera, add_grid, add_incident

PNG = b"\x89PNG\r\n\x1a\n tile"


def services_on(store: Store, **settings: Any) -> Services:
    return Services(
        settings=Settings(**settings),
        store=store,
        now=lambda: NOW,
        scope=lambda: BUILT_IN_OPERATOR,
    )


def client_on(services: Services) -> FlaskClient:
    server = Flask(__name__)
    dashboard.api.register(server, services)
    return server.test_client()


@pytest.fixture
def client(store: Store) -> Iterator[FlaskClient]:
    """Serve a town of one grid, three incidents and a camera."""
    with store.writing("areas", "grids", "incidents", "cameras", at=NOW) as session:
        add_area(session)
        add_grid(session, code="G1", name="<b>一号</b>")
        for hours in (1, 2, 3):
            reported_at = NOW - timedelta(hours=hours)
            add_incident(session, reported_at=reported_at, due_at=NOW - timedelta(minutes=1))
        add_camera(session, azimuth_deg=45.0)
        assign_incidents(session)
        assign_cameras(session)
    return client_on(services_on(store))


KEYS = ("areas", "grids", "incident_cells", "incidents", "cameras")


def test_list_names_every_layer_in_the_language_asked_for(client: FlaskClient) -> None:
    for lang, title in (("en", "Grids"), ("zh-Hans", "网格"), ("zh-Hant", "網格")):
        listed = client.get(f"/api/v1/layers?lang={lang}").json["layers"]
        assert {layer["key"] for layer in listed} == set(KEYS)
        assert {layer["title"] for layer in listed} >= {title}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_picture_says_what_it_shows_of_how_much(client: FlaskClient, key: str, lang: str) -> None:
    answer = client.get(f"/api/v1/layers/{key}?lang={lang}&z=14")
    assert answer.status_code == 200
    document = answer.json
    assert document["key"] == key
    assert document["shown"] == document["total"] > 0
    assert document["truncated"] is False
    assert document["revision"] == 1
    assert document["as_of"] == document["asked_at"] == "2026-03-02T04:00:00+00:00"
    assert all(one["color"].startswith("#") for one in document["legend"]["classes"])


@pytest.mark.parametrize("key", KEYS)
def test_unchanged_picture_is_not_sent_twice(client: FlaskClient, key: str) -> None:
    first = client.get(f"/api/v1/layers/{key}?z=14")
    again = client.get(
        f"/api/v1/layers/{key}?z=14", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(
        f"/api/v1/layers/{key}?z=15", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert other.status_code == 200


def test_changed_picture_is_sent_and_told_by_the_feed(store: Store, client: FlaskClient) -> None:
    tag = client.get("/api/v1/layers/incidents").headers["ETag"]
    revision = client.get("/api/v1/changes?since=0").json["revision"]
    assert client.get(f"/api/v1/changes?since={revision}").json["layers"] == []
    with store.writing("incidents", at=NOW) as session:
        add_incident(session)
    moved = client.get(f"/api/v1/changes?since={revision}").json
    assert set(moved["layers"]) == {"grids", "incident_cells", "incidents"}
    answer = client.get("/api/v1/layers/incidents", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json["total"]) == (200, 4)


def test_what_becomes_overdue_by_time_alone_is_sent_again(
    store: Store, client: FlaskClient
) -> None:
    tag = client.get("/api/v1/layers/incidents").headers["ETag"]
    later = replace(services_on(store), now=lambda: NOW + timedelta(minutes=2))
    answer = client_on(later).get("/api/v1/layers/incidents", headers={"If-None-Match": tag})
    assert answer.status_code == 200


def test_outlines_of_the_units_are_fetched_apart_and_kept(client: FlaskClient) -> None:
    document = client.get("/api/v1/layers/grids?z=14").json
    shapes = client.get(document["shapes"])
    assert shapes.json["id"] == document["units"]["id"]
    west, south, east, north = shapes.json["bbox"]
    assert (west, south) == pytest.approx(HERE)
    assert (east, north) == pytest.approx((HERE[0] + 0.01, HERE[1] + 0.01))
    kept = client.get(document["shapes"], headers={"If-None-Match": shapes.headers["ETag"]})
    assert kept.status_code == 304


def test_hostile_name_travels_as_text(client: FlaskClient) -> None:
    answer = client.get("/api/v1/layers/grids?z=14")
    assert answer.mimetype == "application/json"
    assert answer.json["units"]["name"] == ["<b>一号</b>"]


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/layers/nowhere", "/api/v2", "/_mcp"])
def test_unknown_path_is_404_in_json(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("bbox=1,2", 400),
        ("bbox=inf,0,1,1", 400),
        ("period=never", 400),
        ("z=x", 400),
        ("measure=colour", 400),
        ("level=7", 404),
        ("scheme=nowhere", 404),
        ("grid=" + quote("'; DROP TABLE incident"), 200),
        ("lang=xx", 200),
    ],
)
def test_bad_question_gets_a_sentence(client: FlaskClient, query: str, status: int) -> None:
    answer = client.get(f"/api/v1/layers/grids?{query}")
    assert answer.status_code == status
    assert status == 200 or answer.json["error"]["message"].endswith(".")


@pytest.mark.parametrize("since", ["-1", "x", "9" * 19, "1.5"])
def test_feed_refuses_what_is_no_revision(client: FlaskClient, since: str) -> None:
    assert client.get(f"/api/v1/changes?since={since}").status_code == 400


def test_wrong_method_is_told_in_json(client: FlaskClient) -> None:
    answer = client.post("/api/v1/layers")
    assert (answer.status_code, answer.json["error"]["code"]) == (405, "method_not_allowed")


def test_alive_and_ready_are_told_apart(store: Store, tmp_path: Path) -> None:
    client = client_on(services_on(store))
    assert client.get("/healthz").json == {"status": "alive"}
    assert client.get("/readyz").json["checks"] == {"database": True, "migrations": True}
    empty = client_on(services_on(open_store(f"sqlite:///{tmp_path / 'empty.db'}")))
    assert empty.get("/healthz").status_code == 200
    answer = empty.get("/readyz")
    assert (answer.status_code, answer.json["checks"]["migrations"]) == (503, False)


def test_database_that_is_gone_gives_503_in_json() -> None:
    gone = open_store("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2")
    client = client_on(services_on(gone))
    assert client.get("/readyz").status_code == 503
    answer = client.get("/api/v1/changes")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "unavailable")
    gone.engine.dispose()


def test_tiles_of_a_local_file_are_served(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "base.mbtiles"
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)"
    )
    connection.execute("INSERT INTO tiles VALUES (2, 1, 3, ?)", (PNG,))
    connection.commit()
    connection.close()
    client = client_on(services_on(sqlite_store, basemap_file=path))
    answer = client.get("/tiles/2/1/0")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", PNG)
    assert client.get("/tiles/2/1/1").status_code == 404
    assert client_on(services_on(sqlite_store)).get("/tiles/2/1/0").status_code == 404


def test_tiles_of_a_pmtiles_file_are_served(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "base.pmtiles"
    with write(str(path)) as writer:
        writer.write_tile(zxy_to_tileid(2, 1, 0), PNG)
        writer.finalize({"tile_type": TileType.PNG, "tile_compression": Compression.NONE}, {})
    client = client_on(services_on(sqlite_store, basemap_file=path))
    answer = client.get("/tiles/2/1/0")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", PNG)
    assert client.get("/tiles/2/1/1").status_code == 404
