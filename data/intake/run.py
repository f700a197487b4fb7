"""One import from file to database: all accepted rows in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from data import crs
from data.crs import Crs
from data.errors import InvalidInputError, UnavailableError
from data.intake import fit, town
from data.intake.delimited import TextForm
from data.intake.drafts import Draft, check_columns, drafts_of
from data.intake.fields import Clock, RefusalError
from data.intake.limits import DEFAULT, Limits
from data.intake.mapping import Mapping
from data.intake.places import place_points
from data.intake.polygons import shape_polygons
from data.intake.privacy import check_mapping, never_read
from data.intake.reading import open_table, sha256
from data.intake.report import Report
from data.intake.subject import Known, Subject, Work
from data.intake.subjects import SUBJECTS
from data.intake.table import Row, Table
from data.intake.uniqueness import first_of_each_id
from data.intake.upsert import Batch, Written
from data.models import ImportBatch
from data.store import Store

_GRACE = timedelta(days=1)

Watch = Callable[[Iterator[Row], int | None], Iterator[Row]]


def _unwatched(rows: Iterator[Row], expected: int | None) -> Iterator[Row]:
    _ = expected
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be imported and how."""

    subject: str
    file: Path
    mapping: Mapping
    at: datetime
    """The moment of the import, aware UTC; what lies after it has not happened."""
    zone: ZoneInfo
    """Zone of times that carry none, where the mapping names none."""
    crs_name: str | None = None
    """Overrides the mapping."""
    dry_run: bool = False
    limits: Limits = DEFAULT
    watch: Watch = _unwatched
    """Sees every row pass; for a progress bar."""


class _DiscardError(Exception):
    """Leave a transaction without committing it."""


def start_report(order: Order) -> Report:
    """Return the empty report of a run."""
    return Report(
        subject=order.subject,
        file_name=order.file.name,
        as_of=order.at.isoformat(),
        dry_run=order.dry_run,
    )


def run(store: Store, order: Order, report: Report) -> None:
    """Import a file and fill the report.

    Raises
    ------
    AppError
        Nothing has been written; the report holds what was found until then.
    """
    subject = _subject(order)
    check_mapping(order.mapping)
    with store.reading() as session:
        known = town.known(session)
    with open_table(
        order.file,
        TextForm(order.mapping.encoding, order.mapping.delimiter),
        order.mapping.sheet,
        order.limits,
    ) as table:
        system = _system(order, table, subject)
        report.file_sha256 = sha256(order.file)
        drafts = _accepted(table, subject, system, order, known, report)
    if drafts:
        with store.reading() as session:
            _check_fit(session, drafts, subject, system, order, report)
        _write(store, subject, drafts, order, report)
    if report.rejects and len(report.rejects) == report.read:
        raise InvalidInputError(
            f"None of the {report.read:,} rows of {report.file_name} was accepted; "
            f"{report.first_reject()}"
        )


def _subject(order: Order) -> Subject:
    if order.mapping.subject != order.subject:
        raise InvalidInputError(
            f"The mapping is for {order.mapping.subject}, but the command imports {order.subject}; "
            "give the mapping that belongs to the file."
        )
    return next(subject for subject in SUBJECTS if subject.key == order.subject)


def _system(order: Order, table: Table, subject: Subject) -> Crs:
    """Return the coordinate system of the file, or refuse one that contradicts the file itself."""
    named = order.crs_name or order.mapping.crs
    if subject.shape == "none":
        return Crs("wgs84")
    if named is None:
        if table.crs_name is None and not table.has_geometry:
            raise InvalidInputError(
                "The coordinate system is not named; give crs in the mapping or --crs "
                f"({', '.join(crs.NAMED)} or EPSG:n)."
            )
        return crs.parse(table.crs_name or "wgs84")
    system = crs.parse(named)
    if table.crs_name is not None:
        own = crs.parse(table.crs_name)
        # A shifted file has no name of its own: its makers write WGS 84 into it.
        if own != system and not (own.is_geographic and system.name in crs.NAMED):
            raise InvalidInputError(
                f"{order.file.name} says that it is in {own.name}, but {system.name} is named; "
                f"give --crs {own.name}, or correct the file."
            )
    return system


def _accepted(
    table: Table, subject: Subject, system: Crs, order: Order, known: Known, report: Report
) -> list[Draft]:
    """Return the drafts that pass every rule which looks at one row, and note the others."""
    mapping = order.mapping
    report.place, report.crs = table.place, system.name if subject.shape != "none" else ""
    report.warnings += table.notes
    report.dropped_columns = never_read(table.columns)
    check_columns(table, mapping, report.file_name)
    zone = ZoneInfo(mapping.timezone) if mapping.timezone else order.zone
    clock = Clock(zone, order.at + _GRACE)
    rows = order.watch(table.rows, table.expected_rows)
    drafts = drafts_of(replace(table, rows=rows), mapping, subject.fields, clock, report)
    if subject.shape == "point":
        drafts = place_points(drafts, mapping, system, report)
    elif subject.shape == "polygon":
        drafts = shape_polygons(drafts, mapping, system, report, order.limits)
    kept = []
    for draft in drafts:
        try:
            subject.examine(draft, known)
            kept.append(draft)
        except RefusalError as refusal:
            report.reject(draft.line, refusal)
    id_column = " + ".join(mapping.id)
    return first_of_each_id(kept, id_column, report, is_territory=subject.shape == "polygon")


def _check_fit(
    session: Session,
    drafts: list[Draft],
    subject: Subject,
    system: Crs,
    order: Order,
    report: Report,
) -> None:
    if subject.shape == "point":
        located = [draft.xy for draft in drafts if draft.xy is not None]
        pairs = np.array(located, dtype=np.float64).reshape(-1, 2)
        fit.check_points(pairs[:, 0], pairs[:, 1], system, town.ground(session), report)
    elif subject.shape == "polygon":
        shape = shapely.unary_union([draft.geometry for draft in drafts])
        there = town.ground(session, besides=order.mapping.source_system)
        fit.check_polygons(shape, system, there, report)


def _write(
    store: Store, subject: Subject, drafts: list[Draft], order: Order, report: Report
) -> None:
    """Write the drafts; a dry run and a run that changes nothing leave no trace."""
    row = ImportBatch(
        subject=subject.key,
        file_name=report.file_name[-255:],
        file_sha256=report.file_sha256,
        source_crs=report.crs,
        imported_at=order.at,
        report={},
    )
    work = Work(order.mapping, report, Batch(row), order.at)
    topics = subject.topics
    if order.mapping.create_agencies:
        topics = (*topics, "organisations")
    try:
        with suppress(_DiscardError), store.writing(*topics, at=order.at) as session:
            written = subject.write(session, drafts, work)
            _count(written, report)
            # A scheme or an agency alone, without a row that needs it, is not kept either.
            if order.dry_run or written.is_nothing or not written.accepted:
                raise _DiscardError
            work.batch.close(report.as_json())
    except (IntegrityError, DataError) as error:
        _count(Written(), report)
        raise InvalidInputError(
            f"The database refused the rows of {report.file_name} ({error.orig}); "
            "nothing was written."
        ) from None
    except OperationalError as error:
        _count(Written(), report)
        raise UnavailableError(
            f"The database does not answer ({error.orig}); nothing was written. Try again."
        ) from None


def _count(written: Written, report: Report) -> None:
    report.added = len(written.added)
    report.changed = len(written.changed)
    report.unchanged = written.unchanged
