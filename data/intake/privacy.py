"""What does not come in: data of persons, secrets of devices, refused subjects, interiors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from data import catalogue
from data.errors import InvalidInputError
from data.intake.mapping import Mapping

_PERSONAL = re.compile(
    r"身份证|證件|证件号|身分證|手机|手機|电话|電話|联系方式|姓名|户主|戶主|出生日期|门牌|門牌"
    r"|(?<![a-z])(?:phone|mobile|telephone|tel|fax|e?mail|id ?card|id ?no|national ?id|passport|ssn"
    r"|(?:first|last|full|rep|resident|person|owner|contact|inspector) ?name|birth ?date|dob"
    r"|contact)(?![a-z])"
)
_SECRET = re.compile(
    r"密码|密碼|口令|用户名|用戶名|账号|帳號"
    r"|(?<![a-z])(?:password|passwd|pwd|ip ?address|ip ?addr|ip|user ?name|rtsp|stream ?url|port)"
    r"(?![a-z])"
)
_INTERIORS = re.compile(
    r"客房|宿舍|浴室|浴池|澡堂|卫生间|衛生間|洗手间|洗手間|厕所|廁所|更衣|试衣|試衣|哺乳|母婴室|母嬰室"
    r"|(?<![a-z])(?:dormitor(?:y|ies)|baths?|bath ?houses?|toilets?|lavator(?:y|ies)"
    r"|(?:guest|hotel|dorm|bath|rest|wash|locker|changing|fitting|dressing|nursing|lactation|shower)"
    r" ?rooms?)(?![a-z])"
)
_IDENTITY_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_MOBILE_NUMBER = re.compile(r"(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"


def _folded(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).lower()


def never_read(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns whose names tell of persons or of secrets of devices."""
    return tuple(
        column
        for column in columns
        if _PERSONAL.search(_folded(column)) or _SECRET.search(_folded(column))
    )


def check_mapping(mapping: Mapping) -> None:
    """Refuse a mapping that would take in what this product must not hold."""
    place = mapping.place.columns if mapping.place else ()
    ruled = [column for rule in mapping.columns.values() for column in rule.columns]
    for column in (*mapping.id, *place, *ruled):
        if _SECRET.search(_folded(column)):
            raise InvalidInputError(
                f"The mapping reads the column {column!r}, which names an address, account or "
                "password of a device; these are never stored. Take it out of the mapping."
            )
        if _PERSONAL.search(_folded(column)):
            raise InvalidInputError(
                f"The mapping reads the column {column!r}, which names data of persons; they are "
                "never stored. Take it out of the mapping."
            )
        catalogue.refuse(column)
    for name in _names(mapping):
        catalogue.refuse(name)


def _names(mapping: Mapping) -> Iterator[str]:
    """Yield what the mapping calls categories, kinds, schemes and levels."""
    for rule in mapping.columns.values():
        yield from rule.values
    if mapping.grid is not None:
        yield from (mapping.grid.scheme.name, *mapping.grid.scheme.translations.values())
        for level in mapping.grid.levels:
            yield from (level.name, *level.translations.values())


def forbidden_interior(text: str) -> str | None:
    """Return the word of a text that names a room in which no camera may be, else None."""
    found = _INTERIORS.search(_folded(text))
    return found[0] if found else None


def masked(text: str) -> tuple[str, int]:
    """Return the text with identity and mobile numbers cut down, and how many there were."""
    if not any(character.isdigit() for character in text):
        return text, 0
    text, phones = _MOBILE_NUMBER.subn(lambda found: found[0][:3] + "****" + found[0][7:], text)
    count = phones

    def cut(found: re.Match[str]) -> str:
        nonlocal count
        if not _is_identity_number(found[0]):
            return found[0]
        count += 1
        return "*" * 14 + found[0][14:]

    return _IDENTITY_NUMBER.sub(cut, text), count


def _is_identity_number(text: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True))
    return _CHECK_CHARACTERS[total % 11] == text[17].upper()
