"""Which time is asked for: a named period, or a first and a last day."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.components import fields
from dashboard.components.browser import attributes
from dashboard.text import Text

NAMES = {"today": "period.today", "7d": "period.d7", "30d": "period.d30", "12m": "period.m12"}


def layout(text: Text) -> Component:
    """Return the choice of the period."""
    options = [fields.option(key, text.t(name)) for key, name in NAMES.items()]
    return html.Div(
        [
            fields.segmented("period", text.t("period.label"), options),
            fields.days(
                "range",
                text.t("period.custom_label"),
                placeholder=text.t("period.custom_placeholder"),
                monthLabelFormat=text.t("period.month_form"),
            ),
        ],
        className="period",
        role="group",
        **attributes(aria_label=text.t("period.label")),
    )
