"""The index of a process: in step with the database, whatever happens to either of them."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from data.assignment import assign_incidents
from data.cells import cell_at
from data.counting.registers import MOST_PLACES
from data.geo import Period, View
from data.index import snapshots
from data.index.live import LiveIndex, attached, built, opened, save
from data.models import Incident
from data.reads import grids, incidents
from data.scope import BUILT_IN_OPERATOR
from data.store import Store, open_store, prune
from tests.both_ways import Question, compare
from tests.makers import NOW, add_area, add_grid, add_incident, add_scheme, middle_of, square

VIEW = View(period=Period(NOW - timedelta(days=30), NOW + timedelta(days=1)), at=NOW)
QUESTION = Question(BUILT_IN_OPERATOR, VIEW)


class SlowReading:
    """Opens sessions of a store; can be held up and counts what was opened."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.opened = 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    @contextmanager
    def __call__(self) -> Iterator[Session]:
        self.opened += 1
        if threading.current_thread() is not threading.main_thread():
            assert self.may_go_on.wait(timeout=60)
        with self._store.reading() as session:
            yield session


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def live(store: Store, folder: Path) -> Store:
    """Return an empty database with an index, once of each kind."""
    return attached(store, folder)


def located(store: Store, view: View = VIEW) -> int:
    with store.reading() as session:
        return incidents.located(session, BUILT_IN_OPERATOR, view)


def is_answering(store: Store) -> bool:
    assert store.index is not None
    with store.reading() as session, store.index.lent(session) as index:
        return index is not None


def fill(store: Store, count: int = 3) -> list[int]:
    with store.writing("incidents", at=NOW) as session:
        return [add_incident(session).id for _ in range(count)]


def save_now(store: Store, folder: Path) -> None:
    with store.reading() as session:
        save(folder, built(session))


def change_stage(session: Session, there: list[int]) -> None:
    incident = session.get_one(Incident, there[0])
    incident.stage, incident.closed_at = "closed", NOW


def move(session: Session, there: list[int]) -> None:
    incident = session.get_one(Incident, there[1])
    incident.longitude, incident.latitude = middle_of(square(3, 3))
    incident.cell = cell_at(incident.longitude, incident.latitude)


def lose_place(session: Session, there: list[int]) -> None:
    incident = session.get_one(Incident, there[0])
    incident.longitude = incident.latitude = incident.cell = None


def delete_one(session: Session, there: list[int]) -> None:
    session.delete(session.get_one(Incident, there[2]))


def delete_all(session: Session, _: list[int]) -> None:
    session.execute(text("DELETE FROM incident"))


def add_more(session: Session, _: list[int]) -> None:
    add_incident(session)
    add_incident(session, longitude=None, latitude=None)
    add_incident(session, category_code="never seen before", reported_at=NOW - timedelta(days=3))


CHANGES = (change_stage, move, lose_place, delete_one, delete_all, add_more)
each_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)


@each_change
def test_change_is_followed(live: Store, change: Callable[[Session, list[int]], None]) -> None:
    there = fill(live)
    compare(live, QUESTION)
    with live.writing("incidents", at=NOW) as session:
        change(session, there)
    compare(live, QUESTION)


def test_empty_database_is_answered_and_then_fills(live: Store) -> None:
    compare(live, QUESTION)
    fill(live)
    compare(live, QUESTION)


def test_grids_that_come_later_are_known(live: Store) -> None:
    fill(live)
    compare(live, QUESTION)
    with live.writing("grids", at=NOW) as session:
        scheme = add_scheme(session, levels=2)
        zone = add_grid(session, scheme=scheme, level=1, code="Z")
        add_grid(session, scheme=scheme, level=2, code="G", parent_id=zone.id)
        assign_incidents(session)
    compare(live, QUESTION)
    with live.reading() as session:
        tallies = grids.tallies(session, BUILT_IN_OPERATOR, VIEW, 2)
    assert {code: tally.received for code, tally in tallies.items()} == {"G": 3}


def test_grid_of_a_level_that_has_no_name_does_no_harm(live: Store) -> None:
    with live.writing("grids", "incidents", at=NOW) as session:
        add_grid(session, level=1)
        add_grid(session, level=3)
        add_incident(session)
        assign_incidents(session)
    compare(live, QUESTION)


def test_grids_that_nobody_announced_are_known_from_the_next_change(live: Store) -> None:
    fill(live)
    compare(live, QUESTION)
    with live.writing(at=NOW) as session:
        add_grid(session, code="G")
    with live.writing("incidents", at=NOW) as session:
        assign_incidents(session, [add_incident(session).id])
    compare(live, QUESTION)


def test_areas_that_come_later_are_known(live: Store) -> None:
    fill(live)
    compare(live, QUESTION)
    with live.writing("areas", at=NOW) as session:
        add_area(session, code="V")
        assign_incidents(session)
    seat = replace(BUILT_IN_OPERATOR, area_codes=frozenset({"V"}))
    compare(live, Question(seat, VIEW))
    with live.reading() as session:
        assert incidents.located(session, seat, VIEW) == 3


def test_session_that_began_before_the_last_change_is_answered_by_the_newer_index(
    live: Store,
) -> None:
    fill(live)
    with live.reading() as early:
        early.execute(select(Incident.id)).all()
        fill(live, 2)
        assert located(live) == 5
        assert incidents.located(early, BUILT_IN_OPERATOR, VIEW) == 5
        marks = incidents.clusters(early, BUILT_IN_OPERATOR, VIEW, 9)
        assert [mark.count for mark in marks] == [5]
        assert len(incidents.points(early, BUILT_IN_OPERATOR, VIEW, 9)) == 3
    assert located(live) == 5


def restored(original: Path, backup: Path) -> None:
    """Put a backup in the place of a database, as `cp` would after the server let go of it."""
    for suffix in ("-wal", "-shm"):
        Path(f"{original}{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, f"{original}.new")
    Path(f"{original}.new").replace(original)


def file_of(store: Store) -> Path:
    return Path(str(store.engine.url.database))


def test_restored_backup_is_answered_as_it_is(sqlite_store: Store, folder: Path) -> None:
    live = attached(sqlite_store, folder)
    known = fill(live)
    backup = folder.with_name("backup.db")
    with closing(sqlite3.connect(file_of(live))) as here, closing(sqlite3.connect(backup)) as there:
        here.backup(there)
    fill(live, 4)
    assert located(live) == 7
    save_now(live, folder)
    restored(file_of(live), backup)
    assert located(live) == 3
    compare(live, QUESTION)
    # Another history comes to the same revision: the mark tells.
    with live.writing("incidents", at=NOW) as session:
        delete_one(session, known)
    assert located(live) == 2
    compare(live, QUESTION)


def test_older_snapshot_is_followed_and_not_built_anew(store: Store, folder: Path) -> None:
    there = fill(store)
    save_now(store, folder)
    with store.writing("incidents", at=NOW) as session:
        delete_one(session, there)
        add_more(session, there)
    # Whatever is more than nothing would be built in the background.
    index = LiveIndex(folder, store.reading, built_at_once=0)
    live = replace(store, index=index)
    assert is_answering(live)
    compare(live, QUESTION)


def only_arrays(folder: Path) -> Path:
    (found,) = folder.glob("*/arrays")
    return found


def test_broken_snapshot_is_rebuilt_and_told(
    store: Store, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store)
    save_now(store, folder)
    arrays = only_arrays(folder)
    content = bytearray(arrays.read_bytes())
    content[len(content) // 2] ^= 1
    arrays.write_bytes(content)
    compare(attached(store, folder), QUESTION)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "it is rebuilt" in caplog.text
    assert str(arrays.parent) in caplog.text


def test_snapshot_of_another_database_is_not_trusted(
    sqlite_store: Store, postgres_store: Store, folder: Path
) -> None:
    fill(postgres_store, 5)
    save_now(postgres_store, folder)
    fill(sqlite_store, 3)
    for store, count in ((sqlite_store, 3), (postgres_store, 5)):
        live = attached(store, folder)
        assert located(live) == count
        compare(live, QUESTION)


def test_snapshot_whose_history_was_pruned_is_rebuilt(store: Store, folder: Path) -> None:
    fill(store)
    save_now(store, folder)
    fill(store, 2)
    with store.reading() as session:
        position = built(session).position
    with store.writing(at=NOW) as session:
        prune(session, position)
    live = attached(store, folder)
    assert located(live) == 5
    compare(live, QUESTION)


def test_index_of_many_is_built_in_the_background_while_the_database_answers(
    store: Store, folder: Path
) -> None:
    fill(store, 4)
    reading = SlowReading(store)
    index = LiveIndex(folder, reading, built_at_once=3)
    live = replace(store, index=index)
    reading.may_go_on.clear()
    assert not is_answering(live)
    assert located(live) == 4
    fill(store, 1)
    assert located(live) == 5
    reading.may_go_on.set()
    index.settle()
    assert is_answering(live)
    compare(live, QUESTION)
    # It was saved, so that the next process has nothing to build.
    assert is_answering(replace(store, index=LiveIndex(folder, store.reading, built_at_once=0)))


def test_whoever_is_patient_waits_for_the_index(store: Store, folder: Path) -> None:
    fill(store, 4)
    index = LiveIndex(folder, store.reading, is_patient=True, built_at_once=3)
    live = replace(store, index=index)
    assert is_answering(live)
    compare(live, QUESTION)


def test_index_opened_early_is_there_when_somebody_asks(store: Store, folder: Path) -> None:
    fill(store, 4)
    index = LiveIndex(folder, store.reading, built_at_once=10)
    index.open_early()
    live = replace(store, index=index)
    compare(live, QUESTION)


def test_index_that_cannot_be_saved_answers_all_the_same(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store, 4)
    taken = tmp_path / "a file"
    taken.touch()
    index = LiveIndex(taken, store.reading, is_patient=True, built_at_once=0)
    compare(replace(store, index=index), QUESTION)
    assert "built but not saved" in caplog.text


@pytest.mark.parametrize("year", [1900, 1931, 2068, 2100])
def test_report_of_another_century_is_answered(live: Store, year: int) -> None:
    reported = datetime(year, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC)
    fill(live)
    with live.writing("incidents", at=NOW) as session:
        add_incident(session, reported_at=reported)
    for since, until in (
        (datetime(1800, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)),
        (reported, reported + timedelta(microseconds=1)),
        (reported.replace(microsecond=0), reported.replace(microsecond=0) + timedelta(seconds=1)),
        (datetime(1800, 1, 1, tzinfo=UTC), NOW),
        (NOW - timedelta(days=1), datetime(2200, 1, 1, tzinfo=UTC)),
    ):
        compare(live, Question(BUILT_IN_OPERATOR, replace(VIEW, period=Period(since, until))))


COPIES = (
    """
    WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    INSERT INTO grid_unit (id, scheme_id, level, code, name, translations, kind, area_m2, geometry,
        source_crs, source_system, source_id)
    SELECT n + 1000, scheme_id, level, 'G' || n, name, translations, kind, area_m2, geometry,
        source_crs, source_system, 'g' || n FROM grid_unit, numbers
    """,
    """
    WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    INSERT INTO incident (id, incident_no, title, category_code, source, priority, stage,
        longitude, latitude, cell, source_crs, reported_at, rework_count, return_count,
        transfer_count, updated_at, source_system, source_id)
    SELECT n + 1000, incident_no, title, category_code, source, priority, stage,
        longitude, latitude, cell, source_crs, reported_at, rework_count, return_count,
        transfer_count, updated_at, source_system, 'i' || n FROM incident, numbers
    """,
    """
    WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    INSERT INTO incident_grid (incident_id, grid_id) SELECT n + 1000, n + 1000 FROM numbers
    """,
)


def fill_grids(store: Store, count: int) -> None:
    """Add so many incidents: the first in no grid, each other in a grid of its own."""
    with store.writing("grids", "incidents", at=NOW) as session:
        add_grid(session)
        add_incident(session)
        for statement in COPIES:
            session.execute(text(statement), {"count": count})


def test_database_answers_what_no_index_can_hold_and_says_so_once(
    sqlite_store: Store, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill_grids(sqlite_store, MOST_PLACES + 1)
    live = attached(sqlite_store, folder)
    index = live.index
    assert index is not None
    for _ in range(3):
        assert located(live) == MOST_PLACES + 1
        assert not is_answering(live)
        index.settle()
    assert len(caplog.records) == 1
    assert "answers without an index" in caplog.text
    with live.writing("incidents", at=NOW) as session:
        session.execute(text("DELETE FROM incident WHERE id < 1005"))
    # What could not be held is gone: it is tried again.
    located(live)
    index.settle()
    assert is_answering(live)
    compare(live, QUESTION)


def test_totals_only_grow_while_a_thread_adds_and_others_ask(store: Store, folder: Path) -> None:
    live = attached(store, folder)
    fill(live)
    is_done = threading.Event()

    def write() -> None:
        try:
            for number in range(1, 31):
                with live.writing("incidents", at=NOW) as session:
                    for _ in range(number % 4):
                        add_incident(session)
                    # One that comes and goes within a writing is never seen.
                    session.delete(add_incident(session))
        finally:
            is_done.set()

    def ask() -> list[int]:
        found = []
        while not is_done.is_set():
            with live.reading() as session:
                found.append(incidents.located(session, BUILT_IN_OPERATOR, VIEW))
                counted = incidents.count_by_cell(session, BUILT_IN_OPERATOR, VIEW, 9)
                assert counted.total >= found[-1]
                found.append(counted.total)
        return found

    sizes = np.cumsum([3, *(number % 4 for number in range(1, 31))]).tolist()
    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(ask) for _ in range(2)]
        threads.submit(write).result()
        for one in asked:
            totals = one.result()
            assert totals == sorted(totals)
            assert set(totals) <= set(sizes)
    assert located(live) == sizes[-1]
    compare(live, QUESTION)


def test_stores_of_one_folder_do_not_share_what_they_change(store: Store, folder: Path) -> None:
    there = fill(store)
    save_now(store, folder)
    first, second = attached(store, folder), attached(store, folder)
    assert (located(first), located(second)) == (3, 3)
    with store.writing("incidents", at=NOW) as session:
        delete_one(session, there)
    assert located(first) == 2
    compare(second, QUESTION)
    third = attached(open_store(store.engine.url.render_as_string(hide_password=False)), folder)
    compare(third, QUESTION)
    third.engine.dispose()


def test_database_answers_what_was_written_by_hand_until_it_is_announced(live: Store) -> None:
    fill(live)
    assert located(live) == 3
    with live.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE incident SET longitude = NULL, latitude = NULL, cell = NULL "
                "WHERE id = (SELECT min(id) FROM incident)"
            )
        )
    assert located(live) == 2
    assert not is_answering(live)
    with live.writing("incidents", at=NOW):
        pass
    assert located(live) == 2
    assert is_answering(live)


def test_backup_restored_after_writing_by_hand_is_counted_as_it_is(
    sqlite_store: Store, folder: Path, tmp_path: Path
) -> None:
    live = attached(sqlite_store, folder)
    fill(live)
    database, backup = tmp_path / "gezhi.db", tmp_path / "backup.db"
    with closing(sqlite3.connect(database)) as there, closing(sqlite3.connect(backup)) as copy:
        there.backup(copy)
    with live.engine.begin() as connection:
        connection.execute(text("UPDATE incident SET cell = NULL"))
    assert located(live) == 0
    with closing(sqlite3.connect(backup)) as copy, closing(sqlite3.connect(database)) as there:
        copy.backup(there)
    assert located(live) == 3
    assert is_answering(live)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE incident SET cell = -5 WHERE id = 1",
        "UPDATE incident SET cell = 'x' WHERE id = 1",
        "UPDATE incident SET reported_at = 'yesterday' WHERE id = 1",
        "UPDATE incident SET reported_at = '2026-08-01 08:00:00' WHERE id = 1",
    ],
)
def test_row_that_no_index_can_hold_leaves_the_answers_to_the_database(
    sqlite_store: Store, folder: Path, change: str
) -> None:
    fill(sqlite_store)
    with sqlite_store.engine.begin() as connection:
        connection.execute(text(change))
    with sqlite_store.writing("incidents", at=NOW):
        pass
    live = attached(sqlite_store, folder)
    assert not is_answering(live)


def test_snapshot_that_lacks_something_is_rebuilt(sqlite_store: Store, folder: Path) -> None:
    fill(sqlite_store)
    snapshots.save(folder, {"a": np.zeros(1)}, {"revision": 1})
    assert opened(folder) is None
    assert located(attached(sqlite_store, folder)) == 3


def test_row_replaced_by_hand_is_missed_by_nobody(
    sqlite_store: Store, folder: Path, tmp_path: Path
) -> None:
    live = attached(sqlite_store, folder)
    fill(live)
    assert located(live) == 3
    with closing(sqlite3.connect(tmp_path / "gezhi.db")) as plain:  # without our own settings
        names = [row[1] for row in plain.execute("PRAGMA table_info(incident)")][1:]
        columns = ", ".join(names)
        plain.execute(
            f"INSERT OR REPLACE INTO incident (id, {columns}) "  # noqa: S608 - names of columns
            f"SELECT 99, {columns} FROM incident WHERE id = 1"
        )
        plain.commit()
    with live.writing("incidents", at=NOW):
        pass
    assert located(live) == 3
    assert is_answering(live)
