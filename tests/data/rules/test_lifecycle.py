"""Stages and transitions are those of the domain, and a seat may do what is its own."""

import pytest

from data import catalogue
from data.errors import InvalidInputError
from data.intake.history import STAGE_MOMENTS
from data.models import Incident
from data.rules.lifecycle import (
    ACTIVE,
    ANSWER_OF_PRIORITY,
    ENDED,
    SET_ASIDE,
    STAGES,
    STAMP_OF_STAGE,
    STEPS,
    SUSPENDED,
    open311_status_of,
    step_of,
)
from data.rules.transitions import (
    TRANSITION_OF_ACTION,
    TRANSITIONS,
    Relation,
    from_stage,
    possible,
)
from data.scope import Role

ORDINARY = """
    reported-reported verified-verifying filed-filed dispatched-dispatched received-received
    handling-handling handled-handled checked-checking closed-closed evaluated-evaluated
"""


def actions(stage: str | None, role: Role, *relations: Relation) -> set[str]:
    return {each.action for each in possible(stage, role, frozenset(relations))}


def test_ordinary_course_leads_through_all_ten_stages() -> None:
    stage = None
    for step in ORDINARY.split():
        action, target = step.split("-")
        transition = TRANSITION_OF_ACTION[action]
        assert transition in from_stage(stage)
        assert transition.target == target
        stage = target


@pytest.mark.parametrize(
    ("source", "action", "target"),
    [
        ("verifying", "rejected", "rejected"),
        ("received", "returned", "dispatched"),
        ("checking", "reworked", "handling"),
        ("reported", "merged", "merged"),
        ("handled", "checking", "checking"),
        *((stage, "suspended", "suspended") for stage in ACTIVE),
    ],
)
def test_exceptions_lead_where_the_domain_says(source: str, action: str, target: str) -> None:
    assert TRANSITION_OF_ACTION[action] in from_stage(source)
    assert TRANSITION_OF_ACTION[action].target == target


@pytest.mark.parametrize("stage", sorted(SET_ASIDE | {"evaluated"}))
def test_nothing_leads_out_of_the_last_stages(stage: str) -> None:
    assert from_stage(stage) == ()


def test_closed_incident_can_only_be_evaluated() -> None:
    assert [each.action for each in from_stage("closed")] == ["evaluated"]


def test_every_stage_can_be_reached_and_every_target_is_a_stage() -> None:
    targets = {each.target for each in TRANSITIONS} - {None}
    assert targets == set(STAGES)
    assert {source for each in TRANSITIONS for source in each.sources} <= set(STAGES)


def test_actions_are_named_once_and_stamps_and_counters_are_columns() -> None:
    assert len(TRANSITION_OF_ACTION) == len(TRANSITIONS)
    columns = set(Incident.__table__.columns.keys())
    for each in TRANSITIONS:
        assert {each.stamp, each.counter, each.after} - {None} <= columns
    assert set(STAMP_OF_STAGE.values()) <= columns


def test_stamps_are_those_that_an_import_reads() -> None:
    assert list(STAMP_OF_STAGE.items()) == [(stage, moment) for moment, _, stage in STAGE_MOMENTS]


def test_steps_of_huangshui_are_those_of_the_domain() -> None:
    parts = {
        "discover": ("reported", "verifying"),
        "dispatch": ("filed", "dispatched"),
        "handle": ("received", "handling", "handled"),
        "supervise": ("checking", "closed", "evaluated"),
    }
    assert tuple(parts) == STEPS
    for step, stages in parts.items():
        assert {step_of(stage) for stage in stages} == {step}


def test_priorities_are_answered_as_huangshui_says() -> None:
    said = {key: term.name for key, term in catalogue.code_list("priority_answer").items()}
    answers = {name: said[ANSWER_OF_PRIORITY[name]] for name in catalogue.code_list("priority")}
    assert answers == {"urgent": "立即办理", "minor": "一格解决", "major": "全网联动"}


def test_open311_knows_two_states() -> None:
    closed = {stage for stage in STAGES if open311_status_of(stage) == "closed"}
    assert closed == {"rejected", "closed", "evaluated", "merged"} == ENDED | SET_ASIDE
    assert {open311_status_of(stage) for stage in set(STAGES) - closed} == {"open"}


@pytest.mark.parametrize("view", [step_of, open311_status_of, from_stage])
def test_unknown_stage_is_refused(view: object) -> None:
    with pytest.raises(InvalidInputError, match="'lost' is no stage"):
        view("lost")  # type: ignore[operator]


CENTRE, GRID = (Role.OPERATOR, Relation.COMMAND_CENTRE), (Role.COMMUNITY, Relation.OWN_GRID)
HANDLER = (Role.AGENCY, Relation.OWN_AGENCY)


@pytest.mark.parametrize(
    ("stage", "seat", "may"),
    [
        (None, (Role.LEADER, Relation.ANY), "reported"),
        ("verifying", CENTRE, "filed rejected merged suspended extended whistled"),
        ("dispatched", HANDLER, "received suspended"),
        ("received", HANDLER, "handling returned suspended"),
        ("received", (Role.COMMUNITY, Relation.OWN_AGENCY), "handling returned suspended"),
        ("received", (Role.AGENCY, Relation.ANY), ""),
        ("received", (Role.AGENCY, Relation.CALLED_AGENCY), "reported_in"),
        ("handling", CENTRE, "transferred suspended extended whistled"),
        ("checking", GRID, "checked reworked whistled"),
        ("checking", CENTRE, "checked reworked closed suspended extended whistled"),
        ("suspended", HANDLER, "resumed"),
        ("closed", GRID, "evaluated"),
    ],
)
def test_seat_may_do_what_is_its_own(
    stage: str | None, seat: tuple[Role, Relation], may: str
) -> None:
    assert actions(stage, *seat) == set(may.split())


@pytest.mark.parametrize("role", [Role.DISPLAY, Role.AUDITOR, Role.ADMIN])
@pytest.mark.parametrize("stage", [None, *STAGES])
def test_walls_auditors_and_administrators_do_nothing(stage: str | None, role: Role) -> None:
    assert actions(stage, role, *Relation) == set()


@pytest.mark.parametrize("stage", [*ACTIVE, SUSPENDED, "closed"])
def test_somebody_can_always_go_on_with_an_open_incident(stage: str) -> None:
    anybody = {each.action for role in Role for each in possible(stage, role, frozenset(Relation))}
    assert anybody == {each.action for each in from_stage(stage)} != set()
