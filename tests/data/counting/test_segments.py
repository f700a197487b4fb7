"""The parts of a segment: ranges, runs and merged counts agree with plain Python."""

from __future__ import annotations

from collections import Counter

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import cells
from data.counting.segments import MANY_STRETCHES, Spots, in_ranges
from data.counting.tallies import folded, merged, runs

keys = st.lists(st.integers(0, 60), max_size=80)
ends = st.lists(st.integers(0, 63), max_size=20, unique=True).map(sorted)


def whole(numbers: list[int]) -> npt.NDArray[np.uint64]:
    return np.array(numbers, dtype=np.uint64)


def ranges_of(edges: list[int]) -> list[tuple[int, int]]:
    """Return ranges, both ends inclusive, ascending and apart."""
    return list(zip(edges[0::2], edges[1::2], strict=False))


def as_arrays(ranges: list[tuple[int, int]]) -> tuple[npt.NDArray[np.uint64], ...]:
    return whole([first for first, _ in ranges]), whole([last for _, last in ranges])


@given(numbers=keys, edges=ends)
def test_spots_are_the_rows_inside_the_ranges(numbers: list[int], edges: list[int]) -> None:
    column, ranges = whole(sorted(numbers)), ranges_of(edges)
    inside = [n for n in sorted(numbers) if any(low <= n <= high for low, high in ranges)]
    assert Spots.of(column, as_arrays(ranges)).take(column).tolist() == inside
    assert column[in_ranges(column, as_arrays(ranges))].tolist() == inside
    assert Spots.of(column, None).take(column).tolist() == sorted(numbers)


@pytest.mark.parametrize("stretches", [MANY_STRETCHES, MANY_STRETCHES + 1, 500])
def test_many_stretches_are_taken_as_few_are(stretches: int) -> None:
    column = np.arange(2_000, dtype=np.uint64)
    ranges = as_arrays([(4 * n, 4 * n + n % 3) for n in range(stretches)])
    wanted = [4 * n + k for n in range(stretches) for k in range(n % 3 + 1)]
    spots = Spots.of(column, ranges)
    assert (spots.index is None) == (stretches <= MANY_STRETCHES)
    assert spots.take(column).tolist() == wanted


@given(numbers=keys)
def test_runs_count_equal_keys(numbers: list[int]) -> None:
    found, counts = runs(whole(sorted(numbers)))
    assert list(zip(found.tolist(), counts.tolist(), strict=True)) == sorted(
        Counter(numbers).items()
    )


@given(parts=st.lists(keys, max_size=5))
def test_merged_adds_up_by_key(parts: list[list[int]]) -> None:
    found, counts = merged([runs(whole(sorted(part))) for part in parts])
    together = Counter(number for part in parts for number in part)
    assert list(zip(found.tolist(), counts.tolist(), strict=True)) == sorted(together.items())


@given(numbers=keys, shift=st.integers(0, 6))
def test_folded_adds_up_keys_that_have_become_equal(numbers: list[int], shift: int) -> None:
    found, counts = runs(whole(sorted(numbers)))
    coarse, sums = folded(found >> np.uint64(shift), counts)
    assert dict(zip(coarse.tolist(), sums.tolist(), strict=True)) == Counter(
        number >> shift for number in numbers
    )


PLACES = [(112.3, 30.3), (179.9999, -17.0), (-179.9999, -17.0), (0.0, 90.0)]
PENTAGON = h3.get_pentagons(4)[2]
cover_cells = st.builds(
    lambda place, resolution, far: (
        h3.grid_ring(h3.latlng_to_cell(place[1], place[0], resolution), 0)[0]
        if far == 0
        else h3.grid_disk(h3.latlng_to_cell(place[1], place[0], resolution), 1)[-far]
    ),
    st.sampled_from([*PLACES, h3.cell_to_latlng(PENTAGON)[::-1]]),
    st.integers(0, 15),
    st.integers(0, 5),
)


@given(cover=st.lists(cover_cells, max_size=12), probes=st.lists(cover_cells, max_size=12))
def test_ranges_of_a_cover_hold_exactly_its_descendants(
    cover: list[int], probes: list[int]
) -> None:
    ranges = cells.base_ranges(whole(cover))
    firsts, lasts = ranges
    assert (firsts <= lasts).all()
    assert (firsts[1:] > lasts[:-1]).all()
    for probe in [*probes, *cover]:
        resolution = h3.get_resolution(probe)
        base = h3.cell_to_center_child(probe, cells.BASE_RESOLUTION)
        ends_of_it = whole([base, h3.cell_to_children(h3.cell_to_parent(base, 14), 15)[-1]])
        for cell, inside in zip(
            ends_of_it.tolist(), in_ranges(ends_of_it, ranges).tolist(), strict=True
        ):
            wanted = any(h3.cell_to_parent(cell, h3.get_resolution(c)) == c for c in cover)
            assert inside == wanted, (resolution, cell)


def test_cover_of_all_children_is_one_range() -> None:
    parent = h3.latlng_to_cell(30.3, 112.3, 6)
    firsts, _ = cells.base_ranges(whole(list(h3.cell_to_children(parent, 9))))
    assert len(firsts) == 1
    assert len(cells.base_ranges(whole([]))[0]) == 0
