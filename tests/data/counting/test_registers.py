"""The dictionaries of the counting index: numbers are given once and keep their meaning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.counting.registers import Places, Register
from data.errors import InvalidInputError

batches = st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=12), max_size=6)
combinations = st.lists(
    st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 2)), max_size=12), max_size=6
)


@given(batches=batches, shift=st.integers(0, 3))
def test_column_of_a_cell_never_changes(batches: list[list[int]], shift: int) -> None:
    register = Register(np.uint64(shift))
    given_columns: dict[int, int] = {}
    for batch in batches:
        cells = np.array(sorted(batch), dtype=np.uint64)
        found = register.runs(cells)
        prefixes = [cell >> shift for cell in sorted(batch)]
        columns = found.columns.repeat(found.lengths()).tolist()
        assert columns == register.columns_of(cells >> np.uint64(shift)).tolist()
        for prefix, column in zip(prefixes, columns, strict=True):
            assert given_columns.setdefault(prefix, column) == column
        assert len(found.columns) == len(set(prefixes))
    assert sorted(given_columns.values()) == list(range(len(register)))
    assert register.known[0].tolist() == sorted(given_columns)


@given(batches=combinations)
def test_place_stands_for_its_combination_of_grids(batches: list[list[tuple[int, int]]]) -> None:
    places = Places(("zone", "micro"))
    everything: list[tuple[int, int]] = []
    numbers: list[int] = []
    for batch in batches:
        grids = np.array(batch, dtype=np.int64).reshape(len(batch), 2)
        numbers += places.add(grids, len(batch)).tolist()
        everything += batch
    assert [tuple(places.grids[number].tolist()) for number in numbers] == everything
    assert len(places) == len(set(everything))
    counts = np.bincount(np.array(numbers, dtype=np.int64), minlength=len(places))
    for position, level in enumerate(places.levels):
        grids, sums = places.by_grid(level, counts)
        held = [row[position] for row in everything if row[position] >= 0]
        assert dict(zip(grids.tolist(), sums.tolist(), strict=True)) == {
            grid: held.count(grid) for grid in set(held)
        }


def test_index_without_levels_has_one_place_and_no_level_to_ask_for() -> None:
    places = Places(())
    assert places.add(np.zeros((3, 0), np.int64), 3).tolist() == [0, 0, 0]
    assert len(places) == 1
    with pytest.raises(InvalidInputError, match="there are: none"):
        places.by_grid("zone", np.array([3]))
