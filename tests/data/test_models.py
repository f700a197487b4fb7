"""Column types: what goes in comes out, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, box
from sqlalchemy import Dialect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, StatementError

from data.models import Area, GridUnit, Incident
from data.models.columns import UtcDateTime, as_multipolygon
from data.store import Store
from tests.makers import NOW, add_area, add_grid, add_incident, add_scheme, square

DIALECTS = [sqlite.dialect(), postgresql.dialect()]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_time_without_zone_is_refused(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 3, 2, 12, 0), dialect)  # noqa: DTZ001


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(
    moment=st.datetimes(
        min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
        timezones=st.timezones(),
    )
)
def test_any_aware_time_comes_back_as_the_same_moment_in_utc(
    dialect: Dialect, moment: datetime
) -> None:
    column = UtcDateTime()
    back = column.process_result_value(column.process_bind_param(moment, dialect), dialect)
    assert back == moment.astimezone(UTC)
    assert back is not None
    assert back.utcoffset() == timedelta(0)


def test_stored_time_comes_back_in_utc(store: Store) -> None:
    in_shanghai = datetime(2026, 3, 2, 12, 0, 0, 123456, timezone(timedelta(hours=8)))
    with store.writing(at=NOW) as session:
        add_incident(session, reported_at=in_shanghai)
    with store.reading() as session:
        stored = session.scalars(select(Incident.reported_at)).one()
    assert stored == in_shanghai
    assert stored.tzinfo == UTC


def test_naive_time_does_not_reach_the_database(store: Store) -> None:
    naive = datetime(2026, 3, 2, 12, 0)  # noqa: DTZ001 - the point of the test
    with pytest.raises(StatementError, match="no time zone"), store.writing(at=NOW) as session:
        add_incident(session, closed_at=naive)


def test_polygon_with_a_hole_comes_back_to_the_last_bit(store: Store) -> None:
    ring = shapely.difference(box(112.1, 30.1, 112.3, 30.3), box(112.15, 30.15, 112.2, 30.2))
    shape = MultiPolygon([ring, box(112.4, 30.1, 112.50000000000001, 30.2)])
    with store.writing(at=NOW) as session:
        add_area(session, geometry=shape)
    with store.reading() as session:
        stored = session.scalars(select(Area.geometry)).one()
    assert shapely.to_wkb(stored) == shapely.to_wkb(shape)


def test_postgis_knows_the_shape_and_its_coordinate_system(postgres_store: Store) -> None:
    with postgres_store.writing(at=NOW) as session:
        add_area(session, geometry=square())
    with postgres_store.reading() as session:
        found = session.execute(
            text("SELECT ST_SRID(geometry), GeometryType(geometry), ST_IsValid(geometry) FROM area")
        ).one()
    assert tuple(found) == (4326, "MULTIPOLYGON", True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=5)
@given(sides=st.integers(min_value=3, max_value=40))
def test_single_polygon_is_stored_as_a_multipolygon_of_one(sides: int) -> None:
    polygon = shapely.Point(112.3, 30.3).buffer(0.01, quad_segs=sides)
    shape = as_multipolygon(polygon)
    assert shape.geom_type == "MultiPolygon"
    assert list(shape.geoms) == [polygon]
    assert as_multipolygon(shape) is shape


def test_one_source_row_is_one_row(store: Store) -> None:
    with store.writing(at=NOW) as session:
        add_incident(session, source_system="hotline", source_id="7")
    with pytest.raises(IntegrityError), store.writing(at=NOW) as session:
        add_incident(session, source_system="hotline", source_id="7")


def test_grid_cannot_end_before_it_begins(store: Store) -> None:
    with pytest.raises(IntegrityError), store.writing(at=NOW) as session:
        add_grid(session, valid_from=NOW, valid_until=NOW - timedelta(days=1))


def test_one_code_may_name_two_grids_of_different_times(store: Store) -> None:
    with store.writing(at=NOW) as session:
        scheme = add_scheme(session)
        add_grid(session, scheme=scheme, code="A", valid_until=NOW)
        add_grid(session, scheme=scheme, code="A", valid_from=NOW)
    with store.reading() as session:
        assert session.scalars(select(GridUnit.code)).all() == ["A", "A"]


def test_cells_of_the_finest_resolution_fit_their_column(store: Store) -> None:
    with store.writing(at=NOW) as session:
        incident = add_incident(session)
        cell = incident.cell
    with store.reading() as session:
        assert session.scalars(select(Incident.cell)).one() == cell
