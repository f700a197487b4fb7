"""`python -m data check`: say what is wrong with the data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
import orjson

from data.cli_context import CommandContext
from data.quality import Finding, Severity, run
from data.scope import BUILT_IN_OPERATOR


@click.command()
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Check the grids that were valid at the start of this local day; now unless given.",
)
@click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.pass_context
def check(command: click.Context, as_of: datetime | None, output: str) -> None:
    """Look for gaps, overlaps, oversized grids, misplaced incidents and impossible times.

    Exits 1 when something is found at error level.
    """
    context: CommandContext = command.obj
    at = context.now
    if as_of is not None:
        at = as_of.replace(tzinfo=context.settings.timezone).astimezone(UTC)
    with context.store.reading() as session:
        findings = run(session, BUILT_IN_OPERATOR, at)
    if output == "json":
        click.echo(orjson.dumps(_document(at, findings), option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(_text(findings))
    if any(finding.severity is Severity.ERROR for finding in findings):
        command.exit(1)


def _document(at: datetime, findings: Sequence[Finding]) -> dict[str, Any]:
    levels = [finding.severity for finding in findings]
    return {
        "as_of": at.isoformat(),
        "levels": {severity.value: levels.count(severity) for severity in Severity},
        "findings": [
            {
                "key": finding.key,
                "level": finding.severity.value,
                "count": finding.count,
                "message": finding.message,
                "examples": list(finding.examples),
            }
            for finding in findings
        ],
    }


def _text(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing found."
    lines = []
    for finding in findings:
        lines.append(f"{finding.severity.value.upper():8}{finding.key}: {finding.message}")
        lines += [f"{'':10}{example}" for example in finding.examples]
        if finding.examples and finding.count > len(finding.examples):
            lines.append(f"{'':10}...")
    return "\n".join(lines)
