"""Snapshots: what comes back is what was saved, mapped once for all processes, or nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from data.errors import UnavailableError
from data.index.snapshots import open_newest, save

ROOT = Path(__file__).resolve().parents[3]
FACTS = {"revision": 7, "names": ["东街", "D\ud800"], "mark": None, "share": 0.1}

plain_types = st.one_of(
    of_numpy.boolean_dtypes(),
    of_numpy.integer_dtypes(endianness="="),
    of_numpy.unsigned_integer_dtypes(endianness="="),
    of_numpy.floating_dtypes(endianness="=", sizes=(32, 64)),
)
plain_arrays = of_numpy.arrays(
    plain_types, of_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def opened(folder: Path) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return what a snapshot holds, with arrays as type, shape and bytes."""
    snapshot = open_newest(folder)
    assert snapshot is not None
    return contents(snapshot.arrays), snapshot.facts


def contents(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()}


@settings(max_examples=60)
@given(
    arrays=st.dictionaries(st.text(max_size=5), plain_arrays, max_size=4),
    facts=st.dictionaries(st.text(), json_values, max_size=4),
)
def test_opened_snapshot_is_what_was_saved(
    arrays: dict[str, npt.NDArray[Any]], facts: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        save(Path(name) / "index", arrays, facts)
        assert opened(Path(name) / "index") == (contents(arrays), facts)


def test_views_in_any_order_are_saved_as_they_read(tmp_path: Path) -> None:
    table = np.arange(24).reshape(4, 6)
    arrays = {
        "turned": table.T,
        "every_other": table[::2, ::-3],
        "line": table[0, ::2],
        "one": table[0, 0, ...],
    }
    save(tmp_path, arrays, {})
    assert opened(tmp_path)[0] == contents(arrays)


def test_arrays_of_many_blocks_come_back(tmp_path: Path) -> None:
    arrays = {"long": np.arange(3_000_000), "short": np.arange(3)}
    save(tmp_path, arrays, FACTS)
    assert opened(tmp_path) == (contents(arrays), FACTS)


def test_no_folder_and_an_empty_folder_hold_no_snapshot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert open_newest(tmp_path) is None
    assert open_newest(tmp_path / "missing") is None
    assert list(tmp_path.iterdir()) == []
    assert caplog.records == []


def test_newest_takes_the_place_of_the_older_and_no_name_comes_back(tmp_path: Path) -> None:
    names = []
    for revision in range(12):
        save(tmp_path, {"a": np.array([revision])}, {"revision": revision})
        (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
        names.append(folder.name)
        assert opened(tmp_path)[1] == {"revision": revision}
    assert names == sorted(set(names))


def test_snapshot_in_use_outlives_its_place(tmp_path: Path) -> None:
    save(tmp_path, {"a": np.arange(100_000)}, {})
    held = open_newest(tmp_path)
    assert held is not None
    save(tmp_path, {"a": np.zeros(5)}, {})
    assert (held.arrays["a"] == np.arange(100_000)).all()


def test_opened_arrays_can_be_changed_and_saved_again(tmp_path: Path) -> None:
    save(tmp_path, {"a": np.arange(1_000), "b": np.arange(3)}, {})
    held = open_newest(tmp_path)
    assert held is not None
    held.arrays["a"][5] = -1
    assert opened(tmp_path)[0]["a"] == contents({"a": np.arange(1_000)})["a"]
    save(tmp_path, held.arrays, {"second": True})
    assert opened(tmp_path) == (contents(held.arrays), {"second": True})
    assert held.arrays["a"][5] == -1


REFUSED = {
    "objects": np.array([{"a": 1}], dtype=object),
    "text": np.array(["text"]),
    "records": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    "bytes in another order": np.array([1, 2], dtype=np.dtype("i4").newbyteorder()),
    "times": np.array([0], dtype="datetime64[s]"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_only_booleans_and_numbers_are_stored(tmp_path: Path, kind: str) -> None:
    save(tmp_path, {"a": np.arange(3)}, FACTS)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match="holds booleans and numbers; wrong is"):
        save(tmp_path, {"fine": np.arange(9), "wrong": REFUSED[kind]}, FACTS)
    assert sorted(tmp_path.rglob("*")) == before
    assert opened(tmp_path)[1] == FACTS


@pytest.mark.parametrize("facts", [{"a": float("nan")}, {"a": {1, 2}}, {"a": b"bytes"}], ids=str)
def test_facts_that_json_cannot_hold_leave_nothing(tmp_path: Path, facts: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        save(tmp_path, {"a": np.arange(3)}, facts)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_leftovers_of_writers_go_and_what_others_keep_here_stays(tmp_path: Path) -> None:
    leftover = tmp_path / "000000000009.unfinished"
    leftover.mkdir()
    (leftover / "arrays").write_bytes(b"half")
    (tmp_path / "notes.unfinished").mkdir()
    (tmp_path / "notes").write_text("of the operator")
    (tmp_path / "12").mkdir()
    assert open_newest(tmp_path) is None
    save(tmp_path, {"a": np.arange(3)}, FACTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "000000000001",
        "12",
        "lock",
        "notes",
        "notes.unfinished",
    ]


def test_folder_that_takes_no_files_is_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "index"):
        with pytest.raises(UnavailableError) as refused:
            save(folder, {"a": np.arange(3)}, FACTS)
        assert str(refused.value).startswith(f"The index could not be written in {folder} (")
        assert str(refused.value).endswith("make room on its disk and try again.")


def test_folder_that_cannot_be_listed_is_told_and_holds_no_snapshot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert open_newest(tmp_path / "file") is None
    (told,) = caplog.messages
    assert str(tmp_path / "file") in told
    assert told.endswith("it is rebuilt.")


WITHOUT_RIGHTS = """
import logging, os, sys
from pathlib import Path
import numpy as np
from data.errors import AppError
from data.index.snapshots import open_newest, save

logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
try:
    save(Path("shut"), {"a": np.arange(3)}, {})
except AppError as error:
    print(error)
for folder in ("shut", "unreadable", "unlisted"):
    print(open_newest(Path(folder)))
"""


def test_missing_rights_are_told_and_never_an_unexpected_error(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir()
    for folder in ("unreadable", "unlisted"):
        save(tmp_path / folder, {"a": np.arange(3)}, FACTS)
    closed = [
        (tmp_path / "shut", 0o555),
        (tmp_path / "unreadable" / "000000000001" / "arrays", 0o000),
        (tmp_path / "unlisted", 0o000),
    ]
    tmp_path.chmod(0o755)
    for path, mode in closed:
        path.chmod(mode)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RIGHTS, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    for path, _ in closed:
        path.chmod(0o755)
    assert done.stderr == ""
    expected = [
        r"The index could not be written in shut \(Permission denied\): let this user write.+",
        "None",
        "WARNING The snapshot unreadable/000000000001 .+Permission denied.+; it is rebuilt.",
        "None",
        "WARNING The index in unlisted cannot be read .+Permission denied.+; it is rebuilt.",
        "None",
    ]
    for line, pattern in zip(done.stdout.splitlines(), expected, strict=True):
        assert re.fullmatch(pattern, line), line


SIBLING = """
import json, re, sys
from pathlib import Path
from data.index.snapshots import open_newest

snapshot = open_newest(Path(sys.argv[1]))
array = snapshot.arrays["a"]
for line in sys.stdin:
    if line == "write\\n":
        array[:1000] = -1
    total = int(array.sum())
    shared = [
        int(re.search(r"Shared_Clean: +([0-9]+)", region).group(1))
        for region in re.split(r"\\n(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text())
        if "/arrays\\n" in region
    ]
    print(json.dumps({"sum": total, "shared_kb": sum(shared)}), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells shared pages in /proc only")
def test_siblings_share_pages_and_do_not_see_what_the_other_writes(tmp_path: Path) -> None:
    array = np.arange(1_000_000)
    save(tmp_path, {"a": array}, {})
    siblings = [
        subprocess.Popen(
            [sys.executable, "-c", SIBLING, str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    def ask(sibling: subprocess.Popen[str], question: str) -> dict[str, int]:
        assert sibling.stdin is not None
        assert sibling.stdout is not None
        sibling.stdin.write(f"{question}\n")
        sibling.stdin.flush()
        return dict(json.loads(sibling.stdout.readline()))

    first, second = siblings
    assert ask(first, "read")["sum"] == array.sum()
    both = ask(second, "read")
    assert both["sum"] == array.sum()
    assert both["shared_kb"] * 1024 > 0.9 * array.nbytes
    assert ask(first, "write")["sum"] == array[1000:].sum() - 1000
    after = ask(second, "read")
    assert after["sum"] == array.sum()
    assert after["shared_kb"] * 1024 > 0.9 * array.nbytes
    for sibling in siblings:
        assert sibling.communicate()[0] == ""
        assert sibling.returncode == 0
