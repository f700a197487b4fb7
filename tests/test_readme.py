"""README.md is true: what it lists exists and is complete, what it shows runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path

import pytest

import layers
from data.cli import COMMANDS
from data.geo import Period, View
from data.reads.incidents import CELLS_LIMIT
from data.scope import BUILT_IN_OPERATOR
from data.settings import PREFIX, Settings
from data.store import Store
from layers.contract import Layer
from tests.makers import NOW, add_incident

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
LIMIT_OF_A_PICTURE_BYTES = 250_000


@dataclass(frozen=True)
class Block:
    """A fenced block with what stands behind its opening fence."""

    language: str
    mark: str
    text: str

    @property
    def file(self) -> str | None:
        """Return the name of the file that the block shows."""
        return self.mark.removeprefix("file=") if self.mark.startswith("file=") else None


BLOCKS = [
    Block(*found)
    for found in re.findall(r"^```(\w*) ?([^\n]*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
]


def section(title: str) -> str:
    """Return the text below a heading, up to the next one of its rank."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found is not None, f"README has no section {title!r}"
    return found.group(1)


def table(title: str) -> dict[str, list[str]]:
    """Return the rows of the table in a section by their first cell."""
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_every_setting_is_listed_and_no_other() -> None:
    assert list(table("Settings")) == [PREFIX + each.name.upper() for each in fields(Settings)]


def test_listed_defaults_are_the_defaults() -> None:
    listed = table("Settings")
    for each in fields(Settings):
        default = getattr(Settings(), each.name)
        written = listed[PREFIX + each.name.upper()][0]
        if each.name == "database_url":
            assert default == f"sqlite:///{ROOT}/var/gezhi.db"
        elif default is None or default == "":
            assert written in {"none", "empty"}
        else:
            assert written == f"`{default}`"


def test_every_layer_is_listed_in_drawing_order() -> None:
    listed = table("Layers")
    assert list(listed) == [layer.key for layer in layers.LAYERS]
    assert [row[0] for row in listed.values()] == [layer.shape for layer in layers.LAYERS]


def test_told_limit_of_cells_is_the_limit() -> None:
    assert f"More than {CELLS_LIMIT:,} cells" in section("Layers")


def test_every_command_is_listed() -> None:
    assert sorted(table("Commands")) == sorted(str(command.name) for command in COMMANDS)


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE))
    assert {"run", "test", "lint", "bench", "screenshots"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_link_inside_the_repository_resolves() -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert len(links) >= 4
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_every_named_folder_exists() -> None:
    drawn = section("Map of the code").split("```")[1]
    folder = ""
    for line in drawn.splitlines():
        top = re.match(r"(\w+)/", line)
        folder = f"{top.group(1)}/" if top else folder
        inner = [] if top else re.findall(r"(?:^  |  )([a-z_]+/|[a-z_]+\.py)(?= )", line)
        for name in inner:
            assert (ROOT / folder / name).exists(), folder + name


def test_pictures_are_small() -> None:
    pictures = [ROOT / link for link in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)]
    assert pictures != []
    for picture in pictures:
        assert picture.stat().st_size <= LIMIT_OF_A_PICTURE_BYTES


@pytest.mark.parametrize("unwanted", ["\u2014", "TODO", "/work/", "localhost"])
def test_readme_is_plain(unwanted: str) -> None:
    assert unwanted not in README


def run_shell(script: str, folder: Path) -> str:
    """Run what a reader would paste, with the environment of the tests activated."""
    outside = {key: text for key, text in os.environ.items() if not key.startswith("GEZHI_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", script],
        cwd=folder,
        env=outside | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_five_steps_load_the_town_that_they_show(tmp_path: Path) -> None:
    for block in BLOCKS:
        if block.file and "/" not in block.file:
            (tmp_path / block.file).write_text(block.text, "utf-8")
    script = "\n".join(block.text for block in BLOCKS if block.mark == "run")
    assert script.count("python -m data") == 7
    output = run_shell(script, tmp_path)
    # The second grid holds two of the three incidents, one of them closed.
    figures = output[output.rindex("\n", 0, output.index("eceived")) :]
    assert re.search(r"received\D*2\b", figures)
    assert re.search(r"closed\D*1\b", figures)


def shown_layer() -> Layer:
    (block,) = [block for block in BLOCKS if block.file == "layers/overdue_cells.py"]
    namespace: dict[str, object] = {}
    exec(compile(block.text, "README.md", "exec"), namespace)  # noqa: S102 - the point of the test
    layer = namespace["LAYER"]
    assert isinstance(layer, Layer)
    return layer


def test_shown_layer_draws_only_what_is_overdue(store: Store) -> None:
    with store.writing("incidents", at=NOW) as session:
        add_incident(session, due_at=NOW - timedelta(minutes=1))
        add_incident(session, due_at=NOW + timedelta(days=1))
    view = View(period=Period(NOW - timedelta(days=1), NOW), at=NOW)
    with store.reading() as session:
        picture = shown_layer().query(session, BUILT_IN_OPERATOR, view)
    assert (picture.shown, picture.total) == (1, 1)
    assert picture.cells is not None
    assert picture.cells.counts.tolist() == [1]
