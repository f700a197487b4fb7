"""Every read that may ask the index of incidents, asked with it and without it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from data import cells
from data.geo import View
from data.reads import grids, incidents, kpi
from data.scope import Scope
from data.store import Store

LEVELS = (1, 2, 3)
_NEAR_DEG = 1e-9
"""Means of positions depend on the order of addition; nothing else may differ at all."""


@dataclass(frozen=True)
class Question:
    """What the reads are asked."""

    scope: Scope
    view: View
    resolution: int = 9
    within: tuple[int, ...] | None = None
    limit: int = 400

    @property
    def cover(self) -> cells.Cells | None:
        """Return the cells to look in."""
        return None if self.within is None else np.array(self.within, dtype=np.uint64)


Read = Callable[[Session, Question], Any]
READS: dict[str, Read] = {
    "incidents.count_by_cell": lambda session, asked: incidents.count_by_cell(
        session, asked.scope, asked.view, asked.resolution, asked.cover
    ),
    "incidents.count_whole_cells": lambda session, asked: incidents.count_whole_cells(
        session, asked.scope, asked.view, asked.resolution
    ),
    "incidents.located": lambda session, asked: incidents.located(session, asked.scope, asked.view),
    "incidents.without_place": lambda session, asked: incidents.without_place(
        session, asked.scope, asked.view
    ),
    "incidents.points": lambda session, asked: incidents.points(
        session, asked.scope, asked.view, asked.limit
    ),
    "incidents.clusters": lambda session, asked: incidents.clusters(
        session, asked.scope, asked.view, asked.resolution
    ),
    "grids.tallies": lambda session, asked: [
        grids.tallies(session, asked.scope, asked.view, level) for level in LEVELS
    ],
    "kpi.incident_tallies": lambda session, asked: kpi.incident_tallies(
        session, asked.scope, asked.view
    ),
}
"""By module and name in `data.reads`."""


def compare(indexed: Store, asked: Question, reads: Collection[str] = tuple(READS)) -> None:
    """Fail where the index says anything else than the database."""
    plain = Store(indexed.engine)
    with plain.reading() as by_sql, indexed.reading() as by_index:
        assert indexed.index is not None
        with indexed.index.lent(by_index) as index:
            assert index is not None, "the index does not answer"
        for name in reads:
            wanted, found = READS[name](by_sql, asked), READS[name](by_index, asked)
            assert agree(wanted, found), f"{name} of {asked}:\n{wanted}\nby index:\n{found}"


def agree(one: Any, other: Any) -> bool:
    """Tell whether two answers are the same, positions within _NEAR_DEG."""
    mine, theirs = list(_leaves(one)), list(_leaves(other))
    return len(mine) == len(theirs) and all(map(_same, mine, theirs))


def _leaves(answer: Any) -> Iterator[Any]:
    """Yield what an answer is made of, its lengths and types among it, in order."""
    yield type(answer)
    if is_dataclass(answer):
        for each in fields(answer):
            yield from _leaves(getattr(answer, each.name))
    elif isinstance(answer, np.ndarray):
        yield answer.dtype
        yield from _leaves(answer.tolist())
    elif isinstance(answer, dict):
        yield from _leaves(sorted(answer.items()))
    elif isinstance(answer, list | tuple):
        yield len(answer)
        for part in answer:
            yield from _leaves(part)
    else:
        yield answer


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=0, abs_tol=_NEAR_DEG)
    return bool(one == other)
