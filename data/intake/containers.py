"""Bytes of a file, a gzip file or a zip member, never more than allowed and never on disk."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from data.errors import InvalidInputError, TooLargeError
from data.intake.limits import MEBIBYTE, Limits, in_mebibytes

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
GEOJSON_SUFFIXES = (".geojson", ".json")
SHAPEFILE_PARTS = (".dbf", ".shx", ".prj", ".cpg")
_DATA_SUFFIXES = (*TEXT_SUFFIXES, *GEOJSON_SUFFIXES, ".shp")

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    LookupError,
    RuntimeError,
    ValueError,
)
"""What the readers of archives raise over damaged ones."""

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Content:
    """One table's bytes, which can be opened again and again."""

    name: str
    """For sentences."""
    suffix: str
    open: Opener
    parts: dict[str, Opener]
    """The other files of a Shapefile, by suffix."""


class _Bounded(io.RawIOBase):
    """A stream that ends with an error instead of going on beyond its limit."""

    def __init__(self, stream: BinaryIO, name: str, limit: int) -> None:
        super().__init__()
        self._stream, self._name, self._limit, self._read = stream, name, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            chunk = self._stream.read(min(len(buffer), MEBIBYTE))
        except DAMAGE as error:
            raise InvalidInputError(f"{self._name} is damaged: {error}. Copy it again.") from None
        self._read += len(chunk)
        if self._read > self._limit:
            raise TooLargeError(_too_large(self._name, self._limit))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _too_large(name: str, limit: int) -> str:
    return (
        f"{name} is larger than {in_mebibytes(limit)}, the most that is read in one run. "
        "Split the file."
    )


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Content]:
    """Open the one table that a file holds, after checking its size and the sizes in an archive."""
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise InvalidInputError(f"{path.name} is empty; export it again.")
    if size_bytes > limits.file_bytes:
        raise TooLargeError(_too_large(path.name, limits.file_bytes))
    suffix = path.suffix.lower()
    if suffix == ".zip":
        with _archive(path) as archive:
            yield _content_of(archive, path.name, limits)
    elif suffix == ".gz":
        inner = PurePosixPath(path.name.lower()).with_suffix("").suffix
        yield Content(path.name, inner, lambda: _gunzipped(path, limits), {})
    else:
        yield Content(path.name, suffix, lambda: path.open("rb"), {})


def _gunzipped(path: Path, limits: Limits) -> BinaryIO:
    # gzip.GzipFile is a BinaryIO in all but its declared type.
    return _bounded(gzip.open(path, "rb"), path.name, limits.file_bytes)  # type: ignore[arg-type]


def _bounded(stream: BinaryIO, name: str, limit: int) -> BinaryIO:
    return io.BufferedReader(_Bounded(stream, name, limit), MEBIBYTE)


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGE:
        raise InvalidInputError(f"{path.name} is not a zip archive; pack it again.") from None
    with archive:
        yield archive


def check_archive(archive: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Refuse an archive that would unpack to more than allowed, or has names that leave it."""
    members = archive.infolist()
    if len(members) > limits.archive_members:
        raise TooLargeError(
            f"{name} holds {len(members):,} files; at most {limits.archive_members} are accepted. "
            "Pack only the files of one table."
        )
    for member in members:
        _check_member(member, name, limits)
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.file_bytes:
        raise TooLargeError(
            f"{name} unpacks to {in_mebibytes(unpacked)}; at most "
            f"{in_mebibytes(limits.file_bytes)} are read in one run. Split the file."
        )


def _check_member(member: zipfile.ZipInfo, name: str, limits: Limits) -> None:
    if member.flag_bits & 1:
        raise InvalidInputError(f"{name} is encrypted; pack it without a password.")
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    leaves = member.filename.startswith(("/", "\\")) or ":" in member.filename
    if leaves or not parts or ".." in parts:
        raise InvalidInputError(
            f"{name} holds a file that points out of the archive, {member.filename!r}; "
            "pack it again."
        )
    packed = max(member.compress_size, 1)
    if member.file_size > MEBIBYTE and member.file_size > packed * limits.compression_ratio:
        raise TooLargeError(
            f"{name} looks like a zip bomb: {member.filename!r} unpacks to "
            f"{in_mebibytes(member.file_size)}, {member.file_size // packed} times its packed "
            f"size; at most {limits.compression_ratio} times is accepted. Give the file unpacked."
        )


def _content_of(archive: zipfile.ZipFile, name: str, limits: Limits) -> Content:
    check_archive(archive, name, limits)
    files = [
        member.filename
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    tables = [file for file in files if PurePosixPath(file).suffix.lower() in _DATA_SUFFIXES]
    if len(tables) != 1:
        found = ", ".join(sorted(tables)[:5]) or "none"
        raise InvalidInputError(
            f"{name} must hold one GeoJSON, CSV or Shapefile; it holds {len(tables)} ({found})."
        )

    def opener(file: str) -> Opener:
        shown = f"{name}/{file}"
        return lambda: _bounded(_member(archive, file, name), shown, limits.file_bytes)

    stem = str(PurePosixPath(tables[0]).with_suffix("")).lower()
    parts = {
        PurePosixPath(file).suffix.lower(): opener(file)
        for file in files
        if str(PurePosixPath(file).with_suffix("")).lower() == stem
    }
    suffix = PurePosixPath(tables[0]).suffix.lower()
    return Content(f"{name}/{tables[0]}", suffix, opener(tables[0]), parts)


def _member(archive: zipfile.ZipFile, file: str, name: str) -> BinaryIO:
    try:
        return archive.open(file)  # type: ignore[return-value]  # declared as IO[bytes]
    except DAMAGE as error:
        raise InvalidInputError(f"{name} is damaged: {error}. Pack it again.") from None
