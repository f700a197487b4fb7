"""How soon a process answers from a saved index of many incidents, and what it shares with others.

1,000,000 rows unless BENCH_ROWS says otherwise. The database itself is almost empty: what is timed
reads the snapshot and the log of changes, and would read no more of a full one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import orjson

from data.index.incidents import IncidentIndex
from data.index.live import Placed, opened, save
from data.index.rows import AREA_LEVEL, NEVER_US, Combination, IncidentRows
from data.reads import incident_log
from data.scope import BUILT_IN_OPERATOR
from data.store import open_store, upgrade
from tests.benchmarks.measure import Row, milliseconds, seconds
from tests.benchmarks.workload import CODES, DAY_S, STAGES, Workload
from tests.makers import NOW, add_incident

ROWS = 1_000_000
PORTION = 200_000
LATER = 1_000
STARTS = 5
SECOND_US = 1_000_000
GRIDS = 232
ASKING = """
import sys, time
began = time.perf_counter()
from datetime import UTC, datetime
from pathlib import Path
import orjson
from data.geo import Period, View
from data.index.live import attached
from data.reads.incidents import count_by_cell
from data.scope import BUILT_IN_OPERATOR
from data.store import open_store
imported = time.perf_counter()
url, folder = sys.argv[1:]
store = attached(open_store(url), Path(folder))
at = datetime(2026, 11, 22, tzinfo=UTC)
view = View(period=Period(datetime(2024, 2, 1, tzinfo=UTC), at), at=at)
with store.reading() as session:
    counted = count_by_cell(session, BUILT_IN_OPERATOR, view, 7)
    first = time.perf_counter()
    count_by_cell(session, BUILT_IN_OPERATOR, view, 7)
    second = time.perf_counter()
shared = private = 0
try:
    for part in Path("/proc/self/smaps").read_text().split("VmFlags"):
        if "/arrays\\n" in part:
            lines = dict(line.split()[:2] for line in part.splitlines() if "kB" in line)
            shared += int(lines["Shared_Clean:"]) + int(lines["Private_Clean:"])
            private += int(lines["Private_Dirty:"])
except OSError:
    pass
told = [imported - began, first - began, second - first, shared, private]
print(orjson.dumps(told).decode())
"""


def rows(folder: Path) -> Iterator[Row]:
    """Yield how long saving, checking and starting take."""
    total = int(os.environ.get("BENCH_ROWS", ROWS))
    url, saved = f"sqlite:///{folder / 'gezhi.db'}", folder / "index"
    store = open_store(url)
    upgrade(store)
    index = IncidentIndex.of(("1:1", AREA_LEVEL), _portions(Workload.of(total)))
    with store.reading() as session:
        position = incident_log.position(session, BUILT_IN_OPERATOR)
    took_s = seconds(lambda: save(saved, Placed(index, position)))
    yield Row(f"save the index of {total:,} incidents", took_s, "s")
    size = sum(file.stat().st_size for file in saved.rglob("*"))
    yield Row("saved index, of one incident", size / total, "B")
    yield Row("open and check the saved index", milliseconds(lambda: opened(saved), STARTS), "ms")
    yield from _starts(f"start with {total:,} incidents", url, saved)
    with store.writing("incidents", at=NOW) as session:
        for _ in range(LATER):
            add_incident(session)
    yield from _starts(f"start with {total:,} incidents and {LATER:,} later ones", url, saved)


def _starts(what: str, url: str, saved: Path) -> Iterator[Row]:
    told = [_asked(url, saved) for _ in range(STARTS)]
    imported, first, second, clean, dirty = (median(column) for column in zip(*told, strict=True))
    yield Row(f"{what}: from Python's first line to the first answer", first, "s")
    yield Row("of which importing libraries", imported, "s")
    yield Row("the second answer", 1000 * second, "ms")
    if clean + dirty:
        yield Row(
            "pages of the index shared with other processes", 100 * clean / (clean + dirty), "%"
        )


def _asked(url: str, saved: Path) -> list[float]:
    command = [sys.executable, "-c", ASKING, url, str(saved)]
    answer = subprocess.run(command, capture_output=True, check=True)
    return list(orjson.loads(answer.stdout))


def _portions(workload: Workload) -> Iterator[IncidentRows]:
    random = np.random.default_rng(2)
    known = [
        Combination(str(code // STAGES), str(code % STAGES), "minor", "x", None)
        for code in range(CODES)
    ]
    for start in range(0, len(workload), PORTION):
        part = slice(start, start + PORTION)
        found, codes = workload.cells[part], workload.codes[part]
        reported = workload.times[part] * SECOND_US
        taken = random.integers(0, 30 * DAY_S, len(found)) * SECOND_US
        is_closed = codes % STAGES == STAGES - 1
        grids = (found >> np.uint64(24)).astype(np.int64) % GRIDS
        yield IncidentRows(
            ids=np.arange(start + 1, start + 1 + len(found)) + 10 * LATER,
            cells=found,
            longitudes=random.uniform(104, 105, len(found)),
            latitudes=random.uniform(30, 31, len(found)),
            reported_us=reported,
            closed_us=np.where(is_closed, reported + taken, NEVER_US),
            due_us=reported + 7 * DAY_S * SECOND_US,
            combinations=[known[code] for code in codes.tolist()],
            grids=np.column_stack([grids, np.full(len(found), 1)]),
        )
