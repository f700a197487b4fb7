"""GeoJSON by a parser of our own.

GDAL is not used on files from outside: under the name of a GeoJSON file it follows descriptions
that make it read other local files and addresses on the network. Here only numbers, texts and
lists are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from typing import Any

from data.errors import InvalidInputError, TooLargeError
from data.intake.containers import Content
from data.intake.delimited import check_columns
from data.intake.limits import Limits, in_mebibytes
from data.intake.table import Row, Table

_CRS84 = "urn:ogc:def:crs:ogc:1.3:crs84"


def read(content: Content, limits: Limits) -> Generator[Table]:
    """Yield the features of a FeatureCollection as rows."""
    document = _parsed(content, limits)
    features = _features(document, content.name, limits)
    columns: dict[str, None] = {}
    for feature in features:
        if isinstance(feature, dict) and isinstance(feature.get("properties"), dict):
            columns.update(dict.fromkeys(feature["properties"]))
    check_columns(tuple(columns), content.name, limits)
    yield Table(
        columns=tuple(columns),
        rows=_rows(features, columns),
        place="feature",
        crs_name=_crs_name(document.get("crs"), content.name),
        has_geometry=True,
        expected_rows=len(features),
    )


def _parsed(content: Content, limits: Limits) -> dict[str, Any]:
    with content.open() as stream:
        raw = stream.read(limits.document_bytes + 1)
    if len(raw) > limits.document_bytes:
        raise TooLargeError(
            f"{content.name} is larger than {in_mebibytes(limits.document_bytes)}, "
            "the most that is read of one GeoJSON. Split the file."
        )
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise InvalidInputError(
            f"{content.name} holds XML, not GeoJSON; descriptions of other files (VRT) are not "
            "followed. Export the data themselves as GeoJSON."
        )
    _check_depth(raw, content.name, limits)
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidInputError(
            f"{content.name}, line {line}: is not UTF-8; GeoJSON must be. Export it again."
        ) from None
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"{content.name} is not JSON: {error}. Export it again as GeoJSON."
        ) from None
    if not isinstance(document, dict):
        raise InvalidInputError(f"{content.name} is JSON, but not a GeoJSON FeatureCollection.")
    return document


def _check_depth(raw: bytes, name: str, limits: Limits) -> None:
    """Refuse deep nesting before the parser recurses into it; texts do not count."""
    depth = 0
    for match in re.finditer(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', raw, re.DOTALL):
        token = match[0]
        if token in b"[{":
            depth += 1
            if depth > limits.depth:
                raise InvalidInputError(
                    f"{name} nests deeper than {limits.depth} levels, which no GeoJSON of polygons "
                    "does. Export it again."
                )
        elif token in b"]}":
            depth -= 1


def _features(document: dict[str, Any], name: str, limits: Limits) -> list[Any]:
    if document.get("type") == "Feature":
        return [document]
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise InvalidInputError(
            f"{name} is JSON of type {str(document.get('type'))[:40]!r}, but not a GeoJSON "
            "FeatureCollection. Export it again as GeoJSON."
        )
    if not features:
        raise InvalidInputError(f"{name} holds no feature; export it again.")
    if len(features) > limits.rows:
        raise TooLargeError(
            f"{name} holds {len(features):,} features; at most {limits.rows:,} are read."
        )
    return features


def _crs_name(crs: Any, name: str) -> str | None:
    """Return the system that an old-style `crs` member names; links are never followed."""
    if crs is None:
        return None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    named = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(named, str) or crs.get("type") != "name":
        raise InvalidInputError(
            f"{name}: its member 'crs' is no plain name; links are not followed. Remove the member "
            "and give the coordinate system in the mapping or by --crs."
        )
    if named.lower() in {_CRS84, "crs84"}:
        return "wgs84"
    if match := re.fullmatch(r"(?:urn:ogc:def:crs:)?epsg:(?:[\d.]*:)?(\d{4,6})", named.lower()):
        return f"EPSG:{match[1]}"
    raise InvalidInputError(
        f"{name}: its coordinate system {named[:80]!r} is not known; name it in the mapping or by "
        "--crs, and remove the member 'crs'."
    )


def _rows(features: list[Any], columns: dict[str, None]) -> Iterator[Row]:
    empty = dict.fromkeys(columns)
    for number, feature in enumerate(features, 1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            yield Row(number, empty, problem="is not a GeoJSON Feature")
            continue
        properties = feature.get("properties")
        values = properties if isinstance(properties, dict) else {}
        yield Row(number, {**empty, **{key: _plain(value) for key, value in values.items()}},
                  feature.get("geometry"))  # fmt: skip


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
