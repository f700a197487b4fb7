"""Two years of the crimes of Chicago: the index says what the database says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data import cells
from data.demo.bulk import insert_columns, moments, set_time_zone
from data.geo import BBox, IncidentFilter, Period, View
from data.index.live import attached
from data.models import Model
from data.reads import incidents
from data.scope import BUILT_IN_OPERATOR
from data.store import Store, open_store, upgrade
from tests.both_ways import Question, compare
from tests.chicago import FILES, points_of
from tests.makers import NOW, ensure_category

LOOP = BBox(-87.64, 41.87, -87.62, 41.89)
EVERYTHING = View(
    Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)), at=NOW
)
WINTER = replace(
    EVERYTHING,
    period=Period(datetime(2017, 8, 3, 7, 1, 2, tzinfo=UTC), datetime(2018, 3, 1, tzinfo=UTC)),
)


@pytest.fixture(scope="module")
def chicago(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Store]:
    """Return a database with both files and a patient index."""
    folder = tmp_path_factory.mktemp("chicago")
    store = open_store(f"sqlite:///{folder / 'chicago.db'}")
    upgrade(store)
    frames = []
    for file, count in FILES:
        frames.append(points_of(shared_data / "chicago" / file))
        assert len(frames[-1]) == count
    bring_in(store, pd.concat(frames, ignore_index=True))
    yield attached(store, folder / "index", is_patient=True)
    store.engine.dispose()


def bring_in(store: Store, frame: pd.DataFrame) -> None:
    seconds = (frame["at"] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)
    at = moments(seconds.to_numpy(np.int64), missing=-1)
    places = frame["longitude"].tolist(), frame["latitude"].tolist()
    numbers = [str(number) for number in range(len(frame))]
    given = {
        "incident_no": numbers, "title": frame["kind"].tolist(),
        "category_code": frame["kind"].tolist(),
        "longitude": places[0], "latitude": places[1], "cell": cells.cells_at(*places).tolist(),
        "reported_at": at, "updated_at": at, "source_id": numbers,
    }  # fmt: skip
    always = {
        "source": "resident_app", "priority": "minor", "stage": "reported", "source_crs": "wgs84",
        "rework_count": 0, "return_count": 0, "transfer_count": 0, "source_system": "chicago",
    }  # fmt: skip
    with store.writing("incidents", at=NOW) as session:
        for kind in sorted(frame["kind"].unique()):
            ensure_category(session, kind)
        set_time_zone(session.connection())
        columns = given | {name: [value] * len(frame) for name, value in always.items()}
        insert_columns(session.connection(), Model.metadata.tables["incident"], columns)


@pytest.mark.parametrize(
    "resolution", range(cells.COARSEST_RESOLUTION, cells.FINEST_RESOLUTION + 1)
)
def test_cells_are_counted_as_sql_counts_them(chicago: Store, resolution: int) -> None:
    kinds = ((), ("THEFT", "crime"))
    views = [EVERYTHING] if resolution in {5, 9, 12} else []
    for view, categories in product((*views, WINTER), kinds):
        chosen = replace(view, incidents=IncidentFilter(categories=categories))
        compare(
            chicago, Question(BUILT_IN_OPERATOR, chosen, resolution), ["incidents.count_by_cell"]
        )


@pytest.mark.parametrize("bbox", [LOOP, None], ids=["loop", "whole"])
def test_every_read_is_that_of_the_database(chicago: Store, bbox: BBox | None) -> None:
    narrow = replace(WINTER, period=Period(datetime(2018, 2, 9, tzinfo=UTC), WINTER.period.until))
    compare(chicago, Question(BUILT_IN_OPERATOR, replace(narrow, bbox=bbox), 8))
    compare(chicago, Question(BUILT_IN_OPERATOR, replace(WINTER, bbox=LOOP), 10))


def test_all_of_chicago_is_in_it(chicago: Store) -> None:
    assert chicago.index is not None
    with chicago.reading() as session, chicago.index.lent(session) as index:
        assert index is not None
        assert len(index) == sum(count for _, count in FILES)
        assert incidents.located(session, BUILT_IN_OPERATOR, WINTER) > 30_000
