"""Incidents, their append-only history, and the grids that they belong to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.models.columns import Model, SurrogateKey


class Incident(Model):
    """A case from its report to its evaluation."""

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("source_system", "source_id"),
        Index("incident_position", "latitude", "longitude"),
    )

    id: Mapped[SurrogateKey]
    incident_no: Mapped[str] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    category_code: Mapped[str] = mapped_column(ForeignKey("service_category.code"))
    service_item_code: Mapped[str | None] = mapped_column(ForeignKey("service_item.code"))
    source: Mapped[str] = mapped_column(String(24))
    """Channel of intake, from the code list `source`."""
    priority: Mapped[str] = mapped_column(String(8))
    """urgent, major or minor."""
    stage: Mapped[str] = mapped_column(String(16))
    """Where the case stands, from the code list `stage`."""
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    """Stored coordinates, WGS 84; both None where the place is unknown."""
    cell: Mapped[int | None] = mapped_column(index=True)
    """H3 cell of `cells.BASE_RESOLUTION`."""
    source_crs: Mapped[str] = mapped_column(String(32))
    address: Mapped[str | None] = mapped_column(String(300))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    """The lowest administrative area that covers the place."""
    occurred_at: Mapped[datetime | None]
    reported_at: Mapped[datetime] = mapped_column(index=True)
    verified_at: Mapped[datetime | None]
    filed_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    handling_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the case ended, in whichever way; None as long as it is open."""
    evaluated_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    extended_due_at: Mapped[datetime | None]
    rework_count: Mapped[int] = mapped_column(default=0)
    return_count: Mapped[int] = mapped_column(default=0)
    transfer_count: Mapped[int] = mapped_column(default=0)
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    updated_at: Mapped[datetime]
    source_system: Mapped[str] = mapped_column(String(64))
    source_id: Mapped[str] = mapped_column(String(128))
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))


class IncidentEvent(Model):
    """One line of an incident's history. The database refuses to change or delete it."""

    __tablename__ = "incident_event"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own form

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(24))
    stage: Mapped[str] = mapped_column(String(16))
    """The stage after the action."""
    from_value: Mapped[str | None] = mapped_column(String(200))
    to_value: Mapped[str | None] = mapped_column(String(200))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    note: Mapped[str | None] = mapped_column(Text)


class IncidentGrid(Model):
    """The grid of each scheme and level that held the incident's place when it was reported."""

    __tablename__ = "incident_grid"
    __table_args__ = (
        Index("incident_grid_of_grid", "grid_id", "incident_id"),
        {"sqlite_with_rowid": False},
    )

    incident_id: Mapped[int] = mapped_column(
        ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True
    )
    grid_id: Mapped[int] = mapped_column(
        ForeignKey("grid_unit.id", ondelete="CASCADE"), primary_key=True
    )
