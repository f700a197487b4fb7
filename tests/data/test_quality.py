"""Every check finds what it is for, names it, and stays silent otherwise."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box, difference
from sqlalchemy.orm import Session

from data.assignment import area_m2, assign_incidents
from data.cli import main
from data.demo import Plan, settle
from data.models import Camera
from data.quality import Finding, Severity, run
from data.quality.registers import pile_threshold
from data.scope import BUILT_IN_OPERATOR, Role, Scope
from data.store import Store
from tests.makers import (
    HERE,
    NOW,
    add_area,
    add_camera,
    add_grid,
    add_incident,
    add_scheme,
    middle_of,
    square,
)

WEST, SOUTH = HERE
A_METRE_DEG = 1 / 111_320
LEGAL_FACTS = {
    "manager_unit": "Centre",
    "purpose": "Public safety",
    "filing_no": "2025-1",
    "filing_date": date(2025, 5, 1),
    "sign_posted": True,
    "retention_days": 30,
    "room_type": "1",
}


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    with store.writing(at=NOW) as opened:
        yield opened
        opened.rollback()


def found(
    session: Session, at: datetime = NOW, scope: Scope = BUILT_IN_OPERATOR
) -> dict[str, Finding]:
    session.flush()
    return {finding.key: finding for finding in run(session, scope, at)}


def field(west: float, south: float, east: float, north: float) -> MultiPolygon:
    """Return a rectangle in hundredths of a degree from HERE."""
    return MultiPolygon(
        [box(WEST + west / 100, SOUTH + south / 100, WEST + east / 100, SOUTH + north / 100)]
    )


def test_empty_database_has_nothing_wrong(session: Session) -> None:
    assert found(session) == {}


def test_exact_division_has_nothing_wrong(session: Session) -> None:
    add_grid(session, geometry=square(0))
    add_grid(session, geometry=square(1))
    assert found(session) == {}


def test_overlap_is_named_with_both_grids_and_its_area(session: Session) -> None:
    add_grid(session, code="A", geometry=field(0, 0, 1.5, 1))
    add_grid(session, code="B", geometry=field(1, 0, 2, 1))
    finding = found(session)["grid_overlap"]
    assert finding.severity is Severity.ERROR
    assert finding.count == 1
    assert finding.examples == (f"A and B: {area_m2(field(1, 0, 1.5, 1)):,.0f} m2",)
    assert "level 1 (Level 1)" in finding.message


def test_gap_between_areas_and_grids_is_found(session: Session) -> None:
    add_area(session, geometry=field(0, 0, 2, 1))
    add_grid(session, code="A", geometry=field(0, 0, 1.5, 1))
    finding = found(session)["grid_gap"]
    assert finding.severity is Severity.ERROR
    assert finding.examples == (f"{area_m2(field(1.5, 0, 2, 1)):,.0f} m2 beside A",)


def test_gap_below_a_coarser_grid_is_found_without_areas(session: Session) -> None:
    scheme = add_scheme(session, "deep", levels=2)
    add_grid(session, scheme=scheme, level=1, geometry=field(0, 0, 2, 1))
    add_grid(session, scheme=scheme, level=2, geometry=field(0, 0, 1, 1))
    finding = found(session)["grid_gap"]
    assert "level 2 (Level 2)" in finding.message


def test_schemes_are_not_compared_with_each_other(session: Session) -> None:
    add_grid(session, scheme=add_scheme(session, "one"), geometry=field(0, 0, 2, 1))
    add_grid(session, scheme=add_scheme(session, "two"), geometry=field(1, 0, 3, 1))
    assert found(session) == {}


def test_differences_below_a_metre_are_drawing_noise(session: Session) -> None:
    shift = 0.5 * A_METRE_DEG * 100
    add_area(session, geometry=field(0, 0, 3, 1))
    add_grid(session, geometry=field(0, 0, 1 + shift, 1))
    add_grid(session, geometry=field(1, 0, 2 - shift, 1))
    add_grid(session, geometry=field(2, 0, 3, 1))
    assert found(session) == {}


def test_hole_in_a_grid_is_a_gap(session: Session) -> None:
    whole, hole = field(0, 0, 1, 1), field(0.4, 0.4, 0.6, 0.6)
    add_area(session, geometry=whole)
    pierced = difference(whole, hole)
    assert isinstance(pierced, Polygon)
    add_grid(session, geometry=MultiPolygon([pierced]))
    assert found(session)["grid_gap"].count == 1


def test_area_that_no_grid_touches_is_a_warning(session: Session) -> None:
    add_area(session, code="1", name="Here", geometry=field(0, 0, 1, 1))
    add_area(session, code="2", name="There", geometry=field(5, 5, 6, 6))
    add_grid(session, geometry=field(0, 0, 1, 1))
    findings = found(session)
    assert list(findings) == ["area_without_grid"]
    assert findings["area_without_grid"].severity is Severity.WARNING
    assert findings["area_without_grid"].examples == ("2 There",)


def test_only_the_division_of_the_day_is_checked(session: Session) -> None:
    change = NOW - timedelta(days=10)
    add_grid(session, code="A", geometry=field(0, 0, 2, 1), valid_until=change)
    add_grid(session, code="B", geometry=field(1, 0, 3, 1), valid_until=change)
    add_grid(session, code="C", geometry=field(0, 0, 3, 1), valid_from=change)
    assert found(session) == {}
    assert list(found(session, change - timedelta(seconds=1))) == ["grid_overlap"]
    assert found(session, change) == {}


@pytest.mark.parametrize(
    ("households", "residents", "over"),
    [(400, 1200, 0), (401, 1, 1), (1, 1201, 1), (None, None, 0)],
)
def test_standard_is_exceeded_above_either_figure(
    session: Session, households: int | None, residents: int | None, over: int
) -> None:
    add_grid(session, households=households, residents=residents)
    assert ("oversized_grid" in found(session)) == bool(over)


def test_standard_is_that_of_the_scheme_and_of_its_finest_level(session: Session) -> None:
    scheme = add_scheme(session, "own", levels=2, max_households=10, max_residents=20)
    add_grid(session, scheme=scheme, level=1, households=5000, residents=9000)
    add_grid(session, scheme=scheme, level=2, code="S", households=11, residents=20)
    finding = found(session)["oversized_grid"]
    assert finding.severity is Severity.WARNING
    assert finding.count == 1
    assert finding.examples[0].startswith("S ")
    assert "10 households or 20 residents" in finding.message


def test_incident_outside_every_grid_is_named(session: Session) -> None:
    add_grid(session)
    add_incident(session)
    longitude, latitude = middle_of(square(5, 5))
    outside = add_incident(session, longitude=longitude, latitude=latitude)
    add_incident(session, longitude=None, latitude=None)
    assign_incidents(session)
    findings = found(session)
    assert findings["incident_outside_grids"].count == 1
    assert findings["incident_outside_grids"].examples == (outside.incident_no,)
    assert findings["incident_without_place"].severity is Severity.INFO
    assert findings["incident_without_place"].count == 1


def test_pile_on_one_exact_point_is_found_at_ten(session: Session) -> None:
    add_grid(session)
    longitude, latitude = middle_of(square())
    for number in range(30):
        add_incident(session, longitude=longitude + number * 1e-5, latitude=latitude)
    for _ in range(8):
        add_incident(session, address="Town hall")
    assign_incidents(session)
    assert "default_point" not in found(session)
    add_incident(session, address="Town hall")
    assign_incidents(session)
    finding = found(session)["default_point"]
    assert finding.severity is Severity.WARNING
    assert finding.count == 1
    assert finding.examples == (f"{longitude:.6f}, {latitude:.6f} (Town hall): 10",)


@given(st.dictionaries(st.integers(1, 200), st.integers(1, 50), min_size=1, max_size=12))
def test_pile_is_ten_and_ten_times_what_nine_of_ten_hold(sizes: dict[int, int]) -> None:
    threshold = pile_threshold(sizes)
    assert threshold >= 10
    ordered = sorted(size for size, positions in sizes.items() for _ in range(positions))
    ninth_of_ten = ordered[-(-len(ordered) * 9 // 10) - 1]
    assert threshold == max(10, 10 * ninth_of_ten)


def test_case_closed_before_it_was_reported_is_an_error(session: Session) -> None:
    add_grid(session)
    wrong = add_incident(session, closed_at=NOW - timedelta(hours=2))
    add_incident(session, closed_at=NOW)
    assign_incidents(session)
    findings = found(session)
    assert findings["closed_before_reported"].severity is Severity.ERROR
    assert findings["closed_before_reported"].examples == (wrong.incident_no,)
    assert findings["steps_out_of_order"].count == 1


def test_step_out_of_order_is_found_over_steps_that_are_missing(session: Session) -> None:
    add_grid(session)
    wrong = add_incident(session, dispatched_at=NOW, checked_at=NOW - timedelta(minutes=1))
    add_incident(session, dispatched_at=NOW, checked_at=NOW)
    assign_incidents(session)
    findings = found(session)
    assert list(findings) == ["steps_out_of_order"]
    assert findings["steps_out_of_order"].examples == (wrong.incident_no,)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
)
def test_dates_that_stand_for_no_date_are_errors(session: Session, moment: datetime) -> None:
    add_grid(session)
    incident = add_incident(session, due_at=moment)
    assign_incidents(session)
    finding = found(session)["sentinel_date"]
    assert finding.severity is Severity.ERROR
    assert finding.examples == (f"{incident.incident_no}: due_at",)


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({"manager_unit": None}, "manager unit"),
        ({"purpose": ""}, "purpose"),
        ({"filing_no": None}, "filing number"),
        ({"filing_date": None}, "filing date"),
        ({"sign_posted": False}, "sign posted"),
        ({"sign_posted": None}, "sign posted"),
        ({"retention_days": 29}, "retention of 30 days"),
        ({"retention_days": None}, "retention of 30 days"),
        ({"room_type": None}, "indoors or outdoors"),
    ],
)
def test_camera_that_lacks_a_legal_fact_is_named(
    session: Session, change: dict[str, object], lacking: str
) -> None:
    add_grid(session)
    complete = add_camera(session, **LEGAL_FACTS)
    assert found(session) == {}
    camera = add_camera(session, **(LEGAL_FACTS | change))
    finding = found(session)["camera_without_legal_facts"]
    assert isinstance(complete, Camera)
    assert finding.count == 1
    assert finding.examples == (f"{camera.code} {camera.name}: {lacking}",)
    assert finding.severity is Severity.WARNING


def test_checks_see_only_what_the_seat_may_see(session: Session) -> None:
    add_grid(session, geometry=square(), residents=5000)
    add_incident(session, closed_at=NOW - timedelta(hours=2))
    add_camera(session)
    nobody = Scope(role=Role.OPERATOR, area_codes=frozenset(), grid_ids=frozenset())
    assert found(session, scope=nobody) == {}


def cli(url: str, *words: str) -> Result:
    return CliRunner().invoke(main, ["check", *words], env={"GEZHI_DATABASE_URL": url})


def test_fresh_demonstration_town_has_warnings_and_no_errors(
    sqlite_url: str, sqlite_store: Store
) -> None:
    plan = Plan(20220901, 2644, 12, date(2026, 9, 1), ZoneInfo("Asia/Shanghai"))
    settle(sqlite_store, plan, lambda _: None)
    result = cli(sqlite_url, "--format", "json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    counts = {finding["key"]: finding["count"] for finding in document["findings"]}
    assert set(counts) == {"oversized_grid", "default_point", "camera_without_legal_facts"}
    assert counts["default_point"] == 1
    assert counts["camera_without_legal_facts"] == 6
    assert document["levels"] == {"error": 0, "warning": 3, "info": 0}


def test_error_makes_the_command_fail_and_is_spelled_out(database_url: str, store: Store) -> None:
    with store.writing(at=NOW) as session:
        add_grid(session, code="A", geometry=field(0, 0, 2, 1), valid_from=NOW)
        add_grid(session, code="B", geometry=field(1, 0, 3, 1), valid_from=NOW)
    result = cli(database_url)
    assert result.exit_code == 1
    assert "ERROR   grid_overlap" in result.stdout
    assert "A and B" in result.stdout
    before = cli(database_url, "--as-of", "2026-03-01")
    assert (before.exit_code, before.stdout) == (0, "Nothing found.\n")


def test_empty_database_passes_the_command(sqlite_url: str) -> None:
    result = cli(sqlite_url)
    assert (result.exit_code, result.stdout) == (0, "Nothing found.\n")
