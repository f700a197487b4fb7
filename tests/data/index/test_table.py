"""The table of facts: what is picked is what a loop over all rows would pick."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.geo import BBox
from data.index.rows import NEVER_US
from data.index.table import CHUNK_ROWS, COLUMNS, GONE_US, Column, IncidentTable, Selection
from tests.plain_incidents import is_inside

Row = tuple[int, int, int, int, int, float, float]
"""Time of report, end, due time, code, place, longitude and latitude."""

rows = st.tuples(
    st.integers(-20, 20) | st.just(GONE_US),
    st.integers(-20, 20) | st.just(NEVER_US),
    st.integers(-20, 20) | st.just(NEVER_US),
    st.integers(0, 4),
    st.integers(0, 3),
    st.sampled_from([-180.0, -179.0, 0.0, 1.0, 180.0, np.nan]),
    st.sampled_from([-90.0, 0.0, 1.0]),
)
masks = st.none() | st.lists(st.booleans(), max_size=6).map(lambda held: np.array(held, np.bool_))
selections = st.builds(
    Selection,
    since_us=st.integers(-25, 25),
    until_us=st.integers(-25, 25),
    codes=masks,
    places=masks,
    bbox=st.sampled_from(
        [None, BBox(-180, -90, 180, 90), BBox(179, -90, -179, 0), BBox(0, 0, 1, 1)]
    ),
    open_at_us=st.none() | st.integers(-20, 20),
    overdue_at_us=st.none() | st.integers(-20, 20),
)


def columns_of(given_rows: list[Row], first: int = 0) -> dict[str, Column]:
    names = ("reported", "closed", "due", "codes", "places", "longitudes", "latitudes")
    columns = dict(
        zip(names, zip(*given_rows, strict=True) if given_rows else [()] * 7, strict=True)
    )
    numbers = range(first, first + len(given_rows))
    return {
        name: np.array(columns.get(name, numbers), dtype=kind) for name, kind in COLUMNS.items()
    }


def takes(asked: Selection, row: Row) -> bool:
    reported, closed, due, code, place, longitude, latitude = row
    at = asked.overdue_at_us
    return (
        asked.since_us <= reported < asked.until_us
        and (asked.codes is None or asked.codes[code : code + 1].any())
        and (asked.places is None or asked.places[place : place + 1].any())
        and (asked.bbox is None or is_inside(asked.bbox, (longitude, latitude)))
        and (asked.open_at_us is None or closed > asked.open_at_us)
        and (at is None or (closed > at and due < at))
    )


@given(portions=st.lists(st.lists(rows, max_size=8), max_size=4), asked=selections)
def test_picked_rows_are_those_asked_for_in_order(
    portions: list[list[Row]], asked: Selection
) -> None:
    table, held = IncidentTable(), list[Row]()
    for portion in portions:
        table.append(columns_of(portion, len(held)))
        held += portion
    wanted = [number for number, row in enumerate(held) if takes(asked, row)]
    ids, closed = table.picked(asked, "ids", "closed")
    assert ids.tolist() == wanted
    assert closed.tolist() == [held[number][1] for number in wanted]
    assert table.size == len(held)
    again = IncidentTable.of({name: table.column(name) for name in COLUMNS})
    assert again.picked(asked, "ids")[0].tolist() == wanted


@given(held=st.lists(rows, min_size=1, max_size=8), asked=selections, data=st.data())
def test_changed_value_is_found_and_a_row_that_is_gone_is_not(
    held: list[Row], asked: Selection, data: st.DataObject
) -> None:
    table = IncidentTable()
    table.append(columns_of(held))
    number = data.draw(st.integers(0, len(held) - 1))
    table.put("closed", number, 7)
    assert table.get("closed", number) == 7
    held[number] = (held[number][0], 7, *held[number][2:])
    ids = table.picked(asked, "ids")[0].tolist()
    assert ids == [number for number, row in enumerate(held) if takes(asked, row)]
    table.put("reported", number, GONE_US)
    assert number not in table.picked(asked, "ids")[0]


def test_rows_of_many_chunks_are_picked_in_order() -> None:
    size = 2 * CHUNK_ROWS + 5
    numbers = np.arange(size)
    # Roughly in the order of time, with a late one now and then.
    reported = numbers * 10 - np.where(numbers % 1_000 == 0, 3_000_000, 0)
    columns: dict[str, Column] = {name: np.zeros(size, kind) for name, kind in COLUMNS.items()}
    columns |= {"ids": numbers, "reported": reported, "codes": (numbers % 7).astype(np.uint32)}
    table, chance, start = IncidentTable(), Random(1), 0
    while start < size:
        stop = start + chance.choice((1, 999, CHUNK_ROWS, CHUNK_ROWS + 1))
        table.append({name: column[start:stop] for name, column in columns.items()})
        start = stop
    for held in (table, IncidentTable.of(columns)):
        assert held.size == size
        assert np.array_equal(held.column("reported"), reported)
        for since, until in ((0, 1), (CHUNK_ROWS * 10 - 30, CHUNK_ROWS * 10 + 30), (0, size * 10)):
            asked = Selection(since, until, codes=np.array([True, False, True]))
            wanted = (reported >= since) & (reported < until) & np.isin(numbers % 7, (0, 2))
            assert np.array_equal(held.picked(asked, "ids")[0], np.flatnonzero(wanted))


def test_column_that_was_taken_over_may_be_changed() -> None:
    columns = {name: np.zeros(CHUNK_ROWS + 1, kind) for name, kind in COLUMNS.items()}
    table = IncidentTable.of(columns)
    for number in (0, CHUNK_ROWS):
        table.put("due", number, 5)
        assert table.get("due", number) == 5
