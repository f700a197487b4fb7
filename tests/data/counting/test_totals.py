"""Running totals of the counting index follow the segments, whichever are replaced."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.counting.rows import Rows
from data.counting.runs import Runs
from data.counting.segments import Question, Segment
from data.counting.totals import RunningTotals

WIDTH = 4
moments = st.integers(0, 9)


def segment_of(times: list[int]) -> Segment:
    """Return a segment whose rows lie in columns by their times."""
    columns = np.sort(np.array(times, dtype=np.int64) % WIDTH)
    last = np.flatnonzero(np.append(columns[1:] != columns[:-1], True))
    coarse = Runs((last + 1).astype(np.uint32), columns[last].astype(np.uint32))
    rows = Rows(
        columns.astype(np.uint64),
        np.array(sorted(times, key=lambda time: time % WIDTH), dtype=np.int32),
        np.zeros(len(times), dtype=np.uint8),
        np.zeros(len(times), dtype=np.uint16),
    )
    return Segment.of(rows, coarse, coarse, WIDTH, 1)


@given(
    pool=st.lists(st.lists(moments, min_size=1, max_size=4), min_size=1, max_size=6),
    steps=st.lists(
        st.tuples(st.sets(st.integers(0, 5)), moments, moments, st.integers(0, 5)), max_size=8
    ),
)
def test_sums_are_those_of_the_segments_inside_without_removed_rows(
    pool: list[list[int]], steps: list[tuple[set[int], int, int, int]]
) -> None:
    segments = [segment_of(times) for times in pool]
    left = [sorted(times, key=lambda time: time % WIDTH) for times in pool]
    totals = RunningTotals()
    for chosen, since, until, thinned in steps:
        if thinned < len(pool) and left[thinned]:
            position = segments[thinned].gone
            segments[thinned].remove(position, left[thinned].pop(0) % WIDTH)
        held = [number for number in sorted(chosen) if number < len(pool)]
        sums = np.zeros(WIDTH, dtype=np.int64)
        question = Question(since, until, None, None)
        totals.add_inside(sums, [segments[number] for number in held], question)
        inside = [
            time
            for number in held
            if since <= min(pool[number]) and max(pool[number]) < until
            for time in left[number]
        ]
        columns = np.array(inside, dtype=np.int64) % WIDTH
        assert sums.tolist() == np.bincount(columns, minlength=WIDTH).tolist()
