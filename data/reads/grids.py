"""Grid schemes, their levels and their units at a moment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.errors import NotFoundError
from data.geo import View, metres_a_pixel
from data.index import answers
from data.index.source import level_name
from data.models import GridLevel, GridScheme, GridUnit, Incident, IncidentGrid
from data.reads import indexed, selection, visibility
from data.reads.indexed import Asked
from data.reads.visibility import Conditions
from data.scope import Scope

SMALLEST_SPAN_PX = 64
"""A level suits a zoom when its grids are on average at least this wide on the screen."""


@dataclass(frozen=True, slots=True)
class Level:
    """A named level of a scheme; 1 is the coarsest."""

    level: int
    name: str
    translations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A grid scheme with its levels, the coarsest first."""

    code: str
    name: str
    translations: Mapping[str, str]
    max_households: int
    max_residents: int
    levels: tuple[Level, ...]

    @property
    def finest_level(self) -> int:
        """Return the number of the finest level."""
        return self.levels[-1].level

    def level(self, number: int) -> Level:
        """Return one level; raise NotFoundError where the scheme has none of that number."""
        for level in self.levels:
            if level.level == number:
                return level
        raise NotFoundError(f"The scheme {self.code} has no level {number}.")


@dataclass(frozen=True, slots=True)
class Unit:
    """A grid unit as it was at the moment asked for."""

    id: int
    code: str
    name: str
    translations: Mapping[str, str]
    level: int
    kind: str
    households: int | None
    residents: int | None
    area_m2: float
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class GridTally:
    """What happened in a grid."""

    received: int
    open: int
    overdue_open: int


def schemes(session: Session, scope: Scope) -> list[Scheme]:
    """Return the grid schemes that hold a grid that the seat may see, in their order."""
    seen = select(GridUnit.scheme_id).where(*visibility.grids(scope))
    rows = session.scalars(
        select(GridScheme)
        .where(GridScheme.id.in_(seen))
        .order_by(GridScheme.position, GridScheme.id)
    ).all()
    levels: dict[int, list[Level]] = {row.id: [] for row in rows}
    for level in session.scalars(select(GridLevel).order_by(GridLevel.level)):
        if level.scheme_id in levels:
            levels[level.scheme_id].append(Level(level.level, level.name, level.translations))
    return [
        Scheme(
            row.code,
            row.name,
            row.translations,
            row.max_households,
            row.max_residents,
            tuple(levels[row.id]),
        )
        for row in rows
    ]


def scheme(session: Session, scope: Scope, code: str | None) -> Scheme:
    """Return the named scheme, or the first; raise NotFoundError where there is none."""
    for candidate in schemes(session, scope):
        if code is None or candidate.code == code:
            return candidate
    raise NotFoundError(
        "No grids are loaded yet." if code is None else f"There is no grid scheme {code!r}."
    )


def level_for(session: Session, scope: Scope, view: View) -> Level:
    """Return the level that the view pins, else the finest whose grids are wide enough to see."""
    chosen = scheme(session, scope, view.scheme)
    if view.level is not None:
        return chosen.level(view.level)
    means = session.execute(
        select(GridUnit.level, func.avg(GridUnit.area_m2))
        .where(
            GridUnit.scheme_id == selection.scheme_id(chosen.code), *selection.valid_grids(view.at)
        )
        .group_by(GridUnit.level)
        .order_by(GridUnit.level)
    ).all()
    fitting = [
        level
        for level, mean_m2 in means
        if math.sqrt(mean_m2) >= SMALLEST_SPAN_PX * metres_a_pixel(view.zoom)
    ]
    return chosen.level(fitting[-1] if fitting else means[0][0] if means else 1)


def units(session: Session, scope: Scope, view: View, level: int) -> list[Unit]:
    """Return the grids of one level that are valid at the moment of the view, by code."""
    return _units(
        session,
        [
            GridUnit.level == level,
            GridUnit.scheme_id == selection.scheme_id(view.scheme),
            *selection.valid_grids(view.at),
            *visibility.grids(scope),
        ],
    )


def path(session: Session, scope: Scope, view: View) -> list[Unit]:
    """Return the selected grid with those above it, the coarsest first; empty without one.

    Raises
    ------
    NotFoundError
        The view names a grid that does not exist, was not valid then, or is out of scope.
    """
    if view.grid is None:
        return []
    seen = [
        GridUnit.scheme_id == selection.scheme_id(view.scheme),
        *selection.valid_grids(view.at),
        *visibility.grids(scope),
    ]
    found = _units(session, [GridUnit.code == view.grid, *seen])
    if not found:
        raise NotFoundError(f"There is no grid {view.grid!r} here at this time.")
    line = found[:1]
    while parent_id := session.scalar(select(GridUnit.parent_id).where(GridUnit.id == line[0].id)):
        above = _units(session, [GridUnit.id == parent_id, *visibility.grids(scope)])
        if not above:
            break
        line.insert(0, above[0])
    return line


def known(session: Session, scope: Scope, scheme_code: str | None, code: str) -> None:
    """Raise NotFoundError where no grid has this code at any time."""
    found = select(GridUnit.id).where(
        GridUnit.id.in_(selection.grids_coded(scheme_code, code)), *visibility.grids(scope)
    )
    if session.scalars(found.limit(1)).first() is None:
        raise NotFoundError(f"There is no grid {code!r}; see the codes with the search of the map.")


def tallies(session: Session, scope: Scope, view: View, level: int) -> dict[str, GridTally]:
    """Return what happened in each grid of a level, by code; one without incidents is absent."""
    with indexed.asked(session, scope, view) as asked:
        if asked is not None:
            return _indexed_tallies(session, scope, view, level, asked)
    ids = select(GridUnit.id).where(
        GridUnit.level == level,
        GridUnit.scheme_id == selection.scheme_id(view.scheme),
        *visibility.grids(scope),
    )
    # The sum keeps SQLite from the index by grid: a window of time is read once, not once a grid.
    held = (IncidentGrid.grid_id + 0).in_(ids)
    by_grid = (
        select(
            IncidentGrid.grid_id,
            func.count().label("received"),
            selection.counted(selection.is_open(view.at)).label("open"),
            selection.counted(selection.overdue_open(view.at)).label("overdue"),
        )
        .select_from(Incident)
        .join(IncidentGrid, IncidentGrid.incident_id == Incident.id)
        .where(held, *selection.incidents(scope, view))
        .group_by(IncidentGrid.grid_id)
        .cte("by_grid")
    )
    sums = (func.sum(column) for column in (by_grid.c.received, by_grid.c.open, by_grid.c.overdue))
    rows = session.execute(
        select(GridUnit.code, *sums)
        .join(by_grid, by_grid.c.grid_id == GridUnit.id)
        .group_by(GridUnit.code)
    )
    return {code: GridTally(*map(int, counts)) for code, *counts in rows}


def _indexed_tallies(
    session: Session, scope: Scope, view: View, level: int, asked: Asked
) -> dict[str, GridTally]:
    scheme = session.scalars(select(selection.scheme_id(view.scheme))).one()
    name = level_name(scheme, level) if scheme is not None else ""
    if name not in asked.index.levels:
        return {}
    received = answers.received_by_grid(asked.index, asked.selection, name)
    unfinished, overdue = answers.open_by_grid(asked.index, asked.selection, asked.at_us, name)
    rows = session.execute(
        select(GridUnit.id, GridUnit.code).where(
            GridUnit.level == level, GridUnit.scheme_id == scheme, *visibility.grids(scope)
        )
    )
    tallies: dict[str, GridTally] = {}
    for id_, code in rows:
        if id_ not in received:
            continue
        before = tallies.get(code, GridTally(0, 0, 0))
        tallies[code] = GridTally(
            before.received + received[id_],
            before.open + unfinished.get(id_, 0),
            before.overdue_open + overdue.get(id_, 0),
        )
    return tallies


def _units(session: Session, conditions: Conditions) -> list[Unit]:
    columns = (
        GridUnit.id,
        GridUnit.code,
        GridUnit.name,
        GridUnit.translations,
        GridUnit.level,
        GridUnit.kind,
        GridUnit.households,
        GridUnit.residents,
        GridUnit.area_m2,
        GridUnit.geometry,
    )
    rows = session.execute(select(*columns).where(*conditions).order_by(GridUnit.code))
    return [Unit(**row) for row in rows.mappings()]
