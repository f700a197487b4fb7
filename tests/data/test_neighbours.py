"""Covers of shapes and neighbours among cells: as H3 names them, over pentagons and borders too."""

from __future__ import annotations

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from data import cells
from data.cells import Cells


def disc(longitude: float, latitude: float, resolution: int, rings: int) -> Cells:
    middle = h3.latlng_to_cell(latitude, longitude, resolution)
    return np.unique(np.array(h3.grid_disk(middle, rings), dtype=np.uint64))


def assert_as_h3_says(some: Cells) -> None:
    position_of = {cell: position for position, cell in enumerate(some.tolist())}
    for cell, found in zip(some.tolist(), cells.neighbours(some).tolist(), strict=True):
        ring = {position_of[near] for near in h3.grid_disk(cell, 1) if near in position_of}
        ring.remove(position_of[cell])
        assert sorted(ring) == sorted(position for position in found if position >= 0)


@given(
    longitude=st.floats(-180, 180),
    latitude=st.floats(-90, 90),
    resolution=st.integers(0, 15),
    rings=st.integers(0, 6),
    kept=st.integers(1, 5),
)
def test_neighbours_are_those_of_h3_anywhere(
    longitude: float, latitude: float, resolution: int, rings: int, kept: int
) -> None:
    some = disc(longitude, latitude, resolution, rings)
    assert_as_h3_says(some)
    assert_as_h3_says(some[::kept])


@pytest.mark.parametrize("resolution", [1, 4, 9])
def test_neighbours_are_those_of_h3_round_every_pentagon(resolution: int) -> None:
    for pentagon in h3.get_pentagons(resolution):
        some = np.unique(np.array(h3.grid_disk(pentagon, 4), dtype=np.uint64))
        assert_as_h3_says(some)
        at = int(np.searchsorted(some, np.uint64(pentagon)))
        assert (cells.neighbours(some)[at] >= 0).sum() == 5


def test_neighbours_are_those_of_h3_all_over_the_earth() -> None:
    whole = [
        child for base_cell in h3.get_res0_cells() for child in h3.cell_to_children(base_cell, 2)
    ]
    assert_as_h3_says(np.unique(np.array(whole, dtype=np.uint64)))


def test_no_cells_have_no_neighbours() -> None:
    assert cells.neighbours(np.zeros(0, dtype=np.uint64)).shape == (0, 6)


def test_neighbours_of_several_resolutions_are_refused() -> None:
    some = np.array([h3.latlng_to_cell(30, 112, 8), h3.latlng_to_cell(30, 112, 9)], dtype=np.uint64)
    with pytest.raises(ValueError, match=r"several resolutions: \[8, 9\]"):
        cells.neighbours(some)


def test_cover_holds_the_cell_of_every_place_and_no_cell_apart() -> None:
    shape = MultiPolygon([box(112, 30, 112.02, 30.02) - box(112.005, 30.005, 112.01, 30.01),
                          box(112.05, 30, 112.06, 30.01)])  # fmt: skip
    found = cells.cover(shape, 9)
    assert np.all(found[1:] > found[:-1])
    assert all(cells.polygon(cell).intersects(shape) for cell in found.tolist())
    places = np.random.default_rng(1).uniform((112, 30), (112.06, 30.02), (2000, 2))
    inside = [
        h3.latlng_to_cell(y, x, 9) for x, y in places if shape.intersects(box(x, y, x, y).centroid)
    ]
    assert np.isin(np.array(inside, dtype=np.uint64), found).all()
    assert len(cells.cover(Polygon(), 9)) == 0
