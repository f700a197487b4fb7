"""The grid polygons of the level that suits the zoom, coloured by what happens in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from data.errors import InvalidInputError
from data.geo import View
from data.reads import grids
from data.reads.grids import GridTally, Scheme, Unit
from data.scope import Scope
from layers import legends
from layers.contract import AreaUnit, Layer, Legend, Outline, Picture, Words
from layers.palettes import BALANCE, DEPTH, HEAT

LOAD_BREAKS = (0.5, 0.8, 1.0, 1.25)
OVERDUE_BREAKS = (1.0, 3.0, 5.0, 10.0)

Tallies = Mapping[str, GridTally]
_NOTHING = GridTally(0, 0, 0)


def rate(unit: Unit, tallies: Tallies, scheme: Scheme) -> float | None:
    """Return incidents per 1,000 residents; None where nobody is registered."""
    _ = scheme
    if not unit.residents:
        return None
    return 1000.0 * tallies.get(unit.code, _NOTHING).received / unit.residents


def overdue(unit: Unit, tallies: Tallies, scheme: Scheme) -> float | None:
    """Return how many percent of the incidents are open past their due time; None without any."""
    _ = scheme
    tally = tallies.get(unit.code, _NOTHING)
    if tally.received == 0:
        return None
    return 100.0 * tally.overdue_open / tally.received


def load(unit: Unit, tallies: Tallies, scheme: Scheme) -> float | None:
    """Return how many times the sizing standard the grid is; the larger of its two yardsticks.

    None where neither households nor residents are known, and above the finest level, which the
    standard is for. It reads "400 households or 1,200 residents", so one yardstick above it makes a
    grid oversized.
    """
    _ = tallies
    if unit.level != scheme.finest_level:
        return None
    ratios = [
        count / standard
        for count, standard in (
            (unit.households, scheme.max_households),
            (unit.residents, scheme.max_residents),
        )
        if count is not None
    ]
    return max(ratios, default=None)


def _rate_legend(values: Sequence[float]) -> Legend:
    title, per = Words("measure.rate"), Words("unit.per_1000_residents")
    return legends.graded(title, per, DEPTH, values, smallest=0.1)


def _overdue_legend(values: Sequence[float]) -> Legend:
    _ = values
    return legends.fixed(Words("measure.overdue"), Words("unit.percent"), HEAT, OVERDUE_BREAKS)


def _load_legend(values: Sequence[float]) -> Legend:
    _ = values
    return legends.fixed(Words("measure.load"), Words("unit.standards"), BALANCE, LOAD_BREAKS)


Measure = Callable[[Unit, Tallies, Scheme], float | None]
MEASURES: Mapping[str, tuple[Measure, Callable[[Sequence[float]], Legend], str]] = {
    "rate": (rate, _rate_legend, "{:.1f}"),
    "overdue": (overdue, _overdue_legend, "{:.1f}"),
    "load": (load, _load_legend, "{:.2f}"),
}
"""By key: how the value is computed, its legend, and how the figure is written."""


def query(session: Session, scope: Scope, view: View) -> Picture:
    """Return the grids valid at the moment of the view, with the chosen measure of each."""
    key = view.measure or next(iter(MEASURES))
    if key not in MEASURES:
        raise InvalidInputError(f"measure={key!r} is none of {', '.join(MEASURES)}.")
    value_of, legend_of, form = MEASURES[key]
    if _is_empty(session, scope, view):
        return Picture(legend=legend_of([]), shown=0, total=0, units=())
    scheme = grids.scheme(session, scope, view.scheme)
    level = grids.level_for(session, scope, view)
    tallies = grids.tallies(session, scope, _everywhere(view), level.level)
    rows = grids.units(session, scope, view, level.level)
    values = [value_of(unit, tallies, scheme) for unit in rows]
    legend = legend_of([value for value in values if value])
    units = [
        AreaUnit(
            unit.id,
            unit.code,
            Words(unit.name, translations=unit.translations),
            value,
            "" if value is None else form.format(value),
            legend.class_of(value),
        )
        for unit, value in zip(rows, values, strict=True)
    ]
    return Picture(
        legend=legend,
        notes=_notes(key, level.level, scheme),
        shown=len(units),
        total=len(units),
        units=units,
        scheme=scheme.code,
        level=str(level.level),
        level_title=Words(level.name, translations=level.translations),
    )


def _notes(measure: str, level: int, scheme: Scheme) -> tuple[Words, ...]:
    if measure == "load" and level != scheme.finest_level:
        return (Words("note.load_of_finest"),)
    return ()


def outlines(session: Session, scope: Scope, view: View) -> Sequence[Outline]:
    """Return the borders of the same grids."""
    if _is_empty(session, scope, view):
        return []
    level = grids.level_for(session, scope, view)
    return [
        Outline(unit.id, unit.geometry) for unit in grids.units(session, scope, view, level.level)
    ]


def _is_empty(session: Session, scope: Scope, view: View) -> bool:
    """Tell whether there is no grid at all, which is no error unless a scheme is named."""
    return view.scheme is None and not grids.schemes(session, scope)


def _everywhere(view: View) -> View:
    """Drop the box and the selection: the value of a grid is that of the whole grid."""
    return replace(view, bbox=None, grid=None)


LAYER = Layer(
    key="grids",
    group="territory",
    shape="area",
    topics=frozenset({"grids", "incidents"}),
    query=query,
    outlines=outlines,
    measures=tuple(MEASURES),
)
