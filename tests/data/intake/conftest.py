from __future__ import annotations

from pathlib import Path

import pytest

from data import catalogue
from data.store import Store
from tests.data.intake.importing import Importer
from tests.makers import NOW


def _importer(store: Store, folder: Path) -> Importer:
    with store.writing(at=NOW) as session:
        catalogue.load(session)
    return Importer(store, folder)


@pytest.fixture
def importer(sqlite_store: Store, tmp_path: Path) -> Importer:
    """Return a way to import files into an empty SQLite database with the shipped catalogue."""
    return _importer(sqlite_store, tmp_path)


@pytest.fixture
def either_importer(store: Store, tmp_path: Path) -> Importer:
    """Return the same once for SQLite and once for PostgreSQL."""
    return _importer(store, tmp_path)
