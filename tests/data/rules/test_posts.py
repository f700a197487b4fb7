"""B holds the grid when A is away, and a gap is seen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import catalogue
from data.errors import InvalidInputError
from data.rules.periods import day_number
from data.rules.posts import POSTS, Absence, Duty, Gap, Posting, duties, on_duty, uncovered

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = day_number(date(2026, 3, 2))
MIDNIGHT = datetime(2026, 3, 2, tzinfo=SHANGHAI)
A = Posting(grid=1, post="A", person=1)
B = Posting(grid=1, post="B", person=2)


def at(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


def away(person: int, since_h: float, until_h: float) -> Absence:
    return Absence(person, at(since_h), at(until_h))


@pytest.mark.parametrize(
    ("absences", "hour", "holder"),
    [
        ([], 9, 1),
        ([away(1, 9, 10)], 8.99, 1),
        ([away(1, 9, 10)], 9, 2),
        ([away(1, 9, 10)], 10, 1),
        ([away(2, 9, 10)], 9, 1),
        ([away(1, 9, 10), away(2, 9, 10)], 9, None),
    ],
)
def test_b_steps_in_while_a_is_away(
    absences: list[Absence], hour: float, holder: int | None
) -> None:
    assert on_duty([B, A], absences, at(hour), SHANGHAI) == {1: holder}


def test_posting_is_valid_from_its_first_day_until_its_end() -> None:
    successor = Posting(grid=1, post="A", person=3, since=date(2026, 3, 3))
    before = Posting(grid=1, post="A", person=1, until=date(2026, 3, 3))
    assert on_duty([before, successor], [], at(23.99), SHANGHAI) == {1: 1}
    assert on_duty([before, successor], [], at(24), SHANGHAI) == {1: 3}
    assert on_duty([successor], [], at(12), SHANGHAI) == {}


@pytest.mark.parametrize(
    ("absences", "person"),
    [
        ([], 1),
        ([away(1, 0, 11.99)], 1),
        ([away(1, 0, 12)], 2),
        ([away(1, 0, 7), away(1, 6, 11), away(1, 2, 3)], 1),  # overlapping: eleven hours
        ([away(1, 0, 7), away(1, 6, 12)], 2),
        ([away(1, -48, 48)], 2),
        ([away(1, 0, 24), away(2, 0, 24)], None),
    ],
)
def test_who_is_away_for_half_a_day_owes_nothing(
    absences: list[Absence], person: int | None
) -> None:
    assert duties([A, B], absences, [MONDAY], SHANGHAI) == (Duty(1, MONDAY, person),)


def test_gap_is_the_time_in_which_both_are_away() -> None:
    absences = [away(1, 8, 30), away(2, 20, 26), away(2, 28, 40)]
    assert uncovered([A, B], absences, at(0), at(48), SHANGHAI) == (
        Gap(1, at(20), at(26)),
        Gap(1, at(28), at(30)),
    )
    assert uncovered([A, B], absences, at(22), at(23), SHANGHAI) == (Gap(1, at(22), at(23)),)


hours = st.tuples(st.integers(1, 2), st.integers(0, 60), st.integers(1, 20))


@given(st.lists(hours, max_size=6), st.integers(0, 71))
def test_there_is_a_gap_exactly_when_nobody_is_on_duty(
    drawn: list[tuple[int, int, int]], hour: int
) -> None:
    absences = [away(person, since, since + length) for person, since, length in drawn]
    moment = at(hour + 0.5)
    gaps = uncovered([A, B], absences, at(0), at(72), SHANGHAI)
    inside = any(gap.since <= moment < gap.until for gap in gaps)
    assert inside is (on_duty([A, B], absences, moment, SHANGHAI) == {1: None})


def test_wrong_post_and_wrong_absence_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="use A or B"):
        Posting(grid=1, post="C", person=1)
    with pytest.raises(InvalidInputError, match="ends before it starts"):
        away(1, 9, 9)


def test_posts_are_those_of_the_shipped_list() -> None:
    assert tuple(catalogue.code_list("post")) == POSTS
