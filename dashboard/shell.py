"""What surrounds every page: the theme, the stores, the router and the notice."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import pages
from dashboard.components import notice, stores
from dashboard.components.browser import answered_in_browser
from dashboard.services import Services
from dashboard.text import catalogue
from data.settings import Settings

LOCALES = {"zh-Hans": "zh-cn", "zh-Hant": "zh-tw", "en": "en"}
"""Names that the calendar has for our languages; see assets/vendor."""

FONT = "var(--font)"
THEME: dict[str, Any] = {
    "fontFamily": FONT,
    "headings": {"fontFamily": FONT},
    "primaryColor": "teal",
    "defaultRadius": "sm",
    "cursorType": "pointer",
}


class ids:  # noqa: N801 - reads as a namespace: ids.page
    """Ids of the shell."""

    provider = "theme"
    route = "route"
    page = "page"
    dates = "dates"


def layout(settings: Settings) -> Component:
    """Return the shell with an empty page."""
    shell: Component = dmc.MantineProvider(
        dmc.DatesProvider(
            [
                *stores.layout(settings),
                dcc.Store(id=ids.route),
                html.Div(id=ids.page, className="shell"),
                notice.layout(),
            ],
            id=ids.dates,
            settings={"locale": LOCALES[settings.language], "firstDayOfWeek": 1},
        ),
        id=ids.provider,
        theme=THEME,
        forceColorScheme="dark",
    )
    return shell


def register(app: Dash, services: Services) -> None:
    """Attach the router and what follows theme and language."""
    stores.register(app)
    notice.register(app)
    answered_in_browser(
        app,
        "route",
        output=Output(ids.route, "data"),
        inputs=[Input(stores.ids.state, "data"), State(ids.route, "data")],
    )
    answered_in_browser(
        app,
        "theme",
        output=Output(ids.provider, "forceColorScheme"),
        inputs=[Input(stores.ids.state, "data")],
    )

    @app.callback(
        output={"page": Output(ids.page, "children"), "dates": Output(ids.dates, "settings")},
        inputs={"route": Input(ids.route, "data"), "state": State(stores.ids.state, "data")},
    )
    def show(route: Any, state: Any) -> dict[str, Any]:
        if not isinstance(route, dict):
            raise PreventUpdate
        lang = stores.language_of(route, services.settings)
        text, page = catalogue(lang), pages.find(route.get("path"))
        body = page.layout(services, text, stores.parameters(state)) if page else _missing(lang)
        dates = {"locale": LOCALES[text.lang], "firstDayOfWeek": 1}
        return {"page": body, "dates": dates}


def _missing(lang: str) -> Component:
    text = catalogue(lang)
    return html.Main(
        [
            html.H1(text.t("app.not_found")),
            html.A(text.t("app.not_found_back"), href="/", className="button"),
        ],
        className="missing",
    )
