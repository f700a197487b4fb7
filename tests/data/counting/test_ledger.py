"""The rows of the counting index: none is lost, doubled or mixed up by merging."""

from __future__ import annotations

import threading
from collections import Counter

import numpy as np
import pytest

from data.counting.ledger import Ledger
from data.counting.merging import MOST_SEGMENT_ROWS, Sizes
from data.counting.rows import Rows
from data.counting.runs import Runs
from data.counting.segments import Question, Segment, chosen

TINY = Sizes(segment_rows=12, tail_rows=4, late_rows=3)
EVERYTHING = Question(-(2**31), 2**31 - 1, None, None)


def rows_at(times: list[int], code: int = 1) -> Rows:
    """Return rows, each with a cell of its own that is made of its time."""
    moments = np.array(times, dtype=np.int32)
    return Rows(
        moments.astype(np.uint64),
        moments,
        np.full(len(times), code, dtype=np.uint8),
        np.zeros(len(times), dtype=np.uint16),
    )


def build(rows: Rows) -> Segment:
    whole = Runs(np.array([len(rows)], dtype=np.uint32), np.zeros(1, dtype=np.uint32))
    return Segment.of(rows, whole, whole, 1, 1)


def column_of(cell: np.uint64) -> int:
    return 0 * int(cell)


class FailingBuild:
    """Builds segments, except while it is told to fail; can be held up to fill the tail."""

    def __init__(self) -> None:
        self.is_failing = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, rows: Rows) -> Segment:
        self.may_go_on.wait(timeout=60)
        if self.is_failing:
            raise MemoryError("no room for a segment")
        return build(rows)


def held(ledger: Ledger) -> Counter[tuple[int, int]]:
    """Return how often each time and code is held, by segments and tail together."""
    found: Counter[tuple[int, int]] = Counter()
    for rows in [*(segment.rows for segment in ledger.segments()), ledger.tail()]:
        found.update(zip(rows.times.tolist(), rows.codes.tolist(), strict=True))
    return found


def of_times(times: list[int], code: int = 1) -> Counter[tuple[int, int]]:
    return Counter((time, code) for time in times)


def test_full_tail_becomes_a_segment_sorted_by_cell() -> None:
    ledger = Ledger(TINY, build, column_of, in_background=False)
    ledger.append(rows_at([3, 1, 2, 4]))
    assert len(ledger.tail()) == 0
    (segment,) = ledger.segments()
    assert segment.rows.cells.tolist() == [1, 2, 3, 4]
    assert (segment.first, segment.last) == (1, 4)


def test_full_segment_is_followed_by_a_newer_one() -> None:
    ledger = Ledger(TINY, build, column_of, in_background=False)
    for start in range(0, 24, 4):
        ledger.append(rows_at(list(range(start, start + 4))))
    bounds = sorted((segment.first, segment.last) for segment in ledger.segments())
    assert bounds == [(0, 11), (12, 23)]


def test_few_late_rows_wait_together_and_many_go_where_they_belong() -> None:
    ledger = Ledger(TINY, build, column_of, in_background=False)
    ledger.append(rows_at(list(range(0, 240, 10))))
    ledger.append(rows_at([5, 15, 300, 301]))
    assert sorted(len(segment.rows) for segment in ledger.segments()) == [2, 2, 12, 12]
    ledger.append(rows_at([25, 35, 302, 303]))
    assert sorted((segment.first, segment.last) for segment in ledger.segments()) == [
        (0, 110), (120, 230), (300, 303),
    ]  # fmt: skip
    assert held(ledger) == of_times([*range(0, 240, 10), 5, 15, 25, 35, 300, 301, 302, 303])


def test_old_segment_that_late_rows_have_made_too_large_is_split() -> None:
    ledger = Ledger(TINY, build, column_of, in_background=False)
    ledger.append(rows_at(list(range(0, 240, 10))))
    late = [1 + n for n in range(9)]
    ledger.append(rows_at(late))
    sizes = sorted(len(segment.rows) for segment in ledger.segments())
    assert sizes == [9, 12, 12]
    assert held(ledger) == of_times([*range(0, 240, 10), *late])


def test_codes_that_change_during_a_merge_are_carried_over() -> None:
    failing = FailingBuild()
    ledger = Ledger(TINY, failing, column_of, in_background=True)
    ledger.append(rows_at([0, 1, 2, 3]))
    ledger.settle()
    failing.may_go_on.clear()
    ledger.append(rows_at([4, 5, 6, 7]))
    with ledger.lock:
        for number, code in [(0, 9), (5, 8), (5, 7), (6, 200)]:
            ledger.recode(number, code)
    late_comer = ledger.append(rows_at([8])).tolist()
    failing.may_go_on.set()
    ledger.settle()
    assert late_comer == [8]
    expected = dict.fromkeys(range(9), 1) | {0: 9, 5: 7, 6: 200}
    assert held(ledger) == Counter(expected.items())
    with ledger.lock:
        for number in range(9):
            ledger.recode(number, 100 + number)
    assert held(ledger) == Counter((number, 100 + number) for number in range(9))
    (segment,) = ledger.segments()
    assert segment.histogram.sum() == len(segment.rows) == 8
    assert np.flatnonzero(segment.histogram[:, 0]).tolist() == list(range(100, 108))


@pytest.mark.parametrize("in_background", [False, True])
def test_what_stops_a_merge_is_raised_and_no_row_is_lost(*, in_background: bool) -> None:
    failing = FailingBuild()
    ledger = Ledger(TINY, failing, column_of, in_background=in_background)
    ledger.append(rows_at([0, 1, 2, 3]))
    ledger.settle()
    failing.is_failing = True
    ledger.append(rows_at([4, 5, 6, 7]))
    with pytest.raises(MemoryError, match="no room"):
        ledger.settle()
    assert held(ledger) == of_times(list(range(8)))
    failing.is_failing = False
    assert ledger.append(rows_at([8])).tolist() == [8]
    ledger.settle()
    assert held(ledger) == of_times(list(range(9)))
    assert len(ledger.tail()) == 0


def test_rows_refused_by_a_failure_can_be_given_again() -> None:
    failing = FailingBuild()
    ledger = Ledger(TINY, failing, column_of, in_background=False)
    failing.is_failing = True
    ledger.append(rows_at([0, 1, 2, 3]))
    for times in ([4], list(range(4, 30))):
        with pytest.raises(MemoryError):
            ledger.append(rows_at(times))
        assert ledger.size == 4
        assert held(ledger) == of_times([0, 1, 2, 3])
    failing.is_failing = False
    assert ledger.append(rows_at(list(range(4, 30)))).tolist() == list(range(4, 30))
    assert held(ledger) == of_times(list(range(30)))


def test_rows_without_a_time_of_their_own_fill_several_segments() -> None:
    ledger = Ledger(TINY, build, column_of, in_background=False)
    ledger.append(rows_at([7] * 30))
    ledger.append(rows_at([7] * 30))
    assert held(ledger) == Counter({(7, 1): 60})
    assert sum(len(chosen(segment.rows, EVERYTHING)) for segment in ledger.segments()) == 60
    assert all(len(segment.rows) <= TINY.segment_rows for segment in ledger.segments())


@pytest.mark.parametrize(
    "sizes",
    [
        {"segment_rows": MOST_SEGMENT_ROWS + 1},
        {"segment_rows": 0},
        {"segment_rows": 10, "tail_rows": 11, "late_rows": 1},
        {"tail_rows": 0},
        {"tail_rows": MOST_SEGMENT_ROWS},
        {"segment_rows": 10, "tail_rows": 5, "late_rows": 11},
        {"late_rows": -1},
    ],
)
def test_sizes_that_positions_cannot_carry_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="holds 1 to"):
        Sizes(**sizes)
