"""The database: opening it, bringing it to the newest shape, and the two kinds of session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from data.errors import UnavailableError
from data.models import RevisionCounter, TopicChange

BUSY_TIMEOUT_MS = 10_000
_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Store:
    """An opened database."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one unchanging state and writes nothing."""
        options: dict[str, Any] = {"gezhi_begin": "BEGIN"}
        if self.engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            self.engine.connect().execution_options(**options) as connection,
            Session(bind=connection, autoflush=False) as session,
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
        options = {"gezhi_begin": "BEGIN IMMEDIATE"}
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
    session.flush()


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
    cursor.execute("PRAGMA cache_size = -65536")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Start the transaction; writers take the lock at once, since a later upgrade cannot wait."""
    connection.exec_driver_sql(connection.get_execution_options().get("gezhi_begin", "BEGIN"))


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
