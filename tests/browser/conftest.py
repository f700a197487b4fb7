"""A demonstration town and the real server over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running_server import RunningServer, demo_town, running_server


@pytest.fixture(scope="session")
def town_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the database of the demonstration town; tests must not write into it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('town') / 'gezhi.db'}"
    demo_town(url)
    return url


@pytest.fixture(scope="session")
def server(town_url: str) -> Iterator[RunningServer]:
    """Run the server over the demonstration town."""
    with running_server(town_url) as running:
        yield running
