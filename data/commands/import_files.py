"""`python -m data import`: take in a file of areas, grids, incidents, cameras or organisations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
import orjson

from data.cli_context import CommandContext
from data.commands.questions import moment
from data.errors import AppError, InvalidInputError
from data.intake.mapping import load
from data.intake.report import Report, write_rejects
from data.intake.run import Order, run, start_report
from data.intake.subjects import SUBJECTS
from data.intake.table import Row
from data.settings import ROOT

SOME_REJECTED = 3
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("subject", type=click.Choice([subject.key for subject in SUBJECTS]))
@click.argument("file", type=_FILE)
@click.option(
    "--mapping", "mapping_path", type=_FILE, required=True, help="TOML: what columns mean."
)
@click.option("--crs", "crs_name", help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n; over the mapping.")
@click.option("--as-of", "as_of", help="Time of the import (ISO 8601); what is later is refused.")
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
@click.option("--report", "report_path", type=_OUTPUT, help="Write the report here as JSON.")
@click.option("--rejects", "rejects_path", type=_OUTPUT, help="Write rejected rows here as CSV.")
@click.pass_context
def import_files(
    click_context: click.Context,
    subject: str,
    file: Path,
    mapping_path: Path,
    crs_name: str | None,
    as_of: str | None,
    dry_run: bool,
    report_path: Path | None,
    rejects_path: Path | None,
) -> None:
    """Import FILE (CSV, XLSX, GeoJSON, zipped GeoJSON or Shapefile) about SUBJECT.

    Exits with 0 if every row was accepted, 3 if some were rejected, 1 if nothing could be
    written, 2 if the command was wrong. The same file a second time changes nothing.
    """
    context: CommandContext = click_context.obj
    order = Order(
        subject=subject,
        file=file,
        mapping=load(mapping_path),
        at=_moment(as_of, context),
        zone=context.settings.timezone,
        crs_name=crs_name,
        dry_run=dry_run,
        watch=_with_bar if sys.stderr.isatty() else _without_bar,
    )
    report = start_report(order)
    try:
        run(context.store, order, report)
    except AppError as error:
        report.error = str(error)
        raise
    finally:
        _write_papers(report, report_path, rejects_path)
    click.echo(_summary(report))
    if report.rejects:
        click_context.exit(SOME_REJECTED)


def _moment(text: str | None, context: CommandContext) -> datetime:
    if text is None:
        return context.now
    try:
        return moment(text, context.settings.timezone)
    except InvalidInputError as error:
        raise click.BadParameter(str(error), param_hint="--as-of") from None


def _with_bar(rows: Iterator[Row], expected: int | None) -> Iterator[Row]:
    with click.progressbar(rows, length=expected, label="Reading", file=sys.stderr) as bar:
        yield from bar
    click.echo("Writing…", err=True)


def _without_bar(rows: Iterator[Row], expected: int | None) -> Iterator[Row]:
    _ = expected
    return rows


def _write_papers(report: Report, report_path: Path | None, rejects_path: Path | None) -> None:
    if rejects_path is None and not report.dry_run:
        name = f"{report.file_name}.{report.file_sha256[:8]}.rejects.csv"
        rejects_path = ROOT / "var" / "rejects" / name
    if report.rejects and rejects_path is not None:
        write_rejects(report, rejects_path)
    if report_path is not None:
        try:
            report_path.write_bytes(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise InvalidInputError(
                f"The report {report_path} cannot be written ({error.strerror}); name another file."
            ) from None


def _summary(report: Report) -> str:
    done = "would be" if report.dry_run else "were"
    counts = (
        f"{report.added:,} {done} added, {report.changed:,} changed, "
        f"{report.unchanged:,} unchanged, {len(report.rejects):,} rejected"
    )
    lines = [f"{report.file_name}: {report.read:,} {report.place}s read; {counts}."]
    lines += [f"Warning: {warning}" for warning in report.warnings]
    if report.dropped_columns:
        dropped = ", ".join(report.dropped_columns)
        lines.append(f"Never read, because the names tell of persons or of devices: {dropped}.")
    if report.masked:
        lines.append(f"Identity or phone numbers cut down in texts: {report.masked:,}.")
    if report.rejects:
        lines.append(f"Rejected, for example: {report.first_reject()}")
    if report.rejects_file:
        lines.append(f"Rejected rows with their reasons: {report.rejects_file}")
    return "\n".join(lines)
