"""The top of every page: what this is, finding a place or a case, the clock, language and theme."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.components import fields, stores
from dashboard.components.browser import attributes
from dashboard.services import Services
from dashboard.text import LANGUAGES, Text, catalogue
from data.reads import search
from data.reads.search import Hit
from data.reads.town import Town

SHORT_NAMES = {"zh-Hans": "简", "zh-Hant": "繁", "en": "EN"}


class ids:  # noqa: N801 - reads as a namespace: ids.search
    """Ids of the header; assets/js finds the clock and the search box by them."""

    search = "search-text"
    results = "search-results"
    clock = "header-clock"


def layout(text: Text, town: Town, zone: str) -> Component:
    """Return the header."""
    return html.Header(
        [
            html.A(text.t("app.skip"), href="#map-view", className="skip-link"),
            _brand(text, town),
            _search(text),
            html.Div(
                [
                    _clock(text, zone),
                    fields.segmented("lang", text.t("header.language"), _languages()),
                    fields.segmented("theme", text.t("header.theme"), _themes(text)),
                ],
                className="header-tools",
            ),
        ],
        className="header",
    )


def _brand(text: Text, town: Town) -> Component:
    demo = html.Span(
        text.t("app.demo"), className="demo-label", title=text.t("app.demo_help"), role="note"
    )
    return html.Div(
        [
            html.Span(className="brand-mark", **attributes(aria_hidden="true")),
            html.Span(text.t("app.name"), className="brand-name"),
            html.H1(town_name(text, town), className="brand-town"),
            demo if town.is_demonstration else None,
        ],
        className="brand",
    )


def town_name(text: Text, town: Town) -> str:
    """Return what the place is called in this language."""
    return text.named(town.name, town.translations) if town.name else text.t("app.no_town")


def _search(text: Text) -> Component:
    box = dcc.Input(
        id=ids.search,
        type="search",
        debounce=0.25,
        placeholder=text.t("header.search"),
        className="search-input",
        autoComplete="off",
        maxLength=80,
    )
    results = html.Div(id=ids.results, className="search-results", role="status")
    label = html.Label(
        [html.Span(text.t("header.search"), className="unseen"), box], className="search-label"
    )
    return html.Div([label, results], className="search", role="search")


def _clock(text: Text, zone: str) -> Component:
    return html.Div(
        [html.Span(className="clock-date"), html.Span(className="clock-time")],
        id=ids.clock,
        className="clock",
        title=text.t("header.clock", zone=zone),
    )


def _languages() -> list[fields.Option]:
    return [fields.option(tag, SHORT_NAMES[tag]) for tag in LANGUAGES]


def _themes(text: Text) -> list[fields.Option]:
    return [fields.option(theme, text.t(f"header.theme_{theme}")) for theme in ("dark", "light")]


def hits(found: list[Hit], text: Text) -> list[Component]:
    """Return what a search found, grids before incidents, each a button that goes there."""
    if not found:
        return [html.P(text.t("header.search_empty"), className="search-none")]
    groups = (("grid", "header.search_grids"), ("incident", "header.search_incidents"))
    parts: list[Component] = []
    for kind, title in groups:
        rows = [_hit(hit, text) for hit in found if hit.kind == kind]
        if rows:
            parts += [html.H2(text.t(title), className="search-group"), *rows]
    return parts


def _hit(hit: Hit, text: Text) -> Component:
    return html.Button(
        [
            html.Span(text.named(hit.title, hit.translations), className="search-title"),
            html.Span(hit.detail, className="search-detail"),
        ],
        type="button",
        className="search-hit",
        **attributes(data_patch=stores.patch(_choice(hit))),
    )


def _choice(hit: Hit) -> dict[str, str | None]:
    if hit.kind == "incident":
        return {"sel": f"incident:{hit.key}"}
    return {"scheme": hit.scheme, "grid": hit.key, "level": None, "c": None, "z": None}


def register(app: Dash, services: Services) -> None:
    """Answer what is typed; assets/js empties the box when something was chosen."""

    @app.callback(
        output={"results": Output(ids.results, "children")},
        inputs={"typed": Input(ids.search, "value"), "state": State(stores.ids.state, "data")},
        prevent_initial_call=True,
    )
    def find(typed: Any, state: Any) -> dict[str, list[Component]]:
        wanted = typed.strip()[:80] if isinstance(typed, str) else ""
        if not wanted:
            return {"results": []}
        text = catalogue(stores.language_of(state, services.settings))
        with services.store.reading() as session:
            found = search.find(session, services.scope(), wanted, services.now())
        return {"results": hits(found, text)}
