"""What a scope may see, as conditions on each table. The one place where scope becomes SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, select

from data.models import Area, Camera, CameraGrid, GridAreaLink, GridUnit, Incident, IncidentGrid
from data.scope import Scope

Conditions = list[ColumnElement[bool]]


def areas_below(codes: frozenset[str]) -> Select[int]:
    """Select the ids of the areas with these codes and of all below them."""
    tree = select(Area.id).where(Area.code.in_(sorted(codes))).cte(recursive=True)
    tree = tree.union_all(select(Area.id).join(tree, Area.parent_id == tree.c.id))
    return select(tree.c.id)


def grids_below(grid_ids: frozenset[int]) -> Select[int]:
    """Select the ids of these grids and of all below them."""
    tree = select(GridUnit.id).where(GridUnit.id.in_(sorted(grid_ids))).cte(recursive=True)
    tree = tree.union_all(select(GridUnit.id).join(tree, GridUnit.parent_id == tree.c.id))
    return select(tree.c.id)


def areas(scope: Scope) -> Conditions:
    """Return the conditions under which an area is seen."""
    if scope.area_codes is not None:
        return [Area.id.in_(areas_below(scope.area_codes))]
    return []


def grids(scope: Scope) -> Conditions:
    """Return the conditions under which a grid is seen: in the tree, touching a seen area."""
    conditions: Conditions = []
    if scope.area_codes is not None:
        within = areas_below(scope.area_codes)
        linked = select(GridAreaLink.grid_id).where(GridAreaLink.area_id.in_(within))
        conditions.append(GridUnit.id.in_(linked))
    if scope.grid_ids is not None:
        conditions.append(GridUnit.id.in_(grids_below(scope.grid_ids)))
    return conditions


def incidents(scope: Scope) -> Conditions:
    """Return the conditions under which an incident is seen."""
    return _placed(scope, Incident, IncidentGrid.incident_id, IncidentGrid.grid_id)


def cameras(scope: Scope) -> Conditions:
    """Return the conditions under which a camera is seen."""
    return _placed(scope, Camera, CameraGrid.camera_id, CameraGrid.grid_id)


def _placed(scope: Scope, table: type[Incident | Camera], row_id: Any, grid_id: Any) -> Conditions:
    conditions: Conditions = []
    if scope.area_codes is not None:
        conditions.append(table.area_id.in_(areas_below(scope.area_codes)))
    if scope.grid_ids is not None:
        linked = select(row_id).where(grid_id.in_(grids_below(scope.grid_ids)))
        conditions.append(table.id.in_(linked))
    return conditions
