"""The ground of the town: an exact division into micro-grids whose borders meander.

The town is first drawn with straight borders: an ellipse, cut by the river, the parts cut into
zones, the zones into communities, the communities into micro-grids, each by the Voronoi cells of
centres where people live. All pieces are convex, so each is one piece. Then every vertex is moved
by one smooth field that depends on its place alone: neighbours keep their vertices in common, so
that there is neither gap nor overlap, and the river and the streets bend with the borders.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString, MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from data.assignment import area_m2
from data.demo import gazetteer

Points = npt.NDArray[np.float64]
"""Shape (n, 2): east and north in metres before bending, or longitude and latitude after."""

METRES_A_DEGREE = 111_320.0
ZONES, COMMUNITIES, MICRO_GRIDS = 5, 13, 50
_ZONES_BEYOND_THE_RIVER = 2
_VERTEX_EVERY_M = 45.0
_ROUNDED_TO_DECIMALS = 7  # about a centimetre
_SAMPLES = 24_000
_ATTEMPTS = 20

_WAVES_M_AND_STRAIN = ((7000, 0.50), (3200, 0.46), (1300, 0.42), (520, 0.38), (210, 0.28))
_WAVES_AN_OCTAVE = 4


class BentGroundError(Exception):
    """The draw gave a ground that is not well formed; another is drawn."""


@dataclass(frozen=True, slots=True)
class Plane:
    """The way from the drawing board to the earth: bend, stretch, place."""

    vectors: Points
    """Displacement of each wave, metres."""
    frequencies: Points
    """Radians a metre, east and north."""
    phases: npt.NDArray[np.float64]
    stretch: float
    longitude: float
    latitude: float

    def degrees(self, points: Points) -> Points:
        """Return longitude and latitude of points of the drawing board; shape (n, 2)."""
        waves = np.sin(points @ self.frequencies.T + self.phases)
        bent = (points + waves @ self.vectors) * self.stretch
        east = METRES_A_DEGREE * math.cos(math.radians(self.latitude))
        placed = bent / np.array([east, METRES_A_DEGREE]) + (self.longitude, self.latitude)
        rounded: Points = np.round(placed, _ROUNDED_TO_DECIMALS)
        return rounded


@dataclass(frozen=True, slots=True)
class Ground:
    """The divided ground; arrays run over the micro-grids."""

    plane: Plane
    outline: Polygon
    micro_grids: tuple[Polygon, ...]
    zone_of: npt.NDArray[np.int64]
    """Before lending: the zone that the community lies in."""
    community_of: npt.NDArray[np.int64]
    inhabitants: npt.NDArray[np.float64]
    """Share of the town's residents; sums to 1."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    zone: int
    community: int
    polygon: Polygon


def draw(rng: np.random.Generator) -> Ground:
    """Draw a ground; the same generator state gives the same ground."""
    for _ in range(_ATTEMPTS):
        try:
            return _draw_once(rng)
        except BentGroundError:
            continue
    raise BentGroundError(f"no well-formed ground in {_ATTEMPTS} draws")


def one_piece(shape: BaseGeometry) -> Polygon:
    """Return the shape, or raise BentGroundError if it is not one polygon without holes."""
    if not isinstance(shape, Polygon) or shape.interiors:
        raise BentGroundError("a piece of ground is not one polygon without holes")
    return shape


def inhabitants(rng: np.random.Generator, count: int) -> Points:
    """Draw where people live, on the drawing board; shape (n, 2), all inside the ellipse."""
    facts, settlements = gazetteer.facts(), gazetteer.settlements()
    half = np.array([facts["half_width_km"], facts["half_height_km"]]) * 1000.0
    shares = [settlement.share for settlement in settlements]
    kind = rng.choice(len(shares) + 1, size=count, p=[*shares, 1.0 - sum(shares)])
    angle, radius = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.uniform(0, 1, count))
    points = np.column_stack([np.cos(angle) * radius, np.sin(angle) * radius]) * half
    noise = rng.standard_normal((count, 2))
    for index, settlement in enumerate(settlements):
        chosen = kind == index
        points[chosen] = (np.array(settlement.at) + noise[chosen] * settlement.spread_km) * 1000.0
    inside: Points = points[((points / half) ** 2).sum(axis=1) < 0.98]
    return inside


def _draw_once(rng: np.random.Generator) -> Ground:
    board = _ellipse()
    people = inhabitants(rng, _SAMPLES)
    land = board_points(rng, board, _SAMPLES // 2)
    leaves = _leaves(rng, board, people, land)
    faces = _faces(leaves)
    plane = _plane(rng, board)
    bent = [Polygon(plane.degrees(np.array(face.exterior.coords))) for face in faces]
    if not all(polygon.is_valid for polygon in bent) or not shapely.coverage_is_valid(bent):
        raise BentGroundError("borders cross")
    outline = one_piece(shapely.coverage_union_all(bent))
    counts = shapely.STRtree(faces).query(shapely.points(people), predicate="within")[1]
    share = np.bincount(counts, minlength=len(faces)).astype(np.float64)
    return Ground(
        plane,
        outline,
        tuple(bent),
        np.array([leaf.zone for leaf in leaves]),
        np.array([leaf.community for leaf in leaves]),
        share / share.sum(),
    )


def _ellipse() -> Polygon:
    facts = gazetteer.facts()
    angles = np.linspace(0, 2 * math.pi, 180, endpoint=False)
    half = np.array([facts["half_width_km"], facts["half_height_km"]]) * 1000.0
    return Polygon(np.column_stack([np.cos(angles), np.sin(angles)]) * half)


def board_points(rng: np.random.Generator, board: Polygon, count: int) -> Points:
    """Draw points evenly over a polygon; shape (n, 2) with about `count` points."""
    west, south, east, north = board.bounds
    points = rng.uniform((west, south), (east, north), (count * 2, 2))
    return points[shapely.contains_xy(board, points[:, 0], points[:, 1])][:count]


def _leaves(rng: np.random.Generator, board: Polygon, people: Points, land: Points) -> list[_Leaf]:
    """Cut the board down to micro-grids; pieces with more people are cut into more."""
    start, end = (np.array(point) * 1000.0 for point in gazetteer.river())
    banks = [one_piece(bank) for bank in split(board, LineString([start, end])).geoms]
    south, north = sorted(banks, key=lambda bank: bank.centroid.y)
    zones = [
        *_cut(rng, south, ZONES - _ZONES_BEYOND_THE_RIVER, people, land),
        *_cut(rng, north, _ZONES_BEYOND_THE_RIVER, people, land),
    ]
    leaves, community = [], 0
    for zone, (polygon, parts) in enumerate(
        zip(zones, _shared_out(zones, COMMUNITIES, people, at_least=2), strict=True)
    ):
        for piece in _cut(rng, polygon, parts, people, land):
            leaves.append(_Leaf(zone, community, piece))
            community += 1
    pieces = [leaf.polygon for leaf in leaves]
    parts_of = _shared_out(pieces, MICRO_GRIDS, people, at_least=2)
    return [
        _Leaf(leaf.zone, leaf.community, piece)
        for leaf, parts in zip(leaves, parts_of, strict=True)
        for piece in _cut(rng, leaf.polygon, parts, people, land)
    ]


def _within(polygon: Polygon, points: Points) -> Points:
    return points[shapely.contains_xy(polygon, points[:, 0], points[:, 1])]


def _shared_out(pieces: list[Polygon], total: int, people: Points, *, at_least: int) -> list[int]:
    weights = np.array([len(_within(piece, people)) for piece in pieces], dtype=np.float64)
    spare = total - at_least * len(pieces)
    return [at_least + more for more in apportion(weights, spare).tolist()]


def apportion(weights: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.int64]:
    """Share out whole units by weight; the largest remainders get the rest, so the sum is exact."""
    exact = weights / weights.sum() * total
    shares = np.floor(exact).astype(np.int64)
    left = total - int(shares.sum())
    order = np.argsort(shares - exact, kind="stable")
    shares[order[:left]] += 1
    return np.asarray(shares, dtype=np.int64)


def _cut(
    rng: np.random.Generator, polygon: Polygon, parts: int, people: Points, land: Points
) -> list[Polygon]:
    """Cut a convex polygon into convex parts around the centres of people and land, west first."""
    if parts == 1:
        return [polygon]
    points = np.vstack([_within(polygon, people)[: len(people) // 2], _within(polygon, land)])
    centres = points[rng.choice(len(points), parts, replace=False)]
    for _ in range(25):
        distances = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        nearest = distances.argmin(axis=1)
        if len(np.unique(nearest)) < parts:
            raise BentGroundError("a centre without people")
        centres = np.array([points[nearest == part].mean(axis=0) for part in range(parts)])
    centres = centres[np.lexsort((centres[:, 1], centres[:, 0]))]
    cells = shapely.voronoi_polygons(MultiPoint(centres), extend_to=polygon).geoms
    ordered = [next(cell for cell in cells if cell.contains(Point(xy))) for xy in centres]
    return [one_piece(cell.intersection(polygon)) for cell in ordered]


def _faces(leaves: list[_Leaf]) -> list[Polygon]:
    """Return the leaves again, every vertex shared by neighbours, and enough of them to bend."""
    borders = shapely.union_all([leaf.polygon.boundary for leaf in leaves], grid_size=0.01)
    dense = shapely.segmentize(shapely.get_parts(borders), _VERTEX_EVERY_M)
    faces = list(shapely.get_parts(shapely.polygonize(dense)))
    if len(faces) != len(leaves):
        raise BentGroundError(f"{len(faces)} faces for {len(leaves)} grids")
    tree = shapely.STRtree(faces)
    ordered = []
    for leaf in leaves:
        found = tree.query(leaf.polygon.representative_point(), predicate="within")
        ordered.append(faces[int(found[0])])
    return ordered


def _plane(rng: np.random.Generator, board: Polygon) -> Plane:
    """Draw the bending, and stretch it so that the town has its area exactly."""
    facts = gazetteer.facts()
    vectors, frequencies = [], []
    for length_m, strain in _WAVES_M_AND_STRAIN:
        for _ in range(_WAVES_AN_OCTAVE):
            along, across = rng.uniform(0, 2 * math.pi, 2)
            wave_number = 2 * math.pi / (length_m * rng.uniform(0.8, 1.25))
            frequencies.append((wave_number * math.cos(along), wave_number * math.sin(along)))
            size = strain / _WAVES_AN_OCTAVE**0.5 / wave_number
            vectors.append((size * math.cos(across), size * math.sin(across)))
    phases = rng.uniform(0, 2 * math.pi, len(vectors))
    stretch = 1.0
    ring = np.array(board.segmentize(_VERTEX_EVERY_M).exterior.coords)
    for _ in range(3):
        plane = Plane(
            np.array(vectors),
            np.array(frequencies),
            phases,
            stretch,
            facts["longitude"],
            facts["latitude"],
        )
        stretch *= math.sqrt(facts["area_km2"] * 1e6 / area_m2(Polygon(plane.degrees(ring))))
    return plane
