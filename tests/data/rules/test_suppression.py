"""No count that is held back can be worked out from those that are shown.

Two readers try: one who subtracts, by linear programming over everything published, and one who
knows the program too and runs it on every table that could lie behind what he sees.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from data import catalogue
from data.errors import InvalidInputError
from data.rules.suppression import (
    BELOW,
    K_INSIDE,
    K_OUTSIDE,
    WITHHELD,
    Cell,
    Hierarchy,
    Mark,
    checked_k,
    publish,
    publish_parts,
    rate_may_be_shown,
    state_may_be_shown,
)

Parents = tuple[int | None, ...]


def summed(hierarchy: Hierarchy, leaves: Iterable[int]) -> list[int]:
    """Return the counts of all rows from those of the rows without children, in their order."""
    children = hierarchy.children()
    counts = [0] * len(children)
    values = iter(leaves)
    for row, its_children in enumerate(children):
        if not its_children:
            counts[row] = next(values)
    for row in reversed(tuple(hierarchy.downwards())):
        if children[row]:
            counts[row] = sum(counts[child] for child in children[row])
    return counts


def leaves_of(hierarchy: Hierarchy) -> list[int]:
    return [row for row, children in enumerate(hierarchy.children()) if not children]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Hierarchy, list[int]]:
    """Draw a hierarchy of up to four levels with many small counts."""
    others = range(1, draw(st.integers(1, 14)))
    parents: list[int | None] = [None, *(draw(st.integers(0, row - 1)) for row in others)]
    hierarchy = Hierarchy(tuple(parents))
    small_or_large = st.one_of(st.integers(0, 6), st.integers(0, 40))
    leaves = draw(st.lists(small_or_large, min_size=len(parents), max_size=len(parents)))
    return hierarchy, summed(hierarchy, leaves)


Bounds = list[tuple[float, float | None]]


def interval(
    hierarchy: Hierarchy, bounds: Bounds, row: int, more: Iterable[tuple[list[float], int]] = ()
) -> tuple[float, float]:
    """Return the least and the most that a row can be, given what is known of each row."""
    equations, right = [list(left) for left, _ in more], [value for _, value in more]
    for parent, children in enumerate(hierarchy.children()):
        if children:
            equation = [0.0] * len(bounds)
            equation[parent] = -1.0
            for child in children:
                equation[child] = 1.0
            equations.append(equation)
            right.append(0.0)
    ends = []
    for sign in (1.0, -1.0):
        aim = [0.0] * len(bounds)
        aim[row] = sign
        found = linprog(aim, A_eq=equations or None, b_eq=right or None, bounds=bounds)
        assert found.status in {0, 3}, found.message
        ends.append(float("inf") if found.status == 3 else float(sign * found.fun))
    return ends[0], ends[1]


def known(cells: Iterable[Cell], k: int, least: int) -> Bounds:
    """Return what a reader knows of each row who takes a hidden count to be `least` or more."""
    bounds: Bounds = []
    for cell in cells:
        if cell.value is not None:
            bounds.append((cell.value, cell.value))
        else:
            bounds.append((least, k - 1 if cell.mark is Mark.BELOW else None))
    return bounds


@settings(max_examples=150)
@given(tables(), st.sampled_from([3, 5, 10]))
def test_subtraction_leaves_every_band_whole(table: tuple[Hierarchy, list[int]], k: int) -> None:
    hierarchy, counts = table
    cells = publish(hierarchy, counts, k)
    bounds = known(cells, k, least=0)
    for row, cell in enumerate(cells):
        if cell.mark is Mark.SHOWN:
            continue
        lowest, highest = interval(hierarchy, bounds, row)
        if cell.mark is Mark.BELOW:
            assert (lowest, highest) == pytest.approx((0, k - 1), abs=1e-6)
        else:
            assert highest - lowest >= k - 1 - 1e-6  # k whole numbers or more


@given(st.lists(st.integers(1, 12), min_size=2, max_size=8), st.sampled_from([3, 5]))
def test_reader_who_knows_that_none_is_zero_learns_no_more(siblings: list[int], k: int) -> None:
    # He also takes what is withheld beside a band to be k or more.
    hierarchy = Hierarchy((None, *[0] * len(siblings)))
    cells = publish(hierarchy, [sum(siblings), *siblings], k)
    if cells[0].mark is not Mark.SHOWN or BELOW not in cells:
        return
    bounds = known(cells, k, least=1)
    for row, cell in enumerate(cells):
        if cell.mark is Mark.WITHHELD:
            bounds[row] = (k, None)
    for row, cell in enumerate(cells):
        if cell.mark is Mark.BELOW:
            assert interval(hierarchy, bounds, row) == pytest.approx((1, k - 1), abs=1e-6)


SHAPES: list[tuple[Parents, int, int]] = [
    ((None, 0, 0), 16, 3),
    ((None, 0, 0, 0), 16, 3),
    ((None, 0, 0, 0, 0), 13, 3),
    ((None, 0, 0, 1, 1), 14, 3),
    ((None, 0, 0, 1, 1, 2, 2), 12, 3),
    ((None, 0, 0), 25, 5),
]


def all_tables(hierarchy: Hierarchy, most: int) -> Iterator[list[int]]:
    """Yield every table whose total is not above `most`."""
    for leaves in itertools.product(range(most + 1), repeat=len(leaves_of(hierarchy))):
        if sum(leaves) <= most:
            yield summed(hierarchy, leaves)


@pytest.mark.parametrize(("parents", "most", "k"), SHAPES)
def test_pattern_never_tells_what_a_band_hides_not_even_to_who_knows_the_program(
    parents: Parents, most: int, k: int
) -> None:
    hierarchy = Hierarchy(parents)
    behind: dict[tuple[Cell, ...], list[set[int]]] = defaultdict(lambda: [set() for _ in parents])
    for counts in all_tables(hierarchy, most):
        possible = behind[publish(hierarchy, counts, k)]
        for row, count in enumerate(counts):
            possible[row].add(count)
    for cells, possible in behind.items():
        for cell, numbers in zip(cells, possible, strict=True):
            if cell.mark is Mark.BELOW:
                assert numbers == set(range(k)), cells
            elif cell.mark is Mark.WITHHELD:
                assert len(numbers) >= k, cells


def test_those_readers_find_what_a_threshold_alone_gives_away() -> None:
    hierarchy = Hierarchy((None, 0, 0))
    threshold_only = [Cell(Mark.SHOWN, 21), BELOW, Cell(Mark.SHOWN, 19)]
    assert interval(hierarchy, known(threshold_only, 5, 0), 1) == (2, 2)


@given(tables(), st.sampled_from([3, 5, 10]))
def test_what_is_shown_is_true_and_small_counts_are_never_shown(
    table: tuple[Hierarchy, list[int]], k: int
) -> None:
    hierarchy, counts = table
    for cell, count in zip(publish(hierarchy, counts, k), counts, strict=True):
        assert (cell.value is not None) is (cell.mark is Mark.SHOWN)
        if cell.mark is Mark.SHOWN:
            assert cell.value == count >= k
        if cell.mark is Mark.BELOW:
            assert count < k


@given(tables(), st.sampled_from([3, 5, 10]))
def test_nothing_is_shown_below_what_is_not(table: tuple[Hierarchy, list[int]], k: int) -> None:
    hierarchy, counts = table
    cells = publish(hierarchy, counts, k)
    for row, parent in enumerate(hierarchy.parents):
        if parent is not None and cells[parent].mark is not Mark.SHOWN:
            assert cells[row] == cells[parent]


def inside_and_wall(
    hierarchy: Hierarchy, counts: list[int], near_k: int, far_k: int
) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    inside = publish(hierarchy, counts, near_k)
    kept = [row for row, cell in enumerate(inside) if cell.mark is Mark.WITHHELD]
    return inside, publish(hierarchy, counts, far_k, kept)


@given(tables())
def test_wall_shows_nothing_that_is_hidden_inside(table: tuple[Hierarchy, list[int]]) -> None:
    inside, wall = inside_and_wall(*table, K_INSIDE, K_OUTSIDE)
    for near, far in zip(inside, wall, strict=True):
        if near.mark is Mark.WITHHELD:
            assert far.mark is Mark.WITHHELD
        if near.mark is Mark.BELOW:
            assert far.mark is not Mark.SHOWN


@pytest.mark.parametrize(
    ("parents", "most"), [((None, 0, 0, 0), 18), ((None, 0, 0, 0, 0), 12), ((None, 0, 0, 1, 1), 16)]
)
def test_wall_and_inside_together_give_no_more_than_inside(parents: Parents, most: int) -> None:
    hierarchy, near_k = Hierarchy(parents), 3
    behind: dict[object, list[set[int]]] = defaultdict(lambda: [set() for _ in parents])
    marks = {}
    for counts in all_tables(hierarchy, most):
        both = inside_and_wall(hierarchy, counts, near_k, 5)
        marks[both] = [cell.mark for cell in both[0]]
        for row, count in enumerate(counts):
            behind[both][row].add(count)
    for seen, possible in behind.items():
        for mark, numbers in zip(marks[seen], possible, strict=True):  # type: ignore[index]
            if mark is Mark.BELOW:
                assert numbers == set(range(near_k))
            elif mark is Mark.WITHHELD:
                assert len(numbers) >= near_k


@given(tables(), st.sampled_from([3, 5]), st.data())
def test_kept_rows_stay_withheld_and_keep_k_possible_numbers(
    table: tuple[Hierarchy, list[int]], k: int, data: st.DataObject
) -> None:
    hierarchy, counts = table
    kept = data.draw(st.sets(st.integers(0, len(counts) - 1), max_size=2))
    cells = publish(hierarchy, counts, k, kept)
    bounds = known(cells, k, least=0)
    for row in kept:
        assert cells[row] == WITHHELD
        lowest, highest = interval(hierarchy, bounds, row)
        assert highest - lowest >= k - 1 - 1e-6


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((4, 4, 0, 0), ("<5", "<5", "<5", "<5")),
        ((5, 5, 0, 0), (5, None, None, None)),  # one who is withheld beside two would be 5
        ((30, 10, 10, 10), (30, 10, 10, 10)),
        ((22, 2, 10, 10), (22, "<5", None, 10)),
        ((15, 2, 6, 7), (15, "<5", None, None)),  # 2 + 6 would not hide a 4
        ((12, 4, 4, 4), (12, None, None, None)),  # three bands can hide 8, not 12
    ],
)
def test_siblings_of_one_total(counts: tuple[int, ...], expected: tuple[object, ...]) -> None:
    cells = publish(Hierarchy((None, 0, 0, 0)), counts, 5)
    shown = [cell.value if cell.value is not None else cell.text(5) for cell in cells]
    assert shown == list(expected)


def test_bands_that_hide_one_another_need_no_other() -> None:
    cells = publish(Hierarchy((None, 0, 0, 0, 0)), (28, 3, 3, 2, 20), 5)
    assert [cell.mark for cell in cells] == ["shown", "below", "below", "below", "shown"]


def test_rows_that_cost_least_are_withheld_first() -> None:
    for counts in ((42, 2, 15, 25), (42, 2, 25, 15)):
        cells = publish(Hierarchy((None, 0, 0, 0)), counts, 5)
        assert [cell.mark for cell in cells] == ["shown", "below", "withheld", "shown"]


def test_two_totals_of_their_own_do_not_touch_each_other() -> None:
    cells = publish(Hierarchy((None, None, 0, 0)), (20, 2, 10, 10), 5)
    assert [cell.text(5) for cell in cells] == ["20", "<5", "10", "10"]


# Parts, shares and rates.


@st.composite
def part_tables(draw: st.DrawFn) -> tuple[Hierarchy, list[list[int]]]:
    hierarchy, first = draw(tables())
    leaves = leaves_of(hierarchy)
    numbers = st.lists(st.integers(0, 30), min_size=len(leaves), max_size=len(leaves))
    return hierarchy, [first, summed(hierarchy, draw(numbers))]


@settings(max_examples=100)
@given(part_tables(), st.sampled_from([3, 5]))
def test_subtraction_leaves_k_numbers_for_each_hidden_part_and_total(
    table: tuple[Hierarchy, list[list[int]]], k: int
) -> None:
    # One reader has the totals, the shown parts, and all that adds up: rows of first parts, of
    # second parts, and of totals, one after the other.
    hierarchy, parts = table
    published = publish_parts(hierarchy, parts, k)
    rows = len(published.totals)
    thrice = Hierarchy(
        tuple(
            None if parent is None else parent + shift
            for shift in (0, rows, 2 * rows)
            for parent in hierarchy.parents
        )
    )
    bounds: Bounds = [
        (part[row], part[row]) if published.parts_shown[row] else (0, None)
        for part in parts
        for row in range(rows)
    ] + known(published.totals, k, least=0)
    sums = [
        (
            [
                (-1.0 if place >= 2 * rows else 1.0) * (place % rows == row)
                for place in range(3 * rows)
            ],
            0,
        )
        for row in range(rows)
    ]
    for row, total in enumerate(published.totals):
        hidden = [] if published.parts_shown[row] else [row, row + rows]
        for place in [*hidden, *([] if total.mark is Mark.SHOWN else [row + 2 * rows])]:
            lowest, highest = interval(thrice, bounds, place, sums)
            assert highest - lowest >= k - 1 - 1e-6  # k whole numbers or more


@pytest.mark.parametrize(("parents", "most"), [((None, 0, 0), 13), ((None, 0, 0, 0), 9)])
def test_hidden_parts_keep_k_numbers_even_for_who_knows_the_program(
    parents: Parents, most: int
) -> None:
    hierarchy, count, k = Hierarchy(parents), len(parents), 3
    behind: dict[object, list[set[int]]] = defaultdict(lambda: [set() for _ in range(2 * count)])
    for counts in all_tables(Hierarchy((None, *[0] * 2 * (count - 1))), most):
        parts = [[sum(counts[1:count]), *counts[1:count]], [sum(counts[count:]), *counts[count:]]]
        published = publish_parts(hierarchy, parts, k)
        told = [
            tuple(part[row] for part in parts) if may else None
            for row, may in enumerate(published.parts_shown)
        ]
        possible = behind[published, tuple(told)]
        for place, number in enumerate([*parts[0], *parts[1]]):
            possible[place].add(number)
    for (published, _), possible in behind.items():  # type: ignore[misc]
        for place, numbers in enumerate(possible):
            assert published.parts_shown[place % count] or len(numbers) >= k


def test_parts_never_give_away_a_total_that_is_withheld() -> None:
    hierarchy = Hierarchy((None, 0, 0, 0))
    published = publish_parts(hierarchy, [(7, 0, 3, 4), (6, 1, 3, 2)], 3)
    assert [total.mark for total in published.totals] == ["shown", "below", "withheld", "shown"]
    assert published.parts_shown == (True, False, False, False)


@given(part_tables(), st.sampled_from([3, 5, 10]))
def test_parts_are_shown_only_where_each_reaches_k(
    table: tuple[Hierarchy, list[list[int]]], k: int
) -> None:
    hierarchy, parts = table
    may = publish_parts(hierarchy, parts, k).parts_shown
    for row, parent in enumerate(hierarchy.parents):
        if may[row]:
            assert min(part[row] for part in parts) >= k
            assert rate_may_be_shown(parts[0][row], parts[0][row] + parts[1][row], k)
            assert parent is None or may[parent]


def test_one_unsafe_rate_withholds_a_second() -> None:
    hierarchy = Hierarchy((None, 0, 0, 0))
    published = publish_parts(hierarchy, [(62, 20, 22, 20), (42, 20, 2, 20)], 5)
    assert published.parts_shown == (True, False, False, True)


def test_kept_rate_stays_withheld() -> None:
    hierarchy = Hierarchy((None, 0, 0, 0))
    parts = [(60, 20, 20, 20), (60, 20, 20, 20)]
    assert publish_parts(hierarchy, parts, 5).parts_shown == (True, True, True, True)
    kept = publish_parts(hierarchy, parts, 5, kept=[3])
    assert kept.parts_shown == (True, False, True, False)


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [(5, 10, True), (4, 10, False), (6, 10, False), (0, 100, False), (100, 100, False)],
)
def test_rate_is_hidden_when_numerator_or_complement_is_small(
    numerator: int, denominator: int, shown: bool
) -> None:
    assert rate_may_be_shown(numerator, denominator, 5) is shown


@pytest.mark.parametrize(("listed", "shown"), [(4, False), (5, True)])
def test_state_is_shown_of_k_subjects_or_more(listed: int, shown: bool) -> None:
    assert state_may_be_shown(listed, 5) is shown


@pytest.mark.parametrize(
    ("parents", "counts", "said"),
    [
        ((None, 0), (5, 4), "its children together another number"),
        ((None, 0), (5,), "1 counts for 2 rows"),
        ((None,), (-1,), "0 or more"),
    ],
)
def test_counts_that_cannot_be_are_refused(
    parents: Parents, counts: tuple[int, ...], said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        publish(Hierarchy(parents), counts, 5)


@pytest.mark.parametrize("parents", [(1, 0), (None, 7), (None, 2, 1)])
def test_rows_under_no_total_are_refused(parents: Parents) -> None:
    with pytest.raises(InvalidInputError, match="under no total"):
        Hierarchy(parents)


@pytest.mark.parametrize(("k", "allowed"), [(2, False), (3, True), (20, True), (21, False)])
def test_k_is_set_from_3_to_20(k: int, allowed: bool) -> None:
    if allowed:
        assert checked_k(k) == k
    else:
        with pytest.raises(InvalidInputError, match="from 3 to 20"):
            checked_k(k)


def test_codes_are_those_of_the_shipped_list() -> None:
    assert set(catalogue.code_list("count_mark")) == set(Mark)
