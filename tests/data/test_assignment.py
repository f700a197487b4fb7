"""Where rows belong, on both databases."""

from datetime import timedelta

import pytest
from pyproj import Geod
from shapely import MultiPolygon, box, segmentize
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.assignment import area_m2, assign_cameras, assign_incidents, link_areas
from data.models import Camera, CameraGrid, GridAreaLink, Incident, IncidentGrid
from data.partition import PartitionCache
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


def grids_of(session: Session, incident: Incident) -> set[int]:
    rows = select(IncidentGrid.grid_id).where(IncidentGrid.incident_id == incident.id)
    return set(session.scalars(rows))


def test_incident_belongs_to_one_grid_of_every_scheme_and_level(store: Store) -> None:
    with store.writing(at=NOW) as session:
        first, second = add_scheme(session, "a", levels=2), add_scheme(session, "b")
        wide = add_grid(session, scheme=first, level=1, geometry=square(size_deg=0.02))
        narrow = add_grid(session, scheme=first, level=2)
        other = add_grid(session, scheme=second)
        add_grid(session, scheme=second, geometry=square(3, 3))
        incident = add_incident(session)
        assert assign_incidents(session) == 1
        assert grids_of(session, incident) == {wide.id, narrow.id, other.id}


def test_incident_belongs_to_the_grid_that_was_valid_when_it_was_reported(store: Store) -> None:
    change = NOW - timedelta(days=10)
    with store.writing(at=NOW) as session:
        before = add_grid(session, code="G1", valid_until=change)
        after = add_grid(session, code="G1", valid_from=change)
        old = add_incident(session, reported_at=change - timedelta(seconds=1))
        new = add_incident(session, reported_at=change)
        assign_incidents(session)
        assert grids_of(session, old) == {before.id}
        assert grids_of(session, new) == {after.id}


def test_point_on_a_border_goes_to_the_lowest_code(store: Store) -> None:
    with store.writing(at=NOW) as session:
        add_grid(session, code="B", geometry=square(0))
        low = add_grid(session, code="A", geometry=square(1))
        border = HERE[0] + 0.01
        incident = add_incident(session, longitude=border, latitude=HERE[1] + 0.005)
        assign_incidents(session)
        assert grids_of(session, incident) == {low.id}


def test_incident_without_a_place_belongs_to_no_grid(store: Store) -> None:
    with store.writing(at=NOW) as session:
        add_grid(session)
        incident = add_incident(session, longitude=None, latitude=None)
        assign_incidents(session)
        assert grids_of(session, incident) == set()


def test_assigning_again_moves_only_the_rows_named(store: Store) -> None:
    with store.writing(at=NOW) as session:
        here, there = add_grid(session), add_grid(session, geometry=square(2))
        moved, kept = add_incident(session), add_incident(session)
        assign_incidents(session)
        for incident in (moved, kept):
            incident.longitude, incident.latitude = middle_of(square(2))
        session.flush()
        assign_incidents(session, [moved.id])
        assert grids_of(session, moved) == {there.id}
        assert grids_of(session, kept) == {here.id}


def test_what_a_caller_keeps_of_the_division_follows_its_changes(store: Store) -> None:
    partitions = PartitionCache()
    with store.writing(at=NOW) as session:
        add_area(session, level="township", geometry=square(size_deg=0.04))
        grid = add_grid(session)
        here, there = add_incident(session), add_incident(session)
        there.longitude, there.latitude = middle_of(square(2))
        session.flush()
        for _ in range(2):
            assign_incidents(session, [here.id], partitions)
            assert grids_of(session, here) == {grid.id}
        grid.geometry = square(2)
        session.flush()
        assign_incidents(session, partitions=partitions)
        assert grids_of(session, here) == set()
        assert grids_of(session, there) == {grid.id}


def test_areas_belong_to_their_codes_however_the_database_sorts(store: Store) -> None:
    with store.writing(at=NOW) as session:
        areas = {
            code: add_area(session, code=code, geometry=square(column)).id
            for column, code in enumerate(("b", "B", "a-1", "a1"))
        }
        rows = [
            add_incident(session, longitude=x, latitude=y)
            for x, y in (middle_of(square(column)) for column in range(4))
        ]
        assign_incidents(session)
        session.expire_all()
        assert [row.area_id for row in rows] == list(areas.values())


def test_row_lies_in_the_lowest_area_that_covers_it(store: Store) -> None:
    with store.writing(at=NOW) as session:
        town = add_area(session, level="township", geometry=square(size_deg=0.04))
        village = add_area(session, level="village", parent_id=town.id)
        inside = add_incident(session)
        beside = add_incident(session, longitude=HERE[0] + 0.035, latitude=HERE[1] + 0.005)
        far = add_incident(session, longitude=0.0, latitude=0.0)
        assign_incidents(session)
        session.expire_all()
        found = [session.get_one(Incident, row.id).area_id for row in (inside, beside, far)]
        assert found == [village.id, town.id, None]


def test_camera_belongs_to_the_grids_of_every_time_once(store: Store) -> None:
    change = NOW - timedelta(days=10)
    with store.writing(at=NOW) as session:
        village = add_area(session)
        grids = {
            add_grid(session, code="G1", valid_until=change).id,
            add_grid(session, code="G1", valid_from=change).id,
        }
        add_grid(session, code="G2", geometry=square(2), valid_from=change)
        camera = add_camera(session)
        assign_cameras(session)
        assert set(session.scalars(select(CameraGrid.grid_id))) == grids
        session.expire_all()
        assert session.get_one(Camera, camera.id).area_id == village.id


def test_shares_of_a_grid_over_areas_sum_to_one(store: Store) -> None:
    with store.writing(at=NOW) as session:
        add_area(session, geometry=square(0))
        add_area(session, geometry=square(1))
        quarter = MultiPolygon([box(HERE[0] + 0.005, HERE[1], HERE[0] + 0.02, HERE[1] + 0.01)])
        add_grid(session, geometry=quarter)
        add_grid(session, geometry=square(5))
        assert link_areas(session) == 2
        links = session.scalars(select(GridAreaLink).order_by(GridAreaLink.area_id)).all()
        assert [link.share_of_grid for link in links] == pytest.approx([1 / 3, 2 / 3], rel=1e-6)
        assert [link.share_of_area for link in links] == pytest.approx([0.5, 1.0], rel=1e-6)


def test_area_is_that_of_the_ellipsoid() -> None:
    shape = segmentize(box(112.3, 30.3, 112.4, 30.4), 0.001)
    geodesic_m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(shape)
    assert area_m2(shape) == pytest.approx(abs(geodesic_m2), rel=1e-6)
