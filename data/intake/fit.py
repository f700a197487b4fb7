"""Whether a file lies where the town is: the named coordinate system against the others.

A file in GCJ-02 that is taken for WGS 84 puts points 300 to 700 m away, often into the next grid,
and nothing else would show it. What is known of the town already is the measure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data import crs
from data.crs import Coordinates, Crs
from data.errors import InvalidInputError
from data.intake.report import Report

_FEWEST_POINTS = 20
_MOST_POINTS = 20_000
_CLEAR_SHARE = 0.005
"""Of ground; the borders of two layers rarely agree better."""
_CLEAR_COUNT = 3
"""Of points. Incidents keep to streets and houses, so that of a shift by 400 m hardly one in three
hundred tells: but a wrong reading moves points out of the town and does not move strays into it."""
_LEFT_OVER = 0.25
_LOST, _FOUND = 0.1, 0.9
_EXCHANGED = "longitude and latitude exchanged"


def check_points(
    x: Coordinates, y: Coordinates, system: Crs, town: BaseGeometry, report: Report
) -> None:
    """Warn when another reading of the points puts clearly more of them into the town.

    Raises
    ------
    InvalidInputError
        The axes are exchanged beyond doubt: hardly a point lies in the town as written, and nearly
        all do the other way round.
    """
    if len(x) == 0 or town.is_empty:
        return
    if len(x) < _FEWEST_POINTS:
        _warn_of_strays(x, y, system, town, report)
        return
    step = -(-len(x) // _MOST_POINTS)
    x, y = x[::step], y[::step]
    shapely.prepare(town)

    def share_outside(candidate: Crs, first: Coordinates, second: Coordinates) -> float:
        longitudes, latitudes = crs.to_stored(candidate, first, second)
        finite = np.isfinite(longitudes) & np.isfinite(latitudes)
        inside = shapely.intersects_xy(town, longitudes[finite], latitudes[finite])
        return (len(x) - int(np.count_nonzero(inside))) / len(x)

    here = share_outside(system, x, y)
    others = {other.name: share_outside(other, x, y) for other in _others(system)}
    others[_EXCHANGED] = share_outside(system, y, x)
    least = _CLEAR_COUNT / len(x)
    _judge(here, others, least, system, "points", report)


def _warn_of_strays(
    x: Coordinates, y: Coordinates, system: Crs, town: BaseGeometry, report: Report
) -> None:
    """Say that most of a few points lie outside the town; they are too few to tell why."""
    outside = int(np.count_nonzero(~shapely.intersects_xy(town, *crs.to_stored(system, x, y))))
    if 2 * outside > len(x):
        report.warn(
            f"{outside} of {len(x)} points lie outside the town when read as {system.name}. "
            "Check coordinate system, order of the columns, and that the file is of this town."
        )


def check_polygons(shape: BaseGeometry, system: Crs, town: BaseGeometry, report: Report) -> None:
    """Warn when another reading of the polygons puts clearly more of their ground into the town.

    Parameters
    ----------
    shape
        The ground of all polygons of the file together, in WGS 84 as read by `system`.
    """
    if town.is_empty or shape.is_empty:
        return

    def share_outside(candidate: Crs, exchanged: bool) -> float:
        def read_anew(xy: Coordinates) -> Coordinates:
            x, y = crs.from_stored(system, *xy.T)
            x, y = (y, x) if exchanged else (x, y)
            return np.column_stack(crs.to_stored(candidate, x, y))

        moved = shapely.make_valid(shapely.transform(shape, read_anew))
        return float(shapely.difference(moved, town).area / moved.area) if moved.area else 1.0

    here = share_outside(system, exchanged=False)
    others = {other.name: share_outside(other, exchanged=False) for other in _others(system)}
    others[_EXCHANGED] = share_outside(system, exchanged=True)
    _judge(here, others, _CLEAR_SHARE, system, "ground", report)


def _others(system: Crs) -> Iterator[Crs]:
    """Yield the systems that a file may have been in instead; equal ones once."""
    if not system.is_geographic:
        return
    for name in ("wgs84", *crs.SHIFTED):
        if name != system.name and not (name == "wgs84" and system.name in crs.SAME_AS_STORED):
            yield Crs(name)


def _judge(
    here: float,
    others: dict[str, float],
    least: float,
    system: Crs,
    what: str,
    report: Report,
) -> None:
    name, there = min(others.items(), key=lambda item: item[1])
    if name == _EXCHANGED and 1 - here < _LOST and 1 - there >= _FOUND:
        raise InvalidInputError(
            f"Read as {system.name}, {1 - here:.1%} of the {what} lie in the town; with "
            f"{_EXCHANGED} it is {1 - there:.1%}. Exchange the two columns in the mapping, "
            "or set order."
        )
    if here - there >= least and there <= here * _LEFT_OVER:
        report.warn(
            f"{1 - here:.2%} of the {what} lie in the town when read as {system.name}, but "
            f"{1 - there:.2%} with {name}. Check the coordinate system of the file."
        )
    elif 1 - here < _LOST:
        report.warn(
            f"Only {1 - here:.1%} of the {what} lie in the town when read as {system.name}, and no "
            "other system fits better. Check that the file is of this town."
        )
