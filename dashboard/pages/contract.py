"""What a page is: where it is found and how it is laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dash import Dash
from dash.development.base_component import Component

from dashboard.services import Services
from dashboard.text import Text


@dataclass(frozen=True, slots=True)
class Page:
    """A page is data: the router reads this and nothing else."""

    key: str
    path: str
    layout: Callable[[Services, Text, Mapping[str, Any]], Component]
    """Takes the state of the address; rendered once for each path and language."""
    register: Callable[[Dash, Services], None]
