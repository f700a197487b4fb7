"""A local basemap: tiles out of an .mbtiles or raster .pmtiles file that the settings name."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from flask import Blueprint, Response
from pmtiles.reader import MmapSource, Reader

from dashboard.services import Services
from data.errors import NotFoundError

MIME_OF_START = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
}


def blueprint(services: Services) -> Blueprint:
    """Return the route of the tiles; without a file every tile is absent."""
    routes = Blueprint("tiles", __name__)
    path = services.settings.basemap_file

    @routes.get("/tiles/<int:z>/<int:x>/<int:y>")
    def tile(z: int, x: int, y: int) -> Response:
        if path is None:
            raise NotFoundError("No basemap file is set.")
        found = (from_pmtiles if path.suffix == ".pmtiles" else from_mbtiles)(path, z, x, y)
        if found is None:
            raise NotFoundError(f"The basemap has no tile {z}/{x}/{y}.")
        answer = Response(found, mimetype=_mime(found))
        answer.headers["Cache-Control"] = "private, max-age=86400"
        return answer

    return routes


def from_mbtiles(path: Path, z: int, x: int, y: int) -> bytes | None:
    """Return a tile of an MBTiles file, whose rows count from the south."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        row = connection.execute(
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
            (z, x, 2**z - 1 - y),
        ).fetchone()
    connection.close()
    return None if row is None else bytes(row[0])


def from_pmtiles(path: Path, z: int, x: int, y: int) -> bytes | None:
    """Return a tile of a PMTiles file."""
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))  # type: ignore[no-untyped-call]  # pmtiles has no types
        found = reader.get(z, x, y)  # type: ignore[no-untyped-call]
    return None if found is None else bytes(found)


def _mime(tile: bytes) -> str:
    kinds = (mime for start, mime in MIME_OF_START.items() if tile.startswith(start))
    return next(kinds, "application/octet-stream")
