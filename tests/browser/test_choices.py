"""What a user chooses on the map lives in the address, and the address brings it back."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.running_server import RunningServer
from tests.situation import click_map, figure, inked, opened, settled, state

NewPage = Callable[..., Page]

WORDS = {
    "zh-Hans": ("图层", "受理", "青禾镇"),
    "zh-Hant": ("圖層", "受理", "青禾鎮"),
    "en": ("Layers", "Received", "Qinghe Town"),
}


def test_switch_of_a_layer_takes_it_from_the_map_and_is_kept_in_the_address(
    page: Page, server: RunningServer
) -> None:
    opened(page, server, "?layers=grids,cameras")
    switch = page.locator('[data-toggle-layer="cameras"]')
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert inked(page, "cameras") == 0
    assert state(page)["layers"] == "grids"
    page.go_back()
    expect(switch).to_have_attribute("aria-checked", "true")
    settled(page)
    assert inked(page, "cameras") > 0


def test_click_goes_into_a_grid_and_every_figure_follows(page: Page, server: RunningServer) -> None:
    opened(page, server, "?period=12m&layers=grids&level=1")
    whole = int(figure(page, "received").replace(",", ""))
    click_map(page)
    expect(page.locator(".path li")).to_have_count(2)
    page.wait_for_function(
        f'() => !document.querySelector(".kpi-value").innerText.includes("{whole:,}")'
    )
    assert 0 < int(figure(page, "received").replace(",", "")) < whole
    chosen = state(page)["grid"]
    settled(page)
    page.locator(".path-step").first.click()
    expect(page.locator(".path li")).to_have_count(1)
    assert "grid" not in state(page)
    page.go_back()
    expect(page.locator(".path li")).to_have_count(2)
    assert state(page)["grid"] == chosen


def test_path_leads_from_the_town_down_to_the_micro_grid(page: Page, server: RunningServer) -> None:
    opened(page, server, "?layers=grids&grid=QH020202")
    expect(page.locator(".path li")).to_have_count(4)
    expect(page.locator(".path-here")).to_contain_text("微网格")
    assert float(state(page)["z"]) > 14.5
    page.keyboard.press("Escape")
    expect(page.locator(".path li")).to_have_count(3)


@pytest.mark.parametrize("lang", WORDS)
def test_address_reproduces_the_picture_in_each_language(
    new_page: NewPage, server: RunningServer, lang: str
) -> None:
    query = (
        f"?period=12m&grid=QH0202&category=01,02&overdue=1&measure=load&level=3"
        f"&layers=grids,incidents&lang={lang}&theme=light&c=103.04550,30.45120&z=14.5"
    )
    first = opened(new_page(), server, query)
    layers_word, received, town = WORDS[lang]
    expect(first.locator(".mantine-Tabs-tab").first).to_have_text(layers_word)
    expect(first.locator(".kpi-name").first).to_have_text(received)
    expect(first.locator(".path li").first).to_have_text(town)
    expect(first.locator("#filters-active")).to_have_text("3")
    assert first.locator("html").get_attribute("lang") == lang
    assert first.locator("html").get_attribute("data-theme") == "light"
    shared = first.url
    assert state(first) == {key: values[0] for key, values in parse_qs(query[1:]).items()}

    second = opened(new_page(), server, "?" + urlsplit(shared).query)
    assert second.url == shared
    for page in (first, second):
        assert page.evaluate("() => window.gezhi.picture.shown().map((one) => one.url)") == (
            first.evaluate("() => window.gezhi.picture.shown().map((one) => one.url)")
        )
    assert figure(second, "received") == figure(first, "received")
    assert abs(inked(second, "grids") - inked(first, "grids")) < 50


def test_language_and_theme_are_chosen_on_the_page_and_remembered(
    page: Page, server: RunningServer
) -> None:
    opened(page, server, "?layers=grids")
    before = page.evaluate("() => window.gezhi.ground.map().getCenter()")
    page.get_by_text("EN", exact=True).click()
    expect(page.locator(".kpi-name").first).to_have_text("Received")
    page.get_by_text("Light", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    settled(page)
    after = page.evaluate("() => window.gezhi.ground.map().getCenter()")
    assert after == pytest.approx(before, abs=1e-4)
    opened(page, server)
    expect(page.locator(".kpi-name").first).to_have_text("Received")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_period_is_chosen_by_name_and_by_days(page: Page, server: RunningServer) -> None:
    opened(page, server, "?layers=grids")
    page.get_by_text("近7天", exact=True).click()
    page.wait_for_function("() => window.location.search.includes('period=7d')")
    page.goto(f"{server.url}/?from=2026-01-05&to=2026-01-11")
    expect(page.locator(".field-days button").first).to_contain_text("2026-01-05")
    assert "period" not in state(page)


def test_search_finds_a_grid_and_goes_there(page: Page, server: RunningServer) -> None:
    opened(page, server, "?layers=grids")
    page.locator("#search-text").fill("QH020202")
    hit = page.locator(".search-hit").first
    name = hit.locator(".search-title").inner_text()
    hit.click()
    expect(page.locator(".path-here")).to_have_text(name)
    expect(page.locator(".path li")).to_have_count(4)
    expect(page.locator("#search-text")).to_have_value("")
    expect(page.locator(".search-hit")).to_have_count(0)


def test_incident_opens_in_the_drawer_and_escape_closes_it(
    page: Page, server: RunningServer
) -> None:
    opened(page, server, "?period=12m&layers=incidents&sel=incident:1")
    drawer = page.locator("#details")
    expect(drawer.locator(".details-title")).not_to_be_empty()
    expect(drawer).to_contain_text("办理经过")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert "sel" not in state(page)


def test_figure_opens_to_its_definition_and_numbers(page: Page, server: RunningServer) -> None:
    opened(page, server, "?period=12m&layers=grids")
    page.locator('[data-kpi="closure_rate"]').click()
    opening = page.locator(".kpi-popover:visible")
    expect(opening).to_contain_text("2,523")
    expect(opening).to_contain_text("2,644")
    expect(opening).to_contain_text("办结数 ÷ 受理数")


def test_filters_are_counted_and_cleared_at_once(page: Page, server: RunningServer) -> None:
    opened(page, server, "?layers=grids&category=01&stage=closed,handling")
    expect(page.locator("#filters-active")).to_have_text("3")
    page.get_by_role("tab", name=re.compile("筛选")).click()
    page.locator('[data-flip="overdue"]').click()
    expect(page.locator("#filters-active")).to_have_text("4")
    page.get_by_text("全部清除").click()
    expect(page.locator("#filters-active")).to_be_hidden()
    assert not {"category", "stage", "overdue"} & set(state(page))


def test_figures_are_of_what_is_on_screen(page: Page, server: RunningServer) -> None:
    opened(page, server, "?period=12m")
    whole = int(figure(page, "received").replace(",", ""))
    expect(page.locator(".path-extent")).to_be_hidden()
    page.evaluate("window.gezhi.ground.map().setZoom(window.gezhi.ground.zoom() + 2)")
    expect(page.locator(".path-extent")).to_be_visible()
    expect(page.locator('[data-kpi="received"] .kpi-value')).not_to_have_text(f"{whole:,}")
    settled(page)
    drawn = page.evaluate("window.gezhi.picture.layer('incidents').answer.total")
    assert figure(page, "received") == f"{drawn:,}"
    page.locator("[data-home]").first.click()
    expect(page.locator('[data-kpi="received"] .kpi-value')).to_have_text(f"{whole:,}")
    expect(page.locator(".path-extent")).to_be_hidden()
