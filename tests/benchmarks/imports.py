"""How long the importer takes over a real file, against pandas that only reads it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tests.benchmarks.measure import Row, seconds
from tests.running_server import ROOT, run_data

DC = ROOT.parent / "shared" / "data" / "dc"
MAPPINGS = ROOT / "tests" / "mappings"


def rows(folder: Path) -> Iterator[Row]:
    """Yield the import of a city's service requests, the first time and again."""
    requests = DC / "service_requests_311.csv.gz"
    if not requests.exists():
        sys.stderr.write(f"imports: left out, there is no {requests}\n")
        return
    url = f"sqlite:///{folder / 'gezhi.db'}"

    def bring_in() -> None:
        done = run_data(
            url, "import", "incidents", requests, "--mapping", MAPPINGS / "dc_311.toml",
            "--rejects", folder / "rejects.csv",
        )  # fmt: skip
        if done.returncode not in {0, 3}:
            raise SystemExit(f"the import failed: {done.stderr}")

    read_only = seconds(lambda: pd.read_csv(requests, dtype=str))
    yield Row("import 34,420 requests, against reading the file", seconds(bring_in), "s", read_only)
    yield Row("import the same file again", seconds(bring_in), "s", read_only)
