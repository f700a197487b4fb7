"""Which encoding a text file has: UTF-8 with or without a mark, UTF-16 with a mark, or GB18030."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from data.errors import InvalidInputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LARGEST_SHARE_OF_RARE = 0.8
"""Traditional text shares about half of its characters with GB 2312, misread text hardly any."""
_MIXED = 0.1
_ALSO_IN_USE = frozenset("\u2014·")  # GBK and GB 2312 disagree about which characters these two are


class Found(NamedTuple):
    """The encoding of a text, and how many lines were looked at to find it."""

    encoding: str
    lines: int | None


def detect(stream: BinaryIO, name: str) -> Found:
    """Return the encoding by its Python name, or raise InvalidInputError naming the line at fault.

    GB18030 gives a meaning to almost any bytes, so it is believed only if hardly a line reads as
    UTF-8 and not all characters are ones that nobody uses.
    """
    lines = _lines(stream, name)
    first = next(lines, (0, b""))[1]
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return Found(encoding, None)
    odd = _OddLines()
    odd.look_at(1, first)
    number = 1
    for number, line in lines:
        odd.look_at(number, line)
    return Found(odd.verdict(name), number)


def _lines(stream: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(stream, 1):
        if b"\0" in line and not line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise InvalidInputError(
                f"{name}, line {number}: holds a zero byte, so this is not a text table. "
                "Save it as CSV in UTF-8."
            )
        yield number, line


class _OddLines:
    """What the lines with other than ASCII characters turned out to be."""

    def __init__(self) -> None:
        self.good_utf8 = 0
        self.bad_utf8 = 0
        self.first_bad = 0
        self.first_undecodable = 0
        self.first_rare = 0
        self.characters = 0
        self.rare = 0

    def look_at(self, number: int, line: bytes) -> None:
        if line.isascii():
            return
        try:
            line.decode("utf-8")
            self.good_utf8 += 1
        except UnicodeDecodeError:
            self.bad_utf8 += 1
            self.first_bad = self.first_bad or number
            self._look_at_gb18030(number, line)

    def _look_at_gb18030(self, number: int, line: bytes) -> None:
        try:
            text = line.decode("gb18030")
        except UnicodeDecodeError:
            self.first_undecodable = self.first_undecodable or number
            return
        foreign = [character for character in text if not character.isascii()]
        rare = sum(not _in_daily_use(character) for character in foreign)
        self.characters += len(foreign)
        self.rare += rare
        if rare:
            self.first_rare = self.first_rare or number

    def verdict(self, name: str) -> str:
        if not self.bad_utf8:
            return "utf-8"
        if self.good_utf8 > self.bad_utf8 * _MIXED:
            raise InvalidInputError(
                f"{name}, line {self.first_bad}: is not UTF-8 although other lines are; "
                "the file mixes encodings. Save it again as CSV in UTF-8."
            )
        wrong = self.first_undecodable
        if not wrong and self.rare > self.characters * _LARGEST_SHARE_OF_RARE:
            wrong = self.first_rare
        if wrong:
            raise InvalidInputError(
                f"{name}, line {wrong}: is neither UTF-8 nor GB18030. Save the file as CSV in "
                'UTF-8, or name its encoding in the mapping (encoding = "…").'
            )
        return "gb18030"


def _in_daily_use(character: str) -> bool:
    """Tell whether a character is in GB 2312, in which ordinary Chinese text is written."""
    if character in _ALSO_IN_USE:
        return True
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
