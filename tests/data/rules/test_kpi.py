"""Laws and boundaries of the key figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.rules.kpi import KPIS, STRIP_LENGTH, Figure, change, figure

BY_KEY = {kpi.key: kpi for kpi in KPIS}
counts = st.integers(0, 10**7)


def rate(closed: float, received: float) -> Figure:
    return figure(BY_KEY["closure_rate"], {"closed": closed, "received": received})


def test_figures_of_the_article() -> None:
    measured = rate(2523, 2644)
    assert measured.value is not None
    assert f"{measured.value:.1f}" == "95.4"


def test_strip_shows_the_six_of_the_map() -> None:
    assert [kpi.key for kpi in KPIS[:STRIP_LENGTH]] == [
        "received",
        "closed",
        "closure_rate",
        "overdue_open",
        "median_handling_h",
        "cameras_online_rate",
    ]


@given(counts, counts)
def test_rate_of_a_part_lies_between_0_and_100(closed: int, rest: int) -> None:
    measured = rate(closed, closed + rest)
    assert measured.value is None if closed + rest == 0 else 0 <= (measured.value or 0) <= 100


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=20))
def test_rate_of_the_whole_is_the_weighted_mean_of_its_parts(parts: list[tuple[int, int]]) -> None:
    grids = [(closed, closed + rest) for closed, rest in parts]
    received = sum(total for _, total in grids)
    whole = rate(sum(closed for closed, _ in grids), received)
    if whole.value is not None:
        weighted = sum((rate(*grid).value or 0) * grid[1] / received for grid in grids)
        assert whole.value == pytest.approx(weighted)


def test_change_of_a_rate_is_in_points_without_a_percentage() -> None:
    moved = change(rate(90, 100), rate(80, 100))
    assert moved is not None
    assert (moved.difference, moved.percent, moved.judgement) == (10.0, None, "better")


@pytest.mark.parametrize(("before", "percent"), [(9, None), (10, 100.0), (0, None)])
def test_small_base_shows_no_percentage(before: int, percent: float | None) -> None:
    received = BY_KEY["received"]
    now = figure(received, {"received": before + max(before, 1)})
    moved = change(now, figure(received, {"received": before}))
    assert moved is not None
    assert moved.percent == percent
    assert moved.judgement == "neutral"


def test_more_overdue_is_worse_and_fewer_is_better() -> None:
    overdue = BY_KEY["overdue_open"]
    few, many = figure(overdue, {"overdue_open": 1}), figure(overdue, {"overdue_open": 2})
    assert change(many, few).judgement == "worse"  # type: ignore[union-attr]
    assert change(few, many).judgement == "better"  # type: ignore[union-attr]
    assert change(few, few).judgement == "same"  # type: ignore[union-attr]


def test_unknown_side_gives_no_change() -> None:
    assert change(rate(0, 0), rate(1, 1)) is None
    assert change(rate(1, 1), rate(0, 0)) is None
