"""Sheets of .xlsx workbooks, read row by row within bounds."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from data.errors import InvalidInputError, TooLargeError
from data.intake.containers import DAMAGE, check_archive
from data.intake.delimited import check_columns
from data.intake.limits import Limits
from data.intake.table import Row, Table, as_text

_BROKEN = (  # what the parsers of openpyxl let through
    TypeError,
    AttributeError,
    SyntaxError,
    InvalidFileException,
    *DAMAGE,
)
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})


def read(path: Path, sheet: str | None, limits: Limits) -> Generator[Table]:
    """Yield the table of one sheet; without a name it is the only one, or the first."""
    if not openpyxl.DEFUSEDXML:
        raise InvalidInputError(
            "Workbooks are not read because defusedxml is missing, which guards against hostile "
            "XML; install the requirements."
        )
    book = _open(path, limits)
    with closing(book):
        chosen = _sheet(book, sheet, path.name)
        _check_extent(chosen, path.name, limits)
        yield from _table(chosen, path.name, limits)


def _table(sheet: Worksheet, name: str, limits: Limits) -> Generator[Table]:
    expected = sheet.max_row
    with closing(_rows(sheet, name, limits)) as rows:
        header = next(rows, None)
        if header is None:
            raise InvalidInputError(f"{name}: the sheet {sheet.title!r} is empty.")
        columns = tuple(as_text(value) for value in header[1])
        while columns and not columns[-1]:
            columns = columns[:-1]
        check_columns(columns, name, limits)
        yield Table(
            columns=columns,
            rows=_as_rows(rows, columns),
            place="row",
            expected_rows=expected,
        )


def _open(path: Path, limits: Limits) -> openpyxl.Workbook:
    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, path.name, limits)
        with warnings.catch_warnings():
            # openpyxl warns of styles and validations that it drops; only values are read here.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(
                path, read_only=True, data_only=True, keep_links=False, rich_text=False
            )
    except _BROKEN as error:
        raise InvalidInputError(_unreadable(path.name, error)) from None


def _sheet(book: openpyxl.Workbook, name: str | None, file_name: str) -> Worksheet:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if name is not None and name not in sheets:
        raise InvalidInputError(
            f"{file_name} has no sheet {name!r}; it has {', '.join(sheets) or 'none'}."
        )
    if not sheets:
        raise InvalidInputError(f"{file_name} has no sheet of cells.")
    return sheets[name] if name is not None else next(iter(sheets.values()))


def _check_extent(sheet: Worksheet, name: str, limits: Limits) -> None:
    """Refuse by the size that the sheet declares, before any row is made."""
    rows, columns = sheet.max_row or 0, sheet.max_column or 0
    if rows > limits.workbook_rows:
        raise TooLargeError(_too_many_rows(sheet.title, name, f"{rows:,}", limits))
    if columns > limits.columns:
        raise TooLargeError(
            f"{name}: the used range of the sheet {sheet.title!r} reaches column {columns:,}; "
            f"at most {limits.columns} are read. Delete the empty columns beside the table."
        )


def _too_many_rows(sheet: str, name: str, reached: str, limits: Limits) -> str:
    return (
        f"{name}: the used range of the sheet {sheet!r} reaches row {reached}; at most "
        f"{limits.workbook_rows:,} are read. Delete the empty rows below the table, "
        "or save it as CSV."
    )


def _rows(sheet: Worksheet, name: str, limits: Limits) -> Generator[tuple[int, tuple[Any, ...]]]:
    """Yield the rows that hold something, with their numbers."""
    widest = min(limits.columns, sheet.max_column or limits.columns)
    sheet.reset_dimensions()  # type: ignore[attr-defined]  # else rows beyond the declared are lost
    # Left open, the rows would keep the file open.
    with closing(sheet.iter_rows(values_only=True, max_col=widest)) as cells:
        numbered = enumerate(cells, 1)
        while (found := _next(numbered, name)) is not None:
            number, values = found
            # A sheet may hold more than it declares, and gaps are filled with empty rows.
            if number > limits.workbook_rows:
                raise TooLargeError(_too_many_rows(sheet.title, name, f"{number:,}", limits))
            if any(value is not None and value != "" for value in values):
                yield number, values


def _next(
    cells: Iterator[tuple[int, tuple[Any, ...]]], name: str
) -> tuple[int, tuple[Any, ...]] | None:
    try:
        return next(cells, None)
    except _BROKEN as error:
        raise InvalidInputError(_unreadable(name, error)) from None


def _unreadable(name: str, error: Exception) -> str:
    return (
        f"{name} cannot be read as a workbook ({type(error).__name__}); "
        "save it again as .xlsx or as CSV in UTF-8."
    )


def _as_rows(
    rows: Iterator[tuple[int, tuple[Any, ...]]], columns: tuple[str, ...]
) -> Iterator[Row]:
    for number, values in rows:
        shown = (None if value in _ERRORS else value for value in values)
        yield Row(number, dict(zip(columns, shown, strict=False)))
