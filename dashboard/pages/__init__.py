"""The pages. `PAGES` is the whole list; the first is the front page."""

from __future__ import annotations

from dashboard.pages import situation
from dashboard.pages.contract import Page

PAGES: tuple[Page, ...] = (situation.PAGE,)


def find(path: object) -> Page | None:
    """Return the page at a path; None where there is none."""
    wanted = path.rstrip("/") or "/" if isinstance(path, str) else None
    return next((page for page in PAGES if page.path == wanted), None)
