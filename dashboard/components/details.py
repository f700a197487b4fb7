"""The drawer beside the map: everything known of the selected incident or camera, as plain text."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components import stores
from dashboard.components.browser import answered_in_browser, attributes
from dashboard.components.facts import Facts, of_camera, of_incident
from dashboard.services import Services
from dashboard.text import Text, catalogue
from dashboard.view_state import Selection, selection_of
from data.errors import NotFoundError
from data.reads import details
from data.scope import Scope


class ids:  # noqa: N801 - reads as a namespace: ids.drawer
    """Ids of the drawer."""

    drawer = "details"
    where = "details-where"


def layout() -> Component:
    """Return the closed drawer."""
    drawer = html.Aside(id=ids.drawer, className="details", hidden=True)
    return html.Div([drawer, dcc.Store(id=ids.where)], className="details-place")


def render(text: Text, kind: str, facts: Facts | None) -> list[Component]:
    """Return the content of the drawer; a thing that is not there says so."""
    close = html.Button(
        html.Span(className="icon icon-close", **attributes(aria_hidden="true")),
        type="button",
        className="details-close",
        title=text.t("drawer.close"),
        **attributes(aria_label=text.t("drawer.close"), data_patch=stores.patch({"sel": None})),
    )
    name = html.Span(text.t(f"drawer.{kind}"), className="details-kind")
    bar = html.Div([name, close], className="details-bar")
    if facts is None:
        return [bar, html.P(text.t("drawer.missing"), className="details-missing")]
    return [bar, _head(text, facts), *(_group(title, rows) for title, rows in facts.groups)]


def _head(text: Text, facts: Facts) -> Component:
    pills = [html.Span(word, className=f"pill is-{mood}") for word, mood in facts.pills]
    parts = [
        html.H2(facts.title, className="details-title"),
        html.Div(facts.subtitle, className="details-subtitle figure"),
        html.Div(pills, className="pills"),
    ]
    if facts.position is not None:
        longitude, latitude = facts.position
        change = {"c": f"{longitude:.5f},{latitude:.5f}", "z": "17"}
        parts.append(
            html.Button(
                [
                    html.Span(className="icon icon-target", **attributes(aria_hidden="true")),
                    html.Span(text.t("drawer.locate")),
                ],
                type="button",
                className="button",
                **attributes(data_patch=stores.patch(change)),
            )
        )
    return html.Div(parts, className="details-head")


def _group(title: str, rows: list[tuple[str, str]]) -> Component:
    items = [item for label, value in rows for item in (html.Dt(label), html.Dd(value))]
    return html.Section(
        [html.H3(title, className="details-group"), html.Dl(items, className="details-rows")]
    )


def _facts(
    session: Session, scope: Scope, services: Services, text: Text, chosen: Selection
) -> Facts | None:
    zone, now = services.settings.timezone, services.now()
    try:
        if chosen.kind == "camera":
            return of_camera(details.camera(session, scope, chosen.id), text, zone)
        return of_incident(details.incident(session, scope, chosen.id), text, zone, now)
    except NotFoundError:
        return None


def _where(chosen: Selection, facts: Facts | None) -> dict[str, Any] | None:
    """Return what the map needs to bring the selected thing into view."""
    if facts is None or facts.position is None:
        return None
    longitude, latitude = facts.position
    return {"sel": f"{chosen.kind}:{chosen.id}", "lon": longitude, "lat": latitude}


def register(app: Dash, services: Services) -> None:
    """Show what is selected, again whenever data move."""

    @app.callback(
        output={
            "content": Output(ids.drawer, "children"),
            "is_hidden": Output(ids.drawer, "hidden"),
            "where": Output(ids.where, "data"),
        },
        inputs={
            "selection": Input(stores.ids.selection, "data"),
            "pulse": Input(stores.ids.pulse, "data"),
        },
    )
    def follow(selection: Any, pulse: Any) -> dict[str, Any]:
        _ = pulse
        chosen = selection_of(stores.parameters(selection))
        if chosen is None:
            return {"content": [], "is_hidden": True, "where": None}
        text = catalogue(stores.language_of(selection, services.settings))
        with services.store.reading() as session:
            facts = _facts(session, services.scope(), services, text, chosen)
            content = render(text, chosen.kind, facts)
        return {"content": content, "is_hidden": False, "where": _where(chosen, facts)}

    answered_in_browser(app, "located", [Input(ids.where, "data")])
