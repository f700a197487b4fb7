"""The counting index taken apart into named arrays and plain facts, and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from data.counting.rows import Rows
from data.counting.segments import Segment

Arrays = dict[str, npt.NDArray[Any]]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """All rows of a ledger, none of them in the tail."""

    timeline: list[Segment]
    """The oldest first."""
    late: Segment | None
    locations: npt.NDArray[np.uint32]
    """Of each row; the slots are 1 for the first of the timeline and so on, the late one last."""

    def taken_apart(self) -> tuple[Arrays, Facts]:
        """Return the arrays by name, and the facts about them."""
        segments = [*self.timeline, *([self.late] if self.late else [])]
        arrays: Arrays = {"locations": self.locations}
        facts = []
        for number, segment in enumerate(segments):
            own, about = _columns(segment)
            arrays |= {f"segment-{number}-{name}": array for name, array in own.items()}
            facts.append(about)
        return arrays, {"segments": facts, "has_late": self.late is not None}

    @classmethod
    def put_together(cls, arrays: Mapping[str, npt.NDArray[Any]], facts: Facts) -> Held:
        """Undo `taken_apart`; the arrays are taken over as they are and may be changed."""
        segments = []
        for number, about in enumerate(facts["segments"]):
            start = f"segment-{number}-"
            own: dict[str, Any] = {
                name.removeprefix(start): array
                for name, array in arrays.items()
                if name.startswith(start)
            }
            rows = Rows(**{one.name: own.pop(one.name) for one in fields(Rows)})
            segments.append(Segment(rows=rows, **own, **about))
        late = segments.pop() if facts["has_late"] else None
        return cls(segments, late, arrays["locations"])


def _columns(segment: Segment) -> tuple[Arrays, Facts]:
    """Return the arrays of a segment and of its rows, and what else it knows."""
    arrays: Arrays = {one.name: getattr(segment.rows, one.name) for one in fields(Rows)}
    facts: Facts = {}
    for one in fields(Segment):
        value = getattr(segment, one.name)
        if isinstance(value, np.ndarray):
            arrays[one.name] = value
        elif one.name != "rows":
            facts[one.name] = value
    return arrays, facts
