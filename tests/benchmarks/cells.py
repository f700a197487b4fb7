"""How fast and how small 20,000 cells travel, against GeoJSON polygons and hexadecimal strings.

`python -m tests.benchmarks.cells` prints the table.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import geopandas as gpd
import h3.api.basic_int as h3
import numpy as np
import orjson

from dashboard import text
from dashboard.api import wire
from data import cells
from data.cells import Cells
from data.reads.incidents import CELLS_LIMIT
from layers import legends
from layers.contract import CellTable, Picture, Words
from layers.palettes import HEAT
from tests.benchmarks.measure import Row, milliseconds
from tests.plain_cell_table import rows_of

RESOLUTION = 9
PLACE = (112.0, 30.57)
DISC_RINGS = 82
"""The smallest disc that holds as many cells as an answer may."""
SCATTERED_RINGS = 258
"""Of ten times as many cells, one in ten is occupied."""
RUNS_OF_PEERS = 3
GZIP_LEVEL = 6


def rows(folder: Path) -> Iterator[Row]:
    """Yield time and size of one full answer, its cells close together and then scattered."""
    _ = folder
    random = np.random.default_rng(1)
    close = _disc(DISC_RINGS)[:CELLS_LIMIT]
    scattered = np.sort(random.choice(_disc(SCATTERED_RINGS), CELLS_LIMIT, replace=False))
    counts = np.ceil(random.lognormal(1.0, 1.0, CELLS_LIMIT)).astype(int).tolist()
    for how, chosen in (("in a disc", close), ("scattered", scattered)):
        yield from _of_one_answer(f"{CELLS_LIMIT:,} cells {how}", _picture(chosen, counts))


def _disc(rings: int) -> Cells:
    middle = h3.latlng_to_cell(PLACE[1], PLACE[0], RESOLUTION)
    return np.unique(np.array(h3.grid_disk(middle, rings), dtype=np.uint64))


def _picture(chosen: Cells, counts: list[int]) -> Picture:
    """Return what the layer would answer."""
    title, unit = Words("legend.incident_cells"), Words("unit.incidents_a_cell")
    legend = legends.counted(title, unit, HEAT, counts)
    held = np.array(counts, dtype=np.int64)
    return Picture(
        legend=legend,
        shown=sum(counts),
        total=sum(counts),
        cells=CellTable(RESOLUTION, chosen, held, legend.classes_of(held)),
    )


def _of_one_answer(what: str, picture: Picture) -> Iterator[Row]:
    words = text.catalogue("zh-Hans")
    if picture.cells is None:
        raise SystemExit(f"{what} hold no cells")
    held = [column.tolist() for column in (picture.cells.cells, picture.cells.counts)]

    def written(form: wire.CellForm) -> bytes:
        return orjson.dumps(wire.picture(picture, words, "light", form))

    def as_polygons() -> bytes:
        outlines = [cells.polygon(cell) for cell in held[0]]
        return gpd.GeoDataFrame({"count": held[1]}, geometry=outlines).to_json().encode()

    table = orjson.loads(written("table"))["cell_table"]
    if [list(column) for column in zip(*rows_of(table, RESOLUTION), strict=True)][:2] != held:
        raise SystemExit(f"{what} are not read back as they were written")
    ours, our_size = milliseconds(partial(written, "table")), _gzipped(written("table"))
    for peer, work in (
        ("geopandas.to_json", as_polygons),
        ("format=json", partial(written, "json")),
    ):
        yield Row(f"{what}, encoded, against {peer}", ours, "ms", milliseconds(work, RUNS_OF_PEERS))
        yield Row(f"{what}, size with gzip, against {peer}", our_size, "KB", _gzipped(work()))


def _gzipped(document: bytes) -> float:
    return len(gzip.compress(document, GZIP_LEVEL)) / 1024


if __name__ == "__main__":
    for row in rows(Path()):
        sys.stdout.write(f"{row}\n")
