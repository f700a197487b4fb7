"""Who is accountable, and for which kinds of case: organisations and the service catalogue."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.models.columns import Code, Model, Name, SurrogateKey, Translations


class Organisation(Model):
    """An agency, subdistrict, community, centre or other unit that handles incidents."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("source_system", "source_id"),)

    id: Mapped[SurrogateKey]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    translations: Mapped[Translations]
    kind: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    source_system: Mapped[Code]
    source_id: Mapped[str] = mapped_column(String(128))
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))


class ServiceCategory(Model):
    """A class of duty, such as fire safety."""

    __tablename__ = "service_category"

    code: Mapped[Code] = mapped_column(primary_key=True)
    name: Mapped[Name]
    translations: Mapped[Translations]
    cap_category: Mapped[str] = mapped_column(String(16))
    """Category of the Common Alerting Protocol 1.2."""
    position: Mapped[int]


class ServiceItem(Model):
    """A kind of case with its agency and its handling standard."""

    __tablename__ = "service_item"

    code: Mapped[Code] = mapped_column(primary_key=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("service_category.code"), index=True)
    name: Mapped[Name]
    translations: Mapped[Translations]
    kind: Mapped[str] = mapped_column(String(16))
    """component, event or service."""
    lead_organisation_code: Mapped[str | None] = mapped_column(String(64))
    time_limit_value: Mapped[int | None]
    time_limit_unit: Mapped[str | None] = mapped_column(String(16))
    """urgent_hour, work_hour, work_day or natural_day."""
