"""Incidents as plain values, and what the index should say about them, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import h3.api.basic_int as h3
import numpy as np
from hypothesis import strategies as st

from data.cells import NOWHERE, cell_at
from data.geo import BBox
from data.index.incidents import IncidentIndex
from data.index.rows import AREA_LEVEL, NEVER_US, Combination, IncidentRows
from data.index.table import Selection

LEVELS = ("1:1", "1:2", AREA_LEVEL)
SECOND = 1_000_000
DAY = 86_400 * SECOND
START = 1_772_000_000 * SECOND


@dataclass(frozen=True)
class Fact:
    """One incident; moments in microseconds since 1970 UTC."""

    id: int
    place: tuple[float, float] | None
    reported: int
    closed: int | None
    due: int | None
    combination: Combination
    grids: tuple[int, int, int]

    @property
    def cell(self) -> int:
        """Return the base cell."""
        return NOWHERE if self.place is None else cell_at(*self.place)

    def is_closed(self, at: int) -> bool:
        """Tell whether it had ended."""
        return self.closed is not None and self.closed <= at

    def is_overdue(self, at: int) -> bool:
        """Tell whether it was open past its due time."""
        return not self.is_closed(at) and self.due is not None and self.due < at


@dataclass(frozen=True)
class Wanted:
    """Which incidents are asked for, in plain terms."""

    since: int
    until: int
    categories: frozenset[str] | None = None
    grids: frozenset[int] | None = None
    bbox: BBox | None = None
    open_at: int | None = None
    overdue_at: int | None = None

    def of(self, facts: Iterable[Fact]) -> list[Fact]:
        """Return those that are wanted."""
        return [fact for fact in facts if self._takes(fact)]

    def _takes(self, fact: Fact) -> bool:
        return (
            self.since <= fact.reported < self.until
            and (self.categories is None or fact.combination.category in self.categories)
            and (self.grids is None or not self.grids.isdisjoint(fact.grids[:-1]))
            and (self.bbox is None or is_inside(self.bbox, fact.place))
            and (self.open_at is None or not fact.is_closed(self.open_at))
            and (self.overdue_at is None or fact.is_overdue(self.overdue_at))
        )

    def selection(self, index: IncidentIndex) -> Selection:
        """Return the same in the terms of the index."""
        categories, grids = self.categories, self.grids
        return Selection(
            self.since,
            self.until,
            None
            if categories is None
            else index.combinations.mask(lambda one: one.category in categories),
            None if grids is None else index.places_of_grids(grids),
            self.bbox,
            self.open_at,
            self.overdue_at,
        )


def is_inside(bbox: BBox, place: tuple[float, float] | None) -> bool:
    """Tell whether a place lies in a box, its edges included."""
    if place is None:
        return False
    longitude, latitude = place
    if bbox.west <= bbox.east:
        is_between = bbox.west <= longitude <= bbox.east
    else:
        is_between = longitude >= bbox.west or longitude <= bbox.east
    return is_between and bbox.south <= latitude <= bbox.north


def rows_of(facts: Sequence[Fact]) -> IncidentRows:
    """Return incidents as columns, ascending by id."""
    facts = sorted(facts, key=lambda fact: fact.id)
    places = [fact.place or (np.nan, np.nan) for fact in facts]
    return IncidentRows(
        np.array([fact.id for fact in facts], dtype=np.int64),
        np.array([fact.cell for fact in facts], dtype=np.uint64),
        np.array([place[0] for place in places], dtype=np.float64),
        np.array([place[1] for place in places], dtype=np.float64),
        np.array([fact.reported for fact in facts], dtype=np.int64),
        np.array([_moment(fact.closed) for fact in facts], dtype=np.int64),
        np.array([_moment(fact.due) for fact in facts], dtype=np.int64),
        [fact.combination for fact in facts],
        np.array([fact.grids for fact in facts], dtype=np.int64).reshape(-1, len(LEVELS)),
    )


def _moment(moment: int | None) -> int:
    return NEVER_US if moment is None else moment


def by_cell(facts: Iterable[Fact], resolution: int) -> dict[int, int]:
    """Return how many located incidents each cell holds."""
    located = (fact.cell for fact in facts if fact.place is not None)
    return dict(Counter(h3.cell_to_parent(cell, resolution) for cell in located))


PLACES = (
    (112.301, 30.302),
    (112.302, 30.302),
    (112.3021, 30.302),
    (112.39, 30.35),
    (-179.9999, -16.5),
    (179.9999, -16.5),
)
# The year 1900 and the year 2100 lie outside what the counting index tells apart.
moments = st.sampled_from(
    [START + day * DAY + us for day in (0, 1, 2, 40) for us in (0, 1, SECOND, 999_999)]
    + [-2_208_988_800 * SECOND, 4_102_444_800 * SECOND]
)
combinations = st.builds(
    Combination,
    category=st.sampled_from(["c1", "c2", "c3"]),
    stage=st.sampled_from(["reported", "closed"]),
    priority=st.just("minor"),
    source=st.just("sensor"),
    agency_id=st.sampled_from([None, 1]),
)
all_facts = st.builds(
    Fact,
    id=st.integers(1, 15),
    place=st.none() | st.sampled_from(PLACES),
    reported=moments,
    closed=st.none() | moments,
    due=st.none() | moments,
    combination=combinations,
    grids=st.sampled_from([(-1, -1, -1), (1, -1, 7), (1, 3, 7), (2, 4, 8), (2, -1, -1)]),
)
facts = st.lists(all_facts, max_size=15, unique_by=lambda fact: fact.id)
boxes = st.sampled_from(
    [
        BBox(112.301, 30.302, 112.302, 30.302),
        BBox(112.0, 30.0, 113.0, 31.0),
        BBox(179.0, -17.0, -179.0, 0.0),
        BBox(-180.0, -90.0, 180.0, 90.0),
        BBox(0.0, 0.0, 0.0, 0.0),
    ]
)
wanted = st.builds(
    Wanted,
    since=st.just(-(2**62)) | moments,
    until=st.just(2**62) | moments,
    categories=st.none() | st.frozensets(st.sampled_from(["c1", "c2", "c9"])),
    grids=st.none() | st.frozensets(st.sampled_from([1, 2, 3, 9])),
    bbox=st.none() | boxes,
    open_at=st.none() | moments,
    overdue_at=st.none() | moments,
)
