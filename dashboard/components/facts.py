"""The facts of one incident or one camera, in words; nothing here is markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.text import Text
from data import catalogue
from data.models import Camera, GridUnit, Incident
from data.reads.details import CameraDetail, IncidentDetail
from data.rules.lifecycle import SET_ASIDE

Rows = list[tuple[str, str]]

STAGE_TIMES = (
    "occurred_at", "reported_at", "verified_at", "filed_at", "dispatched_at", "received_at",
    "handling_at", "handled_at", "checked_at", "closed_at", "evaluated_at",
)  # fmt: skip
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Facts:
    """What the drawer shows of a thing."""

    title: str
    subtitle: str
    pills: list[tuple[str, str]]
    """Word and mood: good, bad, warn or calm."""
    groups: list[tuple[str, Rows]]
    position: tuple[float, float] | None
    """Longitude and latitude."""


def term(text: Text, list_name: str, code: str | None) -> str:
    """Return the name of a code; one that is not in its list is shown as it is."""
    if code is None:
        return ""
    found = catalogue.code_list(list_name).get(code)
    return found.title(text.lang) if found else code


def duration(text: Text, seconds: float) -> str:
    """Write a length of time in its largest fitting unit."""
    if seconds < _HOUR_S:
        return text.t("fact.minutes", n=text.number(seconds / _MINUTE_S))
    if seconds < 3 * _DAY_S:
        return text.t("fact.hours", n=text.number(seconds / _HOUR_S, 1))
    return text.t("fact.days", n=text.number(seconds / _DAY_S, 1))


def of_incident(detail: IncidentDetail, text: Text, zone: ZoneInfo, now: datetime) -> Facts:
    """Return the facts of an incident."""
    one = detail.incident
    return Facts(
        title=one.title,
        subtitle=one.incident_no,
        pills=[
            (term(text, "stage", one.stage), "calm"),
            _punctuality(one, text, now),
            (term(text, "priority", one.priority), "warn" if one.priority == "urgent" else "calm"),
        ],
        groups=[
            (text.t("drawer.facts"), _known(_incident_rows(detail, text))),
            (text.t("drawer.times"), _known(_times(one, text, zone, now))),
            (text.t("drawer.history"), _history(detail, text, zone)),
        ],
        position=_position(one),
    )


def _punctuality(one: Incident, text: Text, now: datetime) -> tuple[str, str]:
    due = one.extended_due_at or one.due_at
    if one.closed_at is not None:
        if due is None or one.stage in SET_ASIDE:
            return text.t("drawer.closed"), "calm"
        is_late = one.closed_at > due
        return text.t(f"drawer.{'overdue_closed' if is_late else 'on_time'}"), (
            "warn" if is_late else "good"
        )
    if due is not None and due < now:
        return text.t("drawer.overdue_open"), "bad"
    return text.t("drawer.open"), "calm"


def _incident_rows(detail: IncidentDetail, text: Text) -> Rows:
    one, item, agency = detail.incident, detail.item, detail.agency
    return [
        (
            text.t("fact.category"),
            text.named(detail.category.name, detail.category.translations),
        ),
        (text.t("fact.item"), text.named(item.name, item.translations) if item else ""),
        (text.t("fact.source"), term(text, "source", one.source)),
        (text.t("fact.agency"), text.named(agency.name, agency.translations) if agency else ""),
        (text.t("fact.description"), one.description or ""),
        (text.t("fact.address"), one.address or ""),
        *_where(detail, text, one),
    ]


def _where(detail: IncidentDetail | CameraDetail, text: Text, one: Incident | Camera) -> Rows:
    area = detail.area
    return [
        (text.t("fact.area"), text.named(area.name, area.translations) if area else ""),
        (text.t("fact.grid"), _grids(detail.grids, text)),
        (text.t("fact.position"), _coordinates(text, _position(one))),
    ]


def _grids(grids: Sequence[GridUnit], text: Text) -> str:
    if not grids:
        return ""
    first = [grid for grid in grids if grid.scheme_id == grids[0].scheme_id]
    return " › ".join(text.named(grid.name, grid.translations) for grid in first)


def _position(one: Incident | Camera) -> tuple[float, float] | None:
    if one.longitude is None or one.latitude is None:
        return None
    return one.longitude, one.latitude


def _coordinates(text: Text, position: tuple[float, float] | None) -> str:
    if position is None:
        return text.t("drawer.unlocated")
    return f"{position[0]:.5f}, {position[1]:.5f}"


def _times(one: Incident, text: Text, zone: ZoneInfo, now: datetime) -> Rows:
    moments = [
        (text.t(f"fact.{name}"), text.moment(getattr(one, name), zone))
        for name in (*STAGE_TIMES, "due_at", "extended_due_at")
        if getattr(one, name) is not None
    ]
    taken_s = ((one.closed_at or now) - one.reported_at).total_seconds()
    counts = [
        (text.t(f"fact.{name}"), text.t("fact.times", n=text.number(getattr(one, name))))
        for name in ("rework_count", "return_count", "transfer_count")
        if getattr(one, name)
    ]
    return [*moments, (text.t("fact.duration"), duration(text, taken_s)), *counts]


def _history(detail: IncidentDetail, text: Text, zone: ZoneInfo) -> Rows:
    return [
        (
            text.moment(event.at, zone),
            " · ".join(filter(None, (term(text, "action", event.action), event.note))),
        )
        for event in detail.events
    ]


def of_camera(detail: CameraDetail, text: Text, zone: ZoneInfo) -> Facts:
    """Return the facts of a camera."""
    one = detail.camera
    mood = {"online": "good", "offline": "bad"}.get(one.status, "calm")
    return Facts(
        title=one.name,
        subtitle=one.code,
        pills=[(term(text, "camera_status", one.status), mood)],
        groups=[
            (text.t("drawer.facts"), _known(_camera_rows(detail, text, zone))),
            (text.t("drawer.legal"), _legal(one, text)),
        ],
        position=_position(one),
    )


def _camera_rows(detail: CameraDetail, text: Text, zone: ZoneInfo) -> Rows:
    one = detail.camera
    lists = ("ptz_type", "position_type", "room_type", "direction_type")
    return [
        *(_measure(text, *each) for each in _optics(one)),
        *((text.t(f"fact.{name}"), term(text, name, getattr(one, name))) for name in lists),
        (text.t("fact.business_group"), one.business_group or ""),
        (text.t("fact.address"), one.address or ""),
        *_where(detail, text, one),
        (
            text.t("fact.last_seen_at"),
            text.moment(one.last_seen_at, zone) if one.last_seen_at else "",
        ),
    ]


def _optics(one: Camera) -> list[tuple[str, str, float | None]]:
    return [
        ("azimuth", "degrees", one.azimuth_deg),
        ("view_angle", "degrees", one.view_angle_deg),
        ("view_distance", "metres", one.view_distance_m),
    ]


def _measure(text: Text, name: str, unit: str, value: float | None) -> tuple[str, str]:
    written = "" if value is None else text.t(f"fact.{unit}", n=text.number(value))
    return text.t(f"fact.{name}"), written


def _legal(one: Camera, text: Text) -> Rows:
    """Return the legal facts, the missing ones too: that they are missing is itself a fact."""
    unknown = text.t("drawer.unknown")
    posted = {True: text.t("drawer.yes"), False: text.t("drawer.no"), None: unknown}
    days = one.retention_days
    return [
        (text.t("fact.manager_unit"), one.manager_unit or unknown),
        (text.t("fact.purpose"), one.purpose or unknown),
        (text.t("fact.filing_no"), one.filing_no or unknown),
        (text.t("fact.filing_date"), text.day(one.filing_date) if one.filing_date else unknown),
        (text.t("fact.sign_posted"), posted[one.sign_posted]),
        (
            text.t("fact.retention_days"),
            unknown if days is None else text.t("fact.days", n=text.number(days)),
        ),
    ]


def _known(rows: Rows) -> Rows:
    return [(label, value) for label, value in rows if value]
