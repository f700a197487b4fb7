"""What the index answers is what a loop over all incidents finds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import cells
from data.index import answers
from data.index.incidents import IncidentIndex
from tests.plain_incidents import (
    LEVELS,
    PLACES,
    SECOND,
    Fact,
    Wanted,
    by_cell,
    facts,
    moments,
    rows_of,
    wanted,
)

resolutions = st.integers(cells.COARSEST_RESOLUTION, cells.FINEST_RESOLUTION)


def index_of(held: list[Fact]) -> IncidentIndex:
    return IncidentIndex.of(LEVELS, [rows_of(held)])


@given(held=facts, asked=wanted, resolution=resolutions, data=st.data())
def test_cells_are_those_of_the_incidents_inside_a_cover(
    held: list[Fact], asked: Wanted, resolution: int, data: st.DataObject
) -> None:
    pool = cells.cells_at([x for x, _ in PLACES], [y for _, y in PLACES])
    cover_resolution = data.draw(st.integers(0, 15))
    cover = cells.ancestors(pool[: data.draw(st.integers(0, len(pool)))], cover_resolution)
    index = index_of(held)
    found = answers.count_by_cell(index, asked.selection(index), resolution, cover)
    inside = [
        fact
        for fact in asked.of(held)
        if fact.place is not None
        and cells.ancestors(np.array([fact.cell], np.uint64), cover_resolution)[0] in cover
    ]
    assert dict(zip(*(part.tolist() for part in found), strict=True)) == by_cell(inside, resolution)
    assert found[0].tolist() == sorted(found[0].tolist())


@given(held=facts, asked=wanted)
def test_incidents_are_located_or_without_a_place(held: list[Fact], asked: Wanted) -> None:
    index = index_of(held)
    chosen = asked.of(held)
    with_place = sum(fact.place is not None for fact in chosen)
    assert answers.located(index, asked.selection(index)) == with_place
    assert answers.without_place(index, asked.selection(index)) == len(chosen) - with_place


@given(held=facts, asked=wanted, at=moments, level=st.sampled_from(range(3)))
def test_grids_hold_what_was_received_and_what_is_open(
    held: list[Fact], asked: Wanted, at: int, level: int
) -> None:
    index = index_of(held)
    chosen = [fact for fact in asked.of(held) if fact.grids[level] >= 0]
    selection, name = asked.selection(index), LEVELS[level]
    received = answers.received_by_grid(index, selection, name)
    assert received == Counter(fact.grids[level] for fact in chosen)
    if asked.open_at is None:
        unfinished, overdue = answers.open_by_grid(index, selection, at, name)
        assert unfinished == Counter(fact.grids[level] for fact in chosen if not fact.is_closed(at))
        assert overdue == Counter(fact.grids[level] for fact in chosen if fact.is_overdue(at))


@given(held=facts, asked=wanted, at=moments, resolution=resolutions)
def test_gathered_incidents_share_a_cell(
    held: list[Fact], asked: Wanted, at: int, resolution: int
) -> None:
    index = index_of(held)
    found = answers.gathered(index, asked.selection(index), at, resolution)
    by_ancestor: dict[int, list[Fact]] = {}
    for fact in asked.of(held):
        if fact.place is not None:
            ancestor = cells.ancestors(np.array([fact.cell], np.uint64), resolution)[0]
            by_ancestor.setdefault(int(ancestor), []).append(fact)
    groups = [by_ancestor[cell] for cell in sorted(by_ancestor)]
    assert found.counts.tolist() == list(map(len, groups))
    assert found.overdue.tolist() == [sum(one.is_overdue(at) for one in group) for group in groups]
    for axis, means in enumerate((found.longitudes, found.latitudes)):
        middles = [
            sum(one.place[axis] for one in group if one.place) / len(group) for group in groups
        ]
        assert means.tolist() == pytest.approx(middles, abs=1e-9)
    alone = [
        (group[0].id, id_)
        for group, id_ in zip(groups, found.ids.tolist(), strict=True)
        if len(group) == 1
    ]
    assert all(one == other for one, other in alone)


@given(held=facts, asked=wanted, limit=st.integers(1, 6))
def test_newest_come_first_and_of_one_moment_the_highest_id(
    held: list[Fact], asked: Wanted, limit: int
) -> None:
    index = index_of(held)
    located = [fact for fact in asked.of(held) if fact.place is not None]
    ordered = sorted(located, key=lambda fact: (fact.reported, fact.id), reverse=True)
    found = answers.newest(index, asked.selection(index), limit)
    assert found.tolist() == [fact.id for fact in ordered[:limit]]


@given(held=facts, asked=wanted, at=moments)
def test_key_figures_are_counted_one_by_one(held: list[Fact], asked: Wanted, at: int) -> None:
    index = index_of(held)
    chosen = asked.of(held)
    closed = [fact for fact in chosen if fact.is_closed(at)]
    assert answers.incident_tallies(index, asked.selection(index), at) == {
        "received": len(chosen),
        "closed": len(closed),
        "open": len(chosen) - len(closed),
        "overdue_open": sum(fact.is_overdue(at) for fact in chosen),
        "closed_late": sum(fact.due is not None and fact.closed > fact.due for fact in closed),
        "closed_on_time": sum(fact.due is not None and fact.closed <= fact.due for fact in closed),
        "closed_with_due": sum(fact.due is not None for fact in closed),
        "with_due": sum(fact.due is not None for fact in chosen),
    }


@given(
    held=facts, asked=wanted, at=moments, shares=st.lists(st.floats(0, 1), min_size=1, max_size=3)
)
def test_quantile_lies_between_the_two_nearest_cases(
    held: list[Fact], asked: Wanted, at: int, shares: list[float]
) -> None:
    index = index_of(held)
    found = answers.handling_quantiles_s(index, asked.selection(index), at, tuple(shares))
    taken = [
        fact.closed // SECOND - fact.reported // SECOND
        for fact in asked.of(held)
        if fact.closed is not None and fact.closed <= at
    ]
    if not taken:
        assert found == [None] * len(shares)
    else:
        assert found == pytest.approx(np.quantile(taken, shares).tolist(), rel=1e-12, abs=1e-6)
