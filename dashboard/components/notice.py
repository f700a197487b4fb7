"""The one place where an error becomes a sentence on the screen."""

from __future__ import annotations

import logging

from dash import Dash, Input, html, set_props
from dash.development.base_component import Component

from dashboard.text import Text, catalogue
from data.errors import AppError

_log = logging.getLogger(__name__)


class ids:  # noqa: N801 - reads as a namespace: ids.box
    """Ids of the notice."""

    box = "notice"
    close = "notice-close"


def layout() -> Component:
    """Return the empty notice."""
    return html.Div(id=ids.box, className="notice", role="alert")


def show(error: Exception, lang: str) -> None:
    """Show what went wrong; an unexpected error is logged and its text stays on the server."""
    text = catalogue(lang)
    if not isinstance(error, AppError):
        _log.error("unexpected error in a callback", exc_info=error)
    set_props(ids.box, {"children": _message(error, text)})


def _message(error: Exception, text: Text) -> list[Component]:
    if isinstance(error, AppError):
        known = f"error.{error.code}"
        sentence = text.t(known if text.has(known) else "error.error")
        lines = [html.Strong(sentence), html.Span(str(error), lang="en")]
    else:
        lines = [html.Strong(text.t("banner.error"))]
    close = html.Button(text.t("notice.dismiss"), id=ids.close, className="button", type="button")
    return [html.Div(lines, className="notice-text"), close]


def register(app: Dash) -> None:
    """Let the button take the notice away."""

    @app.callback(
        output={},
        inputs={"clicks": Input(ids.close, "n_clicks", allow_optional=True)},
        prevent_initial_call=True,
    )
    def dismiss(clicks: int | None) -> None:
        if clicks:
            set_props(ids.box, {"children": []})
