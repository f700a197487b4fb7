"""The questions answered as most notebooks do: a filter, a loop over h3, a count of values."""

from __future__ import annotations

import h3.api.basic_int as h3
import numpy as np
import pandas as pd

from tests.benchmarks.workload import Cells, Integers, Question, Workload


class PandasCounts:
    """A frame in memory."""

    name = "pandas + h3-py"

    def __init__(self, workload: Workload) -> None:
        self.frame = pd.DataFrame(
            {"cell": workload.cells, "second": workload.times, "code": workload.codes}
        )

    def count(self, question: Question) -> tuple[Cells, Integers]:
        """Return prefixes of cells in any order, and counts."""
        rows = self.frame
        keep = (rows["second"] >= question.since) & (rows["second"] < question.until)
        if question.codes is not None:
            keep &= rows["code"].isin(question.codes)
        found = rows.loc[keep, "cell"].tolist()
        resolution = question.resolution
        parents = pd.Series([h3.cell_to_parent(cell, resolution) for cell in found], dtype="uint64")
        if question.view is not None:
            parents = parents[parents.isin(question.view)]
        counts = parents.value_counts(sort=False)
        base = counts.index.to_numpy().astype(np.uint64) | np.uint64(15 << 52)
        return base >> np.uint64(question.shift), counts.to_numpy()
