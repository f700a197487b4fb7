"""From the parameters of a page's address to a `View`: the same words for page and API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data.errors import InvalidInputError
from data.geo import BBox, IncidentFilter, Period, View

PERIODS = ("today", "7d", "30d", "12m")
DEFAULT_PERIOD = "30d"
LONGEST_VALUE = 2_000
DEEPEST_ZOOM = 22

_CODES = re.compile(r"[^\x00-\x1f]{1,64}")


@dataclass(frozen=True, slots=True)
class Selection:
    """What the drawer shows."""

    kind: str
    id: int


def view_of(parameters: Mapping[str, object], now: datetime, zone: ZoneInfo) -> View:
    """Return the view that the parameters describe.

    Parameters
    ----------
    parameters
        As in the address: `period` or `from` and `to`, `bbox`, `z`, `scheme`, `level`, `grid`,
        `measure`, `category`, `stage`, `priority`, `source`, `agency`, `overdue`. Unknown ones are
        left alone, empty ones count as absent.

    Raises
    ------
    InvalidInputError
        A parameter cannot be read; the sentence names it.
    """
    given = {key: text for key, value in parameters.items() if (text := _text(key, value))}
    return View(
        period=period_of(given, now, zone),
        at=now,
        bbox=BBox.parse(given["bbox"]) if "bbox" in given else None,
        zoom=_whole(given, "z", 0, DEEPEST_ZOOM, 13),
        incidents=IncidentFilter(
            categories=_codes(given, "category"),
            stages=_codes(given, "stage"),
            priorities=_codes(given, "priority"),
            sources=_codes(given, "source"),
            agencies=_codes(given, "agency"),
            overdue_only=given.get("overdue") == "1",
        ),
        scheme=_code(given, "scheme"),
        level=_whole(given, "level", 1, 9, 0) or None,
        grid=_code(given, "grid"),
        measure=_code(given, "measure"),
    )


def period_of(given: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Period:
    """Return the period in whole local days; the current day counts as a whole one."""
    today = now.astimezone(zone).date()
    if "from" in given or "to" in given:
        first = _day(given.get("from") or given["to"], "from")
        last = _day(given.get("to") or given["from"], "to")
        if last < first:
            raise InvalidInputError(f"from={first} lies after to={last}; swap them.")
        return Period(_midnight(first, zone), _midnight(last + timedelta(days=1), zone))
    named = given.get("period", DEFAULT_PERIOD)
    tomorrow = today + timedelta(days=1)
    return Period(_midnight(_first_day(named, today), zone), _midnight(tomorrow, zone))


def selection_of(parameters: Mapping[str, object]) -> Selection | None:
    """Return what `sel=incident:7` or `sel=camera:7` selects; None without it."""
    text = _text("sel", parameters.get("sel"))
    if not text:
        return None
    kind, _, number = text.partition(":")
    if kind not in {"incident", "camera"} or not number.isdecimal() or len(number) > 18:
        raise InvalidInputError(f"sel={text!r} selects nothing; write incident:7 or camera:7.")
    return Selection(kind, int(number))


def _first_day(named: str, today: date) -> date:
    if named == "12m":
        # From the same day of last year; 29 February looks back to 28 February.
        last_day = 28 if (today.month, today.day) == (2, 29) else today.day
        return date(today.year - 1, today.month, last_day)
    days = {"today": 1, "7d": 7, "30d": 30}.get(named)
    if days is None:
        raise InvalidInputError(f"period={named!r} is none of {', '.join(PERIODS)}.")
    return today - timedelta(days=days - 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _day(text: str, name: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{name}={text!r} is no day; write 2026-08-01.") from None
    if not 1900 <= day.year <= 2200:
        raise InvalidInputError(f"{name}={text!r} lies outside 1900 to 2200.")
    return day


def _text(key: str, value: object) -> str:
    """Return a parameter as text; the browser is not trusted to send one."""
    if value is None:
        return ""
    if isinstance(value, bool | dict | list) or len(text := str(value)) > LONGEST_VALUE:
        raise InvalidInputError(f"{key} is no short text.")
    return text.strip()


def _whole(given: Mapping[str, str], key: str, low: int, high: int, default: int) -> int:
    text = given.get(key)
    if text is None:
        return default
    try:
        number = round(float(text))
    except (ValueError, OverflowError):
        raise InvalidInputError(f"{key}={text!r} is no number.") from None
    if not low <= number <= high:
        raise InvalidInputError(f"{key}={text!r} lies outside {low} to {high}.")
    return number


def _code(given: Mapping[str, str], key: str) -> str | None:
    text = given.get(key)
    if text is not None and not _CODES.fullmatch(text):
        raise InvalidInputError(f"{key}={text!r} is no code.")
    return text


def _codes(given: Mapping[str, str], key: str) -> tuple[str, ...]:
    codes = tuple(sorted({part.strip() for part in given.get(key, "").split(",")} - {""}))
    for code in codes:
        if not _CODES.fullmatch(code):
            raise InvalidInputError(f"{key}={code!r} is no code.")
    return codes
