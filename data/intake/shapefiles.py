"""Shapefiles inside a zip archive, read in memory."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Generator
from typing import Any

import pyproj
import shapefile
from pyproj.exceptions import CRSError

from data.errors import InvalidInputError, TooLargeError
from data.intake.containers import Content
from data.intake.delimited import check_columns
from data.intake.limits import Limits, in_mebibytes
from data.intake.table import Row, Table

_ENCODINGS = ("utf-8", "gb18030")
_BROKEN = (shapefile.ShapefileException, Warning, ValueError, LookupError, TypeError, struct.error)
_CODE_PAGES = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "65001": "utf-8"}


def read(content: Content, limits: Limits) -> Generator[Table]:
    """Yield the shapes of a Shapefile as rows with GeoJSON geometries."""
    if ".dbf" not in content.parts:
        raise InvalidInputError(
            f"{content.name} lacks its .dbf, which holds the columns; "
            "pack .shp, .dbf, .shx and .prj."
        )
    wanted = {suffix: opener for suffix, opener in content.parts.items() if suffix != ".shp"}
    files = {suffix: _bytes(opener, content.name, limits) for suffix, opener in wanted.items()}
    files[".shp"] = _bytes(content.open, content.name, limits)
    rows, columns, encoding = _rows(files, content.name)
    check_columns(columns, content.name, limits)
    if len(rows) > limits.rows:
        raise TooLargeError(f"{content.name} holds {len(rows):,} shapes; split the file.")
    yield Table(
        columns=columns,
        rows=iter(rows),
        place="feature",
        crs_name=_crs_name(files.get(".prj"), content.name),
        has_geometry=True,
        expected_rows=len(rows),
        notes=() if encoding == "utf-8" else (f"columns read as {encoding.upper()}",),
    )


def _bytes(opener: Any, name: str, limits: Limits) -> bytes:
    with opener() as stream:
        raw: bytes = stream.read(limits.document_bytes + 1)
    if len(raw) > limits.document_bytes:
        raise TooLargeError(
            f"{name} is larger than {in_mebibytes(limits.document_bytes)}, the most that is read "
            "of one Shapefile. Split it."
        )
    return raw


def _rows(files: dict[str, bytes], name: str) -> tuple[list[Row], tuple[str, ...], str]:
    declared = files.get(".cpg", b"").decode("ascii", "replace").strip().lower()
    encodings = (_CODE_PAGES.get(declared, declared),) if declared else _ENCODINGS
    reason = ""
    for encoding in encodings:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # pyshp goes on with half a file otherwise
                return (*_read_all(files, encoding), encoding)
        except _BROKEN as error:
            reason = reason or str(error)
    raise InvalidInputError(f"{name} cannot be read: {reason[:200]} Export it again in UTF-8.")


def _read_all(files: dict[str, bytes], encoding: str) -> tuple[list[Row], tuple[str, ...]]:
    parts = {
        key: io.BytesIO(files["." + key]) for key in ("shp", "dbf", "shx") if "." + key in files
    }
    with shapefile.Reader(**parts, encoding=encoding, encodingErrors="strict") as reader:
        columns = tuple(field[0] for field in reader.fields if field[0] != "DeletionFlag")
        rows = [
            Row(number, dict(zip(columns, item.record, strict=False)), _geometry(item.shape))
            for number, item in enumerate(reader.iterShapeRecords(), 1)
        ]
    return rows, columns


def _geometry(shape: Any) -> dict[str, Any] | None:
    if shape.shapeType == shapefile.NULL:
        return None
    interface: dict[str, Any] = shape.__geo_interface__
    return interface


def _crs_name(raw: bytes | None, name: str) -> str | None:
    """Return the system that the .prj describes, as far as the EPSG register knows it."""
    if raw is None:
        return None
    try:
        crs = pyproj.CRS.from_wkt(raw.decode("utf-8", "replace").strip())
    except CRSError:
        raise InvalidInputError(
            f"{name}: its .prj cannot be read; remove it and name the coordinate system by --crs."
        ) from None
    code = crs.to_epsg(min_confidence=25)
    return None if code is None else f"EPSG:{code}"
