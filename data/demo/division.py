"""Who the pieces of ground belong to: two trees over one ground, with names and numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

from data.assignment import area_m2
from data.demo import gazetteer
from data.demo.gazetteer import Named
from data.demo.ground import BentGroundError, Ground, apportion, one_piece

Whole = npt.NDArray[np.int64]

_LENT_ACROSS_ZONES = 3
_LENT_WITHIN_ZONES = 1
_SHORTEST_COMMON_BORDER_DEG = 0.0025  # about 250 m
_URBAN_NAMES = 5


@dataclass(frozen=True, slots=True)
class Community:
    """A village or community: the administrative tree."""

    code: str
    named: Named
    urban_rural_class: str
    micro_grids: tuple[int, ...]
    residents: int
    households: int
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of any level: the other tree."""

    code: str
    parent: int | None
    """Position of the parent among the grids of the level above."""
    level: int
    named: Named
    micro_grids: tuple[int, ...]
    residents: int
    households: int
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Division:
    """The administrative areas and the three grid levels of the town."""

    ground: Ground
    communities: tuple[Community, ...]
    community_of: Whole
    """Position of the community of each micro-grid of the ground."""
    levels: tuple[tuple[Grid, ...], ...]
    """Grids of level 1, 2 and 3, each in the order of their codes."""
    residents: int
    households: int


def divide(rng: np.random.Generator, ground: Ground) -> Division:
    """Name and number the ground, and lend some micro-grids to a neighbouring level-2 grid."""
    residents, households = _people(rng, ground)
    communities, community_of = _communities(ground, residents, households)
    level_2_of = _lend(rng, ground, community_of)
    zone_of_community = np.zeros(len(communities), dtype=np.int64)
    zone_of_community[community_of] = ground.zone_of
    levels = _levels(ground, communities, level_2_of, zone_of_community, residents, households)
    total = int(residents.sum()), int(households.sum())
    return Division(ground, communities, community_of, levels, *total)


def _people(rng: np.random.Generator, ground: Ground) -> tuple[Whole, Whole]:
    """Return residents and households of each micro-grid; the residents sum to the town's."""
    facts = gazetteer.facts()
    weights = ground.inhabitants + 0.002
    residents = apportion(weights, facts["residents"])
    size = facts["people_a_household"] * rng.uniform(0.93, 1.07, len(residents))
    return residents, np.round(residents / size).astype(np.int64)


def _communities(
    ground: Ground, residents: Whole, households: Whole
) -> tuple[tuple[Community, ...], Whole]:
    """Give the densest pieces the names of communities, the others those of villages."""
    town = gazetteer.facts()["area_code"]
    pieces = [np.flatnonzero(ground.community_of == piece) for piece in _range(ground.community_of)]
    shapes = [_union(ground, piece) for piece in pieces]
    density = [
        residents[piece].sum() / area_m2(shape) for piece, shape in zip(pieces, shapes, strict=True)
    ]
    order = np.argsort(-np.array(density), kind="stable")
    classes = [row["class"] for row in gazetteer.tables("town.toml")["community"]]
    found = []
    community_of = np.zeros(len(ground.micro_grids), dtype=np.int64)
    for position, piece in enumerate(order.tolist()):
        number = position + 1 if position < _URBAN_NAMES else 201 + position - _URBAN_NAMES
        members = pieces[piece]
        community_of[members] = position
        found.append(
            Community(
                f"{town[:9]}{number:03d}",
                gazetteer.names("community")[position],
                classes[position],
                tuple(members.tolist()),
                int(residents[members].sum()),
                int(households[members].sum()),
                shapes[piece],
            )
        )
    return tuple(found), community_of


def _lend(rng: np.random.Generator, ground: Ground, community_of: Whole) -> Whole:
    """Return the level-2 grid of each micro-grid: its community's, but for a few lent ones.

    A lent micro-grid stays with its community in the administrative tree and belongs to the
    neighbour's grid in the other, so that the two trees do not nest.
    """
    belongs = community_of.copy()
    offers = _offers(ground, community_of)
    quota = {True: _LENT_ACROSS_ZONES, False: _LENT_WITHIN_ZONES}
    used: set[int] = set()
    for position in rng.permutation(len(offers)).tolist():
        micro, taker, across = offers[position]
        giver = int(community_of[micro])
        if quota[across] == 0 or {giver, taker} & used:
            continue
        after = belongs.copy()
        after[micro] = taker
        if all(_is_one_piece(ground, np.flatnonzero(after == side)) for side in (giver, taker)):
            belongs = after
            used |= {giver, taker}
            quota[across] -= 1
    return belongs


def _offers(ground: Ground, community_of: Whole) -> list[tuple[int, int, bool]]:
    """Return which micro-grid could go to which community, and whether that crosses a zone."""
    borders = [shapely.boundary(polygon) for polygon in ground.micro_grids]
    pairs = shapely.STRtree(borders).query(borders, predicate="intersects").T.tolist()
    offers = set()
    for micro, other in pairs:
        taker = int(community_of[other])
        if taker == community_of[micro]:
            continue
        common = shapely.intersection(borders[micro], borders[other]).length
        if common > _SHORTEST_COMMON_BORDER_DEG:
            across = bool(ground.zone_of[micro] != ground.zone_of[other])
            offers.add((int(micro), taker, across))
    return sorted(offers)


def _levels(
    ground: Ground,
    communities: tuple[Community, ...],
    level_2_of: Whole,
    zone_of_community: Whole,
    residents: Whole,
    households: Whole,
) -> tuple[tuple[Grid, ...], ...]:
    def grid(code: str, parent: int | None, level: int, named: Named, members: Whole) -> Grid:
        people = int(residents[members].sum()), int(households[members].sum())
        shape = _union(ground, members)
        return Grid(code, parent, level, named, tuple(members.tolist()), *people, shape)

    scheme = gazetteer.tables("town.toml")["scheme"]["code"]
    first: list[Grid] = []
    second: list[Grid] = []
    third: list[Grid] = []
    for zone in _range(zone_of_community):
        zone_code = f"{scheme}{zone + 1:02d}"
        inside = np.flatnonzero(zone_of_community == zone)
        name = gazetteer.names("zone")[zone]
        first.append(grid(zone_code, None, 1, name, np.flatnonzero(np.isin(level_2_of, inside))))
        for place, community in enumerate(inside.tolist()):
            code = f"{zone_code}{place + 1:02d}"
            members = np.flatnonzero(level_2_of == community)
            named = communities[community].named
            second.append(grid(code, zone, 2, _suffixed(named, "网格", "網格", " Grid"), members))
            for number, micro in enumerate(members.tolist(), start=1):
                title = _suffixed(
                    named, f"第{number}微网格", f"第{number}微網格", f" Micro-grid {number}"
                )
                third.append(
                    grid(f"{code}{number:02d}", len(second) - 1, 3, title, np.array([micro]))
                )
    return tuple(first), tuple(second), tuple(third)


def _suffixed(named: Named, hans: str, hant: str, english: str) -> Named:
    endings = {"zh-Hans": hans, "zh-Hant": hant, "en": english}
    joined = {language: text + endings[language] for language, text in named.translations.items()}
    return Named(named.name + hans, joined)


def _range(numbers: Whole) -> range:
    return range(int(numbers.max()) + 1)


def _union(ground: Ground, members: Whole) -> Polygon:
    """Return the ground of some micro-grids; the borders between them vanish exactly."""
    shapes = [ground.micro_grids[member] for member in members.tolist()]
    return one_piece(shapely.coverage_union_all(shapes))


def _is_one_piece(ground: Ground, members: Whole) -> bool:
    if len(members) < 2:
        return False
    try:
        _union(ground, members)
    except BentGroundError:
        return False
    return True
