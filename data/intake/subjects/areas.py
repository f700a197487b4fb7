"""Importing administrative areas."""

from __future__ import annotations

from sqlalchemy.orm import Session

from data.assignment import AREA_LEVELS, assign_cameras, assign_incidents, link_areas
from data.intake.drafts import Draft
from data.intake.fields import Field, RefusalError
from data.intake.subject import CODE_LENGTH, Known, Subject, Work, codes, name_fields, record_of
from data.intake.subjects.organisations import ids_by_code, known_codes, parent_of, waves
from data.intake.uniqueness import first_of_each_code
from data.intake.upsert import Written, upsert
from data.models import Area


def _examine(draft: Draft, known: Known) -> None:
    _ = known
    if draft.extra.get("parent_code") == draft.values["code"]:
        raise RefusalError(
            "parent_code", draft.values["code"], "names the row itself as its parent"
        )


def _write(session: Session, drafts: list[Draft], work: Work) -> Written:
    drafts = first_of_each_code(session, Area, drafts, work.mapping.source_system, work.report)
    written = Written()
    for wave in waves(drafts, known_codes(session, Area), work.report):
        parents = ids_by_code(session, Area)
        records = [record_of(draft, **parent_of(draft, parents)) for draft in wave]
        system = work.mapping.source_system
        written.include(upsert(session, Area, work.batch, system, records, {"translations": {}}))
    if not written.is_nothing:
        session.flush()
        session.expire_all()
        link_areas(session)
        assign_incidents(session, partitions=work.partitions)
        assign_cameras(session, partitions=work.partitions)
    return written


SUBJECT = Subject(
    key="areas",
    fields=(
        Field(name="code", required=True, length=CODE_LENGTH),
        *name_fields(),
        Field(name="level", required=True, codes=frozenset(AREA_LEVELS)),
        Field(name="parent_code", length=CODE_LENGTH, stored=False),
        Field(name="urban_rural_class", codes=codes("urban_rural_class")),
        Field(name="households", kind="whole"),
        Field(name="residents", kind="whole"),
    ),
    shape="polygon",
    topics=("areas", "incidents", "cameras"),
    examine=_examine,
    write=_write,
)
