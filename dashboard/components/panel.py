"""The side panel: which incidents are asked for, and which layers are drawn, with their cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import fields, place, stores
from dashboard.components.browser import attributes
from dashboard.text import Text
from data import catalogue
from data.models import Organisation, ServiceCategory
from data.reads.grids import Scheme
from layers.contract import Layer

CLEAR = dict.fromkeys(("category", "stage", "priority", "source", "agency", "overdue"))


class ids:  # noqa: N801 - reads as a namespace: ids.panel
    """Ids of the panel; assets/js shows the number of filters in the last two."""

    panel = "panel"
    active = "filters-active"
    told = "filters-told"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the panel offers to choose from."""

    layers: tuple[Layer, ...]
    """In drawing order, the bottom first."""
    categories: Iterable[ServiceCategory]
    agencies: Iterable[Organisation]
    schemes: list[Scheme]
    scheme: str | None
    """Code of the scheme that the address names."""
    is_demonstration: bool


def layout(text: Text, choices: Choices) -> Component:
    """Return the panel."""
    count = html.Span(id=ids.active, className="filters-count figure", hidden=True)
    tabs = dmc.TabsList(
        [
            dmc.TabsTab(text.t("panel.layers"), value="layers"),
            dmc.TabsTab(text.t("panel.filters"), value="filters", rightSection=count),
        ],
        grow=True,
    )
    return html.Aside(
        dmc.Tabs(
            [
                tabs,
                dmc.TabsPanel(_layers(text, choices), value="layers"),
                dmc.TabsPanel(_filters(text, choices), value="filters"),
            ],
            value="layers",
            keepMounted=True,
        ),
        id=ids.panel,
        className="panel",
        **attributes(aria_label=text.t("panel.title")),
    )


def _filters(text: Text, choices: Choices) -> Component:
    clear = html.Button(
        text.t("panel.clear"),
        type="button",
        className="button button-quiet",
        **attributes(data_patch=stores.patch(CLEAR)),
    )
    active = html.Div(
        [html.Span(className="filters-told"), clear],
        id=ids.told,
        className="filters-active",
        hidden=True,
    )
    return html.Div(
        [active, _overdue(text), *_selects(text, choices)], className="panel-section filters"
    )


def _overdue(text: Text) -> Component:
    return html.Button(
        [html.Span(text.t("filter.overdue")), html.Span(className="switch")],
        type="button",
        role="switch",
        className="flip",
        title=text.t("filter.overdue_help"),
        **attributes(aria_checked="false", data_flip="overdue"),
    )


def _selects(text: Text, choices: Choices) -> list[Component]:
    offered: dict[str, list[fields.Option]] = {
        "category": [_named(text, row) for row in choices.categories],
        "stage": _terms(text, "stage"),
        "priority": _terms(text, "priority"),
        "source": _terms(text, "source"),
        "agency": [_named(text, row) for row in choices.agencies],
    }
    any_text, none = text.t("panel.any"), text.t("panel.nothing")
    return [
        fields.several(key, text.t(f"filter.{key}"), options, any_text, none)
        for key, options in offered.items()
    ]


def _named(text: Text, row: ServiceCategory | Organisation) -> fields.Option:
    return fields.option(row.code, text.named(row.name, row.translations))


def _terms(text: Text, list_name: str) -> list[fields.Option]:
    terms = catalogue.code_list(list_name).values()
    return [fields.option(term.code, term.title(text.lang)) for term in terms]


def _layers(text: Text, choices: Choices) -> Component:
    grouped = sorted(choices.layers, key=lambda layer: GROUP_ORDER.get(layer.group, 9))
    groups = [
        html.Div(
            [
                html.H2(text.t(f"group.{group}"), className="layer-group-title"),
                *(_card(text, layer, choices) for layer in reversed(list(members))),
            ],
            className="layer-group",
        )
        for group, members in groupby(grouped, key=lambda layer: layer.group)
    ]
    return html.Div(groups, className="panel-section")


GROUP_ORDER: Mapping[str, int] = {"incidents": 0, "territory": 1, "network": 2}
"""Order of the groups in the panel; another group comes after these."""


def _card(text: Text, layer: Layer, choices: Choices) -> Component:
    title = text.t(f"layer.{layer.key}")
    source = "demo" if choices.is_demonstration else "installation"
    head = html.Button(
        [
            html.Span(title, className="layer-title"),
            html.Span(className="layer-count figure", **attributes(data_part="count")),
            html.Span(className="switch"),
        ],
        type="button",
        role="switch",
        className="layer-head",
        title=text.t("card.show", name=title),
        **attributes(aria_checked="false", data_part="toggle", data_toggle_layer=layer.key),
    )
    body = html.Div(
        [
            *_options(text, layer, choices),
            html.Ul(className="layer-notes", **attributes(data_part="notes")),
            html.Div(className="legend", **attributes(data_part="legend")),
            html.Div(
                [
                    html.Span(className="layer-age", **attributes(data_part="age")),
                    html.Span(className="layer-as-of", **attributes(data_part="as-of")),
                    html.Span(text.t(f"attribution.{source}"), className="layer-source"),
                ],
                className="layer-foot",
            ),
        ],
        className="layer-body",
    )
    return html.Article(
        [head, body], className="layer-card is-off", **attributes(data_layer=layer.key)
    )


def _options(text: Text, layer: Layer, choices: Choices) -> list[Component]:
    """Return the choices that a layer offers: its measure, and for grids which grids."""
    parts: list[Component] = []
    if layer.measures:
        named = attributes(aria_label=text.t("grid.measure"))
        measures = [fields.option(key, text.t(f"measure.{key}")) for key in layer.measures]
        parts.append(fields.one("measure", None, measures, **named))
    if layer.key == "grids":
        parts += _grid_choices(text, choices)
    return [html.Div(parts, className="layer-options")] if parts else []


def _grid_choices(text: Text, choices: Choices) -> list[Component]:
    levels = place.level_options(text, choices.schemes, choices.scheme)
    parts = [fields.one("level", text.t("grid.level"), levels)]
    if len(choices.schemes) > 1:
        schemes = [
            fields.option(one.code, text.named(one.name, one.translations))
            for one in choices.schemes
        ]
        parts.insert(0, fields.one("scheme", text.t("grid.scheme"), schemes))
    return parts
