"""The tallies behind the key figures, and the figures with their change."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from data.geo import View
from data.index import answers
from data.models import Camera, Incident
from data.reads import indexed, selection, visibility
from data.reads.indexed import Asked
from data.rules import kpi as rules
from data.rules.kpi import KPIS, Change, Figure, Kpi
from data.scope import Scope

Tallies = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Measured:
    """A key figure now, in the period before, and how it moved."""

    now: Figure
    before: Figure | None
    """None where the figure has no past, such as the cameras online at this moment."""
    change: Change | None
    """None where there is nothing to compare with."""

    @property
    def kpi(self) -> Kpi:
        """Return what is measured."""
        return self.now.kpi


def measure(session: Session, scope: Scope, view: View) -> list[Measured]:
    """Return every KPI of the view, in the order of KPIS, beside the equally long period before.

    The period before is measured as it stood then, at the same point of it: otherwise its cases
    would have had more time to be reported and closed, and every recent period would look worse.
    """
    then = replace(view, period=view.period.previous(), at=view.at - view.period.length)
    camera_tallies = _camera_tallies(session, scope, view)
    now = incident_tallies(session, scope, view) | camera_tallies
    before = incident_tallies(session, scope, then)
    return [_measured(kpi, now, before) for kpi in KPIS]


def _measured(kpi: Kpi, now: Tallies, before: Tallies) -> Measured:
    figure = rules.figure(kpi, now)
    if kpi.numerator not in before:
        return Measured(figure, None, None)
    past = rules.figure(kpi, before)
    # Before the first incident of an installation there was no period to compare with.
    change = rules.change(figure, past) if before["received"] else None
    return Measured(figure, past, change)


def incident_tallies(session: Session, scope: Scope, view: View) -> Tallies:
    """Return the counts over the incidents of the view, and the quantiles of handling time in s."""
    with indexed.asked(session, scope, view) as asked:
        if asked is not None:
            return _indexed_tallies(asked)
    due, closed = selection.due_at(), selection.is_closed(view.at)
    row = session.execute(
        select(
            func.count().label("received"),
            selection.counted(closed).label("closed"),
            selection.counted(selection.is_open(view.at)).label("open"),
            selection.counted(selection.overdue_open(view.at)).label("overdue_open"),
            selection.counted(and_(closed, Incident.closed_at > due)).label("closed_late"),
            selection.counted(and_(closed, Incident.closed_at <= due)).label("closed_on_time"),
            selection.counted(and_(closed, due.is_not(None))).label("closed_with_due"),
            func.count(due).label("with_due"),
        ).where(*_known(scope, view))
    ).one()
    tallies: Tallies = {key: int(value) for key, value in row._mapping.items()}  # noqa: SLF001
    tallies["overdue"] = int(row.closed_late) + int(row.overdue_open)
    tallies["median_handling_s"] = _handling_quantile_s(session, scope, view, 0.5, row.closed)
    tallies["p90_handling_s"] = _handling_quantile_s(session, scope, view, 0.9, row.closed)
    return tallies


def _indexed_tallies(asked: Asked) -> Tallies:
    known = replace(asked.selection, until_us=min(asked.selection.until_us, asked.at_us + 1))
    tallies: Tallies = dict(answers.incident_tallies(asked.index, known, asked.at_us))
    tallies["overdue"] = (tallies["closed_late"] or 0) + (tallies["overdue_open"] or 0)
    quantiles = answers.handling_quantiles_s(asked.index, known, asked.at_us, (0.5, 0.9))
    tallies["median_handling_s"], tallies["p90_handling_s"] = quantiles
    return tallies


def _known(scope: Scope, view: View) -> visibility.Conditions:
    """Return the conditions for what had been reported by the moment of the view."""
    return [Incident.reported_at <= view.at, *selection.incidents(scope, view)]


def _handling_quantile_s(
    session: Session, scope: Scope, view: View, share: float, closed: int
) -> float | None:
    """Return the quantile of handling time in seconds, linear between the two nearest cases."""
    if closed == 0:
        return None
    position = share * (closed - 1)
    taken_s = selection.epoch_s(Incident.closed_at) - selection.epoch_s(Incident.reported_at)
    nearest = session.scalars(
        select(taken_s)
        .where(selection.is_closed(view.at), *_known(scope, view))
        .order_by(taken_s)
        .offset(math.floor(position))
        .limit(2)
    ).all()
    lower, upper = nearest[0], nearest[-1]
    return float(lower + (upper - lower) * (position - math.floor(position)))


def _camera_tallies(session: Session, scope: Scope, view: View) -> Tallies:
    row = session.execute(
        select(
            func.count().label("cameras"),
            func.count(Camera.longitude).label("cameras_located"),
            selection.counted(Camera.status == "online").label("cameras_online"),
            selection.counted(Camera.status != "unknown").label("cameras_connected"),
        ).where(*selection.cameras(scope, view))
    ).one()
    return {key: int(value) for key, value in row._mapping.items()}  # noqa: SLF001
