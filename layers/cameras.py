"""The public cameras with their status and, where it is known, what they look at."""

from __future__ import annotations

from sqlalchemy.orm import Session

from data.geo import View
from data.models import Camera
from data.reads import cameras
from data.scope import Scope
from layers import palettes
from layers.contract import Layer, Legend, LegendClass, Picture, Point, Words
from layers.terms import term

LIMIT = 5_000
STATUSES = ("online", "offline", "unknown")
MARKS = ("camera", "camera_off", "camera_unknown")

LEGEND = Legend(
    Words("legend.cameras"),
    tuple(
        LegendClass(color, term("camera_status", status), mark)
        for color, status, mark in zip(palettes.STATUS, STATUSES, MARKS, strict=True)
    ),
)


def query(session: Session, scope: Scope, view: View) -> Picture:
    """Return the cameras of the view."""
    points = [_point(row) for row in cameras.points(session, scope, view, LIMIT)]
    total = cameras.located(session, scope, view)
    return Picture(legend=LEGEND, shown=len(points), total=total, points=points)


def _point(row: Camera) -> Point:
    if row.longitude is None or row.latitude is None:
        raise ValueError(f"camera {row.code} has no place")
    status = STATUSES.index(row.status)
    return Point(
        id=row.id,
        longitude=row.longitude,
        latitude=row.latitude,
        class_=status,
        mark=MARKS[status],
        label=row.name,
        azimuth_deg=row.azimuth_deg,
        angle_deg=row.view_angle_deg,
        range_m=row.view_distance_m,
    )


LAYER = Layer(
    key="cameras",
    group="network",
    shape="point",
    topics=frozenset({"cameras"}),
    query=query,
)
