"""Boxes and periods: refused at the door when they make no sense."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from data.errors import InvalidInputError
from data.geo import BBox, IncidentFilter, Period, View
from tests.makers import NOW

longitudes = st.floats(-180, 180)
latitudes = st.floats(-90, 90)
scrolled = st.floats(-1e6, 1e6)


@st.composite
def boxes(draw: st.DrawFn) -> BBox:
    """Draw any box, those over the 180th meridian included."""
    south, north = sorted((draw(latitudes), draw(latitudes)))
    return BBox(draw(longitudes), south, draw(longitudes), north)


@given(west=scrolled, width=st.floats(0, 1000), south=scrolled, height=st.floats(0, 1000))
def test_any_viewport_becomes_a_box_on_the_globe(
    west: float, width: float, south: float, height: float
) -> None:
    box = BBox.around(west, south, west + width, south + height)
    assert -180 <= box.west <= 180
    assert -180 <= box.east <= 180
    assert -90 <= box.south <= box.north <= 90


@given(west=st.floats(-180, 179), width=st.floats(0.001, 359), turns=st.integers(-3, 3))
def test_scrolling_round_the_world_asks_for_the_same_ground(
    west: float, width: float, turns: int
) -> None:
    plain = BBox.around(west, 0, west + width, 1)
    turned = BBox.around(west + 360 * turns, 0, west + width + 360 * turns, 1)
    widths = [sum(east - west for west, east in box.spans()) for box in (plain, turned)]
    assert widths == pytest.approx([width, width], abs=1e-6)
    middles = [(box.spans()[0][0] + 180) % 360 for box in (plain, turned)]
    around_the_clock = abs(middles[0] - middles[1]) % 360
    assert min(around_the_clock, 360 - around_the_clock) < 1e-6


def test_viewport_wider_than_the_world_is_the_world() -> None:
    assert BBox.around(-400, -95, 400, 95) == BBox(-180, -90, 180, 90)


@given(box=boxes())
def test_spans_are_ascending_and_two_only_over_the_180th_meridian(box: BBox) -> None:
    spans = box.spans()
    assert all(west <= east for west, east in spans)
    assert len(spans) == (2 if box.crosses_antimeridian else 1)


@given(box=boxes())
def test_box_covers_itself(box: BBox) -> None:
    assert box.covers(box)


@given(outer=boxes(), inner=boxes(), part=st.floats(0, 1), height=st.floats(0, 1))
def test_covered_box_holds_no_point_outside(
    outer: BBox, inner: BBox, part: float, height: float
) -> None:
    assume(outer.covers(inner))
    for west, east in inner.spans():
        longitude = min(east, west + part * (east - west))
        assert any(low <= longitude <= high for low, high in outer.spans())
    latitude = min(inner.north, inner.south + height * (inner.north - inner.south))
    assert outer.south <= latitude <= outer.north


def test_written_box_is_read() -> None:
    assert BBox.parse("112.2,30.2,112.4,30.4") == BBox(112.2, 30.2, 112.4, 30.4)


def test_box_over_the_180th_meridian_is_read_either_way() -> None:
    written = BBox.parse("170,-10,-170,10")
    scrolled_there = BBox.parse("170,-10,190,10")
    assert written == scrolled_there
    assert written.spans() == ((170.0, 180.0), (-180.0, -170.0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "a,b,c,d",
        "nan,0,1,1",
        "0,0,inf,1",
        "0,0,1e400,1",
        "0,2,1,1",
        "112.4,30.2,112.2,30.4",
    ],
)
def test_nonsense_box_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"\.$"):
        BBox.parse(text)


@given(st.text())
def test_any_text_is_a_box_or_a_sentence(text: str) -> None:
    with suppress(InvalidInputError):
        BBox.parse(text)


@pytest.mark.parametrize(
    "sides", [(0, 1, 1, 0), (-181, 0, 0, 1), (0, -91, 1, 0), (0, 0, float("nan"), 1)]
)
def test_box_outside_the_globe_cannot_be_made(sides: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidInputError):
        BBox(*sides)


def test_period_is_kept_in_utc() -> None:
    shanghai = timezone(timedelta(hours=8))
    period = Period(datetime(2026, 3, 2, tzinfo=shanghai), datetime(2026, 3, 3, tzinfo=shanghai))
    assert period.since == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert period.since.tzinfo is UTC
    assert period.length == timedelta(days=1)


def test_period_without_zone_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="has no zone"):
        Period(datetime(2026, 3, 2), NOW)  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=-1)])
def test_period_must_end_after_it_starts(length: timedelta) -> None:
    with pytest.raises(InvalidInputError, match="must end after it starts"):
        Period(NOW, NOW + length)


@given(
    length=st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=4000)),
)
def test_previous_period_is_as_long_and_touches(length: timedelta) -> None:
    period = Period(NOW, NOW + length)
    previous = period.previous()
    assert previous.length == period.length
    assert previous.until == period.since


def test_view_asks_for_everything_unless_told() -> None:
    view = View(period=Period(NOW - timedelta(days=1), NOW), at=NOW)
    assert view.bbox is None
    assert view.incidents == IncidentFilter()
    assert (view.scheme, view.level, view.grid, view.measure) == (None, None, None, None)


@given(
    st.floats(-180, 180),
    st.floats(-80, 79),
    st.floats(0.001, 90),
    st.floats(0.001, 1),
    st.floats(1, 100_000),
)
def test_padded_box_covers_the_box(
    west: float, south: float, width: float, height: float, margin_m: float
) -> None:
    box = BBox.around(west, south, west + width, south + height)
    assert box.padded(margin_m).covers(box)


def test_margin_is_in_metres() -> None:
    padded = BBox(104, 30, 104.1, 30.1).padded(11_132)
    assert (padded.south, padded.north) == pytest.approx((29.9, 30.2))
    assert padded.west == pytest.approx(104 - 0.1 / math.cos(math.radians(30.1)))


@given(west=st.floats(-180, 179), width=st.floats(0.001, 359), turns=st.integers(-1, 1))
def test_box_is_as_wide_as_it_was_asked_for(west: float, width: float, turns: int) -> None:
    box = BBox.around(west + 360 * turns, 0, west + 360 * turns + width, 1)
    assert box.width_deg == pytest.approx(width, abs=1e-6)
    assert box.width_deg == pytest.approx(sum(east - west for west, east in box.spans()))


def test_area_of_the_whole_world_is_that_of_a_sphere() -> None:
    assert BBox(-180, -90, 180, 90).area_m2 == pytest.approx(510.066e12, rel=1e-5)


@given(box=boxes(), share=st.floats(0, 1))
def test_areas_of_two_parts_are_that_of_the_whole(box: BBox, share: float) -> None:
    middle = min(box.north, box.south + share * (box.north - box.south))
    lower, upper = replace(box, north=middle), replace(box, south=middle)
    assert lower.area_m2 + upper.area_m2 == pytest.approx(box.area_m2, abs=1.0)
    assert box.area_m2 >= 0


def test_square_kilometre_is_a_million_square_metres() -> None:
    side_deg = 1000 / 111_195.08
    east = 112 + side_deg / math.cos(math.radians(30))
    assert BBox(112, 30, east, 30 + side_deg).area_m2 == pytest.approx(1e6, rel=1e-4)
