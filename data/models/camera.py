"""The register of public cameras with the legal facts of each."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.models.columns import Model, Name, SurrogateKey


class Camera(Model):
    """A camera of the "Sharp Eyes" network; no address, account or password of the device is kept.

    The legal facts answer State Council Order 799: manager and purpose (Art. 7), sign (Art. 13),
    filing (Art. 14), retention of at least 30 days (Art. 17).
    """

    __tablename__ = "camera"
    __table_args__ = (UniqueConstraint("source_system", "source_id"),)

    id: Mapped[SurrogateKey]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    """20-digit GB/T 28181 identifier where there is one."""
    name: Mapped[Name]
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    cell: Mapped[int | None]
    source_crs: Mapped[str] = mapped_column(String(32))
    address: Mapped[str | None] = mapped_column(String(300))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    status: Mapped[str] = mapped_column(String(8), default="unknown")
    """online, offline or unknown."""
    last_seen_at: Mapped[datetime | None]
    azimuth_deg: Mapped[float | None]
    """Where it looks, clockwise from north; None is not known."""
    view_angle_deg: Mapped[float | None]
    view_distance_m: Mapped[float | None]
    ptz_type: Mapped[str | None] = mapped_column(String(2))
    position_type: Mapped[str | None] = mapped_column(String(2))
    room_type: Mapped[str | None] = mapped_column(String(2))
    direction_type: Mapped[str | None] = mapped_column(String(2))
    business_group: Mapped[str | None] = mapped_column(String(64))
    manager_unit: Mapped[str | None] = mapped_column(String(200))
    purpose: Mapped[str | None] = mapped_column(String(200))
    filing_no: Mapped[str | None] = mapped_column(String(64))
    filing_date: Mapped[date | None]
    sign_posted: Mapped[bool | None]
    retention_days: Mapped[int | None]
    updated_at: Mapped[datetime]
    source_system: Mapped[str] = mapped_column(String(64))
    source_id: Mapped[str] = mapped_column(String(128))
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))


class CameraGrid(Model):
    """The grids that hold a camera's place, of every scheme, level and time."""

    __tablename__ = "camera_grid"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own form

    camera_id: Mapped[int] = mapped_column(
        ForeignKey("camera.id", ondelete="CASCADE"), primary_key=True
    )
    grid_id: Mapped[int] = mapped_column(
        ForeignKey("grid_unit.id", ondelete="CASCADE"), primary_key=True, index=True
    )
