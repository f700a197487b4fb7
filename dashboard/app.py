"""The only wiring: settings and services in, a Dash application out."""

from __future__ import annotations

from typing import Any

from dash import Dash
from flask import Flask, abort, request
from flask_compress import Compress

from dashboard import api, pages, shell
from dashboard.components import notice, stores
from dashboard.services import Services
from dashboard.text import DEFAULT_LANGUAGE
from data.settings import ROOT, Settings

CATCH_ALL = "/<path:path>"
"""The rule by which Dash answers every path with its page."""

COMPRESSED = [
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/json",
]


def create_app(settings: Settings, services: Services) -> Dash:
    """Return an application of its own; several can live in one process."""
    server = Flask("dashboard")
    app = Dash(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # Dash takes a Flask as well
        title="格治 Gezhi",
        update_title="",
        assets_folder=str(ROOT / "assets"),
        compress=False,
        serve_locally=True,
        suppress_callback_exceptions=True,  # the page comes through the router
        enable_mcp=False,
        on_error=_explained(settings),
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.layout = shell.layout(settings)
    shell.register(app, services)
    for page in pages.PAGES:
        page.register(app, services)
    _refuse_unknown_paths(server)
    api.register(server, services)
    server.config.update(COMPRESS_MIMETYPES=COMPRESSED, COMPRESS_ALGORITHM=["gzip"])
    Compress(server)
    # Dash prepares itself within the first request; two that come together would meet it half done.
    app._setup_server()  # type: ignore[no-untyped-call]  # noqa: SLF001
    return app


def _explained(settings: Settings) -> Any:
    """Return what tells the user that a callback failed, in the language of the request."""

    def explain(error: Exception) -> None:
        notice.show(error, _language_of_request(settings))

    return explain


def _language_of_request(settings: Settings) -> str:
    """Return the language of the state that a callback was sent; the body is not to be trusted."""
    body = request.get_json(silent=True)
    sent = body.get("inputs", []) if isinstance(body, dict) else []
    states = [one.get("value") for one in sent if isinstance(one, dict)]
    named = next(
        (stores.language_of(one, settings) for one in states if isinstance(one, dict)), None
    )
    return named or settings.language or DEFAULT_LANGUAGE


def _refuse_unknown_paths(server: Flask) -> None:
    """Answer 404 where there is no page: Dash itself answers every path with one."""

    @server.before_request
    def refuse() -> None:
        rule = request.url_rule
        if rule is not None and rule.rule == CATCH_ALL and pages.find(request.path) is None:
            abort(404)
