"""What the installation records about itself: imports, changes and what kind of town it holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from data.models.columns import Code, Model, SurrogateKey


class ImportBatch(Model):
    """One run of an import: which file, read how, with what result."""

    __tablename__ = "import_batch"

    id: Mapped[SurrogateKey]
    subject: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    source_crs: Mapped[str] = mapped_column(String(32))
    imported_at: Mapped[datetime]
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Counts of rows read, added, changed, unchanged and rejected, and the warnings."""


class TopicChange(Model):
    """The revision at which each topic last changed; one row a topic, written with the data."""

    __tablename__ = "topic_change"

    topic: Mapped[Code] = mapped_column(primary_key=True)
    revision: Mapped[int]
    changed_at: Mapped[datetime]


class RevisionCounter(Model):
    """The last revision given; writers lock its one row, so that revisions keep order."""

    __tablename__ = "revision_counter"

    id: Mapped[SurrogateKey]
    revision: Mapped[int]


class IncidentChange(Model):
    """A change of one incident. Triggers write it, so that no way of writing goes unseen."""

    __tablename__ = "incident_change"
    __table_args__ = (Index("incident_change_in_order", "revision", "id"),)

    id: Mapped[SurrogateKey]
    incident_id: Mapped[int]
    """Refers to nothing: an incident that was deleted has changed too."""
    revision: Mapped[int | None]
    """The revision that announced the change; None until then."""


class IncidentRevision(Model):
    """A revision up to which the changes of incidents, and of what they lie in, can be told."""

    __tablename__ = "incident_revision"

    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mark: Mapped[int]
    """Drawn at random: tells this history from another that has come to the same number."""


class Installation(Model):
    """Facts about this installation, such as that its data are synthetic."""

    __tablename__ = "installation"

    key: Mapped[Code] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
