"""The counting index beside the engines that people would use instead, by the same seven questions.

1,000,000 rows unless BENCH_ROWS says otherwise. Alone, with a table of all engines:
`python -m tests.benchmarks.counts --rows 10000000` (three minutes, 8 GB). The index without the
others over 1, 10 and 50 million rows: `python -m tests.benchmarks.counts --growth 50000000` (two
minutes, 7 GB). How soon a saved index answers is in `opening`.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import geometric_mean, median
from typing import Protocol

import numpy as np

from data import cells
from tests.benchmarks import index_alone
from tests.benchmarks.index_alone import Own, typical_ms
from tests.benchmarks.measure import Row
from tests.benchmarks.peers.duckdb_counts import DuckDBCounts
from tests.benchmarks.peers.pandas_counts import PandasCounts
from tests.benchmarks.peers.polars_counts import PolarsCounts
from tests.benchmarks.peers.sqlite_counts import SQLiteCounts
from tests.benchmarks.workload import STRESS, Cells, Integers, Question, Workload, questions

SIZES = (1_000_000, 10_000_000)
DUCKDB = "DuckDB"
TIMES_THE_BEST_PEER = 8
MOST_MS = 10


class Engine(Protocol):
    """What answers a question with prefixes of cells in any order, and counts."""

    name: str

    def count(self, question: Question) -> tuple[Cells, Integers]: ...


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


def least(table: dict[str, list[float]], start: str = "") -> list[float]:
    """Return the least milliseconds by question of all peers whose names begin so."""
    others = [times for name, times in table.items() if name != Own.name and name.startswith(start)]
    return [min(times) for times in zip(*others, strict=True)]


def _without_stress(values: Sequence[float]) -> list[float]:
    return [value for position, value in enumerate(values) if position != STRESS]


def compared(table: dict[str, list[float]], asked: Sequence[Question]) -> Iterator[Row]:
    """Yield each question beside DuckDB and the best peer, and all but the stress one together."""
    own, best, duckdb = table[Own.name], least(table), least(table, DUCKDB)
    for question, ours, theirs in zip(asked, own, duckdb, strict=True):
        wanted = f" (at most {1 / question.goal:.3g})" if question.goal else ""
        yield Row(f"{question.name}, against DuckDB{wanted}", ours, "ms", theirs)
    for question, ours, theirs in zip(asked, own, best, strict=True):
        yield Row(f"{question.name}, against the best peer", ours, "ms", theirs)
    ours, theirs = (geometric_mean(_without_stress(times)) for times in (own, best))
    what = "geometric mean without the stress, against the best peer"
    yield Row(f"{what} (at most {1 / TIMES_THE_BEST_PEER})", ours, "ms", theirs)
    slowest = max(_without_stress(own))
    yield Row(f"slowest question but the stress (under {MOST_MS})", slowest, "ms")


def matrix(table: dict[str, list[float]], asked: Sequence[Question]) -> Iterator[str]:
    """Yield a table of all engines: milliseconds, and how many times as long as the index."""
    yield f"| engine | {' | '.join(question.name for question in asked)} |"
    yield f"|---|{'---:|' * len(asked)}"
    for name, times in table.items():
        pairs = zip(times, table[Own.name], strict=True)
        written = [f"{ms:,.3g} ms" + _times_as_long(ms, own) for ms, own in pairs]
        yield f"| {name} | {' | '.join(written)} |"
    goals = [f"{question.goal:g} ×" if question.goal else "" for question in asked]
    yield f"| asked for, against DuckDB | {' | '.join(goals)} |"


def _times_as_long(ms: float, own: float) -> str:
    return "" if ms is own else f" ({ms / own:,.3g} ×)"


@dataclass(frozen=True)
class Run:
    """The index, filled, and what it and its peers took."""

    own: Own
    workload: Workload
    table: dict[str, list[float]]
    asked: Sequence[Question]

    @classmethod
    def of(cls, count: int, folder: Path) -> Run:
        """Draw the rows, build the index and put the questions to all."""
        workload, asked = Workload.of(count), questions()
        own = Own(workload)
        return cls(own, workload, measured(own, workload, asked, folder), asked)

    def rows(self) -> Iterator[Row]:
        """Yield the questions beside the peers, then what the index takes by itself."""
        yield from compared(self.table, self.asked)
        yield Row(f"build the index of {len(self.workload):,} rows", self.own.built_s, "s")
        yield from index_alone.memory(self.own)
        yield from index_alone.bandwidth(self.own, self.workload, self.asked)
        yield from index_alone.streaming(self.own, self.workload)


def rows(folder: Path) -> Iterator[Row]:
    """Yield, for each size, the questions beside the peers and what the index takes by itself."""
    given = os.environ.get("BENCH_ROWS")
    for size in (int(given),) if given else SIZES:
        place = folder / str(size)
        place.mkdir()
        for row in Run.of(size, place).rows():
            yield replace(row, what=f"{size:,} rows: {row.what}")


def lines(count: int) -> Iterator[str]:
    """Yield a table of every engine, then one of the rest."""
    with tempfile.TemporaryDirectory(prefix="gezhi-bench-") as folder:
        run = Run.of(count, Path(folder))
        yield from matrix(run.table, run.asked)
        yield from ("", "| what | this | peer | ratio |", "|---|---:|---:|---:|")
        yield from map(str, run.rows())


def main(arguments: Sequence[str]) -> None:
    """Print every engine and the rest."""
    parser = argparse.ArgumentParser(description="Measure the counting index beside its peers.")
    parser.add_argument("--rows", type=int, default=SIZES[-1])
    for line in lines(parser.parse_args(arguments).rows):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
