"""The log of changed incidents: no change goes unseen, and what it cannot tell it does not tell."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import ColumnElement, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from data.demo.bulk import insert_columns
from data.errors import InvalidInputError
from data.models import Incident, IncidentChange, IncidentEvent, Model, RevisionCounter
from data.reads.incident_log import LogPosition, changed_since, has_unannounced, position
from data.scope import BUILT_IN_OPERATOR
from data.store import MOST_FOLLOWED, Store, is_at_head, open_store, prune, upgrade
from tests.makers import NOW, add_area, add_camera, add_grid, add_incident, ensure_category
from tests.postgres_cluster import PostgresCluster

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = Model.metadata.tables["incident"]


def where(store: Store) -> LogPosition:
    with store.reading() as session:
        return position(session, BUILT_IN_OPERATOR)


def since(store: Store, known: LogPosition) -> Sequence[int] | None:
    with store.reading() as session:
        return changed_since(session, BUILT_IN_OPERATOR, known)


def with_incidents(store: Store, count: int = 3) -> list[int]:
    with store.writing("incidents", at=NOW) as session:
        return [add_incident(session).id for _ in range(count)]


def rows(session: Session, *numbers: int) -> list[dict[str, Any]]:
    ensure_category(session, "test-category")
    return [
        {
            "id": number,
            "incident_no": f"R{number}",
            "title": "Row",
            "category_code": "test-category",
            "source": "grid_patrol",
            "priority": "minor",
            "stage": "reported",
            "source_crs": "wgs84",
            "reported_at": NOW,
            "updated_at": NOW,
            "rework_count": 0,
            "return_count": 0,
            "transfer_count": 0,
            "source_system": "rows",
            "source_id": str(number),
        }
        for number in numbers
    ]


def orm_addition(session: Session, _: list[int]) -> set[int]:
    return {add_incident(session).id}


def orm_change(session: Session, there: list[int]) -> set[int]:
    session.get_one(Incident, there[1]).stage = "verifying"
    return {there[1]}


def orm_deletion(session: Session, there: list[int]) -> set[int]:
    session.delete(session.get_one(Incident, there[1]))
    return {there[1]}


def core_rows(session: Session, _: list[int]) -> set[int]:
    session.execute(insert(TABLE), rows(session, 501, 502, 503))
    return {501, 502, 503}


def core_rows_of_one_statement(session: Session, _: list[int]) -> set[int]:
    session.execute(insert(TABLE).values(rows(session, 501, 502, 503)))
    return {501, 502, 503}


def core_changes(session: Session, there: list[int]) -> set[int]:
    session.execute(
        update(Incident), [{"id": there[0], "title": "X"}, {"id": there[2], "title": "Y"}]
    )
    return {there[0], there[2]}


def core_deletion_of_all(session: Session, there: list[int]) -> set[int]:
    session.execute(delete(TABLE))
    return set(there)


def upsert(session: Session, there: list[int]) -> set[int]:
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[session.get_bind().dialect.name]
    known = session.get_one(Incident, there[1])
    same, new = rows(session, 501, 502)
    same |= {"source_system": known.source_system, "source_id": known.source_id}
    statement = dialect.insert(TABLE).values([same, new])
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["source_system", "source_id"], set_={"title": "again"}
        )
    )
    return {there[1], 502}


def bulk_columns(session: Session, _: list[int]) -> set[int]:
    portion = [
        {
            **row,
            "reported_at": "2026-03-02 03:00:00.000000",
            "updated_at": "2026-03-02 04:00:00.000000",
        }
        for row in rows(session, 501, 502)
    ]
    insert_columns(
        session.connection(), TABLE, {key: [row[key] for row in portion] for key in portion[0]}
    )
    return {501, 502}


def insertion_of_a_selection(session: Session, there: list[int]) -> set[int]:
    copied = [column for column in TABLE.columns if column.key not in {"id", "source_id"}]
    source = select(TABLE.c.id + 900, TABLE.c.source_id + "+", *copied)
    session.execute(insert(TABLE).from_select(["id", "source_id", *copied], source))
    return {number + 900 for number in there}


def plain_change(session: Session, there: list[int]) -> set[int]:
    session.execute(
        text("UPDATE incident SET closed_at = reported_at WHERE id <> :one"), {"one": there[0]}
    )
    return set(there[1:])


def plain_change_of_a_number(session: Session, there: list[int]) -> set[int]:
    session.execute(text("UPDATE incident SET id = 777 WHERE id = :one"), {"one": there[0]})
    return {there[0], 777}


def plain_deletion(session: Session, there: list[int]) -> set[int]:
    session.execute(text("DELETE FROM incident WHERE id = :one"), {"one": there[2]})
    return {there[2]}


WAYS: tuple[Callable[[Session, list[int]], set[int]], ...] = (
    orm_addition,
    orm_change,
    orm_deletion,
    core_rows,
    core_rows_of_one_statement,
    core_changes,
    core_deletion_of_all,
    upsert,
    bulk_columns,
    insertion_of_a_selection,
    plain_change,
    plain_change_of_a_number,
    plain_deletion,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_of_writing_shows_up(
    store: Store, way: Callable[[Session, list[int]], set[int]]
) -> None:
    there = with_incidents(store)
    known = where(store)
    with store.writing("incidents", at=NOW) as session:
        changed = way(session, there)
    assert since(store, known) == sorted(changed)
    assert since(store, where(store)) == []


def test_row_that_is_replaced_under_another_number_shows_up(sqlite_store: Store) -> None:
    old = with_incidents(sqlite_store, 1)[0]
    known = where(sqlite_store)
    with sqlite_store.writing("incidents", at=NOW) as session:
        found = session.get_one(Incident, old)
        row = {
            **rows(session, 501)[0],
            "source_system": found.source_system,
            "source_id": found.source_id,
        }
        session.execute(insert(TABLE).prefix_with("OR REPLACE").values(row))
    assert since(sqlite_store, known) == [old, 501]


def test_history_cannot_be_replaced_either(sqlite_store: Store) -> None:
    with sqlite_store.writing("incidents", at=NOW) as session:
        event = {
            "incident_id": add_incident(session).id,
            "sequence": 1,
            "at": NOW,
            "action": "reported",
            "stage": "reported",
        }
        session.execute(insert(IncidentEvent), [event])
    with (
        pytest.raises(IntegrityError, match="append-only"),
        sqlite_store.writing(at=NOW) as session,
    ):
        session.execute(insert(IncidentEvent).prefix_with("OR REPLACE").values(**event))


def test_incidents_cannot_be_truncated_past_the_log(postgres_store: Store) -> None:
    with_incidents(postgres_store)
    with pytest.raises(DBAPIError, match="append-only"), postgres_store.writing(at=NOW) as session:
        session.execute(text("TRUNCATE incident CASCADE"))


def test_writing_that_fails_does_not_show_up(store: Store) -> None:
    there = with_incidents(store)
    known = where(store)

    def write_and_fail() -> None:
        with store.writing("incidents", at=NOW) as session:
            session.get_one(Incident, there[0]).stage = "verifying"
            session.flush()
            raise InvalidInputError("line 7 is wrong")

    with pytest.raises(InvalidInputError):
        write_and_fail()
    assert where(store) == known
    assert since(store, known) == []


def test_writing_that_nobody_announced_shows_up_when_it_gets_a_revision(
    store: Store,
) -> None:
    there = with_incidents(store)
    known = where(store)
    with store.engine.begin() as connection:
        connection.execute(
            text("UPDATE incident SET title = 'X' WHERE id = :one"), {"one": there[0]}
        )
    assert where(store) == known
    assert since(store, known) == []
    with store.reading() as session:
        assert has_unannounced(session, BUILT_IN_OPERATOR)
    with store.writing("incidents", at=NOW) as session:
        session.get_one(Incident, there[1]).title = "Y"
    assert since(store, known) == there[:2]
    assert since(store, where(store)) == []


def test_other_topics_do_not_move_the_log(store: Store) -> None:
    there = with_incidents(store)
    known = where(store)
    with store.writing("cameras", at=NOW) as session:
        add_camera(session)
    assert where(store) == known
    with store.writing("incidents", at=NOW) as session:
        session.get_one(Incident, there[0]).title = "X"
    assert where(store).revision == known.revision + 2
    assert since(store, known) == there[:1]


def test_empty_database_has_a_position(store: Store) -> None:
    assert where(store).revision == 0
    assert since(store, where(store)) == []


@pytest.mark.parametrize("topic", ["grids", "areas"])
def test_new_territory_starts_the_log_anew(store: Store, topic: str) -> None:
    there = with_incidents(store)
    known = where(store)
    with store.writing(topic, "incidents", at=NOW) as session:
        (add_grid if topic == "grids" else add_area)(session)
        session.get_one(Incident, there[0]).title = "X"
    renewed = where(store)
    assert renewed.revision == known.revision + 1
    assert since(store, known) is None
    assert since(store, renewed) == []
    with store.writing("incidents", at=NOW) as session:
        session.get_one(Incident, there[1]).title = "Y"
    assert since(store, renewed) == [there[1]]
    assert since(store, known) is None


@pytest.mark.parametrize("beyond", [0, 1])
def test_log_starts_anew_beyond_the_number_that_is_worth_following(
    store: Store, beyond: int
) -> None:
    known = where(store)
    with store.writing("incidents", at=NOW) as session:
        for _ in range(2):  # incidents are counted, not lines
            session.execute(
                text(
                    "INSERT INTO incident_change (incident_id) "
                    "WITH RECURSIVE n(i) AS "
                    "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
                    "SELECT i FROM n"
                ),
                {"last": MOST_FOLLOWED + beyond},
            )
    found = since(store, known)
    assert (found is None) == bool(beyond)
    assert found is None or len(found) == MOST_FOLLOWED
    assert since(store, where(store)) == []


def test_pruned_log_tells_what_came_later_and_nothing_of_before(store: Store) -> None:
    first = where(store)
    there = with_incidents(store)
    second = where(store)
    with store.writing("incidents", at=NOW) as session:
        session.get_one(Incident, there[0]).title = "X"
    third = where(store)
    with store.writing(at=NOW) as session:
        prune(session, second)
    assert [since(store, known) for known in (first, second, third)] == [None, there[:1], []]
    assert where(store) == third
    with store.reading() as session:
        assert session.scalars(select(IncidentChange.incident_id)).all() == there[:1]


def test_position_of_another_history_prunes_nothing(store: Store) -> None:
    there = with_incidents(store)
    known = where(store)
    for other in (LogPosition(known.revision, known.mark + 1), LogPosition(99, known.mark)):
        with store.writing(at=NOW) as session:
            prune(session, other)
        assert since(store, other) is None
    assert where(store) == known
    with store.reading() as session:
        assert session.scalars(select(IncidentChange.incident_id)).all() == there


def test_restored_backup_is_told_from_what_followed_it(tmp_path: Path, sqlite_store: Store) -> None:
    with_incidents(sqlite_store)
    path = str(sqlite_store.engine.url.database)
    shutil.copy(path, tmp_path / "backup.db")
    lost = with_incidents(sqlite_store, 1)
    known = where(sqlite_store)
    shutil.copy(tmp_path / "backup.db", path)
    assert where(sqlite_store).revision == known.revision - 1
    assert since(sqlite_store, known) is None
    assert with_incidents(sqlite_store, 1) == lost
    assert where(sqlite_store).revision == known.revision
    assert since(sqlite_store, known) is None


def test_two_databases_are_told_apart_from_their_first_day(tmp_path: Path) -> None:
    stores = [open_store(f"sqlite:///{tmp_path / name}") for name in ("a.db", "b.db")]
    for store in stores:
        upgrade(store)
    first, second = (where(store) for store in stores)
    assert first.revision == second.revision == 0
    assert since(stores[1], first) is None


def test_what_is_announced_later_has_the_higher_revision(postgres_store: Store) -> None:
    there = with_incidents(postgres_store)
    known = where(postgres_store)
    with ExitStack() as first:
        slow = first.enter_context(postgres_store.writing("incidents", at=NOW))
        slow.get_one(Incident, there[0]).title = "slow"
        slow.flush()
        with postgres_store.writing("incidents", at=NOW) as quick:
            quick.get_one(Incident, there[1]).title = "quick"
        between = where(postgres_store)
        assert since(postgres_store, known) == [there[1]]
    assert where(postgres_store).revision == between.revision + 1
    assert since(postgres_store, between) == [there[0]]
    assert since(postgres_store, known) == there[:2]


@dataclass
class Follower:
    """Knows every incident by the log alone."""

    store: Store
    known: LogPosition | None = None
    titles: dict[int, str] = field(default_factory=dict)
    rebuilt: int = 0

    def catch_up(self) -> None:
        """Read what the log names, and compare with everything in the same state."""
        with self.store.reading() as session:
            found = None
            if self.known is not None:
                found = changed_since(session, BUILT_IN_OPERATOR, self.known)
            if found is None:
                self.rebuilt += 1
                self.titles = self._read(session)
            else:
                for number in found:
                    self.titles.pop(number, None)
                self.titles |= self._read(session, Incident.id.in_(found))
            self.known = position(session, BUILT_IN_OPERATOR)
            assert self.titles == self._read(session)

    def _read(self, session: Session, *which: ColumnElement[bool]) -> dict[int, str]:
        read = session.execute(select(Incident.id, Incident.title).where(*which))
        return {row.id: row.title for row in read}


def write_at_random(store: Store, seed: int, there: list[int]) -> None:
    chance = random.Random(seed)
    for turn in range(25):
        topic = "grids" if chance.random() < 0.04 else "incidents"
        with suppress(InvalidInputError), store.writing(topic, at=NOW) as session:
            # In one order everywhere, so that writers wait for each other and do not deadlock.
            for number in sorted(chance.sample(there, 3)):
                session.execute(
                    update(TABLE).where(TABLE.c.id == number).values(title=f"{seed} {turn}")
                )
            add_incident(session, title=f"{seed} {turn} new")
            if chance.random() < 0.2:
                raise InvalidInputError("line 7 is wrong")


def test_follower_sees_exactly_what_is_committed_while_others_write(store: Store) -> None:
    there = with_incidents(store, 12)
    follower = Follower(store)
    with ThreadPoolExecutor(3) as writers:
        work = [writers.submit(write_at_random, store, seed, there) for seed in range(3)]
        while not all(done.done() for done in work):
            follower.catch_up()
    for done in work:
        done.result()
    follower.catch_up()
    assert follower.rebuilt > 1


@pytest.fixture(params=["sqlite", "postgresql"])
def first_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Open a database as the first migration left it, with data written since."""
    if request.param == "sqlite":
        yield from at_first_migration(f"sqlite:///{tmp_path / 'first.db'}")
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    cluster.create("first")
    yield from at_first_migration(cluster.url("first"))
    cluster.drop("first")


def at_first_migration(url: str) -> Iterator[Store]:
    store = open_store(url)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "data" / "migrations"))
    config.attributes["engine"] = store.engine
    command.upgrade(config, "0001")
    with Session(store.engine) as session:
        add_incident(session)
        session.execute(update(RevisionCounter).values(revision=41))
        session.commit()
    yield store
    store.engine.dispose()


def test_database_with_data_gets_a_log_that_begins_where_it_stands(first_store: Store) -> None:
    upgrade(first_store)
    assert is_at_head(first_store)
    known = where(first_store)
    assert known.revision == 41
    assert since(first_store, known) == []
    added = with_incidents(first_store, 1)
    assert since(first_store, known) == added
    with first_store.reading() as session:
        assert session.scalars(select(func.count()).select_from(Incident)).one() == 2
