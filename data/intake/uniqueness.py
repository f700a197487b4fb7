"""Rows that claim an identity which another row has."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.errors import InvalidInputError
from data.intake.drafts import Draft
from data.intake.fields import RefusalError
from data.intake.report import Report
from data.intake.upsert import chunks
from data.models import Area, Camera, Organisation


def first_of_each_id(
    drafts: list[Draft], id_column: str, report: Report, *, is_territory: bool
) -> list[Draft]:
    """Keep the first draft of each source id; reject the later ones, naming its line.

    Raises
    ------
    InvalidInputError
        Two polygons claim one id: to leave one of them out would leave a hole in the territory.
    """
    first: dict[str, int] = {}
    kept = []
    for draft in drafts:
        line = first.setdefault(draft.source_id, draft.line)
        if line == draft.line:
            kept.append(draft)
        else:
            if is_territory:
                raise InvalidInputError(
                    f"{id_column} {draft.source_id!r} stands at {report.place} {line} and again at "
                    f"{report.place} {draft.line} of {report.file_name}; give each its own. "
                    "Nothing was written."
                )
            reason = f"repeats the id of {report.place} {line}, which is kept"
            report.reject(draft.line, RefusalError(id_column, draft.source_id, reason))
    return kept


def first_of_each_code(
    session: Session,
    table: type[Area] | type[Camera] | type[Organisation],
    drafts: list[Draft],
    source_system: str,
    report: Report,
) -> list[Draft]:
    """Keep the drafts whose code no other row carries, neither of the file nor of the database."""
    taken = _carried_by_others(session, table, drafts, source_system)
    first: dict[str, int] = {}
    kept = []
    for draft in drafts:
        code = draft.values["code"]
        line = first.setdefault(code, draft.line)
        owner = taken.get(code, draft.source_id)
        if line != draft.line:
            reason = f"is the code of {report.place} {line} already; codes are unique"
        elif owner != draft.source_id:
            reason = f"is the code of {owner!r} already; codes are unique"
        else:
            kept.append(draft)
            continue
        report.reject(draft.line, RefusalError("code", code, reason))
    return kept


def _carried_by_others(
    session: Session,
    table: type[Area] | type[Camera] | type[Organisation],
    drafts: list[Draft],
    source_system: str,
) -> dict[str, str]:
    """Return the owner of each code that exists: its id, or its register where that is another."""
    found = {}
    for portion in chunks([draft.values["code"] for draft in drafts]):
        rows = session.execute(
            select(table.code, table.source_system, table.source_id).where(table.code.in_(portion))
        )
        for code, system, source_id in rows:
            found[code] = source_id if system == source_system else f"{system}: {source_id}"
    return found
