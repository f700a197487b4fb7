"""From an address to a view, and what is refused."""

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.view_state import Selection, period_of, selection_of, view_of
from data.errors import InvalidInputError
from data.geo import BBox

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def period(**given_: str) -> tuple[str, str]:
    found = period_of(given_, NOON, SHANGHAI)
    return tuple(
        edge.astimezone(SHANGHAI).strftime("%m-%d %H") for edge in (found.since, found.until)
    )


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"period": "today"}, ("03-02 00", "03-03 00")),
        ({"period": "7d"}, ("02-24 00", "03-03 00")),
        ({}, ("02-01 00", "03-03 00")),
        ({"period": "12m"}, ("03-02 00", "03-03 00")),
        ({"from": "2026-01-05", "to": "2026-01-05"}, ("01-05 00", "01-06 00")),
        ({"from": "2026-01-05"}, ("01-05 00", "01-06 00")),
    ],
)
def test_period_is_made_of_whole_local_days(
    given_: dict[str, str], expected: tuple[str, str]
) -> None:
    assert period(**given_) == expected


def test_day_begins_where_the_town_is_not_where_the_server_is() -> None:
    just_after_midnight = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    found = period_of({"period": "today"}, just_after_midnight, SHANGHAI)
    assert found.since == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


def test_day_of_a_clock_change_has_its_true_length() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    found = period_of({"from": "2026-03-29", "to": "2026-03-29"}, NOON, berlin)
    assert found.length.total_seconds() == 23 * 3600


def test_twelve_months_before_a_leap_day_start_on_28_february() -> None:
    leap = datetime(2028, 2, 29, 4, tzinfo=UTC)
    found = period_of({"period": "12m"}, leap, SHANGHAI)
    assert found.since.astimezone(SHANGHAI).date().isoformat() == "2027-02-28"


def test_whole_address_becomes_a_view() -> None:
    view = view_of(
        {
            "bbox": "112,30,113,31",
            "z": "14.6",
            "grid": "G1",
            "level": "2",
            "category": "02,01,",
            "overdue": "1",
            "lang": "en",
            "unknown": "x",
        },
        NOON,
        SHANGHAI,
    )
    assert view.bbox == BBox(112, 30, 113, 31)
    assert (view.zoom, view.grid, view.level) == (15, "G1", 2)
    assert view.incidents.categories == ("01", "02")
    assert view.incidents.overdue_only
    assert view.at == NOON


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ({"period": "yesterday"}, "period='yesterday'"),
        ({"from": "2026-13-01"}, "from='2026-13-01'"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "swap them"),
        ({"from": "9999-12-31"}, "1900 to 2200"),
        ({"bbox": "1,2,3"}, "bbox='1,2,3'"),
        ({"bbox": "nan,0,1,1"}, "not finite"),
        ({"bbox": "0,80,1,20"}, "south must not exceed north"),
        ({"z": "x"}, "z='x'"),
        ({"z": "1e400"}, "z='1e400'"),
        ({"z": "nan"}, "z='nan'"),
        ({"z": "99"}, "0 to 22"),
        ({"level": "-1"}, "1 to 9"),
        ({"grid": "a\x00b"}, "is no code"),
        ({"category": "x" * 65}, "is no code"),
        ({"grid": {"a": 1}}, "grid is no short text"),
        ({"grid": ["a"]}, "grid is no short text"),
        ({"category": "x" * 2001}, "category is no short text"),
    ],
)
def test_bad_parameter_is_refused_by_name(given_: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidInputError, match=named.replace("?", r"\?")):
        view_of(given_, NOON, SHANGHAI)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30) | st.integers() | st.floats()))
def test_no_address_does_more_than_give_a_view_or_a_sentence(given_: dict[str, object]) -> None:
    with suppress(InvalidInputError):
        view_of(given_, NOON, SHANGHAI)


KNOWN = st.sampled_from(["period", "from", "to", "bbox", "z", "level", "grid", "category", "sel"])


@given(st.dictionaries(KNOWN, st.text(max_size=30) | st.floats().map(str) | st.none()))
def test_no_known_parameter_breaks_the_reader(given_: dict[str, object]) -> None:
    with suppress(InvalidInputError):
        view_of(given_, NOON, SHANGHAI)
        selection_of(given_)


def test_selection_names_a_kind_and_a_number() -> None:
    assert selection_of({"sel": "incident:7"}) == Selection("incident", 7)
    assert selection_of({}) is None
    for text in ("person:7", "incident:", "incident:-1", "incident:7;x", "incident:" + "9" * 19):
        with pytest.raises(InvalidInputError, match="selects nothing"):
            selection_of({"sel": text})
