"""Two trees over one ground: administrative areas and grid schemes. They do not nest."""

from __future__ import annotations

from datetime import datetime

from shapely.geometry.base import BaseGeometry
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.models.columns import Code, Model, Name, SurrogateKey, Translations


class Area(Model):
    """An administrative area: province, prefecture, county, township or village."""

    __tablename__ = "area"
    __table_args__ = (UniqueConstraint("source_system", "source_id"),)

    id: Mapped[SurrogateKey]
    code: Mapped[Code] = mapped_column(unique=True)
    """12-digit statistical code where there is one; free text is accepted."""
    name: Mapped[Name]
    translations: Mapped[Translations]
    level: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    urban_rural_class: Mapped[str | None] = mapped_column(String(3))
    households: Mapped[int | None]
    residents: Mapped[int | None]
    area_m2: Mapped[float]
    geometry: Mapped[BaseGeometry]
    source_crs: Mapped[str] = mapped_column(String(32))
    source_system: Mapped[Code]
    source_id: Mapped[str] = mapped_column(String(128))
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))


class GridScheme(Model):
    """One way to divide the ground into grids, with its own named levels and sizing standard."""

    __tablename__ = "grid_scheme"

    id: Mapped[SurrogateKey]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    translations: Mapped[Translations]
    position: Mapped[int] = mapped_column(default=0)
    """Order in lists; the first scheme is shown first."""
    max_households: Mapped[int] = mapped_column(default=400)
    max_residents: Mapped[int] = mapped_column(default=1200)
    """Sizing standard: a grid is oversized above either figure."""


class GridLevel(Model):
    """A named level of a scheme; 1 is the coarsest."""

    __tablename__ = "grid_level"

    scheme_id: Mapped[int] = mapped_column(ForeignKey("grid_scheme.id"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[Name]
    translations: Mapped[Translations]


class GridUnit(Model):
    """A grid of one scheme and level, as it was between two dates."""

    __tablename__ = "grid_unit"
    __table_args__ = (
        UniqueConstraint("source_system", "source_id"),
        UniqueConstraint("scheme_id", "code", "valid_from"),
        Index("grid_unit_of_level", "scheme_id", "level"),
        CheckConstraint(
            "valid_until IS NULL OR valid_from IS NULL OR valid_from < valid_until", "validity"
        ),
    )

    id: Mapped[SurrogateKey]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("grid_scheme.id"))
    level: Mapped[int]
    code: Mapped[Code]
    name: Mapped[Name]
    translations: Mapped[Translations]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("grid_unit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20), default="general")
    households: Mapped[int | None]
    residents: Mapped[int | None]
    area_m2: Mapped[float]
    geometry: Mapped[BaseGeometry]
    valid_from: Mapped[datetime | None]
    """Inclusive; None is since ever."""
    valid_until: Mapped[datetime | None]
    """Exclusive; None is still valid."""
    source_crs: Mapped[str] = mapped_column(String(32))
    source_system: Mapped[Code]
    source_id: Mapped[str] = mapped_column(String(128))
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))


class GridAreaLink(Model):
    """How much of a grid lies in an area, and how much of the area lies in the grid."""

    __tablename__ = "grid_area_link"

    grid_id: Mapped[int] = mapped_column(
        ForeignKey("grid_unit.id", ondelete="CASCADE"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        ForeignKey("area.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    share_of_grid: Mapped[float]
    """Between 0 and 1, by m2."""
    share_of_area: Mapped[float]
    """Between 0 and 1, by m2."""
