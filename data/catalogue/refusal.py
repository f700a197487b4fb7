"""Subjects that are refused: no category, list or column of the product may be about them."""

from __future__ import annotations

import re
from functools import cache

from data.catalogue.code_lists import rows
from data.errors import InvalidInputError


def refused_subject(text: str) -> str | None:
    """Return what a name of a category, list or column is about if it is refused, else None.

    Meant for such names only: an address may rightly hold one of the words. Latin words count only
    whole, so that "technical" is not "ethnic"; underscores and hyphens count as spaces.
    """
    folded = re.sub(r"[\s_\-]+", " ", text.casefold())
    for word, subject in _words():
        if word.isascii():
            if re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", folded):
                return subject
        elif word in folded:
            return subject
    return None


def refuse(text: str) -> None:
    """Raise InvalidInputError if the name of a category, list or column is of a refused subject."""
    subject = refused_subject(text)
    if subject is not None:
        raise InvalidInputError(
            f"{text!r} is about {subject}; this product holds nothing of that kind. Leave it out."
        )


@cache
def _words() -> tuple[tuple[str, str], ...]:
    return tuple((row["word"].casefold(), row["subject"]) for row in rows("refused.csv"))
