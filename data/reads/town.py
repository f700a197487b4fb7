"""Facts about the place as a whole: its name, its bounds, whether it is a demonstration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.geo import BBox
from data.models import Area, GridUnit, Incident, Installation, Organisation, ServiceCategory
from data.reads import visibility
from data.scope import Scope


@dataclass(frozen=True, slots=True)
class Town:
    """The place that this installation shows."""

    name: str | None
    translations: Mapping[str, str]
    residents: int | None
    area_km2: float | None
    is_demonstration: bool
    bounds: BBox | None
    """Of all grids and areas; None while none is loaded."""
    latest_incident_at: datetime | None


def describe(session: Session, scope: Scope) -> Town:
    """Return the facts about the place."""
    facts = {row.key: row.value for row in session.scalars(select(Installation))}
    town = facts.get("town") or {}
    latest = select(func.max(Incident.reported_at)).where(*visibility.incidents(scope))
    return Town(
        name=town.get("name"),
        translations=town.get("translations") or {},
        residents=town.get("residents"),
        area_km2=town.get("area_km2"),
        is_demonstration="demo" in facts,
        bounds=bounds(session, scope),
        latest_incident_at=session.scalar(latest),
    )


def bounds(session: Session, scope: Scope) -> BBox | None:
    """Return the box round the coarsest grids and the areas that the seat may see."""
    coarsest = select(func.min(GridUnit.level)).scalar_subquery()
    shapes = [
        *session.scalars(
            select(GridUnit.geometry).where(GridUnit.level == coarsest, *visibility.grids(scope))
        ),
        *session.scalars(select(Area.geometry).where(*visibility.areas(scope))),
    ]
    if not shapes:
        return None
    return BBox(*map(float, shapely.total_bounds(shapes)))


def agencies(session: Session, scope: Scope) -> Sequence[Organisation]:
    """Return the organisations that have handled an incident that the seat may see, by code."""
    busy = select(Incident.agency_id).where(*visibility.incidents(scope)).distinct()
    statement = select(Organisation).where(Organisation.id.in_(busy)).order_by(Organisation.code)
    return session.scalars(statement).all()


def categories(session: Session, scope: Scope) -> Sequence[ServiceCategory]:
    """Return the service categories in their order."""
    _ = scope  # the catalogue is the same for every seat
    return session.scalars(select(ServiceCategory).order_by(ServiceCategory.position)).all()
