"""Figures and facts written out for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components import facts, kpi_figures, map_view, place, stores
from dashboard.text import LANGUAGES, Text, catalogue
from data.errors import InvalidInputError
from data.geo import BBox, Period
from data.reads import details
from data.reads.kpi import Measured
from data.reads.town import Town
from data.rules.kpi import KPIS, Figure, change
from data.scope import BUILT_IN_OPERATOR
from data.settings import Settings
from data.store import Store
from tests.makers import NOW, add_camera, add_incident

ZONE = ZoneInfo("Asia/Shanghai")
PERIOD = Period(datetime(2026, 1, 4, 16, tzinfo=UTC), datetime(2026, 1, 11, 16, tzinfo=UTC))
ZH, EN = catalogue("zh-Hans"), catalogue("en")
BY_KEY = {kpi.key: kpi for kpi in KPIS}


def figure(key: str, value: float | None, n: int = 100) -> Figure:
    return Figure(kpi=BY_KEY[key], value=value, numerator=value, denominator=n, n=n)


def measured(now: Figure, before: Figure | None) -> Measured:
    return Measured(now, before, change(now, before) if before else None)


def shown(text: Text, now: Figure, before: Figure | None) -> kpi_figures.Shown:
    return kpi_figures.shown(text, measured(now, before), PERIOD, ZONE, "青禾镇")


def test_rate_moves_in_percentage_points_and_never_in_percent() -> None:
    better = shown(ZH, figure("closure_rate", 95.4), figure("closure_rate", 90.4))
    assert (better.value, better.unit) == ("95.4", "%")
    assert better.change == "+5.0 个百分点"
    assert (better.arrow, better.judgement, better.judgement_word) == ("▲", "better", "向好")


def test_fewer_overdue_cases_are_better_and_the_arrow_points_down() -> None:
    fewer = shown(EN, figure("overdue_open", 20, 20), figure("overdue_open", 40, 40))
    assert (fewer.arrow, fewer.judgement, fewer.change) == ("▼", "better", "-50.0 %")


def test_small_base_gives_no_percentage_and_says_why() -> None:
    small = shown(EN, figure("received", 12, 12), figure("received", 9, 9))
    assert small.change == "+3"
    assert ("Change", EN.t("kpi.small_base")) in small.rows


def test_unknown_is_a_dash_and_not_zero() -> None:
    unknown = shown(ZH, figure("closure_rate", None, 0), figure("closure_rate", 50.0))
    assert (unknown.value, unknown.unit, unknown.arrow) == ("—", "", "")
    assert unknown.change == "上期无可比数据"
    assert unknown.judgement == "unknown"


def test_figure_without_a_past_says_so() -> None:
    cameras = shown(EN, figure("cameras_online_rate", 96.0), None)
    assert cameras.change == "Present state, no past"
    assert ("Period", "now") in cameras.rows


def test_equal_figures_have_no_arrow() -> None:
    same = shown(EN, figure("received", 30, 30), figure("received", 30, 30))
    assert (same.arrow, same.change, same.judgement) == ("", "No change", "same")


def test_long_handling_time_is_given_in_days() -> None:
    assert kpi_figures.written(EN, BY_KEY["median_handling_h"], 71.9) == ("71.9", "h")
    assert kpi_figures.written(EN, BY_KEY["median_handling_h"], 72.0) == ("3.0", "days")


def test_definition_names_place_period_and_both_counts() -> None:
    rows = dict(shown(EN, figure("closure_rate", 95.4, 2644), figure("closure_rate", 90.0)).rows)
    assert rows["Place"] == "青禾镇"
    assert rows["Period"] == "2026-01-05 to 2026-01-11"
    assert rows["Received"] == "2,644"
    assert rows["Period before"] == "90.0 % (2025-12-29 to 2026-01-04)"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", BY_KEY)
@given(now=st.one_of(st.none(), st.floats(0, 1e6)), before=st.one_of(st.none(), st.floats(0, 1e6)))
def test_every_figure_can_be_written_in_every_language(
    lang: str, key: str, now: float | None, before: float | None
) -> None:
    result = shown(catalogue(lang), figure(key, now), figure(key, before))
    assert result.value
    assert result.change
    assert result.judgement in {"better", "worse", "same", "neutral", "unknown"}


def test_period_of_one_day_is_written_once() -> None:
    day = replace(PERIOD, until=PERIOD.since + timedelta(days=1))
    assert kpi_figures.days(EN, day, ZONE) == "2026-01-05"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(90, "2 min"), (3600, "1.0 h"), (86_400 * 2, "48.0 h"), (86_400 * 4, "4.0 days")],
)
def test_duration_takes_its_largest_fitting_unit(seconds: float, written: str) -> None:
    assert facts.duration(EN, seconds) == written


DUE = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("fields", "pill"),
    [
        ({"due_at": DUE}, ("Overdue, open", "bad")),
        ({"due_at": DUE, "extended_due_at": NOW + timedelta(hours=1)}, ("Open", "calm")),
        ({"due_at": DUE, "closed_at": NOW, "stage": "closed"}, ("Closed late", "warn")),
        (
            {"due_at": DUE, "closed_at": DUE, "stage": "closed"},
            ("Closed on time", "good"),
        ),
        ({"due_at": DUE, "closed_at": DUE, "stage": "rejected"}, ("Ended", "calm")),
        ({"due_at": None, "closed_at": DUE, "stage": "closed"}, ("Ended", "calm")),
    ],
)
def test_incident_says_whether_it_kept_its_time(
    store: Store, fields: dict[str, object], pill: tuple[str, str]
) -> None:
    with store.writing("incidents", at=NOW) as session:
        found = add_incident(session, reported_at=NOW - timedelta(hours=5), **fields)
        incident_id = found.id
    with store.reading() as session:
        detail = details.incident(session, BUILT_IN_OPERATOR, incident_id)
        assert facts.of_incident(detail, EN, ZONE, NOW).pills[1] == pill


def test_missing_legal_facts_of_a_camera_are_shown_as_unknown(store: Store) -> None:
    with store.writing("cameras", at=NOW) as session:
        camera_id = add_camera(session, filing_no=None, sign_posted=None).id
    with store.reading() as session:
        detail = details.camera(session, BUILT_IN_OPERATOR, camera_id)
        shown_facts = facts.of_camera(detail, EN, ZONE)
    legal = dict(dict(shown_facts.groups)["Legal facts"])
    assert legal["Filing number"] == "Unknown"
    assert legal["Sign posted"] == "Unknown"


def test_place_without_a_grid_is_the_town() -> None:
    bounds = BBox(103.0, 30.0, 104.0, 31.0)
    town = Town(
        None, {}, None, None, is_demonstration=False, bounds=bounds, latest_incident_at=None
    )
    assert place.describe(town, []) == {
        "key": "", "bbox": [103.0, 30.0, 104.0, 31.0], "parts": None, "parent": None,
    }  # fmt: skip


def test_coordinates_of_a_basemap_count_only_where_there_is_one() -> None:
    bare = map_view.layout(EN, Settings(basemap_crs="gcj02"), None).to_plotly_json()["props"]
    assert bare["data-basemap-crs"] == "wgs84"
    shifted = Settings(basemap_url="/tiles/{z}/{x}/{y}", basemap_crs="gcj02")
    assert (
        map_view.layout(EN, shifted, None).to_plotly_json()["props"]["data-basemap-crs"] == "gcj02"
    )


@pytest.mark.parametrize("told", [None, "text", 7, ["grid"]])
def test_store_that_holds_no_state_is_refused(told: object) -> None:
    with pytest.raises(InvalidInputError, match="reload"):
        stores.parameters(told)
