"""`python -m data kpi` and `count`, as a shell sees them."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import h3.api.basic_str as h3
import pytest
from click.testing import CliRunner, Result

from data.assignment import assign_incidents
from data.cli import main
from data.reads import town
from data.scope import BUILT_IN_OPERATOR
from data.store import Store, open_store
from tests.makers import NOW, add_grid, add_incident, middle_of, square

MARCH = ("--since", "2026-03-01", "--until", "2026-03-03")


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEZHI_DATABASE_URL": url})


def answer(url: str, *words: str) -> Any:
    result = run(url, *words, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def places(store: Store) -> list[tuple[float, float]]:
    """Report incidents in two grids; the last of them is closed after its due time."""
    found = [middle_of(square(column, 0)) for column in (0, 0, 0, 1, 4)]
    with store.writing(at=NOW) as session:
        add_grid(session, code="A", geometry=square(0))
        add_grid(session, code="B", geometry=square(1))
        for number, (longitude, latitude) in enumerate(found):
            add_incident(
                session,
                longitude=longitude,
                latitude=latitude,
                category_code="03" if number == 0 else "01",
                due_at=NOW - timedelta(minutes=30),
                closed_at=NOW if number == 4 else None,
            )
        assign_incidents(session)
    return found


def test_count_gives_hexadecimal_cells_of_the_base_cells_ancestors(
    database_url: str, places: list[tuple[float, float]]
) -> None:
    for resolution in (5, 9, 12):
        document = answer(database_url, "count", "--resolution", str(resolution), *MARCH)
        expected = Counter(
            h3.cell_to_parent(h3.latlng_to_cell(latitude, longitude, 15), resolution)
            for longitude, latitude in places
        )
        assert dict(zip(document["cells"], document["counts"], strict=True)) == expected
        assert document["total"] == len(places)


def test_count_keeps_to_category_box_and_period(
    database_url: str, places: list[tuple[float, float]]
) -> None:
    west, south = (edge - 0.001 for edge in places[0])
    box = f"{west},{south},{west + 0.002},{south + 0.002}"
    asked = ("count", "--resolution", "9")
    assert answer(database_url, *asked, *MARCH, "--category", "03")["total"] == 1
    assert (
        answer(database_url, *asked, *MARCH, "--category", "03", "--category", "01")["total"] == 5
    )
    assert answer(database_url, *asked, *MARCH, "--bbox", box)["total"] == 3
    later = ("--since", "2026-03-03", "--until", "2026-03-04")
    assert answer(database_url, *asked, *later)["total"] == 0


@pytest.mark.usefixtures("places")
def test_kpi_prints_numerator_and_denominator_of_every_figure(database_url: str) -> None:
    document = answer(database_url, "kpi", *MARCH, "--as-of", "2026-03-02T12:00:00+08:00")
    by_key = {one["key"]: one for one in document["kpis"]}
    rate = by_key["closure_rate"]
    assert (rate["numerator"], rate["denominator"], rate["value"]) == (1, 5, 20.0)
    assert by_key["overdue_open"]["numerator"] == 4
    assert by_key["closed_late"]["numerator"] == 1
    assert by_key["median_handling_h"]["value"] == 1.0
    assert by_key["cameras_online_rate"]["value"] is None
    assert all(one["definition"] and one["source"] for one in document["kpis"])


@pytest.mark.usefixtures("places")
def test_kpi_of_a_moment_knows_nothing_of_what_came_later(database_url: str) -> None:
    document = answer(database_url, "kpi", *MARCH, "--as-of", "2026-03-02T11:20:00+08:00")
    by_key = {one["key"]: one["value"] for one in document["kpis"]}
    assert (by_key["closed"], by_key["overdue_open"]) == (0, 0)


@pytest.mark.usefixtures("places")
def test_kpi_follows_grid_and_category(database_url: str) -> None:
    received = {}
    for words in (("--grid", "A"), ("--grid", "B"), ("--category", "03"), ()):
        document = answer(database_url, "kpi", *MARCH, *words)
        received[words] = document["kpis"][0]["value"]
    assert list(received.values()) == [3, 1, 1, 5]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("kpi", "--since", "yesterday", "--until", "2026-03-03"), "'yesterday'"),
        (("kpi", "--since", "2026-03-03", "--until", "2026-03-01"), "end after it starts"),
        (("kpi", *MARCH, "--grid", "nowhere"), "'nowhere'"),
        (("count", "--resolution", "13", *MARCH), "Resolution 13"),
        (("count", "--resolution", "9", *MARCH, "--bbox", "1,2"), "'1,2'"),
    ],
)
def test_bad_question_is_one_sentence_and_exit_1(
    sqlite_url: str, words: tuple[str, ...], named: str
) -> None:
    result = run(sqlite_url, *words)
    assert result.exit_code == 1
    assert named in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_missing_option_is_wrong_usage(sqlite_url: str) -> None:
    assert run(sqlite_url, "kpi").exit_code == 2
    assert run(sqlite_url, "no-such-command").exit_code == 2


def test_wrong_setting_stops_the_start_with_a_sentence() -> None:
    result = run("mysql://somewhere/db", "upgrade")
    assert result.exit_code == 1
    assert "GEZHI_DATABASE_URL='mysql://somewhere/db'" in result.stderr


def test_town_has_the_name_that_it_is_given(sqlite_url: str) -> None:
    result = run(sqlite_url, "town", "河东镇", "--en", "Hedong Town")
    assert result.exit_code == 0
    store = open_store(sqlite_url)
    with store.reading() as session:
        named = town.describe(session, BUILT_IN_OPERATOR)
    assert (named.name, named.translations) == ("河东镇", {"en": "Hedong Town"})
    assert not named.is_demonstration
    store.engine.dispose()
