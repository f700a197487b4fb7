"""What can be done with an incident: from which stage to which, by whom, and what comes of it.

The course is that of domain.md 8, the reading that the five places share (1.6, 5): reported,
verifying, filed or rejected, dispatched, received, handling, handled, checking, closed, evaluated;
back by return and rework, aside by merging and suspension. Whistle and report-in are 吹哨 and 报到
(domain.md 1.5, 4-8); verification before filing and the check after handling are two tasks, and one
not passed is a rework (2.2). Who may do what is ours, after "who does what" of 2.2 and the roles of
P-12: the centre decides, the agency handles, the grid verifies, checks and whistles.

All of it is the table `TRANSITIONS`; `data.rules.course` knows no stage and no action by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from data.rules.lifecycle import ACTIVE, SUSPENDED, check_stage
from data.scope import Role


class Relation(StrEnum):
    """How a seat stands to an incident."""

    ANY = "any"
    """It may see it."""
    COMMAND_CENTRE = "command_centre"
    """It belongs to the centre that dispatches and checks."""
    OWN_AGENCY = "own_agency"
    """Its organisation handles the incident."""
    CALLED_AGENCY = "called_agency"
    """Its organisation was whistled for and has not reported in."""
    OWN_GRID = "own_grid"
    """The incident lies in a grid that it answers for."""


Who = frozenset[tuple[Role, Relation]]

CENTRE: Who = frozenset({(Role.OPERATOR, Relation.COMMAND_CENTRE)})
GRID: Who = frozenset({(Role.COMMUNITY, Relation.OWN_GRID)})
AGENCY: Who = frozenset({(Role.AGENCY, Relation.OWN_AGENCY), (Role.COMMUNITY, Relation.OWN_AGENCY)})
"""The organisation that handles the case; also a community that handles it itself."""
CALLED: Who = frozenset({(Role.AGENCY, Relation.CALLED_AGENCY)})
REPORTERS: Who = CENTRE | frozenset(
    (role, Relation.ANY) for role in (Role.COMMUNITY, Role.AGENCY, Role.LEADER)
)

Clock = Literal["start", "stop", "suspend", "resume", "extend"]
Counter = Literal["rework_count", "return_count", "transfer_count"]
Party = Literal["handler", "original", "called", "come"]
Need = Literal["note", "agency", "agencies", "duplicate_of", "due_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What can be done with an incident, by whom, and what comes of it."""

    action: str
    """From the code list `action`."""
    sources: tuple[str, ...]
    """Stages from which it is possible; none is before the incident exists."""
    target: str | None = None
    """The stage that it leads to; None stays, or goes back to where it was suspended."""
    who: Who
    stamp: str | None = None
    """Column of `Incident` that takes the time."""
    counter: Counter | None = None
    """Column of `Incident` that goes up by one."""
    clock: Clock | None = None
    """What it does to the clock of the handling standard."""
    party: Party | None = None
    """Whom the event names: the agency that is to handle, the incident that a duplicate repeats,
    the agencies whistled for, or the one of them that reports in."""
    needs: tuple[Need, ...] = ()
    """Fields of the event that must be given."""
    after: str | None = None
    """Column of `Incident` that must have its time before."""


TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        action="reported",
        sources=(),
        target="reported",
        who=REPORTERS,
        stamp="reported_at",
        clock="start",
    ),
    Transition(
        action="verified",
        sources=("reported",),
        target="verifying",
        who=CENTRE | GRID,
        stamp="verified_at",
    ),
    Transition(
        action="filed", sources=("verifying",), target="filed", who=CENTRE, stamp="filed_at"
    ),
    Transition(
        action="rejected",
        sources=("verifying",),
        target="rejected",
        who=CENTRE,
        stamp="closed_at",
        clock="stop",
        needs=("note",),
    ),
    Transition(
        action="merged",
        sources=("reported", "verifying"),
        target="merged",
        who=CENTRE,
        stamp="closed_at",
        clock="stop",
        party="original",
        needs=("duplicate_of",),
    ),
    Transition(
        action="dispatched",
        sources=("filed",),
        target="dispatched",
        who=CENTRE,
        stamp="dispatched_at",
        party="handler",
        needs=("agency",),
    ),
    Transition(
        action="received",
        sources=("dispatched",),
        target="received",
        who=AGENCY,
        stamp="received_at",
    ),
    Transition(
        action="returned",
        sources=("received",),
        target="dispatched",
        who=AGENCY,
        counter="return_count",
        needs=("note",),
    ),
    Transition(
        action="transferred",
        sources=("dispatched", "received", "handling"),
        target="dispatched",
        who=CENTRE,
        stamp="dispatched_at",
        counter="transfer_count",
        party="handler",
        needs=("agency",),
    ),
    Transition(
        action="handling",
        sources=("received",),
        target="handling",
        who=AGENCY,
        stamp="handling_at",
    ),
    Transition(
        action="handled",
        sources=("handling",),
        target="handled",
        who=AGENCY,
        stamp="handled_at",
    ),
    Transition(action="checking", sources=("handled",), target="checking", who=CENTRE | GRID),
    Transition(
        action="checked",
        sources=("handled", "checking"),
        target="checking",
        who=CENTRE | GRID,
        stamp="checked_at",
    ),
    Transition(
        action="reworked",
        sources=("checking",),
        target="handling",
        who=CENTRE | GRID,
        counter="rework_count",
        needs=("note",),
    ),
    Transition(
        action="closed",
        sources=("checking",),
        target="closed",
        who=CENTRE,
        stamp="closed_at",
        clock="stop",
        after="checked_at",
    ),
    Transition(
        action="evaluated",
        sources=("closed",),
        target="evaluated",
        who=CENTRE | GRID,
        stamp="evaluated_at",
    ),
    Transition(
        action="suspended",
        sources=ACTIVE,
        target=SUSPENDED,
        who=CENTRE | AGENCY,
        clock="suspend",
        needs=("note",),
    ),
    Transition(action="resumed", sources=(SUSPENDED,), who=CENTRE | AGENCY, clock="resume"),
    Transition(
        action="extended",
        sources=(*ACTIVE, SUSPENDED),
        who=CENTRE,
        clock="extend",
        needs=("due_at", "note"),
    ),
    Transition(
        action="whistled",
        sources=ACTIVE,
        who=CENTRE | GRID,
        party="called",
        needs=("agencies",),
    ),
    Transition(
        action="reported_in",
        sources=(*ACTIVE, SUSPENDED),
        who=CALLED,
        party="come",
        needs=("agency",),
    ),
)
"""In the order in which they usually happen, which also orders events of one moment."""

TRANSITION_OF_ACTION = MappingProxyType({each.action: each for each in TRANSITIONS})


def from_stage(stage: str | None) -> tuple[Transition, ...]:
    """Return what can be done in a stage by anybody; None is before the incident exists."""
    if stage is None:
        return tuple(each for each in TRANSITIONS if not each.sources)
    check_stage(stage)
    return tuple(each for each in TRANSITIONS if stage in each.sources)


def possible(
    stage: str | None, role: Role, relations: frozenset[Relation]
) -> tuple[Transition, ...]:
    """Return what a seat may do with an incident in a stage, by how it stands to it."""
    standing = relations | {Relation.ANY}
    return tuple(
        each
        for each in from_stage(stage)
        if any((role, relation) in each.who for relation in standing)
    )
