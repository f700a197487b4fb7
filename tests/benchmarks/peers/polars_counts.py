"""The questions put to polars, over a frame in order of time or of cells."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from tests.benchmarks.workload import Cells, Integers, Question, Workload


class PolarsCounts:
    """A frame in memory, told what it is sorted by."""

    def __init__(self, workload: Workload, order: Literal["time", "cell"]) -> None:
        self.name = f"polars by {order}"
        frame = pl.DataFrame(
            {
                "cell": workload.cells.astype(np.int64),
                "second": workload.times,
                "code": workload.codes,
            }
        )
        column = {"time": "second", "cell": "cell"}[order]
        self.frame = frame.sort(column).with_columns(pl.col(column).set_sorted())

    def count(self, question: Question) -> tuple[Cells, Integers]:
        """Return prefixes of cells in any order, and counts."""
        prefix = pl.col("cell") // (1 << question.shift)
        rows = self.frame.lazy()
        if question.view is not None:
            rows = rows.filter(pl.col("cell").is_between(*question.bounds))
        rows = rows.filter(pl.col("second").is_between(question.since, question.until - 1))
        if question.codes is not None:
            rows = rows.filter(pl.col("code").is_in(pl.Series(question.codes, dtype=pl.UInt8)))
        counted = rows.group_by(prefix.alias("prefix")).agg(pl.len().alias("number"))
        if question.view is not None:
            view = pl.LazyFrame({"prefix": question.prefixes})
            counted = counted.join(view, on="prefix", how="semi")
        answer = counted.collect()
        return answer["prefix"].to_numpy().astype(np.uint64), answer["number"].to_numpy()
