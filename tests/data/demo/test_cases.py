"""The invented cases keep to the calendar, the town and the order of things."""

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data import catalogue
from data.demo import gazetteer
from data.demo.cases import RHYTHMS, calendar
from data.demo.histories import tell
from data.demo.lives import MISSING, STEPS, Lives
from data.demo.streets import locate_community
from data.demo.town import Plan, Town, invent

SHANGHAI = ZoneInfo("Asia/Shanghai")
ORDER = ("verified", "filed", "dispatched", "returned", "received", "handling", "reworked",
         "handled", "put_to_check", "checked", "suspended", "closed", "evaluated")  # fmt: skip


def town_of(incidents: int, months: int = 12, seed: int = 5) -> Town:
    return invent(Plan(seed, incidents, months, date(2026, 9, 1), SHANGHAI))


@pytest.fixture(scope="module")
def town() -> Town:
    return town_of(2644)


def until_s(town: Town) -> int:
    return int(town.plan.until_at().timestamp())


def closed(lives: Lives) -> np.ndarray:
    return lives.moments["closed"] != MISSING


def test_closed_cases_are_as_many_as_in_the_article(town: Town) -> None:
    assert len(town.cases.item) == 2644
    assert int(closed(town.lives).sum()) == 2523


@pytest.mark.parametrize(("count", "months"), [(1, 1), (2, 30), (10, 12), (321, 2)])
def test_share_of_closed_cases_is_kept_for_any_number(count: int, months: int) -> None:
    town = town_of(count, months)
    assert len(town.cases.item) == count
    assert int(closed(town.lives).sum()) == round(count * 2523 / 2644)


def test_cases_are_reported_within_the_period_and_in_order(town: Town) -> None:
    reported = town.cases.reported_s
    start = calendar(date(2026, 9, 1), 12, SHANGHAI).midnights_s[0]
    assert (np.diff(reported) >= 0).all()
    assert reported[0] >= start
    assert reported[-1] < until_s(town)


def test_nothing_happens_after_the_end(town: Town) -> None:
    everything = slice(0, len(town.cases.item))
    assert town.lives.last_s(town.cases.reported_s, everything).max() <= until_s(town)


def test_steps_never_go_back(town: Town) -> None:
    before = town.cases.reported_s.copy()
    for step in ORDER:
        moment = town.lives.moments[step]
        came = moment != MISSING
        assert (moment[came] >= before[came]).all(), step
        before = np.where(came, moment, before)


def test_every_case_of_the_town_lies_in_the_town(town: Town) -> None:
    assert (locate_community(town.division, town.cases.points) == town.cases.community).all()


def test_all_categories_occur(town: Town) -> None:
    categories = {catalogue.items()[item].category_code for item in town.cases.item.tolist()}
    assert categories == {category.code for category in catalogue.categories()}


def test_some_cases_are_late_and_some_open_ones_overdue(town: Town) -> None:
    lives = town.lives
    due = np.where(lives.extended_s != MISSING, lives.extended_s, lives.due_s)
    late = closed(lives) & (lives.moments["closed"] > due)
    overdue = ~closed(lives) & (due < until_s(town))
    assert 0.02 < late.sum() / closed(lives).sum() < 0.15
    assert 10 < overdue.sum() < 80


def test_open_cases_are_younger_than_the_others(town: Town) -> None:
    age_s = until_s(town) - town.cases.reported_s
    is_open = ~closed(town.lives)
    assert np.median(age_s[is_open]) < 0.6 * np.median(age_s)
    assert np.mean(age_s[is_open] < 30 * 86_400) > 0.3


def test_every_open_case_has_a_due_time(town: Town) -> None:
    assert (town.lives.due_s > town.cases.reported_s).all()


def test_merged_cases_repeat_an_earlier_one_of_the_kind_nearby(town: Town) -> None:
    merged = np.flatnonzero(town.lives.duplicate_of >= 0)
    first = town.lives.duplicate_of[merged]
    assert len(merged) > 0
    assert (first < merged).all()
    assert (town.cases.item[first] == town.cases.item[merged]).all()
    assert (town.lives.ending[merged] == "merged").all()
    apart = np.abs(town.cases.points[first] - town.cases.points[merged]).max(axis=1)
    assert (apart < 0.0004).mean() > 0.9  # those at the default point stay there


def test_default_point_is_the_only_exact_pile(town: Town) -> None:
    _, counts = np.unique(town.cases.points, axis=0, return_counts=True)
    assert np.sort(counts)[-1] == 26
    assert np.sort(counts)[-2] < 10


def test_hot_spots_stand_out_in_their_kind_and_place(town: Town) -> None:
    codes = [item.code for item in catalogue.items()]
    plane = town.division.ground.plane
    for spot in gazetteer.hot_spots():
        at = np.array([gazetteer.places()[spot.place].at]) * 1000.0
        mine = town.cases.points[town.cases.item == codes.index(spot.item)]
        near = np.abs(mine - plane.degrees(at)).max(axis=1) < spot.radius_m / 80_000
        assert near.sum() > 0.9 * 2644 * spot.share  # a merged case may lie a little farther off


def test_rhythm_of_the_day_is_kept(town: Town) -> None:
    hours = (town.cases.reported_s + 8 * 3600) // 3600 % 24
    counts = np.bincount(hours, minlength=24)
    assert counts[8:20].mean() > 4 * counts[0:5].mean()


def test_weekends_are_quieter(town: Town) -> None:
    weekdays = np.array([day.weekday() for day in town.days])
    counts = np.bincount(town.cases.day, minlength=len(town.days))
    assert counts[weekdays >= 5].mean() < counts[weekdays < 5].mean()


def test_history_tells_every_step_once_in_order(town: Town) -> None:
    count = len(town.cases.item)
    lines = tell(town.lives, town.cases.reported_s, 0, count)
    lengths = np.bincount(lines.case)
    assert (lines.sequence == np.concatenate([np.arange(length) + 1 for length in lengths])).all()
    same = lines.case[1:] == lines.case[:-1]
    assert (np.diff(lines.at_s)[same] >= 0).all()
    steps = sum(int((town.lives.moments[step] != MISSING).sum()) for step in STEPS)
    extra = sum(
        int((moment != MISSING).sum())
        for name, moment in town.lives.moments.items()
        if name not in STEPS
    )
    assert len(lines.case) == count + steps + extra


def test_last_line_of_a_history_is_the_stage_of_the_case(town: Town) -> None:
    lines = tell(town.lives, town.cases.reported_s, 0, len(town.cases.item))
    last = np.append(lines.case[1:] != lines.case[:-1], [True])
    assert lines.stage[last].tolist() == town.lives.stage.tolist()


def test_told_actions_and_stages_are_in_the_code_lists(town: Town) -> None:
    lines = tell(town.lives, town.cases.reported_s, 0, len(town.cases.item))
    assert set(lines.action) <= set(catalogue.code_list("action"))
    assert set(lines.stage) <= set(catalogue.code_list("stage"))
    assert set(town.lives.priority) == set(catalogue.code_list("priority"))
    channels = [row["code"] for row in gazetteer.tables(RHYTHMS)["source"]]
    assert set(channels) == set(catalogue.code_list("source"))


@pytest.mark.parametrize(
    ("until", "months", "first"),
    [
        (date(2026, 9, 1), 12, date(2025, 9, 1)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
    ],
)
def test_period_is_whole_months_of_local_days(until: date, months: int, first: date) -> None:
    when = calendar(until, months, SHANGHAI)
    assert when.days[0] == first
    assert len(when.days) == (until - first).days
    assert set(np.diff([*when.midnights_s.tolist(), when.until_s])) == {86_400}


def test_days_of_clock_changes_have_their_own_length() -> None:
    when = calendar(date(2026, 4, 15), 1, ZoneInfo("Europe/Berlin"))
    lengths = np.diff([*when.midnights_s.tolist(), when.until_s]).tolist()
    assert sorted(set(lengths)) == [23 * 3600, 86_400]
