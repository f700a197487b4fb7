"""Incidents, one by one when few are in view and gathered when many.

The colour is the step of the closed loop, the shape tells what is overdue.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from data.cells import resolution_for_bubbles
from data.geo import View
from data.reads import incidents
from data.reads.incidents import Mark
from data.rules.lifecycle import ENDED, SET_ASIDE, STEPS, step_of
from data.scope import Scope
from layers import palettes
from layers.contract import Layer, Legend, LegendClass, Picture, Point, Words
from layers.incident_cells import with_whole_cells
from layers.terms import term

POINTS_LIMIT = 400
"""With more incidents than this in view they are gathered, unless the map is close."""
CLOSE_ZOOM = 16
CLOSE_LIMIT = 5_000

_LABELS = (
    *(term("step", step) for step in STEPS),
    Words("legend.ended"),
    Words("legend.set_aside"),
)
_ENDED_CLASS, _SET_ASIDE_CLASS = len(STEPS), len(STEPS) + 1

LEGEND = Legend(
    Words("legend.incidents"),
    tuple(
        LegendClass(color, label, "circle")
        for label, color in zip(_LABELS, palettes.STEPS, strict=True)
    ),
    marks=(
        ("circle", Words("legend.on_time")),
        ("triangle", Words("legend.overdue")),
        ("cluster", Words("legend.cluster")),
    ),
)


def query(session: Session, scope: Scope, view: View) -> Picture:
    """Return the incidents of the view as points or clusters."""
    total = incidents.located(session, scope, view)
    if total > POINTS_LIMIT and view.zoom < CLOSE_ZOOM:
        resolution = resolution_for_bubbles(view.zoom)
        marks = incidents.clusters(session, scope, with_whole_cells(view, resolution), resolution)
        shown = total
    else:
        marks = incidents.points(session, scope, view, CLOSE_LIMIT)
        shown = len(marks)
    missing = incidents.without_place(session, scope, view)
    return Picture(
        legend=LEGEND,
        shown=shown,
        total=total,
        notes=(Words("note.without_place", {"n": f"{missing:,}"}),) if missing else (),
        points=[_point(mark) for mark in marks],
    )


def _class_of(stage: str) -> int:
    if stage in ENDED:
        return _ENDED_CLASS
    return _SET_ASIDE_CLASS if stage in SET_ASIDE else STEPS.index(step_of(stage))


def _point(mark: Mark) -> Point:
    alone = mark.id is not None
    return Point(
        id=mark.id,
        longitude=mark.longitude,
        latitude=mark.latitude,
        class_=_class_of(mark.stage) if alone else 0,
        mark=("triangle" if mark.overdue else "circle") if alone else "cluster",
        label=mark.incident_no if alone else str(mark.count),
        count=mark.count,
        overdue=mark.overdue,
    )


LAYER = Layer(
    key="incidents",
    group="incidents",
    shape="point",
    topics=frozenset({"incidents"}),
    query=query,
)
