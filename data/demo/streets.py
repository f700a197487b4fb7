"""Where cases can happen: sites along streets and roads, in hamlets, and at named places."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString

from data.demo import gazetteer
from data.demo.division import Division
from data.demo.gazetteer import Settlement
from data.demo.ground import METRES_A_DEGREE, Points, board_points, inhabitants
from data.partition import NOWHERE, Partition

_SITE_EVERY_M = 24.0
_SITES_A_HAMLET = 14
_HAMLETS_A_GRID = 2
_HAMLET_SPREAD_M = 55.0
_BIN_M = 200.0
_CLEAR_OF_THE_BORDER = 0.965  # of the ellipse: some 150 m
_SAMPLES = 30_000


@dataclass(frozen=True, slots=True)
class Sites:
    """Possible places of cases; arrays of shape (n,)."""

    points: Points
    """Longitude and latitude."""
    by_people: npt.NDArray[np.float64]
    """Weight of each site by the people around it; sums to 1."""
    by_land: npt.NDArray[np.float64]
    """Weight of each site where land counts, not people; sums to 1."""
    community: npt.NDArray[np.int64]
    where: npt.NDArray[np.int64]
    """Position in `names`."""
    number: npt.NDArray[np.int64]
    """House number; 0 where there is none."""
    bearing_deg: npt.NDArray[np.float64]
    """Course of the street, clockwise from north."""
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    name: str
    points: Points
    """On the drawing board."""
    numbers: npt.NDArray[np.int64]
    bearings_deg: npt.NDArray[np.float64]


def lay_out(rng: np.random.Generator, division: Division) -> Sites:
    """Lay out streets, roads and hamlets, and return the sites along them."""
    drafts = [_along(rng, name, line) for name, line in street_lines(rng)]
    drafts += _hamlets(rng, division)
    points = np.vstack([draft.points for draft in drafts])
    where = np.repeat(np.arange(len(drafts)), [len(draft.points) for draft in drafts])
    placed = division.ground.plane.degrees(points)
    community = locate_community(division, placed)
    facts = gazetteer.facts()
    half = np.array([facts["half_width_km"], facts["half_height_km"]]) * 1000.0
    clear = ((points / half) ** 2).sum(axis=1) < _CLEAR_OF_THE_BORDER**2
    kept = (community != NOWHERE) & clear
    people = _density(inhabitants(rng, _SAMPLES), points)[kept] + 0.5
    near = _density(points[kept], points[kept])
    return Sites(
        placed[kept],
        people / near / (people / near).sum(),
        1.0 / near / (1.0 / near).sum(),
        community[kept],
        where[kept],
        np.concatenate([draft.numbers for draft in drafts])[kept],
        np.concatenate([draft.bearings_deg for draft in drafts])[kept],
        tuple(draft.name for draft in drafts),
    )


def street_lines(rng: np.random.Generator) -> list[tuple[str, LineString]]:
    """Return every street and road on the drawing board, with its name."""
    lines = [(name, _curve(course)) for name, course in gazetteer.roads()]
    for settlement in gazetteer.settlements():
        lines += _grid_of_streets(rng, settlement)
    return lines


def locate_community(division: Division, points: Points) -> npt.NDArray[np.int64]:
    """Return the position of the community that holds each point, or NOWHERE; shape (n,)."""
    codes = [community.code for community in division.communities]
    shapes = [community.polygon for community in division.communities]
    return Partition.of(codes, shapes).locate(points[:, 0], points[:, 1])


def scattered(
    rng: np.random.Generator, centres: Points, spread_m: float | npt.NDArray[np.float64]
) -> Points:
    """Return points around the given ones, none farther than two spreads; degrees, (n, 2)."""
    count = len(centres)
    distance = np.minimum(np.abs(rng.standard_normal(count)), 2.0) * spread_m
    angle = rng.uniform(0, 2 * math.pi, count)
    metres = np.column_stack([np.cos(angle) * distance, np.sin(angle) * distance])
    east = METRES_A_DEGREE * np.cos(np.radians(centres[:, 1]))
    degrees = metres / np.column_stack([east, np.full(count, METRES_A_DEGREE)])
    return np.asarray(centres + degrees, dtype=np.float64)


def place_points(division: Division) -> dict[str, Points]:
    """Return longitude and latitude of each named place, shape (1, 2), by key."""
    plane = division.ground.plane
    return {
        key: plane.degrees(np.array([place.at]) * 1000.0)
        for key, place in gazetteer.places().items()
    }


def _grid_of_streets(
    rng: np.random.Generator, settlement: Settlement
) -> list[tuple[str, LineString]]:
    """Lay half of the streets along and half across, round the middle of the settlement."""
    turn = rng.uniform(-0.5, 0.5)
    along = np.array([math.cos(turn), math.sin(turn)])
    across = np.array([-along[1], along[0]])
    middle = np.array(settlement.at) * 1000.0
    reach = settlement.spread_km * 1000.0 * 1.35
    lines = []
    for position, name in enumerate(settlement.streets):
        course, side = (along, across) if position % 2 == 0 else (across, along)
        rank = position // 2 - (len(settlement.streets) // 2 - 1) / 2
        offset = rank * 2 * reach / max(2, len(settlement.streets) // 2) + rng.uniform(-40, 40)
        lengths = reach * rng.uniform(0.75, 1.1, 2)
        ends = [middle + side * offset + course * lengths[0] * -1]
        ends.append(middle + side * offset + course * lengths[1])
        lines.append((name, LineString(ends)))
    return lines


def _curve(course: tuple[gazetteer.Kilometres, ...]) -> LineString:
    """Return a line through the corners of a course, the corners cut off three times (Chaikin)."""
    points = np.array(course) * 1000.0
    for _ in range(3):
        quarters = points[:-1] * 0.75 + points[1:] * 0.25
        threes = points[:-1] * 0.25 + points[1:] * 0.75
        inner = np.empty((2 * len(quarters), 2))
        inner[0::2], inner[1::2] = quarters, threes
        points = np.vstack([points[:1], inner, points[-1:]])
    return LineString(points)


def _along(rng: np.random.Generator, name: str, line: LineString) -> _Draft:
    """Put sites on both sides of a street, even numbers on one side and odd ones on the other."""
    distances = np.arange(_SITE_EVERY_M / 2, line.length - 1.0, _SITE_EVERY_M)
    at = shapely.get_coordinates(shapely.line_interpolate_point(line, distances))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, distances + 1.0))
    course = ahead - at
    course /= np.linalg.norm(course, axis=1)[:, None]
    normal = np.column_stack([-course[:, 1], course[:, 0]])
    bearing = np.degrees(np.arctan2(course[:, 0], course[:, 1])) % 360
    count = len(at)
    setback = rng.uniform(9, 20, (2, count))[:, :, None]
    numbers = np.arange(count) * 4
    return _Draft(
        name,
        np.vstack([at + normal * setback[0], at - normal * setback[1]]),
        np.concatenate([numbers + 1, numbers + 2]),
        np.concatenate([bearing, bearing]),
    )


def _hamlets(rng: np.random.Generator, division: Division) -> list[_Draft]:
    """Put hamlets into the villages: clusters of sites without streets."""
    half = gazetteer.facts()
    ellipse = board_points(rng, _board(half["half_width_km"], half["half_height_km"]), 6000)
    community = locate_community(division, division.ground.plane.degrees(ellipse))
    drafts = []
    for position, village in enumerate(division.communities):
        if village.urban_rural_class != "220":
            continue
        candidates = ellipse[community == position]
        count = min(len(candidates), _HAMLETS_A_GRID * len(village.micro_grids) + 2)
        for number in range(1, count + 1):
            middle = candidates[number - 1]
            spread = rng.standard_normal((_SITES_A_HAMLET, 2)) * _HAMLET_SPREAD_M
            drafts.append(
                _Draft(
                    f"{village.named.name}{number}组",
                    middle + spread,
                    np.zeros(_SITES_A_HAMLET, dtype=np.int64),
                    rng.uniform(0, 360, _SITES_A_HAMLET),
                )
            )
    return drafts


def _board(half_width_km: float, half_height_km: float) -> shapely.Polygon:
    circle = shapely.Point(0, 0).buffer(_CLEAR_OF_THE_BORDER * 0.97, quad_segs=32)
    scale = np.array([half_width_km, half_height_km]) * 1000.0
    return shapely.transform(circle, lambda xy: xy * scale)


def _density(sample: Points, points: Points) -> npt.NDArray[np.float64]:
    """Return how many of a sample lie in the square around each point, edges smoothed; (n,)."""
    low = np.minimum(sample.min(axis=0), points.min(axis=0)) - 2 * _BIN_M
    shape = np.ceil((np.maximum(sample.max(axis=0), points.max(axis=0)) - low) / _BIN_M) + 2
    counts = np.zeros(shape.astype(np.int64), dtype=np.float64)
    bins = ((sample - low) / _BIN_M).astype(np.int64)
    np.add.at(counts, (bins[:, 0], bins[:, 1]), 1.0)
    padded = np.pad(counts, 1)
    smooth = np.zeros_like(counts)
    for east in range(3):
        for north in range(3):
            smooth += padded[east : east + counts.shape[0], north : north + counts.shape[1]]
    own = ((points - low) / _BIN_M).astype(np.int64)
    return np.asarray(smooth[own[:, 0], own[:, 1]] / 9.0, dtype=np.float64)
