"""The stages of an incident, and the steps of the closed loop that they belong to."""

from __future__ import annotations

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


def step_of(stage: str) -> str:
    """Return the step of the loop that a stage belongs to."""
    if stage not in STEP_OF_STAGE:
        raise InvalidInputError(f"{stage!r} is no stage; known are {', '.join(STAGES)}.")
    return STEP_OF_STAGE[stage]
