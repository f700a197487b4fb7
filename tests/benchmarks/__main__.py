"""The table of `make bench`: what was measured here, now, and each figure against its peer.

Figures of one machine say little about another; the ratios say more. Nothing fails for being slow.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import (
    cells,
    counts,
    hotspots,
    imports,
    index_alone,
    layers,
    opening,
    points,
    start,
)
from tests.benchmarks.measure import Row

BENCHMARKS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "start": start.rows,
    "layers": layers.rows,
    "cells": cells.rows,
    "points": points.rows,
    "hotspots": hotspots.rows,
    "imports": imports.rows,
    "counts": counts.rows,
    "growth": index_alone.rows,
    "opening": opening.rows,
}


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks, or all."""
    unknown = set(chosen) - set(BENCHMARKS)
    if unknown:
        sys.stderr.write(f"Error: no benchmark {unknown}; there are {', '.join(BENCHMARKS)}.\n")
        return 2
    sys.stdout.write(
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}\n\n"
        f"| what | this | peer | ratio |\n|---|---:|---:|---:|\n"
    )
    for name in chosen or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="gezhi-bench-") as folder:
            for row in BENCHMARKS[name](Path(folder)):
                sys.stdout.write(f"{row}\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
