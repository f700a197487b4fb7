"""Due times are exact, monotone and undone by nothing but suspension and extension."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from data import catalogue
from data.errors import InvalidInputError
from data.rules.calendar import WorkingCalendar, sessions_of
from data.rules.clock import (
    Due,
    Extension,
    Timer,
    check_extension,
    due_at,
    due_of,
    due_within,
    extended,
    is_overdue,
    read,
    running_time_between,
    working_time_between,
)
from data.rules.running import WORKING_UNITS, Standard, Suspension, Unit, due_each, working_each

SHANGHAI, BERLIN, NEW_YORK = map(ZoneInfo, ("Asia/Shanghai", "Europe/Berlin", "America/New_York"))
TOWN = catalogue.working_calendar(SHANGHAI)
NIGHTS = {  # nights are worked too, so that sessions run over the jumps of the clock
    zone: WorkingCalendar(
        zone=zone,
        special_days={date(2026, 10, 1): "holiday", date(2026, 10, 25): "makeup_workday"},
        sessions=sessions_of("00:30-02:30, 02:45-12:00, 14:00-24:00"),
        weekdays=frozenset(range(7)),
    )
    for zone in (BERLIN, NEW_YORK)
}
CALENDARS = (TOWN, *NIGHTS.values())
MICROSECOND, SECOND = timedelta(microseconds=1), timedelta(seconds=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

moments = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - the zone stands beside it
    max_value=datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
units = st.sampled_from(list(Unit))
standards = st.builds(Standard, st.integers(1, 40), units)
calendars = st.sampled_from(CALENDARS)
gaps = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=20))
pauses = st.lists(st.builds(lambda at, gap: Suspension(at, at + gap), moments, gaps), max_size=5)


def town(text: str) -> datetime:
    """Return a moment written in the time of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def standard(text: str) -> Standard:
    value, unit = text.split()
    return Standard(int(value), Unit(unit))


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        # 2026-10-01 to 07 are holidays, the Saturday 10-10 is worked.
        ("2026-09-30T17:00", "2 urgent_hour", "2026-09-30T19:00"),
        ("2026-09-30T23:30", "24 urgent_hour", "2026-10-01T23:30"),
        ("2026-03-02T08:00", "4 work_hour", "2026-03-02T12:00"),  # used up at closing time
        ("2026-03-02T08:00", "5 work_hour", "2026-03-02T15:00"),
        ("2026-03-02T07:00", "1 work_hour", "2026-03-02T09:00"),
        ("2026-03-02T12:00", "1 work_hour", "2026-03-02T15:00"),
        ("2026-03-02T18:00", "1 work_hour", "2026-03-03T09:00"),
        ("2026-03-06T17:30", "1 work_hour", "2026-03-09T08:30"),  # over the weekend
        ("2026-03-07T10:00", "8 work_hour", "2026-03-09T18:00"),
        ("2026-09-30T16:00", "4 work_hour", "2026-10-08T10:00"),  # over the holidays
        ("2026-10-09T16:00", "4 work_hour", "2026-10-10T10:00"),  # Saturday is made up
        ("2026-10-10T16:00", "4 work_hour", "2026-10-12T10:00"),
        ("2026-03-02T10:30", "1 work_day", "2026-03-03T10:30"),
        ("2026-03-02T10:30", "3 work_day", "2026-03-05T10:30"),
        ("2026-03-06T10:30", "1 work_day", "2026-03-09T10:30"),
        ("2026-03-02T08:00", "1 work_day", "2026-03-02T18:00"),
        ("2026-03-07T10:30", "1 work_day", "2026-03-09T18:00"),
        ("2026-09-29T10:30", "3 work_day", "2026-10-09T10:30"),
        ("2026-09-30T10:30", "7 natural_day", "2026-10-07T10:30"),
        ("2026-03-07T23:59:59.999999", "1 natural_day", "2026-03-08T23:59:59.999999"),
        ("2024-02-29T09:00", "365 natural_day", "2025-02-28T09:00"),
        ("2025-12-31T17:00", "2 work_hour", "2026-01-04T09:00"),  # Sunday is made up
    ],
)
def test_standard_is_used_up_at(start: str, limit: str, due: str) -> None:
    assert due_at(town(start), standard(limit), TOWN) == Due(town(due))


@pytest.mark.parametrize(
    ("zone", "start", "limit", "due"),
    [
        # Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
        (BERLIN, "2026-03-29T01:30+01:00", "1 urgent_hour", "2026-03-29T03:30+02:00"),
        (BERLIN, "2026-03-28T12:00+01:00", "1 natural_day", "2026-03-29T13:00+02:00"),
        (BERLIN, "2026-10-24T12:00+02:00", "1 natural_day", "2026-10-25T11:00+01:00"),
        (BERLIN, "2026-03-29T01:30+01:00", "1 work_hour", "2026-03-29T03:30+02:00"),
        (BERLIN, "2026-10-25T02:15+02:00", "1 work_hour", "2026-10-25T02:30+01:00"),
        (NEW_YORK, "2026-03-08T01:30-05:00", "1 urgent_hour", "2026-03-08T03:30-04:00"),
        (NEW_YORK, "2026-11-01T01:30-04:00", "1 work_hour", "2026-11-01T01:30-05:00"),
        (NEW_YORK, "2026-11-01T01:30-05:00", "1 work_hour", "2026-11-01T02:30-05:00"),
    ],
)
def test_time_runs_on_where_the_local_clock_jumps(
    zone: ZoneInfo, start: str, limit: str, due: str
) -> None:
    found = due_at(datetime.fromisoformat(start), standard(limit), NIGHTS[zone]).at
    assert found == datetime.fromisoformat(due)


@given(moments, moments, standards, calendars, pauses)
def test_later_start_is_never_due_earlier(
    one: datetime,
    other: datetime,
    limit: Standard,
    calendar: WorkingCalendar,
    stops: list[Suspension],
) -> None:
    early, late = sorted((one, other))
    dues = [due_at(start, limit, calendar, stops).at for start in (early, late)]
    assert dues[0] <= dues[1]  # type: ignore[operator]  # no suspension is without an end


@given(moments, st.integers(1, 60), units, calendars, pauses)
def test_larger_limit_is_due_later(
    start: datetime, value: int, unit: Unit, calendar: WorkingCalendar, stops: list[Suspension]
) -> None:
    less, more = (due_at(start, Standard(n, unit), calendar, stops).at for n in (value, value + 1))
    assert start < less < more  # type: ignore[operator]


@given(moments, standards, calendars, pauses)
def test_time_from_start_to_due_is_the_limit(
    start: datetime, limit: Standard, calendar: WorkingCalendar, stops: list[Suspension]
) -> None:
    due = due_at(start, limit, calendar, stops).at
    assert due is not None
    length = limit.length_us(calendar) * MICROSECOND
    assert running_time_between(start, due, limit.unit, calendar, stops) == length
    before = running_time_between(start, due - MICROSECOND, limit.unit, calendar, stops)
    assert before == length - MICROSECOND


@given(moments, moments, moments, units, calendars, pauses)
def test_time_adds_up(
    a: datetime, b: datetime, c: datetime, unit: Unit, cal: WorkingCalendar, stops: list[Suspension]
) -> None:
    def between(one: datetime, other: datetime) -> timedelta:
        return running_time_between(one, other, unit, cal, stops)

    assert between(a, b) + between(b, c) == between(a, c)
    assert between(a, b) == -between(b, a)
    assert timedelta(0) <= between(min(a, b), max(a, b)) <= abs(b - a)


@given(moments, standards, calendars, pauses, moments)
def test_suspension_of_no_length_changes_nothing(
    start: datetime, limit: Standard, cal: WorkingCalendar, stops: list[Suspension], at: datetime
) -> None:
    with_it = due_at(start, limit, cal, [*stops, Suspension(at, at)])
    assert with_it == due_at(start, limit, cal, stops)


@given(moments, st.integers(1, 200), gaps, gaps)
def test_suspension_moves_the_end_of_a_clock_that_never_stops_by_its_length(
    start: datetime, hours: int, after: timedelta, length: timedelta
) -> None:
    limit = Standard(hours, Unit.URGENT_HOUR)
    assume(after < hours * HOUR)
    since = start + after
    due = due_at(start, limit, TOWN, [Suspension(since, since + length)]).at
    assert due == start + hours * HOUR + length


@given(moments, standards, calendars, pauses)
def test_suspensions_count_as_the_time_that_they_cover_together(
    start: datetime, limit: Standard, calendar: WorkingCalendar, stops: list[Suspension]
) -> None:
    due = due_at(start, limit, calendar, stops)
    assert due_at(start, limit, calendar, [*stops, *stops][::-1]) == due
    halves = [
        part
        for stop in stops
        if stop.until is not None
        for middle in [stop.since + (stop.until - stop.since) / 2]
        for part in (Suspension(stop.since, middle), Suspension(middle, stop.until))
    ]
    assert due_at(start, limit, calendar, halves) == due


@pytest.mark.parametrize(
    ("stops", "due"),
    [
        ([("10:00", "11:00")], "2026-03-02T16:00"),
        ([("12:00", "14:00")], "2026-03-02T15:00"),  # nobody was working
        ([("11:00", "15:00")], "2026-03-02T17:00"),  # over noon: two hours of work
        ([("09:00", "11:00"), ("10:00", "10:30")], "2026-03-02T17:00"),  # one in the other
        ([("09:00", "10:00"), ("10:00", "11:00")], "2026-03-02T17:00"),
        ([("07:00", "09:00")], "2026-03-02T16:00"),  # began before the start
        ([("15:00", "17:00")], "2026-03-02T15:00"),  # the limit was used up before
        ([("15:00", None)], "2026-03-02T15:00"),
        ([("14:30", None)], None),
        ([("09:00", None), ("10:00", "11:00")], None),
        ([("09:00", "20:00")], "2026-03-03T12:00"),  # over closing time
    ],
)
def test_five_working_hours_from_eight_with_suspensions(
    stops: list[tuple[str, str | None]], due: str | None
) -> None:
    suspensions = [
        Suspension(*(text and town(f"2026-03-02T{text}") for text in stop)) for stop in stops
    ]
    found = due_at(town("2026-03-02T08:00"), standard("5 work_hour"), TOWN, suspensions)
    assert found.at == (due and town(due))


def test_suspension_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="ends before it begins"):
        Suspension(town("2026-03-02T09:00"), town("2026-03-02T08:00"))


@pytest.mark.parametrize(
    ("value", "unit"), [(0, "work_day"), (-1, "work_day"), (10_000, "work_day")]
)
def test_limit_that_is_none_is_refused(value: int, unit: str) -> None:
    with pytest.raises(InvalidInputError, match="1 to 9999"):
        Standard(value, unit)  # type: ignore[arg-type]


def test_unknown_unit_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidInputError, match=r"'week' is no unit.*urgent_hour, work_hour"):
        Standard(1, "week")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limit", "unknown"),
    [("2 work_day", (2027,)), ("400 work_day", (2027, 2028)), ("90 natural_day", ())],
)
def test_year_without_known_holidays_is_said(limit: str, unknown: tuple[int, ...]) -> None:
    assert due_at(town("2026-12-31T09:00"), standard(limit), TOWN).unknown_years == unknown


def test_due_time_beyond_all_years_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="9998"):
        due_at(datetime(9998, 12, 1, tzinfo=UTC), standard("90 work_day"), TOWN)
    with pytest.raises(InvalidInputError, match="9998"):
        due_at(datetime(9998, 12, 1, tzinfo=UTC), standard("900 natural_day"), TOWN)


DUE = town("2026-03-02T15:00")


@pytest.mark.parametrize(
    ("due", "now", "ended", "overdue"),
    [
        (DUE, DUE - MICROSECOND, None, False),
        (DUE, DUE, None, False),
        (DUE, DUE + MICROSECOND, None, True),
        (DUE, DUE + DAY, DUE, False),
        (DUE, DUE + DAY, DUE + MICROSECOND, True),
        (DUE, DUE, DUE + DAY, False),  # the end is yet to come
        (DUE, DUE + HOUR, DUE + DAY, True),
        (None, DUE, None, False),
    ],
)
def test_case_is_overdue_past_its_due_time_and_not_on_it(
    due: datetime | None, now: datetime, ended: datetime | None, overdue: bool
) -> None:
    assert is_overdue(due, now, ended) is overdue


@pytest.mark.parametrize(
    ("due", "ended", "within"),
    [
        ("2026-03-02T15:59:59", None, False),  # overdue
        ("2026-03-02T16:00", None, True),
        ("2026-03-03T10:00", None, True),
        ("2026-03-03T10:00:00.000001", None, False),
        ("2026-03-03T09:00", "2026-03-02T15:00", False),
        ("2026-03-03T09:00", "2026-03-02T17:00", True),
    ],
)
def test_case_is_due_within_four_working_hours(due: str, ended: str | None, within: bool) -> None:
    now, window = town("2026-03-02T16:00"), standard("4 work_hour")
    found = due_within(town(due), now, window, TOWN, None if ended is None else town(ended))
    assert found is within
    assert not due_within(None, now, window, TOWN)


def timer(**given: object) -> Timer:
    start = town("2026-03-02T08:00")
    return Timer(**{"start": start, "standard": standard("8 work_hour")} | given)  # type: ignore[arg-type]


def test_clock_shows_time_used_and_left() -> None:
    shown = read(timer(), town("2026-03-02T15:00"), TOWN)
    assert (shown.state, shown.run, shown.left) == ("running", 5 * HOUR, 3 * HOUR)
    assert (shown.due, shown.overdue) == (Due(town("2026-03-02T18:00")), False)


def test_no_time_is_left_at_closing_time_and_less_than_none_after_the_opening() -> None:
    night = read(timer(), town("2026-03-02T23:00"), TOWN)
    assert (night.left, night.overdue) == (timedelta(0), True)
    morning = read(timer(), town("2026-03-03T09:30"), TOWN)
    assert (morning.left, morning.overdue) == (-1.5 * HOUR, True)


def test_clock_stands_while_suspended_and_keeps_what_is_left() -> None:
    suspended = timer(suspensions=(Suspension(town("2026-03-02T10:00")),))
    for now in ("2026-03-02T10:00", "2026-03-02T17:00", "2026-03-09T17:00"):
        shown = read(suspended, town(now), TOWN)
        assert (shown.state, shown.left, shown.due) == ("suspended", 6 * HOUR, Due(None))
        assert not shown.overdue


def test_case_that_was_overdue_before_its_suspension_stays_so() -> None:
    suspended = timer(suspensions=(Suspension(town("2026-03-03T10:00")),))
    assert read(suspended, town("2026-03-05T10:00"), TOWN).overdue


def test_clock_stops_at_the_end_of_the_case() -> None:
    closed = timer(ended_at=town("2026-03-02T11:00"))
    shown = read(closed, town("2026-04-01T09:00"), TOWN)
    assert (shown.state, shown.run, shown.left) == ("ended", 3 * HOUR, 5 * HOUR)
    assert not shown.overdue
    assert read(closed, town("2026-03-02T10:00"), TOWN).state == "running"


def test_extension_counts_to_the_letter() -> None:
    until = town("2026-03-07T23:59")
    longer = timer(extension=Extension(town("2026-03-02T17:00"), until))
    assert due_of(longer, TOWN) == Due(until)
    shown = read(longer, town("2026-03-06T16:00"), TOWN)
    assert (shown.due.at, shown.left, shown.overdue) == (until, 2 * HOUR, False)


def test_suspension_before_an_extension_is_part_of_it() -> None:
    until = town("2026-03-05T18:00")
    longer = timer(
        suspensions=(Suspension(town("2026-03-02T09:00"), town("2026-03-02T11:00")),),
        extension=Extension(town("2026-03-02T17:00"), until),
    )
    assert due_of(longer, TOWN) == Due(until)


def test_suspension_after_an_extension_moves_it_on() -> None:
    longer = timer(
        suspensions=(Suspension(town("2026-03-04T08:00"), town("2026-03-04T18:00")),),
        extension=Extension(town("2026-03-02T17:00"), town("2026-03-05T18:00")),
    )
    assert due_of(longer, TOWN) == Due(town("2026-03-06T18:00"))


def test_extension_to_no_later_than_the_due_time_is_refused() -> None:
    due = town("2026-03-02T18:00")
    check_extension(timer(), due + MICROSECOND, TOWN)
    with pytest.raises(InvalidInputError, match=r"due at 2026-03-02T10:00:00\+00:00 already"):
        check_extension(timer(), due, TOWN)
    suspended = timer(suspensions=(Suspension(town("2026-03-02T10:00")),))
    check_extension(suspended, due, TOWN)  # when it is due otherwise is not known


def test_extension_by_a_standard_runs_on_from_the_due_time() -> None:
    assert extended(DUE, standard("1 work_day"), TOWN) == Due(DUE + DAY)


def test_working_time_leaves_out_noon_nights_weekends_and_suspensions() -> None:
    since, until = town("2026-03-06T10:00"), town("2026-03-09T10:00")
    assert working_time_between(since, until, TOWN) == 8 * HOUR
    stop = Suspension(town("2026-03-06T16:00"), town("2026-03-09T09:00"))
    assert working_time_between(since, until, TOWN, [stop]) == 5 * HOUR


@given(st.lists(st.integers(1_700_000_000, 1_795_000_000), max_size=30), standards, calendars)
@example([], Standard(1, Unit.WORK_DAY), TOWN)
@example([1_767_196_800, 1_767_196_799], Standard(9, Unit.WORK_DAY), TOWN)  # New Year of 2026
def test_many_at_once_are_due_when_each_is(
    starts_s: list[int], limit: Standard, calendar: WorkingCalendar
) -> None:
    found = due_each(np.array(starts_s, dtype=np.int64), limit, calendar)
    alone = [due_at(datetime.fromtimestamp(at, UTC), limit, calendar).at for at in starts_s]
    assert found.tolist() == [int(due.timestamp()) for due in alone if due]


@given(st.lists(st.tuples(moments, moments), max_size=20), calendars)
def test_working_time_of_many_is_that_of_each(
    spans: list[tuple[datetime, datetime]], calendar: WorkingCalendar
) -> None:
    whole = [tuple(end.replace(microsecond=0) for end in span) for span in spans]
    since_s, until_s = (
        np.array([int(span[end].timestamp()) for span in whole], dtype=np.int64) for end in (0, 1)
    )
    alone = [working_time_between(*span, calendar) for span in whole]
    assert (working_each(since_s, until_s, calendar) * SECOND).tolist() == alone


@settings(max_examples=40)
@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001 - minutes of a clock
    st.integers(0, 20_000),
)
def test_working_time_is_what_counting_the_minutes_gives(start: datetime, minutes: int) -> None:
    start = start.replace(second=0, microsecond=0)
    clock = [start + timedelta(minutes=number) for number in range(minutes)]
    special = {day: entry.kind for day, entry in catalogue.special_days().items()}
    worked = [
        at
        for at in clock
        if (8 <= at.hour < 12 or 14 <= at.hour < 18)
        and special.get(at.date(), "weekend" if at.weekday() >= 5 else "workday")
        in {"workday", "makeup_workday"}
    ]
    since, until = (
        at.replace(tzinfo=SHANGHAI) for at in (start, start + timedelta(minutes=minutes))
    )
    assert working_time_between(since, until, TOWN) == timedelta(minutes=len(worked))


def test_units_that_keep_working_hours_are_those_of_work() -> None:
    assert set(WORKING_UNITS) == {unit for unit in Unit if unit.startswith("work_")}
