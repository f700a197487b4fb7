"""Incidents as cells, as clusters and as points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Integer, false, func, literal_column, or_, select
from sqlalchemy.orm import Session

from data import cells
from data.geo import View
from data.index import answers
from data.index.answers import Gathered
from data.models import Incident
from data.reads import indexed, selection
from data.reads.visibility import Conditions
from data.scope import Scope

CELLS_LIMIT = 20_000
"""An answer with more cells than this steps down to a coarser resolution."""
_IDS_AT_ONCE = 5_000


Cells = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CellCounts:
    """Counts per H3 cell, ascending by cell."""

    resolution: int
    cells: Cells
    counts: Counts

    @property
    def total(self) -> int:
        """Return the number of incidents counted."""
        return int(self.counts.sum())


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


def count_by_cell(
    session: Session, scope: Scope, view: View, resolution: int, within: Cells | None = None
) -> CellCounts:
    """Return how many incidents of the view each H3 cell holds.

    A coarser cell holds the rows whose base cell descends from it; see `data.cells`. `within` takes
    only rows whose cell descends from one of these.
    """
    with indexed.asked(session, scope, view) as asked:
        if asked is not None:
            found = answers.count_by_cell(asked.index, asked.selection, resolution, within)
            return CellCounts(resolution, *found)
    prefix = _prefix(resolution)
    rows = session.execute(
        select(prefix, func.count())
        .where(Incident.cell.is_not(None), *selection.incidents(scope, view), *_below(within))
        .group_by(prefix)
        .order_by(prefix)
    ).all()
    prefixes = np.array([row[0] for row in rows], dtype=np.uint64)
    counts = np.array([row[1] for row in rows], dtype=np.int64)
    return CellCounts(resolution, cells.from_prefixes(prefixes, resolution), counts)


def count_whole_cells(session: Session, scope: Scope, view: View, resolution: int) -> CellCounts:
    """Return the counts of every cell that the box touches, each with all its incidents.

    Cells beside the box come with them. With more than CELLS_LIMIT cells the answer steps down to
    the finest resolution that has fewer.
    """
    within = None if view.bbox is None else cells.around(view.bbox, resolution)
    everywhere = replace(view, bbox=None)
    counted = count_by_cell(session, scope, everywhere, resolution, within)
    while len(counted.cells) > CELLS_LIMIT:  # of resolution 2 the whole earth has fewer
        resolution -= 1
        within = None if view.bbox is None else cells.around(view.bbox, resolution)
        counted = count_by_cell(session, scope, everywhere, resolution, within)
    return counted


def located(session: Session, scope: Scope, view: View) -> int:
    """Return how many incidents of the view have a place."""
    with indexed.asked(session, scope, view) as asked:
        if asked is not None:
            return answers.located(asked.index, asked.selection)
    statement = select(func.count()).where(
        Incident.cell.is_not(None), *selection.incidents(scope, view)
    )
    return session.scalars(statement).one()


def without_place(session: Session, scope: Scope, view: View) -> int:
    """Return how many incidents have no place and so are in no box; 0 where a grid is chosen."""
    if view.grid is not None:
        return 0
    everywhere = replace(view, bbox=None)
    with indexed.asked(session, scope, everywhere) as asked:
        if asked is not None:
            return answers.without_place(asked.index, asked.selection)
    statement = select(func.count()).where(
        Incident.cell.is_(None), *selection.incidents(scope, everywhere)
    )
    return session.scalars(statement).one()


def points(session: Session, scope: Scope, view: View, limit: int) -> list[Mark]:
    """Return the incidents of the view one by one, the newest first, at most `limit`."""
    with indexed.asked(session, scope, view) as asked:
        newest = None if asked is None else answers.newest(asked.index, asked.selection, limit)
    if newest is not None:
        return _marks(session, view, [Incident.id.in_(newest.tolist())], limit)
    located = [Incident.cell.is_not(None), *selection.incidents(scope, view)]
    return _marks(session, view, located, limit)


def clusters(session: Session, scope: Scope, view: View, resolution: int) -> list[Mark]:
    """Return the incidents of the view gathered by H3 cell; a cell with one gives that one."""
    with indexed.asked(session, scope, view) as asked:
        found = None
        if asked is not None:
            found = answers.gathered(asked.index, asked.selection, asked.at_us, resolution)
    if found is None:
        found = _gathered(session, scope, view, resolution)
    alone = found.ids[found.counts == 1].tolist()
    marks = {
        mark.id: mark
        for start in range(0, len(alone), _IDS_AT_ONCE)
        for mark in _marks(
            session, view, [Incident.id.in_(alone[start : start + _IDS_AT_ONCE])], _IDS_AT_ONCE
        )
    }
    several = (
        Mark(None, *place, stage="", is_closed=False, incident_no="") for place in found.rows()
    )
    return [
        marks.get(id_, mark) if mark.count == 1 else mark
        for id_, mark in zip(found.ids.tolist(), several, strict=True)
    ]


def _marks(session: Session, view: View, conditions: Conditions, limit: int) -> list[Mark]:
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
        .where(*conditions)
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


def _gathered(session: Session, scope: Scope, view: View, resolution: int) -> Gathered:
    prefix = _prefix(resolution)
    statement = (
        select(
            func.count(),
            func.avg(Incident.longitude),
            func.avg(Incident.latitude),
            selection.counted(selection.overdue_open(view.at)),
            func.min(Incident.id),
        )
        .where(Incident.cell.is_not(None), *selection.incidents(scope, view))
        .group_by(prefix)
        .order_by(prefix)
    )
    rows = np.array([tuple(row) for row in session.execute(statement)], dtype=np.float64)
    counts, longitudes, latitudes, overdue, ids = rows.reshape(-1, 5).T
    return Gathered(
        counts.astype(np.int64),
        longitudes,
        latitudes,
        overdue.astype(np.int64),
        ids.astype(np.int64),
    )


def _below(within: Cells | None) -> Conditions:
    """Return the condition that a row's cell descends from one of these cells."""
    if within is None:
        return []
    firsts, lasts = cells.base_ranges(within)
    ranges = zip(firsts.tolist(), lasts.tolist(), strict=True)
    return [or_(false(), *(Incident.cell.between(first, last) for first, last in ranges))]


def _prefix(resolution: int) -> ColumnElement[int]:
    # A literal: with a parameter PostgreSQL takes SELECT and GROUP BY for two expressions.
    shift = literal_column(str(cells.digit_shift(resolution)), Integer)
    return Incident.cell.bitwise_rshift(shift)
