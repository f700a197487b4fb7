"""Arrays in a folder that a process opens whole or not at all.

Each snapshot is a folder of its own, named by its number: a file `arrays` with the bytes of all
arrays, and a file `manifest`, whose first line is the digest of the JSON that follows. The JSON
holds the facts of the writer, where in `arrays` each array lies, and a digest of every block of
that file. Files are never changed once their folder has its name, so that every process maps the
same pages; a process that holds a snapshot keeps it when a newer one takes its place.
"""

from __future__ import annotations

import fcntl
import json
import logging
import math
import mmap
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from data.errors import UnavailableError

VERSION = 2
"""Raised with every change of the form; snapshots of another version are skipped."""

_PLAIN = frozenset(np.dtype(kind).str for kind in "?bBhHiIlLqQefd")
"""The types that may be stored: booleans and numbers, in the byte order of this machine."""

_ALIGNMENT = 64
_BLOCK = 8 * 2**20
_PIECE = 2**18
"""What is digested while the cache of the processor still holds it."""

_THREADS = 2
_NAME = re.compile(r"[0-9]{12}")
_UNFINISHED = ".unfinished"
_BROKEN = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What reading bytes of any content can raise."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was saved, mapped copy-on-write.

    The arrays may be written: a page that is written becomes private to this process, all others
    are shared with every process that has opened the same snapshot.
    """

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]


def save(folder: Path, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Put a new snapshot in place of the older ones, whole or not at all.

    Parameters
    ----------
    folder
        Where the snapshots of one database lie; made if missing.
    arrays
        Booleans and numbers; they may come from an opened snapshot.
    facts
        Whatever JSON can hold.

    Raises
    ------
    UnavailableError
        Another process is writing here, or the disk does not take the snapshot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_writer(folder):
            _remove_unfinished(folder)
            name = f"{max(map(int, _names(folder)), default=0) + 1:012d}"
            unfinished = folder / (name + _UNFINISHED)
            try:
                _write(unfinished, arrays, facts)
                unfinished.rename(folder / name)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
            _sync(folder)
            _retire(folder, [other for other in _names(folder) if other != name])
    except OSError as error:
        raise UnavailableError(
            f"The index could not be written in {folder} ({error.strerror or error}): let this "
            "user write there, make room on its disk and try again."
        ) from error


def open_newest(folder: Path) -> Snapshot | None:
    """Return the newest snapshot whose every byte is as it was written, or None.

    One that is not is skipped with a warning; nothing that a file holds raises an error.
    """
    try:
        return _newest(folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("The index in %s cannot be read (%s); it is rebuilt.", folder, error)
        return None


def _newest(folder: Path) -> Snapshot | None:
    skipped: set[str] = set()
    while names := _names(folder) - skipped:
        name = max(names)
        skipped.add(name)
        try:
            return _open(folder / name)
        except _BROKEN as error:
            # Gone is not broken: a writer has put a newer one in its place while it was read.
            if name in _names(folder):
                _log.warning(
                    "The snapshot %s of the index is skipped (%s); it is rebuilt.",
                    folder / name,
                    error,
                )
    return None


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)}


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder; the system takes it back when the process ends, however."""
    with (folder / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnavailableError(
                f"Another process is writing the index in {folder}; try again when it has ended."
            ) from None
        yield


def _write(folder: Path, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Write both files so that they outlast a loss of power."""
    folder.mkdir()
    with (folder / "arrays").open("xb+") as file:
        manifest = {
            "version": VERSION,
            "facts": facts,
            "arrays": {name: _append(file, name, array) for name, array in arrays.items()},
        }
        # An empty file could not be mapped.
        size = file.truncate(max(file.tell(), 1))
        file.flush()
        os.fsync(file.fileno())
        manifest |= {"bytes": size, "digests": _digests(file, size)}
    body = json.dumps(manifest, allow_nan=False).encode()
    with (folder / "manifest").open("xb") as file:
        file.write(_digest(body).encode() + b"\n" + body)
        file.flush()
        os.fsync(file.fileno())
    _sync(folder)


def _append(file: IO[bytes], name: str, array: NDArray[Any]) -> dict[str, Any]:
    """Write the bytes of an array at the next aligned place and return what finds them again."""
    if array.dtype.str not in _PLAIN:
        raise ValueError(f"a snapshot holds booleans and numbers; {name} is {array.dtype}")
    file.write(bytes(-file.tell() % _ALIGNMENT))
    offset = file.tell()
    file.write(array.ravel().view(np.uint8).data)
    return {"dtype": array.dtype.str, "shape": array.shape, "offset": offset}


def _open(folder: Path) -> Snapshot:
    head, _, body = (folder / "manifest").read_bytes().partition(b"\n")
    if _digest(body).encode() != head:
        raise ValueError("its manifest is damaged")
    manifest = json.loads(body)
    if manifest["version"] != VERSION:
        raise ValueError(f"it has version {manifest['version']}, this program reads {VERSION}")
    with (folder / "arrays").open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size != manifest["bytes"]:
            raise ValueError(f"its arrays have {size} bytes instead of {manifest['bytes']}")
        # Read, not yet mapped: a disk that fails under a mapping would end the process.
        if _digests(file, size) != manifest["digests"]:
            raise ValueError("its arrays are damaged")
        mapping = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
    arrays = {name: _array(mapping, **where) for name, where in manifest["arrays"].items()}
    return Snapshot(arrays, manifest["facts"])


def _array(mapping: mmap.mmap, dtype: str, shape: list[int], offset: int) -> NDArray[Any]:
    """Return a view of the mapping that does not leave it."""
    if dtype not in _PLAIN:
        raise ValueError(f"an array of it has the type {dtype}, which is not stored here")
    # Checked here: NumPy would take a place before the buffer.
    end = offset + math.prod(shape) * np.dtype(dtype).itemsize
    if not 0 <= offset <= end <= len(mapping):
        raise ValueError(f"an array of it leaves its file: from {offset} to {end}")
    return np.ndarray(tuple(shape), np.dtype(dtype), buffer=mapping, offset=offset)


def _digests(file: IO[bytes], size: int) -> list[str]:
    """Return the digest of each block of a file, found by all threads together."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(partial(_digest_of_block, file.fileno()), range(0, size, _BLOCK)))


def _digest_of_block(file: int, start: int) -> str:
    # Processors have instructions for SHA-256: with them it is twice as fast as BLAKE2.
    seen = sha256()
    for offset in range(start, start + _BLOCK, _PIECE):
        seen.update(os.pread(file, _PIECE, offset))
    return seen.hexdigest()


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def _sync(folder: Path) -> None:
    """Make the names in a folder outlast a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _retire(folder: Path, names: list[str]) -> None:
    """Remove snapshots; what cannot be removed now is left to the next writer."""
    for name in names:
        # Renamed first: a reader meets it whole or not at all.
        with suppress(OSError):
            (folder / name).rename(folder / (name + _UNFINISHED))
    _remove_unfinished(folder)


def _remove_unfinished(folder: Path) -> None:
    for path in folder.glob(f"*{_UNFINISHED}"):
        if _NAME.fullmatch(path.stem):
            shutil.rmtree(path, ignore_errors=True)
