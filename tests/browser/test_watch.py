"""The watch over the pages really sees what must not happen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.chromium import Watch


@pytest.fixture
def watch(browser: Browser) -> Iterator[Watch]:
    watch = Watch(browser.new_context())
    yield watch
    watch.context.close()


def open_with(watch: Watch, script: str) -> None:
    page = watch.context.new_page()
    page.goto(f"data:text/html,<p id=end></p><script>{script}</script>")
    page.wait_for_timeout(200)


def test_quiet_page_is_quiet(watch: Watch) -> None:
    open_with(watch, "console.log('all is well')")
    assert (watch.errors, watch.outside) == ([], [])


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        ("console.error('broken')", "console: broken"),
        ("throw new Error('thrown')", "thrown"),
        ("Promise.reject(new Error('refused'))", "refused"),
        ("fetch('http://127.0.0.1:1/')", "request: http://127.0.0.1:1/"),
    ],
)
def test_error_is_seen(watch: Watch, script: str, seen: str) -> None:
    open_with(watch, script)
    assert any(seen in error for error in watch.errors)


def test_expected_error_is_let_through(browser: Browser) -> None:
    watch = Watch(browser.new_context(), ("broken",))
    open_with(watch, "console.error('broken'); console.error('other')")
    watch.context.close()
    assert watch.errors == ["console: other"]


def test_request_to_another_machine_is_seen(watch: Watch) -> None:
    open_with(watch, "new Image().src = 'http://elsewhere.example/pixel.png'")
    assert watch.outside == ["http://elsewhere.example/pixel.png"]
