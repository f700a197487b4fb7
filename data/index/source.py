"""Where the index of incidents comes from: the database, read in portions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import BigInteger

from data.cells import NOWHERE
from data.index.rows import AREA_LEVEL, NEVER_US, Combination, IncidentRows, Integers
from data.models import GridUnit, Incident, IncidentGrid

_ROWS_AT_ONCE = 20_000  # below the number of parameters that SQLite takes


class epoch_us(FunctionElement[int]):  # noqa: N801 - reads as the SQL function that it is
    """Microseconds from 1970 UTC to a stored moment."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch_us, "sqlite")
def _epoch_on_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    # SQLite's own functions would round to milliseconds. What was written by hand in another form
    # stays as it is, and is refused: SQLite compares the texts, and would order it otherwise.
    return (
        f"CASE WHEN {moment} GLOB '????-??-?? ??:??:??.??????'"
        f" THEN CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER) * 1000000"
        f" + CAST(substr({moment}, 21) AS INTEGER) ELSE {moment} END"
    )


@compiles(epoch_us, "postgresql")
def _epoch_on_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(extract(epoch FROM {moment}) * 1000000 AS BIGINT)"


def level_name(scheme_id: int, level: int) -> str:
    """Return the name that a grid level has in the index."""
    return f"{scheme_id}:{level}"


def levels(session: Session) -> tuple[str, ...]:
    """Return the names of all levels that have grids, in every scheme, and the one of areas."""
    held = select(GridUnit.scheme_id, GridUnit.level).distinct()
    rows = session.execute(held.order_by(GridUnit.scheme_id, GridUnit.level))
    return (*(level_name(row.scheme_id, row.level) for row in rows), AREA_LEVEL)


def are_more_than(session: Session, limit: int) -> bool:
    """Tell whether there are more incidents than that, without counting them all."""
    return session.scalars(select(Incident.id).offset(limit).limit(1)).first() is not None


def portions(session: Session, names: tuple[str, ...]) -> Iterator[IncidentRows]:
    """Yield all incidents, ascending by id; `names` are the levels to read the grids of."""
    columns = _columns_of_grids(session, names)
    page, last = _statement().limit(_ROWS_AT_ONCE), -1
    while rows := _rows(session, page.where(Incident.id > last)):
        held = IncidentGrid.incident_id.between(rows[0].id, rows[-1].id)
        yield _as_columns(session, rows, held, columns, len(names))
        last = rows[-1].id


def some(
    session: Session, names: tuple[str, ...], incident_ids: Sequence[int]
) -> Iterator[IncidentRows]:
    """Yield those of the incidents, given ascending, that there are."""
    columns = _columns_of_grids(session, names)
    for start in range(0, len(incident_ids), _ROWS_AT_ONCE):
        wanted = incident_ids[start : start + _ROWS_AT_ONCE]
        rows = _rows(session, _statement().where(Incident.id.in_(wanted)))
        if rows:
            held = IncidentGrid.incident_id.in_(wanted)
            yield _as_columns(session, rows, held, columns, len(names))


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Read rows past the unit of work, which takes as long again as the database."""
    return session.connection().execute(statement).all()


def _statement() -> Select[*tuple[Any, ...]]:
    due_at = func.coalesce(Incident.extended_due_at, Incident.due_at)
    return select(
        Incident.id,
        Incident.cell,
        Incident.longitude,
        Incident.latitude,
        epoch_us(Incident.reported_at).label("reported"),
        epoch_us(Incident.closed_at).label("closed"),
        epoch_us(due_at).label("due"),
        Incident.area_id,
        Incident.category_code,
        Incident.stage,
        Incident.priority,
        Incident.source,
        Incident.agency_id,
    ).order_by(Incident.id)


def _columns_of_grids(session: Session, names: tuple[str, ...]) -> Integers:
    """Return the position among the levels of each grid, by its id; -1 for an id without grid."""
    grids = session.execute(select(GridUnit.id, GridUnit.scheme_id, GridUnit.level)).all()
    columns = np.full(max((grid.id for grid in grids), default=0) + 1, -1, dtype=np.int64)
    for grid in grids:
        columns[grid.id] = names.index(level_name(grid.scheme_id, grid.level))
    return columns


def _as_columns(
    session: Session,
    rows: Sequence[Row[*tuple[Any, ...]]],
    held: ColumnElement[bool],
    columns: Integers,
    levels_held: int,
) -> IncidentRows:
    ids, cells, longitudes, latitudes, reported, closed, due, areas, *values = zip(
        *rows, strict=True
    )
    numbers = np.array(ids, dtype=np.int64)
    grids = np.full((len(ids), levels_held), -1, dtype=np.int64)
    grids[:, -1] = [area or -1 for area in areas]
    links = _rows(session, select(IncidentGrid.incident_id, IncidentGrid.grid_id).where(held))
    pairs = np.fromiter(chain.from_iterable(links), np.int64, 2 * len(links)).reshape(-1, 2)
    grids[np.searchsorted(numbers, pairs[:, 0]), columns[pairs[:, 1]]] = pairs[:, 1]
    return IncidentRows(
        numbers,
        np.array([NOWHERE if cell is None else cell for cell in cells], dtype=np.uint64),
        np.array(longitudes, dtype=np.float64),
        np.array(latitudes, dtype=np.float64),
        np.array(reported, dtype=np.int64),
        np.array([NEVER_US if moment is None else moment for moment in closed], dtype=np.int64),
        np.array([NEVER_US if moment is None else moment for moment in due], dtype=np.int64),
        list(map(Combination._make, zip(*values, strict=True))),
        grids,
    )
