"""Databases of both kinds, each test its own, and the folder of real data."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest
from hypothesis import settings as hypothesis_settings

from data.index.live import attached
from data.store import Store, open_store, upgrade
from tests.makers import NOW
from tests.postgres_cluster import PostgresCluster, running_cluster

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "gezhi_template"

# The machine of the day may be slow or busy: laws are tested for truth, never for speed.
hypothesis_settings.register_profile("gezhi", deadline=None, print_blob=True)
hypothesis_settings.load_profile("gezhi")


pytest_plugins = ("tests.pages",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PostgreSQL or Chromium, so that `-m "not postgres"` leaves it out."""
    for item in items:
        chosen = getattr(item, "callspec", None)
        on_postgresql = chosen is not None and "postgresql" in chosen.params.values()
        if on_postgresql or {"postgres_store", "postgres_url"} & set(item.fixturenames):
            item.add_marker(pytest.mark.postgres)
        if "browser" in item.fixturenames:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def now() -> datetime:
    """Return the moment at which every test happens."""
    return NOW


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data beside the checkout, or skip where it is absent."""
    folder = Path(os.environ.get("GEZHI_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data are not in {folder}; they are never part of the repository")
    return folder


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    store = open_store(f"sqlite:///{path}")
    upgrade(store)
    store.engine.dispose()
    return path


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """Return the address of an empty database at the newest shape."""
    path = tmp_path / "gezhi.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """Open an empty SQLite database."""
    store = open_store(sqlite_url)
    yield store
    store.engine.dispose()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """Run the PostgreSQL of the tests, with one migrated database to copy from."""
    with running_cluster() as cluster:
        cluster.create(TEMPLATE)
        store = open_store(cluster.url(TEMPLATE))
        upgrade(store)
        store.engine.dispose()
        yield cluster


_databases = itertools.count(1)


@pytest.fixture
def postgres_url(postgres_cluster: PostgresCluster) -> Iterator[str]:
    """Return the address of an empty database at the newest shape."""
    name = f"gezhi_{next(_databases)}"
    postgres_cluster.create(name, template=TEMPLATE)
    yield postgres_cluster.url(name)
    postgres_cluster.drop(name)


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[Store]:
    """Open an empty PostgreSQL database with PostGIS."""
    store = open_store(postgres_url)
    yield store
    store.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database, once of each kind."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    return str(request.getfixturevalue(fixture))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """Open an empty database, once of each kind."""
    opened = open_store(database_url)
    yield opened
    opened.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql", "sqlite with index"])
def asked_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Open an empty database, once of each kind, and once with an index that reads ask first."""
    if request.param == "postgresql":
        return cast(Store, request.getfixturevalue("postgres_store"))
    opened = cast(Store, request.getfixturevalue("sqlite_store"))
    return opened if request.param == "sqlite" else attached(opened, tmp_path / "index")
