"""The invented ground is divided exactly, whatever the seed."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from data.assignment import area_m2
from data.demo.division import Division, divide
from data.demo.ground import apportion, draw
from data.demo.town import DEFAULT_SEED

SEEDS = (DEFAULT_SEED, 0, 1, 7, 42)


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.fixture(scope="module", params=SEEDS)
def division(request: pytest.FixtureRequest) -> Division:
    return divide(generator(request.param), draw(generator(request.param)))


def test_town_has_its_area_and_its_residents(division: Division) -> None:
    assert round(area_m2(division.ground.outline) / 1e6, 2) == 68.92
    assert division.residents == 67_300
    assert len(division.communities) == 13
    assert [len(level) for level in division.levels] == [5, 13, 50]


def test_every_level_covers_the_town_without_gap_or_overlap(division: Division) -> None:
    for pieces in (*division.levels, division.communities):
        shapes = [piece.polygon for piece in pieces]
        assert all(shape.is_valid and not shape.interiors for shape in shapes)
        assert shapely.coverage_is_valid(shapes)
        union = shapely.coverage_union_all(shapes)
        assert shapely.equals(union, division.ground.outline)
        assert union.boundary.length == pytest.approx(division.ground.outline.length)


def test_levels_nest_exactly(division: Division) -> None:
    for coarse, fine in zip(division.levels, division.levels[1:], strict=False):
        for position, parent in enumerate(coarse):
            children = [grid for grid in fine if grid.parent == position]
            assert shapely.equals(
                shapely.coverage_union_all([child.polygon for child in children]), parent.polygon
            )
            assert sum(child.residents for child in children) == parent.residents
            assert sum(child.households for child in children) == parent.households
            assert all(child.code.startswith(parent.code) for child in children)


def test_zones_cross_the_borders_of_communities(division: Division) -> None:
    zone_of = {
        micro: zone for zone, grid in enumerate(division.levels[0]) for micro in grid.micro_grids
    }
    crossed = [
        community
        for community in division.communities
        if len({zone_of[micro] for micro in community.micro_grids}) > 1
    ]
    assert len(crossed) >= 2


def test_communities_and_level_2_grids_differ_but_mostly_agree(division: Division) -> None:
    own = {community.micro_grids for community in division.communities}
    changed = [grid for grid in division.levels[1] if grid.micro_grids not in own]
    assert 4 <= len(changed) <= 12


def test_communities_hold_the_residents_of_the_town(division: Division) -> None:
    assert sum(community.residents for community in division.communities) == 67_300
    households = sum(community.households for community in division.communities)
    assert households == division.households
    assert 2.4 < division.residents / division.households < 2.8


def test_several_micro_grids_are_over_the_standard(division: Division) -> None:
    over = [grid for grid in division.levels[2] if grid.residents > 1200 or grid.households > 400]
    assert 10 <= len(over) <= 40


def test_codes_are_unique_synthetic_and_in_order(division: Division) -> None:
    for level in division.levels:
        codes = [grid.code for grid in level]
        assert codes == sorted(set(codes))
    for community in division.communities:
        assert len(community.code) == 12
        assert community.code.startswith("999001101")


def test_borders_are_no_straight_lines(division: Division) -> None:
    assert all(len(grid.polygon.exterior.coords) > 20 for grid in division.levels[2])


@given(
    st.lists(st.floats(0.001, 1000), min_size=1, max_size=60),
    st.integers(min_value=0, max_value=100_000),
)
@settings(max_examples=60)
def test_apportioning_is_exact_and_fair(weights: list[float], total: int) -> None:
    shares = apportion(np.array(weights), total)
    assert shares.sum() == total
    assert (shares >= 0).all()
    exact = np.array(weights) / np.sum(weights) * total
    assert (np.abs(shares - exact) < 1 + 1e-6).all()
