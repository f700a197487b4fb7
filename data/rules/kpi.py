"""The key figures: what each is made of, and how it compares with the period before.

Rates are sums of numerators over sums of denominators, never averages of rates. What is not known
is None and shown as a dash, never as 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SMALLEST_BASE = 10
"""A change is given in percent only against at least this many."""

Unit = Literal["count", "percent", "hour"]
Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A key figure: which tallies it divides, and how to read it."""

    key: str
    numerator: str
    """Name of a tally; see `data.reads.kpi`."""
    denominator: str | None
    """Name of a tally; None for a count or a time."""
    unit: Unit
    better: Better
    definition: str
    """Formula in words."""
    source: str
    """Where the definition comes from."""
    minimum_n: int = 1
    """A rate or a time over fewer cases is not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A key figure as measured."""

    kpi: Kpi
    value: float | None
    """Count, percent (0 to 100) or hours; None is not known."""
    numerator: float | None
    denominator: float | None
    n: int
    """How many cases stand behind the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a figure moved against the equally long period before."""

    difference: float
    """In the unit of the figure; for percent, in percentage points."""
    percent: float | None
    """None for rates and where the base is under SMALLEST_BASE."""
    judgement: Literal["better", "worse", "same", "neutral"]


CLOSURE_SOURCE = "Huangshui 2022: received 2,644, closed 2,523, closure rate 95.4 %"
STANDARD_SOURCE = "indicator names of city-management evaluation (CJ/T 214, GB/T 30428 family)"

KPIS: tuple[Kpi, ...] = (
    Kpi(
        key="received",
        numerator="received",
        denominator=None,
        unit="count",
        better="neither",
        definition="incidents reported in the period",
        source=CLOSURE_SOURCE,
    ),
    Kpi(
        key="closed",
        numerator="closed",
        denominator=None,
        unit="count",
        better="neither",
        definition="incidents reported in the period that have ended by now",
        source=CLOSURE_SOURCE,
    ),
    Kpi(
        key="closure_rate",
        numerator="closed",
        denominator="received",
        unit="percent",
        better="higher",
        definition="closed / received, both of the incidents reported in the period",
        source=CLOSURE_SOURCE,
    ),
    Kpi(
        key="overdue_open",
        numerator="overdue_open",
        denominator=None,
        unit="count",
        better="lower",
        definition="incidents reported in the period, open past their (extended) due time",
        source=STANDARD_SOURCE,
    ),
    Kpi(
        key="median_handling_h",
        numerator="median_handling_s",
        denominator=None,
        unit="hour",
        better="lower",
        definition="median of closed - reported by the wall clock, of the closed incidents",
        source=STANDARD_SOURCE,
    ),
    Kpi(
        key="cameras_online_rate",
        numerator="cameras_online",
        denominator="cameras_connected",
        unit="percent",
        better="higher",
        definition="cameras online / cameras whose status is known, at the moment of asking",
        source="online rate (snapshot) of the public camera evaluation",
    ),
    Kpi(
        key="p90_handling_h",
        numerator="p90_handling_s",
        denominator=None,
        unit="hour",
        better="lower",
        definition="90th percentile of closed - reported by the wall clock, of closed incidents",
        source=STANDARD_SOURCE,
    ),
    Kpi(
        key="open",
        numerator="open",
        denominator=None,
        unit="count",
        better="lower",
        definition="incidents reported in the period that have not ended",
        source=STANDARD_SOURCE,
    ),
    Kpi(
        key="closed_late",
        numerator="closed_late",
        denominator=None,
        unit="count",
        better="lower",
        definition="incidents reported in the period and closed after their (extended) due time",
        source=STANDARD_SOURCE,
    ),
    Kpi(
        key="on_time_closure_rate",
        numerator="closed_on_time",
        denominator="closed_with_due",
        unit="percent",
        better="higher",
        definition="closed by the due time / closed, of the closed incidents that have a due time",
        source=STANDARD_SOURCE,
    ),
    Kpi(
        key="overdue_rate",
        numerator="overdue",
        denominator="with_due",
        unit="percent",
        better="lower",
        definition="(closed late + overdue open) / incidents with a due time",
        source=STANDARD_SOURCE,
    ),
    Kpi(
        key="camera_coordinates_rate",
        numerator="cameras_located",
        denominator="cameras",
        unit="percent",
        better="higher",
        definition="cameras with coordinates / cameras in the register, of the whole scope",
        source="coordinate completeness of the public camera evaluation",
    ),
)
"""In the order of screens; the strip of the map shows the first STRIP_LENGTH."""

STRIP_LENGTH = 6

_SECONDS_AN_HOUR = 3600.0


def figure(kpi: Kpi, tallies: Mapping[str, float | None]) -> Figure:
    """Return the KPI made of these tallies."""
    numerator = tallies.get(kpi.numerator)
    denominator = None if kpi.denominator is None else tallies.get(kpi.denominator)
    return Figure(
        kpi=kpi,
        value=_value(kpi, numerator, denominator),
        numerator=numerator,
        denominator=denominator,
        n=int(_cases(kpi, tallies)),
    )


def _cases(kpi: Kpi, tallies: Mapping[str, float | None]) -> float:
    if kpi.unit == "hour":
        return tallies.get("closed") or 0
    return tallies.get(kpi.denominator or kpi.numerator) or 0


def _value(kpi: Kpi, numerator: float | None, denominator: float | None) -> float | None:
    if numerator is None:
        return None
    if kpi.unit == "hour":
        return numerator / _SECONDS_AN_HOUR
    if kpi.denominator is None:
        return numerator
    if denominator is None or denominator < kpi.minimum_n:
        return None
    return 100.0 * numerator / denominator


def change(now: Figure, before: Figure) -> Change | None:
    """Return how the figure moved; None where either side is not known."""
    if now.value is None or before.value is None:
        return None
    difference = now.value - before.value
    comparable = now.kpi.unit != "percent" and before.n >= SMALLEST_BASE and before.value > 0
    return Change(
        difference=difference,
        percent=100.0 * difference / before.value if comparable else None,
        judgement=_judgement(now.kpi.better, difference),
    )


def _judgement(better: Better, difference: float) -> Literal["better", "worse", "same", "neutral"]:
    if difference == 0:
        return "same"
    if better == "neither":
        return "neutral"
    return "better" if (difference > 0) == (better == "higher") else "worse"
