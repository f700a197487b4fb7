"""Public holidays and make-up workdays, read from `calendar.csv`.

The file follows the yearly notices of the General Office of the State Council, here those on 2024
to 2026; every day of the three years was compared with the package `chinesecalendar` 1.11.0.
Replace the file, or add a year when its notice is out; enter a year whole, since a year that has
rows counts as known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

from data.catalogue.code_lists import Row, rows, translations
from data.errors import InvalidInputError
from data.rules.calendar import OFFICE_HOURS, SPECIAL_KINDS, Session, WorkingCalendar


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is worked, or not, otherwise than its weekday says."""

    kind: str
    """holiday or makeup_workday."""
    translations: dict[str, str]
    """Name of the holiday that it belongs to, by language tag."""


@cache
def special_days() -> dict[date, SpecialDay]:
    """Return the holidays and make-up workdays that are shipped."""
    return special_days_of(rows("calendar.csv"))


def special_days_of(table: Iterable[Row]) -> dict[date, SpecialDay]:
    """Read a table of special days; refuse it as a whole where a row is wrong."""
    found: dict[date, SpecialDay] = {}
    for line, row in enumerate(table, 2):
        try:
            day = date.fromisoformat(row["date"])
        except ValueError:
            raise InvalidInputError(
                f"Line {line}: {row['date']!r} is no date; write it as 2026-10-01."
            ) from None
        if row["kind"] not in SPECIAL_KINDS:
            known = ", ".join(sorted(SPECIAL_KINDS))
            raise InvalidInputError(f"Line {line}: {row['kind']!r} is none of {known}.")
        if day in found:
            raise InvalidInputError(f"Line {line}: {day} stands in the table twice; keep one row.")
        found[day] = SpecialDay(row["kind"], translations(row))
    return found


def working_calendar(
    zone: ZoneInfo, sessions: tuple[Session, ...] = OFFICE_HOURS
) -> WorkingCalendar:
    """Return the shipped calendar for a zone and its working hours; keep it, it holds its years."""
    kinds = {day: special.kind for day, special in special_days().items()}
    return WorkingCalendar(zone=zone, special_days=kinds, sessions=sessions)
