"""The town in the database: its figures, its repeatability, and what it refuses."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from data import catalogue, cells
from data.assignment import area_m2, assign_incidents, link_areas
from data.cli import main
from data.demo import Plan, settle
from data.errors import InvalidInputError
from data.models import (
    Area,
    Camera,
    CameraGrid,
    GridAreaLink,
    GridLevel,
    GridUnit,
    Incident,
    IncidentEvent,
    IncidentGrid,
    Installation,
    Model,
    Organisation,
    TopicChange,
)
from data.store import Store, open_store, upgrade
from tests.makers import NOW, add_area

ROOT = Path(__file__).resolve().parents[3]
SHANGHAI = ZoneInfo("Asia/Shanghai")
PLAN = Plan(5, 300, 12, date(2026, 9, 1), SHANGHAI)
UNTIL = datetime(2026, 8, 31, 16, tzinfo=UTC)


def silent(_: int) -> None:
    """Show no progress."""


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEZHI_DATABASE_URL": url})


def number(session: Session, model: type[Model], *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def dump(store: Store) -> str:
    """Return a hash over every row of every table but the marks, which are drawn at random."""
    digest = hashlib.sha256()
    with store.reading() as session:
        for table in Model.metadata.sorted_tables:
            if table.name == "incident_revision":
                continue
            rows = session.execute(select(table).order_by(*table.primary_key)).all()
            digest.update(f"{table.name}{[tuple(row) for row in rows]}".encode())
    return digest.hexdigest()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """Settle one town of each kind for the whole module; a test that writes takes it back."""
    url = f"sqlite:///{tmp_path_factory.mktemp('town') / 'town.db'}"
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        cluster.create("gezhi_town")
        url = cluster.url("gezhi_town")
    store = open_store(url)
    upgrade(store)
    assert settle(store, PLAN, silent)
    yield store
    store.engine.dispose()


def test_town_has_the_figures_of_the_article(sqlite_store: Store) -> None:
    assert settle(sqlite_store, Plan(1, 2644, 12, date(2026, 9, 1), SHANGHAI), silent)
    with sqlite_store.reading() as session:
        township = session.scalars(select(Area).where(Area.level == "township")).one()
        assert round(area_m2(township.geometry) / 1e6, 2) == 68.92
        assert round(township.area_m2 / 1e6, 2) == 68.92
        assert township.residents == 67_300
        assert number(session, Area, Area.parent_id == township.id) == 13
        levels = [number(session, GridUnit, GridUnit.level == level) for level in (1, 2, 3)]
        assert levels == [5, 13, 50]
        assert number(session, Camera) == 114
        assert number(session, Incident) == 2644
        assert number(session, Incident, Incident.closed_at.is_not(None)) == 2523
        assert session.scalar(select(func.count(Incident.category_code.distinct()))) == 15
        assert number(session, Organisation, Organisation.kind == "agency") == 23
        assert number(session, Organisation, Organisation.kind == "community") == 13
        assert session.get_one(Installation, "town").value["staff"] == 121
        assert session.get_one(Installation, "town").value["residents"] == 67_300


def test_installation_says_that_the_town_is_invented(town: Store) -> None:
    with town.reading() as session:
        demo = session.get_one(Installation, "demo").value
        assert (demo["seed"], demo["until"]) == (5, "2026-09-01")
        for model in (Area, GridUnit, Camera, Incident, Organisation):
            assert number(session, model, model.source_system != "demo") == 0
        codes = session.scalars(select(Camera.code)).all()
        assert all(len(code) == 20 and code.startswith("999") for code in codes)


def test_grid_links_are_what_assignment_would_write(town: Store) -> None:
    def links(session: Session) -> list[tuple[int, int]]:
        rows = select(IncidentGrid.incident_id, IncidentGrid.grid_id)
        ordered = rows.order_by(IncidentGrid.incident_id, IncidentGrid.grid_id)
        return list(session.execute(ordered))

    def areas(session: Session) -> list[int | None]:
        return list(session.scalars(select(Incident.area_id).order_by(Incident.id)))

    with town.writing(at=NOW) as session:
        before = links(session), areas(session)
        assert assign_incidents(session) == 300
        session.expire_all()
        assert (links(session), areas(session)) == before
        assert len(before[0]) == 900
        session.rollback()


def test_links_to_areas_sum_to_one_and_some_are_shared(town: Store) -> None:
    with town.reading() as session:
        shares = session.execute(
            select(GridUnit.level, func.sum(GridAreaLink.share_of_grid), func.count())
            .join(GridAreaLink, GridAreaLink.grid_id == GridUnit.id)
            .join(Area, Area.id == GridAreaLink.area_id)
            .where(Area.level == "village")
            .group_by(GridUnit.id, GridUnit.level)
        ).all()
        assert all(total == pytest.approx(1, abs=1e-6) for _, total, _ in shares)
        assert any(level == 2 and count > 1 for level, _, count in shares)
        assert all(count > 1 for level, _, count in shares if level == 1)


def test_rows_read_back_as_the_mapper_would_have_written_them(town: Store) -> None:
    with town.writing(at=NOW) as session:
        incident = session.get_one(Incident, 150)
        assert incident.reported_at.tzinfo is UTC
        assert incident.longitude is not None
        assert incident.latitude is not None
        assert incident.cell == cells.cell_at(incident.longitude, incident.latitude)
        found = session.scalars(
            select(Incident.id).where(Incident.reported_at == incident.reported_at)
        )
        assert 150 in found.all()
        stored = session.execute(text("SELECT reported_at FROM incident WHERE id = 150")).scalar()
        moment = incident.reported_at
        incident.reported_at = moment + timedelta(seconds=1)
        session.flush()
        incident.reported_at = moment
        session.flush()
        again = session.execute(text("SELECT reported_at FROM incident WHERE id = 150")).scalar()
        assert stored == again
        session.rollback()


def test_history_ends_at_the_stage_and_the_time_of_the_incident(town: Store) -> None:
    with town.reading() as session:
        events = session.scalars(
            select(IncidentEvent).order_by(IncidentEvent.incident_id, IncidentEvent.sequence)
        ).all()
        last = {event.incident_id: event for event in events}
        for incident in session.scalars(select(Incident)):
            assert last[incident.id].stage == incident.stage
            assert last[incident.id].at == incident.updated_at
            assert incident.updated_at <= UNTIL


def test_ended_incidents_are_exactly_those_with_a_closing_time(town: Store) -> None:
    ended = ("closed", "evaluated", "rejected", "merged")
    with town.reading() as session:
        for incident in session.scalars(select(Incident)):
            assert (incident.stage in ended) == (incident.closed_at is not None)
            assert incident.due_at is not None
            assert (incident.stage == "merged") == (incident.duplicate_of_id is not None)


def test_codes_of_rows_are_in_the_code_lists(town: Store) -> None:
    with town.reading() as session:
        for column, name in (
            (Incident.stage, "stage"),
            (Incident.source, "source"),
            (Incident.priority, "priority"),
            (IncidentEvent.action, "action"),
            (Area.level, "area_level"),
            (Area.urban_rural_class, "urban_rural_class"),
            (GridUnit.kind, "grid_kind"),
            (Organisation.kind, "organisation_kind"),
            (Camera.status, "camera_status"),
            (Camera.ptz_type, "ptz_type"),
            (Camera.position_type, "position_type"),
            (Camera.room_type, "room_type"),
            (Camera.direction_type, "direction_type"),
        ):
            used = set(session.scalars(select(column).where(column.is_not(None)).distinct()))
            assert used <= set(catalogue.code_list(name)), name


def test_names_are_there_in_three_languages(town: Store) -> None:
    with town.reading() as session:
        for model in (Area, GridUnit, GridLevel, Organisation):
            for row in session.scalars(select(model)):
                assert set(row.translations) == {"zh-Hans", "zh-Hant", "en"}
                row.translations["zh-Hant"].encode("big5")
                row.name.encode("gb2312")
                assert row.translations["en"].isascii()


def test_cameras_are_mostly_online_and_mostly_complete(town: Store) -> None:
    with town.reading() as session:
        assert number(session, Camera, Camera.status == "online") == 109
        assert 85 < number(session, Camera, Camera.azimuth_deg.is_not(None)) < 114
        assert number(session, Camera, Camera.filing_no.is_(None)) == 1
        assert number(session, CameraGrid) == 3 * 114
        assert number(session, Camera, Camera.area_id.is_(None)) == 0


def test_change_feed_tells_of_everything_at_the_end_of_the_period(town: Store) -> None:
    with town.reading() as session:
        changes = session.scalars(select(TopicChange)).all()
        topics = {"areas", "grids", "incidents", "cameras", "organisations", "catalogue"}
        assert {change.topic for change in changes} == topics
        assert {change.changed_at for change in changes} == {UNTIL}


def test_next_row_gets_a_number_of_its_own(town: Store) -> None:
    with town.writing(at=NOW) as session:
        old = session.get_one(Incident, 1)
        new = Incident(
            **{
                column.name: getattr(old, column.name)
                for column in Incident.__table__.columns
                if column.name not in {"id", "source_id"}
            },
            source_id="another",
        )
        session.add(new)
        session.flush()
        assert new.id == 301
        session.rollback()


def test_same_plan_gives_the_same_rows(tmp_path: Path) -> None:
    stores = [open_store(f"sqlite:///{tmp_path / name}.db") for name in ("a", "b", "c")]
    dumps = []
    script = (
        "import sys; from datetime import date; from zoneinfo import ZoneInfo;"
        "from data.store import open_store, upgrade; from data.demo import Plan, settle;"
        "store = open_store(sys.argv[1]); upgrade(store);"
        "settle(store, Plan(int(sys.argv[2]), 300, 12, date(2026, 9, 1),"
        " ZoneInfo('Asia/Shanghai')), lambda _: None)"
    )
    for store, hash_seed, seed in zip(stores, ("0", "4711", "0"), ("5", "5", "6"), strict=True):
        url = store.engine.url.render_as_string()
        subprocess.run(
            [sys.executable, "-c", script, url, seed],
            check=True,
            cwd=ROOT,
            env={"PYTHONHASHSEED": hash_seed, "TZ": "UTC" if hash_seed == "0" else "Asia/Tokyo"},
        )
        dumps.append(dump(store))
        store.engine.dispose()
    assert dumps[0] == dumps[1]
    assert dumps[0] != dumps[2]


def test_number_of_incidents_does_not_move_the_town(sqlite_store: Store, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(other)
    settle(sqlite_store, Plan(5, 10, 12, date(2026, 9, 1), SHANGHAI), silent)
    settle(other, Plan(5, 20, 12, date(2026, 9, 1), SHANGHAI), silent)
    with sqlite_store.reading() as one, other.reading() as two:
        for column in (GridUnit.geometry, GridUnit.residents, Camera.longitude, Camera.filing_no):
            assert one.scalars(select(column)).all() == two.scalars(select(column)).all()
    other.engine.dispose()


def test_same_town_again_changes_nothing(town: Store) -> None:
    before = dump(town)
    assert not settle(town, PLAN, silent)
    assert dump(town) == before


def test_another_town_is_refused(town: Store) -> None:
    before = dump(town)
    with pytest.raises(InvalidInputError, match="another demonstration town"):
        settle(town, Plan(6, 300, 12, date(2026, 9, 1), SHANGHAI), silent)
    assert dump(town) == before


def test_real_data_are_left_alone(sqlite_url: str, sqlite_store: Store) -> None:
    with sqlite_store.writing(at=NOW) as session:
        add_area(session)
    result = run(sqlite_url, "demo", "--incidents", "10")
    assert result.exit_code == 1
    assert "not the demonstration town" in result.stderr
    with sqlite_store.reading() as session:
        assert number(session, Area) == 1
        assert number(session, GridUnit) == 0


def test_if_empty_does_nothing_where_data_are(sqlite_url: str, sqlite_store: Store) -> None:
    with sqlite_store.writing(at=NOW) as session:
        add_area(session)
    result = run(sqlite_url, "demo", "--if-empty")
    assert (result.exit_code, result.output) == (0, "")
    with sqlite_store.reading() as session:
        assert number(session, Area) == 1


def test_if_empty_fills_an_empty_database(sqlite_url: str, sqlite_store: Store) -> None:
    result = run(sqlite_url, "demo", "--if-empty", "--incidents", "10", "--until", "2026-09-01")
    assert result.exit_code == 0
    assert "10 incidents until 2026-09-01" in result.stdout
    assert "Incidents" not in result.stderr
    with sqlite_store.reading() as session:
        assert number(session, Incident) == 10


@pytest.mark.parametrize(
    "words",
    [
        ("--incidents", "0"),
        ("--months", "0"),
        ("--seed", "-1"),
        ("--until", "01.09.2026"),
        ("--until", "1500-01-01"),
    ],
)
def test_wrong_numbers_are_wrong_usage(sqlite_url: str, words: tuple[str, str]) -> None:
    result = run(sqlite_url, "demo", *words)
    assert result.exit_code == 2
    assert words[0] in result.stderr


def test_broken_writing_leaves_nothing(sqlite_store: Store) -> None:
    class StopError(Exception):
        """Stands for a power cut."""

    def stop(_: int) -> None:
        raise StopError

    with pytest.raises(StopError):
        settle(sqlite_store, PLAN, stop)
    with sqlite_store.reading() as session:
        for model in (Area, GridUnit, Camera, Incident, IncidentEvent, Installation):
            assert number(session, model) == 0


def test_area_links_are_repeatable(town: Store) -> None:
    with town.writing(at=NOW) as session:
        before = number(session, GridAreaLink)
        assert link_areas(session) == before
        session.rollback()
