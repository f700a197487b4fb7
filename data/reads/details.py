"""Everything that a drawer shows of one incident or one camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from data.errors import NotFoundError
from data.models import (
    Area,
    Camera,
    CameraGrid,
    GridScheme,
    GridUnit,
    Incident,
    IncidentEvent,
    IncidentGrid,
    Organisation,
    ServiceCategory,
    ServiceItem,
)
from data.reads import visibility
from data.scope import Scope


@dataclass(frozen=True, slots=True)
class IncidentDetail:
    """An incident with what its codes stand for and its history."""

    incident: Incident
    category: ServiceCategory
    item: ServiceItem | None
    agency: Organisation | None
    area: Area | None
    grids: Sequence[GridUnit]
    """The grids that held the place, of the first scheme first, the coarsest first."""
    events: Sequence[IncidentEvent]
    """The history, the oldest first."""


@dataclass(frozen=True, slots=True)
class CameraDetail:
    """A camera with the places that it belongs to."""

    camera: Camera
    area: Area | None
    grids: Sequence[GridUnit]


def incident(session: Session, scope: Scope, incident_id: int) -> IncidentDetail:
    """Return one incident; raise NotFoundError where there is none in the scope."""
    found = session.scalars(
        select(Incident).where(Incident.id == incident_id, *visibility.incidents(scope))
    ).one_or_none()
    if found is None:
        raise NotFoundError(f"There is no incident {incident_id} here.")
    held = select(IncidentGrid.grid_id).where(IncidentGrid.incident_id == found.id)
    return IncidentDetail(
        incident=found,
        category=session.get_one(ServiceCategory, found.category_code),
        item=session.get(ServiceItem, found.service_item_code) if found.service_item_code else None,
        agency=session.get(Organisation, found.agency_id) if found.agency_id else None,
        area=session.get(Area, found.area_id) if found.area_id else None,
        grids=_grids(session, held),
        events=session.scalars(
            select(IncidentEvent)
            .where(IncidentEvent.incident_id == found.id)
            .order_by(IncidentEvent.sequence)
        ).all(),
    )


def camera(session: Session, scope: Scope, camera_id: int) -> CameraDetail:
    """Return one camera; raise NotFoundError where there is none in the scope."""
    found = session.scalars(
        select(Camera).where(Camera.id == camera_id, *visibility.cameras(scope))
    ).one_or_none()
    if found is None:
        raise NotFoundError(f"There is no camera {camera_id} here.")
    held = select(CameraGrid.grid_id).where(CameraGrid.camera_id == found.id)
    return CameraDetail(
        camera=found,
        area=session.get(Area, found.area_id) if found.area_id else None,
        grids=_grids(session, held),
    )


def _grids(session: Session, held: Select[int]) -> Sequence[GridUnit]:
    """Return the grids with these ids, of the first scheme first, the coarsest first."""
    statement = (
        select(GridUnit)
        .join(GridScheme, GridScheme.id == GridUnit.scheme_id)
        .where(GridUnit.id.in_(held))
        .order_by(GridScheme.position, GridScheme.id, GridUnit.level)
    )
    return session.scalars(statement).all()
