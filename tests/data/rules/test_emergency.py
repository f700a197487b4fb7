"""Boundaries and laws of the 10-30-60 clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import catalogue
from data.errors import InvalidInputError
from data.rules.emergency import (
    TEN_THIRTY_SIXTY,
    Basis,
    Drill,
    Emergency,
    LampState,
    figures,
    lamps,
)

ALARM = datetime(2026, 3, 2, tzinfo=UTC)
STEPWISE = Drill(TEN_THIRTY_SIXTY.limits, Basis.STEPWISE)
MUCH_LATER = 10**6


def at(seconds: float) -> datetime:
    return ALARM + timedelta(seconds=seconds)


def case(*taken: float | None, ended: float | None = None) -> Emergency:
    """Return an emergency whose steps were taken so many seconds after the alarm."""
    moments = [None if seconds is None else at(seconds) for seconds in (*taken, None, None, None)]
    located, confirmed, team = moments[:3]
    return Emergency(
        alarm_at=ALARM,
        located_at=located,
        confirmed_at=confirmed,
        first_team_at=team,
        ended_at=None if ended is None else at(ended),
    )


def states(
    emergency: Emergency, now: float = MUCH_LATER, drill: Drill = TEN_THIRTY_SIXTY
) -> list[str]:
    return [lamp.state.value for lamp in lamps(emergency, drill, at(now))]


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ((10.0, 30.0, 60.0), ["met", "met", "met"]),
        ((10.001, 30.001, 60.001), ["missed", "missed", "missed"]),
        ((9.999, 29.999, 59.999), ["met", "met", "met"]),
        ((0, 0, 0), ["met", "met", "met"]),
        ((12, 29, 61), ["missed", "met", "missed"]),
    ],
)
def test_exactly_the_limit_passes(taken: tuple[float, ...], expected: list[str]) -> None:
    assert states(case(*taken)) == expected


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ((10, 40, 100), ["met", "met", "met"]),
        ((10, 40.001, 100.001), ["met", "missed", "met"]),
        ((10, 40, 100.001), ["met", "met", "missed"]),
        ((12, 20, 30), ["missed", "met", "met"]),
        ((20, 5, 30), ["missed", "met", "met"]),  # confirmed before located
        ((None, 5, 30), ["missed", "met", "met"]),
        ((5, None, 30), ["met", "missed", "met"]),
    ],
)
def test_stepwise_limits_count_from_the_step_before(
    taken: tuple[float | None, ...], expected: list[str]
) -> None:
    assert states(case(*taken), drill=STEPWISE) == expected


@pytest.mark.parametrize(
    ("now", "expected", "left"),
    [
        (0, ["running", "running", "running"], [10, 30, 60]),
        (5, ["running", "running", "running"], [5, 25, 55]),
        (8, ["met", "running", "running"], [None, 22, 52]),
        (30, ["met", "running", "running"], [None, 0, 30]),
        (30.5, ["met", "missed", "running"], [None, -0.5, 29.5]),
        (45, ["met", "missed", "running"], [None, None, 15]),
        (90, ["met", "missed", "missed"], [None, None, -30]),
    ],
)
def test_three_lamps_at_every_moment(
    now: float, expected: list[str], left: list[float | None]
) -> None:
    emergency = case(8, 45)
    assert states(emergency, now) == expected
    assert [lamp.left_s for lamp in lamps(emergency, TEN_THIRTY_SIXTY, at(now))] == left


def test_stepwise_lamp_waits_for_the_step_before() -> None:
    assert states(case(), 5, STEPWISE) == ["running", "waiting", "waiting"]
    assert states(case(8), 9, STEPWISE) == ["met", "running", "waiting"]
    assert lamps(case(), STEPWISE, at(5))[1].left_s is None


def test_end_before_the_limit_voids_what_was_not_taken() -> None:
    assert states(case(8, ended=20)) == ["met", "void", "void"]
    assert states(case(8, ended=30.5)) == ["met", "missed", "void"]
    assert states(case(ended=5), drill=STEPWISE) == ["void", "void", "void"]


@pytest.mark.parametrize("name", ["located_at", "confirmed_at", "first_team_at", "ended_at"])
def test_step_before_the_alarm_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(InvalidInputError, match=name):
        Emergency(alarm_at=ALARM, **{name: at(-0.001)})


def test_figures_count_what_is_settled_and_say_how_long_it_took() -> None:
    cases = [case(4, 20, 50), case(6, 40, 61), case(20, ended=25), case()]
    located, confirmed, team = figures(cases, TEN_THIRTY_SIXTY, at(MUCH_LATER))
    assert (located.numerator, located.denominator, located.taken) == (2, 4, 3)
    assert (confirmed.numerator, confirmed.denominator, confirmed.taken) == (1, 3, 2)
    assert (team.numerator, team.denominator, team.taken) == (1, 3, 2)
    assert (located.median_s, confirmed.median_s) == (6, 30)
    assert figures([], TEN_THIRTY_SIXTY, ALARM)[0].median_s is None
    assert figures([case()], TEN_THIRTY_SIXTY, at(5))[0].denominator == 0


seconds = st.one_of(st.none(), st.floats(0, 200), st.sampled_from([10.0, 30.0, 60.0]))
emergencies = st.builds(case, seconds, seconds, seconds)
drills = st.sampled_from([TEN_THIRTY_SIXTY, STEPWISE])


@given(emergencies, drills, st.floats(0, 300), st.floats(0, 300))
def test_settled_lamp_stays_as_it_is(
    emergency: Emergency, drill: Drill, one: float, other: float
) -> None:
    early, late = sorted((one, other))
    for before, after in zip(
        lamps(emergency, drill, at(early)), lamps(emergency, drill, at(late)), strict=True
    ):
        if before.taken_at is not None:
            assert (before.taken_at, before.limit_s) == (after.taken_at, after.limit_s)
        if before.state is LampState.MISSED and drill.basis is Basis.CUMULATIVE:
            assert after.state is LampState.MISSED
        if before.state is LampState.MET and drill.basis is Basis.CUMULATIVE:
            assert after.state is LampState.MET


@given(emergencies)
def test_a_step_met_in_sum_is_met_by_itself(emergency: Emergency) -> None:
    # Limits from the step before are never shorter than from the alarm.
    for total, single in zip(
        lamps(emergency, TEN_THIRTY_SIXTY, at(MUCH_LATER)),
        lamps(emergency, STEPWISE, at(MUCH_LATER)),
        strict=True,
    ):
        if total.state is LampState.MET:
            assert single.state is LampState.MET


@given(st.lists(emergencies, max_size=12), drills)
def test_figures_are_those_of_all_cases(cases: list[Emergency], drill: Drill) -> None:
    for place, step in enumerate(figures(cases, drill, at(MUCH_LATER))):
        its_lamps = [lamps(each, drill, at(MUCH_LATER))[place] for each in cases]
        assert step.numerator == sum(lamp.state == "met" for lamp in its_lamps)
        assert step.denominator == sum(lamp.state in {"met", "missed"} for lamp in its_lamps)
        took = [lamp.elapsed_s for lamp in its_lamps if lamp.taken_at is not None]
        if took:
            assert step.p90_s == pytest.approx(np.quantile(np.array(took, float), 0.9))
            assert step.median_s == pytest.approx(np.median(np.array(took, float)))


def test_codes_are_those_of_the_shipped_lists() -> None:
    assert list(catalogue.code_list("emergency_step")) == [
        limit.step for limit in TEN_THIRTY_SIXTY.limits
    ]
    assert set(catalogue.code_list("lamp_state")) == set(LampState)
    assert set(catalogue.code_list("emergency_basis")) == set(Basis)
