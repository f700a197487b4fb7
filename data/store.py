"""The database: opening it, bringing it to the newest shape, and the two kinds of session."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from data.errors import UnavailableError
from data.models import IncidentChange, IncidentRevision, RevisionCounter, TopicChange
from data.reads.incident_log import LogPosition

if TYPE_CHECKING:
    from data.index.live import LiveIndex

BUSY_TIMEOUT_MS = 10_000
MOST_FOLLOWED = 100_000
"""Changed incidents in one commit; with more, those who follow the log read everything again."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_BEGIN_WRITING = "BEGIN IMMEDIATE"
_TERRITORY = frozenset({"areas", "grids"})
_LOGGED = _TERRITORY | {"incidents"}


@dataclass(frozen=True, slots=True)
class Store:
    """An opened database."""

    engine: Engine
    index: LiveIndex | None = None
    """What answers instead of the database where it can; reads find it in `Session.info`."""

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one unchanging state and writes nothing."""
        options: dict[str, Any] = {"gezhi_begin": "BEGIN"}
        if self.engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            self.engine.connect().execution_options(**options) as connection,
            Session(bind=connection, autoflush=False, info={"index": self.index}) as session,
        ):
            yield session
            session.rollback()

    @contextmanager
    def writing(self, *topics: str, at: datetime) -> Iterator[Session]:
        """Open a session that commits at the end, whole or not at all.

        Parameters
        ----------
        topics
            What this writing changes; the change feed tells it in the same commit.
        at
            The time to record as the time of the change.
        """
        options = {"gezhi_begin": _BEGIN_WRITING}
        with (
            self.engine.connect().execution_options(**options) as connection,
            Session(bind=connection) as session,
        ):
            yield session
            session.flush()
            if topics:
                _announce(session, topics, at)
            session.commit()

    def is_answering(self) -> bool:
        """Tell whether the database takes a connection and answers."""
        try:
            with self.engine.connect() as connection:
                return bool(connection.scalar(text("SELECT 1")))
        except SQLAlchemyError:
            return False


def _announce(session: Session, topics: tuple[str, ...], at: datetime) -> None:
    """Give the next revision to each topic; the locked counter keeps revisions in commit order."""
    session.execute(update(RevisionCounter).values(revision=RevisionCounter.revision + 1))
    revision = session.scalars(select(RevisionCounter.revision)).one()
    for topic in topics:
        session.merge(TopicChange(topic=topic, revision=revision, changed_at=at))
    if not _LOGGED.isdisjoint(topics):
        _log(session, topics, revision)
    session.flush()


def _log(session: Session, topics: tuple[str, ...], revision: int) -> None:
    """Date the changes of incidents, or start the log anew where too many may have moved."""
    undated = IncidentChange.revision.is_(None)
    changed = select(IncidentChange.incident_id).where(undated).distinct().limit(MOST_FOLLOWED + 1)
    count = select(func.count()).select_from(changed.subquery())
    if not _TERRITORY.isdisjoint(topics) or session.scalars(count).one() > MOST_FOLLOWED:
        session.execute(delete(IncidentChange))
        session.execute(delete(IncidentRevision))
    else:
        session.execute(update(IncidentChange).where(undated).values(revision=revision))
    session.add(IncidentRevision(revision=revision, mark=secrets.randbits(63)))


def prune(session: Session, until: LogPosition) -> None:
    """Delete what the log of incidents tells up to a position; those who know less must rebuild.

    A position of another history than the database's deletes nothing.
    """
    session.execute(select(RevisionCounter.revision).with_for_update())  # alone with the log
    known = session.get(IncidentRevision, until.revision)
    if known is None or known.mark != until.mark:
        return
    session.execute(delete(IncidentChange).where(IncidentChange.revision <= until.revision))
    session.execute(delete(IncidentRevision).where(IncidentRevision.revision < until.revision))


def open_store(url: str) -> Store:
    """Open the database at a SQLAlchemy URL; an SQLite file is made where there is none."""
    if make_url(url).get_backend_name() != "sqlite":
        return Store(create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True))
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, poolclass=NullPool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Store(engine)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = (
        None  # BEGIN is sent by _begin_sqlite: pysqlite's own comes too late
    )
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Else REPLACE would delete rows past the triggers that log it or refuse it.
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.execute("PRAGMA cache_size = -65536")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Start the transaction; writers take the lock at once, since a later upgrade cannot wait."""
    begin = connection.get_execution_options().get("gezhi_begin", "BEGIN")
    if begin == _BEGIN_WRITING:
        # A row that fires a trigger keeps pages to take back; files would take twice as long.
        connection.exec_driver_sql("PRAGMA temp_store = MEMORY")
    connection.exec_driver_sql(begin)


def _alembic(store: Store) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["engine"] = store.engine
    return config


def upgrade(store: Store) -> None:
    """Bring the tables to the newest shape; a database that is there already stays as it is."""
    try:
        command.upgrade(_alembic(store), "head")
    except OperationalError as error:
        raise UnavailableError(f"The database does not answer: {error.orig}.") from error


def is_at_head(store: Store) -> bool:
    """Tell whether the tables have the shape that this program expects."""
    head = ScriptDirectory.from_config(_alembic(store)).get_current_head()
    try:
        with store.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head
    except OperationalError as error:
        raise UnavailableError(f"The database does not answer: {error.orig}.") from error
