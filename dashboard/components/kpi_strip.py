"""The key figures of what is asked, each against the period before and open to its definition."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components import header, stores
from dashboard.components.browser import attributes
from dashboard.components.kpi_figures import Shown, shown
from dashboard.services import Services
from dashboard.text import Text, catalogue
from dashboard.view_state import view_of
from data.geo import View
from data.reads import grids, kpi, town
from data.reads.kpi import Measured
from data.rules.kpi import KPIS, STRIP_LENGTH, Kpi
from data.scope import Scope


class ids:  # noqa: N801 - reads as a namespace: ids.face
    """Ids of the strip. Each figure keeps its own, so that an opened one stays open."""

    @staticmethod
    def face(key: str) -> str:
        """Return the id of what is always seen of a figure."""
        return f"kpi-{key}-face"

    @staticmethod
    def opening(key: str) -> str:
        """Return the id of its definition and numbers."""
        return f"kpi-{key}-opening"


SHOWN = KPIS[:STRIP_LENGTH]


def layout(text: Text) -> Component:
    """Return the strip with the place of each figure, so that nothing jumps when they come."""
    return html.Section(
        [_tile(text, kpi) for kpi in SHOWN],
        className="kpi-strip",
        **attributes(aria_label=text.t("kpi.strip")),
    )


def _tile(text: Text, kpi: Kpi) -> Component:
    name = text.t(f"kpi_name.{kpi.key}")
    target = html.Button(
        html.Span(name, className="kpi-name"),
        id=ids.face(kpi.key),
        type="button",
        className="kpi",
        title=text.t("kpi.open", name=name),
        **attributes(data_kpi=kpi.key),
    )
    opening: Component = dmc.Popover(
        [
            dmc.PopoverTarget(target, boxWrapperProps={"className": "kpi-box", "w": "100%"}),
            dmc.PopoverDropdown(html.Div(id=ids.opening(kpi.key)), className="kpi-popover"),
        ],
        position="bottom-start",
        width=320,
        shadow="lg",
        withinPortal=True,
        keepMounted=True,  # the callback fills it before it is opened
    )
    return opening


def face(figure: Shown) -> list[Component]:
    """Return name, value and change of a figure."""
    return [
        html.Span(figure.name, className="kpi-name"),
        html.Span(
            [
                html.Span(figure.value, className="kpi-value"),
                html.Span(figure.unit, className="kpi-unit"),
            ],
            className="kpi-figure",
        ),
        html.Span(
            [
                html.Span(figure.arrow, className="kpi-arrow", **attributes(aria_hidden="true")),
                html.Span(figure.change, className="kpi-moved"),
                html.Span(figure.against, className="kpi-against"),
                html.Span(figure.judgement_word, className="unseen"),
            ],
            className=f"kpi-change is-{figure.judgement}",
        ),
    ]


def definition(text: Text, figure: Shown) -> list[Component]:
    """Return what a figure opens to: definition, numbers, source."""
    rows = [
        item
        for label, value in figure.rows
        for item in (html.Dt(label), html.Dd(value, className="figure"))
    ]
    return [
        html.H2(figure.name, className="kpi-popover-title"),
        html.P(text.t(f"kpi_definition.{figure.key}"), className="kpi-definition"),
        html.Dl(rows, className="kpi-rows"),
        html.P(
            [html.Span(text.t("kpi.source")), html.Span(text.t(f"kpi_source.{figure.key}"))],
            className="kpi-source",
        ),
    ]


def _place(session: Session, scope: Scope, view: View, text: Text) -> str:
    line = grids.path(session, scope, view)
    name = header.town_name(text, town.describe(session, scope))
    if line:
        name = text.named(line[-1].name, line[-1].translations)
    return text.t("kpi.part_in_view", place=name) if view.bbox else name


def _latest(session: Session, scope: Scope, received: Measured) -> datetime | None:
    """Return when the last incident was reported, where the period asked for holds none."""
    if received.now.n:
        return None
    return town.describe(session, scope).latest_incident_at


def register(app: Dash, services: Services) -> None:
    """Measure again whenever the question changes or data move."""

    @app.callback(
        output={
            "faces": [Output(ids.face(kpi.key), "children") for kpi in SHOWN],
            "openings": [Output(ids.opening(kpi.key), "children") for kpi in SHOWN],
        },
        inputs={
            "question": Input(stores.ids.question, "data"),
            "extent": Input(stores.ids.extent, "data"),
            "pulse": Input(stores.ids.pulse, "data"),
        },
    )
    def follow(question: Any, extent: Any, pulse: Any) -> dict[str, list[list[Component]]]:
        _ = pulse
        zone = services.settings.timezone
        asked = {**stores.parameters(question), "bbox": extent}
        view = view_of(asked, services.now(), zone)
        text = catalogue(stores.language_of(question, services.settings))
        with services.store.reading() as session:
            measured = kpi.measure(session, services.scope(), view)
            here = _place(session, services.scope(), view, text)
            latest = _latest(session, services.scope(), measured[0])
        figures = [shown(text, one, view.period, zone, here) for one in measured[: len(SHOWN)]]
        if latest is not None:
            told = text.t("kpi.latest", day=text.day(latest.astimezone(zone).date()))
            figures[0] = replace(figures[0], change=told, against="", arrow="")
        return {
            "faces": [face(figure) for figure in figures],
            "openings": [definition(text, figure) for figure in figures],
        }
