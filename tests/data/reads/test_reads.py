"""What screens ask, on both databases."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy.orm import Session

from data import cells
from data.assignment import assign_cameras, assign_incidents, link_areas
from data.errors import NotFoundError
from data.geo import BBox, IncidentFilter, Period, View
from data.models import GridUnit
from data.reads import cameras, changes, details, grids, incidents, kpi, search, town
from data.scope import BUILT_IN_OPERATOR, Role, Scope
from data.store import Store
from tests.makers import (
    HERE,
    NOW,
    add_area,
    add_camera,
    add_grid,
    add_incident,
    add_organisation,
    add_scheme,
    middle_of,
    square,
)

DAY = timedelta(days=1)
VIEW = View(period=Period(NOW - 30 * DAY, NOW + DAY), at=NOW)
SEAT = BUILT_IN_OPERATOR


@pytest.fixture
def store(asked_store: Store) -> Store:
    """Ask with an index too: the truths are the same."""
    return asked_store


def figures(session: Session, view: View, scope: Scope = SEAT) -> dict[str, kpi.Measured]:
    return {one.kpi.key: one for one in kpi.measure(session, scope, view)}


def test_closure_rate_of_the_article_is_95_4_percent(store: Store) -> None:
    with store.writing(at=NOW) as session:
        for number in range(20):
            closed_at = NOW - timedelta(minutes=1) if number < 19 else None
            add_incident(session, reported_at=NOW - DAY, closed_at=closed_at)
    with store.reading() as session:
        measured = figures(session, VIEW)["closure_rate"].now
        assert (measured.numerator, measured.denominator, measured.value) == (19, 20, 95.0)


def test_case_is_overdue_only_after_its_due_time(store: Store) -> None:
    with store.writing(at=NOW) as session:
        add_incident(session, due_at=NOW)
        add_incident(session, due_at=NOW - timedelta(seconds=1))
        add_incident(session, due_at=NOW - DAY, extended_due_at=NOW + DAY)
        add_incident(session, due_at=NOW - DAY, closed_at=NOW - timedelta(hours=1))
        add_incident(session, due_at=None)
    with store.reading() as session:
        measured = figures(session, VIEW)
        assert measured["overdue_open"].now.value == 1
        assert measured["closed_late"].now.value == 1
        assert (measured["overdue_rate"].now.numerator, measured["overdue_rate"].now.n) == (2, 4)


def test_median_handling_time_lies_between_the_two_middle_cases(store: Store) -> None:
    with store.writing(at=NOW) as session:
        for hours in (1, 2, 4, 100):
            reported_at = NOW - 5 * DAY
            closed_at = reported_at + timedelta(hours=hours)
            add_incident(session, reported_at=reported_at, closed_at=closed_at)
    with store.reading() as session:
        assert figures(session, VIEW)["median_handling_h"].now.value == 3.0


def test_unknown_figure_is_none_and_never_zero(store: Store) -> None:
    with store.reading() as session:
        measured = figures(session, VIEW)
        assert measured["received"].now.value == 0
        assert measured["closure_rate"].now.value is None
        assert measured["median_handling_h"].now.value is None
        assert measured["cameras_online_rate"].now.value is None
        assert measured["closure_rate"].change is None


def test_period_before_is_judged_as_it_stood_then(store: Store) -> None:
    view = replace(VIEW, period=Period(NOW - 10 * DAY, NOW))
    with store.writing(at=NOW) as session:
        late = NOW - 5 * DAY
        add_incident(session, reported_at=NOW - 15 * DAY, closed_at=late)
        add_incident(session, reported_at=NOW - 15 * DAY, closed_at=NOW - 14 * DAY)
        add_incident(session, reported_at=NOW - 2 * DAY, closed_at=NOW - DAY)
    with store.reading() as session:
        rate = figures(session, view)["closure_rate"]
        assert rate.before is not None
        assert (rate.before.value, rate.now.value) == (50.0, 100.0)
        assert rate.change is not None
        assert rate.change.difference == 50.0


def test_period_before_knows_nothing_of_what_was_reported_later_in_it(store: Store) -> None:
    at_noon = replace(VIEW, period=Period(NOW - DAY / 2, NOW + DAY / 2))
    with store.writing(at=NOW) as session:
        for hours in (1, 20, 30, 35):
            add_incident(session, reported_at=NOW - timedelta(hours=hours))
    with store.reading() as session:
        received = figures(session, at_noon)["received"]
        assert received.before is not None
        assert (received.now.value, received.before.value) == (1, 2)


def test_period_is_half_open(store: Store) -> None:
    view = replace(VIEW, period=Period(NOW - DAY, NOW))
    with store.writing(at=NOW) as session:
        add_incident(session, reported_at=NOW - DAY)
        add_incident(session, reported_at=NOW)
    with store.reading() as session:
        assert figures(session, view)["received"].now.value == 1


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (IncidentFilter(categories=("c1",)), 1),
        (IncidentFilter(categories=("c1", "c2")), 2),
        (IncidentFilter(stages=("handling",)), 1),
        (IncidentFilter(priorities=("urgent",)), 1),
        (IncidentFilter(sources=("sensor",)), 1),
        (IncidentFilter(agencies=("FIRE",)), 1),
        (IncidentFilter(overdue_only=True), 1),
        (IncidentFilter(categories=("c1",), priorities=("minor",)), 0),
        (IncidentFilter(categories=("'; DROP TABLE incident; --",)), 0),
        (IncidentFilter(), 3),
    ],
)
def test_filters_narrow_together(store: Store, chosen: IncidentFilter, expected: int) -> None:
    with store.writing(at=NOW) as session:
        agency = add_organisation(session, code="FIRE")
        add_incident(session, category_code="c1", priority="urgent", agency_id=agency.id)
        add_incident(session, category_code="c2", stage="handling", due_at=NOW - DAY)
        add_incident(session, category_code="c3", source="sensor")
        view = replace(VIEW, incidents=chosen)
    with store.reading() as session:
        assert figures(session, view)["received"].now.value == expected
        assert incidents.located(session, SEAT, view) == expected
        assert len(incidents.points(session, SEAT, view, 10)) == expected


def test_box_takes_incidents_and_cameras_inside_it(store: Store) -> None:
    with store.writing(at=NOW) as session:
        add_incident(session)
        add_camera(session)
        around = BBox(HERE[0], HERE[1], HERE[0] + 0.01, HERE[1] + 0.01)
        beside = BBox(HERE[0] + 0.02, HERE[1], HERE[0] + 0.03, HERE[1] + 0.01)
    with store.reading() as session:
        for box, expected in ((around, 1), (beside, 0)):
            view = replace(VIEW, bbox=box)
            assert incidents.located(session, SEAT, view) == expected
            assert cameras.located(session, SEAT, view) == expected


@pytest.mark.parametrize("resolution", range(5, 13))
def test_cells_of_every_resolution_hold_every_incident(store: Store, resolution: int) -> None:
    with store.writing(at=NOW) as session:
        for column in range(6):
            longitude, latitude = middle_of(square(column, column))
            for _ in range(column + 1):
                add_incident(session, longitude=longitude, latitude=latitude)
        add_incident(session, longitude=None, latitude=None)
    with store.reading() as session:
        counted = incidents.count_by_cell(session, SEAT, VIEW, resolution)
        assert counted.total == 21
        assert list(counted.cells) == sorted(counted.cells)
        first = cells.cell_at(*middle_of(square(0, 0)))
        parent = int(cells.ancestors(np.array([first], dtype=np.uint64), resolution)[0])
        assert parent in counted.cells


def test_cluster_of_one_is_that_incident(store: Store) -> None:
    with store.writing(at=NOW) as session:
        alone = add_incident(session, due_at=NOW - DAY, stage="handling")
        alone_id, alone_no = alone.id, alone.incident_no
        longitude, latitude = middle_of(square(5, 5))
        for _ in range(3):
            add_incident(session, longitude=longitude, latitude=latitude)
    with store.reading() as session:
        marks = incidents.clusters(session, SEAT, VIEW, 9)
        by_count = {mark.count: mark for mark in marks}
        assert (by_count[1].id, by_count[1].overdue) == (alone_id, 1)
        assert (by_count[1].stage, by_count[1].incident_no) == ("handling", alone_no)
        assert by_count[3].id is None
        assert (by_count[3].longitude, by_count[3].latitude) == pytest.approx((longitude, latitude))


def nested(session: Session) -> tuple[GridUnit, GridUnit]:
    scheme = add_scheme(session, "grid", levels=2)
    zone = add_grid(session, scheme=scheme, level=1, code="Z", geometry=square(size_deg=0.02))
    micro = add_grid(session, scheme=scheme, level=2, code="M", parent_id=zone.id)
    add_grid(session, scheme=scheme, level=2, code="N", geometry=square(1), parent_id=zone.id)
    return zone, micro


def test_path_leads_from_the_coarsest_grid_to_the_selected(store: Store) -> None:
    with store.writing(at=NOW) as session:
        nested(session)
    with store.reading() as session:
        line = grids.path(session, SEAT, replace(VIEW, grid="M"))
        assert [unit.code for unit in line] == ["Z", "M"]
        with pytest.raises(NotFoundError, match="'X'"):
            grids.path(session, SEAT, replace(VIEW, grid="X"))


def test_figures_follow_the_selected_grid(store: Store) -> None:
    with store.writing(at=NOW) as session:
        nested(session)
        add_incident(session)
        longitude, latitude = middle_of(square(1))
        add_incident(session, longitude=longitude, latitude=latitude, due_at=NOW - DAY)
        add_camera(session)
        assign_incidents(session)
        assign_cameras(session)
    with store.reading() as session:
        received = {
            code: figures(session, replace(VIEW, grid=code))["received"].now.value
            for code in ("Z", "M", "N")
        }
        assert received == {"Z": 2, "M": 1, "N": 1}
        tallies = grids.tallies(session, SEAT, VIEW, level=2)
        assert tallies["N"] == grids.GridTally(1, 1, 1)
        assert figures(session, replace(VIEW, grid="N"))["cameras_online_rate"].now.n == 0


def test_finer_level_suits_a_closer_zoom(store: Store) -> None:
    with store.writing(at=NOW) as session:
        scheme = add_scheme(session, "grid", levels=2)
        wide, narrow = square(size_deg=0.1), square(size_deg=0.005)
        add_grid(session, scheme=scheme, level=1, geometry=wide, area_m2=1.0e8)
        add_grid(session, scheme=scheme, level=2, geometry=narrow, area_m2=2.5e5)
    with store.reading() as session:
        found = [
            grids.level_for(session, SEAT, replace(VIEW, zoom=zoom)).level for zoom in (8, 12, 17)
        ]
        assert found == [1, 1, 2]
        pinned = replace(VIEW, zoom=8, level=2)
        assert grids.level_for(session, SEAT, pinned).level == 2


def test_scope_hides_places_as_if_they_were_absent(store: Store) -> None:
    with store.writing(at=NOW) as session:
        county = add_area(session, code="C", level="county", geometry=square(size_deg=0.1))
        add_area(session, code="V", parent_id=county.id)
        add_area(session, code="W", parent_id=county.id, geometry=square(1))
        add_grid(session, code="GV")
        add_grid(session, code="GW", geometry=square(1))
        mine = add_incident(session)
        longitude, latitude = middle_of(square(1))
        other = add_incident(session, longitude=longitude, latitude=latitude)
        assign_incidents(session)
        link_areas(session)
        mine_id, other_id, other_no = mine.id, other.id, other.incident_no
    seat = Scope(role=Role.COMMUNITY, area_codes=frozenset({"V"}))
    with store.reading() as session:
        assert [mark.id for mark in incidents.points(session, seat, VIEW, 9)] == [mine_id]
        assert details.incident(session, seat, mine_id).incident.id == mine_id
        with pytest.raises(NotFoundError):
            details.incident(session, seat, other_id)
        assert [unit.code for unit in grids.units(session, seat, VIEW, 1)] == ["GV"]
        assert search.find(session, seat, other_no, NOW) == []
        everything = Scope(role=Role.COMMUNITY, area_codes=frozenset({"C"}))
        assert incidents.located(session, everything, VIEW) == 2
        nothing = Scope(role=Role.COMMUNITY, area_codes=frozenset())
        assert incidents.located(session, nothing, VIEW) == 0
        assert town.bounds(session, nothing) is None


def test_scope_by_grid_reaches_the_grids_below(store: Store) -> None:
    with store.writing(at=NOW) as session:
        zone, micro = nested(session)
        add_incident(session)
        longitude, latitude = middle_of(square(1))
        add_incident(session, longitude=longitude, latitude=latitude)
        assign_incidents(session)
        seats = [
            (Scope(role=Role.COMMUNITY, grid_ids=frozenset({grid.id})), expected)
            for grid, expected in ((zone, 2), (micro, 1))
        ]
    with store.reading() as session:
        for seat, expected in seats:
            assert incidents.located(session, seat, VIEW) == expected


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "  ", "<img src=x>"])
def test_search_takes_signs_literally(store: Store, text: str) -> None:
    with store.writing(at=NOW) as session:
        add_grid(session, name="Plain")
    with store.reading() as session:
        assert search.find(session, SEAT, text, NOW) == []


def test_search_finds_grids_by_any_of_their_names(store: Store) -> None:
    with store.writing(at=NOW) as session:
        add_grid(session, name="清溪一网格", code="G77", translations={"en": "Clear Creek 1"})
    with store.reading() as session:
        for text in ("清溪", "g77", "clear creek"):
            assert [hit.key for hit in search.find(session, SEAT, text, NOW)] == ["G77"]


def test_revision_tells_which_topics_moved(store: Store) -> None:
    with store.writing("grids", at=NOW) as session:
        add_grid(session)
    with store.writing("incidents", at=NOW + DAY) as session:
        add_incident(session)
    with store.reading() as session:
        grid = changes.freshness(session, SEAT, {"grids"})
        both = changes.freshness(session, SEAT, {"grids", "incidents"})
        assert grid.revision < both.revision
        assert (grid.as_of, both.as_of) == (NOW, NOW + DAY)
        assert changes.freshness(session, SEAT, {"cameras"}).as_of is None
