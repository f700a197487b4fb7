"""The settings, read once from GEZHI_* variables into one frozen value.

No other module reads the environment. A wrong value stops the start with a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from data.errors import InvalidInputError, SettingsError

PREFIX = "GEZHI_"
ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
BASEMAP_COORDINATES = ("wgs84", "gcj02")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this installation runs. Each field is the variable GEZHI_<FIELD> in capitals."""

    database_url: str = f"sqlite:///{ROOT / 'var' / 'gezhi.db'}"
    """Where the data live: `sqlite:///PATH` or `postgresql+psycopg://USER@HOST/NAME`."""
    index_folder: Path | None = None
    """Folder for snapshots of the counting index; else one beside the SQLite file, or in var/."""
    host: str = "127.0.0.1"
    """Address to serve on; only loopback until logins exist."""
    port: int = 8050
    """Port to serve on."""
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    """Zone in which times are shown and days begin."""
    language: str = "zh-Hans"
    """Language of a screen that does not choose one: zh-Hans, zh-Hant or en."""
    basemap_url: str | None = None
    """XYZ or WMTS address with {z}/{x}/{y}; none draws the grids on plain ground."""
    basemap_crs: str = "wgs84"
    """Coordinate system of the basemap: wgs84 (also CGCS2000) or gcj02."""
    basemap_attribution: str = ""
    """Attribution and map approval number to show with the basemap."""
    basemap_file: Path | None = None
    """Local .mbtiles or raster .pmtiles file, served by this program."""
    basemap_max_zoom: int = 18
    """Deepest zoom that the basemap has; beyond it tiles are enlarged."""


def index_folder(settings: Settings) -> Path:
    """Return where the snapshots of the counting index of this database lie."""
    if settings.index_folder is not None:
        return settings.index_folder
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(f"{url.database}.index")
    # Whoever asks: the same database has the same index.
    named = repr((url.host, url.port, url.database, sorted(url.query.items())))
    return ROOT / "var" / f"index-{blake2b(named.encode(), digest_size=6).hexdigest()}"


def from_env(environment: Mapping[str, str]) -> Settings:
    """Read the settings; raise SettingsError naming the variable, its value and the cure."""
    given = {key: value for key, value in environment.items() if key.startswith(PREFIX)}
    names = {PREFIX + setting.name.upper(): setting.name for setting in fields(Settings)}
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; known are {', '.join(sorted(names))}.")
    values: dict[str, Any] = {}
    for variable, text in given.items():
        if text == "":
            continue
        try:
            values[names[variable]] = _READERS.get(names[variable], str)(text)
        except InvalidInputError as error:
            raise SettingsError(f"{variable}={_without_password(text)!r}: {error}") from None
    settings = Settings(**values)
    if settings.basemap_url and settings.basemap_file:
        raise SettingsError(
            "GEZHI_BASEMAP_URL and GEZHI_BASEMAP_FILE are both set; keep one of them."
        )
    return settings


def _without_password(text: str) -> str:
    """Leave the password out of an address; messages end up in logs."""
    return re.sub(r"//([^/:@]*):.*@", r"//\1:***@", text)


def _database_url(text: str) -> str:
    try:
        backend = make_url(text).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in {"sqlite", "postgresql"}:
        raise InvalidInputError(
            "this is no database address; write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME."
        )
    return text.replace("postgresql://", "postgresql+psycopg://", 1)


def _host(text: str) -> str:
    if text not in {"127.0.0.1", "localhost", "::1"}:
        raise InvalidInputError(
            "there is no login yet, so the server only listens on loopback; write 127.0.0.1."
        )
    return text


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise InvalidInputError(f"write a whole number from {low} to {high}.")
        return int(text)

    return read


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise InvalidInputError(f"write one of {', '.join(choices)}.")
        return text

    return read


def _timezone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInputError("no such time zone; write a name such as Asia/Shanghai.") from None


def _basemap_url(text: str) -> str:
    lowered = text.lower()
    if not (lowered.startswith(("http://", "https://", "/")) and "{z}" in lowered):
        raise InvalidInputError("write an http address that holds {z}, {x} and {y}.")
    return text


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise InvalidInputError("there is no such home folder; write the whole path.") from None


def _basemap_file(text: str) -> Path:
    path = _path(text)
    if path.suffix not in {".mbtiles", ".pmtiles"} or not path.is_file():
        raise InvalidInputError("no such .mbtiles or .pmtiles file.")
    return path


_READERS: dict[str, Callable[[str], Any]] = {
    "database_url": _database_url,
    "host": _host,
    "port": _whole(1, 65535),
    "timezone": _timezone,
    "language": _one_of(LANGUAGES),
    "basemap_url": _basemap_url,
    "basemap_crs": _one_of(BASEMAP_COORDINATES),
    "index_folder": _path,
    "basemap_file": _basemap_file,
    "basemap_max_zoom": _whole(1, 24),
}
