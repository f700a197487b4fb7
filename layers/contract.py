"""What a layer of the map is. Read this first.

A layer is data, not a class to inherit from: one frozen `Layer` that holds the functions which
read it. Its answer is a `Picture` that says what is drawn, how much of how much, and by which
legend. The class of a value is computed here, from the legend; the browser looks up its colour.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from data.geo import View
from data.scope import Role, Scope

Shape = Literal["area", "cell", "point"]


@dataclass(frozen=True, slots=True)
class Words:
    """A text to be said in the language of the reader."""

    key: str
    """Key in the message catalogue."""
    params: Mapping[str, object] = field(default_factory=dict)
    translations: Mapping[str, str] | None = None
    """Texts by language that are data, such as the name of a grid level; `key` is the fallback."""


@dataclass(frozen=True, slots=True)
class Color:
    """One colour for the two themes, as #rrggbb."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class LegendClass:
    """One line of a legend."""

    color: Color
    label: Words
    mark: str = "fill"
    """Shape that is drawn: fill, circle, triangle, camera, camera_off, camera_unknown."""


@dataclass(frozen=True, slots=True)
class Legend:
    """The classes of a value, in order: the only place where a layer's colours are chosen."""

    title: Words
    classes: tuple[LegendClass, ...]
    breaks: tuple[float, ...] = ()
    """Lower bounds of the second class and those after it; empty where classes are kinds."""
    unit: Words | None = None
    marks: tuple[tuple[str, Words], ...] = ()
    """Shapes that mean something whatever the colour."""

    def __post_init__(self) -> None:
        if self.breaks and len(self.classes) != len(self.breaks) + 1:
            raise ValueError(f"{len(self.breaks)} breaks need {len(self.breaks) + 1} classes")
        if list(self.breaks) != sorted(set(self.breaks)):
            raise ValueError("breaks must ascend")

    def class_of(self, value: float | None) -> int | None:
        """Return the class of a value; None for a value that is not known."""
        return None if value is None else bisect.bisect_right(self.breaks, value)

    def classes_of(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the class of each value."""
        return np.searchsorted(np.array(self.breaks), values, side="right").astype(np.int64)


@dataclass(frozen=True, slots=True)
class AreaUnit:
    """A polygon and the value that colours it; its outline rarely moves and is fetched apart."""

    id: int
    code: str
    name: Words
    value: float | None
    text: str
    """The value as a figure, "" where it is not known."""
    class_: int | None


@dataclass(frozen=True, slots=True)
class CellTable:
    """Cells of one resolution with what they hold; arrays of one length, ascending by cell."""

    resolution: int
    cells: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.cells)


@dataclass(frozen=True, slots=True)
class Point:
    """A thing at a place, or several close together."""

    id: int | None
    longitude: float
    latitude: float
    class_: int
    mark: str
    label: str
    count: int = 1
    overdue: int = 0
    azimuth_deg: float | None = None
    angle_deg: float | None = None
    range_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a layer answers to a view. One of `units`, `cells`, `points` is given."""

    legend: Legend
    shown: int
    """How many rows the picture stands for."""
    total: int
    """How many rows there are in the view."""
    notes: tuple[Words, ...] = ()
    units: Sequence[AreaUnit] | None = None
    scheme: str | None = None
    level: str | None = None
    """Number of the grid level, or name of the administrative level."""
    level_title: Words | None = None
    cells: CellTable | None = None
    points: Sequence[Point] | None = None

    @property
    def truncated(self) -> bool:
        """Tell whether rows are missing from the picture."""
        return self.shown < self.total


@dataclass(frozen=True, slots=True)
class Outline:
    """The polygon of an area unit."""

    id: int
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A map layer: what it is, and the functions that read it. One module declares one."""

    key: str
    """Identity: [a-z][a-z0-9_]*, the name of its module, and its title in the message catalogue."""
    group: str
    shape: Shape
    topics: frozenset[str]
    """Topics of the change feed that move it."""
    query: Callable[[Session, Scope, View], Picture]
    outlines: Callable[[Session, Scope, View], Sequence[Outline]] | None = None
    """Polygons of the units of the same view; only for areas."""
    roles: frozenset[Role] = frozenset(Role)
    """Who may see it, or learn that it exists."""
    measures: tuple[str, ...] = ()
    """Values to choose between; the first is the default."""
    refresh_s: int = 60
    """The picture is asked for again this often, even when no change was told."""
    stale_after_s: int = 300
    """The picture is marked as old when nothing was heard for this long."""
    on_by_default: bool = True
