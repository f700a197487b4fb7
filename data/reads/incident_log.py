"""Which incidents have changed since when, for those who hold all of them in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import IncidentChange, IncidentRevision
from data.scope import Scope


@dataclass(frozen=True, slots=True)
class LogPosition:
    """A point in the history of one database."""

    revision: int
    mark: int
    """Tells this history from another that has come to the same revision."""


def position(session: Session, scope: Scope) -> LogPosition:
    """Return where the log stands: at the last change of incidents, grids or areas."""
    _ = scope  # that something changed is no secret of a place
    newest = select(IncidentRevision).order_by(IncidentRevision.revision.desc()).limit(1)
    line = session.scalars(newest).one()
    return LogPosition(line.revision, line.mark)


def changed_since(session: Session, scope: Scope, known: LogPosition) -> Sequence[int] | None:
    """Return the ids of the incidents that were added, changed or deleted since a position.

    Returns
    -------
    ids
        Ascending, up to the last announced change that this session sees; None where the log
        cannot tell: it begins later, or it is that of another history.
    """
    _ = scope  # the rows themselves are read with the scope of who asks
    mark = select(IncidentRevision.mark).where(IncidentRevision.revision == known.revision)
    if session.scalars(mark).one_or_none() != known.mark:
        return None
    later = IncidentChange.revision > known.revision
    changed = select(IncidentChange.incident_id).where(later).distinct()
    return session.scalars(changed.order_by(IncidentChange.incident_id)).all()


def has_unannounced(session: Session, scope: Scope) -> bool:
    """Tell whether something wrote incidents past `Store.writing`, so that no revision tells it."""
    _ = scope
    undated = select(IncidentChange.id).where(IncidentChange.revision.is_(None)).limit(1)
    return session.scalars(undated).first() is not None
