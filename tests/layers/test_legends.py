"""Laws of classes and breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.contract import Color, Legend, LegendClass, Words
from layers.legends import counted, graded
from layers.palettes import BALANCE, DEPTH, HEAT, STATUS, STEPS, nice_breaks

values = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200)
WORDS = Words("any")


@given(values, st.integers(2, 7))
def test_breaks_ascend_and_are_round(numbers: list[float], classes: int) -> None:
    breaks = nice_breaks(numbers, classes, smallest=0.001)
    assert len(breaks) < classes
    assert list(breaks) == sorted(set(breaks))
    assert all(value == float(f"{value:.2g}") for value in breaks)


@given(values)
def test_class_brackets_its_value(numbers: list[float]) -> None:
    legend = graded(WORDS, WORDS, HEAT, numbers, smallest=0.001)
    for number in numbers:
        chosen = legend.class_of(number)
        assert chosen is not None
        assert chosen == 0 or legend.breaks[chosen - 1] <= number
        assert chosen == len(legend.breaks) or number < legend.breaks[chosen]


def test_unknown_value_has_no_class() -> None:
    assert graded(WORDS, WORDS, HEAT, [1, 2, 3], smallest=1).class_of(None) is None


def test_no_values_give_one_class() -> None:
    assert len(graded(WORDS, WORDS, HEAT, [], smallest=1).classes) == 1


def test_legend_refuses_breaks_that_do_not_fit() -> None:
    one = LegendClass(Color("#000000", "#ffffff"), WORDS)
    with pytest.raises(ValueError, match="2 breaks need 3"):
        Legend(WORDS, (one,), (1.0, 2.0))
    with pytest.raises(ValueError, match="ascend"):
        Legend(WORDS, (one, one, one), (2.0, 1.0))


def luminance(color: str) -> float:
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ramp", [HEAT, DEPTH], ids=["heat", "depth"])
def test_sequential_ramp_runs_in_one_direction_of_lightness(ramp: tuple[Color, ...]) -> None:
    light = [luminance(color.light) for color in ramp]
    dark = [luminance(color.dark) for color in ramp]
    assert light == sorted(light, reverse=True)
    assert dark == sorted(dark)


@pytest.mark.parametrize("ramp", [BALANCE, HEAT, DEPTH, STATUS, STEPS])
def test_neighbouring_classes_differ(ramp: tuple[Color, ...]) -> None:
    for theme in ("light", "dark"):
        colors = [getattr(color, theme) for color in ramp]
        assert len(set(colors)) == len(colors)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=200))
def test_classes_of_counts_begin_at_whole_numbers(counts: list[int]) -> None:
    legend = counted(WORDS, WORDS, HEAT, counts)
    assert all(edge == int(edge) >= 2 for edge in legend.breaks)
    assert len(legend.classes) == len(legend.breaks) + 1


def test_classes_of_counts_say_which_numbers_they_hold() -> None:
    legend = counted(WORDS, WORDS, HEAT, [1, 1, 2, 3, 4, 8, 20, 40])
    said = [(one.label.key, dict(one.label.params)) for one in legend.classes]
    assert said[0] == ("legend.single", {"value": "1"})
    assert said[-1][0] == "legend.from"
