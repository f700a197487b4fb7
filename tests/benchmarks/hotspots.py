"""How fast Gi* is found with the neighbours that it needs, against PySAL.

`python -m tests.benchmarks.hotspots` prints the table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
from esda import G_Local
from libpysal.graph import Graph

from data import hotspots
from data.cells import Cells
from data.hotspots import Universe
from tests.benchmarks.measure import Row, milliseconds

RINGS = (57, 182)
"""Discs of 9,919 and 99,919 cells."""
RUNS = 5
WEEKS = 52
LARGEST_DIFFERENCE = 1e-9


def rows(folder: Path) -> Iterator[Row]:
    """Yield one week with neighbours and many weeks without, the answers checked to be equal."""
    _ = folder
    middle = h3.latlng_to_cell(30.57, 112.0, 9)
    for rings in RINGS:
        cells = np.unique(np.array(h3.grid_disk(middle, rings), dtype=np.uint64))
        counts = np.random.default_rng(1).poisson(0.7, (len(cells), WEEKS))
        yield from _of_one_size(cells, counts)


def _of_one_size(cells: Cells, counts: npt.NDArray[np.int64]) -> Iterator[Row]:
    first, names = counts[:, :1], [h3.int_to_str(cell) for cell in cells.tolist()]

    def ours() -> npt.NDArray[np.float64]:
        return hotspots.gi_star(first, Universe.of(cells).neighbours)[:, 0]

    def theirs() -> npt.NDArray[np.float64]:
        graph = Graph.build_h3(names, weight="binary")
        return G_Local(
            first[:, 0].astype(float), graph, transform="B", permutations=0, star=True
        ).Zs

    difference = float(np.abs(ours() - theirs()).max())
    if not difference <= LARGEST_DIFFERENCE:
        raise SystemExit(f"Gi* differs from PySAL's by up to {difference}")
    what = f"Gi* of {len(cells):,} cells"
    yield Row(
        f"{what} with neighbours, against PySAL",
        milliseconds(ours, RUNS), "ms", milliseconds(theirs, RUNS),
    )  # fmt: skip
    universe = Universe.of(cells)
    yield Row(
        f"{what} x {WEEKS} weeks, neighbours known",
        milliseconds(lambda: hotspots.gi_star(counts, universe.neighbours), RUNS), "ms",
    )  # fmt: skip


if __name__ == "__main__":
    for row in rows(Path()):
        sys.stdout.write(f"{row}\n")
