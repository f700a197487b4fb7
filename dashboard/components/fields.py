"""Controls whose value is a part of the address; 85-controls.js knows what each writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State
from dash.development.base_component import Component

from dashboard.components import stores
from dashboard.components.browser import answered_in_browser, attributes

Option = dict[str, str]


class ids:  # noqa: N801 - reads as a namespace: ids.control
    """Ids of the controls: one pattern, so that a further control needs no further callback."""

    @staticmethod
    def control(key: str) -> dict[str, str]:
        """Return the id of the control that writes this part of the address."""
        return {"control": key}


def option(value: str, label: str) -> Option:
    """Return one choice of a control."""
    return {"value": value, "label": label}


def several(key: str, label: str, options: Iterable[Option], any_text: str, none: str) -> Component:
    """Return a control that chooses any number of codes."""
    control: Component = dmc.MultiSelect(
        id=ids.control(key),
        label=label,
        data=list(options),
        placeholder=any_text,
        nothingFoundMessage=none,
        searchable=True,
        clearable=True,
        size="xs",
        className="field",
        comboboxProps={"withinPortal": True},
        maxDropdownHeight=280,
    )
    return control


def one(key: str, label: str | None, options: Iterable[Option], **more: Any) -> Component:
    """Return a control that chooses one of a list."""
    control: Component = dmc.Select(
        id=ids.control(key),
        label=label,
        data=list(options),
        allowDeselect=False,
        size="xs",
        className="field",
        comboboxProps={"withinPortal": True},
        **more,
    )
    return control


def segmented(key: str, label: str, options: Iterable[Option], **more: Any) -> Component:
    """Return a control that shows all its choices side by side."""
    control: Component = dmc.SegmentedControl(
        id=ids.control(key),
        data=list(options),
        size="xs",
        className="segmented",
        **attributes(aria_label=label),
        **more,
    )
    return control


def days(key: str, label: str, **more: Any) -> Component:
    """Return a control that chooses a first and a last day."""
    control: Component = dmc.DatePickerInput(
        id=ids.control(key),
        type="range",
        size="xs",
        valueFormat="YYYY-MM-DD",
        allowSingleDateInRange=True,
        className="field-days",
        **attributes(aria_label=label),
        **more,
    )
    return control


def register(app: Dash) -> None:
    """Tie every control to the address, in both directions, in the browser."""
    every = {"control": ALL}
    answered_in_browser(
        app,
        "choose",
        inputs=[Input(every, "value")],
    )
    answered_in_browser(
        app,
        "reflect",
        output=Output(every, "value"),
        inputs=[Input(stores.ids.state, "data"), State(every, "value")],
    )
