"""What the map draws: in Chromium, over the demonstration town."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from data.reads import town
from data.scope import BUILT_IN_OPERATOR
from data.store import open_store
from tests.makers import add_incident
from tests.running_server import RunningServer, demo_town, running_server
from tests.situation import click_map, figure, inked, opened, settled, state

NewPage = Callable[..., Page]

LANGUAGES = ("zh-Hans", "zh-Hant", "en")


def test_town_appears_with_its_layers_and_says_that_it_is_synthetic(
    page: Page, server: RunningServer
) -> None:
    opened(page, server, "?period=12m&layers=grids,areas,incident_cells,cameras,incidents")
    expect(page.locator(".brand-town")).to_have_text("青禾镇")
    expect(page.locator(".demo-label")).to_have_text("演示数据（合成）")
    for layer in ("grids", "areas", "incident_cells", "cameras", "incidents"):
        assert inked(page, layer) > 100, layer
    expect(page.locator('[data-layer="cameras"] .layer-count')).to_have_text("114 / 114")
    expect(page.locator('[data-layer="incidents"] .layer-count')).to_have_text("2,644 / 2,644")
    assert figure(page, "received") == "2,644"
    assert figure(page, "closed") == "2,523"
    assert figure(page, "closure_rate") == "95.4"


def test_click_on_a_camera_opens_it(page: Page, server: RunningServer) -> None:
    opened(page, server, "?layers=cameras&sel=camera:3")
    page.get_by_text("在地图上定位").click()
    settled(page)
    page.locator(".details-close").click()
    expect(page.locator("#details")).to_be_hidden()
    click_map(page, 0.5, 0.5)
    expect(page.locator(".details-kind")).to_have_text("摄像机")
    assert state(page)["sel"] == "camera:3"


def test_things_on_one_spot_are_counted_and_offered_one_by_one(
    page: Page, server: RunningServer, town_url: str
) -> None:
    with sqlite3.connect(town_url.removeprefix("sqlite:///")) as connection:
        longitude, latitude, count = connection.execute(
            "SELECT longitude, latitude, count(*) FROM incident GROUP BY 1, 2 ORDER BY 3 DESC"
        ).fetchone()
    connection.close()
    assert count > 5
    query = f"?period=12m&layers=incidents&c={longitude:.5f},{latitude:.5f}&z=19"
    opened(page, server, query)
    click_map(page, 0.5, 0.5)
    expect(page.locator(".map-choice")).to_have_count(count)
    wanted = page.locator(".map-choice").nth(1).inner_text()
    page.locator(".map-choice").nth(1).click()
    expect(page.locator(".details-subtitle")).to_have_text(wanted)
    expect(page.locator(".map-choices")).to_have_count(0)


def test_opened_definition_stays_open_while_figures_are_renewed(
    page: Page, server: RunningServer
) -> None:
    opened(page, server, "?layers=grids")
    page.locator('[data-kpi="received"]').click()
    expect(page.locator(".kpi-popover:visible")).to_have_count(1)
    with page.expect_response("**/_dash-update-component**"):
        page.evaluate("() => window.dash_clientside.set_props('pulse', {data: {revision: -1}})")
    page.wait_for_timeout(300)
    expect(page.locator(".kpi-popover:visible")).to_have_count(1)


def test_new_incident_appears_without_a_reload(new_page: NewPage, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gezhi.db'}"
    demo_town(url)
    store = open_store(url)
    with running_server(url) as server:
        page = opened(new_page(), server, "?period=12m&layers=incidents")
        count = page.locator('[data-layer="incidents"] .layer-count')
        expect(count).to_have_text("2,644 / 2,644")
        with store.reading() as session:
            here = town.describe(session, BUILT_IN_OPERATOR)
        assert here.bounds is not None
        assert here.latest_incident_at is not None
        at = here.latest_incident_at
        middle = (
            (here.bounds.west + here.bounds.east) / 2,
            (here.bounds.south + here.bounds.north) / 2,
        )
        with store.writing("incidents", at=at) as session:
            add_incident(session, reported_at=at, longitude=middle[0], latitude=middle[1])
        expect(count).to_have_text("2,645 / 2,645")
        expect(page.locator('[data-kpi="received"] .kpi-value')).to_have_text("2,645")
        page.close()


def test_failed_reading_keeps_the_picture_and_says_so(
    new_page: NewPage, server: RunningServer
) -> None:
    page = opened(new_page(expected=("api/v1", "Failed to load")), server, "?layers=grids")
    before = inked(page, "grids")
    page.route("**/api/v1/**", lambda route: route.abort())
    page.locator('[data-zoom="1"]').click()
    card = page.locator('[data-layer="grids"]')
    expect(card).to_have_attribute("data-condition", "failed")
    expect(card.locator(".layer-age")).to_have_text("读取失败，显示的是旧图")
    assert inked(page, "grids") > before / 2
    page.unroute("**/api/v1/**")
    expect(card).to_have_attribute("data-condition", "fresh", timeout=30_000)


def test_silence_of_the_server_is_told_after_a_minute(page: Page, server: RunningServer) -> None:
    opened(page, server, "?layers=grids")
    expect(page.locator("#offline-banner")).to_be_hidden()
    page.evaluate("() => { window.gezhi.feed.silence = () => 61000; }")
    expect(page.locator("#offline-banner")).to_contain_text("61 秒")


def hostile(answer: dict[str, Any]) -> dict[str, Any]:
    """Put markup into every name and word of a layer's answer."""
    mark = "<img src=x onerror=\"document.title='broken'\">"
    answer["legend"]["title"] = mark
    answer["notes"] = [mark]
    answer["units"]["name"] = [mark for _ in answer["units"]["name"]]
    answer["units"]["text"] = [mark for _ in answer["units"]["text"]]
    return answer


def test_markup_in_names_is_shown_as_text(page: Page, server: RunningServer) -> None:
    def poison(route: Route) -> None:
        route.fulfill(response=(real := route.fetch()), body=json.dumps(hostile(real.json())))

    page.route("**/api/v1/layers/grids**", poison)
    opened(page, server, "?layers=grids")
    expect(page.locator('[data-layer="grids"] .legend-title')).to_contain_text("<img src=x")
    box = page.locator("#map-view-map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".map-tip-title")).to_contain_text("<img src=x")
    assert page.locator('img[src="x"]').count() == 0
    assert page.title() != "broken"


VECTORS = (
    # Longitude and latitude in WGS 84, then as published for GCJ-02.
    (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
    (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
    (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
)


@pytest.mark.parametrize(("lon", "lat", "shifted_lon", "shifted_lat"), VECTORS)
def test_shift_for_a_gcj02_basemap_meets_the_published_places_and_comes_back(
    page: Page,
    server: RunningServer,
    lon: float,
    lat: float,
    shifted_lon: float,
    shifted_lat: float,
) -> None:
    page.goto(server.url)
    page.wait_for_function("() => window.gezhi && window.gezhi.gcj02")
    there = page.evaluate("([x, y]) => window.gezhi.gcj02.fromWgs84(x, y)", [lon, lat])
    assert there == pytest.approx([shifted_lon, shifted_lat], abs=1e-9)
    back = page.evaluate("([x, y]) => window.gezhi.gcj02.toWgs84(x, y)", there)
    assert back == pytest.approx([lon, lat], abs=1e-9)


TILE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def test_drawing_and_clicks_are_shifted_over_a_gcj02_basemap(
    new_page: NewPage, town_url: str
) -> None:
    settings = {"basemap_url": "/tiles/{z}/{x}/{y}", "basemap_crs": "gcj02"}
    with running_server(town_url, settings=settings) as server:
        page = new_page()
        page.route("**/tiles/**", lambda route: route.fulfill(body=TILE, content_type="image/png"))
        opened(page, server, "?layers=cameras&sel=camera:3")
        page.get_by_text("在地图上定位").click()
        settled(page)
        page.locator(".details-close").click()
        stored = [float(part) for part in state(page)["c"].split(",")]
        center = page.evaluate("() => window.gezhi.ground.map().getCenter()")
        assert abs(center["lng"] - stored[0]) > 0.001
        click_map(page, 0.5, 0.5)
        expect(page.locator(".details-kind")).to_have_text("摄像机")
        assert state(page)["sel"] == "camera:3"
        page.close()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (3840, 1080)])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_cut_off_or_scrolls_sideways(
    new_page: NewPage, server: RunningServer, lang: str, width: int, height: int
) -> None:
    page = opened(new_page(width=width, height=height), server, f"?lang={lang}")
    overflowing = page.evaluate(
        """(names) => names.filter((name) => {
            const node = document.querySelector(name);
            return node.scrollWidth > node.clientWidth + 1;
        })""",
        [".header", ".brand", ".context", ".period", ".header-tools", ".panel", ".kpi-strip"],
    )
    assert overflowing == []
    assert page.evaluate("() => document.documentElement.scrollHeight") == height
