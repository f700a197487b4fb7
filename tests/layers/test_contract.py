"""Every layer against every promise, without naming one."""

import importlib
import pkgutil
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

import layers
from data.assignment import assign_cameras, assign_incidents
from data.errors import NotFoundError
from data.geo import BBox, IncidentFilter, Period, View
from data.scope import BUILT_IN_OPERATOR, Role, Scope
from data.store import Store
from layers.contract import Layer, Picture
from tests.makers import (
    NOW,
    add_area,
    add_camera,
    add_grid,
    add_incident,
    add_scheme,
    middle_of,
    square,
)

VIEW = View(period=Period(NOW - timedelta(days=30), NOW + timedelta(days=1)), at=NOW, zoom=14)
HOSTILE = "<img src=x onerror=alert(1)>"

each_layer = pytest.mark.parametrize("layer", layers.LAYERS, ids=lambda layer: layer.key)


@pytest.fixture
def store(asked_store: Store) -> Store:
    """Ask with an index too: the truths are the same."""
    return asked_store


def fill(session: Session) -> None:
    scheme = add_scheme(session, levels=2)
    zone = add_grid(session, scheme=scheme, level=1, name=HOSTILE)
    add_grid(session, scheme=scheme, level=2, parent_id=zone.id, residents=0, households=None)
    add_area(session, name=HOSTILE)
    for hours in range(5):
        reported_at = NOW - timedelta(hours=hours + 1)
        add_incident(session, title=HOSTILE, reported_at=reported_at, due_at=NOW)
    add_camera(session, name=HOSTILE, azimuth_deg=90.0)
    add_camera(session, status="offline")
    assign_incidents(session)
    assign_cameras(session)


def parts_of(picture: Picture) -> int:
    return len(picture.units or picture.cells or picture.points or ())


def classes_of(picture: Picture) -> set[int | None]:
    return {
        *(unit.class_ for unit in picture.units or ()),
        *(picture.cells.classes.tolist() if picture.cells else ()),
        *(point.class_ for point in picture.points or ()),
    }


def test_every_module_that_declares_a_layer_is_listed() -> None:
    names = [module.name for module in pkgutil.iter_modules(layers.__path__)]
    modules = [importlib.import_module(f"layers.{name}") for name in names]
    declared = {module.LAYER.key for module in modules if hasattr(module, "LAYER")}
    assert declared == {layer.key for layer in layers.LAYERS}


def test_keys_are_unique() -> None:
    assert len({layer.key for layer in layers.LAYERS}) == len(layers.LAYERS)


@each_layer
def test_key_is_safe_and_names_its_module(layer: Layer) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", layer.key)
    assert layer.query.__module__ == f"layers.{layer.key}"


@each_layer
def test_topics_are_those_of_the_change_feed(layer: Layer) -> None:
    known = {"areas", "grids", "incidents", "cameras", "organisations", "catalogue"}
    assert layer.topics
    assert layer.topics <= known


@each_layer
def test_only_areas_have_outlines(layer: Layer) -> None:
    assert (layer.outlines is not None) == (layer.shape == "area")


@each_layer
def test_empty_database_draws_nothing(layer: Layer, store: Store) -> None:
    with store.reading() as session:
        picture = layer.query(session, BUILT_IN_OPERATOR, VIEW)
        assert (parts_of(picture), picture.shown, picture.total) == (0, 0, 0)
        assert layer.outlines is None or not layer.outlines(session, BUILT_IN_OPERATOR, VIEW)


@each_layer
def test_value_has_a_class_of_the_legend(layer: Layer, store: Store) -> None:
    with store.writing(at=NOW) as session:
        fill(session)
    with store.reading() as session:
        for measure in layer.measures or (None,):
            picture = layer.query(session, BUILT_IN_OPERATOR, replace(VIEW, measure=measure))
            assert parts_of(picture) > 0
            assert classes_of(picture) <= {None, *range(len(picture.legend.classes))}
            assert picture.shown == picture.total


@each_layer
def test_nothing_is_seen_from_outside_the_scope(layer: Layer, store: Store) -> None:
    nobody = Scope(role=Role.COMMUNITY, area_codes=frozenset())
    with store.writing(at=NOW) as session:
        fill(session)
    with store.reading() as session:
        picture = layer.query(session, nobody, VIEW)
        assert (parts_of(picture), picture.total) == (0, 0)


@each_layer
def test_outlines_are_those_of_the_units(layer: Layer, store: Store) -> None:
    if layer.outlines is None:
        return
    with store.writing(at=NOW) as session:
        fill(session)
    with store.reading() as session:
        units = layer.query(session, BUILT_IN_OPERATOR, VIEW).units or ()
        outlines = layer.outlines(session, BUILT_IN_OPERATOR, VIEW)
        assert [unit.id for unit in units] == [outline.id for outline in outlines]


@each_layer
def test_hidden_layer_looks_absent(layer: Layer) -> None:
    assert layers.find(layer.key, Role.OPERATOR) is layer
    with pytest.raises(NotFoundError) as absent:
        layers.find("no_such_layer", Role.OPERATOR)
    assert (
        str(absent.value).replace("no_such_layer", layer.key) == f"There is no layer {layer.key!r}."
    )


def test_incidents_gather_when_many_are_in_view_and_part_when_close(store: Store) -> None:
    incidents = layers.find("incidents", Role.OPERATOR)
    with store.writing(at=NOW) as session:
        for _ in range(401):
            add_incident(session)
    with store.reading() as session:
        far = incidents.query(session, BUILT_IN_OPERATOR, VIEW)
        assert [(point.id, point.count) for point in far.points or ()] == [(None, 401)]
        assert (far.shown, far.total) == (401, 401)
        near = incidents.query(session, BUILT_IN_OPERATOR, replace(VIEW, zoom=17))
        assert len(near.points or ()) == 401


def test_overdue_incident_has_its_own_shape(store: Store) -> None:
    incidents = layers.find("incidents", Role.OPERATOR)
    with store.writing(at=NOW) as session:
        add_incident(session, due_at=NOW - timedelta(hours=1))
        add_incident(session, due_at=NOW + timedelta(hours=1))
    with store.reading() as session:
        points = incidents.query(session, BUILT_IN_OPERATOR, VIEW).points or ()
        assert sorted(point.mark for point in points) == ["circle", "triangle"]


def test_grid_without_residents_has_no_rate(store: Store) -> None:
    grids = layers.find("grids", Role.OPERATOR)
    with store.writing(at=NOW) as session:
        add_grid(session, residents=None)
    with store.reading() as session:
        (unit,) = grids.query(session, BUILT_IN_OPERATOR, VIEW).units or ()
        assert (unit.value, unit.text, unit.class_) == (None, "", None)


def test_load_takes_the_larger_of_households_and_residents(store: Store) -> None:
    grids = layers.find("grids", Role.OPERATOR)
    with store.writing(at=NOW) as session:
        add_grid(session, households=500, residents=600)
    with store.reading() as session:
        picture = grids.query(session, BUILT_IN_OPERATOR, replace(VIEW, measure="load"))
        assert [unit.value for unit in picture.units or ()] == [500 / 400]


def test_colour_of_a_grid_ignores_box_and_selection(store: Store) -> None:
    grids = layers.find("grids", Role.OPERATOR)
    with store.writing(at=NOW) as session:
        add_grid(session, code="A")
        add_incident(session)
        assign_incidents(session)
        elsewhere = replace(VIEW, bbox=BBox(0, 0, 1, 1), grid="B", incidents=IncidentFilter())
    with store.reading() as session:
        values = [
            [unit.value for unit in grids.query(session, BUILT_IN_OPERATOR, view).units or ()]
            for view in (VIEW, elsewhere)
        ]
        assert values[0] == values[1] == [pytest.approx(1000 / 900)]


def test_cell_at_the_edge_of_the_view_counts_all_its_incidents(store: Store) -> None:
    cells = layers.find("incident_cells", Role.OPERATOR)
    with store.writing(at=NOW) as session:
        longitude, latitude = middle_of(square())
        for step in range(20):
            add_incident(session, longitude=longitude + step * 0.0001, latitude=latitude)
        through_the_middle = BBox(longitude - 0.001, latitude - 0.01, longitude + 0.001, 31)
    with store.reading() as session:
        whole = cells.query(session, BUILT_IN_OPERATOR, replace(VIEW, zoom=12)).cells
        cut = replace(VIEW, zoom=12, bbox=through_the_middle)
        part = cells.query(session, BUILT_IN_OPERATOR, cut).cells
        assert whole is not None
        assert part is not None
        assert part.cells.tolist() == whole.cells.tolist()
        assert part.counts.tolist() == whole.counts.tolist()


def test_load_is_that_of_the_finest_level(store: Store) -> None:
    grids = layers.find("grids", Role.OPERATOR)
    with store.writing(at=NOW) as session:
        scheme = add_scheme(session, levels=2)
        zone = add_grid(session, scheme=scheme, level=1)
        add_grid(session, scheme=scheme, level=2, parent_id=zone.id)
    with store.reading() as session:
        for level, values in ((1, [None]), (2, [300 / 400])):
            view = replace(VIEW, measure="load", level=level)
            picture = grids.query(session, BUILT_IN_OPERATOR, view)
            assert [unit.value for unit in picture.units or ()] == values
            assert bool(picture.notes) == (level == 1)


def test_incidents_without_a_place_are_told(store: Store) -> None:
    incidents = layers.find("incidents", Role.OPERATOR)
    with store.writing(at=NOW) as session:
        add_incident(session)
        add_incident(session, longitude=None, latitude=None)
    with store.reading() as session:
        picture = incidents.query(session, BUILT_IN_OPERATOR, VIEW)
        assert (picture.shown, picture.total) == (1, 1)
        assert [note.params for note in picture.notes] == [{"n": "1"}]
