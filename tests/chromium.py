"""Debian's Chromium, kept off the network, and a watch over what its pages do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Request,
    Response,
    sync_playwright,
)

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
QUIET_AND_ALONE = (
    "--headless",
    "--no-sandbox",  # root in a container has none; only our own pages are opened
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers keep it too small
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@contextmanager
def launched() -> Iterator[Browser]:
    """Run Chromium for as long as the block lasts."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise RuntimeError("Chromium is not installed; run `make test`, which installs it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET_AND_ALONE))
        yield browser
        browser.close()


@dataclass
class Watch:
    """What went wrong on the pages of one browser context, and where they called."""

    context: BrowserContext
    expected: tuple[str, ...] = ()
    """Texts of errors that the test provokes."""
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    """Requests to another machine."""

    def __post_init__(self) -> None:
        self.context.on("request", self._request)
        self.context.on("requestfailed", self._request_failed)
        self.context.on("response", self._response)
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self._error(f"error: {error.error}"))

    def _error(self, text: str) -> None:
        if not any(part in text for part in self.expected):
            self.errors.append(text)

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            self.outside.append(request.url)

    def _request_failed(self, request: Request) -> None:
        # A picture that the user has already left is given up on purpose.
        if request.failure != "net::ERR_ABORTED":
            self._error(f"request: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._error(f"response: {response.status} {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._error(f"console: {message.text}")
