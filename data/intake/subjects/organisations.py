"""Importing organisations: agencies, subdistricts, communities, centres, units."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.intake.drafts import Draft
from data.intake.fields import Field, RefusalError
from data.intake.report import Report
from data.intake.subject import CODE_LENGTH, Known, Subject, Work, codes, name_fields, record_of
from data.intake.uniqueness import first_of_each_code
from data.intake.upsert import Written, upsert
from data.models import Area, Organisation


def _examine(draft: Draft, known: Known) -> None:
    _ = known
    if draft.extra.get("parent_code") == draft.values["code"]:
        raise RefusalError(
            "parent_code", draft.values["code"], "names the row itself as its parent"
        )


def _write(session: Session, drafts: list[Draft], work: Work) -> Written:
    drafts = first_of_each_code(
        session, Organisation, drafts, work.mapping.source_system, work.report
    )
    written = Written()
    for wave in waves(drafts, known_codes(session, Organisation), work.report):
        parents = ids_by_code(session, Organisation)
        records = [record_of(draft, **parent_of(draft, parents)) for draft in wave]
        system = work.mapping.source_system
        written.include(
            upsert(session, Organisation, work.batch, system, records, {"translations": {}})
        )
    return written


def known_codes(session: Session, table: type[Area] | type[Organisation]) -> set[str]:
    """Return the codes that can be parents."""
    return set(session.scalars(select(table.code)))


def ids_by_code(session: Session, table: type[Area] | type[Organisation]) -> dict[str, int]:
    """Return the row of each code."""
    return {row.code: row.id for row in session.execute(select(table.code, table.id))}


def parent_of(draft: Draft, parents: dict[str, int]) -> dict[str, int | None]:
    """Return the parent column of a draft whose mapping speaks of parents."""
    if "parent_code" not in draft.extra:
        return {}
    code = draft.extra["parent_code"]
    return {"parent_id": None if code is None else parents[code]}


def waves(drafts: list[Draft], known: set[str], report: Report) -> Iterator[list[Draft]]:
    """Yield parents before children; reject the drafts whose parent is nowhere."""
    in_file = {draft.values["code"] for draft in drafts}
    done: set[str | None] = {None, *(known - in_file)}
    left = drafts
    while left:
        ready = [draft for draft in left if draft.extra.get("parent_code") in done]
        if not ready:
            break
        yield ready
        done |= {draft.values["code"] for draft in ready}
        left = [draft for draft in left if draft.values["code"] not in done]
    for draft in left:
        reason = "is not the code of a parent, neither in the file nor in the database"
        report.reject(draft.line, RefusalError("parent_code", draft.extra["parent_code"], reason))


SUBJECT = Subject(
    key="organisations",
    fields=(
        Field(name="code", required=True, length=CODE_LENGTH),
        *name_fields(),
        Field(name="kind", required=True, codes=codes("organisation_kind")),
        Field(name="parent_code", length=CODE_LENGTH, stored=False),
    ),
    shape="none",
    topics=("organisations",),
    examine=_examine,
    write=_write,
)
