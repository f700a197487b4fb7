"""The seams to the browser: attributes that are no Python names, and callbacks that run there."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, State
from dash.dependencies import DashDependency

NAMESPACE = "gezhi"
"""Of assets/js/90-callbacks.js."""


def attributes(**named: Any) -> dict[str, Any]:
    """Return attributes such as `aria-label` from names such as `aria_label`."""
    return {name.replace("_", "-"): value for name, value in named.items()}


def answered_in_browser(
    app: Dash,
    function: str,
    inputs: list[DashDependency],
    output: DashDependency | list[DashDependency] | None = None,
    **options: Any,
) -> None:
    """Let a function of the browser answer; without an output it acts on the page itself."""
    told: dict[str, Any] = {} if output is None else {"output": output}
    # Dash would take a State among the inputs of such a callback for an Input.
    told["inputs"] = [one for one in inputs if isinstance(one, Input)]
    told["state"] = [one for one in inputs if isinstance(one, State)]
    app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash leaves it untyped
        ClientsideFunction(NAMESPACE, function), **told, **options
    )
