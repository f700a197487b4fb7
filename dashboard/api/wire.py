"""The compact documents that travel to the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from dashboard.api import cell_table
from dashboard.text import Text
from data.cells import hexadecimal
from data.errors import InvalidInputError
from data.geo import View
from layers.contract import AreaUnit, CellTable, Layer, Legend, Outline, Picture, Point, Words

DECIMALS = 6
"""Of degrees on the wire: 0.1 m."""
DETAIL_ZOOMS = (9, 11, 13, 15)
FULL_DETAIL_ZOOM = 17

CellForm = Literal["table", "json"]


def say(words: Words, text: Text) -> str:
    """Return the words in the language of the reader."""
    if words.translations is not None:
        return text.named(words.key, words.translations)
    return text.t(words.key, **words.params)


def query(parameters: Mapping[str, object]) -> str:
    """Write the parameters of an address."""
    return urlencode({key: value for key, value in parameters.items() if value is not None})


def layer(layer_: Layer, text: Text, is_demonstration: bool) -> dict[str, Any]:
    """Return what the list of layers tells of one."""
    return {
        "key": layer_.key,
        "title": text.t(f"layer.{layer_.key}"),
        "group": layer_.group,
        "group_title": text.t(f"group.{layer_.group}"),
        "shape": layer_.shape,
        "attribution": text.t(f"attribution.{'demo' if is_demonstration else 'installation'}"),
        "refresh_s": layer_.refresh_s,
        "stale_after_s": layer_.stale_after_s,
        "on_by_default": layer_.on_by_default,
        "measures": [
            {"key": measure, "title": text.t(f"measure.{measure}")} for measure in layer_.measures
        ],
    }


def cell_form(asked: str | None) -> CellForm:
    """Return how cells are to be written: compactly, unless JSON is asked for."""
    if not asked:
        return "table"
    if asked != "json":
        raise InvalidInputError(
            f"format={asked!r} is not offered; write format=json for cells as hexadecimal strings, "
            "or leave it out for the compact table."
        )
    return "json"


def picture(answer: Picture, text: Text, theme: str, form: CellForm) -> dict[str, Any]:
    """Return the picture of a layer; the form is that of its cells."""
    document: dict[str, Any] = {
        "shown": answer.shown,
        "total": answer.total,
        "truncated": answer.truncated,
        "notes": [say(note, text) for note in answer.notes],
        "legend": _legend(answer.legend, text, theme),
    }
    if answer.units is not None:
        document |= {
            "scheme": answer.scheme,
            "level": answer.level,
            "level_title": say(answer.level_title, text) if answer.level_title else None,
            "units": _units(answer.units, text),
        }
    if answer.cells is not None:
        document |= _cells(answer.cells, form)
    if answer.points is not None:
        document["points"] = _points(answer.points)
    return document


def _legend(legend: Legend, text: Text, theme: str) -> dict[str, Any]:
    return {
        "title": say(legend.title, text),
        "unit": say(legend.unit, text) if legend.unit else "",
        "classes": [
            {
                "color": one.color.dark if theme == "dark" else one.color.light,
                "label": say(one.label, text),
                "mark": one.mark,
            }
            for one in legend.classes
        ],
        "marks": [{"mark": mark, "label": say(label, text)} for mark, label in legend.marks],
    }


def _units(units: Sequence[AreaUnit], text: Text) -> dict[str, list[Any]]:
    return {
        "id": [unit.id for unit in units],
        "code": [unit.code for unit in units],
        "name": [say(unit.name, text) for unit in units],
        "value": [None if unit.value is None else round(unit.value, 3) for unit in units],
        "text": [unit.text for unit in units],
        "class": [unit.class_ for unit in units],
    }


def _cells(held: CellTable, form: CellForm) -> dict[str, Any]:
    told = {"resolution": held.resolution, "rows": int(held.counts.sum())}
    if form == "table":
        return told | {"cell_table": cell_table.written(held)}
    return told | {
        "cells": [hexadecimal(cell) for cell in held.cells.tolist()],
        "counts": held.counts.tolist(),
        "class": held.classes.tolist(),
    }


def _points(points: Sequence[Point]) -> dict[str, list[Any]]:
    return {
        "id": [point.id for point in points],
        "lon": [round(point.longitude, DECIMALS) for point in points],
        "lat": [round(point.latitude, DECIMALS) for point in points],
        "count": [point.count for point in points],
        "overdue": [point.overdue for point in points],
        "class": [point.class_ for point in points],
        "mark": [point.mark for point in points],
        "label": [point.label for point in points],
        "azimuth": [point.azimuth_deg for point in points],
        "angle": [point.angle_deg for point in points],
        "range_m": [point.range_m for point in points],
    }


def outlines(units: Sequence[Outline], view: View) -> dict[str, Any]:
    """Return polygons as flat rings of longitude and latitude, and a place for each name."""
    shapes = _simplified([unit.geometry for unit in units], view.zoom)
    return {
        "id": [unit.id for unit in units],
        "parts": [[_rings(part) for part in shapely.get_parts(shape)] for shape in shapes],
        "label": [
            [round(place.x, DECIMALS), round(place.y, DECIMALS)]
            for place in (shapely.point_on_surface(shape) for shape in shapes)
        ],
        "bbox": [round(edge, DECIMALS) for edge in shapely.total_bounds(shapes).tolist()]
        if shapes
        else None,
    }


def detail_zoom(zoom: int) -> int:
    """Return the zoom for whose detail outlines are drawn at this zoom."""
    return next((step for step in DETAIL_ZOOMS if zoom <= step), FULL_DETAIL_ZOOM)


def _simplified(shapes: Sequence[BaseGeometry], zoom: int) -> Sequence[BaseGeometry]:
    """Drop vertices that cannot be seen at a zoom; common borders stay common."""
    if not shapes or zoom >= FULL_DETAIL_ZOOM:
        return shapes
    pixel_deg = 360.0 / (256 * 2**zoom)
    return list(shapely.coverage_simplify(np.array(shapes, dtype=object), pixel_deg))


def _rings(polygon: shapely.Polygon) -> list[list[float]]:
    rings = [polygon.exterior, *polygon.interiors]
    return [np.round(shapely.get_coordinates(ring), DECIMALS).ravel().tolist() for ring in rings]
