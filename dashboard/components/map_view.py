"""The map: an empty Leaflet map on which assets/js draws, with its buttons and its basemap."""

from __future__ import annotations

import json

import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component

from dashboard.components.browser import attributes
from dashboard.text import Text
from data.settings import Settings

DEEPEST_ZOOM = 19
WIDEST_ZOOM = 5
TILES_OF_FILE = "/tiles/{z}/{x}/{y}"


class ids:  # noqa: N801 - reads as a namespace: ids.map
    """Ids of the map; assets/js finds both by them."""

    view = "map-view"
    map = "map-view-map"


def layout(text: Text, settings: Settings, bbox: list[float] | None) -> Component:
    """Return the map; `bbox` is where it opens unless the address names a place."""
    west, south, east, north = bbox or (100.0, 28.0, 106.0, 33.0)
    drawn = dl.Map(
        [*_basemap(settings), dl.ScaleControl(position="bottomleft", imperial=False, maxWidth=140)],
        id=ids.map,
        className="map",
        # Leaflet's order. A centre would move the map again with every new language, and tracking
        # the viewport fails without one: assets/js keeps the place of the map.
        bounds=[[south, west], [north, east]],
        trackViewport=False,
        minZoom=WIDEST_ZOOM,
        maxZoom=DEEPEST_ZOOM,
        zoomSnap=1 if has_basemap(settings) else 0.125,
        zoomControl=False,
        attributionControl=False,
        worldCopyJump=False,
    )
    return html.Section(
        [drawn, _buttons(text), _attribution(settings), None if bbox else _nothing_yet(text)],
        id=ids.view,
        className="map-view",
        role="region",
        **attributes(
            aria_label=text.t("map.label"),
            data_bbox=json.dumps(bbox),
            data_basemap_crs=settings.basemap_crs if has_basemap(settings) else "wgs84",
        ),
    )


def _nothing_yet(text: Text) -> Component:
    """Tell a newcomer how the first data get in."""
    return html.Div(
        [
            html.Strong(text.t("map.nothing_yet")),
            html.Span(text.t("map.nothing_yet_demo")),
            html.Code("python -m data demo"),
            html.Span(text.t("map.nothing_yet_import")),
            html.Code("python -m data import grids FILE --mapping MAPPING.toml"),
        ],
        className="map-empty",
    )


def has_basemap(settings: Settings) -> bool:
    """Tell whether the installation names a basemap; its coordinates count only then."""
    return bool(settings.basemap_url or settings.basemap_file)


def _basemap(settings: Settings) -> list[Component]:
    if not has_basemap(settings):
        return []
    tiles = dl.TileLayer(
        url=settings.basemap_url or TILES_OF_FILE,
        maxNativeZoom=settings.basemap_max_zoom,
        maxZoom=DEEPEST_ZOOM,
        className="basemap",
    )
    return [tiles]


def _attribution(settings: Settings) -> Component | None:
    if not (has_basemap(settings) and settings.basemap_attribution):
        return None
    # A text node of ours: Leaflet's own attribution control would read the setting as HTML.
    return html.Div(settings.basemap_attribution, className="map-attribution")


def _buttons(text: Text) -> Component:
    buttons = (
        ("map.zoom_in", "icon-plus", {"data_zoom": "1"}),
        ("map.zoom_out", "icon-minus", {"data_zoom": "-1"}),
        ("map.home", "icon-home", {"data_home": "1"}),
    )
    return html.Div(
        [
            html.Button(
                html.Span(className=f"icon {icon}", **attributes(aria_hidden="true")),
                type="button",
                className="map-button",
                title=text.t(label),
                **attributes(aria_label=text.t(label)),
                **attributes(**data),
            )
            for label, icon, data in buttons
        ],
        className="map-buttons",
    )
