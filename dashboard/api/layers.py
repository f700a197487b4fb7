"""The layers over HTTP: the list, one picture, and the outlines of its polygons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

import layers
from dashboard import text
from dashboard.api import wire
from dashboard.api.answers import etag_of, is_known, json_answer, not_modified, tagged
from dashboard.services import Services
from dashboard.view_state import view_of
from data.errors import NotFoundError
from data.geo import View
from data.reads import changes, town
from data.scope import Scope
from layers.contract import Layer, Picture


def blueprint(services: Services) -> Blueprint:
    """Return the routes of the layers."""
    routes = Blueprint("layers", __name__, url_prefix="/api/v1")

    @routes.get("/layers")
    def listing() -> Response:
        words, scope = _words(services), services.scope()
        with services.store.reading() as session:
            is_demonstration = town.describe(session, scope).is_demonstration
        shown = layers.visible_to(scope.role)
        return json_answer(
            {"layers": [wire.layer(layer, words, is_demonstration) for layer in shown]}
        )

    @routes.get("/layers/<key>")
    def picture(key: str) -> Response:
        layer, view = _asked(services, key)
        form = wire.cell_form(request.args.get("format"))
        with services.store.reading() as session:
            return _picture(session, services, layer, view, form)

    @routes.get("/shapes/<key>")
    def outlines(key: str) -> Response:
        layer, view = _asked(services, key)
        with services.store.reading() as session:
            return _outlines(session, services.scope(), layer, view)

    return routes


def _asked(services: Services, key: str) -> tuple[Layer, View]:
    layer = layers.find(key, services.scope().role)
    return layer, view_of(request.args, services.now(), services.settings.timezone)


def _words(services: Services) -> text.Text:
    return text.catalogue(request.args.get("lang", services.settings.language))


def _picture(
    session: Session, services: Services, layer: Layer, view: View, form: wire.CellForm
) -> Response:
    scope, words = services.scope(), _words(services)
    fresh = changes.freshness(session, scope, layer.topics)
    # What is overdue depends on the moment, so an unchanged picture is good for one interval only.
    interval = int(view.at.timestamp()) // layer.refresh_s
    etag = etag_of(layer.key, scope, fresh.revision, interval, view.period, _asked_exactly())
    if is_known(etag):
        return not_modified(etag)
    answer = layer.query(session, scope, view)
    document = wire.picture(answer, words, request.args.get("theme", "light"), form)
    document |= _facts(layer, words, view, fresh.revision, fresh.as_of)
    if answer.units is not None:
        document["shapes"] = _shapes_address(layer, answer, view)
    return tagged(json_answer(document), etag)


def _asked_exactly() -> str:
    return "&".join(f"{key}={value}" for key, value in sorted(request.args.items(multi=True)))


def _facts(
    layer: Layer, words: text.Text, view: View, revision: int, as_of: datetime | None
) -> dict[str, Any]:
    return {
        "key": layer.key,
        "title": words.t(f"layer.{layer.key}"),
        "revision": revision,
        "as_of": as_of,
        "asked_at": view.at,
        "period": {"since": view.period.since, "until": view.period.until},
    }


def _shapes_address(layer: Layer, answer: Picture, view: View) -> str:
    """Return where the outlines are; close zooms share one address, so that few are fetched."""
    chosen = {"scheme": answer.scheme, "level": answer.level} if answer.scheme else {}
    return f"/api/v1/shapes/{layer.key}?{wire.query({**chosen, 'z': wire.detail_zoom(view.zoom)})}"


def _outlines(session: Session, scope: Scope, layer: Layer, view: View) -> Response:
    if layer.outlines is None:
        raise NotFoundError(f"The layer {layer.key} has no outlines.")
    fresh = changes.freshness(session, scope, layer.topics - {"incidents"})
    etag = etag_of("shapes", layer.key, scope, fresh.revision, view.at.date(), _asked_exactly())
    if is_known(etag):
        return not_modified(etag)
    return tagged(json_answer(wire.outlines(layer.outlines(session, scope, view), view)), etag)
