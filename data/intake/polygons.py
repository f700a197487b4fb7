"""Polygons: from the geometry of a file to a valid shape in WGS 84."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from data import crs
from data.assignment import area_m2
from data.crs import Crs
from data.errors import TooLargeError
from data.intake.drafts import Draft
from data.intake.fields import RefusalError
from data.intake.limits import Limits
from data.intake.mapping import Mapping
from data.intake.places import impossible
from data.intake.report import Report
from data.models.columns import as_multipolygon

SMALLEST_M2 = 1.0
"""Less than this is a slip of drawing, not an area."""

_FEWEST_POSITIONS = 4
_SHORTEST_PAIR = 2
_COLUMN = "geometry"

Ring = list[tuple[float, float]]


def shape_polygons(
    drafts: list[Draft], mapping: Mapping, system: Crs, report: Report, limits: Limits
) -> list[Draft]:
    """Give each draft its shape in WGS 84 and its area; return the ones that have one."""
    kept, vertices = [], 0
    for draft in drafts:
        try:
            rings = _polygons(draft.geometry, mapping.order == "lat,lon", system)
            vertices += sum(len(ring) for polygon in rings for ring in polygon)
            if vertices > limits.vertices:
                raise TooLargeError(
                    f"{report.file_name} has more than {limits.vertices:,} corners; "
                    "simplify or split it."
                )
            shape = _stored(MultiPolygon([Polygon(ring[0], ring[1:]) for ring in rings]), system)
            draft.geometry = _valid(shape, draft, mapping, report)
        except RefusalError as refusal:
            report.reject(draft.line, refusal)
            continue
        draft.values |= {
            "geometry": draft.geometry,
            "area_m2": area_m2(draft.geometry),
            "source_crs": system.name,
        }
        kept.append(draft)
    return kept


def _polygons(geometry: Any, swapped: bool, system: Crs) -> list[list[Ring]]:
    """Return the checked rings of every part."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if geometry is None:
        raise RefusalError(_COLUMN, "", "is empty, and an area needs a polygon")
    if kind not in {"Polygon", "MultiPolygon"}:
        raise RefusalError(_COLUMN, str(kind), "is not a polygon")
    parts = geometry.get("coordinates")
    parts = [parts] if kind == "Polygon" else parts
    rings = [[_ring(ring, swapped, system) for ring in _list(part)] for part in _list(parts)]
    if not rings or not all(rings):
        raise RefusalError(_COLUMN, "", "is a polygon without a ring")
    return rings


def _list(value: Any) -> Iterable[Any]:
    if not isinstance(value, list | tuple):
        raise RefusalError(_COLUMN, value, "is not a list of coordinates")
    return value


def _ring(raw: Any, swapped: bool, system: Crs) -> Ring:
    ring = [_position(position, swapped, system) for position in _list(raw)]
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    if len(raw) < _FEWEST_POSITIONS or len(set(ring)) < _FEWEST_POSITIONS - 1:
        shown = "; ".join(f"{x:g}, {y:g}" for x, y in ring[:_FEWEST_POSITIONS])
        reason = (
            f"has a ring of {len(raw)} points, of which {len(set(ring))} differ; a polygon needs "
            "at least four, the last equal to the first"
        )
        raise RefusalError(_COLUMN, shown, reason)
    return ring


def _position(raw: Any, swapped: bool, system: Crs) -> tuple[float, float]:
    numbers = [*_list(raw)][:_SHORTEST_PAIR]
    if len(numbers) < _SHORTEST_PAIR or not all(
        isinstance(number, int | float) and not isinstance(number, bool) for number in numbers
    ):
        raise RefusalError(_COLUMN, raw, "is not a pair of numbers")
    x, y = (_as_float(number) for number in numbers)
    x, y = (y, x) if swapped else (x, y)
    reason = impossible(x, y, system)
    if reason is not None:
        raise RefusalError(_COLUMN, f"{x:.12g}, {y:.12g}", reason)
    return x, y


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _stored(shape: MultiPolygon, system: Crs) -> BaseGeometry:
    if system.name in crs.SAME_AS_STORED:
        return shape
    moved = shapely.transform(shape, lambda xy: np.column_stack(crs.to_stored(system, *xy.T)))
    west, south, east, north = moved.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        reason = f"is no place on earth when read as {system.name}; check the coordinate system"
        raise RefusalError(_COLUMN, "", reason)
    return moved


def _valid(shape: BaseGeometry, draft: Draft, mapping: Mapping, report: Report) -> MultiPolygon:
    """Return the shape, repaired and reported where it crosses itself."""
    if shape.is_valid:
        return _with_ground(shape)
    fault = explain_validity(shape)
    if mapping.invalid_polygons == "refuse":
        raise RefusalError(_COLUMN, fault, "is not a valid polygon; repair it in a GIS")
    repaired = _with_ground(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    report.warn(
        f"{report.place} {draft.line} ({draft.source_id}): the polygon was not valid ({fault}) "
        f"and has been repaired; it now covers {area_m2(repaired):,.0f} m2. Look at it on the map."
    )
    return repaired


def _with_ground(shape: BaseGeometry) -> MultiPolygon:
    is_polygon = shape.geom_type in {"Polygon", "MultiPolygon"}
    if not is_polygon or shape.is_empty or area_m2(shape) < SMALLEST_M2:
        raise RefusalError(
            _COLUMN, shape.geom_type, f"covers less than {SMALLEST_M2:g} m2 of ground"
        )
    return as_multipolygon(shape)
