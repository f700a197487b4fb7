"""Code lists, read from `code_lists.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
FALLBACK_LANGUAGE = "zh-Hans"

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of a code list."""

    code: str
    name: str
    """In simplified Chinese, the fallback."""
    translations: dict[str, str]
    """The name by language tag, the fallback included."""
    position: int
    """Order within its list, from 0."""

    def title(self, language: str) -> str:
        """Return the name in a language, or the fallback."""
        return self.translations.get(language, self.name)


def code_list(name: str) -> dict[str, Term]:
    """Return the terms of a list by code, in the order of the list."""
    try:
        return dict(_lists()[name])
    except KeyError:
        raise ValueError(
            f"there is no code list {name!r}; there are {', '.join(_lists())}"
        ) from None


def list_names() -> tuple[str, ...]:
    """Return the name of every list."""
    return tuple(_lists())


def rows(file_name: str) -> list[Row]:
    """Read one of the files beside this module."""
    text = resources.files(__package__).joinpath(file_name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def translations(row: Row) -> dict[str, str]:
    """Return the names that a row gives, by language tag."""
    return {language: row[language] for language in LANGUAGES}


@cache
def _lists() -> dict[str, dict[str, Term]]:
    found: dict[str, dict[str, Term]] = {}
    for row in rows("code_lists.csv"):
        terms = found.setdefault(row["list"], {})
        names = translations(row)
        terms[row["code"]] = Term(row["code"], names[FALLBACK_LANGUAGE], names, len(terms))
    return found
