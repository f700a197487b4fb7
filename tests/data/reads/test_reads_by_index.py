"""What the index of incidents answers is exactly what the database answers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import cells
from data.geo import BBox, IncidentFilter, Period, View
from data.index.live import attached
from data.scope import BUILT_IN_OPERATOR, Role, Scope
from data.store import Store, open_store, upgrade
from tests.both_ways import READS, Question, agree, compare
from tests.makers import HERE
from tests.postgres_cluster import PostgresCluster
from tests.random_town import (
    AGENCIES,
    AREA_CODES,
    CATEGORIES,
    GRID_CODES,
    MOMENTS,
    PLACES,
    PRIORITIES,
    SOURCES,
    STAGES,
    Town,
    founded,
    live_on,
)

READS_FOLDER = Path(__file__).resolve().parents[3] / "data" / "reads"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """Return a town in a database with an index, once of each kind, for all questions here."""
    folder = tmp_path_factory.mktemp("town")
    url = f"sqlite:///{folder / 'town.db'}"
    if request.param == "postgresql":
        cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
        cluster.create("town_by_index")
        url = cluster.url("town_by_index")
    store = open_store(url)
    upgrade(store)
    yield founded(attached(store, folder / "index"), Random(1), 400)
    store.engine.dispose()
    if request.param == "postgresql":
        cluster.drop("town_by_index")


def some_of(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw a filter, most often none."""
    chosen = st.lists(st.sampled_from((*values, "none such")), max_size=2, unique=True)
    return st.just(()) | chosen.map(tuple)


moments = st.sampled_from(MOMENTS) | st.sampled_from(MOMENTS).map(
    lambda moment: moment.replace(microsecond=0)
)
periods = st.builds(
    lambda one, other: Period(min(one, other), max(one, other) + timedelta(microseconds=1)),
    moments,
    moments,
) | st.builds(
    lambda one, other: Period(min(one, other), max(one, other) + timedelta(hours=1)),
    moments.map(lambda moment: moment.replace(microsecond=0)),
    moments.map(lambda moment: moment.replace(microsecond=0)),
)
filters = st.builds(
    IncidentFilter,
    categories=some_of(CATEGORIES),
    stages=some_of(STAGES),
    priorities=some_of(PRIORITIES),
    sources=some_of(SOURCES),
    agencies=some_of(AGENCIES),
    overdue_only=st.booleans(),
)
# Through the very positions of incidents, so that some lie exactly on an edge.
longitudes = st.sampled_from([HERE[0] + step * 0.005 for step in range(-1, 10)])
latitudes = st.sampled_from([HERE[1] + step * 0.005 for step in range(-2, 6)])
boxes = st.sampled_from(
    [
        None,
        BBox(-180, -90, 180, 90),
        BBox(179.9, -17, -179.9, 1),
        BBox(180, -20, -180, 20),
        BBox(0, 0, 0, 0),
        BBox(-10, 80, 10, 90),
        BBox(10.4, 58.2, 10.7, 58.4),
        BBox(-120, -80, 170, 80),
    ]
) | st.builds(
    lambda one, other, low, high: BBox(
        min(one, other), min(low, high), max(one, other), max(low, high)
    ),
    longitudes,
    longitudes,
    latitudes,
    latitudes,
)
views = st.builds(
    View,
    period=periods,
    at=moments,
    bbox=boxes,
    incidents=st.just(IncidentFilter()) | filters,
    scheme=st.sampled_from([None, None, "grid", "police", "none such"]),
    grid=st.sampled_from([None, None, None, *GRID_CODES]),
)
base_cells = [cells.cell_at(x, y) for x, y in PLACES if x is not None and y is not None]
covers = st.lists(
    st.builds(
        lambda cell, resolution: int(
            cells.ancestors(np.array([cell], dtype=np.uint64), resolution)[0]
        ),
        st.sampled_from(base_cells),
        st.integers(0, 15),
    ),
    max_size=4,
).map(tuple)


def scopes(grid_ids: tuple[int, ...]) -> st.SearchStrategy[Scope]:
    """Draw who asks: the operator, or seats that see some areas, some grids, or neither."""
    seats = st.builds(
        Scope,
        role=st.just(Role.COMMUNITY),
        area_codes=st.none() | st.frozensets(st.sampled_from(AREA_CODES), max_size=2),
        grid_ids=st.none() | st.frozensets(st.sampled_from((*grid_ids, 10**6)), max_size=2),
    )
    return st.just(BUILT_IN_OPERATOR) | seats


@settings(max_examples=80)
@given(data=st.data())
def test_every_read_is_the_same_with_the_index(town: Town, data: st.DataObject) -> None:
    asked = Question(
        scope=data.draw(scopes(town.grid_ids)),
        view=data.draw(views),
        resolution=data.draw(st.integers(cells.COARSEST_RESOLUTION, cells.FINEST_RESOLUTION)),
        within=data.draw(st.none() | covers),
        limit=data.draw(st.sampled_from([1, 7, 400])),
    )
    compare(town.store, asked)


def test_every_seat_is_answered_the_same_with_the_index(town: Town) -> None:
    wide = Period(min(MOMENTS), max(MOMENTS))
    area_seats = [
        Scope(Role.COMMUNITY, area_codes=frozenset(codes))
        for codes in ((), ("TOWN",), ("WEST",), ("WEST", "EAST"), ("none such",))
    ]
    grid_seats = [Scope(Role.COMMUNITY, grid_ids=frozenset({id_})) for id_ in town.grid_ids]
    both = Scope(Role.COMMUNITY, frozenset({"TOWN"}), frozenset(town.grid_ids[1:3]))
    for seat in (*area_seats, *grid_seats, both, Scope(Role.COMMUNITY, grid_ids=frozenset())):
        for grid in (None, "N"):
            compare(town.store, Question(seat, View(wide, MOMENTS[7], grid=grid)))


def some_question(chance: Random) -> Question:
    """Return a question whose parts are all likely to leave something."""
    one, other = sorted(chance.sample(MOMENTS, 2))
    area, grid = chance.choice((None, "TOWN", "WEST")), chance.choice((None, "ZONE", "N", "P1"))
    view = View(
        period=Period(one, other),
        at=chance.choice(MOMENTS),
        bbox=chance.choice((None, None, BBox(HERE[0], HERE[1], HERE[0] + 0.02, HERE[1] + 0.02))),
        incidents=IncidentFilter(
            categories=chance.choice(((), (), CATEGORIES[:2])),
            stages=chance.choice(((), (), STAGES[:2])),
            overdue_only=chance.random() < 0.2,
        ),
        scheme="police" if grid == "P1" else None,
        grid=grid,
    )
    scope = Scope(Role.COMMUNITY, None if area is None else frozenset({area}))
    return Question(scope, view, chance.randint(5, 12))


def test_every_read_stays_the_same_while_incidents_come_change_and_go(
    store: Store, tmp_path: Path
) -> None:
    chance = Random(2)
    town = founded(attached(store, tmp_path / "index"), chance, 60)
    for _ in range(10):
        for _ in range(2):
            compare(town.store, some_question(chance))
        live_on(town, chance)


def asking(module: ast.Module) -> Iterator[str]:
    """Yield the public functions of a module of reads that put a question to the index."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            calls = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
            if "indexed.asked" in map(ast.unparse, calls):
                yield node.name


def test_every_read_that_asks_the_index_is_compared() -> None:
    found = {
        f"{file.stem}.{name}"
        for file in READS_FOLDER.glob("*.py")
        for name in asking(ast.parse(file.read_text("utf-8")))
    }
    assert found <= set(READS)
    assert len(found) >= 7


def test_comparison_sees_a_difference(town: Town) -> None:
    period = Period(min(MOMENTS), max(MOMENTS))
    view, fewer = (
        View(period, MOMENTS[0], incidents=IncidentFilter(stages=stages))
        for stages in ((), STAGES[:1])
    )
    with town.store.reading() as session:
        for name, read in READS.items():
            both = [read(session, Question(BUILT_IN_OPERATOR, one)) for one in (view, fewer)]
            assert not agree(*both), name
            assert agree(both[0], both[0])
