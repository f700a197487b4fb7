"""Cameras on the map."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.geo import View
from data.models import Camera
from data.reads import selection
from data.scope import Scope


def located(session: Session, scope: Scope, view: View) -> int:
    """Return how many cameras of the view have a place."""
    statement = select(func.count()).where(
        Camera.longitude.is_not(None), *selection.cameras(scope, view)
    )
    return session.scalars(statement).one()


def points(session: Session, scope: Scope, view: View, limit: int) -> Sequence[Camera]:
    """Return the cameras of the view that have a place, by code, at most `limit`."""
    statement = (
        select(Camera)
        .where(Camera.longitude.is_not(None), *selection.cameras(scope, view))
        .order_by(Camera.code)
        .limit(limit)
    )
    return session.scalars(statement).all()
