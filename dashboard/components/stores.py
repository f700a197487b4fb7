"""What travels between the address bar, the browser's parts and the server's callbacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, dcc
from dash.development.base_component import Component

from dashboard.components.browser import answered_in_browser
from data.errors import InvalidInputError
from data.settings import Settings


class ids:  # noqa: N801 - reads as a namespace: ids.state
    """Ids of the stores; the first four are also known to assets/js."""

    state = "state"
    """Every choice of the address, and the path, language and theme."""
    question = "question"
    """The same, told again only when the period, the place, a filter or the language changed."""
    selection = "selection"
    """The same, told again only when the selected thing or the language changed."""
    extent = "extent"
    """The box on screen as west,south,east,north, told when it cuts off a part of the place."""
    pulse = "pulse"
    """Told when data moved, and once a minute since time itself moves figures."""
    defaults = "defaults"


def layout(settings: Settings) -> list[Component]:
    """Return the stores that live as long as the tab."""
    defaults = {"lang": settings.language, "theme": "dark", "zone": str(settings.timezone)}
    return [
        dcc.Store(id=ids.state),
        dcc.Store(id=ids.question),
        dcc.Store(id=ids.selection),
        dcc.Store(id=ids.extent),
        dcc.Store(id=ids.pulse),
        dcc.Store(id=ids.defaults, data=defaults),
    ]


def register(app: Dash) -> None:
    """Let the browser read its address when the page stands."""
    answered_in_browser(
        app,
        "start",
        output=[
            Output(ids.state, "data"),
            Output(ids.question, "data"),
            Output(ids.selection, "data"),
        ],
        inputs=[Input(ids.defaults, "data")],
    )


def language_of(state: Any, settings: Settings) -> str:
    """Return the language that a state names, or the installation's."""
    named = state.get("lang") if isinstance(state, dict) else None
    return named if isinstance(named, str) else settings.language


def parameters(told: Any) -> Mapping[str, Any]:
    """Return what a store tells; anything but a set of named values is refused."""
    if not isinstance(told, dict):
        raise InvalidInputError("The page sent no state; reload it.")
    return told


def patch(changes: Mapping[str, str | None]) -> str:
    """Write a change of the address for a button's `data-patch`; None takes a part away."""
    return json.dumps(changes, ensure_ascii=False)
