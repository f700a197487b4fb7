"""The counting index while one thread writes, others ask, and a third merges."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from data import cells
from data.counting.merging import Sizes
from data.counts import CountIndex
from tests.plain_counts import Answer, PlainCounts, Pool, listed

START = 1_700_000_000
ROWS = 40_000
BATCH = 250
MOST_ANSWERS = 40
"""Answers that each reader keeps to be checked."""
SMALL = Sizes(segment_rows=4_000, tail_rows=700, late_rows=500)
ALWAYS = (START - 1_000_000, START + 1_000_000)


def _rows() -> PlainCounts:
    random = np.random.default_rng(7)
    pool = Pool(_cells(random))
    times = np.sort(random.integers(START, START + 500_000, ROWS))
    late = random.random(ROWS) < 0.05
    times[late] = random.integers(START, START + 500_000, int(late.sum()))
    plain = PlainCounts(pool, 1)
    grids = random.integers(-1, 9, (ROWS, 1))
    plain.append(random.integers(0, len(pool.cells), ROWS), times, np.zeros(ROWS, np.int64), grids)
    return plain


def _cells(random: np.random.Generator) -> list[int]:
    return cells.cells_at(*random.normal((112.3, 30.3), 0.05, (500, 2)).T.tolist()).tolist()


def prefix(plain: PlainCounts, rows: int) -> PlainCounts:
    """Return what had arrived when there were so many rows."""
    earlier = PlainCounts(plain.pool, 1)
    earlier.append(plain.spots[:rows], plain.times[:rows], plain.codes[:rows], plain.grids[:rows])
    return earlier


@dataclass
class Reader:
    """Asks without pause and keeps some answers, with the rows before and after each."""

    index: CountIndex
    stop: threading.Event
    resolution: int
    answers: list[tuple[int, Answer, int]] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                before = len(self.index)
                answer = listed(*self.index.count(self.resolution, *ALWAYS))
                self.answers.append((before, answer, len(self.index)))
                self.index.count_by_grid("zone", START, START + 250_000, {1, 300})
        except BaseException as failure:  # noqa: BLE001 - raised again where the test sees it
            self.failures.append(failure)


def test_answers_while_rows_stream_in_are_those_of_a_moment() -> None:
    random = np.random.default_rng(8)
    plain = _rows()
    index = CountIndex(levels=("zone",), sizes=SMALL)
    stop = threading.Event()
    readers = [Reader(index, stop, resolution) for resolution in (6, 8, 10)]
    threads = [threading.Thread(target=reader.run) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        for start in range(0, ROWS, BATCH):
            part = slice(start, start + BATCH)
            index.append(
                plain.pool.cells[plain.spots[part]],
                plain.times[part], plain.codes[part], plain.grids[part],
            )  # fmt: skip
            changed, codes = random.integers(0, start + BATCH, 20), random.integers(0, 400, 20)
            index.update(changed, codes)
            plain.update(changed, codes)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [reader.failures for reader in readers] == [[]] * len(readers)
    for reader in readers:
        check(plain, reader)
    index.settle()
    for codes in (None, {0}, {3, 255, 256, 399}):
        window = (START + 100_000, START + 400_001)
        assert listed(*index.count(9, *window, codes)) == plain.count(9, *window, codes)
        assert listed(*index.count_by_grid("zone", *window, codes)) == plain.count_by_grid(
            0, *window, codes
        )


def check(plain: PlainCounts, reader: Reader) -> None:
    """Compare answers with the rows of a moment between question and answer."""
    assert reader.answers
    totals = [sum(answer[1]) for _, answer, _ in reader.answers]
    assert totals == sorted(totals)
    step = len(reader.answers) // MOST_ANSWERS + 1
    for before, answer, after in reader.answers[::step]:
        total = sum(answer[1])
        assert before <= total <= after
        assert total % BATCH == 0, "a batch is added as a whole"
        assert answer == prefix(plain, total).count(reader.resolution, *ALWAYS)
