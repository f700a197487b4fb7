"""The counting index: its answers are those of looking at every row, whatever happens when."""

from __future__ import annotations

from collections.abc import Collection

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from data import cells
from data.counting.merging import Sizes
from data.counts import CountIndex
from data.errors import InvalidInputError, TooLargeError
from tests.plain_counts import Integers, PlainCounts, Pool, listed

START = 1_700_000_000
TINY = Sizes(segment_rows=12, tail_rows=4, late_rows=3)
"""So small that a few rows fill tails, split segments and let late rows pile up."""
LEVELS = ("zone", "micro")
FIRST, LAST = -1_200_798_848, 3_094_168_446  # the first and last second that a row can have


def _pool() -> Pool:
    """Return cells of a town, on a pentagon, on both sides of 180 degrees and at a pole."""
    town = [(112.30 + 0.002 * (n % 5), 30.30 + 0.002 * (n // 5)) for n in range(20)]
    far = [(179.9999, -17.0), (-179.9999, -17.0), (180.0, -17.001), (0.0, 90.0), (0.0, -90.0)]
    pentagon = h3.get_pentagons(8)[5]
    corners = h3.cell_to_children(h3.cell_to_center_child(pentagon, 14), 15)
    around = [h3.cell_to_center_child(cell, 15) for cell in h3.grid_disk(pentagon, 1)]
    return Pool([*(cells.cell_at(*place) for place in town + far), *corners, *around])


POOL = _pool()
spots = st.integers(0, len(POOL.cells) - 1)
moments = st.one_of(st.integers(START, START + 30), st.sampled_from([FIRST, LAST]))
known_codes = st.sampled_from([0, 1, 2, 79, 254, 255, 256, 257, 65_535])
filters = st.none() | st.sets(known_codes, max_size=4) | st.sets(st.integers(0, 65_535), max_size=2)
windows = st.tuples(st.integers(START - 2, START + 32), st.integers(START - 2, START + 32)) | (
    st.sampled_from([(FIRST, LAST), (FIRST, LAST + 1), (-(2**62), 2**62), (START, START)])
)
covers = st.lists(
    st.tuples(spots, st.integers(0, 15), st.booleans()).map(lambda drawn: _cover_cell(*drawn)),
    max_size=6,
)


def _cover_cell(spot: int, resolution: int, is_beside: bool) -> int:
    """Return a cell that holds a spot, or one beside it."""
    cell = h3.cell_to_parent(int(POOL.cells[spot]), resolution)
    return h3.grid_disk(cell, 1)[-1] if is_beside else cell


class IndexAgainstRows(RuleBasedStateMachine):
    """Rows come, change and are counted in any order."""

    @initialize(sizes=st.sampled_from([TINY, Sizes(40, 10, 30), Sizes(1, 1, 0)]))
    def begin(self, sizes: Sizes) -> None:
        self.index = CountIndex(levels=LEVELS, sizes=sizes, in_background=False)
        self.plain = PlainCounts(POOL, len(LEVELS))
        self.sizes = sizes

    @rule(
        drawn=st.lists(
            st.tuples(spots, moments, known_codes, st.integers(-1, 3), st.integers(-1, 2)),
            max_size=30,
        )
    )
    def append(self, drawn: list[tuple[int, ...]]) -> None:
        columns = np.array(drawn, dtype=np.int64).reshape(len(drawn), 5)
        at, times, codes, grids = columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3:]
        rows = self.index.append(POOL.cells[at], times, codes, grids)
        assert rows.tolist() == list(range(len(self.plain), len(self.plain) + len(drawn)))
        self.plain.append(at, times, codes, grids)
        assert len(self.index) == len(self.plain)

    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        if len(self.plain.there()) == 0:
            return
        changes = st.tuples(st.sampled_from(self.plain.there().tolist()), known_codes)
        drawn = np.array(data.draw(st.lists(changes, max_size=8)), dtype=np.int64).reshape(-1, 2)
        self.index.update(drawn[:, 0], drawn[:, 1])
        self.plain.update(drawn[:, 0], drawn[:, 1])

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        there = self.plain.there().tolist()
        drawn = (
            data.draw(st.lists(st.sampled_from(there), max_size=3, unique=True)) if there else []
        )
        rows = np.array(drawn, dtype=np.int64)
        self.index.remove(rows)
        self.plain.remove(rows)

    @rule()
    def take_apart_and_put_together(self) -> None:
        arrays, facts = self.index.taken_apart()
        copied = {name: array.copy() for name, array in arrays.items()}
        self.index = CountIndex.put_together(copied, facts, sizes=self.sizes, in_background=False)

    @rule(resolution=st.integers(0, 15), window=windows, codes=filters, within=st.none() | covers)
    def count(
        self,
        resolution: int,
        window: tuple[int, int],
        codes: set[int] | None,
        within: list[int] | None,
    ) -> None:
        cover = None if within is None else np.array(within, dtype=np.uint64)
        found = listed(*self.index.count(resolution, *window, codes, cover))
        assert found == self.plain.count(resolution, *window, codes, within)

    @rule(level=st.integers(0, 1), window=windows, codes=filters)
    def count_by_grid(self, level: int, window: tuple[int, int], codes: set[int] | None) -> None:
        found = listed(*self.index.count_by_grid(LEVELS[level], *window, codes))
        assert found == self.plain.count_by_grid(level, *window, codes)


TestIndexAgainstRows = IndexAgainstRows.TestCase
TestIndexAgainstRows.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)


def index_of(spots: Collection[int], times: Collection[int], codes: Collection[int]) -> CountIndex:
    index = CountIndex(in_background=False)
    index.append(POOL.cells[list(spots)], integers(times), integers(codes))
    return index


def integers(values: Collection[int]) -> Integers:
    return np.array(list(values), dtype=np.int64)


def test_empty_index_counts_nothing() -> None:
    index = CountIndex(levels=LEVELS)
    cells_found, counts = index.count(8, 0, START)
    assert (cells_found.dtype, counts.dtype) == (np.uint64, np.int64)
    assert listed(cells_found, counts) == ([], [])
    assert listed(*index.count_by_grid("zone", 0, START)) == ([], [])
    assert index.append(POOL.cells[:0], integers([]), integers([])).tolist() == []


def test_window_holds_its_first_second_and_not_its_last() -> None:
    index = index_of([0, 0, 0], [START, START + 1, START + 2], [1, 1, 1])
    counted = {
        (since, until): int(index.count(9, START + since, START + until)[1].sum())
        for since, until in [(0, 2), (1, 3), (0, 3), (1, 1), (2, 1), (3, 9)]
    }
    assert counted == {(0, 2): 2, (1, 3): 2, (0, 3): 3, (1, 1): 0, (2, 1): 0, (3, 9): 0}


def test_removed_row_can_neither_change_nor_be_removed_again() -> None:
    index = index_of([0, 1], [10, 20], [1, 2])
    index.remove(integers([0]))
    with pytest.raises(InvalidInputError, match="Row 0 was removed"):
        index.update(integers([0]), integers([3]))
    with pytest.raises(InvalidInputError, match="Row 0 was removed"):
        index.remove(integers([0]))
    assert index.count(0, 0, 100)[1].sum() == 1


def test_change_of_several_rows_is_made_whole_or_not_at_all() -> None:
    index = index_of([0, 1, 2], [10, 20, 30], [1, 1, 1])
    index.remove(integers([2]))
    with pytest.raises(InvalidInputError, match="Row 2 was removed"):
        index.update(integers([0, 1, 2]), integers([7, 7, 7]))
    with pytest.raises(InvalidInputError, match="Row 2 was removed"):
        index.remove(integers([0, 2]))
    assert index.count(0, 0, 100, [1])[1].sum() == 2


@pytest.mark.parametrize("position", [0, 1, 2])
def test_fractions_are_refused_and_nothing_added(position: int) -> None:
    index = index_of([0], [10], [1])
    given = [POOL.cells[:2], integers([10, 20]), integers([1, 2])]
    given[position] = given[position].astype(np.float64)
    with pytest.raises(InvalidInputError, match="give whole numbers"):
        index.append(*given)
    assert len(index) == 1


def test_number_that_only_looks_like_a_cell_is_refused() -> None:
    for number in (0xF << 52, 2**64 - 1, 0):
        with pytest.raises(InvalidInputError, match="not of the base resolution"):
            CountIndex().append(np.array([number], np.uint64), integers([10]), integers([1]))


def test_window_that_begins_within_a_second_leaves_that_second_out() -> None:
    index = index_of([0], [10], [1])
    assert index.count(0, 9.5, 10.5)[1].sum() == 1
    assert index.count(0, 10.5, 11)[1].sum() == 0


def test_children_sum_to_their_parents() -> None:
    index = index_of(range(len(POOL.cells)), [START] * len(POOL.cells), [0] * len(POOL.cells))
    for resolution in range(15):
        fine, counts = index.count(resolution + 1, START, START + 1)
        parents: dict[int, int] = {}
        for cell, number in zip(fine.tolist(), counts.tolist(), strict=True):
            parent = h3.cell_to_parent(cell, resolution)
            parents[parent] = parents.get(parent, 0) + number
        coarse = listed(*index.count(resolution, START, START + 1))
        assert dict(zip(*coarse, strict=True)) == parents


def test_last_of_several_changes_of_one_row_counts() -> None:
    index = index_of([0, 1], [START, START], [3, 3])
    index.update(integers([0, 0, 0]), integers([4, 300, 5]))
    totals = {code: int(index.count(5, 0, START + 1, [code])[1].sum()) for code in (3, 4, 5, 300)}
    assert totals == {3: 1, 4: 0, 5: 1, 300: 0}


def test_codes_may_come_as_any_collection() -> None:
    index = index_of([0, 1, 2], [START] * 3, [1, 2, 3])
    for codes in ({1, 3}, [3, 1, 1], (1, 3), frozenset({1, 3}), range(1, 4, 2), integers([1, 3])):
        assert int(index.count(7, START, START + 1, codes)[1].sum()) == 2
    assert listed(*index.count(7, START, START + 1, [])) == ([], [])


def test_overlapping_cover_counts_each_row_once() -> None:
    index = index_of([0, 0, 1], [START] * 3, [1, 1, 1])
    nested = [h3.cell_to_parent(int(POOL.cells[0]), resolution) for resolution in (5, 8, 11, 15)]
    cover = np.array([*nested, *nested], dtype=np.uint64)
    assert int(index.count(9, START, START + 1, within=cover)[1].sum()) == 3


GOOD = ([0], [START], [1])
BAD_APPENDS = {
    "not of the base resolution 15": ([h3.cell_to_parent(int(POOL.cells[0]), 14)], *GOOD[1:]),
    "A time lies outside 1931 to 2068": (POOL.cells[:1], [LAST + 1], [1]),
    "time lies outside 1931 to 2068": (POOL.cells[:1], [FIRST - 1], [1]),
    "A code lies outside 0 to 65,535": (POOL.cells[:1], [START], [65_536]),
    "code lies outside 0 to 65,535": (POOL.cells[:1], [START], [-1]),
    "2 cells, 1 times and 1 codes": (POOL.cells[:2], [START], [1]),
    "1 cells, 1 times and 3 codes": (POOL.cells[:1], [START], [1, 1, 1]),
}


@pytest.mark.parametrize("sentence", BAD_APPENDS)
def test_row_that_cannot_be_is_refused_and_nothing_added(sentence: str) -> None:
    index = index_of(*GOOD)
    held, times, codes = BAD_APPENDS[sentence]
    with pytest.raises(InvalidInputError, match=sentence):
        index.append(np.array(held, dtype=np.uint64), integers(times), integers(codes))
    assert len(index) == 1
    assert int(index.count(5, FIRST, LAST)[1].sum()) == 1


@pytest.mark.parametrize("shape", [(1,), (2, 2), (1, 3), (0, 2)])
def test_grids_that_do_not_fit_are_refused_and_nothing_added(shape: tuple[int, ...]) -> None:
    index = CountIndex(levels=LEVELS)
    with pytest.raises(InvalidInputError, match="one grid of each of 2 levels"):
        index.append(POOL.cells[:1], integers([START]), integers([1]), np.zeros(shape, np.int64))
    index.append(POOL.cells[:1], integers([START]), integers([1]), integers([[7, -1]]))
    assert listed(*index.count_by_grid("zone", START, START + 1)) == ([7], [1])
    assert listed(*index.count_by_grid("micro", START, START + 1)) == ([], [])


def test_more_combinations_of_grids_than_there_are_numbers_for_are_refused() -> None:
    index = CountIndex(levels=("zone",))
    many = np.arange(65_537)
    held = np.repeat(POOL.cells[:1], len(many))
    with pytest.raises(TooLargeError, match="index fewer levels"):
        index.append(held, np.full(len(many), START), np.zeros_like(many), many[:, np.newaxis])
    assert len(index) == 0


@pytest.mark.parametrize(
    ("rows", "codes", "sentence"),
    [
        ([2], [1], "There are 1 rows"),
        ([-1], [1], "There are 1 rows"),
        ([0], [-1], "A code lies outside"),
        ([0], [65_536], "A code lies outside"),
        ([0, 0], [2], "2 rows but 1 codes"),
    ],
)
def test_change_that_cannot_be_is_refused_and_nothing_changed(
    rows: list[int], codes: list[int], sentence: str
) -> None:
    index = index_of(*GOOD)
    with pytest.raises(InvalidInputError, match=sentence):
        index.update(integers(rows), integers(codes))
    assert int(index.count(5, FIRST, LAST, [1])[1].sum()) == 1


def test_question_that_cannot_be_is_refused() -> None:
    index = CountIndex(levels=LEVELS)
    for resolution in (-1, 16):
        with pytest.raises(InvalidInputError, match=f"Resolution {resolution} does not exist"):
            index.count(resolution, 0, START)
    for code in (-1, 65_536):
        with pytest.raises(InvalidInputError, match="A code lies outside"):
            index.count(8, 0, START, [code])
        with pytest.raises(InvalidInputError, match="A code lies outside"):
            index.count_by_grid("zone", 0, START, {code})
    with pytest.raises(InvalidInputError, match="no grid level 'town'; there are: zone, micro"):
        index.count_by_grid("town", 0, START)
    with pytest.raises(InvalidInputError, match="Rows are kept at resolution 15, not 12"):
        CountIndex(12)
