"""`python -m data index`, and the counting that uses what it saved."""

from __future__ import annotations

import fcntl
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text

from data.assignment import assign_incidents
from data.cli import main
from data.models import IncidentChange, IncidentRevision, Model
from data.reads.incident_log import has_unannounced
from data.scope import BUILT_IN_OPERATOR
from data.store import Store
from tests.makers import NOW, add_grid, add_incident, middle_of, square

MARCH = ("--since", "2026-03-01", "--until", "2026-03-03")
COUNT = ("count", "--resolution", "9", *MARCH, "--format", "json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


@pytest.fixture
def five(store: Store) -> Store:
    """Return a database with five incidents, one of them without a place."""
    with store.writing("grids", "incidents", at=NOW) as session:
        add_grid(session, code="A")
        for column in range(4):
            longitude, latitude = middle_of(square(column))
            category = f"0{column % 2 + 1}"
            add_incident(session, longitude=longitude, latitude=latitude, category_code=category)
        add_incident(session, longitude=None, latitude=None)
        assign_incidents(session)
    return store


def run(url: str, folder: Path, *words: str) -> Result:
    environment = {"GEZHI_DATABASE_URL": url, "GEZHI_INDEX_FOLDER": str(folder)}
    return CliRunner().invoke(main, list(words), env=environment)


@pytest.mark.usefixtures("five")
def test_index_is_built_and_says_of_how_many_and_where(database_url: str, folder: Path) -> None:
    done = run(database_url, folder, "index")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"5 incidents are in the index in {folder}.\n"
    assert [path.name for path in sorted(folder.iterdir())] == ["000000000001", "lock"]


@pytest.mark.usefixtures("five")
def test_index_built_again_takes_the_place_of_the_older_one(
    database_url: str, folder: Path
) -> None:
    for _ in range(2):
        assert run(database_url, folder, "index").exit_code == 0
    assert [path.name for path in sorted(folder.iterdir())] == ["000000000002", "lock"]


def test_incidents_written_by_hand_get_a_revision(
    five: Store, database_url: str, folder: Path
) -> None:
    with five.engine.begin() as connection:
        connection.execute(text("DELETE FROM incident_grid"))
        connection.execute(text("DELETE FROM incident WHERE longitude IS NULL"))
    with five.reading() as session:
        assert has_unannounced(session, BUILT_IN_OPERATOR)
    assert run(database_url, folder, "index").stdout.startswith("4 incidents")
    with five.reading() as session:
        assert not has_unannounced(session, BUILT_IN_OPERATOR)


def test_empty_database_has_an_empty_index(database_url: str, folder: Path) -> None:
    assert run(database_url, folder, "index").stdout.startswith("0 incidents")
    answer = json.loads(run(database_url, folder, *COUNT).stdout)
    assert (answer["total"], answer["cells"]) == (0, [])


def test_folder_beside_the_database_is_taken_unless_another_is_named(
    sqlite_url: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(main, ["index"], env={"GEZHI_DATABASE_URL": sqlite_url})
    assert str(tmp_path / "gezhi.db.index") in done.stdout


@pytest.mark.usefixtures("five")
def test_second_index_at_once_is_refused(database_url: str, folder: Path) -> None:
    folder.mkdir()
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(database_url, folder, "index")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: Another process is writing the index in {folder}; try again when it has ended.\n"
    )
    assert run(database_url, folder, "index").exit_code == 0


@pytest.mark.usefixtures("five")
def test_folder_that_cannot_be_written_is_one_sentence(database_url: str, folder: Path) -> None:
    folder.touch()
    done = run(database_url, folder, "index")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: The index could not be written in {folder}")
    assert done.stderr.count("\n") == 1


def lines_of_the_log(store: Store) -> tuple[int, int]:
    with store.reading() as session:
        changes = session.scalars(select(func.count()).select_from(IncidentChange)).one()
        revisions = session.scalars(select(func.count()).select_from(IncidentRevision)).one()
    return changes, revisions


def test_log_that_everybody_has_followed_is_shortened(
    five: Store, database_url: str, folder: Path
) -> None:
    with five.writing("incidents", at=NOW) as session:
        add_incident(session)
    changes, revisions = lines_of_the_log(five)
    assert changes > 0
    assert revisions > 1
    assert run(database_url, folder, "index").exit_code == 0
    assert lines_of_the_log(five) == (0, 1)
    # What was saved is still where the log begins: no need to build it again.
    with five.writing("incidents", at=NOW) as session:
        add_incident(session)
    assert json.loads(run(database_url, folder, *COUNT).stdout)["total"] == 6


def test_log_is_kept_where_the_index_could_not_be_saved(
    five: Store, database_url: str, folder: Path
) -> None:
    with five.writing("incidents", at=NOW) as session:
        add_incident(session)
    before = lines_of_the_log(five)
    folder.touch()
    assert run(database_url, folder, "index").exit_code == 1
    assert lines_of_the_log(five) == before


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("--category", "01"),
        ("--category", "01", "--category", "none such"),
        ("--bbox", "112.3,30.3,112.315,30.31"),
        ("--bbox", "170,-10,-170,10"),
    ],
)
def test_both_engines_count_the_same(
    five: Store, database_url: str, folder: Path, more: tuple[str, ...]
) -> None:
    assert run(database_url, folder, "index").exit_code == 0
    with five.writing("incidents", at=NOW) as session:
        add_incident(session, reported_at=NOW - timedelta(hours=2))
    answers = {}
    for engine in ("index", "sql"):
        done = run(database_url, folder, *COUNT, *more, "--engine", engine)
        assert (done.exit_code, done.stderr) == (0, "")
        answers[engine] = done.stdout
    assert answers["index"] == answers["sql"]
    assert run(database_url, folder, *COUNT, *more).stdout == answers["index"]


def test_unknown_engine_is_wrong_usage(sqlite_url: str, folder: Path) -> None:
    assert run(sqlite_url, folder, *COUNT, "--engine", "abacus").exit_code == 2


def test_count_opens_what_index_saved(five: Store, database_url: str, folder: Path) -> None:
    assert run(database_url, folder, "index").exit_code == 0
    # A count that nobody could have got from the database: the index was opened, not built.
    with five.engine.begin() as connection:
        for table in ("incident_grid", "incident", "incident_change"):
            connection.execute(Model.metadata.tables[table].delete())
    assert json.loads(run(database_url, folder, *COUNT).stdout)["total"] == 4
    assert json.loads(run(database_url, folder, *COUNT, "--engine", "sql").stdout)["total"] == 0
