"""Boundaries and laws of the alarms of sensors."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import catalogue
from data.errors import InvalidInputError
from data.rules.alarm_rules import (
    SEVERITIES,
    ActiveHours,
    AlarmRule,
    Comparison,
    Condition,
    Level,
    Schedule,
)
from data.rules.alarms import (
    AlarmEvent,
    AlarmStatus,
    Change,
    Observation,
    Tick,
    Watch,
    acknowledge,
    run,
    signal,
    step,
)

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
DAY_S = 86_400
Happenings = list[Observation | Tick]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def seen(seconds: float, value: float | None, delay_s: float = 0) -> Observation:
    return Observation(measured_at=at(seconds), received_at=at(seconds + delay_s), value=value)


def rule(*levels: Level, **more: object) -> AlarmRule:
    given_more: dict[str, object] = {
        "comparison": Comparison.GREATER,
        "clear_threshold": 45.0,
        "expected_interval_s": 60.0,
        **more,
    }
    levels = levels or (Level(severity="major", threshold=50),)
    return AlarmRule(type="level", levels=levels, **given_more)  # type: ignore[arg-type]


SIMPLE = rule()
GRADED = rule(
    Level(severity="critical", threshold=80), Level(severity="minor", threshold=50)
)  # fmt: skip
HELD = rule(Level(severity="major", condition=Condition.DURATION, threshold=50, hold_s=120))
REPEATED = rule(
    Level(severity="major", condition=Condition.REPEATING, threshold=50, repeat_n=3, window_s=300)
)
SILENCE = rule(
    Level(severity="warning", condition=Condition.NO_DATA, no_data_s=600),
    comparison=None,
    clear_threshold=None,
)
RULES = [SIMPLE, GRADED, HELD, REPEATED, SILENCE]


def played(happenings: Happenings, by: AlarmRule = SIMPLE) -> tuple[Watch, list[str]]:
    watch, events = run(Watch(since=START), happenings, by)
    return watch, [event.change.value for event in events]


@pytest.mark.parametrize(
    ("comparison", "breach", "fine"),
    [
        (Comparison.GREATER, 50.1, 50.0),
        (Comparison.GREATER_OR_EQUAL, 50.0, 49.9),
        (Comparison.LESS, 49.9, 50.0),
        (Comparison.LESS_OR_EQUAL, 50.0, 50.1),
        (Comparison.EQUAL, 50.0, 50.1),
        (Comparison.NOT_EQUAL, 50.1, 50.0),
    ],
)
def test_threshold_itself_breaches_only_where_the_comparison_says_so(
    comparison: Comparison, breach: float, fine: float
) -> None:
    by = rule(comparison=comparison, clear_threshold=None)
    assert played([seen(0, fine)], by)[1] == []
    assert played([seen(0, breach), seen(60, fine)], by)[1] == ["raised", "cleared"]


@pytest.mark.parametrize(("value", "changes"), [(45.1, []), (45.0, ["cleared"]), (44, ["cleared"])])
def test_alarm_clears_beyond_the_band_only(value: float, changes: list[str]) -> None:
    assert played([seen(0, 51), seen(60, value)])[1] == ["raised", *changes]


def test_alarm_of_a_low_level_clears_above_its_band() -> None:
    by = rule(comparison=Comparison.LESS, clear_threshold=55.0)
    assert played([seen(0, 49), seen(60, 54), seen(120, 55)], by)[1] == ["raised", "cleared"]


def test_second_breach_updates_the_one_alarm() -> None:
    watch, changes = played([seen(0, 51), seen(60, 60)])
    assert changes == ["raised"]
    assert watch.alarm is not None
    assert (watch.alarm.started_at, watch.alarm.updated_at) == (at(0), at(60))
    assert watch.alarm.value == 60


def test_severity_rises_and_does_not_fall_until_cleared() -> None:
    watch, changes = played([seen(0, 51), seen(60, 81), seen(120, 60), seen(180, 90)], GRADED)
    assert changes == ["raised", "escalated"]
    assert watch.alarm is not None
    assert watch.alarm.severity == "critical"
    watch, changes = played([seen(0, 81), seen(60, 40), seen(120, 51)], GRADED)
    assert changes == ["raised", "cleared", "raised"]
    assert watch.alarm is not None
    assert watch.alarm.severity == "minor"


def test_escalation_asks_for_a_new_acknowledgement() -> None:
    watch, _ = played([seen(0, 51)], GRADED)
    watch, _ = acknowledge(watch, at(10))
    same, _ = step(watch, seen(60, 60), GRADED)
    graver, _ = step(same, seen(120, 81), GRADED)
    assert same.alarm is not None
    assert graver.alarm is not None
    assert same.alarm.status is AlarmStatus.ACTIVE_ACK
    assert graver.alarm.status is AlarmStatus.ACTIVE_UNACK


def test_four_statuses_are_reached_and_acknowledging_twice_is_once() -> None:
    raised, _ = played([seen(0, 51)])
    cleared, _ = step(raised, seen(60, 40), SIMPLE)
    acknowledged, events = acknowledge(raised, at(70))
    both, _ = acknowledge(cleared, at(80))
    statuses = [
        watch.alarm.status for watch in (raised, acknowledged, cleared, both) if watch.alarm
    ]
    assert statuses == ["active_unack", "active_ack", "cleared_unack", "cleared_ack"]
    assert [event.change for event in events] == [Change.ACKNOWLEDGED]
    assert acknowledge(acknowledged, at(90)) == (acknowledged, ())


def test_there_is_nothing_to_acknowledge_without_an_alarm() -> None:
    with pytest.raises(InvalidInputError, match="no alarm"):
        acknowledge(Watch(since=START), START)


@pytest.mark.parametrize(("last", "changes"), [(119, []), (120, ["raised"])])
def test_duration_is_met_at_exactly_so_long(last: float, changes: list[str]) -> None:
    assert played([seen(0, 51), seen(60, 51), seen(last, 51)], HELD)[1] == changes
    assert played([seen(0, 51), seen(60, 51), Tick(at(last))], HELD)[1] == changes


@pytest.mark.parametrize("between", [seen(60, 50), seen(60, 50, delay_s=2 * DAY_S)])
def test_one_good_value_ends_a_duration_even_if_it_is_late(between: Observation) -> None:
    assert played([seen(0, 51), between, seen(90, 51), seen(130, 51)], HELD)[1] == []


def test_gap_in_the_data_ends_a_duration() -> None:
    assert played([seen(0, 51), seen(180, 51)], HELD)[1] == ["raised"]
    assert played([seen(0, 51), seen(181, 51)], HELD)[1] == []
    assert played([seen(0, 51), Tick(at(181))], HELD)[1] == []


@pytest.mark.parametrize(("third", "changes"), [(300, ["raised"]), (301, [])])
def test_repetition_counts_breaches_inside_its_window(third: float, changes: list[str]) -> None:
    happenings: Happenings = [seen(0, 51), seen(60, 10), seen(120, 51), seen(third, 51)]
    assert played(happenings, REPEATED)[1] == changes


def test_cleared_repetition_begins_at_nothing() -> None:
    many: Happenings = [seen(second, 51) for second in (0, 10, 20)]
    assert played([*many, seen(30, 40), seen(40, 51)], REPEATED)[1] == ["raised", "cleared"]


@pytest.mark.parametrize(("now", "changes"), [(599, []), (600, ["raised"])])
def test_silence_is_met_at_exactly_so_long(now: float, changes: list[str]) -> None:
    assert played([Tick(at(now))], SILENCE)[1] == changes
    assert played([seen(0, 1), Tick(at(now))], SILENCE)[1] == changes
    assert played([seen(0, None), Tick(at(now))], SILENCE)[1] == changes


def test_silence_ends_with_data_that_are_younger_than_it() -> None:
    silent: Happenings = [seen(0, 1), Tick(at(700))]
    assert played([*silent, seen(100, 1, delay_s=600)], SILENCE)[1] == ["raised"]
    assert played([*silent, seen(101, 1, delay_s=599)], SILENCE)[1] == ["raised", "cleared"]


@pytest.mark.parametrize(("delay_s", "changes"), [(DAY_S, ["raised"]), (DAY_S + 1, [])])
def test_data_of_more_than_a_day_ago_raise_nothing(delay_s: float, changes: list[str]) -> None:
    assert played([seen(0, 99, delay_s)])[1] == changes


def test_data_of_more_than_a_day_ago_do_not_help_to_raise() -> None:
    late = seen(0, 51, delay_s=DAY_S + 1)
    assert played([late, seen(60, 51), seen(120, 51)], HELD)[1] == []
    assert played([late, seen(60, 51), seen(120, 51), seen(180, 51)], HELD)[1] == ["raised"]
    assert played([late, seen(60, 51), seen(120, 51)], REPEATED)[1] == []


def test_one_value_sent_three_times_is_one_breach() -> None:
    assert played([seen(0, 51), seen(0, 51), seen(0, 52)], REPEATED)[1] == []


def test_value_of_the_same_moment_does_not_clear() -> None:
    assert played([seen(0, 51), seen(0, 40)])[1] == ["raised"]


def test_data_of_more_than_a_day_ago_clear_nothing() -> None:
    watch, changes = played([seen(0, 99), seen(60, 1, delay_s=DAY_S + 1)])
    assert changes == ["raised"]
    assert watch.newest_value == 1


@pytest.mark.parametrize(("ahead_s", "changes"), [(300, ["raised"]), (301, [])])
def test_clock_far_ahead_is_not_believed(ahead_s: float, changes: list[str]) -> None:
    assert played([seen(0, 99, delay_s=-ahead_s)])[1] == changes


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_missing_value_is_no_observation(value: float | None) -> None:
    watch, changes = played([seen(0, value)])
    assert (watch, changes) == (Watch(since=START), [])


SHANGHAI = ZoneInfo("Asia/Shanghai")
UTC_ZONE = ZoneInfo("UTC")
NIGHTS = Schedule(SHANGHAI, (ActiveHours(frozenset({1, 7}), time(22), time(6)),))


@pytest.mark.parametrize(
    ("day", "clock", "active"),
    [
        (2, time(21, 59, 59), False),  # Monday
        (2, time(22, 0), True),
        (3, time(5, 59, 59), True),  # Tuesday, of Monday's night
        (3, time(6, 0), False),
        (3, time(22, 0), False),
        (2, time(5, 0), True),  # Monday, of Sunday's night
        (8, time(5, 0), False),  # Sunday, of Saturday's night
    ],
)
def test_schedule_over_midnight_belongs_to_the_day_it_starts(
    day: int, clock: time, active: bool
) -> None:
    moment = datetime.combine(date(2026, 3, day), clock, SHANGHAI)
    by = rule(schedule=NIGHTS)
    value = Observation(measured_at=moment, received_at=moment, value=99)
    assert by.is_active(moment) is active
    assert (played([value], by)[1] == ["raised"]) is active


def test_alarm_clears_outside_the_schedule_too() -> None:
    by = rule(schedule=Schedule(UTC_ZONE, (ActiveHours(frozenset({1}), time(0), time(1)),)))
    assert played([seen(0, 51), seen(7200, 60), seen(7260, 40)], by)[1] == ["raised", "cleared"]


ALL_DAY = ActiveHours(frozenset({1}), time(0), time(0))


def test_equal_start_and_end_are_a_whole_day() -> None:
    assert ALL_DAY.cover(datetime(2026, 3, 2, 0, 0, tzinfo=UTC))
    assert ALL_DAY.cover(datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    assert not ALL_DAY.cover(datetime(2026, 3, 3, 0, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("now", "state"), [(0, "normal"), (180, "normal"), (180.001, "stale"), (10**6, "stale")]
)
def test_data_are_stale_after_three_intervals(now: float, state: str) -> None:
    watch, _ = played([seen(0, 1)])
    assert signal(watch, SIMPLE, at(now)).state == state


def test_datastream_without_data_is_stale_and_alarm_without_data_stays() -> None:
    assert signal(Watch(since=START), SIMPLE, START).state == "stale"
    watch, _ = played([seen(0, 51)])
    shown = signal(watch, SIMPLE, at(1000))
    assert (shown.state, shown.stale, shown.age_s) == ("alarm", True, 1000.0)


# Laws.

rules = st.sampled_from(RULES)
values = st.one_of(
    st.sampled_from([40.0, 45.0, 48.0, 50.0, 51.0, 60.0, 80.0, 81.0, None, math.nan]),
    st.floats(0, 100),
)
delays = st.one_of(st.just(0), st.integers(-400, 700), st.just(DAY_S + 1))
observations = st.builds(seen, st.integers(0, 60).map(lambda ten: ten * 10), values, delays)
ticks = st.integers(0, 2_000).map(lambda seconds: Tick(at(seconds)))
happenings = st.lists(st.one_of(observations, ticks), max_size=25)


def per_event(made: Happenings, by: AlarmRule) -> list[tuple[AlarmEvent, Observation | Tick]]:
    watch, found = Watch(since=START), []
    for happening in made:
        watch, events = step(watch, happening, by)
        found += [(event, happening) for event in events]
    return found


@given(happenings, rules)
def test_no_data_never_clears(made: Happenings, by: AlarmRule) -> None:
    for event, happening in per_event(made, by):
        if event.change is Change.CLEARED:
            assert isinstance(happening, Observation)
            assert happening.value is not None
            assert math.isfinite(happening.value)


@given(happenings, rules)
def test_late_data_never_raise_or_clear(made: Happenings, by: AlarmRule) -> None:
    for _, happening in per_event(made, by):
        if isinstance(happening, Observation):
            delay = happening.received_at - happening.measured_at
            assert delay.total_seconds() <= by.late_after_s


@given(happenings, rules)
def test_one_alarm_is_active_at_a_time(made: Happenings, by: AlarmRule) -> None:
    active = False
    for event, _ in per_event(made, by):
        assert (event.change is Change.RAISED) is not active
        active = event.change is not Change.CLEARED
        assert event.alarm.active is active


@given(happenings, rules, st.data())
def test_late_doubles_in_any_place_change_nothing(
    made: Happenings, by: AlarmRule, data: st.DataObject
) -> None:
    mixed: Happenings = []
    for happening in made:
        mixed.append(happening)
        believed = [
            each
            for each in mixed
            if isinstance(each, Observation)
            and each.value is not None
            and math.isfinite(each.value)
            and (each.received_at - each.measured_at).total_seconds() >= -by.ahead_at_most_s
        ]
        if believed:
            mixed += data.draw(st.lists(st.sampled_from(believed), max_size=3))
    assert run(Watch(since=START), mixed, by) == run(Watch(since=START), made, by)


@given(st.lists(st.floats(45.001, 50.0)), st.sampled_from([SIMPLE, GRADED, HELD, REPEATED]))
def test_nothing_happens_inside_the_band(inside: list[float], by: AlarmRule) -> None:
    band: Happenings = [seen(60 * place, value) for place, value in enumerate(inside, start=10)]
    assert played(band, by)[1] == []
    breaches: Happenings = [seen(second, 51) for second in (0, 60, 120)]
    assert played([*breaches, *band], by)[1] == ["raised"]


@given(happenings, rules, st.integers(0, 10**5))
def test_stale_is_never_normal(made: Happenings, by: AlarmRule, later: int) -> None:
    watch, _ = run(Watch(since=START), made, by)
    shown = signal(watch, by, at(later))
    fresh = watch.newest_at is not None and (
        (at(later) - watch.newest_at).total_seconds() <= by.stale_after_s
    )
    assert shown.stale is not fresh
    assert shown.state != "normal" or fresh


@given(happenings, rules)
def test_severity_never_falls_while_active(made: Happenings, by: AlarmRule) -> None:
    before: str | None = None
    for event, _ in per_event(made, by):
        if event.change is Change.ESCALATED:
            assert before is not None
            assert SEVERITIES.index(event.alarm.severity) < SEVERITIES.index(before)
        before = event.alarm.severity


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: Level(severity="bad", threshold=1), "critical, major"),
        (lambda: Level(severity="major"), "needs a threshold"),
        (lambda: Level(severity="major", condition=Condition.DURATION, threshold=1), "hold_s"),
        (
            lambda: Level(severity="major", condition=Condition.REPEATING, threshold=1, repeat_n=1),
            "repeat_n and window_s",
        ),
        (lambda: Level(severity="major", condition=Condition.NO_DATA), "no_data_s"),
        (lambda: rule(*SIMPLE.levels, *SILENCE.levels), "two rules"),
        (lambda: rule(comparison=None), "comparison exactly"),
        (lambda: rule(clear_threshold=51), "other side"),
        (lambda: rule(comparison=Comparison.LESS, clear_threshold=49), "other side"),
        (lambda: rule(comparison=Comparison.EQUAL), "other side"),
        (lambda: rule(expected_interval_s=0), "expected interval"),
    ],
)
def test_rule_that_cannot_be_is_refused_with_the_cure(wrong: object, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        wrong()  # type: ignore[operator]


def test_codes_are_those_of_the_shipped_lists() -> None:
    assert tuple(catalogue.code_list("alarm_severity")) == SEVERITIES
    assert set(catalogue.code_list("alarm_status")) == set(AlarmStatus)
    assert set(catalogue.code_list("alarm_condition")) == set(Condition)
    assert set(catalogue.code_list("alarm_comparison")) == set(Comparison)
    assert set(catalogue.code_list("alarm_event")) == set(Change)
    assert set(catalogue.code_list("signal_state")) == {"alarm", "stale", "normal"}
