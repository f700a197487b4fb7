"""The counting index beside the engines that people would use instead, by the same seven questions.

1,000,000 rows unless BENCH_ROWS says otherwise. Alone, with a table of all engines:
`python -m tests.benchmarks.counts --rows 10000000` (several minutes, 8 GB).
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean, median
from typing import Protocol

import numpy as np

from data import cells
from data.counts import CountIndex
from tests.benchmarks.measure import Row, seconds
from tests.benchmarks.peers.duckdb_counts import DuckDBCounts
from tests.benchmarks.peers.pandas_counts import PandasCounts
from tests.benchmarks.peers.polars_counts import PolarsCounts
from tests.benchmarks.peers.sqlite_counts import SQLiteCounts
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

ROWS = 1_000_000
PATIENCE_S = 2.0
"""An engine answers a question again until this much time has gone, or MOST_RUNS times."""
MOST_RUNS = 15
APPENDS, BATCH, CHANGES = 300, 1_000, 3_000
BANDWIDTH_WORDS = 64_000_000
SCAN = Question("scan, all time, r9", 9, START_S - 1, END_S + 1)


class Engine(Protocol):
    """What answers a question with prefixes of cells in any order, and counts."""

    name: str

    def count(self, question: Question) -> tuple[Cells, Integers]: ...


class Own:
    """The counting index."""

    name = "CountIndex"

    def __init__(self, workload: Workload) -> None:
        self.index = CountIndex()
        self.index.append(workload.cells, workload.times, workload.codes.astype(np.int64))

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


def peers(workload: Workload, folder: Path) -> Iterator[Engine]:
    """Yield each peer when it is its turn, so that they do not fill the memory together."""
    yield DuckDBCounts(workload, "time")
    yield DuckDBCounts(workload, "cell")
    yield PolarsCounts(workload, "time")
    yield PolarsCounts(workload, "cell")
    yield SQLiteCounts(workload, folder)
    yield PandasCounts(workload)


def measured(
    own: Own, workload: Workload, asked: Sequence[Question], folder: Path
) -> dict[str, list[float]]:
    """Return milliseconds by engine and question; stop where an answer differs.

    The index is measured anew beside each peer, because a shared machine is not always as fast.
    """
    answers = [own.count(question) for question in asked]
    table: dict[str, list[float]] = {own.name: []}
    beside = []
    for peer in peers(workload, folder):
        for question, answer in zip(asked, answers, strict=True):
            check(peer, question, answer)
        table[peer.name] = [typical_ms(lambda q=q, peer=peer: peer.count(q)) for q in asked]
        beside.append([typical_ms(lambda q=q: own.count(q)) for q in asked])
        sys.stderr.write(f"counts: {peer.name} measured, its answers are equal\n")
        del peer
        gc.collect()
    table[own.name] = [median(times) for times in zip(*beside, strict=True)]
    return table


def check(peer: Engine, question: Question, answer: tuple[Cells, Integers]) -> None:
    """Compare a peer's answer with ours, cell by cell."""
    prefixes, counts = peer.count(question)
    order = np.argsort(prefixes)
    found = cells.from_prefixes(prefixes[order].astype(np.uint64), question.resolution)
    if not (np.array_equal(found, answer[0]) and np.array_equal(counts[order], answer[1])):
        raise SystemExit(f"{peer.name} and the index differ on {question.name}")


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
    yield Row("append 1,000 rows, middle", 1e3 * median(appends), "ms")
    yield Row("append 1,000 rows, longest", 1e3 * max(appends), "ms")
    yield Row("change one row, middle", 1e6 * median(changes), "us")
    yield Row("change one row, longest", 1e6 * max(changes), "us")


def memory(own: Own) -> Iterator[Row]:
    """Yield how large the index is."""
    rows, histograms = own.index.nbytes()
    yield Row("memory of one row", rows / len(own.index), "B")
    yield Row("memory of the histograms", histograms / 1e6, "MB")


def bandwidth(own: Own, workload: Workload, asked: Sequence[Question]) -> Iterator[Row]:
    """Yield the bytes that questions must read, a second, beside reading memory without work."""
    words = np.ones(BANDWIDTH_WORDS)
    reading = words.nbytes / (typical_ms(words.max) / 1e3) / 1e9
    stress = asked[STRESS]
    inside = np.count_nonzero((workload.times >= stress.since) & (workload.times < stress.until))
    share = len(stress.codes or ()) / CODES
    needed = {stress: inside * (1 + 8 * share), SCAN: 8 * len(workload)}
    yield Row("reading memory, one processor", reading, "GB/s")
    for question, size in needed.items():
        taken = typical_ms(lambda q=question: own.count(q)) / 1e3
        yield Row(f"{question.name}: bytes that must be read", size / taken / 1e9, "GB/s", reading)


def growth(own: Own, workload: Workload, asked: Sequence[Question]) -> Iterator[Row]:
    """Yield each question over all rows against a tenth of the rows."""
    tenth = Own(Workload(workload.cells[::10], workload.times[::10], workload.codes[::10]))
    for question in asked:
        large = typical_ms(lambda q=question: own.count(q))
        small = typical_ms(lambda q=question: tenth.count(q))
        yield Row(f"{question.name[:2]}, against a tenth of the rows", large, "ms", small)


def best_peers(table: dict[str, list[float]]) -> list[float]:
    """Return the least milliseconds of all peers by question."""
    others = [times for name, times in table.items() if name != Own.name]
    return [min(times) for times in zip(*others, strict=True)]


def _without_stress(values: Sequence[float]) -> list[float]:
    return [value for position, value in enumerate(values) if position != STRESS]


def compared(table: dict[str, list[float]], asked: Sequence[Question]) -> Iterator[Row]:
    """Yield each question beside the best peer, and all but the stress one together."""
    own, best = table[Own.name], best_peers(table)
    for question, ours, theirs in zip(asked, own, best, strict=True):
        yield Row(f"{question.name}, against the best peer", ours, "ms", theirs)
    ours, theirs = (geometric_mean(_without_stress(times)) for times in (own, best))
    yield Row("geometric mean without the stress, against the best peer", ours, "ms", theirs)


def matrix(table: dict[str, list[float]], asked: Sequence[Question]) -> Iterator[str]:
    """Yield a table of all engines: milliseconds, and how many times as long as the index."""
    yield f"| engine | {' | '.join(question.name for question in asked)} |"
    yield f"|---|{'---:|' * len(asked)}"
    for name, times in table.items():
        pairs = zip(times, table[Own.name], strict=True)
        written = [f"{ms:,.3g} ms" + _times_as_long(ms, own) for ms, own in pairs]
        yield f"| {name} | {' | '.join(written)} |"


def _times_as_long(ms: float, own: float) -> str:
    return "" if ms is own else f" ({ms / own:,.3g} ×)"


@dataclass(frozen=True)
class Run:
    """The index, filled, and what it and its peers took."""

    own: Own
    workload: Workload
    built_s: float
    table: dict[str, list[float]]
    asked: Sequence[Question]

    @classmethod
    def of(cls, count: int, folder: Path) -> Run:
        """Draw the rows, build the index and put the questions to all."""
        workload, asked, built = Workload.of(count), questions(), []
        took = seconds(lambda: built.append(Own(workload)))
        return cls(built[0], workload, took, measured(built[0], workload, asked, folder), asked)

    def rows(self) -> Iterator[Row]:
        """Yield the questions beside the best peer, then what the index costs."""
        yield Row(f"build the index of {len(self.workload):,} rows", self.built_s, "s")
        yield from compared(self.table, self.asked)
        yield from memory(self.own)
        yield from bandwidth(self.own, self.workload, self.asked)
        yield from growth(self.own, self.workload, self.asked)
        yield from streaming(self.own, self.workload)


def rows(folder: Path) -> Iterator[Row]:
    """Yield the questions beside the best peer, then what the index costs."""
    yield from Run.of(int(os.environ.get("BENCH_ROWS", ROWS)), folder).rows()


def main(arguments: Sequence[str]) -> None:
    """Print every engine, then the rest."""
    parser = argparse.ArgumentParser(description="Measure the counting index beside its peers.")
    parser.add_argument("--rows", type=int, default=ROWS)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="gezhi-bench-") as folder:
        run = Run.of(chosen.rows, Path(folder))
        for line in [*matrix(run.table, run.asked), "", "| what | this | peer | ratio |"]:
            sys.stdout.write(f"{line}\n")
        sys.stdout.write("|---|---:|---:|---:|\n")
        for row in run.rows():
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
