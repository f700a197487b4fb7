"""The options that commands share to ask about a place and a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import click

from data.cli_context import CommandContext
from data.errors import InvalidInputError
from data.geo import BBox, IncidentFilter, Period, View
from data.reads import grids
from data.scope import BUILT_IN_OPERATOR

_Decorated = Callable[..., Any]


def period_options(command: _Decorated) -> _Decorated:
    """Add --since and --until, a half-open window."""
    text = "a local day (2026-08-01) or a time with zone (2026-08-01T00:00:00Z)"
    until = click.option("--until", required=True, help=f"End, exclusive: {text}.")
    since = click.option("--since", required=True, help=f"Start, inclusive: {text}.")
    return since(until(command))


def as_of_option(command: _Decorated) -> _Decorated:
    """Add --as-of, the moment at which things are judged."""
    return click.option("--as-of", help="Judge open, closed and overdue at this moment; else now.")(
        command
    )


def format_option(command: _Decorated) -> _Decorated:
    """Add --format."""
    return click.option(
        "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True
    )(command)


def moment(text: str, zone: ZoneInfo) -> datetime:
    """Read a local day, which begins at midnight in the zone, or a time; aware UTC.

    Raises
    ------
    InvalidInputError
        The text is neither.
    """
    try:
        if len(text) == len("2026-08-01"):
            day = date.fromisoformat(text)
            return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInputError(
            f"{text!r} is no day and no time; write 2026-08-01 or 2026-08-01T08:00:00+08:00."
        ) from None


def view_of(
    context: CommandContext,
    since: str,
    until: str,
    *,
    as_of: str | None = None,
    bbox: str | None = None,
    scheme: str | None = None,
    grid: str | None = None,
    categories: tuple[str, ...] = (),
) -> View:
    """Return the view that the options describe; refuse a grid that does not exist."""
    zone = context.settings.timezone
    view = View(
        period=Period(moment(since, zone), moment(until, zone)),
        at=moment(as_of, zone) if as_of else context.now,
        bbox=BBox.parse(bbox) if bbox else None,
        incidents=IncidentFilter(categories=categories),
        scheme=scheme,
        grid=grid,
    )
    if grid is not None:
        with context.store.reading() as session:
            grids.known(session, BUILT_IN_OPERATOR, scheme, grid)
    return view
