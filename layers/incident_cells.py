"""Where incidents gather: their number in each H3 cell, at a resolution that follows the zoom."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from data.cells import resolution_for_zoom, width_m
from data.geo import View
from data.reads import incidents
from data.scope import Scope
from layers import legends
from layers.contract import CellTable, Layer, Picture, Words
from layers.palettes import HEAT


def with_whole_cells(view: View, resolution: int) -> View:
    """Widen the box so that a cell at its edge counts all its incidents, not those in view only."""
    if view.bbox is None:
        return view
    return replace(view, bbox=view.bbox.padded(width_m(resolution)))


def query(session: Session, scope: Scope, view: View) -> Picture:
    """Return the occupied cells of the view."""
    wanted = resolution_for_zoom(view.zoom)
    counted = incidents.count_whole_cells(session, scope, view, wanted)
    title, unit = Words("legend.incident_cells"), Words("unit.incidents_a_cell")
    legend = legends.counted(title, unit, HEAT, counted.counts.tolist())
    coarser = Words("note.coarser_cells", {"limit": f"{incidents.CELLS_LIMIT:,}"})
    classes = legend.classes_of(counted.counts)
    return Picture(
        legend=legend,
        shown=counted.total,
        total=counted.total,
        notes=(coarser,) if counted.resolution < wanted else (),
        cells=CellTable(counted.resolution, counted.cells, counted.counts, classes),
    )


LAYER = Layer(
    key="incident_cells",
    group="incidents",
    shape="cell",
    topics=frozenset({"incidents"}),
    query=query,
    on_by_default=False,
)
