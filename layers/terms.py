"""Words for the codes of the shipped catalogue."""

from __future__ import annotations

from data import catalogue
from layers.contract import Words


def term(list_name: str, code: str) -> Words:
    """Return the name of a code in every language."""
    found = catalogue.code_list(list_name)[code]
    return Words(found.name, translations=found.translations)
