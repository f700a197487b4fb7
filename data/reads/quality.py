"""What the checks ask the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from data.models import Area, Camera, GridLevel, GridScheme, GridUnit, Incident, IncidentGrid
from data.reads import selection, visibility
from data.scope import Scope

Moment = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]

STAGE_MOMENTS: tuple[Moment, ...] = (
    Incident.reported_at,
    Incident.verified_at,
    Incident.filed_at,
    Incident.dispatched_at,
    Incident.received_at,
    Incident.handling_at,
    Incident.handled_at,
    Incident.checked_at,
    Incident.closed_at,
    Incident.evaluated_at,
)
"""In the order in which they must come."""

DATED_COLUMNS: tuple[Moment, ...] = (
    *STAGE_MOMENTS,
    Incident.occurred_at,
    Incident.due_at,
    Incident.extended_due_at,
)


@dataclass(frozen=True, slots=True)
class Level:
    """The grids of one scheme and level at one moment."""

    scheme_code: str
    level: int
    name: str
    max_households: int
    max_residents: int
    is_finest: bool
    units: tuple[GridUnit, ...]


@dataclass(frozen=True, slots=True)
class Pile:
    """Incidents that share one exact position."""

    longitude: float
    latitude: float
    count: int
    address: str | None


def levels(session: Session, scope: Scope, at: datetime) -> list[Level]:
    """Return every level of every scheme with the grids valid at a moment, by code."""
    seen = [*selection.valid_grids(at), *visibility.grids(scope)]
    units: dict[tuple[int, int], list[GridUnit]] = {}
    rows = select(GridUnit).where(*seen).order_by(GridUnit.code)
    for unit in session.scalars(rows):
        units.setdefault((unit.scheme_id, unit.level), []).append(unit)
    finest: dict[int, int] = {}
    for scheme_id, level in units:
        finest[scheme_id] = max(level, finest.get(scheme_id, level))
    named = (
        select(GridScheme, GridLevel)
        .join(GridLevel, GridLevel.scheme_id == GridScheme.id)
        .order_by(GridScheme.position, GridScheme.code, GridLevel.level)
    )
    return [
        Level(
            scheme.code,
            level.level,
            level.name,
            scheme.max_households,
            scheme.max_residents,
            finest[scheme.id] == level.level,
            tuple(units[scheme.id, level.level]),
        )
        for scheme, level in session.execute(named)
        if (scheme.id, level.level) in units
    ]


def areas(session: Session, scope: Scope) -> dict[str, list[tuple[str, BaseGeometry]]]:
    """Return code with name, and shape, of the areas of each administrative level."""
    found: dict[str, list[tuple[str, BaseGeometry]]] = {}
    rows = select(Area).where(*visibility.areas(scope)).order_by(Area.code)
    for area in session.scalars(rows):
        found.setdefault(area.level, []).append((f"{area.code} {area.name}", area.geometry))
    return found


def incident_count(session: Session, scope: Scope, *conditions: ColumnElement[bool]) -> int:
    """Return how many incidents meet the conditions."""
    rows = select(func.count(Incident.id)).where(*conditions, *visibility.incidents(scope))
    return session.scalar(rows) or 0


def incident_numbers(
    session: Session, scope: Scope, limit: int, *conditions: ColumnElement[bool]
) -> list[str]:
    """Return the numbers of the first incidents that meet the conditions."""
    rows = select(Incident.incident_no).where(*conditions, *visibility.incidents(scope))
    return list(session.scalars(rows.order_by(Incident.id).limit(limit)))


def has_place() -> ColumnElement[bool]:
    """Hold where an incident has coordinates."""
    return and_(Incident.longitude.is_not(None), Incident.latitude.is_not(None))


def outside_every_grid() -> ColumnElement[bool]:
    """Hold where an incident has coordinates and no grid held it when it was reported."""
    linked = select(IncidentGrid.grid_id).where(IncidentGrid.incident_id == Incident.id)
    return and_(has_place(), ~linked.exists())


def closed_before_reported() -> ColumnElement[bool]:
    """Hold where an incident ended before it began."""
    return Incident.closed_at < Incident.reported_at


def out_of_order(moments: Sequence[Moment]) -> ColumnElement[bool]:
    """Hold where any of the moments lies before one that must come earlier."""
    pairs = [
        later < earlier for position, later in enumerate(moments) for earlier in moments[:position]
    ]
    return or_(*pairs)


def outside_times(column: Moment, since: datetime, until: datetime) -> ColumnElement[bool]:
    """Hold where a time lies outside a half-open window."""
    return or_(column < since, column >= until)


def sizes_of_piles(session: Session, scope: Scope) -> Mapping[int, int]:
    """Return how many positions hold how many incidents: positions by incidents each."""
    each = (
        select(func.count().label("incidents"))
        .select_from(Incident)
        .where(has_place(), *visibility.incidents(scope))
        .group_by(Incident.latitude, Incident.longitude)
        .subquery()
    )
    rows = select(each.c.incidents, func.count()).group_by(each.c.incidents)
    return dict(session.execute(rows).all())


def piles(session: Session, scope: Scope, at_least: int) -> list[Pile]:
    """Return the positions that hold at least so many incidents, the fullest first."""
    incidents = func.count().label("incidents")
    rows = (
        select(Incident.longitude, Incident.latitude, incidents, func.min(Incident.address))
        .where(has_place(), *visibility.incidents(scope))
        .group_by(Incident.latitude, Incident.longitude)
        .having(incidents >= at_least)
        .order_by(incidents.desc(), Incident.longitude, Incident.latitude)
    )
    return [
        Pile(float(longitude or 0), float(latitude or 0), count, address)
        for longitude, latitude, count, address in session.execute(rows)
    ]


def cameras(session: Session, scope: Scope) -> Sequence[Camera]:
    """Return all cameras by code."""
    rows = select(Camera).where(*visibility.cameras(scope)).order_by(Camera.code)
    return session.scalars(rows).all()


def column_name(column: Any) -> str:
    """Return the name of a column, for a message."""
    return str(column.key)
