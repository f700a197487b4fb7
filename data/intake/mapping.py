"""The mapping of an import: which column of a file means what. A TOML file beside the data.

Unknown keys are refused, so that a misspelt one is noticed and not skipped.
"""

from __future__ import annotations

import codecs
import string
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from data.errors import InvalidInputError

SubjectName = Literal["areas", "grids", "incidents", "cameras", "organisations"]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is no time zone; write a name such as Asia/Shanghai or UTC"
        ) from None
    return name


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"{name!r} is no encoding; write utf-8 or gb18030") from None


def _in_full(value: Any) -> Any:
    """Read the short form of a column, its bare name."""
    return {"from": value} if isinstance(value, str) else value


ZoneName = Annotated[str, AfterValidator(_known_zone)]
Names = dict[Literal["zh-Hans", "zh-Hant", "en"], str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ColumnRule(_Part):
    """How one value of a row comes about: from a column, a constant, or a template of columns."""

    source: str | None = Field(None, alias="from")
    constant: str | int | float | bool | None = None
    template: str | None = None
    """Text with column names in braces, such as "{OFFENSE} ({SHIFT})"."""
    values: dict[str, str] = Field(default_factory=dict)
    """Ours by theirs; a value that is missing here is unknown."""
    otherwise: str | None = None
    """What an unknown value counts as; without it the row is rejected."""
    nulls: tuple[str, ...] = ()
    """Texts that mean "not known"; of a time also its beginning, such as "1970-01-01"."""
    formats: tuple[str, ...] = ()
    """Of a time, as of strptime; ISO 8601 is always understood."""
    timezone: ZoneName | None = None
    """Zone of times that carry none; else that of the mapping."""

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnRule:
        if sum(part is not None for part in (self.source, self.constant, self.template)) != 1:
            raise ValueError("give exactly one of from, constant and template")
        if self.template is not None:
            template_parts(self.template)
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the file that are read."""
        if self.source is not None:
            return (self.source,)
        parts = template_parts(self.template or "")
        return tuple(column for _, column in parts if column is not None)


def template_parts(template: str) -> list[tuple[str, str | None]]:
    """Return the text and the column of each part; only plain names may stand in braces."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"the template {template!r} cannot be read: {error}") from None
    for _, _, form, conversion in parts:
        if form or conversion:
            raise ValueError(f"the template {template!r} may hold only column names in braces")
    return [(text, column) for text, column, _, _ in parts]


class Place(_Part):
    """Where the coordinates of a point are."""

    longitude: str | None = None
    """Column; of a projected system the easting."""
    latitude: str | None = None
    """Column; of a projected system the northing."""
    pair: str | None = None
    """Column that holds both, separated by a comma, semicolon or blank."""
    geometry: bool = False
    """Whether the point is the geometry of the feature."""
    order: Literal["lon,lat", "lat,lon"] = "lon,lat"
    """Order in `pair` or in the geometry."""
    nulls: tuple[str, ...] = ()
    required: bool = False
    """Whether a row without coordinates is rejected; else its place is unknown."""

    @model_validator(mode="after")
    def _one_origin(self) -> Place:
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("give both longitude and latitude")
        if sum((self.longitude is not None, self.pair is not None, self.geometry)) != 1:
            raise ValueError("give longitude and latitude, or pair, or geometry = true")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the file that are read."""
        return tuple(name for name in (self.longitude, self.latitude, self.pair) if name)


class Scheme(_Part):
    """The grid scheme that the file belongs to; made when it does not exist."""

    code: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=200)
    translations: Names = Field(default_factory=dict)
    position: int = 0
    max_households: int = Field(400, gt=0)
    max_residents: int = Field(1200, gt=0)


class Level(_Part):
    """A named level of the scheme; 1 is the coarsest."""

    level: int = Field(ge=1, le=9)
    name: str = Field(min_length=1, max_length=200)
    translations: Names = Field(default_factory=dict)


class GridRules(_Part):
    """What belongs to all grids of the file."""

    scheme: Scheme
    levels: tuple[Level, ...] = Field(min_length=1)
    """One level, or several with a column for `level`."""
    parent: Literal["none", "column", "containment"] = "none"
    """By the column `parent_code`, or the grid one level up that holds most of the ground."""
    overlaps: Literal["refuse", "warn"] = "refuse"
    """What to do with grids of one level that overlap by more than `tolerance_m`."""
    tolerance_m: float = Field(1.0, ge=0, le=100)
    """Width of an overlap that counts as drawing noise."""


class Mapping(_Part):
    """All of the file."""

    subject: SubjectName
    source_system: str = Field(min_length=1, max_length=64)
    """Names the register that the file comes from; with the id it makes a row known again."""
    id: Annotated[tuple[str, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)]
    """Column, or columns, whose value stays the same when the file is exported again."""
    crs: str | None = None
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    sheet: str | None = None
    timezone: ZoneName | None = None
    """Zone of times that carry none; else that of the installation."""
    nulls: tuple[str, ...] = ()
    """Texts that mean "not known" in every column."""
    create_agencies: bool = False
    """Whether an agency code of an incident that is not known becomes an organisation."""
    invalid_polygons: Literal["repair", "refuse"] = "repair"
    order: Literal["lon,lat", "lat,lon"] = "lon,lat"
    """Order of coordinates in polygons."""
    place: Place | None = None
    grid: GridRules | None = None
    columns: dict[str, Annotated[ColumnRule, BeforeValidator(_in_full)]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _fits_its_subject(self) -> Mapping:
        if (self.grid is not None) != (self.subject == "grids"):
            raise ValueError("the section [grid] belongs to grids, and to them alone")
        if self.place is not None and self.subject not in {"incidents", "cameras"}:
            raise ValueError("the section [place] belongs to incidents and cameras")
        if not self.id or not all(self.id):
            raise ValueError("id names no column")
        return self


def load(path: Path) -> Mapping:
    """Read a mapping; raise InvalidInputError naming the key at fault."""
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path.name} is not UTF-8; save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{path.name} is not TOML: {error}.") from None
    except ValidationError as error:
        raise InvalidInputError(f"{path.name}: {_sentence(error)}") from None


def _sentence(error: ValidationError) -> str:
    """Return the first fault as a sentence that names the key."""
    faults = error.errors(include_url=False)
    # A misspelt key is also a missing one; its spelling is what helps.
    fault = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"the key {key!r} is not known; check its spelling."
    if fault["type"] == "missing":
        return f"the key {key!r} is missing."
    told = fault["msg"].removeprefix("Value error, ").removesuffix(".")
    return f"{key}: {told}." if key else f"{told}."
