"""Importing the camera register. Secret cameras and forbidden interiors do not come in.

The rules are those of State Council Order 799: no camera in hotel rooms, dormitories, bathrooms,
toilets, changing, nursing and fitting rooms (Art. 8), recordings kept for at least 30 days
(Art. 17).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from data import catalogue
from data.assignment import assign_cameras
from data.intake.drafts import Draft
from data.intake.fields import Field, RefusalError
from data.intake.privacy import forbidden_interior
from data.intake.subject import (
    CODE_LENGTH,
    NAME_LENGTH,
    Known,
    Subject,
    Work,
    codes,
    fill,
    record_of,
)
from data.intake.uniqueness import first_of_each_code
from data.intake.upsert import Written, upsert
from data.models import Camera

SHORTEST_RETENTION_DAYS = 30
_OUTDOORS = "1"
_RELIGIOUS_SITE = {"7": "is a religious site, which this product does not record"}


def _examine(draft: Draft, known: Known) -> None:
    _ = known
    if draft.extra.get("secrecy"):
        raise RefusalError(
            "secrecy", "1", "marks the camera as secret; secret cameras are not kept"
        )
    fill(draft.values, "code", draft.source_id)
    if len(draft.values["code"]) > CODE_LENGTH:
        reason = f"is too long for a code, which has at most {CODE_LENGTH} characters; map code"
        raise RefusalError("code", draft.values["code"], reason)
    for name in ("name", "address", "purpose", "business_group"):
        _check_words(draft, name, draft.values.get(name) or "")


def _check_words(draft: Draft, name: str, text: str) -> None:
    word = forbidden_interior(text)
    if word is not None and draft.values.get("room_type") != _OUTDOORS:
        reason = (
            f"names a room in which no camera may be ({word}); if the camera is outdoors, "
            "say so by room_type 1"
        )
        raise RefusalError(name, text, reason)
    if name in {"purpose", "business_group"}:
        subject = catalogue.refused_subject(text)
        if subject is not None:
            raise RefusalError(
                name, text, f"is about {subject}, of which this product holds nothing"
            )


def _write(session: Session, drafts: list[Draft], work: Work) -> Written:
    drafts = first_of_each_code(session, Camera, drafts, work.mapping.source_system, work.report)
    _warn_of_retention(drafts, work)
    records = [record_of(draft) for draft in drafts]
    defaults = {"source_crs": "wgs84", "status": "unknown", "updated_at": work.at}
    written = upsert(session, Camera, work.batch, work.mapping.source_system, records, defaults)
    moved = [*written.added.values(), *(change.id for change in written.changed)]
    if moved:
        session.flush()
        assign_cameras(session, moved, work.partitions)
    return written


def _warn_of_retention(drafts: list[Draft], work: Work) -> None:
    short = [
        draft
        for draft in drafts
        if (draft.values.get("retention_days") or SHORTEST_RETENTION_DAYS) < SHORTEST_RETENTION_DAYS
        or draft.values.get("retention_days") == 0
    ]
    if short:
        work.report.warn(
            f"{len(short)} cameras keep recordings for less than {SHORTEST_RETENTION_DAYS} days, "
            f"against Order 799 Art. 17; the first is {work.report.place} {short[0].line}."
        )


SUBJECT = Subject(
    key="cameras",
    fields=(
        Field(name="code", length=CODE_LENGTH),
        Field(name="name", required=True, length=NAME_LENGTH),
        Field(name="address", length=300, free=True),
        Field(name="status", codes=codes("camera_status"), default="unknown"),
        Field(name="last_seen_at", kind="moment", past=True),
        Field(name="azimuth_deg", kind="number", low=0, high=360),
        Field(name="view_angle_deg", kind="number", low=0, high=360),
        Field(name="view_distance_m", kind="number", low=0, high=5000),
        Field(name="ptz_type", codes=codes("ptz_type")),
        Field(name="position_type", codes=codes("position_type"), refused=_RELIGIOUS_SITE),
        Field(name="room_type", codes=codes("room_type")),
        Field(name="direction_type", codes=codes("direction_type")),
        Field(name="business_group", length=64),
        Field(name="manager_unit", length=200),
        Field(name="purpose", length=200),
        Field(name="filing_no", length=64),
        Field(name="filing_date", kind="day"),
        Field(name="sign_posted", kind="flag"),
        Field(name="retention_days", kind="whole"),
        Field(name="secrecy", kind="flag", implied="secrecy", stored=False),
    ),
    shape="point",
    topics=("cameras",),
    examine=_examine,
    write=_write,
)
