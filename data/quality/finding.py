"""One thing that a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_EXAMPLES = 5


class Severity(StrEnum):
    """How bad it is. An error makes figures wrong; a warning makes them doubtful."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    key: str
    severity: Severity
    count: int
    message: str
    """One sentence that states the rule, too."""
    examples: tuple[str, ...] = ()
    """The worst few, at most `MOST_EXAMPLES`."""
