"""Writing accepted rows: what is new is added, what differs is changed, the rest is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from data.models import Area, Camera, GridUnit, ImportBatch, Incident, Model, Organisation

Table = type[Area] | type[Camera] | type[GridUnit] | type[Incident] | type[Organisation]
Record = dict[str, Any]
Item = TypeVar("Item")

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """A row that the file describes otherwise than the database did."""

    id: int
    record: Record
    before: dict[str, Any]
    """Old values of the columns that differ."""


@dataclass(slots=True)
class Written:
    """What one writing did."""

    added: dict[str, int] = field(default_factory=dict)
    """Row ids by source id."""
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    others: int = 0
    """Rows of other tables that were added or changed along the way."""

    @property
    def is_nothing(self) -> bool:
        """Tell whether the database is as it was."""
        return not (self.added or self.changed or self.others)

    @property
    def accepted(self) -> int:
        """Return how many rows of the file the database now agrees with."""
        return len(self.added) + len(self.changed) + self.unchanged

    def include(self, other: Written) -> None:
        """Add what another writing did."""
        self.added |= other.added
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.others += other.others


class Batch:
    """The record of this import; written when the first row needs it."""

    def __init__(self, row: ImportBatch) -> None:
        self._row = row

    def id(self, session: Session) -> int:
        """Return the number that marks the rows of this import."""
        if self._row.id is None:
            session.add(self._row)
            session.flush()
        return self._row.id

    def close(self, report: dict[str, Any]) -> None:
        """Keep the report with the batch."""
        self._row.report = report


def upsert(
    session: Session,
    table: Table,
    batch: Batch,
    source_system: str,
    records: Sequence[Record],
    defaults: Mapping[str, Any],
) -> Written:
    """Bring the rows of a source system to what the records say.

    Parameters
    ----------
    records
        All with the same keys, `source_id` among them; only these columns are compared and changed.
    defaults
        Columns of new rows that the records do not name, and with the key `updated_at` the mark of
        changed rows too.
    """
    written = Written()
    if not records:
        return written
    stored = _stored(session, table, source_system, records)
    new = [record for record in records if record["source_id"] not in stored]
    for record in records:
        row = stored.get(record["source_id"])
        if row is None:
            continue
        before = {key: row[key] for key in record if _differs(row[key], record[key])}
        if before:
            written.changed.append(Change(row["id"], record, before))
        else:
            written.unchanged += 1
    if new:
        written.added = _insert(session, table, batch, source_system, new, defaults)
    if written.changed:
        _update(session, table, batch, written.changed, defaults)
    return written


def _differs(stored: Any, given: Any) -> bool:
    if isinstance(stored, BaseGeometry) and isinstance(given, BaseGeometry):
        return bool(shapely.to_wkb(stored) != shapely.to_wkb(given))
    return bool(stored != given)


def chunks(items: Sequence[Item], size: int = ROWS_AT_ONCE) -> Iterator[list[Item]]:
    """Split a sequence into lists, by default such as fit the parameters of one statement."""
    iterator = iter(items)
    while portion := list(islice(iterator, size)):
        yield portion


def _stored(
    session: Session, table: Table, source_system: str, records: Sequence[Record]
) -> dict[str, dict[str, Any]]:
    """Return the compared columns of the rows that exist, by source id."""
    columns = [getattr(table, key) for key in records[0]]
    found: dict[str, dict[str, Any]] = {}
    for portion in chunks([record["source_id"] for record in records]):
        rows = session.execute(
            select(table.id, *columns).where(
                table.source_system == source_system, table.source_id.in_(portion)
            )
        )
        found.update({row["source_id"]: dict(row) for row in rows.mappings()})
    return found


def _insert(
    session: Session,
    table: Table,
    batch: Batch,
    source_system: str,
    records: list[Record],
    defaults: Mapping[str, Any],
) -> dict[str, int]:
    fixed = {**defaults, "source_system": source_system, "import_batch_id": batch.id(session)}
    # The plain table: through the class, rows with other columns unset go one group at a time.
    plain = Model.metadata.tables[table.__tablename__]
    numbers: dict[str, int] = {}
    for portion in chunks(records):
        session.execute(insert(plain), [{**fixed, **record} for record in portion])
        rows = session.execute(
            select(table.source_id, table.id).where(
                table.source_system == source_system,
                table.source_id.in_([record["source_id"] for record in portion]),
            )
        )
        numbers.update((source_id, number) for source_id, number in rows)
    return numbers


def _update(
    session: Session, table: Table, batch: Batch, changes: list[Change], defaults: Mapping[str, Any]
) -> None:
    marks: dict[str, Any] = {"import_batch_id": batch.id(session)}
    if "updated_at" in defaults:
        marks["updated_at"] = defaults["updated_at"]
    session.execute(
        update(table), [{"id": change.id, **change.record, **marks} for change in changes]
    )
