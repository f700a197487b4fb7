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
from data.counting.runs import Runs, kept
from data.counting.spots import FEW_ROWS, Spots, in_ranges
from data.counting.tallies import folded, runs, with_more

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


@pytest.mark.parametrize("length", [1, FEW_ROWS - 1, FEW_ROWS, 2 * FEW_ROWS])
def test_short_stretches_are_taken_as_long_ones_are(length: int) -> None:
    column = np.arange(20 * 1_000, dtype=np.uint64)
    ranges = as_arrays([(1_000 * n, 1_000 * n + length - 1) for n in range(20)])
    wanted = [1_000 * n + k for n in range(20) for k in range(length)]
    spots = Spots.of(column, ranges)
    assert (spots.index is None) == (length >= FEW_ROWS)
    assert spots.take(column).tolist() == wanted


@given(edges=ends, gap=st.integers(0, 9))
def test_joined_ranges_hold_the_ranges_and_lie_further_apart(edges: list[int], gap: int) -> None:
    firsts, lasts = as_arrays(ranges_of(edges))
    wide = cells.joined(firsts, lasts, np.uint64(gap))
    assert in_ranges(firsts, wide).all()
    assert in_ranges(lasts, wide).all()
    assert set(wide[0].tolist()) <= set(firsts.tolist())
    assert set(wide[1].tolist()) <= set(lasts.tolist())
    assert (wide[0][1:] - wide[1][:-1] > gap).all()


lengths_of_runs = st.lists(st.integers(1, 90), min_size=1, max_size=12)


@given(lengths=lengths_of_runs, seed=st.integers(0, 99), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_kept_rows_are_counted_by_run(lengths: list[int], seed: int, share: float) -> None:
    keep = np.random.default_rng(seed).random(sum(lengths)) < share
    ends = np.cumsum(lengths)
    wanted = [int(part.sum()) for part in np.split(keep, ends[:-1])]
    assert kept(keep, ends.astype(np.uint32)).tolist() == wanted


@given(lengths=lengths_of_runs, chosen=st.sets(st.integers(0, 11)))
def test_runs_at_spots_are_those_of_the_rows_there(lengths: list[int], chosen: set[int]) -> None:
    ends, columns = np.cumsum(lengths), np.arange(len(lengths))[::-1]
    runs_there = [number for number in sorted(chosen) if number < len(lengths)]
    stops = ends[runs_there]
    spots = Spots.between(stops - np.array(lengths)[runs_there], stops)
    found = Runs(ends.astype(np.uint32), columns.astype(np.uint32)).at(spots)
    assert found.columns.tolist() == columns[runs_there].tolist()
    assert found.lengths().tolist() == [lengths[number] for number in runs_there]


@given(numbers=keys)
def test_runs_count_equal_keys(numbers: list[int]) -> None:
    found, counts = runs(whole(sorted(numbers)))
    assert list(zip(found.tolist(), counts.tolist(), strict=True)) == sorted(
        Counter(numbers).items()
    )


@given(large=keys, small=keys)
def test_two_tallies_add_up_by_key(large: list[int], small: list[int]) -> None:
    found, counts = with_more(*runs(whole(sorted(large))), *runs(whole(sorted(small))))
    together = sorted(Counter(large + small).items())
    assert list(zip(found.tolist(), counts.tolist(), strict=True)) == together


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
