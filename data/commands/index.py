"""`python -m data index`: build the counting index and save it, so that servers start with it."""

from __future__ import annotations

import click

from data.cli_context import CommandContext
from data.index.live import built, save
from data.reads import incident_log
from data.scope import BUILT_IN_OPERATOR
from data.settings import index_folder
from data.store import prune


def written_by_hand(context: CommandContext) -> bool:
    """Tell whether incidents were written past this program."""
    with context.store.reading() as session:
        return incident_log.has_unannounced(session, BUILT_IN_OPERATOR)


@click.command()
@click.pass_obj
def index(context: CommandContext) -> None:
    """Build the counting index of all incidents anew, and save it for servers to open."""
    folder = index_folder(context.settings)
    if written_by_hand(context):
        with context.store.writing("incidents", at=context.now):
            pass  # gives a revision to what was written by hand, so that it is followed once
    with context.store.reading() as session:
        placed = built(session)
    save(folder, placed)
    with context.store.writing(at=context.now) as session:
        prune(session, placed.position)
    click.echo(f"{len(placed.index):,} incidents are in the index in {folder}.")
