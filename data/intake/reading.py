"""Opening a file as a table, by the format that its name says."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import InvalidInputError
from data.intake import delimited, geojson, shapefiles, workbook
from data.intake.containers import GEOJSON_SUFFIXES, TEXT_SUFFIXES, Content, opened
from data.intake.delimited import TextForm
from data.intake.limits import MEBIBYTE, Limits
from data.intake.table import Table

FORMATS = ".csv, .tsv, .txt, .xlsx, .geojson, .json, .zip, or one of them with .gz"


@contextmanager
def open_table(path: Path, form: TextForm, sheet: str | None, limits: Limits) -> Iterator[Table]:
    """Open the table of a file and close the file afterwards.

    Raises
    ------
    InvalidInputError
        The file is of no known format, or not of the one that its name says.
    TooLargeError
        The file, or what it unpacks to, passes the limits.
    """
    with opened(path, limits) as content:
        if content.suffix == ".xlsx" and content.name == path.name and path.suffix != ".gz":
            tables = workbook.read(path, sheet, limits)
        else:
            tables = _tables(content, form, limits)
        try:
            yield next(tables)
        finally:
            tables.close()


def _tables(content: Content, form: TextForm, limits: Limits) -> Generator[Table]:
    if content.suffix in TEXT_SUFFIXES:
        return delimited.read(content, form, limits)
    if content.suffix in GEOJSON_SUFFIXES:
        return geojson.read(content, limits)
    if content.suffix == ".shp" and content.parts:
        return shapefiles.read(content, limits)
    raise InvalidInputError(
        f"{content.name} is of no known format; give {FORMATS}. A Shapefile comes as a zip archive."
    )


def sha256(path: Path) -> str:
    """Return the fingerprint of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(MEBIBYTE):
            digest.update(chunk)
    return digest.hexdigest()
