"""Incidents as cells, as clusters and as points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Integer, func, literal_column, select
from sqlalchemy.orm import Session

from data import cells
from data.geo import View
from data.models import Incident
from data.reads import selection
from data.scope import Scope

CELLS_LIMIT = 20_000
"""An answer with more cells than this steps down to a coarser resolution."""


@dataclass(frozen=True, slots=True)
class CellCounts:
    """Counts per H3 cell, ascending by cell."""

    resolution: int
    cells: Sequence[int]
    counts: Sequence[int]

    @property
    def total(self) -> int:
        """Return the number of incidents counted."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Mark:
    """One incident, or several that lie close together at this zoom."""

    id: int | None
    """None for several."""
    longitude: float
    latitude: float
    """The place, or the mean of the places."""
    count: int
    overdue: int
    """How many of them are open past their due time."""
    stage: str
    """Of one incident; of several, without meaning."""
    is_closed: bool
    incident_no: str


def count_by_cell(session: Session, scope: Scope, view: View, resolution: int) -> CellCounts:
    """Return how many incidents of the view each H3 cell holds.

    A coarser cell holds the rows whose base cell descends from it; see `data.cells`.
    """
    prefix = _prefix(resolution)
    rows = session.execute(
        select(prefix, func.count())
        .where(Incident.cell.is_not(None), *selection.incidents(scope, view))
        .group_by(prefix)
        .order_by(prefix)
    ).all()
    return CellCounts(
        resolution,
        [cells.from_shifted(row[0], resolution) for row in rows],
        [row[1] for row in rows],
    )


def count_by_cell_capped(session: Session, scope: Scope, view: View, resolution: int) -> CellCounts:
    """Return the counts at the finest resolution, `resolution` or coarser, that meets the limit."""
    counted = count_by_cell(session, scope, view, resolution)
    while len(counted.cells) > CELLS_LIMIT and resolution > cells.COARSEST_RESOLUTION:
        resolution -= 1
        counted = count_by_cell(session, scope, view, resolution)
    return counted


def located(session: Session, scope: Scope, view: View) -> int:
    """Return how many incidents of the view have a place."""
    statement = select(func.count()).where(
        Incident.cell.is_not(None), *selection.incidents(scope, view)
    )
    return session.scalars(statement).one()


def without_place(session: Session, scope: Scope, view: View) -> int:
    """Return how many incidents have no place and so are in no box; 0 where a grid is chosen."""
    if view.grid is not None:
        return 0
    statement = select(func.count()).where(
        Incident.cell.is_(None), *selection.incidents(scope, replace(view, bbox=None))
    )
    return session.scalars(statement).one()


def points(session: Session, scope: Scope, view: View, limit: int) -> list[Mark]:
    """Return the incidents of the view one by one, the newest first, at most `limit`."""
    statement = (
        select(
            Incident.id,
            Incident.longitude,
            Incident.latitude,
            Incident.stage,
            selection.is_closed(view.at).label("is_closed"),
            Incident.incident_no,
            selection.overdue_open(view.at).label("is_overdue"),
        )
        .where(Incident.cell.is_not(None), *selection.incidents(scope, view))
        .order_by(Incident.reported_at.desc(), Incident.id.desc())
        .limit(limit)
    )
    return [
        Mark(
            row.id,
            row.longitude,
            row.latitude,
            1,
            int(row.is_overdue),
            row.stage,
            bool(row.is_closed),
            row.incident_no,
        )
        for row in session.execute(statement)
    ]


def clusters(session: Session, scope: Scope, view: View, resolution: int) -> list[Mark]:
    """Return the incidents of the view gathered by H3 cell; a cell with one gives that one."""
    prefix = _prefix(resolution)
    statement = (
        select(
            func.count(),
            func.avg(Incident.longitude),
            func.avg(Incident.latitude),
            selection.counted(selection.overdue_open(view.at)),
            func.min(Incident.id),
            func.min(Incident.stage),
            selection.counted(selection.is_closed(view.at)),
            func.min(Incident.incident_no),
        )
        .where(Incident.cell.is_not(None), *selection.incidents(scope, view))
        .group_by(prefix)
        .order_by(prefix)
    )
    return [
        Mark(
            row_id if count == 1 else None,
            float(longitude),
            float(latitude),
            count,
            int(overdue),
            stage,
            closed > 0,
            incident_no,
        )
        for count, longitude, latitude, overdue, row_id, stage, closed, incident_no in (
            tuple(row) for row in session.execute(statement)
        )
    ]


def _prefix(resolution: int) -> ColumnElement[int]:
    # A literal: with a parameter PostgreSQL takes SELECT and GROUP BY for two expressions.
    shift = literal_column(str(cells.digit_shift(resolution)), Integer)
    return Incident.cell.bitwise_rshift(shift)
