"""Washington DC by the command line, against the same figures computed without our code."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3.api.basic_str as h3
import pandas as pd
import pytest
import shapely
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text

from data.cells import COARSEST_RESOLUTION, FINEST_RESOLUTION
from data.geo import BBox, IncidentFilter, Period, View
from data.index.live import attached
from data.scope import BUILT_IN_OPERATOR
from data.store import open_store
from tests.both_ways import Question, compare
from tests.postgres_cluster import PostgresCluster
from tests.running_server import ROOT, run_data, running_server

MAPPINGS = ROOT / "tests" / "mappings"
AS_OF = "2016-09-15T00:00:00+00:00"
PERIOD = ("--since", "2015-09-01", "--until", "2016-09-15", "--as-of", AS_OF)
TERRITORY = (
    ("areas", "neighborhood-clusters", "dc_areas", 39),
    ("grids", "ward-2012", "dc_wards", 8),
    ("grids", "advisory-neighborhood-commission-2013", "dc_anc", 40),
    ("grids", "single-member-district-2013", "dc_smd", 296),
    ("grids", "police-districts-mpd", "dc_police_districts", 7),
    ("grids", "police-service-areas-psa", "dc_psa", 56),
    ("cameras", "cctv-street-cameras", "dc_cctv", 596),
)
LEVELS = (
    ("dc-anc", 1, "ward-2012", "WARD_ID"),
    ("dc-anc", 2, "advisory-neighborhood-commission-2013", "ANC_ID"),
    ("dc-anc", 3, "single-member-district-2013", "SMD_ID"),
    ("dc-police", 1, "police-districts-mpd", "POLDIST_ID"),
    ("dc-police", 2, "police-service-areas-psa", "NAME"),
)


COUNT_BY_GRID = """
SELECT grid_unit.code, count(*) AS number FROM incident_grid
JOIN grid_unit ON grid_unit.id = incident_grid.grid_id
JOIN grid_scheme ON grid_scheme.id = grid_unit.scheme_id
WHERE grid_scheme.code = :scheme AND grid_unit.level = :level
GROUP BY grid_unit.code
"""


@dataclass(frozen=True)
class City:
    """A database with the city in it, and the folder that the files came from."""

    url: str
    files: Path

    def command(self, *arguments: str) -> Any:
        """Return what a command prints as JSON."""
        done = run_data(self.url, *arguments, "--format", "json", timezone="UTC")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def figures(self, *arguments: str) -> dict[str, float | None]:
        """Return the key figures of the period."""
        document = self.command("kpi", *PERIOD, *arguments)
        return {kpi["key"]: kpi["value"] for kpi in document["kpis"]}

    def rows(self, statement: str, **values: object) -> list[Any]:
        """Return what plain SQL says."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            found = connection.execute(text(statement), values).all()
        engine.dispose()
        return list(found)

    def bring_in(self, subject: str, file: str, mapping: str, report: Path) -> tuple[int, Any]:
        """Import a file; return the exit code and the report."""
        done = run_data(
            self.url, "import", subject, self.files / file,
            "--mapping", MAPPINGS / f"{mapping}.toml", "--as-of", AS_OF,
            "--report", report, "--rejects", report.with_suffix(".csv"),
            timezone="UTC",
        )  # fmt: skip
        assert done.returncode in {0, 3}, done.stderr
        return done.returncode, json.loads(report.read_text("utf-8"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def city(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_data: Path
) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("dc")
    if request.param == "sqlite":
        yield imported(City(f"sqlite:///{folder / 'dc.db'}", shared_data / "dc"), folder)
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    cluster.create("dc")
    yield imported(City(cluster.url("dc"), shared_data / "dc"), folder)
    cluster.drop("dc")


def imported(city: City, folder: Path) -> City:
    for subject, file, mapping, count in TERRITORY:
        code, report = city.bring_in(
            subject, f"{file}.geojson.gz", mapping, folder / f"{mapping}.json"
        )
        assert (code, report["added"], report["rejected"]) == (0, count, 0)
    code, report = city.bring_in(
        "incidents", "service_requests_311.csv.gz", "dc_311", folder / "311.json"
    )
    # 370 rows repeat a request of an earlier line, one has no number at all.
    assert (code, report["read"], report["added"], report["rejected"]) == (3, 34_420, 34_049, 371)
    code, report = city.bring_in(
        "incidents", "crime_incidents_2016-08.csv.gz", "dc_crime", folder / "crime.json"
    )
    assert (code, report["read"], report["added"], report["rejected"]) == (3, 2_898, 2_897, 1)
    return city


def moments(column: pd.Series) -> pd.Series:
    """Return times in UTC; 1970-01-01 means not known in these files."""
    known = column.where(~column.fillna("").str.startswith("1970-01-01"))
    return pd.to_datetime(known, utc=True, format="ISO8601")


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> pd.DataFrame:
    """Return the cases of the city by pandas alone: the first row of each number."""
    requests = pd.read_csv(shared_data / "dc" / "service_requests_311.csv.gz", dtype=str)
    requests = requests.dropna(subset=["SERVICEREQUESTID"]).drop_duplicates("SERVICEREQUESTID")
    crimes = pd.read_csv(shared_data / "dc" / "crime_incidents_2016-08.csv.gz", dtype=str)
    crimes = crimes.drop_duplicates("CCN")
    columns = {
        "SERVICEREQUESTID": "number", "ADDDATE": "reported", "RESOLUTIONDATE": "closed",
        "SERVICEDUEDATE": "due", "SERVICEORDERSTATUS": "status",
        "CCN": "number", "REPORTDATETIME": "reported",
        "GEOM_LON": "longitude", "GEOM_LAT": "latitude",
    }  # fmt: skip
    named = [frame.rename(columns=columns) for frame in (requests, crimes)]
    wanted = list(dict.fromkeys(columns.values()))
    rows = pd.concat([frame.reindex(columns=wanted) for frame in named], ignore_index=True)
    times = {name: moments(rows[name]) for name in ("reported", "closed", "due")}
    places = {name: rows[name].astype(float) for name in ("longitude", "latitude")}
    return rows.assign(**times, **places)


def test_every_case_is_there_once(city: City, expected: pd.DataFrame) -> None:
    numbers = [row.source_id for row in city.rows("SELECT source_id FROM incident")]
    assert sorted(numbers) == sorted(expected["number"])


def test_stages_are_those_of_the_source(city: City, expected: pd.DataFrame) -> None:
    stages = {
        "OPEN": "reported", "IN-PROGRESS": "handling", "IN PROGRESS": "handling",
        "CLOSED": "closed", "CLOSED - INCOMPLETE INFORMATION": "closed", "VOIDED": "rejected",
        "DUPLICATE (OPENED)": "merged", "DUPLICATE (CLOSED)": "merged",
    }  # fmt: skip
    wanted = Counter(stages.get(status, "reported") for status in expected["status"])
    found = city.rows("SELECT stage, count(*) AS number FROM incident GROUP BY stage")
    assert {row.stage: row.number for row in found} == wanted


def test_key_figures_are_those_of_pandas(city: City, expected: pd.DataFrame) -> None:
    as_of = pd.Timestamp(AS_OF)
    cases = expected[expected["reported"].between("2015-09-01", as_of, inclusive="left")]
    closed = cases["closed"] <= as_of
    late = closed & (cases["closed"] > cases["due"])
    overdue = ~closed & (cases["due"] < as_of)
    hours = (cases["closed"] - cases["reported"])[closed].dt.total_seconds() / 3600
    found = city.figures()
    assert found["received"] == len(cases)
    assert found["closed"] == closed.sum()
    assert found["closure_rate"] == pytest.approx(100 * closed.mean())
    assert found["open"] == (~closed).sum()
    assert found["overdue_open"] == overdue.sum()
    assert found["closed_late"] == late.sum()
    due = cases["due"].notna()
    assert found["overdue_rate"] == pytest.approx(100 * (late.sum() + overdue.sum()) / due.sum())
    assert found["on_time_closure_rate"] == pytest.approx(
        100 * (closed & (cases["closed"] <= cases["due"])).sum() / (closed & due).sum()
    )
    assert found["median_handling_h"] == pytest.approx(hours.median())
    assert found["p90_handling_h"] == pytest.approx(hours.quantile(0.9))


def polygons(files: Path, file: str, code: str) -> gpd.GeoDataFrame:
    with gzip.open(files / f"{file}.geojson.gz") as opened:
        features = json.load(opened)["features"]
    shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    codes = [str(feature["properties"][code]) for feature in features]
    return gpd.GeoDataFrame({"code": codes}, geometry=shapes)


@pytest.mark.parametrize(("scheme", "level", "file", "code"), LEVELS)
def test_drill_down_counts_what_lies_in_the_polygon(
    city: City, expected: pd.DataFrame, scheme: str, level: int, file: str, code: str
) -> None:
    places = gpd.GeoSeries(gpd.points_from_xy(expected["longitude"], expected["latitude"]))
    points = gpd.GeoDataFrame(geometry=places[expected["longitude"].notna()])
    joined = points.sjoin(polygons(city.files, file, code), predicate="intersects")
    # A point on a border belongs to the lowest code.
    wanted = Counter(joined.groupby(level=0)["code"].min())
    found = city.rows(COUNT_BY_GRID, scheme=scheme, level=level)
    assert {row.code: row.number for row in found} == wanted
    largest = wanted.most_common(1)[0][0]
    held = joined.groupby(level=0)["code"].min() == largest
    reported = expected.loc[held[held].index, "reported"]
    in_period = reported.between("2015-09-01", "2016-09-15", inclusive="left").sum()
    assert city.figures("--scheme", scheme, "--grid", largest)["received"] == in_period


@pytest.mark.parametrize("resolution", [6, 8, 10])
def test_cells_hold_what_h3_says(city: City, expected: pd.DataFrame, resolution: int) -> None:
    in_period = expected["reported"].between("2015-09-01", "2016-09-15", inclusive="left")
    cases = expected[in_period].dropna(subset=["longitude", "latitude"])
    wanted = Counter(
        h3.cell_to_parent(h3.latlng_to_cell(latitude, longitude, 15), resolution)
        for longitude, latitude in zip(cases["longitude"], cases["latitude"], strict=True)
    )
    document = city.command("count", "--resolution", str(resolution), *PERIOD[:4])
    assert dict(zip(document["cells"], document["counts"], strict=True)) == wanted
    assert document["total"] == len(cases)


SCHEMES = (("dc-anc", "3"), ("dc-anc", None), ("dc-police", None), ("dc-police", "204"))
BOXES = (
    None,
    BBox(-77.05, 38.88, -77.0, 38.92),
    BBox(-77.0091, 38.8899, -77.0089, 38.8901),
    BBox(-180, -90, 180, 90),
)


def asked_of(since: datetime, until: datetime, **wanted: Any) -> View:
    return View(Period(since, until), at=datetime.fromisoformat(AS_OF), **wanted)


def test_index_answers_what_the_database_answers(city: City, tmp_path: Path) -> None:
    store = attached(open_store(city.url), tmp_path / "index")
    days = [datetime(2016, 1, 1, tzinfo=UTC) + timedelta(days=days) for days in (0, 200, 230, 260)]
    everything = asked_of(datetime(1990, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
    kinds = [row.code for row in city.rows(
        "SELECT category_code AS code FROM incident GROUP BY 1 ORDER BY count(*) DESC, 1"
    )]  # fmt: skip
    for resolution in range(COARSEST_RESOLUTION, FINEST_RESOLUTION + 1):
        for view in (everything, asked_of(days[1], days[2]), asked_of(days[0], days[3])):
            for categories in ((), tuple(kinds[:1]), tuple(kinds[-3:])):
                chosen = replace(view, incidents=IncidentFilter(categories=categories))
                question = Question(BUILT_IN_OPERATOR, chosen, resolution)
                compare(store, question, ["incidents.count_by_cell"])
    for bbox in BOXES:
        compare(store, Question(BUILT_IN_OPERATOR, asked_of(days[0], days[3], bbox=bbox)))
    for scheme, grid in SCHEMES:
        view = asked_of(days[0], days[2], scheme=scheme, grid=grid)
        compare(store, Question(BUILT_IN_OPERATOR, view))
    late = asked_of(days[0], days[2], incidents=IncidentFilter(overdue_only=True))
    compare(store, Question(BUILT_IN_OPERATOR, late))
    store.engine.dispose()


def test_command_counts_the_same_by_index_and_by_sql(city: City, tmp_path: Path) -> None:
    asked = ("--resolution", "9", *PERIOD[:4], "--bbox", "-77.1,38.85,-77,38.95")
    by_sql = city.command("count", *asked, "--engine", "sql")
    built = run_data(city.url, "index", index_folder=tmp_path)
    assert built.returncode == 0, built.stderr
    found = run_data(
        city.url, "count", *asked, "--format", "json", timezone="UTC", index_folder=tmp_path
    )
    assert json.loads(found.stdout) == by_sql


def test_same_files_again_change_nothing(city: City, tmp_path: Path) -> None:
    asked = "SELECT revision FROM revision_counter", "SELECT count(*) FROM incident_event"
    before = [city.rows(statement) for statement in asked]
    for subject, file, mapping in (
        ("incidents", "service_requests_311.csv.gz", "dc_311"),
        ("grids", "single-member-district-2013.geojson.gz", "dc_smd"),
    ):
        _, report = city.bring_in(subject, file, mapping, tmp_path / f"{mapping}.json")
        assert (report["added"], report["changed"]) == (0, 0)
    assert [city.rows(statement) for statement in asked] == before


def test_screen_shows_what_sql_says(city: City, page: Page) -> None:
    received, closed = city.rows(
        "SELECT count(*), count(closed_at) FROM incident "
        "WHERE reported_at >= '2016-01-01' AND reported_at < '2016-09-01'"
    )[0]
    with running_server(city.url, settings={"timezone": "UTC", "language": "en"}) as server:
        page.goto(f"{server.url}/?from=2016-01-01&to=2016-08-31&lang=en")
        for key, wanted in (("received", received), ("closed", closed)):
            expect(page.locator(f"[data-kpi={key}] .kpi-value")).to_have_text(f"{wanted:,}")
        rate = page.locator("[data-kpi=closure_rate] .kpi-value").inner_text()
        page.close()  # before the server goes: an open page would ask it for changes
    assert re.sub(r"\s*%", "", rate) == f"{100 * closed / received:.1f}"
