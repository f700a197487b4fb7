"""The questions put to DuckDB, over a table in order of time or of cells."""

from __future__ import annotations

from typing import Literal

import duckdb
import numpy as np

from tests.benchmarks.workload import Cells, Integers, Question, Workload


class DuckDBCounts:
    """A table in memory."""

    def __init__(self, workload: Workload, order: Literal["time", "cell"]) -> None:
        self.name = f"DuckDB by {order}"
        self.connection = duckdb.connect()
        rows = {
            "cell": workload.cells.astype(np.int64),
            "second": workload.times,
            "code": workload.codes,
        }
        self.connection.register("rows", rows)
        column = {"time": "second", "cell": "cell"}[order]
        self.connection.execute(
            f"CREATE TABLE row AS SELECT * FROM rows ORDER BY {column}"  # noqa: S608 - our own words
        )
        self.connection.unregister("rows")

    def count(self, question: Question) -> tuple[Cells, Integers]:
        """Return prefixes of cells in any order, and counts."""
        where = [f"second >= {question.since}", f"second < {question.until}"]
        if question.codes is not None:
            where.append(f"code IN ({', '.join(map(str, question.codes))})")
        if question.view is not None:
            self.connection.register("view", {"prefix": question.prefixes})
            where.append("cell BETWEEN {} AND {}".format(*question.bounds))
            where.append("prefix IN (FROM view)")
        answer = self.connection.execute(
            f"SELECT cell >> {question.shift} AS prefix, count(*) AS number FROM row "  # noqa: S608 - our own words
            f"WHERE {' AND '.join(where)} GROUP BY prefix"
        ).fetchnumpy()
        return answer["prefix"].astype(np.uint64), answer["number"]
