"""Colours that stay apart for colour-blind readers, on dark and on light ground.

Sequential ramps move in lightness in one direction: towards the eye-catching end, which is the
dark one on light ground and the bright one on dark ground. Sources: ColorBrewer 2.0 (Cynthia
Brewer, Apache-2.0) YlOrBr, Blues and RdYlBu for light ground; turned round for dark ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from layers.contract import Color


def _pairs(light: Iterable[str], dark: Iterable[str]) -> tuple[Color, ...]:
    return tuple(Color(*pair) for pair in zip(light, dark, strict=True))


HEAT = _pairs(
    ("#fee391", "#fec44f", "#fe9929", "#d95f0e", "#993404"),
    ("#5b3a1c", "#96501a", "#cf711c", "#f5a13c", "#ffe08a"),
)
DEPTH = _pairs(
    ("#dbe9f6", "#b3d1ea", "#79b0d8", "#3d86bf", "#155a97"),
    ("#1b3a57", "#245b83", "#2f80b2", "#5faad6", "#b4dcf3"),
)
BALANCE = _pairs(
    ("#4575b4", "#91bfdb", "#f6e8a6", "#fc8d59", "#d73027"),
    ("#3a63a3", "#5f9cc4", "#d9c46a", "#f08a4b", "#e5533d"),
)
STEPS = _pairs(
    ("#1f78d1", "#8250df", "#c77700", "#0f8f80", "#6b7785", "#9aa5b1"),
    ("#4fa3ff", "#b18cff", "#ffb02e", "#2ed3bd", "#9aa7b8", "#6d7a8c"),
)
STATUS = _pairs(("#0f8f6f", "#c9352b", "#6b7785"), ("#2fd6a3", "#ff6b5e", "#9aa7b8"))
OUTLINE = Color("#5a6b7f", "#8aa0b8")

_NICE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def nice_breaks(values: Sequence[float], classes: int, smallest: float) -> tuple[float, ...]:
    """Return at most `classes` - 1 round breaks that share the values out evenly.

    Breaks have one or two figures and are at least `smallest`, so that they seldom move when the
    data do.
    """
    if len(values) == 0:
        return ()
    quantiles = np.quantile(np.asarray(values, dtype=float), np.arange(1, classes) / classes)
    return tuple(sorted({_rounded(max(float(value), smallest)) for value in quantiles}))


def _rounded(value: float) -> float:
    power = 10.0 ** np.floor(np.log10(value))
    nearest = min(_NICE, key=lambda step: abs(step - value / power))
    return float(round(nearest * power, 9))


def spread(ramp: tuple[Color, ...], classes: int) -> tuple[Color, ...]:
    """Return `classes` colours of the ramp, from its first to its last."""
    if classes == 1:
        return (ramp[0],)
    positions = np.linspace(0, len(ramp) - 1, classes).round().astype(int)
    return tuple(ramp[position] for position in positions)
