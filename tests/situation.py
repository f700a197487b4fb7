"""The situation page in a browser: opening it, and reading what it shows."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.running_server import RunningServer

expect.set_options(timeout=20_000)  # the machine may be busy with other work

INKED = """(pane) => {
    const canvas = document.querySelector(`canvas[data-pane="${pane}"]`);
    if (!canvas) return 0;
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let inked = 0;
    for (let i = 3; i < data.length; i += 4) inked += data[i] > 0;
    return inked;
}"""


def opened(page: Page, server: RunningServer, query: str = "") -> Page:
    """Open the map and wait until every visible layer has been drawn."""
    page.goto(f"{server.url}/{query}")
    expect(page.locator(".kpi-value").first).to_be_visible(timeout=30_000)
    settled(page)
    return page


def settled(page: Page) -> None:
    """Wait until every visible layer has answered the question that the address asks."""
    page.wait_for_function(
        """() => window.gezhi.ground.map() && window.gezhi.picture.order().length
            && window.gezhi.picture.shown().every((layer) =>
                layer.answer && !layer.abort && layer.url === layer.asking)"""
    )
    page.wait_for_timeout(250)


def inked(page: Page, layer: str) -> int:
    """Return how many pixels a layer has drawn."""
    return int(page.evaluate(INKED, f"layer-{layer}"))


def state(page: Page) -> dict[str, str]:
    """Return the parameters of the address."""
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def figure(page: Page, key: str) -> str:
    """Return the value of a key figure as it stands on the screen."""
    return page.locator(f'[data-kpi="{key}"] .kpi-value').inner_text()


def click_map(page: Page, across: float = 0.5, down: float = 0.52) -> None:
    """Click a place of the map given in shares of its width and height."""
    box = page.locator("#map-view-map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
