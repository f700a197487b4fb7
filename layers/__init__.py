"""What can be drawn. `LAYERS` is the whole list, the bottom of the map first."""

from __future__ import annotations

from data.errors import NotFoundError
from data.scope import Role
from layers import areas, cameras, grids, incident_cells, incidents
from layers.contract import Layer

LAYERS: tuple[Layer, ...] = (
    grids.LAYER,
    incident_cells.LAYER,
    areas.LAYER,
    cameras.LAYER,
    incidents.LAYER,
)


def visible_to(role: Role) -> tuple[Layer, ...]:
    """Return the layers that a role may see, in drawing order."""
    return tuple(layer for layer in LAYERS if role in layer.roles)


def find(key: str, role: Role) -> Layer:
    """Return a layer; hidden and absent raise the same NotFoundError."""
    for layer in visible_to(role):
        if layer.key == key:
            return layer
    raise NotFoundError(f"There is no layer {key!r}.")
