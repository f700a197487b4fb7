"""`python -m data town`: say what the place is called."""

from __future__ import annotations

import click

from data.cli_context import CommandContext
from data.models import Installation


@click.command()
@click.argument("name")
@click.option("--zh-hant", help="The name in traditional characters.")
@click.option("--en", help="The name in English.")
@click.pass_obj
def town(context: CommandContext, name: str, zh_hant: str | None, en: str | None) -> None:
    """Name the town NAME: the title of every screen and the top of every path."""
    given = {"zh-Hant": zh_hant, "en": en}
    translations = {language: text for language, text in given.items() if text}
    with context.store.writing("areas", at=context.now) as session:
        row = session.get(Installation, "town") or Installation(key="town", value={})
        row.value = {**row.value, "name": name, "translations": translations}
        session.add(row)
    click.echo(f"The town is called {name}.")
