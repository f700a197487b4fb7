"""Whether the grids of one level divide the ground: no code twice, no ground in two grids."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from data.assignment import equal_area
from data.errors import InvalidInputError
from data.intake.drafts import Draft
from data.intake.mapping import GridRules
from data.intake.report import Report

_SINCE_EVER = datetime.min.replace(tzinfo=UTC)
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_NOISE_M2 = 1e-4  # of the arithmetic of intersections
_PAIRS_SHOWN = 5


class Neighbour(NamedTuple):
    """A grid, of the file or of the database, as far as it can be in the way of another."""

    code: str
    label: str
    """For sentences."""
    geometry: BaseGeometry
    valid_from: datetime | None
    valid_until: datetime | None

    def is_valid_with(self, other: Neighbour) -> bool:
        """Tell whether there is a moment at which both are valid."""
        since = max(self.valid_from or _SINCE_EVER, other.valid_from or _SINCE_EVER)
        until = min(self.valid_until or _FOR_EVER, other.valid_until or _FOR_EVER)
        return since < until


def neighbour_of(draft: Draft, report: Report) -> Neighbour:
    """Return a draft in the form in which it is compared."""
    values = draft.values
    label = f"{values['code']} of {report.place} {draft.line}"
    span = values.get("valid_from"), values.get("valid_until")
    return Neighbour(values["code"], label, draft.geometry, *span)


def check_codes(drafts: list[Draft], others: list[Neighbour], report: Report) -> None:
    """Refuse the file if two grids that are valid together carry one code."""
    by_code: dict[str, list[Neighbour]] = defaultdict(list)
    for other in others:
        by_code[other.code].append(other)
    for draft in drafts:
        grid = neighbour_of(draft, report)
        for twin in by_code[grid.code]:
            if grid.is_valid_with(twin):
                raise InvalidInputError(
                    f"Two grids carry one code at the same time: {twin.label} and {grid.label} of "
                    f"{report.file_name}. Give each grid its own code, or end the validity of one."
                )
        by_code[grid.code].append(grid)


def check_overlaps(
    drafts: list[Draft], others: list[Neighbour], rules: GridRules, report: Report
) -> None:
    """Refuse the file, or warn, if grids of the level share ground wider than the tolerance.

    A narrower overlap is drawing noise along a common border; its sum is told as a warning.
    """
    grids = [neighbour_of(draft, report) for draft in drafts]
    shared = _shared_ground(grids, others)
    wide, noise_m2 = [], 0.0
    for first, second, common in shared:
        if common.buffer(-rules.tolerance_m / 2).is_empty:
            noise_m2 += common.area
        else:
            wide.append((common.area, f"{first.label} and {second.label} by {common.area:,.0f} m2"))
    if noise_m2 >= 1:
        report.warn(
            f"Overlaps narrower than {rules.tolerance_m:g} m along borders sum to "
            f"{noise_m2:,.0f} m2."
        )
    if not wide:
        return
    wide.sort(reverse=True)
    told = "; ".join(sentence for _, sentence in wide[:_PAIRS_SHOWN])
    more = f"; and {len(wide) - _PAIRS_SHOWN} more pairs" if len(wide) > _PAIRS_SHOWN else ""
    sentence = f"{len(wide)} pairs of grids overlap: {told}{more}."
    if rules.overlaps == "refuse":
        raise InvalidInputError(
            f"{report.file_name}: {sentence} Correct the borders, or accept them by "
            'overlaps = "warn" under [grid].'
        )
    report.warn(sentence)


def _shared_ground(
    grids: list[Neighbour], others: list[Neighbour]
) -> list[tuple[Neighbour, Neighbour, BaseGeometry]]:
    """Return the pairs that share ground at one time, with the shared ground in metres."""
    everyone = [*grids, *others]
    shapes = [equal_area(grid.geometry) for grid in everyone]
    pairs = shapely.STRtree(shapes).query(shapes[: len(grids)], predicate="intersects")
    found = []
    for first, second in pairs.T.tolist():
        if first < second and everyone[first].is_valid_with(everyone[second]):
            common = shapely.intersection(shapes[first], shapes[second])
            if common.area > _NOISE_M2:
                found.append((everyone[first], everyone[second], common))
    return found
