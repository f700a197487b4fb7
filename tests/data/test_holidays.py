"""The shipped holidays are those of the notices, and a table that is wrong is refused."""

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from data import catalogue
from data.errors import InvalidInputError

SHANGHAI = ZoneInfo("Asia/Shanghai")

HOLIDAYS = {  # first and last day
    2024: "01-01 01-01,02-10 02-17,04-04 04-06,05-01 05-05,06-10 06-10,09-15 09-17,10-01 10-07",
    2025: "01-01 01-01,01-28 02-04,04-04 04-06,05-01 05-05,05-31 06-02,10-01 10-08",
    2026: "01-01 01-03,02-15 02-23,04-04 04-06,05-01 05-05,06-19 06-21,09-25 09-27,10-01 10-07",
}
MAKEUP_WORKDAYS = {
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}


def days_of(year: int, kind: str) -> list[date]:
    return [
        day
        for day, special in catalogue.special_days().items()
        if day.year == year and special.kind == kind
    ]


@pytest.mark.parametrize("year", HOLIDAYS)
def test_holidays_are_those_of_the_notice(year: int) -> None:
    spans = [span.split() for span in HOLIDAYS[year].split(",")]
    ends = [tuple(date.fromisoformat(f"{year}-{end}") for end in span) for span in spans]
    wanted = [
        date.fromordinal(day)
        for first, last in ends
        for day in range(first.toordinal(), last.toordinal() + 1)
    ]
    assert days_of(year, "holiday") == wanted


@pytest.mark.parametrize("year", MAKEUP_WORKDAYS)
def test_makeup_workdays_are_those_of_the_notice(year: int) -> None:
    wanted = [date.fromisoformat(f"{year}-{day}") for day in MAKEUP_WORKDAYS[year].split()]
    assert days_of(year, "makeup_workday") == wanted


@pytest.mark.parametrize(
    ("year", "days", "statutory"), [(2024, 366, 11), (2025, 365, 13), (2026, 365, 13)]
)
def test_a_year_lacks_its_weekends_and_its_statutory_holidays_and_no_more(
    year: int, days: int, statutory: int
) -> None:
    # Order 644 and, from 2025, order 795 of the State Council: what a longer rest takes from the
    # working days is made up for, and what falls on a weekend is given back.
    calendar = catalogue.working_calendar(SHANGHAI)
    every = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    worked = sum(calendar.is_worked(date.fromordinal(day)) for day in every)
    weekends = sum(date.fromordinal(day).weekday() >= 5 for day in every)
    assert (len(every), worked) == (days, days - weekends - statutory)


def test_only_weekends_are_made_up_for() -> None:
    makeup = [day for year in MAKEUP_WORKDAYS for day in days_of(year, "makeup_workday")]
    assert {day.weekday() for day in makeup} == {5, 6}


def test_every_special_day_has_a_name_in_three_languages() -> None:
    names = Counter(special.translations["en"] for special in catalogue.special_days().values())
    assert names["Spring Festival"] == 8 + 8 + 9 + 2 + 2 + 2
    for special in catalogue.special_days().values():
        assert all(special.translations[language] for language in ("zh-Hans", "zh-Hant", "en"))


def test_shipped_calendar_knows_three_years() -> None:
    assert catalogue.working_calendar(SHANGHAI).known_years == {2024, 2025, 2026}


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([("2026-02-30", "holiday")], "Line 2: '2026-02-30' is no date"),
        ([("2026-10-01", "feast")], "Line 2: 'feast' is none of holiday, makeup_workday"),
        ([("2026-10-01", "holiday")] * 2, "Line 3: 2026-10-01 stands in the table twice"),
    ],
)
def test_wrong_row_is_named(rows: list[tuple[str, str]], complaint: str) -> None:
    names = {"zh-Hans": "x", "zh-Hant": "x", "en": "x"}
    with pytest.raises(InvalidInputError, match=complaint):
        catalogue.special_days_of({"date": day, "kind": kind} | names for day, kind in rows)
