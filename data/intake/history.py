"""The lines of history that an import adds to incidents; none is ever changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from data.intake.upsert import Change, Record, Written, chunks
from data.models import IncidentEvent, Model
from data.rules.lifecycle import SET_ASIDE

STAGE_MOMENTS = (
    ("reported_at", "reported", "reported"),
    ("verified_at", "verified", "verifying"),
    ("filed_at", "filed", "filed"),
    ("dispatched_at", "dispatched", "dispatched"),
    ("received_at", "received", "received"),
    ("handling_at", "handling", "handling"),
    ("handled_at", "handled", "handled"),
    ("checked_at", "checked", "checking"),
    ("closed_at", "closed", "closed"),
    ("evaluated_at", "evaluated", "evaluated"),
)
"""Column, action and stage of each step, in the order of the steps."""

Event = dict[str, Any]


def stage_of(values: dict[str, Any]) -> str:
    """Return the stage that the times of an incident tell of, for files without a stage."""
    reached = [stage for moment, _, stage in STAGE_MOMENTS if values.get(moment) is not None]
    return reached[-1] if reached else "reported"


def append(session: Session, written: Written, records: Iterable[Record], at: datetime) -> None:
    """Write the history of the incidents that an import added or changed."""
    events: list[Event] = []
    for record in records:
        incident_id = written.added.get(record["source_id"])
        if incident_id is not None:
            events += _numbered(incident_id, 1, _of_new(record, at))
    last = _last_sequences(session, [change.id for change in written.changed])
    for change in written.changed:
        events += _numbered(change.id, last.get(change.id, 0) + 1, _of_change(change, at))
    if events:
        session.execute(insert(Model.metadata.tables[IncidentEvent.__tablename__]), events)


def _numbered(incident_id: int, first: int, events: Iterable[Event]) -> Iterator[Event]:
    for sequence, event in enumerate(events, first):
        yield {"incident_id": incident_id, "sequence": sequence, **event}


def _last_sequences(session: Session, incident_ids: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for portion in chunks(incident_ids):
        rows = session.execute(
            select(IncidentEvent.incident_id, func.max(IncidentEvent.sequence))
            .where(IncidentEvent.incident_id.in_(portion))
            .group_by(IncidentEvent.incident_id)
        )
        found.update((incident_id, last) for incident_id, last in rows)
    return found


def _steps(record: Record, moments: Iterable[str]) -> list[Event]:
    """Return the steps that the given columns tell of, in the order of time."""
    wanted = frozenset(moments)
    steps = []
    for moment, action, stage in STAGE_MOMENTS:
        at = record.get(moment)
        if moment in wanted and at is not None:
            ended_otherwise = moment == "closed_at" and record["stage"] in SET_ASIDE
            ending = record["stage"] if ended_otherwise else None
            steps.append(_event(at, ending or action, ending or stage))
    return sorted(steps, key=lambda step: step["at"])  # a stable sort keeps steps of one moment


def _event(
    at: datetime,
    action: str,
    stage: str,
    from_value: str | None = None,
    to_value: str | None = None,
    note: str | None = None,
) -> Event:
    return {
        "at": at,
        "action": action,
        "stage": stage,
        "from_value": from_value,
        "to_value": to_value,
        "note": note,
    }


def _of_new(record: Record, at: datetime) -> list[Event]:
    steps = _steps(record, record)
    if steps[-1]["stage"] != record["stage"]:
        # The file knows where the case stands, but not since when.
        steps.append(_event(at, "imported", record["stage"]))
    return steps


def _of_change(change: Change, at: datetime) -> list[Event]:
    """Return the steps that are new, then one line that says which columns differ."""
    known_now = [key for key, old in change.before.items() if old is None]
    stage = change.record["stage"]
    before = change.before.get("stage")
    changed = _event(
        at,
        "changed",
        stage,
        from_value=before,
        to_value=None if before is None else stage,
        note=", ".join(sorted(change.before)),
    )
    return [*_steps(change.record, known_now), changed]
