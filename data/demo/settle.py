"""Putting the town into a database, whole or not at all."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.demo.incident_rows import Progress
from data.demo.rows import demo_fact, write
from data.demo.town import Plan, invent
from data.errors import InvalidInputError
from data.models import Area, Camera, GridScheme, GridUnit, Incident, Installation, Organisation
from data.store import Store

TOPICS = ("areas", "grids", "incidents", "cameras", "organisations", "catalogue")
_OCCUPIED_BY = (Area, GridScheme, GridUnit, Incident, Camera, Organisation)


def is_empty(session: Session) -> bool:
    """Tell whether the database holds no rows of a town yet."""
    return all(session.execute(select(model.id).limit(1)).first() is None for model in _OCCUPIED_BY)


def settle(store: Store, plan: Plan, progress: Progress) -> bool:
    """Write the town of a plan; return False if just this town is there already.

    Raises
    ------
    InvalidInputError
        The database holds other data; nothing was written.
    """
    with store.reading() as session:
        if is_there(session, plan):
            return False
    town = invent(plan)
    with store.writing(*TOPICS, at=plan.until_at()) as session:
        # Asked again under the write lock: an import may have come in between.
        if is_there(session, plan):
            return False
        write(session, town, progress)
    return True


def is_there(session: Session, plan: Plan) -> bool:
    """Tell whether the database holds the town of a plan, and refuse if it holds anything else."""
    found = session.get(Installation, "demo")
    if found is not None and found.value == demo_fact(plan):
        return True
    if found is not None:
        raise InvalidInputError(
            "The database holds another demonstration town, and the history of its incidents "
            "cannot be deleted; name a new database in GEZHI_DATABASE_URL."
        )
    if not is_empty(session):
        raise InvalidInputError(
            "The database holds data that are not the demonstration town; "
            "name another database in GEZHI_DATABASE_URL."
        )
    return False
