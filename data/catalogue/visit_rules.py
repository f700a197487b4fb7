"""The visit rules that are shipped, a set for each place, read from `visit_rules.csv`.

The column `source` names the row of the domain reference, `phrase` its words. The article on
Huangshui speaks of patrols only and has no row; Taibai Lake asks for visits (勤走訪) without saying
how often, which is an irregular rule. The set `tiers` is the default of domain reference §7.3.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from data.catalogue.code_lists import Row, rows
from data.catalogue.refusal import refuse
from data.errors import InvalidInputError
from data.rules.periods import PeriodKind
from data.rules.visiting import VisitRule

YES_NO = {"yes": True, "no": False}


def visit_rules(place: str) -> tuple[VisitRule, ...]:
    """Return the rules of a set, in the order of the file."""
    sets = _sets()
    if place not in sets:
        raise InvalidInputError(
            f"There is no set of visit rules {place!r}; there are {', '.join(sets)}."
        )
    return sets[place]


def visit_rule_sets() -> tuple[str, ...]:
    """Return the name of every set."""
    return tuple(_sets())


def rule_of_row(row: Row) -> VisitRule:
    """Read a row of the file, or of one that a town brings in the same form."""
    try:
        refuse(row["category"])
        return VisitRule(
            key=row["key"],
            subject_kind=row["subject_kind"],
            category=row["category"] or None,
            tier=row["tier"] or None,
            period=PeriodKind(row["period"]) if row["period"] else None,
            minimum=int(row["minimum"] or 0),
            remote_counts=YES_NO[row["remote_counts"]],
            irregular=YES_NO[row["irregular"]],
            valid_from=_day(row["valid_from"]),
            valid_until=_day(row["valid_until"]),
        )
    except (KeyError, ValueError) as wrong:
        raise InvalidInputError(
            f"Visit rule {row.get('key')!r} cannot be read ({wrong}); periods are "
            f"{', '.join(PeriodKind)}, yes and no are written so, days as YYYY-MM-DD."
        ) from None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@cache
def _sets() -> dict[str, tuple[VisitRule, ...]]:
    found: dict[str, tuple[VisitRule, ...]] = {}
    for row in rows("visit_rules.csv"):
        found[row["place"]] = (*found.get(row["place"], ()), rule_of_row(row))
    return found
