"""The change feed: which layers have moved since a revision. Cheap, made to be polled."""

from __future__ import annotations

from flask import Blueprint, Response, request

import layers
from dashboard.api.answers import json_answer
from dashboard.services import Services
from data.errors import InvalidInputError
from data.reads import changes


def blueprint(services: Services) -> Blueprint:
    """Return the route of the feed."""
    routes = Blueprint("changes", __name__)

    @routes.get("/api/v1/changes")
    def feed() -> Response:
        since = _revision(request.args.get("since", "0"))
        scope = services.scope()
        with services.store.reading() as session:
            topics = changes.revisions(session, scope)
        moved = {topic for topic, fresh in topics.items() if fresh.revision > since}
        return json_answer(
            {
                "revision": max((fresh.revision for fresh in topics.values()), default=0),
                "layers": [
                    layer.key for layer in layers.visible_to(scope.role) if layer.topics & moved
                ],
                "now": services.now(),
            }
        )

    return routes


def _revision(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidInputError(f"since={text!r} is no revision; start with 0.")
    return int(text)
