"""Who asks. Made once a request on the server, and the first argument of every read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What kind of seat is asking."""

    DISPLAY = "display"
    LEADER = "leader"
    OPERATOR = "operator"
    COMMUNITY = "community"
    AGENCY = "agency"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a seat may see.

    A thing outside the scope looks absent, not forbidden.
    """

    role: Role
    area_codes: frozenset[str] | None = None
    """Administrative areas with all below them; None sets no limit, empty is nothing."""
    grid_ids: frozenset[int] | None = None
    """Grid units with all below them; None sets no limit, empty is nothing."""
    minimum_count: int = 5
    """Counts of people below this are shown as "<k"."""


BUILT_IN_OPERATOR = Scope(role=Role.OPERATOR)
"""The one seat until logins exist; the server binds to loopback only as long as it is used."""
