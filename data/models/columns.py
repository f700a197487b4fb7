"""Column types that the two databases share: times, shapes, cells, translations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

STORED_SRID = 4326


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC; a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into the UTC that is stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class _PostgisGeometry(UserDefinedType[str]):
    """The PostGIS column; values travel as hexadecimal EWKB, its own form as text."""

    cache_ok = True

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_col_spec(self, **_: Any) -> str:
        """Return the column type for CREATE TABLE."""
        return f"geometry({self.kind},{STORED_SRID})"


class Geometry(TypeDecorator[BaseGeometry]):
    """A shape in WGS 84: a PostGIS geometry on PostgreSQL, well-known binary on SQLite."""

    impl = UserDefinedType
    cache_ok = True

    def __init__(self, kind: str = "MultiPolygon") -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column of the database at hand."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(_PostgisGeometry(self.kind))
        return dialect.type_descriptor(_WellKnownBinary(self.kind))

    def process_bind_param(self, value: BaseGeometry | None, dialect: Dialect) -> Any:
        """Write the shape in the form of the database."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            marked = shapely.set_srid(value, STORED_SRID)
            return shapely.to_wkb(marked, hex=True, include_srid=True)
        return shapely.to_wkb(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> BaseGeometry | None:
        """Read the shape."""
        _ = dialect
        return None if value is None else shapely.from_wkb(value)


class _WellKnownBinary(UserDefinedType[bytes]):
    """The SQLite column; named for its shape, as GDAL and QGIS expect beside `geometry_columns`."""

    cache_ok = True

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_col_spec(self, **_: Any) -> str:
        """Return the column type for CREATE TABLE."""
        return self.kind.upper()


def as_multipolygon(shape: BaseGeometry) -> MultiPolygon:
    """Return the shape as the one kind that polygon columns hold."""
    if isinstance(shape, MultiPolygon):
        return shape
    return MultiPolygon([shape])  # type: ignore[list-item]  # polygons only, checked at import


SurrogateKey = Annotated[
    int,
    mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, sort_order=-10),
]
"""A number without meaning; SQLite only counts up by itself in a column named INTEGER."""

Code = Annotated[str, mapped_column(String(64))]
Name = Annotated[str, mapped_column(String(200))]
Translations = Annotated[dict[str, str], mapped_column(JSON, default=dict)]
"""Other names by language tag ("zh-Hant", "en"); the plain name is the fallback."""


class Model(DeclarativeBase):
    """A table. Tables have no behaviour."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own form
        datetime: UtcDateTime(),
        int: BigInteger().with_variant(Integer, "sqlite"),
        BaseGeometry: Geometry(),
    }
