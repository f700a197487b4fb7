"""Is the process alive, and can it answer? For monitors, which must read the body too."""

from __future__ import annotations

from flask import Blueprint, Response

from dashboard.api.answers import json_answer
from dashboard.services import Services
from data.store import Store, is_at_head


def blueprint(services: Services) -> Blueprint:
    """Return the routes /healthz and /readyz."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def alive() -> Response:
        return json_answer({"status": "alive"})

    @routes.get("/readyz")
    def ready() -> Response:
        checks = _checks(services.store)
        is_ready = all(checks.values())
        status = "ready" if is_ready else "not ready"
        return json_answer({"status": status, "checks": checks}, 200 if is_ready else 503)

    return routes


def _checks(store: Store) -> dict[str, bool]:
    is_answering = store.is_answering()
    return {"database": is_answering, "migrations": is_answering and is_at_head(store)}
