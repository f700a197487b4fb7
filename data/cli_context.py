"""What every command of `python -m data` is handed: settings, database and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.settings import Settings
from data.store import Store


@dataclass(frozen=True, slots=True)
class CommandContext:
    """The edge of a command, read once when it starts."""

    settings: Settings
    store: Store
    now: datetime
    """When the command started, aware UTC."""
