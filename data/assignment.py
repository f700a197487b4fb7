"""Where rows belong: grids of incidents and cameras, areas, and the links between the two trees."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Row, delete, insert, select, type_coerce, update
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import NullType

from data.models import (
    Area,
    Camera,
    CameraGrid,
    GridAreaLink,
    GridUnit,
    Incident,
    IncidentGrid,
    Model,
)
from data.partition import NOWHERE, Partition, PartitionCache

SMALLEST_SHARE = 1e-6
"""Overlaps below this share of both sides are drawing noise along a common border."""

AREA_LEVELS = ("province", "prefecture", "county", "township", "village")
"""Administrative levels, the coarsest first."""

_ROWS_AT_ONCE = 20_000  # below the number of parameters that SQLite takes
_EQUAL_AREA = pyproj.Transformer.from_crs(4326, 6933, always_xy=True)
_SINCE_EVER = datetime.min.replace(tzinfo=UTC)
_FOR_EVER = datetime.max.replace(tzinfo=UTC)

Ids = npt.NDArray[np.int64]
Coordinates = npt.NDArray[np.float64]


def equal_area(geometry: BaseGeometry) -> BaseGeometry:
    """Return the shape in metres on the equal-area cylinder EPSG:6933."""
    return shapely.transform(geometry, lambda xy: np.column_stack(_EQUAL_AREA.transform(*xy.T)))


def area_m2(geometry: BaseGeometry) -> float:
    """Return the area of a shape in WGS 84, in square metres."""
    return float(equal_area(geometry).area)


@dataclass(frozen=True, slots=True)
class _Epoch:
    """The grids of one scheme and level between two moments at which the division changed."""

    since_us: int
    until_us: int
    grid_ids: Ids
    partition: Partition


class _Located(NamedTuple):
    """Rows with a place; all of shape (n,). Times are microseconds since 1970 UTC."""

    ids: Ids
    longitudes: Coordinates
    latitudes: Coordinates
    times_us: Ids
    area_ids: Ids


def assign_incidents(
    session: Session,
    incident_ids: Sequence[int] | None = None,
    partitions: PartitionCache | None = None,
) -> int:
    """Write which grids hold each incident, by the division valid when it was reported.

    Parameters
    ----------
    incident_ids
        Which to assign again; None assigns all.
    partitions
        Of a caller that assigns more than once: what it holds is not built again.

    Returns
    -------
    count
        How many rows were looked at.
    """
    partitions = partitions or PartitionCache()
    epochs, areas, count = _epochs(session, partitions), _area_levels(session, partitions), 0
    for rows in _portions(session, Incident, Incident.reported_at, incident_ids):
        session.execute(delete(IncidentGrid).where(_among(IncidentGrid.incident_id, rows.ids)))
        for epoch in epochs:
            then = (rows.times_us >= epoch.since_us) & (rows.times_us < epoch.until_us)
            _link(session, IncidentGrid, "incident_id", rows, epoch, then)
        _write_areas(session, Incident, rows, areas)
        count += len(rows.ids)
    return count


def assign_cameras(
    session: Session,
    camera_ids: Sequence[int] | None = None,
    partitions: PartitionCache | None = None,
) -> int:
    """Write which grids, of every time, hold each camera; return how many were looked at."""
    partitions = partitions or PartitionCache()
    epochs, areas, count = _epochs(session, partitions), _area_levels(session, partitions), 0
    for rows in _portions(session, Camera, Camera.updated_at, camera_ids):
        session.execute(delete(CameraGrid).where(_among(CameraGrid.camera_id, rows.ids)))
        always = np.ones(len(rows.ids), dtype=bool)
        done: set[int] = set()
        for epoch in epochs:
            _link(session, CameraGrid, "camera_id", rows, epoch, always, done)
            done.update(epoch.grid_ids.tolist())
        _write_areas(session, Camera, rows, areas)
        count += len(rows.ids)
    return count


def link_areas(session: Session) -> int:
    """Compute again how much of each grid lies in each area; return the number of links."""
    session.execute(delete(GridAreaLink))
    grids = session.execute(select(GridUnit.id, GridUnit.geometry)).all()
    areas = session.execute(select(Area.id, Area.geometry)).all()
    if not grids or not areas:
        return 0
    grid_shapes = [equal_area(row.geometry) for row in grids]
    area_shapes = [equal_area(row.geometry) for row in areas]
    pairs = shapely.STRtree(area_shapes).query(grid_shapes, predicate="intersects")
    links = []
    for grid, area in pairs.T:
        common_m2 = shapely.intersection(grid_shapes[grid], area_shapes[area]).area
        of_grid, of_area = common_m2 / grid_shapes[grid].area, common_m2 / area_shapes[area].area
        if max(of_grid, of_area) >= SMALLEST_SHARE:
            links.append(
                {
                    "grid_id": grids[grid].id,
                    "area_id": areas[area].id,
                    "share_of_grid": min(1.0, of_grid),
                    "share_of_area": min(1.0, of_area),
                }
            )
    if links:
        session.execute(insert(GridAreaLink), links)
    return len(links)


def _epochs(session: Session, partitions: PartitionCache) -> list[_Epoch]:
    """Return the divisions of every scheme and level, each with the time in which it held."""
    columns = (GridUnit.id, GridUnit.code, _as_stored(GridUnit.geometry), GridUnit.valid_from)
    levels: dict[tuple[int, int], list[_DatedGrid]] = {}
    for row in session.execute(
        select(*columns, GridUnit.valid_until, GridUnit.scheme_id, GridUnit.level)
    ):
        since, until = row.valid_from or _SINCE_EVER, row.valid_until or _FOR_EVER
        grid = _DatedGrid(row.id, row.code, row.geometry, since, until)
        levels.setdefault((row.scheme_id, row.level), []).append(grid)
    return [epoch for grids in levels.values() for epoch in _split_by_validity(grids, partitions)]


def _as_stored(shape: InstrumentedAttribute[BaseGeometry]) -> ColumnElement[Any]:
    """Select a shape in the form that the database keeps, of which a cache knows it again."""
    return type_coerce(shape, NullType()).label("geometry")


class _DatedGrid(NamedTuple):
    id: int
    code: str
    geometry: bytes | str
    since: datetime
    until: datetime


def _split_by_validity(grids: list[_DatedGrid], partitions: PartitionCache) -> Iterator[_Epoch]:
    changes = sorted({moment for grid in grids for moment in (grid.since, grid.until)})
    for since, until in itertools.pairwise(changes):
        valid = [grid for grid in grids if grid.since <= since and until <= grid.until]
        valid.sort(key=lambda grid: grid.code)
        if valid:
            yield _Epoch(
                _microseconds(since),
                _microseconds(until),
                np.array([grid.id for grid in valid], dtype=np.int64),
                partitions.of([grid.code for grid in valid], [grid.geometry for grid in valid]),
            )


def _microseconds(moment: datetime) -> int:
    return int(np.datetime64(moment.replace(tzinfo=None), "us").astype(np.int64))


def _area_levels(session: Session, partitions: PartitionCache) -> list[tuple[Ids, Partition]]:
    """Return the areas of each administrative level, the coarsest first."""
    levels: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    columns = (Area.id, Area.code, Area.level, _as_stored(Area.geometry))
    found = session.execute(select(*columns)).all()
    # Sorted as a partition sorts, which the database may do otherwise.
    for area in sorted(found, key=lambda area: area.code):
        levels.setdefault(area.level, []).append(area)
    return [
        (
            np.array([area.id for area in levels[level]], dtype=np.int64),
            partitions.of(
                [area.code for area in levels[level]], [area.geometry for area in levels[level]]
            ),
        )
        for level in AREA_LEVELS
        if level in levels
    ]


def _portions(
    session: Session,
    table: type[Incident | Camera],
    moment: InstrumentedAttribute[datetime],
    ids: Sequence[int] | None,
) -> Iterator[_Located]:
    """Yield the rows to assign, a bounded number at a time, in the order of their ids."""
    columns = select(table.id, table.longitude, table.latitude, moment.label("at"), table.area_id)
    if ids is not None:
        ordered = sorted(ids)
        for start in range(0, len(ordered), _ROWS_AT_ONCE):
            wanted = ordered[start : start + _ROWS_AT_ONCE]
            yield _as_located(session.execute(columns.where(table.id.in_(wanted))).all())
        return
    last = -1
    page = columns.order_by(table.id).limit(_ROWS_AT_ONCE)
    while rows := session.execute(page.where(table.id > last)).all():
        yield _as_located(rows)
        last = rows[-1].id


def _as_located(rows: Sequence[Row[*tuple[Any, ...]]]) -> _Located:
    moments = [row.at.replace(tzinfo=None) for row in rows]
    return _Located(
        np.array([row.id for row in rows], dtype=np.int64),
        np.array([row.longitude for row in rows], dtype=np.float64),
        np.array([row.latitude for row in rows], dtype=np.float64),
        np.array(moments, dtype="datetime64[us]").astype(np.int64),
        np.array([row.area_id or 0 for row in rows], dtype=np.int64),
    )


def _among(column: InstrumentedAttribute[int], ids: Ids) -> ColumnElement[bool]:
    """Match ids by their range where they fill it, else one by one."""
    if len(ids) and ids[-1] - ids[0] + 1 == len(ids):
        return column.between(int(ids[0]), int(ids[-1]))
    return column.in_(ids.tolist())


def _link(
    session: Session,
    table: type[IncidentGrid | CameraGrid],
    key: str,
    rows: _Located,
    epoch: _Epoch,
    chosen: npt.NDArray[np.bool_],
    done: Collection[int] = (),
) -> None:
    """Insert the links of the chosen rows to the grids of one epoch, but for grids done before."""
    found = np.full(len(rows.ids), NOWHERE, dtype=np.int64)
    found[chosen] = epoch.partition.locate(rows.longitudes[chosen], rows.latitudes[chosen])
    held = found != NOWHERE
    grid_ids = epoch.grid_ids[found[held]].tolist()
    links = [
        {key: row_id, "grid_id": grid_id}
        for row_id, grid_id in zip(rows.ids[held].tolist(), grid_ids, strict=True)
        if grid_id not in done
    ]
    if links:
        # The plain table: through the class, rows would go in small groups.
        session.execute(insert(Model.metadata.tables[table.__tablename__]), links)


def _write_areas(
    session: Session,
    table: type[Incident | Camera],
    rows: _Located,
    levels: list[tuple[Ids, Partition]],
) -> None:
    """Write the lowest area that covers each row, where it is another than before."""
    covering = np.zeros(len(rows.ids), dtype=np.int64)
    for area_ids, partition in levels:
        found = partition.locate(rows.longitudes, rows.latitudes)
        covering = np.where(found == NOWHERE, covering, area_ids[found])
    moved = covering != rows.area_ids
    changes = [
        {"id": row_id, "area_id": area_id or None}
        for row_id, area_id in zip(rows.ids[moved].tolist(), covering[moved].tolist(), strict=True)
    ]
    if changes:
        session.execute(update(table), changes)
