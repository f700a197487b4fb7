"""Gaps and overlaps of the grids, and the sizing standard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from data.assignment import AREA_LEVELS, equal_area
from data.quality.finding import MOST_EXAMPLES, Finding, Severity
from data.reads import quality as reads
from data.reads.quality import Level
from data.scope import Scope

TOLERANCE_M = 1.0
"""Gaps and overlaps narrower than this are drawing noise along a common border."""

_GOVERNED_SHARE = 0.01
"""An area is governed by a scheme whose grids cover more than this share of it."""


def find(session: Session, scope: Scope, levels: Sequence[Level]) -> Iterator[Finding]:
    """Compare every level of every scheme with itself, with its scheme and with the areas."""
    areas = _finest_areas(session, scope)
    shapes = {id(level): [equal_area(unit.geometry) for unit in level.units] for level in levels}
    grounds = {id(level): shapely.union_all(shapes[id(level)]) for level in levels}
    for level in levels:
        yield from _overlaps(level, shapes[id(level)])
        others = [grounds[id(other)] for other in levels if other.scheme_code == level.scheme_code]
        yield from _gaps(level, grounds[id(level)], shapely.union_all(others), areas)


def oversized(levels: Iterable[Level]) -> Iterator[Finding]:
    """Find the grids of the finest level that are over the sizing standard of their scheme."""
    for level in levels:
        over = [
            unit
            for unit in level.units
            if (unit.households or 0) > level.max_households
            or (unit.residents or 0) > level.max_residents
        ]
        if level.is_finest and over:
            over.sort(key=lambda unit: (-(unit.residents or 0), unit.code))
            yield Finding(
                "oversized_grid",
                Severity.WARNING,
                len(over),
                f"Grids over the sizing standard of {level.max_households} households or "
                f"{level.max_residents} residents: {len(over)} of {len(level.units)} in "
                f"{_called(level)}.",
                tuple(
                    f"{unit.code} {unit.name}: {_told(unit.households)} households, "
                    f"{_told(unit.residents)} residents"
                    for unit in over[:MOST_EXAMPLES]
                ),
            )


def _told(count: int | None) -> str:
    return "unknown" if count is None else str(count)


def _overlaps(level: Level, shapes: list[BaseGeometry]) -> Iterator[Finding]:
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    found = []
    for one, other in np.column_stack([left, right])[left < right].tolist():
        common_m2 = _wide(shapely.intersection(shapes[one], shapes[other]))
        if common_m2 > 0:
            found.append((common_m2, level.units[one].code, level.units[other].code))
    if found:
        found.sort(key=lambda overlap: (-overlap[0], overlap[1:]))
        yield Finding(
            "grid_overlap",
            Severity.ERROR,
            len(found),
            f"Pairs of grids that overlap in {_called(level)}: {len(found)}, "
            f"{sum(overlap[0] for overlap in found):,.0f} m2 in all; "
            f"overlaps narrower than {TOLERANCE_M:g} m are not counted.",
            tuple(f"{one} and {other}: {m2:,.0f} m2" for m2, one, other in found[:MOST_EXAMPLES]),
        )


def _gaps(
    level: Level,
    covered: BaseGeometry,
    scheme_ground: BaseGeometry,
    areas: list[tuple[str, BaseGeometry]],
) -> Iterator[Finding]:
    shares = [shapely.intersection(shape, covered).area / shape.area for _, shape in areas]
    governed = [
        shape for (_, shape), share in zip(areas, shares, strict=True) if share > _GOVERNED_SHARE
    ]
    missing = shapely.difference(shapely.union_all([scheme_ground, *governed]), covered)
    gaps = [(_wide(part), part) for part in shapely.get_parts(missing).tolist()]
    gaps = sorted((gap for gap in gaps if gap[0] > 0), key=lambda gap: -gap[0])
    if gaps:
        yield Finding(
            "grid_gap",
            Severity.ERROR,
            len(gaps),
            f"Pieces of ground in no grid of {_called(level)}: {len(gaps)}, "
            f"{sum(gap[0] for gap in gaps):,.0f} m2 in all; the grids of a level must cover what "
            "the other levels of the scheme and its administrative areas cover; gaps narrower "
            f"than {TOLERANCE_M:g} m are not counted.",
            tuple(_place(level, m2, part) for m2, part in gaps[:MOST_EXAMPLES]),
        )
    bare = [
        name for (name, _), share in zip(areas, shares, strict=True) if share <= _GOVERNED_SHARE
    ]
    if bare and governed:
        yield Finding(
            "area_without_grid",
            Severity.WARNING,
            len(bare),
            f"Administrative areas without a grid of {_called(level)}: {len(bare)}.",
            tuple(bare[:MOST_EXAMPLES]),
        )


def _wide(shape: BaseGeometry) -> float:
    """Return the m2 of those parts of a shape that are wider than the tolerance."""
    parts = [part for part in shapely.get_parts(shape).tolist() if part.area > 0]
    return float(sum(part.area for part in parts if not part.buffer(-TOLERANCE_M / 2).is_empty))


def _place(level: Level, m2: float, gap: BaseGeometry) -> str:
    """Say how large a gap is and beside which grids."""
    beside = [
        unit.code for unit in level.units if equal_area(unit.geometry).distance(gap) < TOLERANCE_M
    ]
    near = ", ".join(beside[:4]) or "no grid"
    return f"{m2:,.0f} m2 beside {near}"


def _called(level: Level) -> str:
    return f"scheme {level.scheme_code}, level {level.level} ({level.name})"


def _finest_areas(session: Session, scope: Scope) -> list[tuple[str, BaseGeometry]]:
    """Return the areas of the finest administrative level, in equal-area metres."""
    found = reads.areas(session, scope)
    for level in reversed(AREA_LEVELS):
        if level in found:
            return [(name, equal_area(shape)) for name, shape in found[level]]
    return []
