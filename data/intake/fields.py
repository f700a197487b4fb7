"""Turning the text of a cell into a typed value, or saying why it cannot be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, NoReturn
from zoneinfo import ZoneInfo

from data.catalogue import refused_subject
from data.intake.mapping import ColumnRule, template_parts
from data.intake.table import UNPRINTABLE, Row, as_text

Kind = Literal["text", "whole", "number", "moment", "day", "flag"]

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
FARTHEST = timedelta(days=20 * 366)
_YES = frozenset({"1", "true", "yes", "y", "t", "是", "有"})
_NO = frozenset({"0", "false", "no", "n", "f", "否", "无", "無"})
_LARGEST_WHOLE = 2_000_000_000


class RefusalError(Exception):
    """Reject one row, naming the column, its value and the rule."""

    def __init__(self, column: str, value: Any, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A value that a subject takes."""

    name: str
    kind: Kind = "text"
    required: bool = False
    length: int | None = None
    """Most characters of a text."""
    codes: frozenset[str] | None = None
    """The only values of a text that are known."""
    default: Any = None
    """Value of a row whose file does not speak of it; None is not known."""
    low: float | None = None
    high: float | None = None
    past: bool = False
    """Whether a moment must not lie in the future."""
    free: bool = False
    """Whether people write it freely, so that numbers of persons must be looked for and masked."""
    refused: Mapping[str, str] = dataclass_field(default_factory=dict)
    """Codes that the product must not hold, with the reason."""
    implied: str | None = None
    """Column, in small letters, that is read even where the mapping does not name it."""
    stored: bool = True
    """Whether the value is a column of the table; else only the subject's rules look at it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The times that values are judged by."""

    zone: ZoneInfo
    """Zone of times that carry none."""
    latest: datetime
    """The end of what can have happened."""


Reader = Callable[[Row], Any]


def reader(field: Field, rule: ColumnRule, nulls: tuple[str, ...], clock: Clock) -> Reader:
    """Return the function that reads a field of a row; it raises RefusalError.

    Parameters
    ----------
    nulls
        Texts that mean "not known" in every column of the file.
    """
    column = " + ".join(rule.columns) or field.name
    zone = ZoneInfo(rule.timezone) if rule.timezone else clock.zone
    convert = _CONVERTERS[field.kind]
    origin, unknown = _origin(rule), frozenset((*nulls, *rule.nulls, ""))
    beginnings = tuple(rule.nulls) if field.kind in {"moment", "day"} else ()

    def read(row: Row) -> Any:
        raw = origin(row)
        text = as_text(raw)
        if text in unknown or (beginnings and text.startswith(beginnings)):
            return _missing(field, column, text)
        if rule.values:
            text = _translated(rule, column, text)
            raw = text
        value = convert(_Cell(field, rule, column, raw, text, zone))
        if field.kind == "moment":
            _check_future(field, column, text, value, clock)
        return value

    return read


def _check_future(field: Field, column: str, text: str, value: datetime, clock: Clock) -> None:
    if field.past and value > clock.latest:
        reason = f"lies in the future, after {clock.latest:%Y-%m-%d %H:%M} UTC (one day of grace)"
        raise RefusalError(column, text, reason)
    if value > clock.latest + FARTHEST:
        raise RefusalError(column, text, "lies more than 20 years ahead; no date of a case does")


def _origin(rule: ColumnRule) -> Callable[[Row], Any]:
    if rule.source is not None:
        source = rule.source
        return lambda row: row.values.get(source)
    if rule.template is None:
        return lambda _: rule.constant
    parts = template_parts(rule.template)

    def filled(row: Row) -> str:
        return "".join(
            text + (as_text(row.values.get(column)) if column is not None else "")
            for text, column in parts
        )

    return filled


def _missing(field: Field, column: str, text: str) -> Any:
    if field.required and field.default is None:
        raise RefusalError(column, text, f"is empty, and {field.name} is required")
    return field.default


def _translated(rule: ColumnRule, column: str, text: str) -> str:
    found = rule.values.get(text, rule.otherwise)
    if found is None:
        raise RefusalError(column, text, "is a value that the mapping does not know; add it there")
    return found


@dataclass(frozen=True, slots=True)
class _Cell:
    field: Field
    rule: ColumnRule
    column: str
    raw: Any
    text: str
    zone: ZoneInfo

    def refuse(self, reason: str) -> NoReturn:
        raise RefusalError(self.column, self.text, reason)


def _text(cell: _Cell) -> str:
    field, text = cell.field, cell.text
    if UNPRINTABLE.search(text):
        cell.refuse("holds a control character, which no text may")
    if field.length is not None and len(text) > field.length:
        cell.refuse(f"is {len(text):,} characters long; at most {field.length:,} fit")
    if field.codes is not None and text not in field.codes:
        cell.refuse(_unknown_code(field, text))
    return text


def _unknown_code(field: Field, text: str) -> str:
    if text in field.refused:
        return field.refused[text]
    if (subject := refused_subject(text)) is not None:
        return f"is about {subject}, of which this product holds nothing"
    known = ", ".join(sorted(field.codes or ())[:20])
    return f"is not a known {field.name}; known are {known}"


def _number(cell: _Cell) -> float:
    try:
        number = float(cell.text)
    except ValueError:
        cell.refuse("is not a number")
    if not math.isfinite(number):
        cell.refuse("is not a finite number")
    low, high = cell.field.low, cell.field.high
    if (low is not None and number < low) or (high is not None and number > high):
        cell.refuse(
            f"lies outside {low:g} to {high:g}" if high is not None else f"is under {low:g}"
        )
    return number


def _whole(cell: _Cell) -> int:
    number = _number(cell)
    if not number.is_integer():
        cell.refuse("is not a whole number")
    if not 0 <= number <= _LARGEST_WHOLE:
        cell.refuse(f"lies outside 0 to {_LARGEST_WHOLE:,}")
    return int(number)


def _moment(cell: _Cell) -> datetime:
    value = _as_datetime(cell)
    if value.tzinfo is None:
        value = value.replace(tzinfo=cell.zone)
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        cell.refuse("is not a time that can be kept")
    if value < EARLIEST:
        cell.refuse(
            "is before 1970-01-02, so it is no time of a case; if it stands for "
            '"not known", list it under nulls in the mapping'
        )
    return value


def _as_datetime(cell: _Cell) -> datetime:
    if isinstance(cell.raw, datetime):
        return cell.raw
    if isinstance(cell.raw, date):
        return datetime(cell.raw.year, cell.raw.month, cell.raw.day)  # noqa: DTZ001 - zone follows
    for form in cell.rule.formats:
        try:
            return datetime.strptime(cell.text, form)  # noqa: DTZ007 - zone follows
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(cell.text)
    except ValueError:
        forms = ", ".join(("ISO 8601", *cell.rule.formats))
        cell.refuse(f"is not a time in the form {forms}; name its form under formats")


def _day(cell: _Cell) -> date:
    value = _as_datetime(cell).date()
    if not 1900 <= value.year <= 2200:
        cell.refuse("is a date outside 1900 to 2200")
    return value


def _flag(cell: _Cell) -> bool:
    text = cell.text.lower()
    if text not in _YES and text not in _NO:
        cell.refuse("is neither yes nor no")
    return text in _YES


_CONVERTERS: dict[Kind, Callable[[_Cell], Any]] = {
    "text": _text,
    "whole": _whole,
    "number": _number,
    "moment": _moment,
    "day": _day,
    "flag": _flag,
}
