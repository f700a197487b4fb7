"""The lines of history of each case, told from its moments."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data.demo.cases import Whole
from data.demo.lives import MISSING, Lives

_CLOSING = "closed"


class _Line(NamedTuple):
    moment: str
    action: str
    stage: str
    from_stage: str | None
    by_agency: bool


_LINES = (
    _Line("reported", "reported", "reported", None, by_agency=False),
    _Line("verified", "verified", "verifying", None, by_agency=False),
    _Line("filed", "filed", "filed", None, by_agency=False),
    _Line("dispatched", "dispatched", "dispatched", None, by_agency=False),
    _Line("returned", "changed", "dispatched", "received", by_agency=True),
    _Line("received", "received", "received", None, by_agency=True),
    _Line("handling", "handling", "handling", None, by_agency=True),
    _Line("reworked", "changed", "handling", "checking", by_agency=False),
    _Line("handled", "handled", "handled", None, by_agency=True),
    _Line("put_to_check", "changed", "checking", "handled", by_agency=False),
    _Line("checked", "checked", "checking", None, by_agency=False),
    _Line("suspended", "suspended", "suspended", None, by_agency=True),
    _Line(_CLOSING, _CLOSING, "closed", None, by_agency=False),
    _Line("evaluated", "evaluated", "evaluated", None, by_agency=False),
)
"""What can happen to a case, in the order in which it happens."""


class Histories(NamedTuple):
    """Lines of history, case by case in order; arrays of shape (m,)."""

    case: Whole
    """Position of the case."""
    sequence: Whole
    at_s: Whole
    action: npt.NDArray[np.object_]
    stage: npt.NDArray[np.object_]
    from_stage: npt.NDArray[np.object_]
    to_stage: npt.NDArray[np.object_]
    by_agency: npt.NDArray[np.bool_]
    """Whether the agency acted; the town's centre otherwise."""


def tell(lives: Lives, reported_s: Whole, first: int, last: int) -> Histories:
    """Return the history of the cases from position `first` to before `last`."""
    part = slice(first, last)
    moments = {"reported": reported_s} | lives.moments
    table = np.column_stack([moments[line.moment][part] for line in _LINES])
    came = table != MISSING
    row, column = np.nonzero(came)
    action, stage, from_stage, to_stage = (
        np.array(texts, dtype=object)[column]
        for texts in (
            [line.action for line in _LINES],
            [line.stage for line in _LINES],
            [line.from_stage for line in _LINES],
            [line.stage if line.from_stage else None for line in _LINES],
        )
    )
    ended = column == [line.moment for line in _LINES].index(_CLOSING)
    endings = lives.ending[part].astype(object)[row[ended]]
    action[ended], stage[ended] = endings, endings
    return Histories(
        row + first,
        np.cumsum(came, axis=1)[came],
        table[came],
        action,
        stage,
        from_stage,
        to_stage,
        np.array([line.by_agency for line in _LINES])[column],
    )
