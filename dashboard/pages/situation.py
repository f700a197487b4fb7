"""The situation: grids, incidents and cameras of the town on one map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

import layers
from dashboard.components import (
    details,
    fields,
    header,
    kpi_strip,
    map_view,
    panel,
    period,
    place,
)
from dashboard.components.browser import answered_in_browser, attributes
from dashboard.pages.contract import Page
from dashboard.services import Services
from dashboard.text import Text
from data.reads import town
from data.reads.town import Town
from layers.contract import Layer

BROWSER_WORDS = ("card", "banner", "map", "panel")
"""Sections of the catalogue that assets/js writes from."""


class ids:  # noqa: N801 - reads as a namespace: ids.facts
    """Ids of the page."""

    facts = "page-facts"
    body = "page-body"
    offline = "offline-banner"
    """Known to assets/js, which shows it when the server has not answered for a minute."""


def layout(services: Services, text: Text, state: Mapping[str, Any]) -> Component:
    """Return the page."""
    with services.store.reading() as session:
        here = town.describe(session, services.scope())
        choices = _choices(session, services, here, state)
        panel_ = panel.layout(text, choices)
    return html.Div(
        [
            dcc.Store(id=ids.facts, data=_facts(text, here, choices)),
            header.layout(text, here, str(services.settings.timezone)),
            html.Div([panel_, _stage(services, text, here)], className="situation"),
        ],
        id=ids.body,
        className="page",
    )


def _stage(services: Services, text: Text, here: Town) -> Component:
    toggle = html.Button(
        html.Span(className="icon icon-panel", **attributes(aria_hidden="true")),
        type="button",
        className="panel-toggle",
        title=text.t("panel.collapse"),
        **attributes(aria_label=text.t("panel.collapse"), data_panel="1"),
    )
    return html.Main(
        [
            html.Div([toggle, place.layout(text), period.layout(text)], className="context"),
            kpi_strip.layout(text),
            html.Div(
                [
                    map_view.layout(text, services.settings, place.box(here.bounds)),
                    html.Div(id=ids.offline, className="offline", role="alert", hidden=True),
                    details.layout(),
                ],
                className="picture",
            ),
        ],
        className="stage",
    )


def _choices(
    session: Session, services: Services, here: Town, state: Mapping[str, Any]
) -> panel.Choices:
    scope, named = services.scope(), state.get("scheme")
    return panel.Choices(
        layers=layers.visible_to(scope.role),
        categories=town.categories(session, scope),
        agencies=town.agencies(session, scope),
        schemes=place.schemes_of(session, scope),
        scheme=named if isinstance(named, str) else None,
        is_demonstration=here.is_demonstration,
    )


def _facts(text: Text, here: Town, choices: panel.Choices) -> dict[str, Any]:
    """Return what the browser's parts must know of the page."""
    return {
        "lang": text.lang,
        "title": text.t("app.title", town=header.town_name(text, here)),
        "words": text.section(*BROWSER_WORDS),
        "scheme": choices.schemes[0].code if choices.schemes else None,
        "layers": [_about(layer) for layer in choices.layers],
    }


def _about(layer: Layer) -> dict[str, Any]:
    return {
        "key": layer.key,
        "shape": layer.shape,
        "refresh_s": layer.refresh_s,
        "stale_after_s": layer.stale_after_s,
        "on_by_default": layer.on_by_default,
    }


def register(app: Dash, services: Services) -> None:
    """Attach the callbacks of the page and its components."""
    answered_in_browser(app, "page", [Input(ids.facts, "data")], Output(ids.body, "lang"))
    fields.register(app)
    for component in (header, place, kpi_strip, details):
        component.register(app, services)


PAGE = Page(key="situation", path="/", layout=layout, register=register)
