"""Fixtures: Chromium, and pages that report every error and every request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import Watch, launched

OFFICE_SCREEN = {"width": 1366, "height": 768}

PATIENCE_MS = 30_000
"""A busy machine is no fault of the page: what is tested is that a thing comes, not when."""

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run Debian's Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    with launched() as running:
        yield running


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Return a function that opens an empty page, `new_page(width=…, height=…, color_scheme=…)`.

    The test fails at its end when any page wrote an error to the console, raised one, got a
    failed answer from the server, or asked for anything that is not on this machine. A test that
    provokes errors passes `expected=` with the texts that may appear in them.
    """
    watches: list[Watch] = []

    def open_page(
        width: int = OFFICE_SCREEN["width"],
        height: int = OFFICE_SCREEN["height"],
        expected: tuple[str, ...] = (),
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=options.pop("locale", "zh-CN"),
            timezone_id=options.pop("timezone_id", "Asia/Shanghai"),
            **options,
        )
        context.set_default_timeout(2 * PATIENCE_MS)
        watches.append(Watch(context, expected))
        return context.new_page()

    yield open_page
    for watch in watches:
        watch.context.close()
    assert [line for watch in watches for line in watch.outside] == []
    assert [line for watch in watches for line in watch.errors] == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """Return an empty page of an office screen."""
    return new_page()
