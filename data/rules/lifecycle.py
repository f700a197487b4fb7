"""The stages of an incident and other views of them: four steps, Open311 status, priorities.

What leads from one stage to another: `data.rules.transitions`.
"""

from __future__ import annotations

from types import MappingProxyType

from data.errors import InvalidInputError

STEP_OF_STAGE = {
    "reported": "discover",
    "verifying": "discover",
    "filed": "dispatch",
    "dispatched": "dispatch",
    "received": "handle",
    "handling": "handle",
    "handled": "handle",
    "checking": "supervise",
    "closed": "supervise",
    "evaluated": "supervise",
    "rejected": "discover",
    "merged": "discover",
    "suspended": "handle",
}
"""Each stage in its ordinary order, then the exceptions, with its step (发现, 调度, 处置, 监督)."""

STAGES = tuple(STEP_OF_STAGE)
STEPS = ("discover", "dispatch", "handle", "supervise")
ENDED = frozenset({"closed", "evaluated"})
SET_ASIDE = frozenset({"rejected", "merged"})
SUSPENDED = "suspended"
ACTIVE = tuple(stage for stage in STAGES if stage not in ENDED | SET_ASIDE | {SUSPENDED})
"""Stages in which somebody is to act."""

STAMP_OF_STAGE = MappingProxyType(
    {
        "reported": "reported_at",
        "verifying": "verified_at",
        "filed": "filed_at",
        "dispatched": "dispatched_at",
        "received": "received_at",
        "handling": "handling_at",
        "handled": "handled_at",
        "checking": "checked_at",
        "closed": "closed_at",
        "evaluated": "evaluated_at",
    }
)
"""The stages of the ordinary order with the column of `Incident` that says when it was reached."""

OPEN311_STATUS_OF_STAGE = MappingProxyType(
    {stage: "closed" if stage in ENDED | SET_ASIDE else "open" for stage in STAGES}
)
"""Status of Open311 GeoReport v2, as domain.md 8 maps it."""

ANSWER_OF_PRIORITY = MappingProxyType(
    {"urgent": "at_once", "minor": "in_the_grid", "major": "whole_network"}
)
"""How each priority is answered, from the list `priority_answer` (domain.md 1.4, 3-29)."""


def step_of(stage: str) -> str:
    """Return the step of the loop that a stage belongs to."""
    check_stage(stage)
    return STEP_OF_STAGE[stage]


def open311_status_of(stage: str) -> str:
    """Return "open" or "closed", as Open311 GeoReport v2 knows them."""
    check_stage(stage)
    return OPEN311_STATUS_OF_STAGE[stage]


def check_stage(stage: str) -> None:
    """Refuse what is no stage."""
    if stage not in STEP_OF_STAGE:
        raise InvalidInputError(f"{stage!r} is no stage; known are {', '.join(STAGES)}.")
