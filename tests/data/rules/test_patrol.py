"""Boundaries and laws of patrols, rounds and daily reports."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from data import cells
from data.errors import InvalidInputError
from data.rules.patrol import (
    ROUND_RESOLUTIONS,
    DailyReport,
    Patrol,
    Round,
    cells_of_grid,
    cells_passed,
    patrol_compliance,
    report_compliance,
    round_compliance,
    round_of,
    round_resolution,
    seconds_by_day,
)
from data.rules.periods import day_number
from data.rules.posts import Duty
from tests.makers import HERE

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = day_number(date(2026, 3, 2))
MIDNIGHT = datetime(2026, 3, 2, tzinfo=SHANGHAI)
LATER = MIDNIGHT + timedelta(days=30)


def walk(start_min: float, end_min: float | None, person: int = 1, grid: int = 1) -> Patrol:
    ended = None if end_min is None else MIDNIGHT + timedelta(minutes=end_min)
    started = MIDNIGHT + timedelta(minutes=start_min)
    return Patrol(person=person, grid=grid, started_at=started, ended_at=ended)


def minutes(*patrols: Patrol, now: datetime = LATER) -> dict[int, float]:
    """Return the minutes of person 1 by day, Monday being 0."""
    found = seconds_by_day(patrols, SHANGHAI, now)
    return {day - MONDAY: seconds / 60 for (person, day), seconds in found.items() if person == 1}


@pytest.mark.parametrize(
    ("patrols", "expected"),
    [
        ([], {}),
        ([walk(60, 180)], {0: 120}),
        ([walk(60, 120), walk(90, 180)], {0: 120}),  # overlapping
        ([walk(60, 180), walk(70, 80)], {0: 120}),  # one inside the other
        ([walk(60, 120), walk(120, 180)], {0: 120}),  # touching
        ([walk(60, 120), walk(60, 120, grid=2)], {0: 60}),  # in two grids at once
        ([walk(1380, 1500)], {0: 60, 1: 60}),  # over midnight
        ([walk(1380, 1440)], {0: 60}),
        ([walk(-30, 3000)], {-1: 30, 0: 1440, 1: 1440, 2: 120}),
        ([walk(60, 60)], {}),
    ],
)
def test_time_counts_once_and_for_the_day_on_which_it_passed(
    patrols: list[Patrol], expected: dict[int, float]
) -> None:
    assert minutes(*patrols) == expected


def test_patrol_that_goes_on_counts_until_now_and_on_its_first_day_only() -> None:
    assert minutes(walk(60, None), now=MIDNIGHT + timedelta(minutes=100)) == {0: 40}
    assert minutes(walk(1380, None), now=MIDNIGHT + timedelta(days=3)) == {0: 60}


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 5, 1), 24)]
)
def test_day_of_a_clock_change_has_its_real_length(day: date, hours: int) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=BERLIN)
    after = day + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=BERLIN)
    patrol = Patrol(person=1, grid=1, started_at=start, ended_at=end)
    assert seconds_by_day([patrol], BERLIN, LATER + timedelta(days=365)) == {
        (1, day_number(day)): hours * 3600
    }


def test_patrol_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="ends before it starts"):
        walk(60, 59)


spans = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(0, 2000)).map(
        lambda span: walk(span[0], span[0] + span[1])
    ),
    max_size=8,
)


@given(spans)
def test_minutes_are_those_of_the_union(patrols: list[Patrol]) -> None:
    covered: set[int] = set()
    for patrol in patrols:
        assert patrol.ended_at is not None
        first = (patrol.started_at - MIDNIGHT) // timedelta(minutes=1)
        covered |= set(range(first, (patrol.ended_at - MIDNIGHT) // timedelta(minutes=1)))
    by_hand: dict[int, float] = {}
    for minute in covered:
        by_hand[minute // 1440] = by_hand.get(minute // 1440, 0) + 1
    assert minutes(*patrols) == by_hand


@pytest.mark.parametrize(("end_min", "numerator"), [(179.99, 0), (180, 1), (200, 1)])
def test_exactly_two_hours_are_enough(end_min: float, numerator: int) -> None:
    seconds = seconds_by_day([walk(60, end_min)], SHANGHAI, LATER)
    found = patrol_compliance([Duty(1, MONDAY, 1)], seconds)
    assert (found.numerator, found.denominator) == (numerator, 1)


def test_person_days_count_once_and_gaps_and_days_off_not_at_all() -> None:
    seconds = seconds_by_day([walk(60, 180), walk(2000, 2200)], SHANGHAI, LATER)
    owed = [
        *(Duty(1, MONDAY, 1), Duty(2, MONDAY, 1)),  # one person, two grids
        *(Duty(3, MONDAY, None), Duty(3, MONDAY, 2)),
    ]
    found = patrol_compliance(owed, seconds)
    assert (found.numerator, found.denominator) == (1, 2)
    assert found.missing == ((2, MONDAY),)


def test_minimum_is_a_setting() -> None:
    seconds = seconds_by_day([walk(60, 120)], SHANGHAI, LATER)
    assert patrol_compliance([Duty(1, MONDAY, 1)], seconds, least_minutes=60).numerator == 1


# Rounds.


@pytest.mark.parametrize(
    ("area_km2", "resolution"),
    [(0.01, 11), (0.1, 11), (0.4, 11), (0.5, 10), (1.38, 10), (3.0, 10), (3.3, 9), (60.0, 9)],
)
def test_larger_grids_are_measured_by_larger_cells(area_km2: float, resolution: int) -> None:
    assert round_resolution(area_km2 * 1e6) == resolution


@given(st.floats(1.0, 1e9), st.floats(1.0, 1e9))
def test_resolution_never_becomes_finer_with_area(one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert round_resolution(small) >= round_resolution(large)
    assert round_resolution(small) in ROUND_RESOLUTIONS


@pytest.mark.parametrize("area", [0.0, -1.0, math.nan, math.inf])
def test_grid_without_an_area_has_no_round(area: float) -> None:
    with pytest.raises(InvalidInputError, match="outline"):
        round_resolution(area)


GROUND = box(HERE[0], HERE[1], HERE[0] + 0.01, HERE[1] + 0.01)
"""About one square kilometre."""
OF_GRID = cells_of_grid(GROUND, 10)


def test_cells_of_a_grid_have_their_middle_in_it() -> None:
    assert 50 < len(OF_GRID) < 90
    for cell in OF_GRID:
        longitude, latitude = cells.centre(cell)
        assert HERE[0] < longitude < HERE[0] + 0.01
        assert HERE[1] < latitude < HERE[1] + 0.01


def test_tiny_grid_is_measured_by_the_cells_it_touches() -> None:
    assert len(cells_of_grid(box(HERE[0], HERE[1], HERE[0] + 1e-6, HERE[1] + 1e-6), 9)) >= 1


def test_every_cell_belongs_to_one_of_two_neighbours() -> None:
    west = cells_of_grid(box(HERE[0], HERE[1], HERE[0] + 0.005, HERE[1] + 0.01), 10)
    east = cells_of_grid(box(HERE[0] + 0.005, HERE[1], HERE[0] + 0.01, HERE[1] + 0.01), 10)
    assert west | east == OF_GRID
    assert west.isdisjoint(east)


@pytest.mark.parametrize(
    ("numerator", "denominator", "full"),
    [(7, 10, False), (8, 10, True), (10, 10, True), (0, 0, False)],
)
def test_exactly_four_fifths_are_a_full_round(numerator: int, denominator: int, full: bool) -> None:
    assert Round(numerator, denominator).is_full() is full


@given(st.sets(st.sampled_from(sorted(OF_GRID))), st.sets(st.sampled_from(sorted(OF_GRID))))
def test_passing_more_never_shortens_a_round(some: set[int], more: set[int]) -> None:
    fewer, all_of_them = round_of(OF_GRID, some), round_of(OF_GRID, some | more)
    assert fewer.numerator == len(some) <= all_of_them.numerator <= fewer.denominator


def test_cells_outside_the_grid_do_not_count() -> None:
    elsewhere = cells_of_grid(box(HERE[0] + 1, HERE[1], HERE[0] + 1.01, HERE[1] + 0.01), 10)
    assert round_of(OF_GRID, elsewhere) == Round(0, len(OF_GRID))


def test_track_of_another_resolution_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="resolution 10, the track at 11"):
        round_of(OF_GRID, cells_of_grid(GROUND, 11))


def test_grid_days_with_a_full_round_are_counted_over_all_grid_days() -> None:
    passed = {(1, MONDAY): OF_GRID, (2, MONDAY): frozenset(sorted(OF_GRID)[:3])}
    found = round_compliance({1: OF_GRID, 2: OF_GRID}, passed, [MONDAY, MONDAY + 1])
    assert (found.numerator, found.denominator) == (1, 4)
    assert found.missing == ((2, MONDAY), (1, MONDAY + 1), (2, MONDAY + 1))


def track(far_m: float, gap_s: float) -> frozenset[int]:
    """Return the cells of two fixes, so far apart to the east and in time."""
    east = HERE[0] + far_m / (111_320 * math.cos(math.radians(HERE[1])))
    return cells_passed([HERE[0], east], [HERE[1], HERE[1]], [0, gap_s], 11)


def test_way_between_two_fixes_is_passed() -> None:
    walked = track(300, 240)
    assert 5 <= len(walked) <= 12
    of_ends = {cells.ancestors(np.array([cells.cell_at(*HERE)], np.uint64), 11)[0]}
    assert of_ends < walked


@pytest.mark.parametrize(("far_m", "gap_s"), [(300, 301), (300, 99), (30_000, 240)])
def test_way_that_nobody_walked_is_not_passed(far_m: float, gap_s: float) -> None:
    assert len(track(far_m, gap_s)) == 2


@given(st.permutations([(0.0, 0), (0.0005, 40), (0.001, 80), (0.0015, 120)]))
def test_order_of_fixes_in_the_file_does_not_matter(fixes: list[tuple[float, int]]) -> None:
    def passed(order: list[tuple[float, int]]) -> frozenset[int]:
        east = [HERE[0] + far for far, _ in order]
        return cells_passed(east, [HERE[1]] * len(order), [when for _, when in order], 11)

    assert passed(fixes) == passed(sorted(fixes, key=lambda fix: fix[1]))


def test_one_fix_passes_one_cell() -> None:
    assert len(cells_passed([HERE[0]], [HERE[1]], [0], 11)) == 1


# Daily reports.


def sent(grid: int, day: int, at: datetime, incidents: int = 0) -> DailyReport:
    return DailyReport(grid=grid, day=day, sent_at=at, incidents=incidents)


def test_nil_report_is_a_report_and_a_late_one_is_not_in_time() -> None:
    midnight = MIDNIGHT + timedelta(days=1)
    just_before = midnight - timedelta(microseconds=1)
    reports = [
        sent(1, MONDAY, just_before.astimezone(UTC)),
        sent(1, MONDAY, midnight, incidents=3),  # doubled
        sent(2, MONDAY, midnight, incidents=3),
        sent(9, MONDAY, MIDNIGHT),  # of no grid that owes one
    ]
    found = report_compliance([1, 2, 3], [MONDAY], reports, SHANGHAI)
    assert (found.numerator, found.denominator) == (1, 3)
    assert found.missing == ((2, MONDAY), (3, MONDAY))
    hour = timedelta(hours=1)
    assert report_compliance([1, 2], [MONDAY], reports, SHANGHAI, hour).numerator == 2
