"""The administrative areas, as outlines under everything else."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from data.geo import View
from data.reads import areas
from data.scope import Scope
from layers.contract import AreaUnit, Layer, Legend, LegendClass, Outline, Picture, Words
from layers.palettes import OUTLINE
from layers.terms import term

LEGEND = Legend(
    Words("legend.areas"), (LegendClass(OUTLINE, Words("legend.area_border"), "outline"),)
)


def query(session: Session, scope: Scope, view: View) -> Picture:
    """Return the areas of the finest level."""
    _ = view
    level = areas.finest_level(session, scope)
    rows = areas.of_level(session, scope, level) if level else []
    units = [
        AreaUnit(row.id, row.code, Words(row.name, translations=row.translations), None, "", 0)
        for row in rows
    ]
    return Picture(
        legend=LEGEND,
        shown=len(units),
        total=len(units),
        units=units,
        level=level,
        level_title=term("area_level", level) if level else None,
    )


def outlines(session: Session, scope: Scope, view: View) -> Sequence[Outline]:
    """Return the borders of the areas of the finest level."""
    _ = view
    level = areas.finest_level(session, scope)
    rows = areas.of_level(session, scope, level) if level else []
    return [Outline(row.id, row.geometry) for row in rows]


LAYER = Layer(
    key="areas",
    group="territory",
    shape="area",
    topics=frozenset({"areas"}),
    query=query,
    outlines=outlines,
    refresh_s=300,
    stale_after_s=1500,
    on_by_default=False,
)
