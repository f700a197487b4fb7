"""What has changed since when: the source of the change feed and of every layer's age."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import TopicChange
from data.scope import Scope


@dataclass(frozen=True, slots=True)
class Freshness:
    """How new something is."""

    revision: int
    """Grows with every change; 0 before the first."""
    as_of: datetime | None
    """When it last changed; None before the first change."""


def revisions(session: Session, scope: Scope) -> Mapping[str, Freshness]:
    """Return the freshness of every topic that has changed at least once."""
    _ = scope  # that something changed is no secret of a place
    return {
        row.topic: Freshness(row.revision, row.changed_at)
        for row in session.scalars(select(TopicChange))
    }


def freshness(session: Session, scope: Scope, topics: Collection[str]) -> Freshness:
    """Return the freshness of the topics taken together."""
    changed = [fresh for topic, fresh in revisions(session, scope).items() if topic in topics]
    return max(changed, key=lambda fresh: fresh.revision, default=Freshness(0, None))
