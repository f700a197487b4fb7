"""What the screens and the API are handed: database, settings, the time, and who asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from data.errors import SettingsError
from data.index.live import attached
from data.scope import BUILT_IN_OPERATOR, Scope
from data.settings import Settings, from_env, index_folder
from data.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Services:
    """The outside world of the dashboard; a test hands over its own."""

    settings: Settings
    store: Store
    now: Callable[[], datetime]
    """Returns the moment, aware UTC."""
    scope: Callable[[], Scope]
    """Returns who asks, within a request."""


DEBUGGERS = ("DASH_DEBUG", "FLASK_DEBUG")
_OFF = {"", "0", "false", "no", "off"}


def settings_of(environment: Mapping[str, str]) -> Settings:
    """Read the settings of a server; raise SettingsError also when a debugger is switched on."""
    for variable in DEBUGGERS:
        if environment.get(variable, "").strip().lower() not in _OFF:
            raise SettingsError(
                f"{variable}={environment[variable]!r} would let visitors run code; unset it."
            )
    return from_env(environment)


def live_services(settings: Settings) -> Services:
    """Return the services of a running installation."""
    return Services(
        settings=settings,
        store=attached(open_store(settings.database_url), index_folder(settings)),
        now=lambda: datetime.now(UTC),  # noqa: TID251 - the edge: everything else is handed the time
        scope=lambda: BUILT_IN_OPERATOR,
    )
