"""Events come to the same whatever their order and number of copies."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from data.rules.course import Course, Event, apply
from data.rules.lifecycle import ACTIVE, STAGES, STAMP_OF_STAGE, SUSPENDED
from data.rules.replay import replayed
from data.rules.transitions import TRANSITION_OF_ACTION, from_stage

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGENCIES = ("A03", "A07", "A09")


def event(action: str, hours: float, source_id: str | None = None, **given: Any) -> Event:
    return Event(
        action=action, at=START + hours * HOUR, source_system="app", source_id=source_id, **given
    )


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Draw any event of any time, with or without what it needs."""
    return Event(
        action=draw(st.sampled_from(list(TRANSITION_OF_ACTION))),
        at=START + draw(st.integers(0, 6)) * HOUR,
        note=draw(st.sampled_from([None, "reason"])),
        agency=draw(st.sampled_from([None, *AGENCIES])),
        agencies=draw(st.sampled_from([(), AGENCIES[:1], AGENCIES])),
        duplicate_of=draw(st.sampled_from([None, 7])),
        due_at=draw(st.sampled_from([None, START + 5 * HOUR, START + 99 * HOUR])),
        source_system="app",
        source_id=draw(st.sampled_from([None, "1", "2", "3", "4"])),
        sequence=draw(st.sampled_from([None, 1, 2])),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Draw a history as it happened: every event possible, one after another."""
    course: Course | None = None
    history: list[Event] = []
    for number in range(draw(st.integers(1, 25))):
        transitions = from_stage(None if course is None else course.stage)
        if not transitions:
            break
        action = draw(st.sampled_from([each.action for each in transitions]))
        agency = draw(st.sampled_from(AGENCIES))
        waiting = [call.agency for call in course.calls if not call.took] if course else []
        if action == "transferred" and course is not None and agency == course.agency:
            continue
        if action == "whistled" and agency in waiting:
            continue
        if action == "reported_in" and agency not in waiting:
            continue
        if action == "closed" and course is not None and course.checked_at is None:
            continue
        happened = event(
            action,
            number,
            f"e{number}",
            note="reason",
            agency=agency,
            agencies=(agency,),
            duplicate_of=7,
            due_at=START + (100 + number) * HOUR,
        )
        course = apply(course, happened)
        history.append(happened)
    return history


@given(st.lists(events(), max_size=12), st.data())
def test_any_order_and_number_of_copies_gives_the_same(
    given_events: list[Event], data: st.DataObject
) -> None:
    copies = data.draw(st.lists(st.sampled_from(given_events), max_size=8)) if given_events else []
    shuffled = data.draw(st.permutations([*given_events, *copies]))
    assert replayed(shuffled) == replayed(given_events)


@given(histories(), st.data())
def test_history_that_arrives_in_any_order_comes_to_what_happened(
    history: list[Event], data: st.DataObject
) -> None:
    arrived = data.draw(st.permutations(history * 3))
    found = replayed(arrived)
    assert found.course == reduce(apply, history, None)
    assert [line.event for line in found.lines] == history
    assert found.set_aside == ()


@given(histories())
def test_course_of_any_history_is_sound(history: list[Event]) -> None:
    course = replayed(history).course
    assert course is not None
    times = [getattr(course, column) for column in STAMP_OF_STAGE.values()]
    reached = [time for time in times if time is not None]
    assert reached == sorted(reached)
    assert course.stage in STAGES
    assert (course.closed_at is None) == (course.stage in {*ACTIVE, SUSPENDED})
    assert (course.suspended_from is not None) == (course.stage == SUSPENDED)
    standing = [pause for pause in course.suspensions if pause.until is None]
    assert len(standing) == (course.stage == SUSPENDED)


@given(st.lists(events(), max_size=12))
def test_every_event_is_told_set_aside_or_a_copy(given_events: list[Event]) -> None:
    found = replayed(given_events)
    told = [line.event for line in found.lines]
    aside = [each.event for each in found.set_aside]
    assert all(each in told or each in aside for each in given_events)
    assert not any(each in aside for each in told)
    assert [line.after for line in found.lines][:-1] == [line.before for line in found.lines][1:]


def test_late_event_is_inserted_at_its_time() -> None:
    history = [event("reported", 0), event("filed", 2)]
    waiting = replayed(history)
    assert waiting.course is not None
    assert waiting.course.stage == "reported"
    assert waiting.set_aside[0].event == history[1]
    assert "possible from it: verified" in waiting.set_aside[0].reason
    complete = replayed([*history, event("verified", 1)])
    assert complete.course is not None
    assert (complete.course.stage, complete.set_aside) == ("filed", ())


def test_nothing_is_known_before_the_report_arrives() -> None:
    found = replayed([event("verified", 1)])
    assert (found.course, found.lines, len(found.set_aside)) == (None, (), 1)
    assert replayed([]).course is None


def test_events_go_on_from_what_an_import_told() -> None:
    known = Course(stage="received", last_at=START + 2 * HOUR, reported_at=START, agency="A03")
    arrived = [event("handled", 4), event("handling", 3), event("verified", 1)]
    found = replayed(arrived, known)
    assert found.course is not None
    assert (found.course.stage, found.course.agency) == ("handled", "A03")
    assert [each.event.action for each in found.set_aside] == ["verified"]
    assert replayed([], known).course is known


def test_events_of_one_moment_happen_in_an_order_that_is_possible() -> None:
    minute = [
        *(event("reported", 0), event("verified", 0), event("filed", 0)),
        *(event("dispatched", 0, agency="A03"), event("received", 0, "first")),
        *(event("returned", 0, note="not ours"), event("received", 0, "second")),
    ]
    found = replayed(reversed(minute))
    assert found.set_aside == ()
    assert found.course is not None
    assert (found.course.stage, found.course.return_count) == ("received", 1)


def test_numbers_order_events_of_one_moment() -> None:
    agencies = {2: "A07", 3: "A09", 4: "A03"}
    transfers = [
        event("transferred", 4, agency=agency, sequence=number)
        for number, agency in agencies.items()
    ]
    before = [
        *(event("reported", 0), event("verified", 1), event("filed", 2)),
        event("dispatched", 3, agency="A11"),
    ]
    found = replayed([*reversed(transfers), *before])
    assert [line.event.agency for line in found.lines[-3:]] == list(agencies.values())


def test_other_content_under_the_same_identity_is_set_aside() -> None:
    found = replayed(
        [event("verified", 2, "b"), event("reported", 0, "a"), event("verified", 1, "b")]
    )
    assert found.course is not None
    assert found.course.verified_at == START + HOUR
    assert [each.reason for each in found.set_aside] == [
        "has the identity of an earlier event and says something else."
    ]


def test_sequence_tells_events_without_an_id() -> None:
    report = event("reported", 0)
    whistles = [
        Event(action="whistled", at=START + HOUR, agencies=("A03",), sequence=number)
        for number in (2, 2, 3)
    ]
    found = replayed([report, *whistles])
    assert (len(found.lines), len(found.set_aside)) == (2, 1)
