"""`python -m data kpi`: every key figure with its numerator and denominator."""

from __future__ import annotations

from typing import Any

import click
import orjson

from data.cli_context import CommandContext
from data.commands.questions import as_of_option, format_option, period_options, view_of
from data.reads import kpi as reads
from data.reads.kpi import Measured
from data.rules.kpi import Figure
from data.scope import BUILT_IN_OPERATOR


@click.command()
@period_options
@as_of_option
@click.option("--scheme", help="Code of the grid scheme that --grid belongs to; else the first.")
@click.option("--grid", help="Code of a grid; else the whole installation.")
@click.option(
    "--category", "categories", multiple=True, help="Code of a service category; can be repeated."
)
@format_option
@click.pass_obj
def kpi(
    context: CommandContext,
    since: str,
    until: str,
    as_of: str | None,
    scheme: str | None,
    grid: str | None,
    categories: tuple[str, ...],
    output: str,
) -> None:
    """Print every key figure of the incidents reported in a period."""
    view = view_of(
        context, since, until, as_of=as_of, scheme=scheme, grid=grid, categories=categories
    )
    with context.store.reading() as session:
        measured = reads.measure(session, BUILT_IN_OPERATOR, view)
    if output == "json":
        document = {
            "since": view.period.since,
            "until": view.period.until,
            "as_of": view.at,
            "grid": grid,
            "kpis": [_document(one) for one in measured],
        }
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
        return
    for one in measured:
        click.echo(_line(one.now))


def _document(measured: Measured) -> dict[str, Any]:
    figure, kpi_ = measured.now, measured.kpi
    return {
        "key": kpi_.key,
        "value": figure.value,
        "unit": kpi_.unit,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "n": figure.n,
        "definition": kpi_.definition,
        "source": kpi_.source,
        "minimum_n": kpi_.minimum_n,
        "previous": None if measured.before is None else measured.before.value,
        "change": None if measured.change is None else measured.change.difference,
    }


def _line(figure: Figure) -> str:
    digits = 0 if figure.kpi.unit == "count" else 1
    value = "-" if figure.value is None else f"{figure.value:,.{digits}f}"
    parts = f"n {figure.n:,}"
    if figure.denominator is not None:
        parts = f"{figure.numerator:,.0f} / {figure.denominator:,.0f}"
    return f"{figure.kpi.key:26} {value:>12} {figure.kpi.unit:8} {parts}"
