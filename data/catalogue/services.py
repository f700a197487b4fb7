"""The 15 duty categories and the example service items, and how they enter the database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sqlalchemy.orm import Session

from data.catalogue.code_lists import FALLBACK_LANGUAGE, rows, translations
from data.models import ServiceCategory, ServiceItem


@dataclass(frozen=True, slots=True)
class Category:
    """A class of duty."""

    code: str
    name: str
    translations: dict[str, str]
    cap_category: str
    """Category of the Common Alerting Protocol 1.2."""
    position: int


@dataclass(frozen=True, slots=True)
class Item:
    """A kind of case; agencies and time limits are examples, to be replaced by the town's own."""

    code: str
    category_code: str
    name: str
    translations: dict[str, str]
    kind: str
    agency_code: str
    """From the code list `agency`."""
    time_limit_value: int
    time_limit_unit: str
    list_kind: str
    """From the code list `list_kind`; only a public service is a duty of the government."""
    acceptance: str
    """What must hold for the case to be closed, from the code list `acceptance`."""


@cache
def categories() -> tuple[Category, ...]:
    """Return the categories in the order of the town's list of duties."""
    return tuple(
        Category(
            row["code"],
            row[FALLBACK_LANGUAGE],
            translations(row),
            row["cap_category"],
            position,
        )
        for position, row in enumerate(rows("service_categories.csv"))
    )


@cache
def items() -> tuple[Item, ...]:
    """Return the example service items, ordered by code."""
    return tuple(
        Item(
            row["code"],
            row["category_code"],
            row[FALLBACK_LANGUAGE],
            translations(row),
            row["kind"],
            row["agency"],
            int(row["time_limit_value"]),
            row["time_limit_unit"],
            row["list_kind"],
            row["acceptance"],
        )
        for row in rows("service_items.csv")
    )


def load(session: Session) -> int:
    """Write the categories and items that the database lacks; return how many were written.

    A row that is there stays as it is, since a town changes the time limits of the example.
    """
    new: list[ServiceCategory | ServiceItem] = [
        _category_row(category)
        for category in categories()
        if session.get(ServiceCategory, category.code) is None
    ]
    new += [_item_row(item) for item in items() if session.get(ServiceItem, item.code) is None]
    session.add_all(new)
    session.flush()
    return len(new)


def _category_row(category: Category) -> ServiceCategory:
    return ServiceCategory(
        code=category.code,
        name=category.name,
        translations=category.translations,
        cap_category=category.cap_category,
        position=category.position,
    )


def _item_row(item: Item) -> ServiceItem:
    return ServiceItem(
        code=item.code,
        category_code=item.category_code,
        name=item.name,
        translations=item.translations,
        kind=item.kind,
        lead_organisation_code=item.agency_code,
        time_limit_value=item.time_limit_value,
        time_limit_unit=item.time_limit_unit,
    )
