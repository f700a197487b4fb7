"""Boundaries and laws of the visit rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data import catalogue
from data.catalogue.visit_rules import rule_of_row, visit_rule_sets, visit_rules
from data.errors import InvalidInputError
from data.rules.cadence import NEVER, NOT_LISTED, STATES, Asking, Standings, standings
from data.rules.coverage import by_grid, coverage, due_list, period_bounds, reached_at_most
from data.rules.periods import (
    PeriodKind,
    day_number,
    day_of,
    first_day,
    local_day,
    local_days,
    period_of,
    seconds_of,
)
from data.rules.visiting import OPEN, Subjects, VisitRule, Visits, window

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONG_AGO = date(2020, 1, 1)
Visit = tuple[date, str, str, int]


def subjects(
    kind: str = "care_subject",
    category: str = "",
    tier: str = "",
    since: date = LONG_AGO,
    until: date | None = None,
    grids: tuple[int, ...] = (1,),
) -> Subjects:
    count = len(grids)
    return Subjects(
        kind=np.array([kind] * count),
        category=np.array([category] * count),
        tier=np.array([tier] * count),
        grid=np.array(grids, np.int64),
        active_from=np.full(count, day_number(since)),
        active_until=np.full(count, OPEN if until is None else day_number(until)),
    )


def visits(made: list[Visit], subject: list[int] | None = None) -> Visits:
    noon = [datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI) for day, *_ in made]
    return Visits(
        subject=np.array(subject if subject is not None else [0] * len(made), np.int64),
        at_s=np.array([seconds_of(moment) for moment in noon], np.int64),
        mode=np.array([mode for _, mode, _, _ in made], "U12"),
        result=np.array([result for *_, result, _ in made], "U12"),
        quantity=np.array([quantity for *_, quantity in made], np.int64),
    )


def seen(*days: date) -> list[Visit]:
    return [(day, "home", "met", 1) for day in days]


def asked(today: date, **more: object) -> Asking:
    evening = datetime(today.year, today.month, today.day, 20, tzinfo=SHANGHAI)
    given_more: dict[str, object] = {"records_from": LONG_AGO, **more}
    return Asking(now=evening, zone=SHANGHAI, **given_more)  # type: ignore[arg-type]


def every(period: PeriodKind, minimum: int = 1, **more: object) -> VisitRule:
    return VisitRule(
        key="rule", subject_kind="care_subject", period=period, minimum=minimum, **more  # type: ignore[arg-type]
    )  # fmt: skip


def stand(
    rules: list[VisitRule], made: list[Visit], today: date, of: Subjects | None = None
) -> Standings:
    return standings(rules, of or subjects(), visits(made), asked(today))


def state(
    rules: list[VisitRule], made: list[Visit], today: date, of: Subjects | None = None
) -> str:
    code = int(stand(rules, made, today, of).state[0])
    return "not_listed" if code == NOT_LISTED else STATES[code]


MONTHLY = every(PeriodKind.MONTH)
KEPT = seen(date(2026, 2, 10))


@pytest.mark.parametrize(
    ("today", "made", "expected"),
    [
        (date(2026, 3, 1), KEPT, "due"),
        (date(2026, 3, 24), KEPT, "due"),  # eight days left, today included
        (date(2026, 3, 25), KEPT, "due_soon"),  # seven
        (date(2026, 3, 31), KEPT, "due_soon"),
        (date(2026, 4, 1), KEPT, "overdue"),
        (date(2026, 4, 1), [*KEPT, *seen(date(2026, 3, 31))], "due"),
        (date(2026, 4, 1), [*KEPT, *seen(date(2026, 4, 1))], "done"),
        (date(2026, 3, 31), [*KEPT, *seen(date(2026, 3, 1))], "done"),
    ],
)
def test_month_of_a_monthly_visit(today: date, made: list[Visit], expected: str) -> None:
    assert state([MONTHLY], made, today) == expected


@pytest.mark.parametrize(
    ("period", "today", "expected"),
    [
        (PeriodKind.DAY, date(2026, 3, 4), "due_soon"),
        (PeriodKind.WEEK, date(2026, 3, 5), "due"),  # Thursday
        (PeriodKind.WEEK, date(2026, 3, 6), "due_soon"),  # Friday
        (PeriodKind.WEEK, date(2026, 3, 8), "due_soon"),
        (PeriodKind.QUARTER, date(2026, 3, 24), "due"),
        (PeriodKind.QUARTER, date(2026, 3, 25), "due_soon"),
        (PeriodKind.HALF_YEAR, date(2026, 6, 23), "due"),
        (PeriodKind.HALF_YEAR, date(2026, 6, 24), "due_soon"),
        (PeriodKind.YEAR, date(2026, 12, 24), "due"),
        (PeriodKind.YEAR, date(2026, 12, 25), "due_soon"),
    ],
)
def test_soon_is_seven_days_three_of_a_week_and_the_day_itself(
    period: PeriodKind, today: date, expected: str
) -> None:
    last_of_the_period_before = day_of(first_day(period, period_of(period, day_number(today))) - 1)
    assert state([every(period)], seen(last_of_the_period_before), today) == expected


def test_late_visit_makes_up_for_a_missed_one() -> None:
    twice = every(PeriodKind.MONTH, 2)
    once_in_february = seen(date(2026, 2, 5))
    assert state([twice], once_in_february, date(2026, 3, 3)) == "overdue"
    assert state([twice], [*once_in_february, *seen(date(2026, 3, 2))], date(2026, 3, 3)) == "due"


@pytest.mark.parametrize(
    ("mode", "result", "remote_counts", "expected"),
    [
        ("home", "met", False, "done"),
        ("third_party", "met", False, "done"),
        ("home", "referred", False, "done"),
        ("phone", "met", False, "due"),
        ("video", "met", False, "due"),
        ("phone", "met", True, "done"),
        ("video", "referred", True, "done"),
        ("home", "not_met", False, "due"),
        ("home", "refused", True, "due"),
    ],
)
def test_only_visits_that_reach_somebody_count(
    mode: str, result: str, remote_counts: bool, expected: str
) -> None:
    rule = every(PeriodKind.MONTH, remote_counts=remote_counts)
    made = [*KEPT, (date(2026, 3, 2), mode, result, 1)]
    assert state([rule], made, date(2026, 3, 3)) == expected


def test_refusals_are_counted_as_attempts() -> None:
    tried = [(date(2026, 3, 2), "home", "refused", 1), (date(2026, 3, 3), "home", "not_met", 1)]
    found = stand([MONTHLY], [*KEPT, *tried], date(2026, 3, 4))
    assert found.attempts.tolist() == [2]
    assert day_of(int(found.last_visit[0])) == date(2026, 2, 10)


def test_irregular_is_never_overdue_and_knows_the_last_visit() -> None:
    rule = VisitRule(key="irregular", subject_kind="care_subject", irregular=True)
    assert state([rule], [], date(2026, 3, 4)) == "irregular"
    found = stand([rule], seen(date(2021, 5, 6)), date(2026, 3, 4))
    assert STATES[found.state[0]] == "irregular"
    assert day_of(int(found.last_visit[0])) == date(2021, 5, 6)
    assert found.due_by.tolist() == [NEVER]


def test_every_rule_that_matches_binds_and_the_most_pressing_shows() -> None:
    irregular = VisitRule(key="irregular", subject_kind="care_subject", irregular=True)
    weekly_for_t1 = every(PeriodKind.WEEK, tier="T1")
    of = subjects(tier="T1")
    made = seen(date(2026, 3, 2))  # Monday
    assert state([MONTHLY, irregular], made, date(2026, 3, 9), of) == "done"
    assert state([MONTHLY, irregular, weekly_for_t1], made, date(2026, 3, 9), of) == "due"
    assert state([MONTHLY, weekly_for_t1], made, date(2026, 3, 16), of) == "overdue"
    assert state([MONTHLY, weekly_for_t1], made, date(2026, 3, 16), subjects(tier="T2")) == "done"


def test_nobody_is_late_before_the_records_begin() -> None:
    def found(today: date, records_from: date | None) -> str:
        asking = asked(today, records_from=records_from)
        return STATES[standings([MONTHLY], subjects(), visits([]), asking).state[0]]

    assert found(date(2026, 4, 2), date(2026, 3, 1)) == "overdue"
    assert found(date(2026, 4, 2), date(2026, 3, 2)) == "due"
    assert found(date(2026, 4, 2), date(2026, 4, 2)) == "no_data"
    assert found(date(2026, 4, 2), None) == "no_data"


def test_subject_without_a_rule_has_no_data() -> None:
    assert state([MONTHLY], [], date(2026, 3, 3), subjects(kind="household")) == "no_data"


@pytest.mark.parametrize(
    ("since", "until", "needed"),
    [
        (date(2026, 3, 1), None, 1),
        (date(2026, 3, 16), None, 1),  # 16 of 31 days
        (date(2026, 3, 17), None, 0),  # 15 of 31 days
        (date(2026, 4, 1), None, 0),
        (LONG_AGO, date(2026, 3, 1), 0),
        (LONG_AGO, date(2026, 3, 16), 0),
        (LONG_AGO, date(2026, 3, 17), 1),
    ],
)
def test_part_of_a_month_asks_for_its_share(since: date, until: date | None, needed: int) -> None:
    march = period_of(PeriodKind.MONTH, day_number(date(2026, 3, 1)))
    assert window(MONTHLY, subjects(since=since, until=until), march).needed.tolist() == [needed]


def test_exactly_half_of_a_period_asks_for_nothing() -> None:
    april = period_of(PeriodKind.MONTH, day_number(date(2026, 4, 1)))
    for since, needed in ((date(2026, 4, 15), 1), (date(2026, 4, 16), 0)):
        assert window(MONTHLY, subjects(since=since), april).needed.tolist() == [needed]


@pytest.mark.parametrize(
    ("today", "made", "due_by"),
    [
        (date(2026, 3, 3), [], date(2026, 2, 28)),  # overdue since the end of February
        (date(2026, 3, 3), KEPT, date(2026, 3, 31)),
        (date(2026, 3, 3), [*KEPT, *seen(date(2026, 3, 2))], date(2026, 3, 31)),
    ],
)
def test_due_day_is_the_last_on_which_the_visit_was_or_is_in_time(
    today: date, made: list[Visit], due_by: date
) -> None:
    assert day_of(int(stand([MONTHLY], made, today).due_by[0])) == due_by


def test_newcomer_of_the_last_days_is_not_late_in_the_next_month() -> None:
    newcomer = subjects(since=date(2026, 3, 20))
    assert state([MONTHLY], [], date(2026, 3, 31), newcomer) == "due"
    found = stand([MONTHLY], [], date(2026, 3, 31), newcomer)
    assert day_of(int(found.due_by[0])) == date(2026, 4, 30)
    assert state([MONTHLY], [], date(2026, 4, 1), newcomer) == "due"
    assert state([MONTHLY], [], date(2026, 5, 1), newcomer) == "overdue"


def test_subject_is_listed_from_its_first_day_until_its_end() -> None:
    of = subjects(since=date(2026, 3, 2), until=date(2026, 3, 30))
    days = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 29), date(2026, 3, 30)]
    found = [state([MONTHLY], [], day, of) for day in days]
    assert found == ["not_listed", "due", "due_soon", "not_listed"]


def test_rule_that_changes_inside_a_month_asks_in_each_part_for_its_share() -> None:
    march = period_of(PeriodKind.MONTH, day_number(date(2026, 3, 1)))
    old = every(PeriodKind.MONTH, 1, valid_until=date(2026, 3, 11))
    new = every(PeriodKind.MONTH, 3, valid_from=date(2026, 3, 11))
    assert window(old, subjects(), march).needed.tolist() == [0]
    assert window(new, subjects(), march).needed.tolist() == [2]
    assert state([old, new], seen(date(2026, 3, 10)), date(2026, 3, 11)) == "due"
    made = seen(date(2026, 3, 11), date(2026, 3, 12))
    assert state([old, new], made, date(2026, 3, 12)) == "done"
    assert state([old, new], made[:1], date(2026, 4, 1)) == "overdue"


def test_rule_that_has_ended_makes_nobody_late() -> None:
    ended = every(PeriodKind.MONTH, valid_until=date(2026, 3, 1))
    assert state([ended], [], date(2026, 3, 1)) == "no_data"
    assert state([ended], [], date(2026, 2, 28)) == "overdue"


def test_ten_households_a_day_counts_households_and_rests_on_days_off() -> None:
    (rule,) = (rule for rule in visit_rules("songzi") if rule.period is PeriodKind.DAY)
    worker = subjects(kind="worker_day", category="urban")
    friday, monday = date(2026, 3, 6), date(2026, 3, 9)
    weekend = [date(2026, 3, 7), date(2026, 3, 8)]

    def found(today: date, made: list[Visit]) -> str:
        asking = asked(today, days_off=weekend)
        return STATES[standings([rule], worker, visits(made), asking).state[0]]

    nine, ten = [(friday, "home", "met", 9)], [(friday, "home", "met", 10)]
    assert [found(friday, made) for made in (nine, ten)] == ["overdue", "done"]
    assert [found(monday, made) for made in (nine, ten)] == ["overdue", "due_soon"]
    assert [found(weekend[0], made) for made in (nine, ten)] == ["overdue", "due"]


def slow_state(rule: VisitRule, days: list[date], today: date, since: date) -> str:
    """Say the same once more, by counting days on fingers."""
    assert rule.period is not None

    def days_of(period: int) -> list[date]:
        start, end = first_day(rule.period, period), first_day(rule.period, period + 1)  # type: ignore[arg-type]
        return [day_of(number) for number in range(start, end)]

    current = period_of(rule.period, day_number(today))
    this, before = days_of(current), days_of(current - 1)

    def needed(period: list[date]) -> int:
        share = rule.minimum * sum(day >= since for day in period) / len(period)
        return int(share) + (share - int(share) > 0.5)

    past = [day for day in days if since <= day <= today]
    if sum(day >= before[0] for day in past) < needed(before):
        return "overdue"
    if sum(day >= this[0] for day in past) >= (needed(this) or rule.minimum):
        return "done"
    left = (this[-1] - today).days + 1
    soon = {"day": 1, "week": 3}.get(rule.period, 7)
    return "due_soon" if needed(this) and left <= soon else "due"


some_days = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@given(
    st.sampled_from(PeriodKind),
    st.integers(1, 4),
    st.lists(some_days, max_size=30),
    some_days,
    some_days,
)
@example(PeriodKind.MONTH, 1, [], date(2024, 2, 29), date(2024, 2, 15))
def test_state_is_the_one_counted_on_fingers(
    kind: PeriodKind, minimum: int, days: list[date], today: date, since: date
) -> None:
    rule, of = every(kind, minimum), subjects(since=since)
    expected = slow_state(rule, days, today, since) if since <= today else "not_listed"
    assert state([rule], seen(*days), today, of) == expected


PRESSING = {name: place for place, name in enumerate([*STATES, "not_listed"])}


@given(st.sampled_from(PeriodKind), st.integers(1, 3), st.lists(some_days), some_days, some_days)
def test_one_more_visit_never_makes_a_state_more_pressing(
    kind: PeriodKind, minimum: int, days: list[date], more: date, today: date
) -> None:
    rule = every(kind, minimum)
    without, with_it = (state([rule], seen(*made), today) for made in (days, [*days, more]))
    assert PRESSING[with_it] >= PRESSING[without]


@given(st.lists(some_days), some_days, st.randoms(use_true_random=False))
def test_order_of_visits_does_not_matter(days: list[date], today: date, dice: object) -> None:
    mixed = list(days)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert state([MONTHLY], seen(*days), today) == state([MONTHLY], seen(*mixed), today)


@given(st.lists(some_days), some_days)
def test_visits_after_the_moment_of_asking_are_not_seen(days: list[date], today: date) -> None:
    past = [day for day in days if day <= today]
    assert state([MONTHLY], seen(*days), today) == state([MONTHLY], seen(*past), today)


def test_grid_shows_its_most_pressing_state_and_keeps_the_counts_apart() -> None:
    of = subjects(grids=(7, 7, 7, 9, 9))
    days = [date(2026, 2, 2), date(2026, 3, 2), *[date(2026, 3, 3)] * 2]
    made = visits(seen(*days, date(2026, 2, 3)), [0, 1, 3, 4, 2])
    grids = by_grid(standings([MONTHLY], of, made, asked(date(2026, 3, 26))), of.grid)
    assert grids.grids.tolist() == [7, 9]
    assert grids.states() == ("due_soon", "done")
    assert grids.of(STATES[STATES.index("due_soon")]).tolist() == [2, 0]  # type: ignore[arg-type]
    assert grids.counts.sum(axis=1).tolist() == [3, 2]


def test_due_list_of_a_grid_has_the_most_pressing_first() -> None:
    weekly, monthly = every(PeriodKind.WEEK, tier="T1"), every(PeriodKind.MONTH, tier="T2")
    of = subjects(grids=(7, 7, 7, 9, 7, 7))
    tiers = np.array(["T2", "T1", "T1", "T1", "T2", "T2"])
    of = replace(of, tier=tiers)
    days = [date(2026, 2, 3), date(2026, 3, 12), date(2026, 2, 3), date(2026, 3, 3)]
    found = standings(
        [weekly, monthly], of, visits(seen(*days), [0, 1, 4, 5]), asked(date(2026, 3, 20))
    )
    assert [STATES[code] for code in found.state] == [
        *("due", "due_soon", "overdue", "overdue", "due", "done"),
    ]
    assert due_list(found, of.grid, 7).tolist() == [2, 1, 0, 4]
    assert due_list(found, of.grid, 8).tolist() == []


def test_nobody_on_the_list_is_no_error() -> None:
    of = subjects(grids=())
    found = standings([MONTHLY], of, visits([]), asked(date(2026, 3, 20)))
    assert by_grid(found, of.grid).states() == ()


def test_coverage_divides_those_visited_enough_by_those_due() -> None:
    of = subjects(grids=(7, 7, 7, 9))
    days = [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 3), date(2026, 2, 3)]
    made = visits(seen(*days), [0, 0, 1, 3])
    now = datetime(2026, 4, 2, tzinfo=UTC)

    def found(minimum: int, day: date) -> tuple[list[int], list[int]]:
        rule = every(PeriodKind.MONTH, minimum)
        got = coverage(rule, of, made, on_day=day_number(day), now=now, zone=SHANGHAI)
        assert (got.numerator, got.denominator) == (got.numerators.sum(), got.denominators.sum())
        return got.numerators.tolist(), got.denominators.tolist()

    assert found(1, date(2026, 3, 31)) == ([2, 0], [3, 1])
    assert found(2, date(2026, 3, 1)) == ([1, 0], [3, 1])
    assert found(1, date(2026, 2, 1)) == ([0, 1], [3, 1])


def test_irregular_rule_has_no_coverage() -> None:
    rule = VisitRule(key="irregular", subject_kind="care_subject", irregular=True)
    with pytest.raises(InvalidInputError, match="no coverage"):
        coverage(rule, subjects(), visits([]), on_day=0, now=asked(KEPT[0][0]).now, zone=SHANGHAI)


@pytest.mark.parametrize(
    ("visited", "households", "minimum", "reach"),
    [(0, 400, 1, 0), (399, 400, 1, 399), (900, 400, 1, 400), (401, 400, 2, 200), (0, 0, 1, 0)],
)
def test_batches_reach_at_most_every_household(
    visited: int, households: int, minimum: int, reach: int
) -> None:
    assert reached_at_most(visited, households, minimum) == (reach, households)


def test_sets_of_the_places_say_what_the_articles_say() -> None:
    def said(place: str) -> set[tuple[str, str | None, str | None, int]]:
        return {
            (rule.subject_kind, rule.category or rule.tier, rule.period, rule.minimum)
            for rule in visit_rules(place)
        }

    assert said("shifeng") == {
        ("care_subject", None, "month", 1),
        ("household", None, "half_year", 1),
    }
    assert said("hangjin") == {
        ("paired_household", None, "month", 1),
        ("care_subject", None, None, 0),
    }
    assert said("songzi") == {
        ("household", "ordinary", "year", 2),
        ("household", "special", "month", 2),
        ("care_subject", None, "month", 1),
        ("worker_day", "urban", "day", 10),
    }
    assert said("taibai") == {("household", None, None, 0)}
    assert {period for _, _, period, _ in said("tiers")} == {
        *("week", "month", "quarter", "half_year"),
    }


def test_shipped_rules_use_the_shipped_lists_and_have_keys_of_their_own() -> None:
    rules = [rule for place in visit_rule_sets() for rule in visit_rules(place)]
    assert len({rule.key for rule in rules}) == len(rules)
    assert {rule.subject_kind for rule in rules} <= set(catalogue.code_list("subject_kind"))
    assert {rule.tier for rule in rules} <= {None, *catalogue.code_list("visit_tier")}
    categories = {rule.category for rule in rules if rule.category is not None}
    lists = ("household_category", "worker_category", "care_category")
    assert categories <= {code for name in lists for code in catalogue.code_list(name)}
    assert set(catalogue.code_list("visit_period")) == set(PeriodKind)
    assert set(catalogue.code_list("due_state")) == set(STATES)


def test_unknown_set_is_named() -> None:
    with pytest.raises(InvalidInputError, match="'nowhere'; there are shifeng"):
        visit_rules("nowhere")


ROW = dict.fromkeys(["category", "tier", "valid_from", "valid_until"], "") | {
    "key": "x",
    "subject_kind": "household",
    "period": "month",
    "minimum": "1",
    "remote_counts": "no",
    "irregular": "no",
}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"period": "fortnight"}, "periods are day, week"),
        ({"irregular": "maybe"}, "yes and no"),
        ({"minimum": "0"}, "minimum of 1 or more"),
        ({"irregular": "yes"}, "leave its period and minimum empty"),
        ({"category": "religion"}, "is about religion"),
        ({"valid_from": "2026-03-02", "valid_until": "2026-03-02"}, "before it starts"),
    ],
)
def test_rule_that_cannot_be_is_refused_with_the_cure(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        rule_of_row({**ROW, **wrong})


@pytest.mark.parametrize(
    ("kind", "day", "first", "after"),
    [
        (PeriodKind.WEEK, date(2026, 1, 1), date(2025, 12, 29), date(2026, 1, 5)),
        (PeriodKind.WEEK, date(2021, 1, 3), date(2020, 12, 28), date(2021, 1, 4)),  # week 53
        (PeriodKind.MONTH, date(2024, 2, 29), date(2024, 2, 1), date(2024, 3, 1)),
        (PeriodKind.QUARTER, date(2026, 3, 31), date(2026, 1, 1), date(2026, 4, 1)),
        (PeriodKind.HALF_YEAR, date(2026, 7, 1), date(2026, 7, 1), date(2027, 1, 1)),
        (PeriodKind.YEAR, date(1969, 12, 31), date(1969, 1, 1), date(1970, 1, 1)),
    ],
)
def test_periods_have_the_bounds_of_the_calendar(
    kind: PeriodKind, day: date, first: date, after: date
) -> None:
    rule = every(kind)
    bounds = period_bounds(rule, day_number(day))
    assert tuple(map(day_of, bounds)) == (first, after)


@given(st.sampled_from(PeriodKind), st.dates(date(1900, 1, 2), date(2100, 1, 1)))
def test_day_lies_in_its_period_and_periods_touch(kind: PeriodKind, day: date) -> None:
    number = day_number(day)
    period = period_of(kind, number)
    assert first_day(kind, period) <= number < first_day(kind, period + 1)
    assert period_of(kind, first_day(kind, period)) == period
    assert period_of(kind, first_day(kind, period) - 1) == period - 1


@given(
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "UTC"]),
    st.lists(st.integers(0, 2**31), max_size=20),
)
@example("Europe/Berlin", [1774745999, 1774746000, 1792886399, 1792886400])
@example("Pacific/Apia", [1325239199, 1325239200])  # 30 December 2011 was left out
def test_local_day_of_many_moments_is_that_of_each(name: str, seconds: list[int]) -> None:
    zone = ZoneInfo(name)
    moments = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second) for second in seconds]
    expected = [local_day(moment, zone) for moment in moments]
    assert local_days(np.array(seconds, np.int64), zone).tolist() == expected


def test_last_minute_of_the_local_month_counts_for_it() -> None:
    asking = Asking(now=datetime(2026, 4, 2, tzinfo=UTC), zone=SHANGHAI, records_from=LONG_AGO)
    for minute, expected in ((59, "due"), (60, "done")):
        at = datetime(2026, 3, 31, 15, tzinfo=UTC) + timedelta(minutes=minute)
        made = replace(visits(seen(LONG_AGO)), at_s=np.array([seconds_of(at)], np.int64))
        assert STATES[standings([MONTHLY], subjects(), made, asking).state[0]] == expected


def test_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no zone"):
        local_day(datetime(2026, 3, 1), SHANGHAI)  # noqa: DTZ001 - the subject of the test
