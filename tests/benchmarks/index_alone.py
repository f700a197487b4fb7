"""What the counting index takes by itself: memory, bandwidth, growth, rows that come and change."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from data import cells
from data.counting.merging import MOST_SEGMENT_ROWS
from data.counting.segments import FINE_RESOLUTION
from data.counts import CountIndex
from tests.benchmarks.measure import Row, seconds
from tests.benchmarks.workload import (
    CODES,
    END_S,
    START_S,
    STRESS,
    Cells,
    Integers,
    Question,
    Workload,
    questions,
)

PATIENCE_S = 2.0
"""An engine answers a question again until this much time has gone, or MOST_RUNS times."""
MOST_RUNS = 15
APPENDS, BATCH, CHANGES = 300, 1_000, 3_000
BANDWIDTH_WORDS = 64_000_000
RUN_BYTES = 8
BYTES_A_ROW_WHILE_BUILDING = 250
GROWTH = (1_000_000, 10_000_000, 50_000_000)
SCAN = Question("all cells, all time, r9", 9, START_S - 1, END_S + 1)


class Own:
    """The counting index, filled in one go."""

    name = "CountIndex"

    def __init__(self, workload: Workload) -> None:
        self.index = CountIndex()
        self.built_s = seconds(lambda: self._append(workload))

    def _append(self, workload: Workload) -> None:
        self.index.append(workload.cells, workload.times, workload.codes.astype(np.int64))
        self.index.settle()

    def count(self, question: Question) -> tuple[Cells, Integers]:
        """Return cells ascending, and counts."""
        return self.index.count(
            question.resolution, question.since, question.until, question.codes, question.cover
        )


def typical_ms(work: Callable[[], object]) -> float:
    """Return the middle of the runs that patience allows, after one to warm up."""
    first = seconds(work)
    if first > PATIENCE_S:
        return 1000 * first
    runs = [seconds(work)]
    while len(runs) < MOST_RUNS and sum(runs) < PATIENCE_S:
        runs.append(seconds(work))
    return 1000 * median(runs)


def memory(own: Own) -> Iterator[Row]:
    """Yield how large the index is."""
    rows, histograms = own.index.nbytes()
    yield Row("memory of one row (at most 20)", rows / len(own.index), "B")
    yield Row("memory of histograms, runs and totals", histograms / 1e6, "MB")


def bandwidth(own: Own, workload: Workload, asked: Sequence[Question]) -> Iterator[Row]:
    """Yield the bytes a second of the two questions that read most, beside plain reading."""
    words = np.ones(BANDWIDTH_WORDS)
    reading = words.nbytes / (typical_ms(words.max) / 1e3) / 1e9
    yield Row("reading memory, one processor", reading, "GB/s")
    for question in (asked[STRESS], SCAN):
        taken_s = typical_ms(lambda q=question: own.count(q)) / 1e3
        size = bytes_read(workload, question)
        yield Row(f"{question.name}, bytes read", size / taken_s / 1e9, "GB/s", reading)


def bytes_read(workload: Workload, question: Question) -> int:
    """Return the bytes of codes, times and runs that the index reads for a whole extent at r9.

    Its segments are stretches of the rows in order of time, if these have come in one go.
    """
    shift = np.uint64(cells.digit_shift(FINE_RESOLUTION))
    size = 0
    for start in range(0, len(workload), MOST_SEGMENT_ROWS):
        times = workload.times[start : start + MOST_SEGMENT_ROWS]
        since, until = int(times[0]), int(times[-1])
        if until < question.since or since >= question.until:
            continue
        is_inside = question.since <= since and until < question.until
        prefixes = workload.cells[start : start + MOST_SEGMENT_ROWS] >> shift
        size += RUN_BYTES * len(np.unique(prefixes))
        size += len(times) * ((question.codes is not None) + (0 if is_inside else 4))
    return size


def rows(folder: Path) -> Iterator[Row]:
    """Yield each question over more and more rows, against the fewest, as far as memory goes."""
    _ = folder
    memory_b = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    sizes = [size for size in GROWTH if size * BYTES_A_ROW_WHILE_BUILDING < memory_b]
    workload, first = Workload.of(sizes[-1]), dict[str, float]()
    for size in sizes:
        own = Own(workload.thinned(sizes[-1] // size))
        for question in questions():
            took = typical_ms(lambda q=question, own=own: own.count(q))
            against = first.setdefault(question.name, took)
            yield Row(
                f"{question.name[:2]} over {size:,} rows, against {sizes[0]:,}", took, "ms", against
            )
        yield from (replace(row, what=f"{size:,} rows: {row.what}") for row in memory(own))


def streaming(own: Own, workload: Workload) -> Iterator[Row]:
    """Yield what rows that come and change cost; the index is not the same afterwards."""
    random = np.random.default_rng(1)
    appends, changes = [], []
    for number in range(APPENDS):
        part = random.integers(0, len(workload), BATCH)
        times, codes = np.full(BATCH, END_S + number), random.integers(0, CODES, BATCH)
        found = workload.cells[part]
        appends.append(seconds(lambda c=found, t=times, k=codes: own.index.append(c, t, k)))
    for number in random.integers(0, len(own.index), CHANGES):
        row, code = np.array([number]), random.integers(0, CODES, 1)
        changes.append(seconds(lambda r=row, k=code: own.index.update(r, k)))
    own.index.settle()
    yield Row("append 1,000 rows, middle (under 2)", 1e3 * median(appends), "ms")
    yield Row("append 1,000 rows, longest", 1e3 * max(appends), "ms")
    yield Row("change one row, middle (under 100)", 1e6 * median(changes), "us")
    yield Row("change one row, longest", 1e6 * max(changes), "us")
