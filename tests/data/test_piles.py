"""Piles on one exact position: found, counted, and by the same rule that the check uses."""

from __future__ import annotations

import collections

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data import piles
from data.quality.registers import pile_threshold

places = st.tuples(st.sampled_from([112.0, 112.5, -77.0]), st.sampled_from([30.0, 38.9]))


def find(*rows: tuple[float, float]) -> tuple[tuple[piles.Pile, ...], list[bool]]:
    table = np.array(rows, dtype=float).reshape(-1, 2)
    found, piled = piles.find(table[:, 0], table[:, 1])
    return found, piled.tolist()


@given(sizes=st.lists(st.integers(1, 500), max_size=40))
def test_threshold_is_that_of_the_check(sizes: list[int]) -> None:
    assert piles.threshold(np.array(sizes, dtype=np.int64)) == pile_threshold(
        collections.Counter(sizes)
    )


def test_pile_is_found_among_single_positions() -> None:
    spread = [(112 + number * 1e-4, 30.0) for number in range(200)]
    found, piled = find(*spread, *[(112.5, 30.5)] * 12, *[(112.6, 30.5)] * 9)
    assert found == (piles.Pile(112.5, 30.5, 12),)
    assert piled == [False] * 200 + [True] * 12 + [False] * 9


def test_positions_that_are_all_full_are_no_piles() -> None:
    found, piled = find(*[(112 + number % 20, 30.0) for number in range(400)])
    assert found == ()
    assert not any(piled)


def test_fullest_pile_comes_first() -> None:
    spread = [(112 + number * 1e-4, 30.0) for number in range(200)]
    found, _ = find(*spread, *[(1.0, 1.0)] * 10, *[(2.0, 1.0)] * 30, *[(1.0, 2.0)] * 20)
    assert [pile.count for pile in found] == [30, 20, 10]


def test_nearly_the_same_position_is_another() -> None:
    spread = [(112 + number * 1e-4, 30.0) for number in range(200)]
    found, _ = find(*spread, *[(112.5, 30.5)] * 6, *[(112.5000001, 30.5)] * 6)
    assert found == ()


def test_missing_positions_are_no_pile_and_none_are_no_piles() -> None:
    spread = [(112 + number * 1e-4, 30.0) for number in range(200)]
    assert find(*spread, *[(float("nan"), float("nan"))] * 50)[0] == ()
    assert find() == ((), [])


@given(rows=st.lists(places, max_size=120))
def test_piles_hold_exactly_the_incidents_marked(rows: list[tuple[float, float]]) -> None:
    found, piled = find(*rows)
    marked = collections.Counter(row for row, is_piled in zip(rows, piled, strict=True) if is_piled)
    assert {(pile.longitude, pile.latitude): pile.count for pile in found} == marked
