"""Whether a camera shows anything, whatever its status says.

A camera that is "online" and sends the same picture, or none, is stale. Two pictures are the same
when their digests are: the noise of a working sensor makes no two frames alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Sight(StrEnum):
    """What a camera shows; the code list `camera_sight`. Only LIVE is not stale."""

    LIVE = "live"
    FROZEN = "frozen"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRule:
    """When a picture counts as frozen, and when a camera as silent; our figures, settable."""

    silent_after_s: float = 180.0
    """Without a frame for longer than this, heartbeats or not."""
    frozen_after_s: float = 120.0
    """From the first of the same frames to the last, at least."""
    frozen_frames: int = 3
    """Two alike may be one that was sent twice."""


@dataclass(frozen=True, slots=True)
class Report:
    """A heartbeat, with the digest of a frame if there was one."""

    at: datetime
    digest: str | None


@dataclass(frozen=True, slots=True)
class Looking:
    """What is remembered of a camera."""

    frame_at: datetime | None = None
    """When the newest frame came."""
    digest: str | None = None
    same_since: datetime | None = None
    """When the first of the frames like the newest came."""
    same_frames: int = 0


def looked(looking: Looking, report: Report) -> Looking:
    """Return what is remembered after a report; one that is not newer changes nothing."""
    if report.digest is None:
        return looking
    if looking.frame_at is not None and report.at <= looking.frame_at:
        return looking
    if report.digest == looking.digest:
        return replace(looking, frame_at=report.at, same_frames=looking.same_frames + 1)
    return Looking(report.at, report.digest, report.at, 1)


def sight(looking: Looking, rule: FrameRule, now: datetime) -> Sight:
    """Return what the camera shows at a moment."""
    if looking.frame_at is None or looking.same_since is None:
        return Sight.SILENT
    if (now - looking.frame_at).total_seconds() > rule.silent_after_s:
        return Sight.SILENT
    same_s = (looking.frame_at - looking.same_since).total_seconds()
    if looking.same_frames >= rule.frozen_frames and same_s >= rule.frozen_after_s:
        return Sight.FROZEN
    return Sight.LIVE


def sight_of(reports: Iterable[Report], rule: FrameRule, now: datetime) -> Sight:
    """Return what a camera shows by its reports until now, in any order and however doubled."""
    looking = Looking()
    past = {report for report in reports if report.at <= now}
    for report in sorted(past, key=lambda report: (report.at, report.digest or "")):
        looking = looked(looking, report)
    return sight(looking, rule, now)
