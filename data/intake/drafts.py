"""From rows of a file to drafts: typed values by the mapping, not yet placed nor examined."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from data.errors import InvalidInputError
from data.intake.fields import Clock, Field, Reader, RefusalError, reader
from data.intake.mapping import ColumnRule, Mapping
from data.intake.privacy import masked
from data.intake.report import Report
from data.intake.table import UNPRINTABLE, Row, Table, as_text

SOURCE_ID_LENGTH = 128
_COLUMNS_SHOWN = 12
_NUMBER_PAIR = re.compile(r"\s*([^\s,;]+)\s*[,;\s]\s*([^\s,;]+)\s*")


@dataclass(slots=True)
class Draft:
    """A row on its way into the database."""

    line: int
    source_id: str
    values: dict[str, Any]
    """By field; what the mapping does not name is absent."""
    xy: tuple[float, float] | None = None
    """As the file has it, longitude or easting first; None where the place is unknown."""
    geometry: Any = None
    """As the file has it until `polygons` makes it a shape in WGS 84."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Values of fields that are not stored."""


def drafts_of(
    table: Table, mapping: Mapping, fields: tuple[Field, ...], clock: Clock, report: Report
) -> list[Draft]:
    """Read every row; the ones that cannot be read are noted as rejected."""
    make = _Maker(table, mapping, fields, clock, report)
    drafts = []
    for row in table.rows:
        report.read += 1
        try:
            drafts.append(make(row))
        except RefusalError as refusal:
            report.reject(row.line, refusal)
    if not report.read:
        raise InvalidInputError(f"{report.file_name} holds a header but no rows; export it again.")
    return drafts


def check_columns(table: Table, mapping: Mapping, file_name: str) -> None:
    """Refuse a mapping that names a column which the file does not have."""
    place = mapping.place.columns if mapping.place else ()
    wanted = [("id", column) for column in mapping.id] + [("place", column) for column in place]
    wanted += [(name, column) for name, rule in mapping.columns.items() for column in rule.columns]
    for use, column in wanted:
        if column not in table.columns:
            raise InvalidInputError(_no_such_column(use, column, table, file_name))
    if mapping.place is not None and mapping.place.geometry and not table.has_geometry:
        raise InvalidInputError(
            f"The mapping takes the place from the geometry, but {file_name} has none; "
            "name the columns of longitude and latitude under [place]."
        )


def _no_such_column(use: str, column: str, table: Table, file_name: str) -> str:
    near = difflib.get_close_matches(column, table.columns, 1)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    shown = ", ".join(table.columns[:_COLUMNS_SHOWN])
    more = ", …" if len(table.columns) > _COLUMNS_SHOWN else ""
    return (
        f"The mapping names the column {column!r} for {use}, which {file_name} does not have."
        f"{meant} Its columns are {shown}{more}."
    )


class _Maker:
    """Makes drafts; everything that is the same for all rows is worked out once."""

    def __init__(
        self,
        table: Table,
        mapping: Mapping,
        fields: tuple[Field, ...],
        clock: Clock,
        report: Report,
    ) -> None:
        self._mapping, self._report = mapping, report
        rules = _with_implied(mapping, fields, table.columns)
        self._readers = list(_readers(mapping, rules, fields, clock))
        self._free = tuple(
            item.name for item in fields if item.free and item.name in mapping.columns
        )
        self._unstored = frozenset(item.name for item in fields if not item.stored)
        self._xy = _xy_reader(mapping, mapping.nulls)

    def __call__(self, row: Row) -> Draft:
        if row.problem is not None:
            raise RefusalError("", "", row.problem)
        source_id = self._source_id(row)
        values: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, read in self._readers:
            (extra if name in self._unstored else values)[name] = read(row)
        for name in self._free:
            if values[name]:
                values[name], count = masked(values[name])
                self._report.masked += count
        xy = None if self._xy is None else self._xy(row)
        return Draft(row.line, source_id, values, xy, row.geometry, extra)

    def _source_id(self, row: Row) -> str:
        parts = [as_text(row.values.get(column)) for column in self._mapping.id]
        column = " + ".join(self._mapping.id)
        for part in parts:
            if not part or part in self._mapping.nulls:
                raise RefusalError(
                    column, part, "is empty, and without its id a row cannot be known again"
                )
        source_id = "|".join(parts)
        if UNPRINTABLE.search(source_id):
            raise RefusalError(column, source_id, "holds a control character, which no id may")
        if len(source_id) > SOURCE_ID_LENGTH:
            reason = f"is {len(source_id)} characters long; an id has at most {SOURCE_ID_LENGTH}"
            raise RefusalError(column, source_id, reason)
        return source_id


def _with_implied(
    mapping: Mapping, fields: tuple[Field, ...], columns: tuple[str, ...]
) -> dict[str, ColumnRule]:
    """Return the rules of the mapping and those of columns that are read unasked."""
    by_small_letters = {column.lower(): column for column in columns}
    implied = {
        item.name: ColumnRule.model_validate({"from": by_small_letters[item.implied]})
        for item in fields
        if item.implied in by_small_letters
    }
    return {**implied, **mapping.columns}


def _readers(
    mapping: Mapping, rules: dict[str, ColumnRule], fields: tuple[Field, ...], clock: Clock
) -> Iterator[tuple[str, Reader]]:
    """Yield the reader of each field that has a rule."""
    known = {item.name: item for item in fields}
    for name in rules:
        if name not in known:
            raise InvalidInputError(
                f"The mapping fills {name!r}, which {mapping.subject} do not have; "
                f"they have {', '.join(known)}."
            )
    for item in fields:
        rule = rules.get(item.name)
        if rule is not None:
            yield item.name, reader(item, rule, mapping.nulls, clock)
        elif item.required and item.default is None:
            raise InvalidInputError(
                f"The mapping does not say where {item.name} comes from; "
                f"add {item.name} under [columns], as a column or a constant."
            )


def _xy_reader(
    mapping: Mapping, nulls: tuple[str, ...]
) -> Callable[[Row], tuple[float, float] | None] | None:
    place = mapping.place
    if place is None:
        return None
    unknown = frozenset((*nulls, *place.nulls, ""))
    shown = " + ".join(place.columns) or "geometry"

    def read(row: Row) -> tuple[float, float] | None:
        texts = _coordinate_texts(row, mapping)
        if all(text in unknown for text in texts):
            if place.required:
                raise RefusalError(shown, "", "is empty, and the mapping requires a place")
            return None
        try:
            first, second = (float(text) for text in texts)
        except ValueError:
            raise RefusalError(shown, ", ".join(texts), "is not two numbers") from None
        swapped = place.order == "lat,lon" and place.longitude is None
        return (second, first) if swapped else (first, second)

    return read


def _coordinate_texts(row: Row, mapping: Mapping) -> Iterable[str]:
    """Return the two coordinates as they are written; empty where there are none."""
    place = mapping.place
    if place is None:
        return ("", "")
    if place.longitude is not None and place.latitude is not None:
        return as_text(row.values[place.longitude]), as_text(row.values[place.latitude])
    if place.pair is not None:
        text = as_text(row.values[place.pair])
        match = _NUMBER_PAIR.fullmatch(text)
        return match.groups() if match else (text, text)
    return _point_texts(row.geometry)


def _point_texts(geometry: Any) -> tuple[str, str]:
    if geometry is None:
        return ("", "")
    kind = geometry.get("type") if isinstance(geometry, dict) else type(geometry).__name__
    coordinates = geometry.get("coordinates") if kind == "Point" else None
    if not isinstance(coordinates, list | tuple) or len(coordinates) < 2:
        raise RefusalError("geometry", str(kind), "is not a point")
    return repr(coordinates[0]), repr(coordinates[1])
