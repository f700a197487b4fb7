"""The words of the screens, in three complete languages, and numbers and times written for them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
)
"""Tag of each language and its own name, in the order of the switch."""

DEFAULT_LANGUAGE = "zh-Hans"


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one language."""

    lang: str
    words: Mapping[str, str]
    """By dotted key, such as `layer.grids`."""

    def t(self, key: str, **params: object) -> str:
        """Return the text of a key with its parameters filled in.

        Raises
        ------
        KeyError
            The catalogue has no such key, or the text names a parameter that was not given.
        """
        try:
            template = self.words[key]
        except KeyError:
            raise KeyError(f"dashboard/text/{self.lang}.toml has no text {key!r}") from None
        return template.format_map(params) if params else template

    def has(self, key: str) -> bool:
        """Tell whether the catalogue knows a key."""
        return key in self.words

    def section(self, *prefixes: str) -> dict[str, str]:
        """Return the texts whose keys start with one of the section names; placeholders stay."""
        return {
            key: word for key, word in self.words.items() if key.split(".", 1)[0] in set(prefixes)
        }

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write a number with thousands separators; an unknown one is a dash."""
        return self.words["kpi.unknown"] if value is None else f"{value:,.{digits}f}"

    def moment(self, value: datetime | None, zone: ZoneInfo) -> str:
        """Write a time to the minute in the zone of the installation."""
        if value is None:
            return self.words["kpi.unknown"]
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    def day(self, value: date | None) -> str:
        """Write a day."""
        return self.words["kpi.unknown"] if value is None else value.isoformat()

    def named(self, name: str, translations: Mapping[str, str] | None) -> str:
        """Return the name of a row in this language; the plain name is the fallback."""
        return (translations or {}).get(self.lang) or name


@cache
def catalogue(lang: str) -> Text:
    """Return the words of a language; a tag that is not offered gets the default language."""
    tag = lang if lang in LANGUAGES else DEFAULT_LANGUAGE
    with (Path(__file__).parent / f"{tag}.toml").open("rb") as file:
        tables = tomllib.load(file)
    words = {
        f"{section}.{key}": word for section, keys in tables.items() for key, word in keys.items()
    }
    return Text(tag, MappingProxyType(words))
