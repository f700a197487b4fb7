"""What the database knows before an import: the town's ground, categories, items."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from data.intake.subject import Known
from data.models import Area, GridUnit, ServiceCategory, ServiceItem


def ground(session: Session, besides: str | None = None) -> BaseGeometry:
    """Return the ground of all areas and of the coarsest grids together, in WGS 84.

    Parameters
    ----------
    besides
        Source system whose rows do not count, because a file of it is being judged.
    """
    areas = select(Area.geometry).where(Area.parent_id.is_(None))
    peer = aliased(GridUnit)
    coarsest = select(func.min(peer.level)).where(peer.scheme_id == GridUnit.scheme_id)
    grids = select(GridUnit.geometry).where(GridUnit.level == coarsest.scalar_subquery())
    if besides is not None:
        areas = areas.where(Area.source_system != besides)
        grids = grids.where(GridUnit.source_system != besides)
    shapes = [*session.scalars(areas), *session.scalars(grids)]
    return shapely.unary_union(shapes)


def known(session: Session) -> Known:
    """Return what the rules of the subjects look at."""
    categories = session.execute(select(ServiceCategory.code, ServiceCategory.name))
    items = session.execute(select(ServiceItem.code, ServiceItem.category_code))
    return Known(
        {row.code: row.name for row in categories},
        {row.code: row.category_code for row in items},
    )
