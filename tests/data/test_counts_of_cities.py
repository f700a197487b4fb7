"""The counting index on the points of real cities, against pandas with h3 and against SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import insert

from data import cells
from data.counting.merging import Sizes
from data.counts import CountIndex
from data.geo import IncidentFilter, Period, View
from data.models import Incident
from data.reads import incidents
from data.scope import BUILT_IN_OPERATOR
from data.store import Store
from tests.chicago import FILES, points_of
from tests.makers import ensure_category
from tests.plain_counts import Answer, listed

RESOLUTIONS = range(cells.COARSEST_RESOLUTION, cells.FINEST_RESOLUTION + 1)
SMALL = Sizes(segment_rows=30_000, tail_rows=5_000, late_rows=3_000)


@dataclass(frozen=True)
class Points:
    """Where and when something happened, and what kind of thing, as a number."""

    longitudes: list[float]
    latitudes: list[float]
    seconds: np.ndarray[tuple[int], np.dtype[np.int64]]
    codes: np.ndarray[tuple[int], np.dtype[np.int64]]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Points:
        """Make points of columns longitude, latitude, at and kind."""
        seconds = (frame["at"] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)
        return cls(
            frame["longitude"].tolist(),
            frame["latitude"].tolist(),
            seconds.to_numpy(np.int64),
            pd.factorize(frame["kind"], sort=True)[0].astype(np.int64),
        )

    def index(self) -> CountIndex:
        """Return an index that was filled as rows would stream in."""
        index = CountIndex(sizes=SMALL)
        base = cells.cells_at(self.longitudes, self.latitudes)
        for start in range(0, len(base), 1_999):
            part = slice(start, start + 1_999)
            index.append(base[part], self.seconds[part], self.codes[part])
        index.settle()
        return index

    def base_cells(self) -> pd.Series[int]:
        """Return the cell of each point by H3 itself."""
        pairs = zip(self.latitudes, self.longitudes, strict=True)
        return pd.Series([h3.latlng_to_cell(*pair, cells.BASE_RESOLUTION) for pair in pairs])


def plainly(base: pd.Series[int], resolution: int) -> Answer:
    """Return the cells that hold points, ascending, and how many, by pandas and H3."""
    counts = base.map(lambda cell: h3.cell_to_parent(cell, resolution)).value_counts().sort_index()
    return counts.index.tolist(), counts.tolist()


@pytest.mark.parametrize(("file", "count"), FILES)
def test_chicago_is_counted_as_pandas_and_h3_count_it(
    shared_data: Path, file: str, count: int
) -> None:
    frame = points_of(shared_data / "chicago" / file)
    points = Points.of(frame)
    index, base = points.index(), points.base_cells()
    assert len(index) == len(base) == count
    everything = int(points.seconds.min()), int(points.seconds.max()) + 1
    for resolution in RESOLUTIONS:
        assert listed(*index.count(resolution, *everything)) == plainly(base, resolution)
    since, until = np.quantile(points.seconds, [0.213, 0.687], method="nearest").tolist()
    kinds = {0, int(points.codes.max())}
    inside = (points.seconds >= since) & (points.seconds < until)
    inside &= np.isin(points.codes, list(kinds))
    for resolution in (7, 9, 11):
        found = listed(*index.count(resolution, since, until, kinds))
        assert found == plainly(base[inside], resolution)
    view = h3.grid_disk(h3.latlng_to_cell(41.88, -87.63, 8), 4)
    covered = base.map(lambda cell: h3.cell_to_parent(cell, 8)).isin(view)
    found = listed(*index.count(10, since, until, kinds, np.array(view, dtype=np.uint64)))
    assert found == plainly(base[inside & covered], 10)


@pytest.fixture
def requests(shared_data: Path, sqlite_store: Store) -> tuple[Store, Points, list[str]]:
    """Put the service requests of Washington into a database; return them and their kinds."""
    frame = pd.read_csv(shared_data / "dc" / "service_requests_311.csv.gz", low_memory=False)
    named = {"LONGITUDE": "longitude", "LATITUDE": "latitude", "SERVICECODE": "kind"}
    frame = frame.rename(columns=named).assign(at=pd.to_datetime(frame["ADDDATE"], utc=True))
    frame = frame.dropna(subset=["longitude", "latitude", "at", "kind"]).reset_index(drop=True)
    kinds = sorted(frame["kind"].unique())
    base = cells.cells_at(frame["longitude"].tolist(), frame["latitude"].tolist())
    with sqlite_store.writing("incidents", at=datetime(2016, 9, 1, tzinfo=UTC)) as session:
        for kind in kinds:
            ensure_category(session, kind)
        session.execute(insert(Incident), [_incident(*row) for row in zip(
            range(len(frame)), frame["longitude"], frame["latitude"],
            frame["at"].dt.to_pydatetime(), frame["kind"], base.tolist(), strict=True,
        )])  # fmt: skip
    return sqlite_store, Points.of(frame), kinds


def _incident(
    number: int, longitude: float, latitude: float, at: datetime, kind: str, cell: int
) -> dict[str, object]:
    return {
        "incident_no": f"DC{number}", "title": kind, "category_code": kind,
        "source": "resident_app",
        "priority": "minor", "stage": "reported", "longitude": longitude, "latitude": latitude,
        "cell": cell, "source_crs": "wgs84", "reported_at": at, "updated_at": at,
        "source_system": "dc", "source_id": str(number),
    }  # fmt: skip


def test_washington_is_counted_as_sql_counts_it(
    requests: tuple[Store, Points, list[str]],
) -> None:
    store, points, kinds = requests
    index = points.index()
    assert len(index) > 34_000
    first, last = points.seconds.min(), points.seconds.max()
    middle = int(np.median(points.seconds))
    for since, until in [(first, last + 1), (middle - 86_400 * 9, middle), (middle, middle + 1)]:
        for chosen in (None, {0}, {1, 5, len(kinds) - 1}):
            period = Period(*(datetime.fromtimestamp(int(s), UTC) for s in (since, until)))
            named = tuple(kinds[code] for code in chosen or ())
            view = View(period, period.until, incidents=IncidentFilter(categories=named))
            for resolution in RESOLUTIONS:
                with store.reading() as session:
                    counted = incidents.count_by_cell(session, BUILT_IN_OPERATOR, view, resolution)
                wanted = (list(counted.cells), list(counted.counts))
                assert listed(*index.count(resolution, since, until, chosen)) == wanted
