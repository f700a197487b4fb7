"""Which incidents and cameras a view asks for, as conditions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import BigInteger

from data.geo import BBox, IncidentFilter, View
from data.models import (
    Camera,
    CameraGrid,
    GridScheme,
    GridUnit,
    Incident,
    IncidentGrid,
    Organisation,
)
from data.reads import visibility
from data.reads.visibility import Conditions
from data.scope import Scope


class epoch_s(FunctionElement[int]):  # noqa: N801 - reads as the SQL function that it is
    """Whole seconds from 1970 UTC to a stored moment."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch_s, "sqlite")
def _epoch_on_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    # Without the fraction, which SQLite would round: 08:00:00.9996 would be a second later.
    return f"CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER)"


@compiles(epoch_s, "postgresql")
def _epoch_on_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(floor(extract(epoch FROM {moment})) AS BIGINT)"


def due_at() -> ColumnElement[datetime | None]:
    """Return the due time that counts: the extended one where there is one."""
    return func.coalesce(Incident.extended_due_at, Incident.due_at)


def is_closed(at: datetime) -> ColumnElement[bool]:
    """Match incidents that had ended by that moment."""
    return and_(Incident.closed_at.is_not(None), Incident.closed_at <= at)


def is_open(at: datetime) -> ColumnElement[bool]:
    """Match incidents that had not ended by that moment."""
    return or_(Incident.closed_at.is_(None), Incident.closed_at > at)


def overdue_open(at: datetime) -> ColumnElement[bool]:
    """Match incidents that were open past their due time at that moment."""
    return and_(is_open(at), due_at().is_not(None), due_at() < at)


def counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Count the rows that meet the condition; 0 where there is no row."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def incidents(scope: Scope, view: View) -> Conditions:
    """Return the conditions for the incidents that the seat may see and the view asks for."""
    return [
        Incident.reported_at >= view.period.since,
        Incident.reported_at < view.period.until,
        *visibility.incidents(scope),
        *_filtered(view.incidents, view.at),
        *(_within(Incident, view.bbox) if view.bbox else []),
        *_held(view, Incident.id, IncidentGrid.incident_id, IncidentGrid.grid_id),
    ]


def cameras(scope: Scope, view: View) -> Conditions:
    """Return the conditions for the cameras that the seat may see and the view asks for."""
    return [
        *visibility.cameras(scope),
        *(_within(Camera, view.bbox) if view.bbox else []),
        *_held(view, Camera.id, CameraGrid.camera_id, CameraGrid.grid_id),
    ]


def valid_grids(at: datetime) -> Conditions:
    """Return the conditions for the grids that are valid at a moment."""
    return [
        or_(GridUnit.valid_from.is_(None), GridUnit.valid_from <= at),
        or_(GridUnit.valid_until.is_(None), GridUnit.valid_until > at),
    ]


def grids_coded(scheme: str | None, code: str) -> Select[int]:
    """Select the ids of a grid at all times; the first scheme where none is named."""
    return select(GridUnit.id).where(GridUnit.code == code, GridUnit.scheme_id == scheme_id(scheme))


def scheme_id(scheme: str | None) -> ColumnElement[int]:
    """Return the id of a scheme as a subquery; of the first scheme where none is named."""
    chosen = select(GridScheme.id).order_by(GridScheme.position, GridScheme.id).limit(1)
    if scheme is not None:
        chosen = chosen.where(GridScheme.code == scheme)
    return chosen.scalar_subquery()


def _held(view: View, row_id: Any, linked_id: Any, grid_id: Any) -> Conditions:
    if view.grid is None:
        return []
    grids = grids_coded(view.scheme, view.grid)
    return [row_id.in_(select(linked_id).where(grid_id.in_(grids)))]


def _filtered(chosen: IncidentFilter, at: datetime) -> Conditions:
    conditions: Conditions = []
    for column, values in (
        (Incident.category_code, chosen.categories),
        (Incident.stage, chosen.stages),
        (Incident.priority, chosen.priorities),
        (Incident.source, chosen.sources),
    ):
        if values:
            conditions.append(column.in_(values))
    if chosen.agencies:
        agencies = select(Organisation.id).where(Organisation.code.in_(chosen.agencies))
        conditions.append(Incident.agency_id.in_(agencies))
    if chosen.overdue_only:
        conditions.append(overdue_open(at))
    return conditions


def _within(table: type[Incident | Camera], bbox: BBox) -> Conditions:
    return [
        table.latitude.between(bbox.south, bbox.north),
        or_(*(table.longitude.between(west, east) for west, east in bbox.spans())),
    ]
