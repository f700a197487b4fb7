"""Days are of the kind that the table says, and sessions stand on the local clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from data.errors import InvalidInputError
from data.rules.calendar import (
    OFFICE_HOURS,
    Session,
    WorkingCalendar,
    microseconds,
    moment,
    sessions_of,
    year_of_work,
)

SHANGHAI, BERLIN, NEW_YORK = map(ZoneInfo, ("Asia/Shanghai", "Europe/Berlin", "America/New_York"))
TABLE = {date(2026, 10, 1): "holiday", date(2026, 10, 10): "makeup_workday"}
HOUR_US = 3_600_000_000


def calendar(
    zone: ZoneInfo = SHANGHAI,
    sessions: str = "08:00-12:00, 14:00-18:00",
    weekdays: frozenset[int] = frozenset(range(5)),
) -> WorkingCalendar:
    return WorkingCalendar(
        zone=zone, special_days=TABLE, sessions=sessions_of(sessions), weekdays=weekdays
    )


def worked_hours(day: date, zone: ZoneInfo, sessions: str) -> float:
    """Return the working time of one date, every day of the week being worked."""
    every = calendar(zone, sessions, frozenset(range(7)))
    work = year_of_work(every, day.year)
    edges = (
        datetime(edge.year, edge.month, edge.day, tzinfo=zone)
        for edge in (day, day + timedelta(days=1))
    )
    start, end = (work.worked_us(microseconds(edge)) for edge in edges)
    return (end - start) / HOUR_US


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 9, 30), "workday"),
        (date(2026, 10, 1), "holiday"),
        (date(2026, 10, 2), "workday"),
        (date(2026, 10, 3), "weekend"),
        (date(2026, 10, 10), "makeup_workday"),
        (date(2026, 10, 11), "weekend"),
    ],
)
def test_day_is_of_the_kind_of_the_table_or_of_its_weekday(day: date, kind: str) -> None:
    assert calendar().kind(day) == kind
    assert calendar().is_worked(day) == (kind in {"workday", "makeup_workday"})


@pytest.mark.parametrize(
    ("clock", "is_open"),
    [
        ("07:59:59.999999", False),
        ("08:00:00", True),
        ("11:59:59.999999", True),
        ("12:00:00", False),
        ("14:00:00", True),
        ("18:00:00", False),
    ],
)
def test_session_opens_on_its_first_moment_and_closes_on_its_end(clock: str, is_open: bool) -> None:
    at = datetime.fromisoformat(f"2026-03-02T{clock}+08:00")
    assert calendar().is_open(at) is is_open


def test_sessions_are_read_as_they_are_written() -> None:
    assert sessions_of("08:00-12:00, 14:00-18:00") == OFFICE_HOURS
    assert sessions_of("00:00-24:00") == (Session(0, 1440),)
    assert ", ".join(map(str, sessions_of("07:30-11:45,13:00-24:00"))) == "07:30-11:45, 13:00-24:00"


@pytest.mark.parametrize(
    "text",
    [
        *("", "8-12", "08:00", "08:00-08:00", "12:00-08:00", "22:00-06:00", "08:00-24:30", "a-b"),
        *("08:00-12:00, 11:00-13:00", "14:00-18:00, 08:00-12:00", "08:00:30-12:00"),
    ],
)
def test_sessions_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        sessions_of(text)


def test_calendar_without_a_working_weekday_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="weekday"):
        calendar(weekdays=frozenset())


def test_calendar_refuses_a_kind_that_is_no_special_day() -> None:
    with pytest.raises(InvalidInputError, match="2026-01-02"):
        WorkingCalendar(zone=SHANGHAI, special_days={date(2026, 1, 2): "weekend"})


def test_years_without_a_row_are_unknown() -> None:
    since, until = (datetime(year, 6, 1, tzinfo=UTC) for year in (2025, 2028))
    assert calendar().unknown_years(since, until) == (2025, 2027, 2028)
    assert calendar().unknown_years(datetime(2026, 1, 1, tzinfo=SHANGHAI), until)[0] == 2027


@pytest.mark.parametrize(
    ("zone", "day", "sessions", "hours"),
    [
        (SHANGHAI, date(2026, 3, 3), "00:00-24:00", 24.0),
        (BERLIN, date(2026, 3, 29), "00:00-24:00", 23.0),  # 02:00 becomes 03:00
        (BERLIN, date(2026, 3, 29), "08:00-12:00", 4.0),
        (BERLIN, date(2026, 3, 29), "01:00-02:30", 1.0),  # ends at the jump
        (BERLIN, date(2026, 3, 29), "02:15-02:45", 0.0),  # does not take place
        (BERLIN, date(2026, 3, 29), "02:30-04:00", 1.0),  # begins at the jump
        (BERLIN, date(2026, 3, 29), "01:00-02:30, 02:45-04:00", 2.0),
        (BERLIN, date(2026, 10, 25), "00:00-24:00", 25.0),  # 03:00 becomes 02:00
        (BERLIN, date(2026, 10, 25), "02:00-03:00", 2.0),  # comes twice
        (BERLIN, date(2026, 10, 25), "01:00-02:30, 02:30-04:00", 4.0),
        (NEW_YORK, date(2026, 3, 8), "00:00-24:00", 23.0),
        (NEW_YORK, date(2026, 11, 1), "00:00-24:00", 25.0),
        (ZoneInfo("Australia/Lord_Howe"), date(2026, 10, 4), "00:00-24:00", 23.5),
        (ZoneInfo("Pacific/Apia"), date(2011, 12, 30), "00:00-24:00", 0.0),  # was left out
        (ZoneInfo("Africa/Cairo"), date(2026, 4, 24), "00:00-24:00", 23.0),  # jumps at midnight
    ],
)
def test_sessions_follow_the_local_clock_over_its_jumps(
    zone: ZoneInfo, day: date, sessions: str, hours: float
) -> None:
    assert worked_hours(day, zone, sessions) == hours


def test_sessions_of_a_year_stand_apart_and_in_order_in_every_zone() -> None:
    for zone in (SHANGHAI, BERLIN, NEW_YORK, ZoneInfo("Pacific/Apia"), ZoneInfo("Africa/Cairo")):
        for year in (2011, 2026):
            work = year_of_work(calendar(zone, "00:00-02:30, 02:30-24:00"), year)
            edges = [edge for span in zip(work.opens, work.closes, strict=True) for edge in span]
            assert edges == sorted(edges)
            assert work.total_us == work.after[-1]


@pytest.mark.parametrize(
    "text", ["1970-01-01", "2026-03-02T04:05:06.000007", "9999-12-31T23:59:59"]
)
def test_moments_are_exact_to_the_microsecond(text: str) -> None:
    at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    assert moment(microseconds(at)) == at


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="time zone"):
        microseconds(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize("year", [1, 9999])
def test_years_at_the_ends_of_time_are_refused(year: int) -> None:
    with pytest.raises(InvalidInputError, match="9998"):
        year_of_work(calendar(), year)
