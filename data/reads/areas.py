"""Administrative areas on the map."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.assignment import AREA_LEVELS
from data.models import Area
from data.reads import visibility
from data.scope import Scope


def finest_level(session: Session, scope: Scope) -> str | None:
    """Return the finest administrative level that has areas; None where none is loaded."""
    present = set(session.scalars(select(Area.level).where(*visibility.areas(scope)).distinct()))
    return next((level for level in reversed(AREA_LEVELS) if level in present), None)


def of_level(session: Session, scope: Scope, level: str) -> Sequence[Area]:
    """Return the areas of one level, by code."""
    statement = select(Area).where(Area.level == level, *visibility.areas(scope))
    return session.scalars(statement.order_by(Area.code)).all()
