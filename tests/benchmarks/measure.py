"""Measuring: the middle of several runs, and one line of the table."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """One line: a figure, and where there is one the figure of its peer in the same run."""

    what: str
    value: float | None
    unit: str
    peer: float | None = None

    def __str__(self) -> str:
        ratio = self.value / self.peer if self.value is not None and self.peer else None
        cells = (
            self.what,
            _written(self.value, self.unit),
            _written(self.peer, self.unit),
            "" if ratio is None else f"{ratio:.3g}",
        )
        return f"| {' | '.join(cells)} |"


def _written(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.4g} {unit}"


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work takes, once."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def milliseconds(work: Callable[[], object], runs: int = 15) -> float:
    """Return how long the work takes, the middle of several runs after one to warm up."""
    work()
    return 1000 * median(seconds(work) for _ in range(runs))
