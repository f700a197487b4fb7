"""The database: both kinds keep the same promises."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from data.errors import InvalidInputError, UnavailableError
from data.models import IncidentEvent, Model, RevisionCounter, TopicChange
from data.store import Store, is_at_head, open_store, upgrade
from tests.makers import NOW, add_area, add_incident


def revision_of(store: Store, topic: str) -> int:
    with store.reading() as session:
        return session.get_one(TopicChange, topic).revision


def test_upgraded_database_is_at_head(store: Store) -> None:
    assert is_at_head(store)


def test_empty_file_is_not_at_head(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'new' / 'gezhi.db'}")
    assert not is_at_head(store)


def test_upgrade_of_an_upgraded_database_keeps_its_rows(store: Store) -> None:
    with store.writing("areas", at=NOW) as session:
        add_area(session, code="420000000001")
    upgrade(store)
    with store.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM area")) == 1


@pytest.mark.filterwarnings("ignore:Did not recognize type 'geometry'")
def test_migrations_make_exactly_the_tables_of_the_models(store: Store) -> None:
    found = inspect(store.engine)
    for name, table in Model.metadata.tables.items():
        columns = {column["name"]: column for column in found.get_columns(name)}
        assert set(columns) == set(table.columns.keys()), name
        for column in table.columns:
            assert columns[column.name]["nullable"] == column.nullable, f"{name}.{column.name}"
        indexed = {tuple(index["column_names"]) for index in found.get_indexes(name)}
        for index in table.indexes:
            assert tuple(column.name for column in index.columns) in indexed, index.name
        assert len(found.get_foreign_keys(name)) == len(table.foreign_key_constraints), name


def test_a_writing_that_fails_writes_nothing_and_announces_nothing(store: Store) -> None:
    def write_and_fail() -> None:
        with store.writing("areas", at=NOW) as session:
            add_area(session)
            raise InvalidInputError("line 7 is wrong")

    with pytest.raises(InvalidInputError):
        write_and_fail()
    with store.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM area")) == 0
        assert session.scalars(select(TopicChange)).all() == []
        assert session.scalars(select(RevisionCounter.revision)).one() == 0


def test_each_writing_takes_the_next_revision(store: Store) -> None:
    with store.writing("areas", "grids", at=NOW):
        pass
    with store.writing("areas", at=NOW + timedelta(seconds=1)):
        pass
    assert (revision_of(store, "areas"), revision_of(store, "grids")) == (2, 1)
    with store.reading() as session:
        assert session.get_one(TopicChange, "areas").changed_at == NOW + timedelta(seconds=1)


def test_a_reading_sees_one_unchanging_state(store: Store) -> None:
    with store.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM area")) == 0
        with store.writing(at=NOW) as writer:
            add_area(writer)
        assert session.scalar(text("SELECT count(*) FROM area")) == 0
    with store.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM area")) == 1


def test_a_reading_leaves_no_trace(store: Store) -> None:
    def write() -> None:
        with store.reading() as session:
            add_area(session)

    if store.engine.dialect.name == "postgresql":
        with pytest.raises(DBAPIError, match="read-only"):
            write()
    else:
        write()
    with store.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM area")) == 0


def test_foreign_keys_hold(store: Store) -> None:
    with pytest.raises(IntegrityError), store.writing(at=NOW) as session:
        add_incident(session, agency_id=4711)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE incident_event SET note = 'changed'", "DELETE FROM incident_event"],
)
def test_history_of_an_incident_cannot_be_changed(store: Store, statement: str) -> None:
    with store.writing(at=NOW) as session:
        incident = add_incident(session)
        event = IncidentEvent(
            incident_id=incident.id, sequence=1, at=NOW, action="reported", stage="reported"
        )
        session.add(event)
    with pytest.raises(DBAPIError, match="append-only"), store.writing(at=NOW) as session:
        session.execute(text(statement))
    with store.reading() as session:
        assert session.scalars(select(IncidentEvent.note)).all() == [None]


def test_sqlite_keeps_what_it_was_told_to_keep(sqlite_store: Store) -> None:
    with sqlite_store.engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL: a commit survives a loss of power
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


def test_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "gezhi.db"
    folder.mkdir()
    with pytest.raises(UnavailableError, match="does not answer"):
        upgrade(open_store(f"sqlite:///{folder}"))
