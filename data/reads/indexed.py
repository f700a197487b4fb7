"""Asking the index of incidents instead of the database, where the session has one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.geo import IncidentFilter, View
from data.index.incidents import IncidentIndex
from data.index.live import LiveIndex
from data.index.rows import Combination
from data.index.table import Mask, Selection
from data.models import Organisation
from data.reads import selection, visibility
from data.scope import Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """The index, and what a view asks of it."""

    index: IncidentIndex
    selection: Selection
    at_us: int


@contextmanager
def asked(session: Session, scope: Scope, view: View) -> Iterator[Asked | None]:
    """Put a question to the index; None where the database is to answer."""
    live: LiveIndex | None = session.info.get("index")
    if live is None:
        yield None
        return
    with live.lent(session) as index:
        yield None if index is None else _asked(session, scope, view, index)


def _asked(session: Session, scope: Scope, view: View, index: IncidentIndex) -> Asked:
    at_us = microseconds(view.at)
    chosen = Selection(
        since_us=microseconds(view.period.since),
        until_us=microseconds(view.period.until),
        codes=_codes(session, view.incidents, index),
        places=_places(session, scope, view, index),
        bbox=view.bbox,
        overdue_at_us=at_us if view.incidents.overdue_only else None,
    )
    return Asked(index, chosen, at_us)


def microseconds(moment: datetime) -> int:
    """Return microseconds from 1970 UTC to an aware moment."""
    return int(np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us").astype(np.int64))


def _codes(session: Session, chosen: IncidentFilter, index: IncidentIndex) -> Mask | None:
    agencies: frozenset[int | None] = frozenset()
    if chosen.agencies:
        coded = select(Organisation.id).where(Organisation.code.in_(chosen.agencies))
        agencies = frozenset(session.scalars(coded))
    elif not any((chosen.categories, chosen.stages, chosen.priorities, chosen.sources)):
        return None

    def is_wanted(one: Combination) -> bool:
        return (
            (not chosen.categories or one.category in chosen.categories)
            and (not chosen.stages or one.stage in chosen.stages)
            and (not chosen.priorities or one.priority in chosen.priorities)
            and (not chosen.sources or one.source in chosen.sources)
            and (not chosen.agencies or one.agency_id in agencies)
        )

    return index.combinations.mask(is_wanted)


def _places(session: Session, scope: Scope, view: View, index: IncidentIndex) -> Mask | None:
    masks: list[Mask] = []
    if scope.area_codes is not None:
        areas = session.scalars(visibility.areas_below(scope.area_codes))
        masks.append(index.places_of_areas(areas.all()))
    if scope.grid_ids is not None:
        grids = session.scalars(visibility.grids_below(scope.grid_ids))
        masks.append(index.places_of_grids(grids.all()))
    if view.grid is not None:
        grids = session.scalars(selection.grids_coded(view.scheme, view.grid))
        masks.append(index.places_of_grids(grids.all()))
    return np.logical_and.reduce(masks) if masks else None
