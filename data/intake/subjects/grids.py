"""Importing the grids of one scheme: its levels, their parents, their validity."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.assignment import assign_cameras, assign_incidents, link_areas
from data.intake.division import Neighbour, check_codes, check_overlaps
from data.intake.drafts import Draft
from data.intake.fields import Field, RefusalError
from data.intake.mapping import GridRules
from data.intake.parents import with_parents
from data.intake.subject import CODE_LENGTH, Known, Subject, Work, codes, name_fields, record_of
from data.intake.upsert import Written, upsert
from data.models import GridLevel, GridScheme, GridUnit

_SCHEME_COLUMNS = ("name", "translations", "position", "max_households", "max_residents")


def _examine(draft: Draft, known: Known) -> None:
    _ = known
    since, until = draft.values.get("valid_from"), draft.values.get("valid_until")
    if since is not None and until is not None and since >= until:
        raise RefusalError("valid_until", until, "is not after valid_from")


def _write(session: Session, drafts: list[Draft], work: Work) -> Written:
    rules = work.mapping.grid
    assert rules is not None, "the mapping of grids has a section [grid]"  # noqa: S101
    drafts = _with_level(drafts, rules, work)
    written = Written()
    scheme = _scheme(session, rules, written)
    for level in sorted({draft.values["level"] for draft in drafts}):
        of_level = [draft for draft in drafts if draft.values["level"] == level]
        others = _others(session, scheme.id, level, of_level, work)
        check_codes(of_level, others, work.report)
        check_overlaps(of_level, others, rules, work.report)
        placed = with_parents(session, scheme.id, of_level, rules, work.report)
        records = [record_of(draft, scheme_id=scheme.id) for draft in placed]
        defaults = {"kind": "general", "translations": {}}
        system = work.mapping.source_system
        written.include(upsert(session, GridUnit, work.batch, system, records, defaults))
    if written.others:
        work.batch.id(session)
    if written.added or written.changed:
        session.flush()
        link_areas(session)
        assign_incidents(session, partitions=work.partitions)
        assign_cameras(session, partitions=work.partitions)
    return written


def _with_level(drafts: list[Draft], rules: GridRules, work: Work) -> list[Draft]:
    """Give each draft its level; reject the ones of a level that the mapping does not name."""
    known = {level.level for level in rules.levels}
    kept = []
    for draft in drafts:
        level = draft.values.get("level")
        if level is None and len(known) == 1:
            draft.values["level"] = level = rules.levels[0].level
        if level in known:
            kept.append(draft)
        else:
            reason = f"is no level of the mapping, which has {', '.join(map(str, sorted(known)))}"
            work.report.reject(draft.line, RefusalError("level", level, reason))
    return kept


def _scheme(session: Session, rules: GridRules, written: Written) -> GridScheme:
    """Return the scheme, made or changed as the mapping says, with the levels of the file."""
    said = rules.scheme.model_dump(include=set(_SCHEME_COLUMNS) & rules.scheme.model_fields_set)
    scheme = session.scalars(select(GridScheme).filter_by(code=rules.scheme.code)).one_or_none()
    if scheme is None:
        next_position = session.scalar(select(func.coalesce(func.max(GridScheme.position) + 1, 0)))
        said = {"translations": {}, "position": next_position, **said}
        scheme = GridScheme(code=rules.scheme.code)
        session.add(scheme)
    written.others += _set_all(scheme, said)
    session.flush()
    for level in rules.levels:
        row = session.get(GridLevel, (scheme.id, level.level))
        if row is None:
            row = GridLevel(scheme_id=scheme.id, level=level.level)
            session.add(row)
        said_of_level = {"name": level.name, "translations": dict(level.translations)}
        written.others += _set_all(row, said_of_level)
    session.flush()
    return scheme


def _set_all(row: GridScheme | GridLevel, values: dict[str, Any]) -> int:
    """Give the row the values; return how many differed."""
    differing = {key: value for key, value in values.items() if getattr(row, key) != value}
    for key, value in differing.items():
        setattr(row, key, value)
    return len(differing)


def _others(
    session: Session, scheme_id: int, level: int, drafts: list[Draft], work: Work
) -> list[Neighbour]:
    """Return the stored grids of the level that this file does not replace."""
    replaced = {draft.source_id for draft in drafts}
    rows = session.execute(
        select(
            GridUnit.code,
            GridUnit.geometry,
            GridUnit.valid_from,
            GridUnit.valid_until,
            GridUnit.source_system,
            GridUnit.source_id,
        ).filter_by(scheme_id=scheme_id, level=level)
    )
    return [
        Neighbour(
            row.code, f"{row.code} of the database", row.geometry, row.valid_from, row.valid_until
        )
        for row in rows
        if row.source_system != work.mapping.source_system or row.source_id not in replaced
    ]


SUBJECT = Subject(
    key="grids",
    fields=(
        Field(name="code", required=True, length=CODE_LENGTH),
        *name_fields(),
        Field(name="level", kind="whole"),
        Field(name="parent_code", length=CODE_LENGTH, stored=False),
        Field(name="kind", codes=codes("grid_kind"), default="general"),
        Field(name="households", kind="whole"),
        Field(name="residents", kind="whole"),
        Field(name="valid_from", kind="moment"),
        Field(name="valid_until", kind="moment"),
    ),
    shape="polygon",
    topics=("grids", "incidents", "cameras"),
    examine=_examine,
    write=_write,
)
