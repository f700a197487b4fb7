from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from data import catalogue
from data.cli_context import CommandContext
from data.commands.import_files import import_files
from data.errors import InvalidInputError
from data.models import Incident
from data.settings import Settings
from data.store import Store
from tests.data.intake.importing import INCIDENT_COLUMNS, INCIDENTS, Importer
from tests.makers import NOW

GOOD = "1,Pothole,2026-02-01T08:00:00,,112.305,30.305\n"
BAD = "2,=cmd(),2026-02-01T08:00:00,,0,0\n"


class Command:
    """The command with a database, called in this process."""

    def __init__(self, store: Store, folder: Path) -> None:
        with store.writing(at=NOW) as session:
            catalogue.load(session)
        self.importer = Importer(store, folder)
        self.store, self.folder = store, folder

    def __call__(self, rows: str, *options: str) -> Result:
        file = self.importer.write("x.csv", INCIDENT_COLUMNS + rows)
        mapping = self.importer.write("m.toml", INCIDENTS)
        papers = ["--report", str(self.folder / "r.json"), "--rejects", str(self.folder / "r.csv")]
        arguments = ["incidents", str(file), "--mapping", str(mapping), *papers, *options]
        context = CommandContext(Settings(), self.store, NOW)
        return CliRunner().invoke(import_files, arguments, obj=context)

    def report(self) -> dict[str, object]:
        return json.loads((self.folder / "r.json").read_text(encoding="utf-8"))


@pytest.fixture
def command(sqlite_store: Store, tmp_path: Path) -> Command:
    return Command(sqlite_store, tmp_path)


def test_all_accepted_is_zero(command: Command) -> None:
    result = command(GOOD)
    assert result.exit_code == 0
    assert "1 lines read; 1 were added" in result.output
    assert not (command.folder / "r.csv").exists()
    report = command.report()
    assert (report["read"], report["added"], report["rejected"], report["error"]) == (1, 1, 0, None)


def test_some_rejected_is_three_and_they_are_in_a_file(command: Command) -> None:
    result = command(GOOD + BAD)
    assert result.exit_code == 3
    with (command.folder / "r.csv").open(encoding="utf-8-sig", newline="") as stream:
        rejects = list(csv.DictReader(stream))
    assert rejects == [
        {
            "line": "3",
            "column": "lon + lat",
            "value": "0, 0",
            "reason": "is (0, 0), a point off Africa; leave the place empty where it is not known",
        }
    ]
    assert len(command.importer.all(Incident)) == 1


def test_nothing_accepted_is_an_error_that_leaves_its_papers(command: Command) -> None:
    result = command(BAD)
    assert isinstance(result.exception, InvalidInputError)
    assert "None of the 1 rows" in str(result.exception)
    assert command.report()["error"] == str(result.exception)
    assert (command.folder / "r.csv").exists()
    assert command.importer.all(Incident) == []


def test_rejected_value_is_no_formula_in_a_spreadsheet(command: Command) -> None:
    command(GOOD + "=1+1,x,never,,,\n" + "3,x,=HYPERLINK(0),,,\n")
    text = (command.folder / "r.csv").read_text(encoding="utf-8-sig")
    assert "'=HYPERLINK(0)" in text


def test_dry_run_says_what_would_be(command: Command) -> None:
    before = command.importer.contents()
    result = command(GOOD, "--dry-run")
    assert (result.exit_code, command.importer.contents()) == (0, before)
    assert "1 would be added" in result.output


def test_as_of_is_the_time_of_the_import_in_the_zone_of_the_installation(command: Command) -> None:
    assert command(GOOD, "--as-of", "2026-02-02").exit_code == 0
    incident = command.importer.all(Incident)[0]
    assert incident.updated_at.isoformat() == "2026-02-01T16:00:00+00:00"


@pytest.mark.parametrize("options", [["--as-of", "tomorrow"], ["--no-such-option"]])
def test_wrong_usage_is_two(command: Command, options: list[str]) -> None:
    assert command(GOOD, *options).exit_code == 2


def test_crs_of_the_command_is_stronger_than_that_of_the_mapping(command: Command) -> None:
    command(GOOD, "--crs", "gcj02")
    assert command.importer.all(Incident)[0].source_crs == "gcj02"


@pytest.mark.parametrize(
    ("rows", "code", "stream", "told"),
    [
        (GOOD, 0, "stdout", "1 were added"),
        (GOOD + BAD, 3, "stdout", "1 rejected"),
        (BAD, 1, "stderr", "Error: None of the 1 rows"),
    ],
)
def test_exit_codes_of_the_program(
    tmp_path: Path, sqlite_url: str, rows: str, code: int, stream: str, told: str
) -> None:
    (tmp_path / "x.csv").write_text(INCIDENT_COLUMNS + rows, encoding="utf-8")
    (tmp_path / "m.toml").write_text(INCIDENTS, encoding="utf-8")
    arguments = ["incidents", "x.csv", "--mapping", "m.toml", "--rejects", "rejects.csv"]
    done = subprocess.run(
        [sys.executable, "-m", "data", "import", *arguments],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
            "GEZHI_DATABASE_URL": sqlite_url,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert told in getattr(done, stream)
    assert "Traceback" not in done.stderr
