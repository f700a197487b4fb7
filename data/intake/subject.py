"""What a subject of imports is: its fields, its rules and its way into the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from data import catalogue
from data.intake.drafts import Draft
from data.intake.fields import Field
from data.intake.mapping import Mapping
from data.intake.report import Report
from data.intake.upsert import Batch, Record, Written
from data.partition import PartitionCache

_TRANSLATIONS = {"name_zh_hans": "zh-Hans", "name_zh_hant": "zh-Hant", "name_en": "en"}

CODE_LENGTH = 64
NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows already and the rules of a subject look at."""

    category_names: dict[str, str]
    item_categories: dict[str, str]
    """Category code by service item code."""


@dataclass(frozen=True, slots=True)
class Work:
    """One run, as far as the writing of a subject needs it."""

    mapping: Mapping
    report: Report
    batch: Batch
    at: datetime
    """The moment of the import, aware UTC."""
    partitions: PartitionCache = field(default_factory=PartitionCache)
    """Grids and areas as polygons that were prepared in this run, or before it by its caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A kind of thing that files are about. One module declares one."""

    key: str
    fields: tuple[Field, ...]
    shape: Literal["none", "point", "polygon"]
    topics: tuple[str, ...]
    """Topics of the change feed that a change moves."""
    examine: Callable[[Draft, Known], None]
    """Apply the rules of the subject to one draft; raises RefusalError."""
    write: Callable[[Session, list[Draft], Work], Written]


def codes(list_name: str) -> frozenset[str]:
    """Return the codes of a shipped list."""
    return frozenset(catalogue.code_list(list_name))


def name_fields() -> tuple[Field, ...]:
    """Return the fields of a name in the languages of the screens."""
    others = (Field(name=name, length=NAME_LENGTH, stored=False) for name in _TRANSLATIONS)
    return (Field(name="name", required=True, length=NAME_LENGTH), *others)


def fill(values: dict[str, Any], name: str, value: Any) -> None:
    """Give a field the value that it has where the file does not speak of it."""
    if values.get(name) is None:
        values[name] = value


def record_of(draft: Draft, **more: Any) -> Record:
    """Return the columns of a draft, its translated names gathered in one."""
    record = {"source_id": draft.source_id, **draft.values, **more}
    translations = {
        language: draft.extra[name]
        for name, language in _TRANSLATIONS.items()
        if draft.extra.get(name)
    }
    if any(name in draft.extra for name in _TRANSLATIONS):
        record["translations"] = translations
    return record
