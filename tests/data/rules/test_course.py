"""An event takes an incident on, stamps and counts, or is refused with the reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from data import catalogue
from data.errors import InvalidInputError
from data.rules.clock import due_of, read
from data.rules.course import Course, Event, apply, timer_of
from data.rules.lifecycle import STAGES, STAMP_OF_STAGE
from data.rules.permissions import Seat, check_allowed, open_to, relations
from data.rules.running import Standard, Suspension, Unit
from data.rules.transitions import TRANSITIONS, Relation, from_stage
from data.scope import Role

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, 9 in the morning in Shanghai."""
HOUR = timedelta(hours=1)
CALENDAR = catalogue.working_calendar(ZoneInfo("Asia/Shanghai"))
GIVEN = {
    "dispatched": {"agency": "A03"},
    "transferred": {"agency": "A07"},
    "reported_in": {"agency": "A09"},
    "whistled": {"agencies": ("A09", "A11")},
    "merged": {"duplicate_of": 7},
    "rejected": {"note": "no such place"},
    "returned": {"note": "not ours"},
    "reworked": {"note": "half done"},
    "suspended": {"note": "waits for spare parts"},
    "extended": {"due_at": START + 1000 * HOUR, "note": "rain"},
}
"""What an event of each action needs at least."""


def event(action: str, hours: float, **given: object) -> Event:
    return Event(action=action, at=START + hours * HOUR, **GIVEN.get(action, {}) | given)  # type: ignore[arg-type]


def after(actions: str) -> Course:
    """Return what actions come to that follow one another by the hour."""
    course = None
    for hours, action in enumerate(actions.split()):
        course = apply(course, event(action, hours))
    assert course is not None
    return course


TO = {
    "reported": "reported",
    "verifying": "reported verified",
    "filed": "reported verified filed",
    "dispatched": "reported verified filed dispatched",
    "received": "reported verified filed dispatched received",
    "handling": "reported verified filed dispatched received handling",
    "handled": "reported verified filed dispatched received handling handled",
    "checking": "reported verified filed dispatched received handling handled checked",
    "closed": "reported verified filed dispatched received handling handled checked closed",
    "evaluated": "reported verified filed dispatched received handling handled checked closed "
    "evaluated",
    "rejected": "reported verified rejected",
    "merged": "reported merged",
    "suspended": "reported suspended",
}
"""The shortest way to each stage."""


def test_ordinary_course_stamps_every_time() -> None:
    course = after(TO["evaluated"])
    assert course.stage == "evaluated"
    for hours, column in enumerate(STAMP_OF_STAGE.values()):
        assert getattr(course, column) == START + hours * HOUR
    assert (course.agency, course.rework_count, course.transfer_count) == ("A03", 0, 0)


@pytest.mark.parametrize("stage", STAGES)
def test_in_each_stage_an_action_is_possible_or_refused_with_what_is(stage: str) -> None:
    course = after(TO[stage])
    assert course.stage == stage
    for transition in TRANSITIONS:
        if transition in from_stage(stage):
            continue
        with pytest.raises(InvalidInputError) as refused:
            apply(course, event(transition.action, 100))
        message = str(refused.value)
        assert f"{transition.action!r} is not possible in stage {stage!r}" in message
        for possible in from_stage(stage):
            assert possible.action in message


def test_first_event_is_a_report() -> None:
    with pytest.raises(InvalidInputError, match="before the incident is reported"):
        apply(None, event("filed", 0))


@pytest.mark.parametrize("action", GIVEN)
def test_event_without_what_it_needs_is_refused(action: str) -> None:
    [transition] = [each for each in TRANSITIONS if each.action == action]
    course = after(TO[transition.sources[0]])
    for need in transition.needs:
        empty = () if need == "agencies" else " " if need == "note" else None
        with pytest.raises(InvalidInputError, match=need):
            apply(course, replace(event(action, 100), **{need: empty}))


def test_return_counts_and_waits_for_a_receipt_again() -> None:
    course = after(TO["received"] + " returned")
    assert (course.stage, course.return_count, course.agency) == ("dispatched", 1, "A03")
    assert (course.dispatched_at, course.received_at) == (START + 3 * HOUR, None)


def test_transfer_counts_and_goes_to_another_agency() -> None:
    course = after(TO["handling"] + " transferred")
    assert (course.stage, course.transfer_count, course.agency) == ("dispatched", 1, "A07")
    assert (course.dispatched_at, course.handling_at) == (START + 6 * HOUR, None)
    with pytest.raises(InvalidInputError, match="'A07' has the incident already"):
        apply(course, event("transferred", 9))


def test_rework_counts_and_takes_back_what_was_handled_and_checked() -> None:
    course = after(TO["checking"] + " reworked")
    assert (course.stage, course.rework_count) == ("handling", 1)
    assert (course.handled_at, course.checked_at) == (None, None)
    assert course.handling_at == START + 5 * HOUR
    again = after(TO["checking"] + " reworked handled checked reworked")
    assert again.rework_count == 2


def test_stamps_never_go_back_on_any_way() -> None:
    ways = (
        "returned received",
        "transferred received",
        "handling handled checking checked reworked handled checked closed evaluated",
    )
    for way in ways:
        course = after(f"{TO['received']} {way}")
        times = [getattr(course, column) for column in STAMP_OF_STAGE.values()]
        reached = [time for time in times if time is not None]
        assert reached == sorted(reached)


def test_incident_put_to_check_is_not_closed_before_it_is_checked() -> None:
    course = after(TO["handled"] + " checking")
    with pytest.raises(InvalidInputError, match="'closed' needs checked_at first"):
        apply(course, event("closed", 9))
    assert apply(apply(course, event("checked", 9)), event("closed", 10)).stage == "closed"


@pytest.mark.parametrize("stage", ["rejected", "merged", "closed"])
def test_every_end_is_stamped_as_one(stage: str) -> None:
    course = after(TO[stage])
    assert course.closed_at == course.last_at
    assert course.duplicate_of == (7 if stage == "merged" else None)


@pytest.mark.parametrize("stage", ["reported", "filed", "received", "checking"])
def test_suspension_goes_back_to_where_it_began(stage: str) -> None:
    course = after(TO[stage])
    stopped = apply(course, event("suspended", 20))
    assert (stopped.stage, stopped.suspended_from) == ("suspended", stage)
    assert stopped.suspensions == (Suspension(START + 20 * HOUR),)
    extended = apply(stopped, event("extended", 21))
    assert extended.stage == "suspended"
    resumed = apply(extended, event("resumed", 22))
    assert resumed.suspensions == (Suspension(START + 20 * HOUR, START + 22 * HOUR),)
    kept = {"suspensions": (), "extension": None, "last_at": course.last_at}
    assert replace(resumed, **kept) == course  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "known",
    [
        {"stage": "suspended"},
        {"stage": "suspended", "suspended_from": "handling"},
        {"stage": "suspended", "suspensions": (Suspension(START),)},
        {"stage": "handling", "suspended_from": "filed", "suspensions": (Suspension(START),)},
        {"stage": "lost"},
    ],
)
def test_course_that_makes_no_sense_is_refused(known: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match=r"suspended incident|no stage"):
        Course(last_at=START, reported_at=START, **known)  # type: ignore[arg-type]


def test_clock_follows_the_course() -> None:
    four = Standard(4, Unit.WORK_HOUR)
    timer = timer_of(after("reported suspended resumed verified"), four)
    assert due_of(timer, CALENDAR).at == START + 7 * HOUR  # an hour stopped, two of noon
    assert read(timer, START + 1.5 * HOUR, CALENDAR).left == 3 * HOUR
    ended = timer_of(after("reported merged"), four)
    assert read(ended, START + 100 * HOUR, CALENDAR).state == "ended"
    extended = timer_of(after("reported extended"), four)
    assert due_of(extended, CALENDAR).at == START + 1000 * HOUR


@pytest.mark.parametrize("hours", [0, 1, 1000])
def test_extension_that_grants_no_time_is_refused(hours: int) -> None:
    course = after("reported extended")
    with pytest.raises(InvalidInputError, match="grants no time"):
        apply(course, event("extended", 2, due_at=START + hours * HOUR))


def test_whistle_calls_several_agencies_and_times_their_report_in() -> None:
    course = after("reported verified whistled reported_in")
    assert course.stage == "verifying"
    first, second = course.calls
    assert (first.agency, first.took) == ("A09", HOUR)
    assert (second.agency, second.took) == ("A11", None)


def test_agency_that_was_not_called_or_has_come_does_not_report_in() -> None:
    course = after("reported whistled reported_in")
    for agency in ("A09", "A01"):
        with pytest.raises(InvalidInputError, match="was not whistled for"):
            apply(course, event("reported_in", 9, agency=agency))


def test_agency_that_has_not_come_is_not_called_again_and_one_that_has_is() -> None:
    course = after("reported whistled reported_in")
    with pytest.raises(InvalidInputError, match="'A11' was whistled for"):
        apply(course, event("whistled", 9, agencies=("A11",)))
    again = apply(course, event("whistled", 9, agencies=("A09", "A09")))
    assert [call.agency for call in again.calls] == ["A09", "A11", "A09"]


def test_event_older_than_the_last_one_is_for_the_replay() -> None:
    with pytest.raises(InvalidInputError, match="replay the history"):
        apply(after("reported verified"), event("filed", 0.5))


def test_event_of_the_same_moment_is_taken() -> None:
    assert apply(after("reported verified"), event("filed", 1)).filed_at == START + HOUR


def test_unknown_action_and_time_without_zone_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="'forgotten' is no action; known are reported"):
        event("forgotten", 0)
    with pytest.raises(InvalidInputError, match="time zone"):
        Event(action="filed", at=datetime(2026, 3, 2))  # noqa: DTZ001 - the point of the test


def test_relations_of_a_seat_follow_from_the_course() -> None:
    course = after(TO["received"] + " whistled")
    for seat, relation in (
        (Seat(role=Role.OPERATOR), Relation.COMMAND_CENTRE),
        (Seat(role=Role.AGENCY, organisation="A03"), Relation.OWN_AGENCY),
        (Seat(role=Role.AGENCY, organisation="A11"), Relation.CALLED_AGENCY),
        (Seat(role=Role.COMMUNITY, in_own_grid=True), Relation.OWN_GRID),
    ):
        assert relations(course, seat) == {Relation.ANY, relation}
    assert relations(after("reported"), Seat(role=Role.AGENCY)) == {Relation.ANY}


def test_seat_is_offered_only_what_would_be_taken() -> None:
    centre = Seat(role=Role.OPERATOR)
    unchecked, checked = after(TO["handled"] + " checking"), after(TO["checking"])
    assert "closed" not in {each.action for each in open_to(unchecked, centre)}
    assert "closed" in {each.action for each in open_to(checked, centre)}


def test_seat_that_may_not_is_told_what_it_may() -> None:
    course, agency = after(TO["received"]), Seat(role=Role.AGENCY, organisation="A03")
    check_allowed(course, agency, "returned")
    with pytest.raises(InvalidInputError, match="may do returned, handling, suspended"):
        check_allowed(course, agency, "closed")
    with pytest.raises(InvalidInputError, match="may do nothing"):
        check_allowed(course, Seat(role=Role.AUDITOR), "closed")
