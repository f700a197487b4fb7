"""Gi* equal to PySAL's, false discoveries under control, and answers that say what they lack."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely
from esda import G_Local
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st
from libpysal.weights import W
from scipy import stats
from shapely import box

from data import cells as h3_cells
from data import hotspots
from data.hotspots import Incidents, Obstacle, Universe
from data.trends import TREND_WEEKS, Trend

MIDDLE = h3.latlng_to_cell(30.57, 112.0, 9)
Counts = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float64]


def disc(rings: int, middle: int = MIDDLE) -> Universe:
    return Universe.of(np.array(h3.grid_disk(middle, rings), dtype=np.uint64))


TOWN = disc(5)
"""91 cells."""
fields = np_st.arrays(np.int64, (len(TOWN.cells), 3), elements=st.integers(0, 40))


def z_of_pysal(universe: Universe, counts: Counts) -> Matrix:
    """Return Gi* of each week by PySAL, with neighbours by H3 alone."""
    position_of = {cell: position for position, cell in enumerate(universe.cells.tolist())}
    near = {
        position: [position_of[other] for other in h3.grid_disk(cell, 1) if other in position_of]
        for cell, position in position_of.items()
    }
    weights = W(near, silence_warnings=True)
    weeks = [
        G_Local(week.astype(float), weights, transform="B", permutations=0, star=True).Zs
        for week in counts.T
    ]
    return np.column_stack(weeks)


def incidents_of(universe: Universe, counts: Counts, seed: int = 0) -> Incidents:
    """Return incidents that give these counts, each on a position of its own, in any order."""
    cell, week = np.nonzero(counts)
    times = counts[cell, week]
    cell, week = np.repeat(cell, times), np.repeat(week, times)
    order = np.random.default_rng(seed).permutation(len(cell))
    places = 112 + np.arange(len(cell)) * 1e-6
    return Incidents(universe.cells[cell[order]], places, places - 82, week[order])


def joined(*parts: Incidents) -> Incidents:
    return Incidents(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


@given(counts=fields)
def test_gi_star_is_that_of_pysal(counts: Counts) -> None:
    counts[0] = counts[1:].max(axis=0) + 1  # no week without variance
    z = hotspots.gi_star(counts, TOWN.neighbours)
    np.testing.assert_allclose(z, z_of_pysal(TOWN, counts), rtol=0, atol=1e-9)


def test_gi_star_of_a_real_city_is_that_of_pysal(shared_data: Path) -> None:
    with gzip.open(shared_data / "dc" / "ward-2012.geojson.gz") as file:
        wards = json.load(file)["features"]
    city = shapely.union_all([shapely.from_geojson(json.dumps(ward["geometry"])) for ward in wards])
    rows = pd.read_csv(shared_data / "dc" / "service_requests_311.csv.gz", dtype=str)
    rows = rows[rows["GEOM_LAT"].astype(float).between(38, 40)]
    longitudes = rows["GEOM_LON"].astype(float).to_numpy()
    latitudes = rows["GEOM_LAT"].astype(float).to_numpy()
    weeks = np.arange(len(rows)) % 5
    cells = h3_cells.ancestors(h3_cells.cells_at(longitudes, latitudes), 8)
    universe = Universe.of(h3_cells.cover(city, 8))
    found = hotspots.find(universe, Incidents(cells, longitudes, latitudes, weeks), 5)
    assert found.counts.sum() + found.outside + sum(pile.count for pile in found.piles) == len(rows)
    assert found.outside < 0.02 * len(rows)
    assert (found.counts.sum(axis=1) == 0).any()
    np.testing.assert_allclose(found.z, z_of_pysal(universe, found.counts), rtol=0, atol=1e-9)
    assert found.hot.any()


def test_pentagon_has_five_neighbours_and_counts_as_six_cells() -> None:
    universe = disc(4, middle=h3.get_pentagons(7)[0])
    counts = np.random.default_rng(2).poisson(2.0, (len(universe.cells), 2))
    z = hotspots.gi_star(counts, universe.neighbours)
    np.testing.assert_allclose(z, z_of_pysal(universe, counts), rtol=0, atol=1e-9)


@given(counts=fields, order=st.permutations(range(len(TOWN.cells))))
def test_order_of_the_cells_does_not_matter(counts: Counts, order: list[int]) -> None:
    place_of = np.empty(len(order) + 1, dtype=np.int64)
    place_of[order] = np.arange(len(order))
    place_of[-1] = -1
    renumbered = place_of[TOWN.neighbours[order]]
    z = hotspots.gi_star(counts, TOWN.neighbours)
    np.testing.assert_allclose(hotspots.gi_star(counts[order], renumbered), z[order], atol=1e-9)


@given(counts=fields, factor=st.integers(2, 1000), added=st.integers(1, 1000))
def test_z_does_not_know_the_scale_or_the_level(counts: Counts, factor: int, added: int) -> None:
    z = hotspots.gi_star(counts, TOWN.neighbours)
    moved = hotspots.gi_star(counts * factor + added, TOWN.neighbours)
    np.testing.assert_allclose(moved, z, rtol=1e-9, atol=1e-9)


@given(level=st.integers(0, 50), weeks=st.integers(1, 14))
def test_uniform_field_has_no_hot_spot(level: int, weeks: int) -> None:
    counts = np.full((len(TOWN.cells), weeks), level)
    found = hotspots.find(TOWN, incidents_of(TOWN, counts), weeks)
    assert not found.hot.any()
    assert not found.cold.any()
    assert not found.trends.any()
    assert np.isnan(found.z).all()
    assert Obstacle.NO_VARIANCE in found.obstacles
    assert found.weeks_without_variance == tuple(range(weeks))


def test_chance_alone_is_rarely_hot() -> None:
    universe = disc(20)
    random = np.random.default_rng(7)
    tests = [
        hotspots.discoveries(
            hotspots.two_sided(
                hotspots.gi_star(
                    random.poisson(20.0, (len(universe.cells), 12)), universe.neighbours
                )
            )
        ).any()
        for _ in range(40)
    ]
    assert sum(tests) <= 6  # two are to be expected; seven or more happen once in 300


def test_empty_cells_of_the_universe_count() -> None:
    counts = np.zeros((len(TOWN.cells), 1), dtype=np.int64)
    counts[:40] = np.random.default_rng(3).integers(1, 9, (40, 1))
    occupied = Universe.of(TOWN.cells[:40])
    among_all = hotspots.gi_star(counts, TOWN.neighbours)[:40]
    among_occupied = hotspots.gi_star(counts[:40], occupied.neighbours)
    assert not np.allclose(among_all, among_occupied)


def test_cell_whose_ring_is_the_universe_has_no_z() -> None:
    rosette = disc(1)
    z = hotspots.gi_star(np.arange(7)[:, None], rosette.neighbours)
    at = int(np.searchsorted(rosette.cells, np.uint64(MIDDLE)))
    assert np.isnan(z[at]).all()
    assert np.isfinite(np.delete(z, at, axis=0)).all()


def test_one_cell_and_none_have_no_z() -> None:
    for rings in (disc(0), Universe.of(np.zeros(0, dtype=np.uint64))):
        counts = np.ones((len(rings.cells), 2), dtype=np.int64)
        assert np.isnan(hotspots.gi_star(counts, rings.neighbours)).all()


p_values = np_st.arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1))


@given(values=p_values, rate=st.sampled_from([0.01, 0.05, 0.2]))
def test_discoveries_are_those_of_benjamini_and_hochberg(values: Matrix, rate: float) -> None:
    adjusted = stats.false_discovery_control(values)
    # Where the two round differently, the threshold itself is met.
    clear = np.abs(adjusted - rate) > 1e-12
    found = hotspots.discoveries(values, rate)
    np.testing.assert_array_equal(found[clear], (adjusted <= rate)[clear])


@given(values=p_values, data=st.data())
def test_smaller_p_values_and_a_larger_rate_lose_no_discovery(
    values: Matrix, data: st.DataObject
) -> None:
    found = hotspots.discoveries(values, 0.05)
    assert hotspots.discoveries(values, 0.1)[found].all()
    shares = data.draw(np_st.arrays(np.float64, values.shape, elements=st.floats(0, 1)))
    assert hotspots.discoveries(values * shares, 0.05)[found].all()
    assert not found.any() or (found == (values <= values[found].max())).all()


@given(values=p_values, missing=st.integers(0, 20))
def test_what_was_not_tested_is_neither_found_nor_counted(values: Matrix, missing: int) -> None:
    longer = np.append(values, np.full(missing, np.nan))
    found = hotspots.discoveries(longer)
    np.testing.assert_array_equal(found[: len(values)], hotspots.discoveries(values))
    assert not found[len(values) :].any()


@given(z=np_st.arrays(np.float64, (4, 3), elements=st.floats(-30, 30)))
def test_p_values_are_the_two_tails_of_the_normal_distribution(z: Matrix) -> None:
    tails = hotspots.two_sided(z)
    np.testing.assert_allclose(tails, 2 * stats.norm.sf(np.abs(z)), rtol=1e-9)
    assert np.isnan(hotspots.two_sided(np.array([np.nan]))).all()


def planted(last_weeks: int, extra: int) -> Counts:
    """Return a quiet year's quarter in which the middle and its ring are busy at the end."""
    counts = np.random.default_rng(12).poisson(1.0, (len(TOWN.cells), TREND_WEEKS))
    near = np.isin(TOWN.cells, np.array(h3.grid_disk(MIDDLE, 1), dtype=np.uint64))
    counts[near, TREND_WEEKS - last_weeks :] += extra
    return counts


@pytest.mark.parametrize(
    ("last_weeks", "trend"), [(1, Trend.NEW), (5, Trend.SPORADIC), (12, Trend.PERSISTENT)]
)
def test_planted_hot_spot_is_found_with_its_class(last_weeks: int, trend: Trend) -> None:
    counts = planted(last_weeks, extra=8)
    found = hotspots.find(TOWN, incidents_of(TOWN, counts), TREND_WEEKS)
    at = int(np.searchsorted(TOWN.cells, np.uint64(MIDDLE)))
    assert found.trends[at] == trend
    assert found.hot[at].sum() == last_weeks
    assert found.obstacles == ()
    far = ~np.isin(TOWN.cells, np.array(h3.grid_disk(MIDDLE, 2), dtype=np.uint64))
    assert not found.trends[far].any()
    np.testing.assert_array_equal(found.counts, counts)


def test_order_of_the_incidents_does_not_matter() -> None:
    counts = planted(4, extra=6)
    one, other = (
        hotspots.find(TOWN, incidents_of(TOWN, counts, seed), TREND_WEEKS) for seed in (1, 2)
    )
    np.testing.assert_array_equal(one.z, other.z)
    np.testing.assert_array_equal(one.trends, other.trends)


def test_pile_is_left_out_and_named() -> None:
    counts = planted(12, extra=0)
    office = Incidents(
        np.full(300, MIDDLE, dtype=np.uint64),
        np.full(300, 112.0),
        np.full(300, 30.57),
        np.arange(300) % TREND_WEEKS,
    )
    without = hotspots.find(TOWN, incidents_of(TOWN, counts), TREND_WEEKS)
    found = hotspots.find(TOWN, joined(incidents_of(TOWN, counts), office), TREND_WEEKS)
    assert [(pile.longitude, pile.latitude, pile.count) for pile in found.piles] == [
        (112.0, 30.57, 300)
    ]
    np.testing.assert_array_equal(found.z, without.z)


def test_incident_outside_the_universe_is_left_out_and_counted() -> None:
    counts = planted(3, extra=6)
    elsewhere = Incidents(
        np.array([h3.latlng_to_cell(31, 113, 9), h3.latlng_to_cell(30.57, 112.0, 8)], np.uint64),
        np.array([113.0, 112.5]),
        np.array([31.0, 30.5]),
        np.array([0, 11]),
    )
    found = hotspots.find(TOWN, joined(incidents_of(TOWN, counts), elsewhere), TREND_WEEKS)
    assert found.outside == 2
    np.testing.assert_array_equal(found.counts, counts)


def test_fewer_than_thirty_cells_are_refused_in_the_answer() -> None:
    village = disc(2)
    counts = np.random.default_rng(5).integers(0, 30, (len(village.cells), TREND_WEEKS))
    found = hotspots.find(village, incidents_of(village, counts), TREND_WEEKS)
    assert found.obstacles == (Obstacle.TOO_FEW_CELLS,)
    assert np.isnan(found.z).all()
    assert not found.hot.any()
    np.testing.assert_array_equal(found.counts, counts)


def test_no_incidents_and_no_cells_give_an_answer() -> None:
    nothing = incidents_of(TOWN, np.zeros((len(TOWN.cells), TREND_WEEKS), dtype=np.int64))
    found = hotspots.find(TOWN, nothing, TREND_WEEKS)
    assert found.obstacles == (Obstacle.NO_VARIANCE,)
    nowhere = Universe.of(np.zeros(0, dtype=np.uint64))
    found = hotspots.find(nowhere, incidents_of(TOWN, planted(1, 5)), TREND_WEEKS)
    assert Obstacle.TOO_FEW_CELLS in found.obstacles
    assert found.outside == planted(1, 5).sum()


def test_quiet_week_is_named_and_spoils_no_other() -> None:
    counts = planted(12, extra=8)
    counts[:, 4] = 0
    found = hotspots.find(TOWN, incidents_of(TOWN, counts), TREND_WEEKS)
    at = int(np.searchsorted(TOWN.cells, np.uint64(MIDDLE)))
    assert found.weeks_without_variance == (4,)
    assert found.obstacles == ()
    assert found.trends[at] == Trend.PERSISTENT


def test_few_weeks_have_hot_spots_but_no_classes() -> None:
    counts = planted(12, extra=8)[:, -3:]
    found = hotspots.find(TOWN, incidents_of(TOWN, counts), 3)
    assert found.obstacles == (Obstacle.TOO_FEW_WEEKS,)
    assert found.hot.any()
    assert not found.trends.any()


def test_more_weeks_than_twelve_are_tested_together_and_the_last_twelve_classed() -> None:
    earlier = planted(12, extra=8)
    counts = np.hstack([earlier, planted(1, extra=8)])
    found = hotspots.find(TOWN, incidents_of(TOWN, counts), 2 * TREND_WEEKS)
    at = int(np.searchsorted(TOWN.cells, np.uint64(MIDDLE)))
    assert found.hot.shape == (len(TOWN.cells), 2 * TREND_WEEKS)
    assert found.trends[at] == Trend.NEW


def test_week_that_is_not_there_is_refused() -> None:
    counts = planted(1, extra=1)
    with pytest.raises(ValueError, match="weeks 0 to 11 are not within 0 to 10"):
        hotspots.find(TOWN, incidents_of(TOWN, counts), 11)


def test_universe_of_an_area_is_its_cover() -> None:
    area = box(112, 30.5, 112.05, 30.55)
    universe = Universe.of(h3_cells.cover(area, 8))
    assert len(universe.cells) == len(h3_cells.cover(area, 8)) > hotspots.FEWEST_CELLS
    assert (universe.neighbours >= 0).sum(axis=1).min() >= 2
