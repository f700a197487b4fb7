"""Where we are: the path from the town down to the chosen grid, and its place on the map."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from dashboard.components import fields, header, stores
from dashboard.components.browser import answered_in_browser, attributes
from dashboard.services import Services
from dashboard.text import Text, catalogue
from dashboard.view_state import view_of
from data.errors import NotFoundError
from data.geo import BBox, View
from data.reads import grids, town
from data.reads.grids import Scheme, Unit
from data.reads.town import Town
from data.scope import Scope


class ids:  # noqa: N801 - reads as a namespace: ids.path
    """Ids of the place."""

    path = "place-path"
    here = "place"
    """Key, box, outline and parent of the present place, for the map."""


def layout(text: Text) -> Component:
    """Return the path, empty until the place is known."""
    return html.Div(
        [
            html.Nav(id=ids.path, className="path", **attributes(aria_label=text.t("header.path"))),
            html.Span(
                text.t("kpi.in_view"), className="path-extent", title=text.t("kpi.in_view_help")
            ),
            dcc.Store(id=ids.here),
        ],
        className="place",
    )


def schemes_of(session: Session, scope: Scope) -> list[Scheme]:
    """Return the schemes that there are; none before grids are loaded."""
    return grids.schemes(session, scope)


def describe(town_: Town, line: list[Unit]) -> dict[str, Any]:
    """Return what the map needs to go to the place and to mark it."""
    if not line:
        return {"key": "", "bbox": box(town_.bounds), "parts": None, "parent": None}
    chosen = line[-1]
    return {
        "key": chosen.code,
        "bbox": [round(edge, 6) for edge in chosen.geometry.bounds],
        "parts": _parts(chosen.geometry),
        "parent": line[-2].code if len(line) > 1 else None,
    }


def box(bounds: BBox | None) -> list[float] | None:
    """Return a box as the browser reads it: west, south, east, north."""
    return [bounds.west, bounds.south, bounds.east, bounds.north] if bounds else None


def _parts(geometry: BaseGeometry) -> list[list[list[float]]]:
    return [
        [
            np.round(shapely.get_coordinates(ring), 6).ravel().tolist()
            for ring in (part.exterior, *part.interiors)
        ]
        for part in shapely.get_parts(geometry)
    ]


def path(text: Text, town_: Town, line: list[Unit], missing: str | None = None) -> list[Component]:
    """Return the steps from the town to the chosen grid; all but the last go up.

    `missing` is the code of a chosen grid that does not exist: the way up stays open.
    """
    steps: list[tuple[str, str | None]] = [(header.town_name(text, town_), None)]
    steps += [(text.named(unit.name, unit.translations), unit.code) for unit in line]
    steps += [(missing, missing)] if missing else []
    last = len(steps) - 1
    return [html.Ol([_step(*step, is_last=i == last) for i, step in enumerate(steps)])]


def _step(name: str, code: str | None, *, is_last: bool) -> Component:
    if is_last:
        return html.Li(
            html.Span(name, className="path-here", **attributes(aria_current="location"))
        )
    change = stores.patch({"grid": code, "c": None, "z": None})
    button = html.Button(
        name, type="button", className="path-step", **attributes(data_patch=change)
    )
    return html.Li(button)


def level_options(text: Text, schemes: list[Scheme], code: str | None) -> list[fields.Option]:
    """Return the levels of a scheme to pin, and following the zoom."""
    chosen = next((one for one in schemes if code in {None, one.code}), None)
    levels = [
        fields.option(str(level.level), text.named(level.name, level.translations))
        for level in (chosen.levels if chosen else ())
    ]
    return [fields.option("auto", text.t("grid.level_auto")), *levels]


def _line(session: Session, scope: Scope, view: View) -> list[Unit]:
    try:
        return grids.path(session, scope, view)
    except NotFoundError:
        return []  # the key figures say that the grid is not there


def register(app: Dash, services: Services) -> None:
    """Follow the address: path, levels to choose from, and the place for the map."""

    @app.callback(
        output={
            "path": Output(ids.path, "children"),
            "here": Output(ids.here, "data"),
            "levels": Output(fields.ids.control("level"), "data"),
        },
        inputs={"question": Input(stores.ids.question, "data")},
    )
    def follow(question: Any) -> dict[str, Any]:
        view = view_of(stores.parameters(question), services.now(), services.settings.timezone)
        text = catalogue(stores.language_of(question, services.settings))
        scope = services.scope()
        with services.store.reading() as session:
            line, town_ = _line(session, scope, view), town.describe(session, scope)
            levels = level_options(text, schemes_of(session, scope), view.scheme)
        return {
            "path": path(text, town_, line, None if line else view.grid),
            "here": describe(town_, line),
            "levels": levels,
        }

    answered_in_browser(
        app,
        "place",
        inputs=[Input(ids.here, "data")],
    )
