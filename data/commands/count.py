"""`python -m data count`: how many incidents each H3 cell holds."""

from __future__ import annotations

import click
import orjson

from data.cells import checked_resolution, hexadecimal
from data.cli_context import CommandContext
from data.commands.questions import format_option, period_options, view_of
from data.index.live import attached
from data.reads.incidents import count_by_cell
from data.scope import BUILT_IN_OPERATOR
from data.settings import index_folder


@click.command()
@click.option("--resolution", type=int, required=True, help="H3 resolution, 5 to 12.")
@period_options
@click.option(
    "--category", "categories", multiple=True, help="Code of a service category; can be repeated."
)
@click.option("--bbox", help="west,south,east,north in degrees.")
@click.option(
    "--engine",
    type=click.Choice(["index", "sql"]),
    default="index",
    show_default=True,
    help="Who counts: the counting index, or the database by SQL.",
)
@format_option
@click.pass_obj
def count(
    context: CommandContext,
    resolution: int,
    since: str,
    until: str,
    categories: tuple[str, ...],
    bbox: str | None,
    engine: str,
    output: str,
) -> None:
    """Count the incidents reported in a period by H3 cell."""
    checked_resolution(resolution)
    view = view_of(context, since, until, bbox=bbox, categories=categories)
    store = context.store
    if engine == "index":
        store = attached(store, index_folder(context.settings), is_patient=True)
    with store.reading() as session:
        counted = count_by_cell(session, BUILT_IN_OPERATOR, view, resolution)
    names = [hexadecimal(cell) for cell in counted.cells.tolist()]
    if output == "json":
        document = {
            "resolution": resolution,
            "since": view.period.since,
            "until": view.period.until,
            "total": counted.total,
            "cells": names,
            "counts": counted.counts.tolist(),
        }
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
        return
    for name, number in zip(names, counted.counts.tolist(), strict=True):
        click.echo(f"{name} {number}")
