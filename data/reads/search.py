"""Finding a grid by name or code, and an incident by number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from data.models import GridScheme, GridUnit, Incident
from data.reads import selection, visibility
from data.scope import Scope

HITS_LIMIT = 12
SHORTEST_TEXT = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that the searched text names."""

    kind: Literal["grid", "incident"]
    key: str
    """Code of the grid; id of the incident."""
    title: str
    detail: str
    """Code of the grid; title of the incident."""
    translations: Mapping[str, str] = field(default_factory=dict)
    scheme: str | None = None


def find(session: Session, scope: Scope, text: str, at: datetime) -> list[Hit]:
    """Return grids whose name or code holds the text, then incidents whose number does."""
    wanted = text.strip()
    if len(wanted) < SHORTEST_TEXT:
        return []
    grids = _grids(session, scope, wanted, at)
    return [*grids, *_incidents(session, scope, wanted, HITS_LIMIT - len(grids))]


def _grids(session: Session, scope: Scope, wanted: str, at: datetime) -> list[Hit]:
    statement = (
        select(GridUnit, GridScheme.code)
        .join(GridScheme, GridScheme.id == GridUnit.scheme_id)
        .where(
            or_(
                GridUnit.name.icontains(wanted, autoescape=True),
                GridUnit.code.icontains(wanted, autoescape=True),
                cast(GridUnit.translations, String).icontains(wanted, autoescape=True),
            ),
            *selection.valid_grids(at),
            *visibility.grids(scope),
        )
        .order_by(GridScheme.position, GridUnit.level, GridUnit.code)
        .limit(HITS_LIMIT // 2)
    )
    return [
        Hit("grid", grid.code, grid.name, grid.code, grid.translations, scheme)
        for grid, scheme in session.execute(statement)
    ]


def _incidents(session: Session, scope: Scope, wanted: str, limit: int) -> list[Hit]:
    statement = (
        select(Incident.id, Incident.incident_no, Incident.title)
        .where(
            Incident.incident_no.icontains(wanted, autoescape=True), *visibility.incidents(scope)
        )
        .order_by(Incident.reported_at.desc())
        .limit(limit)
    )
    return [
        Hit("incident", str(row.id), row.incident_no, row.title)
        for row in session.execute(statement)
    ]
