"""What is called nearest is what a slow search finds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.errors import InvalidInputError
from data.rules.nearest import EARTH_RADIUS_M, Floats, distances_m, nearest


def slow_distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance by the angle between two vectors."""
    vectors = [
        (
            math.cos(math.radians(latitude)) * math.cos(math.radians(longitude)),
            math.cos(math.radians(latitude)) * math.sin(math.radians(longitude)),
            math.sin(math.radians(latitude)),
        )
        for longitude, latitude in (one, other)
    ]
    (a, b, c), (d, e, f) = vectors
    across = math.hypot(b * f - c * e, c * d - a * f, a * e - b * d)
    return EARTH_RADIUS_M * math.atan2(across, a * d + b * e + c * f)


longitudes = st.floats(-180, 180)
latitudes = st.floats(-90, 90)
places = st.tuples(longitudes, latitudes)


@given(places, places)
def test_distance_is_that_of_the_vectors(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    found = distances_m(*one, np.array([other[0]]), np.array([other[1]]))[0]
    # Opposite points are 20,000 km away, where a rounding error is a metre.
    assert found == pytest.approx(slow_distance_m(one, other), rel=1e-6, abs=1e-3)


@given(
    arrays(np.float64, st.tuples(st.integers(0, 60), st.just(2)), elements=st.integers(0, 9)),
    st.integers(1, 12),
    st.data(),
)
def test_nearest_are_those_of_a_slow_search_and_ties_go_by_position(
    drawn: Floats, count: int, data: st.DataObject
) -> None:
    east, north = 112.3 + drawn[:, 0] / 1000, 30.3 + drawn[:, 1] / 1000
    free = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(east), max_size=len(east))), bool
    )
    found = nearest(112.3, 30.3, east, north, count=count, available=free, within_m=900)
    far = [float(metres) for metres in distances_m(112.3, 30.3, east, north)]
    slow = sorted((far[at], at) for at in range(len(east)) if free[at] and far[at] <= 900)[:count]
    assert found.positions.tolist() == [at for _, at in slow]
    assert found.distances_m.tolist() == [metres for metres, _ in slow]


def test_ten_thousand_are_searched_as_a_few_are() -> None:
    dice = np.random.default_rng(4)
    east, north = 104 + dice.random(10_000) / 10, 30.5 + dice.random(10_000) / 10
    found = nearest(104.05, 30.55, east, north, count=5)
    slow = sorted(
        range(10_000), key=lambda at: slow_distance_m((104.05, 30.55), (east[at], north[at]))
    )
    assert found.positions.tolist() == slow[:5]


def test_what_has_no_place_or_is_not_available_is_never_found() -> None:
    east, north = np.array([112.3, np.nan, 112.3, 112.4]), np.array([30.3, 30.3, np.nan, 30.3])
    assert nearest(112.3, 30.3, east, north, count=9).positions.tolist() == [0, 3]
    free = np.array([False, True, True, True])
    assert nearest(112.3, 30.3, east, north, count=9, available=free).positions.tolist() == [3]
    assert nearest(112.3, 30.3, east[:0], north[:0], count=1).positions.tolist() == []


def test_nearest_lies_across_the_180th_meridian() -> None:
    found = nearest(179.999, 0.0, np.array([179.0, -179.999]), np.zeros(2), count=1)
    assert found.positions.tolist() == [1]


def test_none_of_the_nearest_cannot_be_asked_for() -> None:
    with pytest.raises(InvalidInputError, match="1 or more"):
        nearest(0.0, 0.0, np.zeros(1), np.zeros(1), count=0)
