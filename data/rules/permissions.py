"""Who may do what with an incident, by role and by how the seat stands to it."""

from __future__ import annotations

from dataclasses import dataclass

from data.errors import InvalidInputError
from data.rules.course import Course, Reference
from data.rules.transitions import Relation, Transition, possible
from data.scope import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who wants to act, seen from one incident."""

    role: Role
    organisation: Reference | None = None
    in_own_grid: bool = False
    """Whether the incident lies in a grid that the seat answers for."""


def relations(course: Course, seat: Seat) -> frozenset[Relation]:
    """Return how a seat stands to an incident."""
    own = seat.organisation
    called = {call.agency for call in course.calls if call.reported_in_at is None}
    standing = {
        Relation.ANY: True,
        Relation.COMMAND_CENTRE: seat.role is Role.OPERATOR,
        Relation.OWN_AGENCY: own is not None and own == course.agency,
        Relation.CALLED_AGENCY: own is not None and own in called,
        Relation.OWN_GRID: seat.in_own_grid,
    }
    return frozenset(relation for relation, holds in standing.items() if holds)


def open_to(course: Course, seat: Seat) -> tuple[Transition, ...]:
    """Return what a seat may do with an incident as it stands now."""
    return tuple(
        each
        for each in possible(course.stage, seat.role, relations(course, seat))
        if each.after is None or getattr(course, each.after) is not None
    )


def check_allowed(course: Course, seat: Seat, action: str) -> None:
    """Refuse an action that the seat may not take, saying which it may."""
    allowed = [each.action for each in open_to(course, seat)]
    if action not in allowed:
        raise InvalidInputError(
            f"A seat of role {seat.role.value!r} may not do {action!r} with this incident in stage "
            f"{course.stage!r}; it may do {', '.join(allowed) or 'nothing'}."
        )
