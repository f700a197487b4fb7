"""Rows for tests: each maker needs only what the test is about and fills in the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from shapely import MultiPolygon, Polygon, box
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import cells
from data.models import (
    Area,
    Camera,
    GridLevel,
    GridScheme,
    GridUnit,
    Incident,
    Organisation,
    ServiceCategory,
)

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Monday noon in Shanghai: the clock of every test that does not choose another."""

HERE = (112.30, 30.30)
"""Longitude and latitude of the south-west corner of the tests' ground."""

_numbers = count(1)


def square(column: int = 0, row: int = 0, size_deg: float = 0.01) -> MultiPolygon:
    """Return the field of a chessboard whose first field has its corner at HERE."""
    west, south = HERE[0] + column * size_deg, HERE[1] + row * size_deg
    return MultiPolygon([box(west, south, west + size_deg, south + size_deg)])


def middle_of(shape: MultiPolygon | Polygon) -> tuple[float, float]:
    """Return longitude and latitude of a point inside."""
    point = shape.representative_point()
    return point.x, point.y


def _row(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def add_area(session: Session, **fields: Any) -> Area:
    """Add a village on the first field."""
    number = next(_numbers)
    given = {
        "code": f"{420000000000 + number}",
        "name": f"Village {number}",
        "translations": {},
        "level": "village",
        "area_m2": 1_070_000.0,
        "geometry": square(),
        "source_crs": "wgs84",
        "source_system": "test",
        "source_id": f"area-{number}",
    }
    return _row(session, Area(**(given | fields)))


def add_scheme(session: Session, code: str = "grid", levels: int = 1, **fields: Any) -> GridScheme:
    """Add a grid scheme with its levels, named "Level 1" and so on."""
    given = {"code": code, "name": f"Scheme {code}", "translations": {}}
    scheme = _row(session, GridScheme(**(given | fields)))
    for level in range(1, levels + 1):
        row = GridLevel(scheme_id=scheme.id, level=level, name=f"Level {level}", translations={})
        _row(session, row)
    return scheme


def _scheme_of(session: Session, level: int) -> GridScheme:
    scheme = session.scalars(select(GridScheme).where(GridScheme.code == "grid")).one_or_none()
    return scheme or add_scheme(session, levels=level)


def add_grid(
    session: Session, *, level: int = 1, scheme: GridScheme | None = None, **fields: Any
) -> GridUnit:
    """Add a grid of 300 households and 900 residents on the first field, valid since ever."""
    number = next(_numbers)
    scheme = scheme or _scheme_of(session, level)
    given = {
        "scheme_id": scheme.id,
        "level": level,
        "code": f"G{number:04}",
        "name": f"Grid {number}",
        "translations": {},
        "households": 300,
        "residents": 900,
        "area_m2": 1_070_000.0,
        "geometry": square(),
        "source_crs": "wgs84",
        "source_system": "test",
        "source_id": f"grid-{number}",
    }
    return _row(session, GridUnit(**(given | fields)))


def add_organisation(session: Session, **fields: Any) -> Organisation:
    """Add an agency."""
    number = next(_numbers)
    given = {
        "code": f"ORG{number}",
        "name": f"Agency {number}",
        "translations": {},
        "kind": "agency",
        "source_system": "test",
        "source_id": f"organisation-{number}",
    }
    return _row(session, Organisation(**(given | fields)))


def ensure_category(session: Session, code: str) -> None:
    """Add a category unless the catalogue has it."""
    if session.get(ServiceCategory, code) is None:
        row = ServiceCategory(
            code=code, name=code, translations={}, cap_category="Other", position=99
        )
        _row(session, row)


def _located(fields: dict[str, Any]) -> dict[str, Any]:
    longitude, latitude = fields.get("longitude"), fields.get("latitude")
    if longitude is None or latitude is None:
        return {}
    return {"cell": cells.cell_at(longitude, latitude)}


def add_incident(session: Session, **fields: Any) -> Incident:
    """Add an open incident reported an hour before NOW in the middle of the first field.

    Pass `longitude=None, latitude=None` for one without a place; the cell is computed.
    """
    number = next(_numbers)
    longitude, latitude = middle_of(square())
    given = {
        "incident_no": f"NO{number:06}",
        "title": f"Incident {number}",
        "category_code": "test-category",
        "source": "grid_patrol",
        "priority": "minor",
        "stage": "reported",
        "longitude": longitude,
        "latitude": latitude,
        "source_crs": "wgs84",
        "reported_at": NOW - timedelta(hours=1),
        "updated_at": NOW - timedelta(hours=1),
        "source_system": "test",
        "source_id": f"incident-{number}",
    } | fields
    ensure_category(session, given["category_code"])
    return _row(session, Incident(**(_located(given) | given)))


def add_camera(session: Session, **fields: Any) -> Camera:
    """Add a camera that is online, in the middle of the first field, direction unknown."""
    number = next(_numbers)
    longitude, latitude = middle_of(square())
    given = {
        "code": f"{42100000001310000000 + number}",
        "name": f"Camera {number}",
        "longitude": longitude,
        "latitude": latitude,
        "source_crs": "wgs84",
        "status": "online",
        "updated_at": NOW - timedelta(hours=1),
        "source_system": "test",
        "source_id": f"camera-{number}",
    } | fields
    return _row(session, Camera(**(_located(given) | given)))
