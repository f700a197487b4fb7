"""Points: from the coordinates of a file to stored ones, and what cannot be a place."""

from __future__ import annotations

import math

import numpy as np

from data import cells, crs
from data.crs import Crs
from data.intake.drafts import Draft
from data.intake.fields import RefusalError
from data.intake.mapping import Mapping
from data.intake.report import Report


def place_points(drafts: list[Draft], mapping: Mapping, system: Crs, report: Report) -> list[Draft]:
    """Give each draft its stored longitude, latitude and cell; return the ones that are a place."""
    if mapping.place is None:
        return drafts
    column = " + ".join(mapping.place.columns) or "geometry"
    kept = [draft for draft in drafts if _is_possible(draft, column, system, report)]
    located = [draft for draft in kept if draft.xy is not None]
    pairs = np.array([draft.xy for draft in located], dtype=np.float64).reshape(-1, 2)
    longitudes, latitudes = crs.to_stored(system, pairs[:, 0], pairs[:, 1])
    lost = _outside(longitudes, latitudes)
    longitudes, latitudes = np.where(lost, 0.0, longitudes), np.where(lost, 0.0, latitudes)
    found = cells.cells_at(longitudes.tolist(), latitudes.tolist())
    for position, draft in enumerate(located):
        draft.values["longitude"] = float(longitudes[position])
        draft.values["latitude"] = float(latitudes[position])
        draft.values["cell"] = int(found[position])
    gone = {id(located[position]) for position in np.flatnonzero(lost)}
    for draft in kept:
        draft.values["source_crs"] = system.name
        if draft.xy is None:
            draft.values |= {"longitude": None, "latitude": None, "cell": None}
        elif id(draft) in gone:
            reason = f"is no place on earth when read as {system.name}; check the coordinate system"
            report.reject(draft.line, RefusalError(column, _shown(draft.xy), reason))
    return [draft for draft in kept if id(draft) not in gone]


def _outside(longitudes: crs.Coordinates, latitudes: crs.Coordinates) -> np.ndarray:
    inside = (np.abs(longitudes) <= 180.0) & (np.abs(latitudes) <= 90.0)  # false for NaN as well
    return ~inside


def _is_possible(draft: Draft, column: str, system: Crs, report: Report) -> bool:
    if draft.xy is None:
        return True
    reason = impossible(*draft.xy, system)
    if reason is not None:
        report.reject(draft.line, RefusalError(column, _shown(draft.xy), reason))
    return reason is None


def _shown(xy: tuple[float, float]) -> str:
    return f"{xy[0]:.12g}, {xy[1]:.12g}"


def impossible(x: float, y: float, system: Crs) -> str | None:
    """Return why two coordinates cannot be a place in a system, or None."""
    if not (math.isfinite(x) and math.isfinite(y)):
        return "is not finite; coordinates must be ordinary numbers"
    if x == 0 and y == 0:
        return "is (0, 0), a point off Africa; leave the place empty where it is not known"
    if not system.is_geographic or (abs(x) <= 180 and abs(y) <= 90):
        return None
    if abs(y) <= 180 and abs(x) <= 90:
        return (
            f"has latitude {y:.12g}, outside -90 to 90; longitude and latitude look exchanged, "
            "so check their columns or their order"
        )
    return (
        f"lies outside longitude -180 to 180 and latitude -90 to 90 of {system.name}; "
        "name the projected system (EPSG:n) if these are metres"
    )
