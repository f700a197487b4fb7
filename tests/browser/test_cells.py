"""Cells in Chromium: what the page reads out of the compact table is what the server wrote."""

from __future__ import annotations

import json
from typing import Any

import h3.api.basic_int as h3
import pytest
from playwright.sync_api import Page, Route, expect

from dashboard.api.cell_table import written
from data.cells import FINEST_RESOLUTION
from tests.plain_cell_table import table_of
from tests.running_server import RunningServer
from tests.situation import inked, opened

YEAR = "period=12m"
ADDRESS = f"/api/v1/layers/incident_cells?{YEAR}"
ONLY_CELLS = f"?{YEAR}&layers=incident_cells"
READ = "([table, resolution]) => window.gezhi.cellTable(table, resolution)"
ASK = "(path) => fetch(path).then((answer) => answer.json())"
FULLEST_CELL = """() => {
    const { answer } = window.gezhi.picture.layer("incident_cells");
    const { cells, counts } = window.gezhi.cellTable(answer.cell_table, answer.resolution);
    const map = window.gezhi.ground.map();
    const seen = cells.map((cell, i) => {
        const middle = window.h3.cellToLatLng(cell);
        return { cell, count: counts[i], middle, point: map.latLngToContainerPoint(middle) };
    });
    const inView = seen.filter(({ middle }) => map.getBounds().contains(middle));
    return inView.reduce((most, each) => (each.count > most.count ? each : most));
}"""

REDRAW = """() => {
    window.gezhi.emit("theme");
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def with_reader(page: Page, server: RunningServer) -> Page:
    """Open the page and wait for the function that reads tables."""
    page.goto(server.url)
    page.wait_for_function("() => window.gezhi && window.gezhi.cellTable && window.h3")
    return page


def test_page_reads_the_cells_that_the_plain_form_names(page: Page, server: RunningServer) -> None:
    with_reader(page, server)
    for zoom in (8, 11, 13, 17, 22):
        compact = page.evaluate(ASK, f"{ADDRESS}&z={zoom}")
        plain = page.evaluate(ASK, f"{ADDRESS}&z={zoom}&format=json")
        assert page.evaluate(READ, [compact["cell_table"], compact["resolution"]]) == {
            "cells": plain["cells"],
            "counts": plain["counts"],
            "classes": plain["class"],
        }
        assert compact["rows"] == sum(plain["counts"]) > 2_000


def test_page_reads_cells_of_the_whole_earth(page: Page, server: RunningServer) -> None:
    with_reader(page, server)
    for resolution in range(FINEST_RESOLUTION + 1):
        middles = [
            h3.cell_to_center_child(h3.construct_cell(each), resolution) for each in range(122)
        ]
        last = h3.construct_cell(121, *[6] * resolution)
        cells = sorted({*middles, *h3.get_pentagons(resolution), last})
        counts = [2**40 - position for position in range(len(cells))]
        classes = [position % 10 for position in range(len(cells))]
        table = written(table_of(list(zip(cells, counts, classes, strict=True)), resolution))
        found = page.evaluate(READ, [table, resolution])
        names = [h3.int_to_str(cell) for cell in cells]
        assert found == {"cells": names, "counts": counts, "classes": classes}
        assert page.evaluate("(cells) => cells.every(window.h3.isValidCell)", names)


def test_no_cells_are_read_as_none(page: Page, server: RunningServer) -> None:
    found = with_reader(page, server).evaluate(READ, [written(table_of([], 9)), 9])
    assert found == {"cells": [], "counts": [], "classes": []}


def test_cell_is_drawn_where_it_lies_with_its_count(page: Page, server: RunningServer) -> None:
    opened(page, server, ONLY_CELLS)
    assert inked(page, "incident_cells") > 100
    fullest = page.evaluate(FULLEST_CELL)
    box = page.locator("#map-view-map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + fullest["point"]["x"], box["y"] + fullest["point"]["y"])
    expect(page.locator(".map-tip-title")).to_contain_text(f"{fullest['count']:,}")
    expect(page.locator(".map-tip-line").last).to_have_text(f"H3 {fullest['cell']}")


@pytest.mark.parametrize("change", [{"form": "other"}, {"n": 1}, {"counts": "AQ=="}])
def test_table_that_cannot_be_read_keeps_the_picture_and_says_so(
    page: Page, server: RunningServer, change: dict[str, Any]
) -> None:
    def spoil(route: Route) -> None:
        answer = (real := route.fetch()).json()
        answer["cell_table"] |= change
        route.fulfill(response=real, body=json.dumps(answer))

    opened(page, server, ONLY_CELLS)
    before = inked(page, "incident_cells")
    page.route("**/api/v1/layers/incident_cells?**", spoil)
    page.locator('[data-zoom="1"]').click()
    card = page.locator('[data-layer="incident_cells"]')
    expect(card).to_have_attribute("data-condition", "failed")
    page.evaluate(REDRAW)
    assert inked(page, "incident_cells") > before / 2
