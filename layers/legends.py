"""Legends with graded classes, made from the values at hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from layers.contract import Color, Legend, LegendClass, Words
from layers.palettes import nice_breaks, spread


def graded(
    title: Words, unit: Words, ramp: tuple[Color, ...], values: Sequence[float], smallest: float
) -> Legend:
    """Return a legend whose classes share the values out evenly between round breaks."""
    return fixed(title, unit, ramp, nice_breaks(values, len(ramp), smallest))


def counted(title: Words, unit: Words, ramp: tuple[Color, ...], counts: Sequence[int]) -> Legend:
    """Return a legend of whole numbers from 1 up, whose classes share them out evenly."""
    breaks = sorted({math.ceil(value) for value in nice_breaks(counts, len(ramp), smallest=2)})
    edges = [1, *breaks]
    labels = [_whole(low, high - 1) for low, high in itertools.pairwise(edges)]
    labels.append(Words("legend.from", {"low": f"{edges[-1]:,}"}))
    colors = spread(ramp, len(labels))
    classes = tuple(LegendClass(color, label) for color, label in zip(colors, labels, strict=True))
    return Legend(title, classes, tuple(map(float, breaks)), unit)


def _whole(low: int, high: int) -> Words:
    if low == high:
        return Words("legend.single", {"value": f"{low:,}"})
    return Words("legend.range", {"low": f"{low:,}", "high": f"{high:,}"})


def fixed(title: Words, unit: Words, ramp: tuple[Color, ...], breaks: tuple[float, ...]) -> Legend:
    """Return a legend with these breaks."""
    labels = _labels(breaks)
    colors = spread(ramp, len(labels))
    classes = tuple(LegendClass(color, label) for color, label in zip(colors, labels, strict=True))
    return Legend(title, classes, breaks, unit)


def _labels(breaks: tuple[float, ...]) -> list[Words]:
    if not breaks:
        return [Words("legend.any")]
    shown = [f"{value:g}" for value in breaks]
    between = [
        Words("legend.between", {"low": low, "high": high})
        for low, high in itertools.pairwise(shown)
    ]
    return [
        Words("legend.below", {"high": shown[0]}),
        *between,
        Words("legend.from", {"low": shown[-1]}),
    ]
