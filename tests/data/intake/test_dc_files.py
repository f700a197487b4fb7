"""The files of Washington DC through the importer, against computations that share no code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, select

from data import catalogue
from data.models import Area, Camera, GridLevel, GridScheme, GridUnit, Incident, IncidentGrid, Model
from data.store import Store, open_store
from tests.data.intake.importing import Importer

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
AT = datetime(2016, 8, 17, tzinfo=UTC)

FILES = (
    ("areas", "neighborhood-clusters.geojson.gz", "dc_areas"),
    ("grids", "ward-2012.geojson.gz", "dc_wards"),
    ("grids", "advisory-neighborhood-commission-2013.geojson.gz", "dc_anc"),
    ("grids", "single-member-district-2013.geojson.gz", "dc_smd"),
    ("grids", "police-districts-mpd.geojson.gz", "dc_police_districts"),
    ("grids", "police-service-areas-psa.geojson.gz", "dc_psa"),
    ("incidents", "service_requests_311.csv.gz", "dc_311"),
    ("incidents", "crime_incidents_2016-08.csv.gz", "dc_crime"),
    ("cameras", "cctv-street-cameras.geojson.gz", "dc_cctv"),
)


class City:
    """The imported city and what the reports of its files said."""

    def __init__(self, importer: Importer, folder: Path) -> None:
        self.importer, self.folder = importer, folder
        self.reports = {mapping: self.take_in(*file, mapping) for *file, mapping in FILES}

    def take_in(self, subject: str, name: str, mapping: str):  # noqa: ANN201
        text = (MAPPINGS / f"{mapping}.toml").read_text(encoding="utf-8")
        return self.importer(subject, self.folder / name, text, at=AT)

    def sizes(self) -> dict[str, int]:
        with self.importer.store.reading() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Model.metadata.sorted_tables
            }

    def count(self, *what: object) -> int:
        with self.importer.store.reading() as session:
            statement = select(func.count()).select_from(Incident).where(*what)
            return int(session.scalar(statement) or 0)


@pytest.fixture(scope="module")
def city(
    shared_data: Path, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> City:
    folder = tmp_path_factory.mktemp("dc")
    (folder / "gezhi.db").write_bytes(_sqlite_template.read_bytes())
    store: Store = open_store(f"sqlite:///{folder / 'gezhi.db'}")
    with store.writing(at=AT) as session:
        catalogue.load(session)
    return City(Importer(store, folder), shared_data / "dc")


@pytest.fixture(scope="module")
def requests(shared_data: Path) -> pd.DataFrame:
    """Return the requests as pandas reads them: the first of each id, times as text."""
    frame = pd.read_csv(
        shared_data / "dc/service_requests_311.csv.gz", dtype=str, keep_default_na=False
    )
    return frame[frame["SERVICEREQUESTID"] != ""].drop_duplicates("SERVICEREQUESTID")


def known(times: pd.Series) -> pd.Series:
    return (times != "") & ~times.str.startswith("1970")


def test_every_file_comes_in(city: City) -> None:
    added = {mapping: report.added for mapping, report in city.reports.items()}
    assert added == {
        "dc_areas": 39,
        "dc_wards": 8,
        "dc_anc": 40,
        "dc_smd": 296,
        "dc_police_districts": 7,
        "dc_psa": 56,
        "dc_311": 34_049,
        "dc_crime": 2_897,
        "dc_cctv": 596,
    }


def test_only_repeated_ids_and_one_empty_row_are_rejected(city: City) -> None:
    reasons = city.reports["dc_311"].as_json()["reasons"]
    assert sorted(reasons.values()) == [1, 370]
    assert [reject.value for reject in city.reports["dc_crime"].rejects] == ["16125420"]


def test_no_file_is_warned_of(city: City) -> None:
    warnings = {mapping: report.warnings for mapping, report in city.reports.items()}
    made = warnings.pop("dc_311")
    assert made == ["Made 6 organisations of agency codes: DDOT, DOEE, DOH, DPW, FEMS, OUC."]
    assert not any(warnings.values())


def test_columns_of_persons_are_dropped(city: City) -> None:
    assert city.reports["dc_wards"].dropped_columns == ("REP_NAME", "REP_PHONE", "REP_EMAIL")


def test_counts_equal_those_of_pandas(city: City, requests: pd.DataFrame) -> None:
    closed = known(requests["RESOLUTIONDATE"])
    due = requests["SERVICEDUEDATE"].where(known(requests["SERVICEDUEDATE"]))
    now = AT.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    system = Incident.source_system == "dc-311"
    assert city.count(system) == len(requests)
    assert city.count(system, Incident.closed_at.is_not(None)) == closed.sum()
    overdue_open = city.count(system, Incident.closed_at.is_(None), Incident.due_at < AT)
    assert overdue_open == (~closed & (due < now)).sum()
    closed_late = city.count(system, Incident.closed_at > Incident.due_at)
    assert closed_late == (closed & (requests["RESOLUTIONDATE"] > due)).sum()


def test_times_equal_those_of_pandas(city: City, requests: pd.DataFrame) -> None:
    expected = pd.to_datetime(requests.set_index("SERVICEREQUESTID")["ADDDATE"], utc=True)
    with city.importer.store.reading() as session:
        rows = session.execute(
            select(Incident.source_id, Incident.reported_at).where(
                Incident.source_system == "dc-311"
            )
        ).all()
    found = pd.Series({row.source_id: row.reported_at for row in rows})
    assert (found.sort_index() == expected.sort_index()).all()


def test_counts_of_categories_and_agencies_equal_those_of_pandas(
    city: City, requests: pd.DataFrame
) -> None:
    with city.importer.store.reading() as session:
        counted = select(Incident.title, func.count()).group_by(Incident.title)
        rows = session.execute(counted.where(Incident.source_system == "dc-311"))
        by_title = {title: count for title, count in rows}  # noqa: C416 - rows are no pairs to dict
    assert by_title == requests["SERVICECODEDESCRIPTION"].str.strip().value_counts().to_dict()


def test_schemes_have_their_levels_and_parents(city: City) -> None:
    with city.importer.store.reading() as session:
        levels = session.execute(
            select(GridScheme.code, GridLevel.level)
            .join(GridLevel, GridLevel.scheme_id == GridScheme.id)
            .order_by(GridScheme.position, GridLevel.level)
        ).all()
        grids = {row.id: row for row in session.scalars(select(GridUnit))}
        assert [tuple(row) for row in levels] == [
            ("dc-anc", 1),
            ("dc-anc", 2),
            ("dc-anc", 3),
            ("dc-police", 1),
            ("dc-police", 2),
        ]
        for grid in grids.values():
            if grid.source_system in {"dc-anc", "dc-smd"}:
                # 2B07 lies in 2B, and 2B in ward 2; but four fifths of 3G lie in ward 4.
                named = grid.code[: 1 if len(grid.code) == 2 else 2]
                assert grids[grid.parent_id].code == {"3G": "4"}.get(grid.code, named)
            elif grid.source_system == "dc-psa":
                assert grids[grid.parent_id].code == grid.code[0]


def test_drill_down_sums_to_its_parent(city: City) -> None:
    with city.importer.store.reading() as session:
        counted = (
            select(GridUnit.level, func.count().label("count"))
            .join(IncidentGrid, IncidentGrid.grid_id == GridUnit.id)
            .join(GridScheme, GridScheme.id == GridUnit.scheme_id)
            .where(GridScheme.code == "dc-anc")
            .group_by(GridUnit.level)
        )
        per_level = {level: count for level, count in session.execute(counted)}  # noqa: C416
    assert len(set(per_level.values())) == 1
    assert per_level[1] > 36_900


def test_crimes_lie_in_the_commission_that_the_police_name(city: City, shared_data: Path) -> None:
    frame = pd.read_csv(shared_data / "dc/crime_incidents_2016-08.csv.gz", dtype=str)
    published = frame.drop_duplicates("CCN").set_index("CCN")["ANC"].to_dict()
    with city.importer.store.reading() as session:
        rows = session.execute(
            select(Incident.source_id, GridUnit.code)
            .join(IncidentGrid, IncidentGrid.incident_id == Incident.id)
            .join(GridUnit, GridUnit.id == IncidentGrid.grid_id)
            .where(Incident.source_system == "dc-crime", GridUnit.source_system == "dc-anc")
        )
        assert {source_id: code for source_id, code in rows} == published  # noqa: C416


def test_clusters_and_cameras_are_there(city: City) -> None:
    assert len(city.importer.all(Area)) == 39
    cameras = city.importer.all(Camera)
    assert all(camera.cell is not None and camera.status == "unknown" for camera in cameras)


def test_the_same_files_twice_change_nothing(city: City) -> None:
    before, revision = city.sizes(), city.importer.revision()
    for *file, mapping in FILES:
        report = city.take_in(*file, mapping)
        assert (report.added, report.changed) == (0, 0)
        assert report.unchanged == city.reports[mapping].added
    assert city.sizes() == before
    assert city.importer.revision() == revision
