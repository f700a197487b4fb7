"""Which grid a grid belongs to, one level up in its scheme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.intake.division import Neighbour, neighbour_of
from data.intake.drafts import Draft
from data.intake.fields import RefusalError
from data.intake.mapping import GridRules
from data.intake.report import Report
from data.models import GridUnit


class _Parent(NamedTuple):
    id: int
    grid: Neighbour


def with_parents(
    session: Session, scheme_id: int, drafts: list[Draft], rules: GridRules, report: Report
) -> list[Draft]:
    """Write the parent into each draft of one level; reject those whose named parent is nowhere."""
    if rules.parent == "none" or not drafts:
        return drafts
    above = _level_above(session, scheme_id, drafts[0].values["level"])
    if rules.parent == "containment":
        _by_ground(drafts, above, report)
        return drafts
    return _by_code(drafts, above, rules, report)


def _level_above(session: Session, scheme_id: int, level: int) -> Sequence[_Parent]:
    """Return the grids of the next coarser level that has any."""
    coarser = session.scalar(
        select(func.max(GridUnit.level)).where(
            GridUnit.scheme_id == scheme_id, GridUnit.level < level
        )
    )
    columns = (GridUnit.id, GridUnit.code, GridUnit.geometry)
    rows = session.execute(
        select(*columns, GridUnit.valid_from, GridUnit.valid_until)
        .filter_by(scheme_id=scheme_id, level=coarser)
        .order_by(GridUnit.code)
    )
    return [
        _Parent(
            row.id, Neighbour(row.code, row.code, row.geometry, row.valid_from, row.valid_until)
        )
        for row in rows
    ]


def _by_code(
    drafts: list[Draft], above: Sequence[_Parent], rules: GridRules, report: Report
) -> list[Draft]:
    by_code: dict[str, list[_Parent]] = defaultdict(list)
    for row in above:
        by_code[row.grid.code].append(row)
    kept = []
    for draft in drafts:
        code, grid = draft.extra.get("parent_code"), neighbour_of(draft, report)
        parents = [row for row in by_code.get(code or "", ()) if grid.is_valid_with(row.grid)]
        if code is not None and not parents:
            reason = (
                f"is not the code of a grid one level up in the scheme {rules.scheme.code!r} at "
                "that time; import the coarser level first"
            )
            report.reject(draft.line, RefusalError("parent_code", code, reason))
            continue
        draft.values["parent_id"] = parents[-1].id if parents else None
        kept.append(draft)
    return kept


def _by_ground(drafts: list[Draft], above: Sequence[_Parent], report: Report) -> None:
    """Choose the parent that holds the greatest part of the ground; the lowest code where equal."""
    shapes = [draft.geometry for draft in drafts]
    pairs = shapely.STRtree([row.grid.geometry for row in above]).query(
        shapes, predicate="intersects"
    )
    best: dict[int, tuple[float, int]] = {}
    for child, parent in sorted(pairs.T.tolist()):
        row = above[parent]
        if not neighbour_of(drafts[child], report).is_valid_with(row.grid):
            continue
        shared = float(shapely.intersection(shapes[child], row.grid.geometry).area)
        if shared > best.get(child, (0.0, 0))[0]:
            best[child] = (shared, row.id)
    for position, draft in enumerate(drafts):
        draft.values["parent_id"] = best.get(position, (0.0, None))[1]
    orphans = len(drafts) - len(best)
    if orphans and above:
        report.warn(f"{orphans} grids lie in no grid of the level above; they have no parent.")
