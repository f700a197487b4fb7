"""`python -m data demo`: put the demonstration town into an empty database."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from data.cli_context import CommandContext
from data.demo import DEFAULT_INCIDENTS, DEFAULT_MONTHS, DEFAULT_SEED, Plan, is_empty, settle


@click.command()
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=DEFAULT_SEED,
    show_default=True,
    help="Same seed, same town.",
)
@click.option(
    "--incidents",
    type=click.IntRange(1, 5_000_000),
    default=DEFAULT_INCIDENTS,
    show_default=True,
    help="How many incidents are reported in the period.",
)
@click.option(
    "--months",
    type=click.IntRange(1, 120),
    default=DEFAULT_MONTHS,
    show_default=True,
    help="Length of the period.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The period ends where this local day begins; today unless given.",
)
@click.option("--if-empty", is_flag=True, help="Do nothing where there are data already.")
@click.pass_obj
def demo(
    context: CommandContext,
    seed: int,
    incidents: int,
    months: int,
    until: datetime | None,
    if_empty: bool,
) -> None:
    """Invent a town and write it: areas, grids, cameras, organisations and incidents.

    Everything in it is synthetic; the name of the town is invented too.
    """
    if if_empty:
        with context.store.reading() as session:
            if not is_empty(session):
                return
    if until is not None and not 1990 <= until.year <= 2100:
        raise click.BadParameter("give a day from 1990 to 2100.", param_hint="--until")
    zone = context.settings.timezone
    day = until.date() if until else context.now.astimezone(zone).date()
    plan = Plan(seed, incidents, months, day, zone)
    with click.progressbar(
        length=incidents, label="Incidents", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        written = settle(context.store, plan, bar.update)
    if written:
        click.echo(f"The demonstration town is there: {incidents} incidents until {day}.")
    else:
        click.echo("This demonstration town is there already; nothing was changed.")
