"""A key figure written out: value, unit, change, and the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from dashboard.text import Text
from data.geo import Period
from data.reads.kpi import Measured
from data.rules.kpi import Figure, Kpi

HOURS_SHOWN_AS_DAYS = 72.0
_HOURS_A_DAY = 24.0

ARROWS = {1: "▲", -1: "▼", 0: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A key figure as it stands on the screen."""

    key: str
    name: str
    value: str
    unit: str
    arrow: str
    change: str
    against: str
    judgement: str
    """better, worse, same, neutral or unknown: the class of the change."""
    judgement_word: str
    rows: tuple[tuple[str, str], ...]
    """Label and text of each line of the definition."""


def shown(text: Text, measured: Measured, period: Period, zone: ZoneInfo, place: str) -> Shown:
    """Write a measured figure in the words of a language."""
    kpi = measured.kpi
    value, unit = written(text, kpi, measured.now.value)
    change, against = moved(text, measured)
    difference = measured.change.difference if measured.change else 0
    judgement = measured.change.judgement if measured.change else "unknown"
    return Shown(
        key=kpi.key,
        name=text.t(f"kpi_name.{kpi.key}"),
        value=value,
        unit=unit,
        arrow=ARROWS[(difference > 0) - (difference < 0)],
        change=change,
        against=against,
        judgement=judgement,
        judgement_word=text.t(f"kpi.{judgement}") if judgement in {"better", "worse"} else "",
        rows=tuple(_rows(text, measured, period, zone, place)),
    )


def written(text: Text, kpi: Kpi, value: float | None) -> tuple[str, str]:
    """Return a value and its unit; long times are given in days."""
    if value is None:
        return text.t("kpi.unknown"), ""
    if kpi.unit == "hour" and value >= HOURS_SHOWN_AS_DAYS:
        return text.number(value / _HOURS_A_DAY, 1), text.t("kpi.unit_day")
    digits = 0 if kpi.unit == "count" else 1
    return text.number(value, digits), text.t(f"kpi.unit_{kpi.unit}")


def moved(text: Text, measured: Measured) -> tuple[str, str]:
    """Return the change and what it is against; rates move in percentage points."""
    change, against = measured.change, text.t("kpi.against")
    if measured.before is None:
        return text.t("kpi.no_past"), ""
    if change is None:
        return text.t("kpi.no_comparison"), ""
    if change.difference == 0:
        return text.t("kpi.same"), ""
    if measured.kpi.unit == "percent":
        return text.t("kpi.points", value=f"{change.difference:+.1f}"), against
    if change.percent is not None:
        return text.t("kpi.percent", value=f"{change.percent:+.1f}"), against
    digits = 0 if measured.kpi.unit == "count" else 1
    _, unit = written(text, measured.kpi, 0)
    return f"{change.difference:+,.{digits}f} {unit}".strip(), against


def _rows(
    text: Text, measured: Measured, period: Period, zone: ZoneInfo, place: str
) -> list[tuple[str, str]]:
    rows = [(text.t("kpi.scope"), place)]
    if measured.before is None:
        rows.append((text.t("kpi.period"), text.t("kpi.now")))
    else:
        rows.append((text.t("kpi.period"), days(text, period, zone)))
    rows += _behind(text, measured.now)
    if measured.before is not None:
        before = " ".join(written(text, measured.kpi, measured.before.value)).strip()
        rows.append((text.t("kpi.previous"), f"{before} ({days(text, period.previous(), zone)})"))
    if measured.change and measured.change.percent is None and measured.kpi.unit != "percent":
        rows.append((text.t("kpi.change"), text.t("kpi.small_base")))
    return rows


def _behind(text: Text, figure: Figure) -> list[tuple[str, str]]:
    kpi = figure.kpi
    if kpi.unit == "hour":
        return [(text.t(f"tally.{kpi.numerator}"), text.number(figure.n))]
    rows = [(text.t(f"tally.{kpi.numerator}"), text.number(figure.numerator))]
    if kpi.denominator is not None:
        rows.append((text.t(f"tally.{kpi.denominator}"), text.number(figure.denominator)))
    return rows


def days(text: Text, period: Period, zone: ZoneInfo) -> str:
    """Write the first and the last local day of a period."""
    first = period.since.astimezone(zone).date()
    last = (period.until - timedelta(microseconds=1)).astimezone(zone).date()
    if first == last:
        return text.t("period.day", since=text.day(first))
    return text.t("period.range", since=text.day(first), until=text.day(last))
