"""`python -m data`: the commands, and the edge where they meet environment, clock and database."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import click

from data import catalogue
from data.cli_context import CommandContext
from data.commands.check import check
from data.commands.count import count
from data.commands.demo import demo
from data.commands.import_files import import_files
from data.commands.index import index
from data.commands.kpi import kpi
from data.commands.town import town
from data.commands.upgrade import upgrade
from data.errors import AppError
from data.settings import from_env
from data.store import open_store
from data.store import upgrade as upgrade_tables

COMMANDS: tuple[click.Command, ...] = (
    check,
    count,
    demo,
    import_files,
    index,
    kpi,
    town,
    upgrade,
)


class SentenceGroup(click.Group):
    """A group whose expected errors are one sentence on standard error and exit 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AppError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(1)


@click.group(cls=SentenceGroup)
@click.pass_context
def main(context: click.Context) -> None:
    """Work with the data of Gezhi: load, check, count and measure."""
    settings = from_env(os.environ)
    store = open_store(settings.database_url)
    context.call_on_close(store.engine.dispose)
    upgrade_tables(store)
    now = datetime.now(UTC)  # noqa: TID251 - the edge: commands are handed the time
    with store.writing(at=now) as session:
        catalogue.load(session)
    context.obj = CommandContext(settings, store, now)


for command in COMMANDS:
    main.add_command(command)
