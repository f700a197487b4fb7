"""A camera is live only while its pictures come and change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import catalogue
from data.rules.frames import FrameRule, Looking, Report, Sight, looked, sight, sight_of

START = datetime(2026, 3, 2, tzinfo=UTC)
RULE = FrameRule()


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def shown(frames: list[tuple[float, str | None]], now: float) -> Sight:
    return sight_of([Report(at(seconds), digest) for seconds, digest in frames], RULE, at(now))


@pytest.mark.parametrize(
    ("frames", "now", "expected"),
    [
        ([], 0, "silent"),
        ([(0, None), (60, None)], 60, "silent"),  # online, and no picture ever
        ([(0, "a")], 180, "live"),
        ([(0, "a")], 181, "silent"),
        ([(0, "a"), (100, None), (181, None)], 181, "silent"),  # heartbeats alone
        ([(0, "a"), (60, "a"), (119, "a")], 119, "live"),
        ([(0, "a"), (60, "a"), (120, "a")], 120, "frozen"),
        ([(0, "a"), (120, "a")], 120, "live"),  # two frames only
        ([(0, "a"), (60, "a"), (120, "a"), (180, "b")], 180, "live"),
        ([(0, "a"), (60, "b"), (120, "a"), (180, "a")], 180, "live"),
        ([(0, "a"), (60, "a"), (120, "a")], 301, "silent"),
    ],
)
def test_pictures_that_stop_or_stay_are_stale(
    frames: list[tuple[float, str | None]], now: float, expected: str
) -> None:
    assert shown(frames, now) == expected


frames = st.lists(st.tuples(st.integers(0, 600), st.sampled_from(["a", "b", None])), max_size=12)


@given(frames, st.integers(0, 900), st.randoms(use_true_random=False))
def test_order_and_doubles_do_not_matter(
    made: list[tuple[float, str | None]], now: int, dice: object
) -> None:
    mixed = made * 2
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert shown(mixed, now) == shown(made, now)


@given(frames, st.integers(0, 900))
def test_heartbeats_change_nothing(made: list[tuple[float, str | None]], now: int) -> None:
    assert shown(made, now) == shown([frame for frame in made if frame[1] is not None], now)


@given(frames)
def test_report_that_is_not_newer_changes_nothing(made: list[tuple[float, str | None]]) -> None:
    looking = Looking()
    for seconds, digest in sorted(made, key=lambda frame: frame[0]):
        looking = looked(looking, Report(at(seconds), digest))
    for seconds, _ in made:
        if looking.frame_at is not None and at(seconds) <= looking.frame_at:
            assert looked(looking, Report(at(seconds), "other")) == looking


def test_limits_are_settings() -> None:
    looking = looked(Looking(), Report(START, "a"))
    assert sight(looking, FrameRule(silent_after_s=10), at(11)) is Sight.SILENT
    assert sight(looking, FrameRule(silent_after_s=11), at(11)) is Sight.LIVE


def test_codes_are_those_of_the_shipped_list() -> None:
    assert set(catalogue.code_list("camera_sight")) == set(Sight)
