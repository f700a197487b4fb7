"""How long until the page answers: with an empty folder, and every time after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import Row, seconds
from tests.running_server import demo_town, run_data, running_server


def _seconds_until_ready(url: str) -> float:
    begin = time.perf_counter()
    with running_server(url):
        return time.perf_counter() - begin


def rows(folder: Path) -> Iterator[Row]:
    """Yield the start-up times; the peer is the command that does nothing."""
    url = f"sqlite:///{folder / 'gezhi.db'}"
    run_data(url, "--help")  # so that no figure pays for reading the libraries from the disk
    nothing = seconds(lambda: run_data(url, "--help"))
    yield Row("make the demonstration town", seconds(lambda: demo_town(url)), "s", nothing)
    again = seconds(lambda: demo_town(url, "--if-empty"))
    yield Row("find the demonstration town made already", again, "s", nothing)
    yield Row("start the server until the page answers", _seconds_until_ready(url), "s", nothing)
