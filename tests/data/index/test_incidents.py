"""All incidents in memory: what comes, changes, moves and goes is followed, and can be saved."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.index import answers
from data.index.incidents import SHARED_CODE, IncidentIndex
from data.index.rows import AREA_LEVEL, Combination
from data.index.table import COLUMNS, Selection
from tests.plain_incidents import (
    LEVELS,
    PLACES,
    SECOND,
    START,
    Fact,
    Wanted,
    by_cell,
    facts,
    rows_of,
    wanted,
)

EVERYTHING = Wanted(-(2**62), 2**62)
WHOLE_SECONDS = Wanted(START - START % SECOND, START + 10**8 * SECOND)


def loaded(held: Collection[Fact], portion: int = 4) -> IncidentIndex:
    ordered = sorted(held, key=lambda fact: fact.id)
    parts = (ordered[at : at + portion] for at in range(0, len(ordered), portion))
    return IncidentIndex.of(LEVELS, map(rows_of, parts))


def saved_and_opened(index: IncidentIndex) -> IncidentIndex:
    arrays, about = index.taken_apart()
    # As a file holds them: apart from the index, which goes on.
    copies = {name: array.copy() for name, array in arrays.items()}
    return IncidentIndex.put_together(copies, json.loads(json.dumps(about)))


def check(index: IncidentIndex, held: Collection[Fact], asked: Wanted) -> None:
    chosen = asked.of(held)
    selection = asked.selection(index)
    for resolution in (5, 9, 12):
        found = answers.count_by_cell(index, selection, resolution)
        assert dict(zip(*(part.tolist() for part in found), strict=True)) == by_cell(
            chosen, resolution
        )
    for at, level in enumerate(LEVELS):
        grids = Counter(fact.grids[at] for fact in chosen if fact.grids[at] >= 0)
        assert answers.received_by_grid(index, selection, level) == grids
    columns = index.table.picked(selection, "ids", "reported", "longitudes", "codes")
    known = index.combinations.known
    assert sorted(
        (id_, reported, repr(longitude), known[code])
        for id_, reported, longitude, code in zip(*(one.tolist() for one in columns), strict=True)
    ) == sorted(
        (fact.id, fact.reported, repr(fact.place[0] if fact.place else np.nan), fact.combination)
        for fact in chosen
    )


@given(held=facts, asked=wanted, portion=st.integers(1, 6))
def test_loaded_incidents_are_all_there(held: list[Fact], asked: Wanted, portion: int) -> None:
    index = loaded(held, portion)
    for one in (EVERYTHING, WHOLE_SECONDS, asked):
        check(index, held, one)


steps = st.one_of(
    st.tuples(st.just("apply"), facts),
    st.tuples(st.just("forget"), st.sets(st.integers(1, 18), max_size=6)),
    st.tuples(st.just("save"), st.none()),
    st.tuples(st.just("number"), st.none()),
)


@settings(max_examples=150)
@given(first=facts, taken=st.lists(steps, max_size=8), asked=wanted)
def test_index_holds_what_is_true_after_any_changes(
    first: list[Fact], taken: list[tuple[str, list[Fact]]], asked: Wanted
) -> None:
    held = {fact.id: fact for fact in first}
    index = loaded(first)
    for step, what in taken:
        if step == "apply":
            index.apply(rows_of(what))
            held |= {fact.id: fact for fact in what}
        elif step == "forget":
            index.forget(sorted(what))
            held = {id_: fact for id_, fact in held.items() if id_ not in set(what)}
        elif step == "save":
            index = saved_and_opened(index)
        else:
            index.number_ids()
        for one in (EVERYTHING, WHOLE_SECONDS, asked):
            check(index, held.values(), one)


@given(held=facts)
def test_index_goes_on_after_it_was_saved(held: list[Fact]) -> None:
    index = loaded(held)
    copy = saved_and_opened(index)
    index.forget([fact.id for fact in held])
    check(index, [], EVERYTHING)
    check(copy, held, EVERYTHING)


@given(held=facts)
def test_same_row_again_changes_nothing_and_takes_no_room(held: list[Fact]) -> None:
    index = loaded(held)
    index.apply(rows_of(held))
    assert len(index) == len(held)


def test_moved_row_takes_a_new_number_and_a_changed_one_keeps_its_own() -> None:
    combination = Combination("c1", "reported", "minor", "sensor", None)
    here = Fact(1, PLACES[0], START, None, None, combination, (1, -1, 7))
    index = loaded([here])
    closed = Fact(1, PLACES[0], START, START + 5, None, combination, (1, -1, 7))
    index.apply(rows_of([closed]))
    assert len(index) == 1
    moved = Fact(1, PLACES[3], START, START + 5, None, combination, (1, 3, 7))
    index.apply(rows_of([moved]))
    assert len(index) == 2
    check(index, [moved], EVERYTHING)


def test_levels_end_with_that_of_areas() -> None:
    with pytest.raises(ValueError, match=AREA_LEVEL):
        IncidentIndex((AREA_LEVEL, "1:1"))


def test_empty_index_can_be_saved_and_grows() -> None:
    index = saved_and_opened(IncidentIndex.of(LEVELS, []))
    assert len(index) == 0
    assert index.combinations.known == []
    combination = Combination("c1", "reported", "minor", "sensor", None)
    fact = Fact(9, PLACES[0], START, None, None, combination, (1, 3, 7))
    index.apply(rows_of([fact]))
    check(index, [fact], EVERYTHING)
    assert {index.table.column(name).dtype.type for name in COLUMNS} == set(COLUMNS.values())


def test_combinations_beyond_those_that_are_told_apart_are_still_filtered_exactly() -> None:
    many = SHARED_CODE + 500
    held = [
        Fact(
            number,
            PLACES[number % 3],
            START - START % SECOND,
            None,
            None,
            Combination(f"c{number}", "reported", "minor", "sensor", None),
            (1, 3, 7),
        )
        for number in range(1, many + 1)
    ]
    index = IncidentIndex.of(LEVELS, [rows_of(held)])
    last = index.combinations.known[-1].category
    for categories in (None, {"c1"}, {last}, {"c2", last}, {f"c{n}" for n in range(2, many)}):
        chosen = Wanted(START - START % SECOND, START + SECOND * 2, categories)
        wanted_now = sum(
            categories is None or fact.combination.category in categories for fact in held
        )
        selection: Selection = chosen.selection(index)
        assert answers.located(index, selection) == wanted_now
