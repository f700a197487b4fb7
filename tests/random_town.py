"""A town whose incidents are as awkward as they may be, and what can be done to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from shapely import MultiPolygon, box
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import cells
from data.assignment import assign_incidents, link_areas
from data.models import Incident
from data.store import Store
from tests.makers import (
    HERE,
    NOW,
    add_area,
    add_grid,
    add_incident,
    add_organisation,
    add_scheme,
    ensure_category,
    square,
)

CATEGORIES = ("c1", "c2", "c3")
STAGES = ("reported", "handling", "closed")
PRIORITIES = ("urgent", "minor")
SOURCES = ("grid_patrol", "sensor")
AGENCIES = ("A1", "A2")
GRID_CODES = ("ZONE", "N", "N1", "S1", "P1", "none such")
AREA_CODES = ("TOWN", "WEST", "EAST", "none such")

# Few moments, so that many things happen at the very same one; SQLite would round the last three.
MOMENTS = tuple(
    NOW - timedelta(hours=hours, microseconds=-microseconds)
    for hours in (-2, 0, 1, 5, 30, 200)
    for microseconds in (0, 1, 500_000, 999_500, 999_999)
)
_STEP = 0.01
PLACES: tuple[tuple[float | None, float | None], ...] = (
    (None, None),
    *((HERE[0] + x * _STEP / 2, HERE[1] + y * _STEP / 2) for x in range(9) for y in range(-1, 5)),
    (HERE[0] + 0.0031, HERE[1] + 0.0017),
    (HERE[0] + 0.0032, HERE[1] + 0.0017),
    (179.9999, -16.5),
    (-179.9999, -16.5),
    (180.0, 0.0),
    (-180.0, 0.0),
    (0.0, 89.9),
    (10.53619, 58.31157),  # within a pentagon of every resolution
)


@dataclass(frozen=True)
class Town:
    """A database with a town in it."""

    store: Store
    grid_ids: tuple[int, ...]
    agency_ids: tuple[int, ...]


def founded(store: Store, chance: Random, incidents: int) -> Town:
    """Fill an empty database: two schemes of grids, some only valid for a time, areas in areas."""
    with store.writing("areas", "grids", "incidents", at=NOW) as session:
        for code in CATEGORIES:
            ensure_category(session, code)
        agencies = tuple(add_organisation(session, code=code).id for code in AGENCIES)
        _add_areas(session)
        grid_ids = _add_grids(session)
        town = Town(store, grid_ids, agencies)
        for _ in range(incidents):
            add_incident(session, **some_facts(town, chance))
        assign_incidents(session)
        link_areas(session)
    return town


def _fields(west: int, south: int, east: int, north: int) -> MultiPolygon:
    """Return a rectangle of fields of the chessboard."""
    corner, opposite = square(west, south).bounds, square(east - 1, north - 1).bounds
    return MultiPolygon([box(corner[0], corner[1], opposite[2], opposite[3])])


def _add_areas(session: Session) -> None:
    town = add_area(session, code="TOWN", level="township", geometry=_fields(0, 0, 4, 2))
    add_area(session, code="WEST", parent_id=town.id, geometry=_fields(0, 0, 2, 2))
    add_area(session, code="EAST", parent_id=town.id, geometry=_fields(2, 0, 3, 2))


def _add_grids(session: Session) -> tuple[int, ...]:
    scheme = add_scheme(session, levels=3)
    police = add_scheme(session, code="police", levels=1, position=1)
    zone = add_grid(session, scheme=scheme, code="ZONE", geometry=_fields(0, 0, 4, 2))
    changed = NOW - timedelta(hours=30)
    halves = [
        add_grid(session, scheme=scheme, level=2, parent_id=zone.id, **fields).id
        for fields in (
            {"code": "N", "geometry": _fields(0, 1, 4, 2), "valid_until": changed},
            {"code": "N", "geometry": _fields(0, 1, 3, 2), "valid_from": changed},
            {"code": "S", "geometry": _fields(0, 0, 4, 1)},
        )
    ]
    quarters = [
        add_grid(session, scheme=scheme, level=3, parent_id=parent, code=code, geometry=shape).id
        for parent, code, shape in (
            (halves[1], "N1", _fields(0, 1, 1, 2)),
            (halves[1], "N2", _fields(1, 1, 2, 2)),
            (halves[2], "S1", _fields(0, 0, 1, 1)),
        )
    ]
    beat = add_grid(session, scheme=police, code="P1", geometry=_fields(1, 0, 3, 2))
    return (zone.id, *halves, *quarters, beat.id)


def some_facts(town: Town, chance: Random) -> dict[str, Any]:
    """Return all that is random about an incident."""
    due = chance.choice((None, *MOMENTS))
    reported = chance.choice(MOMENTS)
    ends = [moment for moment in (due, *MOMENTS) if moment is not None and moment >= reported]
    longitude, latitude = chance.choice(PLACES)
    return {
        "longitude": longitude,
        "latitude": latitude,
        "category_code": chance.choice(CATEGORIES),
        "stage": chance.choice(STAGES),
        "priority": chance.choice(PRIORITIES),
        "source": chance.choice(SOURCES),
        "agency_id": chance.choice((None, *town.agency_ids)),
        "reported_at": reported,
        "due_at": due,
        "extended_due_at": chance.choice((None, None, *MOMENTS)),
        "closed_at": chance.choice((None, *ends)),
    }


def live_on(town: Town, chance: Random, *, at: datetime = NOW) -> None:
    """Let some incidents come, change, move, lose or get a place, and go."""
    with town.store.writing("incidents", at=at) as session:
        there = session.scalars(select(Incident).order_by(Incident.id)).all()
        touched = chance.sample(there, min(len(there), 12))
        for incident in touched[:4]:
            session.delete(incident)
        changed = [add_incident(session, **some_facts(town, chance)) for _ in range(6)]
        for incident in touched[4:]:
            facts = some_facts(town, chance)
            for name in chance.sample(sorted(facts), 4):
                setattr(incident, name, facts[name])
            incident.longitude, incident.latitude = facts["longitude"], facts["latitude"]
            incident.cell = None
            if incident.longitude is not None and incident.latitude is not None:
                incident.cell = cells.cell_at(incident.longitude, incident.latitude)
            changed.append(incident)
        session.flush()
        assign_incidents(session, [incident.id for incident in changed])
