"""A damaged snapshot is never trusted: every cut and every flipped bit is seen."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.index.snapshots import VERSION, open_newest, save

ARRAYS = {
    "cells": np.arange(5, dtype=np.uint64),
    "codes": np.array([[1, 2, 3]], dtype=np.uint8),
    "none": np.zeros((0, 4), dtype=np.int32),
    "marks": np.array([True, False]),
}
FACTS = {"revision": 3}
FILES = ("arrays", "manifest")
BLOCK = 8 * 2**20
in_place = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """Return the folder of the only snapshot."""
    save(tmp_path, ARRAYS, FACTS)
    (found,) = (path for path in tmp_path.iterdir() if path.is_dir())
    return found


def is_refused(snapshot: Path, caplog: pytest.LogCaptureFixture) -> bool:
    """Tell whether a snapshot is left out, with a warning that names it, its fault and the cure."""
    caplog.clear()
    if open_newest(snapshot.parent) is not None:
        return False
    (told,) = caplog.records
    said = told.getMessage()
    return (
        told.levelname == "WARNING"
        and said.startswith(f"The snapshot {snapshot} of the index is skipped (")
        and said.endswith("); it is rebuilt.")
        and "skipped ()" not in said
    )


@pytest.mark.parametrize("name", FILES)
def test_file_cut_at_any_byte_is_refused(
    snapshot: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (snapshot / name).read_bytes()
    for length in range(len(whole)):
        (snapshot / name).write_bytes(whole[:length])
        assert is_refused(snapshot, caplog), length


@pytest.mark.parametrize("name", FILES)
def test_any_flipped_byte_is_refused(
    snapshot: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (snapshot / name).read_bytes()
    for position in range(len(whole)):
        for flipped in (0x01, 0x20, 0xFF):
            damaged = bytearray(whole)
            damaged[position] ^= flipped
            (snapshot / name).write_bytes(damaged)
            assert is_refused(snapshot, caplog), (position, flipped)


@in_place
@given(content=st.binary(max_size=200), name=st.sampled_from(FILES), whole=st.booleans())
def test_any_other_content_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, whole: bool
) -> None:
    folder = tmp_path_factory.mktemp("index")
    save(folder, ARRAYS, FACTS)
    path = next(folder.glob(f"*/{name}"))
    path.write_bytes(path.read_bytes() + content + b"\n" if whole else content)
    assert open_newest(folder) is None


@pytest.mark.parametrize("position", [0, BLOCK - 1, BLOCK, 2 * BLOCK, 2 * BLOCK + 4_000_000, -1])
def test_flipped_bit_of_a_long_array_is_refused(
    tmp_path: Path, position: int, caplog: pytest.LogCaptureFixture
) -> None:
    save(tmp_path, {"long": np.arange(2 * BLOCK + 8_000_000, dtype=np.uint32).view(np.uint8)}, {})
    (path,) = tmp_path.glob("*/arrays")
    with path.open("rb+") as file:
        file.seek(position % path.stat().st_size)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 0x10]))
    assert is_refused(path.parent, caplog)


def _remove(path: Path) -> None:
    path.unlink()


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _replace_by_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("spoil", [_remove, _replace_by_folder, _replace_by_loop])
def test_file_that_is_missing_or_no_file_is_refused(
    snapshot: Path, name: str, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    spoil(snapshot / name)
    assert is_refused(snapshot, caplog)


def test_snapshot_that_is_a_file_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "000000000001").write_text("a file")
    assert is_refused(tmp_path / "000000000001", caplog)


def sealed(snapshot: Path, manifest: Any) -> None:
    """Write a manifest whose digest is right."""
    body = json.dumps(manifest).encode() if not isinstance(manifest, bytes) else manifest
    digest = hashlib.sha256(body).hexdigest().encode()
    (snapshot / "manifest").write_bytes(digest + b"\n" + body)


def manifest_of(snapshot: Path) -> Any:
    return json.loads((snapshot / "manifest").read_bytes().split(b"\n", 1)[1])


def test_sealing_alone_changes_nothing(snapshot: Path) -> None:
    sealed(snapshot, manifest_of(snapshot))
    assert open_newest(snapshot.parent) is not None


WRONG_PLACES = [
    {"dtype": "|O", "shape": [1], "offset": 0},
    {"dtype": "<M8[s]", "shape": [1], "offset": 0},
    {"dtype": "|V8", "shape": [1], "offset": 0},
    {"dtype": "<i8,<i8", "shape": [1], "offset": 0},
    {"dtype": ["<i8"], "shape": [1], "offset": 0},
    {"dtype": None, "shape": [1], "offset": 0},
    {"dtype": "|u1", "shape": [10**6], "offset": 0},
    {"dtype": "<i8", "shape": [2**62, 2**62], "offset": 0},
    {"dtype": "<i8", "shape": [10**30], "offset": 0},
    {"dtype": "<i8", "shape": [-1], "offset": 0},
    {"dtype": "<i8", "shape": [1] * 100, "offset": 0},
    {"dtype": "<i8", "shape": ["1"], "offset": 0},
    {"dtype": "<i8", "shape": 1.5, "offset": 0},
    {"dtype": "|u1", "shape": [1], "offset": -1},
    {"dtype": "|u1", "shape": [1], "offset": 10**6},
    {"dtype": "|u1", "shape": [1], "offset": 2**63 - 1},
    {"dtype": "|u1", "shape": [-1, -1], "offset": 0},
    {"dtype": "|u1", "shape": [0, -1], "offset": 0},
    {"dtype": "|u1", "shape": [1], "offset": 10**30},
    {"dtype": "|u1", "shape": [1], "offset": "0"},
    {"dtype": "|u1", "shape": [1], "offset": 0, "file": "../../secret"},
    {"dtype": "|u1", "shape": [1]},
    ["|u1", [1], 0],
    "../../secret.npy",
    None,
]


@pytest.mark.parametrize("place", WRONG_PLACES, ids=str)
def test_array_that_is_not_plain_or_leaves_the_file_is_refused(
    snapshot: Path, place: Any, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = manifest_of(snapshot)
    sealed(snapshot, manifest | {"arrays": manifest["arrays"] | {"wrong": place}})
    assert is_refused(snapshot, caplog)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"version": VERSION + 1},
        {"version": None},
        {"bytes": 1},
        {"bytes": None},
        {"digests": []},
        {"digests": None},
        {"arrays": None},
        {"arrays": ["arrays"]},
    ],
    ids=str,
)
def test_manifest_of_another_form_is_refused(
    snapshot: Path, change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    sealed(snapshot, manifest_of(snapshot) | change)
    assert is_refused(snapshot, caplog)


@pytest.mark.parametrize("key", ["version", "facts", "arrays", "bytes", "digests"])
def test_manifest_without_a_part_is_refused(
    snapshot: Path, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = manifest_of(snapshot)
    del manifest[key]
    sealed(snapshot, manifest)
    assert is_refused(snapshot, caplog)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"7", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000, b"9" * 5_000],
    ids=lambda body: repr(body[:9]),
)
def test_manifest_that_is_no_object_is_refused(
    snapshot: Path, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    sealed(snapshot, body)
    assert is_refused(snapshot, caplog)


def test_older_whole_snapshot_stands_in_for_a_broken_newer_one(
    snapshot: Path, caplog: pytest.LogCaptureFixture
) -> None:
    newer = snapshot.with_name("000000000002")
    shutil.copytree(snapshot, newer)
    (newer / "arrays").write_bytes(b"")
    found = open_newest(snapshot.parent)
    assert found is not None
    assert found.facts == FACTS
    assert [str(newer) in message for message in caplog.messages] == [True]


def test_next_writer_replaces_a_broken_snapshot(snapshot: Path) -> None:
    (snapshot / "manifest").unlink()
    save(snapshot.parent, ARRAYS, {"revision": 4})
    found = open_newest(snapshot.parent)
    assert found is not None
    assert found.facts == {"revision": 4}
    assert not snapshot.exists()
