"""The questions put to SQLite, with an index that covers them by time and one by cell."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from tests.benchmarks.workload import Cells, Integers, Question, Workload

CHUNK = 500_000


class SQLiteCounts:
    """A file with two covering indexes; each question names the better one."""

    name = "SQLite"

    def __init__(self, workload: Workload, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "rows.db")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.execute("PRAGMA cache_size = -1000000")
        self.connection.execute("CREATE TABLE row (cell INTEGER, second INTEGER, code INTEGER)")
        for start in range(0, len(workload), CHUNK):
            part = slice(start, start + CHUNK)
            columns = (workload.cells[part], workload.times[part], workload.codes[part])
            rows = zip(*(column.tolist() for column in columns), strict=True)
            self.connection.executemany("INSERT INTO row VALUES (?, ?, ?)", rows)
        self.connection.execute("CREATE INDEX by_cell ON row (cell, second, code)")
        self.connection.execute("CREATE INDEX by_time ON row (second, cell, code)")
        self.connection.execute("CREATE TEMP TABLE view (first INTEGER, last INTEGER)")
        self.connection.commit()

    def count(self, question: Question) -> tuple[Cells, Integers]:
        """Return prefixes of cells in any order, and counts."""
        where = [f"second >= {question.since}", f"second < {question.until}"]
        if question.codes is not None:
            where.append(f"code IN ({', '.join(map(str, question.codes))})")
        rows = "row INDEXED BY by_time"
        if question.view is not None:
            self.connection.execute("DELETE FROM view")
            self.connection.executemany("INSERT INTO view VALUES (?, ?)", question.ranges)
            rows = "view CROSS JOIN row INDEXED BY by_cell"
            where.append("cell BETWEEN first AND last")
        answer = self.connection.execute(
            f"SELECT cell >> {question.shift} AS prefix, count(*) FROM {rows} "  # noqa: S608 - our own words
            f"WHERE {' AND '.join(where)} GROUP BY prefix"
        ).fetchall()
        table = np.array(answer, dtype=np.int64).reshape(len(answer), 2)
        return table[:, 0].astype(np.uint64), table[:, 1]
