"""How hot spots are classed, example by example, and the Mann-Kendall test by its definition."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st

from data import trends
from data.trends import Trend

STEADY = [5.0, 4.0, 5.5, 4.2, 5.2, 4.1, 5.4, 4.3, 5.1, 4.4, 5.3, 4.6]
RISING = [float(week) for week in range(4, 16)]


def class_of(signs: str, z: list[float] | None = None) -> Trend:
    """Return the class of a cell: `+` is hot, `-` cold, `.` neither, the last week last."""
    hot = np.array([[sign == "+" for sign in signs]])
    cold = np.array([[sign == "-" for sign in signs]])
    values = np.where(hot, 4.0, np.where(cold, -4.0, 0.0)) if z is None else np.array([z])
    return Trend(trends.classify(values, hot, cold)[0])


@pytest.mark.parametrize(
    ("signs", "trend"),
    [
        ("............", Trend.NONE),
        ("...........+", Trend.NEW),
        ("..-........+", Trend.NEW),
        ("..........++", Trend.SPORADIC),
        ("+..+.++....+", Trend.SPORADIC),
        ("..++++++++++", Trend.SPORADIC),
        ("-.++++++++++", Trend.OSCILLATING),
        (".-.......+.+", Trend.OSCILLATING),
        ("+++++++++++.", Trend.NONE),
        ("+...........", Trend.NONE),
        ("-----------.", Trend.NONE),
        ("-----------+", Trend.NEW),
    ],
)
def test_cell_is_classed_by_its_weeks(signs: str, trend: Trend) -> None:
    assert class_of(signs) == trend


@pytest.mark.parametrize("signs", ["++++++++++++", "+++.++++++++", "-+++++++++++"])
@pytest.mark.parametrize(
    ("z", "trend"),
    [
        (STEADY, Trend.PERSISTENT),
        (RISING, Trend.INTENSIFYING),
        (RISING[::-1], Trend.DIMINISHING),
    ],
)
def test_cell_that_is_mostly_hot_is_classed_by_its_trend(
    signs: str, z: list[float], trend: Trend
) -> None:
    assert class_of(signs, z) == trend


def test_week_that_was_not_tested_hides_no_trend() -> None:
    z = [*RISING[:5], float("nan"), *RISING[6:]]
    assert class_of("+++++.++++++", z) == Trend.INTENSIFYING


def test_trend_needs_twelve_weeks() -> None:
    with pytest.raises(ValueError, match="12 weeks, not 5"):
        class_of("+++++")


def test_no_cells_have_no_classes() -> None:
    none = np.zeros((0, 12), dtype=np.bool_)
    assert len(trends.classify(np.zeros((0, 12)), none, none)) == 0


@given(
    signs=st.text("+-.", min_size=12, max_size=12),
    z=np_st.arrays(np.float64, 12, elements=st.floats(-9, 9)),
)
def test_exactly_the_cells_hot_in_the_last_week_have_a_class(
    signs: str, z: npt.NDArray[np.float64]
) -> None:
    assert (class_of(signs, z.tolist()) != Trend.NONE) == (signs[-1] == "+")


def mann_kendall_by_definition(series: list[float]) -> float:
    """Return Kendall's z as the books write it, pair by pair and tie by tie."""
    score = sum((b > a) - (b < a) for a, b in itertools.combinations(series, 2))
    n = len(series)
    variance = n * (n - 1) * (2 * n + 5)
    for value in set(series):
        t = series.count(value)
        variance -= t * (t - 1) * (2 * t + 5)
    if score == 0 or variance == 0:
        return 0.0
    return (score - math.copysign(1, score)) / math.sqrt(variance / 18)


@given(
    series=st.lists(st.integers(-3, 3).map(float), min_size=12, max_size=12),
    missing=st.sets(st.integers(0, 11), max_size=5),
)
def test_mann_kendall_is_as_defined(series: list[float], missing: set[int]) -> None:
    holed = [float("nan") if at in missing else value for at, value in enumerate(series)]
    wanted = mann_kendall_by_definition([value for value in holed if not math.isnan(value)])
    assert trends.mann_kendall(np.array([holed]))[0] == pytest.approx(wanted, abs=1e-12)
