"""The HTTP interface of the map: layers, outlines, changes, tiles, health. JSON in, JSON out."""

from __future__ import annotations

from flask import Flask

from dashboard.api import changes, errors, health, layers, tiles
from dashboard.services import Services


def register(server: Flask, services: Services) -> None:
    """Attach every route and the answers to errors."""
    errors.register(server)
    for module in (health, layers, changes, tiles):
        server.register_blueprint(module.blueprint(services))
