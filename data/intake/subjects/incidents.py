"""Importing incidents with their history."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.assignment import assign_incidents
from data.intake.drafts import Draft
from data.intake.fields import Field, RefusalError
from data.intake.history import STAGE_MOMENTS, append, stage_of
from data.intake.subject import (
    CODE_LENGTH,
    NAME_LENGTH,
    Known,
    Subject,
    Work,
    codes,
    fill,
    record_of,
)
from data.intake.upsert import Change, Written, chunks, upsert
from data.models import Incident, Organisation
from data.rules.lifecycle import ENDED, SET_ASIDE

_PLACED_BY = frozenset({"longitude", "latitude", "reported_at"})
_CREATED_KIND = "agency"
_ROWS_IN_MEMORY = 5_000  # of which the database library makes several copies


def _examine(draft: Draft, known: Known) -> None:
    values = draft.values
    _check_category(draft, known)
    fill(values, "incident_no", draft.source_id)
    if len(values["incident_no"]) > CODE_LENGTH:
        reason = (
            f"is too long for a number, which has at most {CODE_LENGTH} characters; map incident_no"
        )
        raise RefusalError("incident_no", values["incident_no"], reason)
    fill(values, "title", known.category_names[values["category_code"]])
    fill(values, "stage", stage_of(values))
    _check_order(draft)
    _check_end(draft)


def _check_category(draft: Draft, known: Known) -> None:
    item, category = draft.values.get("service_item_code"), draft.values.get("category_code")
    if item is not None:
        of_item = known.item_categories.get(item)
        if of_item is None:
            raise RefusalError("service_item_code", item, "is no item of the service catalogue")
        if category not in {None, of_item}:
            reason = f"belongs to category {of_item}, but the row says {category}"
            raise RefusalError("service_item_code", item, reason)
        draft.values["category_code"] = category = of_item
    if category is None:
        reason = "is not given, and there is no service item to take it from; map category_code"
        raise RefusalError("category_code", "", reason)
    if category not in known.category_names:
        reason = f"is no category; known are {', '.join(sorted(known.category_names))}"
        raise RefusalError("category_code", category, reason)


def _check_order(draft: Draft) -> None:
    reported_at = draft.values["reported_at"]
    for moment, _, _ in STAGE_MOMENTS:
        at = draft.values.get(moment)
        if at is not None and at < reported_at:
            reason = f"is before the report of {reported_at:%Y-%m-%d %H:%M:%S} UTC"
            raise RefusalError(moment, at, reason)


def _check_end(draft: Draft) -> None:
    stage, closed_at = draft.values["stage"], draft.values.get("closed_at")
    if stage in ENDED and closed_at is None:
        raise RefusalError("closed_at", "", f"is empty although the stage is {stage}")
    if closed_at is not None and stage not in ENDED | SET_ASIDE:
        raise RefusalError("closed_at", closed_at, f"is given although the stage is {stage}")


def _write(session: Session, drafts: list[Draft], work: Work) -> Written:
    drafts, made = _with_agencies(session, drafts, work)
    defaults = {"source_crs": "wgs84", "priority": "minor", "updated_at": work.at}
    system, written = work.mapping.source_system, Written(others=made)
    for portion in chunks(drafts, _ROWS_IN_MEMORY):
        records = [record_of(draft) for draft in portion]
        done = upsert(session, Incident, work.batch, system, records, defaults)
        append(session, done, records, work.at)
        written.include(done)
    moved = [change.id for change in written.changed if _moves(change)]
    touched = [*written.added.values(), *moved]
    if touched:
        session.flush()
        assign_incidents(session, touched, work.partitions)
    return written


def _moves(change: Change) -> bool:
    return bool(_PLACED_BY & change.before.keys())


def _with_agencies(session: Session, drafts: list[Draft], work: Work) -> tuple[list[Draft], int]:
    """Put the number of the agency in the place of its code; reject or make unknown ones."""
    if "agency" not in work.mapping.columns:
        return drafts, 0
    wanted = sorted({draft.extra["agency"] for draft in drafts if draft.extra["agency"]})
    numbers = _numbers(session, wanted)
    missing = [code for code in wanted if code not in numbers]
    if work.mapping.create_agencies and missing:
        _create(session, missing, work)
        numbers |= _numbers(session, missing)
    kept = []
    for draft in drafts:
        code = draft.extra["agency"]
        if code is not None and code not in numbers:
            reason = "is no known organisation; import organisations first, or set create_agencies"
            work.report.reject(draft.line, RefusalError("agency", code, reason))
            continue
        draft.values["agency_id"] = None if code is None else numbers[code]
        kept.append(draft)
    return kept, len(missing) if work.mapping.create_agencies else 0


def _numbers(session: Session, wanted: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for portion in chunks(wanted):
        rows = session.execute(
            select(Organisation.code, Organisation.id).where(Organisation.code.in_(portion))
        )
        found.update({row.code: row.id for row in rows})
    return found


def _create(session: Session, missing: list[str], work: Work) -> None:
    batch_id = work.batch.id(session)
    session.add_all(
        Organisation(
            code=code,
            name=code,
            translations={},
            kind=_CREATED_KIND,
            source_system=work.mapping.source_system,
            source_id=code,
            import_batch_id=batch_id,
        )
        for code in missing
    )
    session.flush()
    work.report.warn(
        f"Made {len(missing)} organisations of agency codes: {', '.join(missing[:20])}."
    )


_MOMENTS = tuple(
    Field(name=moment, kind="moment", past=True, required=moment == "reported_at")
    for moment, _, _ in STAGE_MOMENTS
)

SUBJECT = Subject(
    key="incidents",
    fields=(
        Field(name="incident_no", length=CODE_LENGTH),
        Field(name="title", length=NAME_LENGTH, free=True),
        Field(name="description", length=10_000, free=True),
        Field(name="category_code", length=CODE_LENGTH),
        Field(name="service_item_code", length=CODE_LENGTH),
        Field(name="source", required=True, codes=codes("source")),
        Field(name="priority", codes=codes("priority"), default="minor"),
        Field(name="stage", codes=codes("stage")),
        Field(name="agency", length=CODE_LENGTH, stored=False),
        Field(name="address", length=300, free=True),
        Field(name="occurred_at", kind="moment", past=True),
        *_MOMENTS,
        Field(name="due_at", kind="moment"),
        Field(name="extended_due_at", kind="moment"),
        Field(name="rework_count", kind="whole", default=0),
        Field(name="return_count", kind="whole", default=0),
        Field(name="transfer_count", kind="whole", default=0),
    ),
    shape="point",
    topics=("incidents",),
    examine=_examine,
    write=_write,
)
