"""CSV and other delimited text, read as a stream."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TextIO

from data.errors import InvalidInputError, TooLargeError
from data.intake.containers import Content
from data.intake.encodings import detect
from data.intake.limits import Limits
from data.intake.table import UNPRINTABLE, Row, Table

DELIMITERS = ",;\t|"
_LONGEST_HEADER = 1_000_000


@dataclass(frozen=True, slots=True)
class TextForm:
    """How the text is written, where the mapping says so; None is found out."""

    encoding: str | None = None
    delimiter: str | None = None


def read(content: Content, form: TextForm, limits: Limits) -> Generator[Table]:
    """Yield the table of a delimited file, which stays open until the generator is closed."""
    encoding, count = form.encoding, None
    if encoding is None:
        with content.open() as stream:
            encoding, count = detect(stream, content.name)
    delimiter = form.delimiter or _delimiter(content, encoding)
    with _text(content, encoding) as text:
        lines = _Records(text, delimiter, content.name, encoding, limits)
        columns = lines.header()
        yield Table(
            columns=columns,
            rows=lines.rows(columns),
            expected_rows=count,
            notes=() if encoding in {"utf-8", "utf-8-sig"} else (f"read as {encoding.upper()}",),
        )


def _text(content: Content, encoding: str) -> TextIO:
    # The mark at the start is no part of the text, whether or not the mapping knows of it.
    named = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.TextIOWrapper(content.open(), encoding=named, newline="")


def _delimiter(content: Content, encoding: str) -> str:
    """Return the delimiter that the first line holds most often."""
    with _text(content, encoding) as text:
        try:
            first = text.readline(_LONGEST_HEADER)
        except UnicodeDecodeError:
            raise InvalidInputError(_undecodable(content.name, 1, encoding)) from None
    return max(DELIMITERS, key=first.count)


def _undecodable(name: str, line: int, encoding: str) -> str:
    return (
        f"{name}, line {line} or soon after: is not {encoding.upper()}. "
        "Name the right encoding in the mapping, or save the file as CSV in UTF-8."
    )


class _Records:
    """The records of a file with the line on which each begins."""

    def __init__(
        self, text: TextIO, delimiter: str, name: str, encoding: str, limits: Limits
    ) -> None:
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)
        self._name, self._encoding, self._limits = name, encoding, limits

    def _next(self) -> tuple[int, list[str]] | None:
        """Return the next record that is not blank."""
        while True:
            line = self._reader.line_num + 1
            try:
                record = next(self._reader, None)
            except UnicodeDecodeError:
                raise InvalidInputError(_undecodable(self._name, line, self._encoding)) from None
            except csv.Error as error:
                raise InvalidInputError(
                    f"{self._name}, line {line}: is not well-formed CSV ({error}). "
                    "Check the quotation marks there."
                ) from None
            if record is None or any(field.strip() for field in record):
                return None if record is None else (line, record)

    def header(self) -> tuple[str, ...]:
        found = self._next()
        if found is None:
            raise InvalidInputError(f"{self._name} holds no line of text; export it again.")
        columns = tuple(field.strip() for field in found[1])
        check_columns(columns, self._name, self._limits)
        return columns

    def rows(self, columns: tuple[str, ...]) -> Iterator[Row]:
        count = 0
        while (found := self._next()) is not None:
            count += 1
            if count > self._limits.rows:
                raise TooLargeError(
                    f"{self._name} holds more than {self._limits.rows:,} rows; split the file."
                )
            line, record = found
            if len(record) == len(columns):
                yield Row(line, dict(zip(columns, record, strict=True)))
            else:
                problem = f"has {len(record)} fields, the header has {len(columns)}"
                yield Row(line, {}, problem=problem)


def check_columns(columns: tuple[str, ...], name: str, limits: Limits) -> None:
    """Refuse a header that has too many columns or names one twice."""
    if len(columns) > limits.columns:
        raise TooLargeError(
            f"{name} has {len(columns):,} columns; at most {limits.columns} are read. "
            "Delete the ones that are not needed."
        )
    for column in columns:
        if UNPRINTABLE.search(column):
            raise InvalidInputError(
                f"{name}: the name of the column {column!r} holds a control character; rename it."
            )
    named = [column for column in columns if column]
    for column in named:
        if named.count(column) > 1:
            raise InvalidInputError(
                f"{name} has two columns named {column!r}; rename one so that the mapping is clear."
            )
