from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data import cells
from data.errors import InvalidInputError
from data.models import ImportBatch, Incident, IncidentEvent, IncidentGrid, Organisation
from tests.data.intake.importing import INCIDENTS, Importer, outline
from tests.makers import NOW

OPEN = "1,Pothole,2026-02-01T08:00:00,,112.305,30.305\n"
CLOSED = "1,Pothole,2026-02-01T08:00:00,2026-02-03T08:00:00,112.305,30.305\n"


def events(importer: Importer) -> list[tuple[int, str, str, datetime]]:
    rows = sorted(importer.all(IncidentEvent), key=lambda row: (row.incident_id, row.sequence))
    return [(row.sequence, row.action, row.stage, row.at) for row in rows]


def test_row_becomes_incident_with_place_history_and_grid(either_importer: Importer) -> None:
    either_importer.grids({"a": outline(112.30, 30.30)})
    report = either_importer.incidents(CLOSED)
    assert (report.read, report.added, report.rejects) == (1, 1, [])
    incident = either_importer.all(Incident)[0]
    # Eight o'clock in Shanghai, where the file names no zone.
    reported_at = datetime(2026, 2, 1, 0, 0, tzinfo=UTC)
    assert incident.reported_at == reported_at
    assert (incident.longitude, incident.latitude) == (112.305, 30.305)
    assert incident.cell == cells.cell_at(112.305, 30.305)
    assert incident.stage == "closed"
    assert incident.incident_no == incident.source_id == "1"
    assert events(either_importer) == [
        (1, "reported", "reported", reported_at),
        (2, "closed", "closed", reported_at + timedelta(days=2)),
    ]
    assert len(either_importer.all(IncidentGrid)) == 1


def test_same_file_twice_changes_nothing(either_importer: Importer) -> None:
    either_importer.incidents(CLOSED + "2,Graffiti,2026-02-01T09:00:00,,,\n")
    before, revision = either_importer.contents(), either_importer.revision()
    report = either_importer.incidents(
        CLOSED + "2,Graffiti,2026-02-01T09:00:00,,,\n", at=NOW + timedelta(days=3)
    )
    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)
    assert either_importer.contents() == before
    assert either_importer.revision() == revision
    assert len(either_importer.all(ImportBatch)) == 1


def test_changed_row_is_updated_and_its_history_goes_on(either_importer: Importer) -> None:
    either_importer.incidents(OPEN)
    later = NOW + timedelta(hours=1)
    report = either_importer.incidents(CLOSED, at=later)
    assert (report.added, report.changed) == (0, 1)
    assert [(number, action) for number, action, _, _ in events(either_importer)] == [
        (1, "reported"),
        (2, "closed"),
        (3, "changed"),
    ]
    last = max(either_importer.all(IncidentEvent), key=lambda row: row.sequence)
    assert (last.from_value, last.to_value, last.at) == ("reported", "closed", later)
    assert last.note == "closed_at, stage"
    assert either_importer.all(Incident)[0].updated_at == later


def test_moved_incident_changes_its_grid(importer: Importer) -> None:
    importer.grids({"a": outline(112.30, 30.30), "b": outline(112.31, 30.30)})
    importer.incidents(OPEN)
    first = importer.all(IncidentGrid)[0].grid_id
    importer.incidents(OPEN.replace("112.305", "112.315"))
    assert [row.grid_id for row in importer.all(IncidentGrid)] != [first]


def test_repeated_id_keeps_the_first_row_and_names_its_line(importer: Importer) -> None:
    report = importer.incidents(OPEN + "1,Other,2026-02-02T08:00:00,,,\n")
    assert [incident.title for incident in importer.all(Incident)] == ["Pothole"]
    assert (report.rejects[0].line, report.rejects[0].column) == (3, "id")
    assert "repeats the id of line 2" in report.rejects[0].reason


def test_rejected_row_does_not_keep_its_id_from_a_later_good_one(importer: Importer) -> None:
    report = importer.incidents("1,Bad,never,,,\n" + OPEN)
    assert report.added == 1
    assert [reject.line for reject in report.rejects] == [2]


def test_incident_without_coordinates_has_no_place(importer: Importer) -> None:
    importer.incidents("1,Noise,2026-02-01T08:00:00,,,\n")
    incident = importer.all(Incident)[0]
    assert (incident.longitude, incident.latitude, incident.cell) == (None, None, None)


def test_place_can_be_required(importer: Importer) -> None:
    mapping = INCIDENTS.replace('latitude = "lat"', 'latitude = "lat"\nrequired = true')
    with pytest.raises(InvalidInputError, match="requires a place"):
        importer.incidents("1,Noise,2026-02-01T08:00:00,,,\n", mapping)


def test_sentinel_means_not_known(importer: Importer) -> None:
    importer.incidents("1,Noise,2026-02-01T08:00:00,1970-01-01T00:00:00.000Z,,\n")
    assert importer.all(Incident)[0].closed_at is None


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("1,x,1969-12-31T00:00:00,,,", "reported", "before 1970-01-02"),
        ("1,x,2087-01-01T00:00:00,,,", "reported", "future"),
        ("1,x,,,,", "reported", "required"),
        (",x,2026-02-01,,,", "id", "without its id"),
        ("1,x,01/02/2026,,,", "reported", "not a time"),
        ("1,x,2026-02-02,2026-02-01,,", "closed_at", "before the report"),
        ("1,x,2026-02-02,1969-02-01,,", "closed", "before 1970-01-02"),
        ("1,x,2026-02-01,,0,0", "lon + lat", "(0, 0)"),
        ("1,x,2026-02-01,,NaN,30.3", "lon + lat", "not finite"),
        ("1,x,2026-02-01,,112.3,1e400", "lon + lat", "not finite"),
        ("1,x,2026-02-01,,30.3,112.3", "lon + lat", "look exchanged"),
        ("1,x,2026-02-01,,397965.0,136884.0", "lon + lat", "EPSG"),
        ("1,x,2026-02-01,,east,30", "lon + lat", "not two numbers"),
        ("1,x,2026-02-01,,112.3", "", "has 5 fields"),
        (f"1,{'x' * 201},2026-02-01,,,", "title", "at most 200"),
        ("1,a\x07b,2026-02-01,,,", "title", "control character"),
    ],
)
def test_row_against_a_rule_is_rejected_with_its_place(
    importer: Importer, row: str, column: str, reason: str
) -> None:
    report = importer.incidents("9,Good,2026-02-01T08:00:00,,,\n" + row + "\n")
    assert [incident.source_id for incident in importer.all(Incident)] == ["9"]
    assert len(report.rejects) == 1
    reject = report.rejects[0]
    assert (reject.line, reject.column) == (3, column)
    assert reason in reject.reason


def test_tomorrow_is_within_the_grace_of_one_day(importer: Importer) -> None:
    assert importer.incidents("1,x,2026-03-02T23:00:00Z,,,\n").added == 1


def test_future_is_judged_by_the_time_of_the_import(importer: Importer) -> None:
    with pytest.raises(InvalidInputError, match="future"):
        importer.incidents(OPEN, at=datetime(2020, 1, 1, tzinfo=UTC))


STAGED = INCIDENTS + (
    '[columns.stage]\nfrom = "title"\nvalues = { Voided = "rejected", Done = "closed", '
    'New = "reported", Work = "handling", Double = "merged" }\n'
)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("1,Voided,2026-02-01,2026-02-02,,", ["reported", "rejected"]),
        ("1,Double,2026-02-01,2026-02-02,,", ["reported", "merged"]),
        ("1,Double,2026-02-01,,,", ["reported", "imported"]),
        ("1,Work,2026-02-01,,,", ["reported", "imported"]),
        ("1,New,2026-02-01,,,", ["reported"]),
    ],
)
def test_history_ends_with_the_stage_of_the_file(
    importer: Importer, row: str, found: list[str]
) -> None:
    importer.incidents(row + "\n", STAGED)
    assert [action for _, action, _, _ in events(importer)] == found
    assert events(importer)[-1][2] == importer.all(Incident)[0].stage


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,Done,2026-02-01,,,", "empty although the stage is closed"),
        ("1,New,2026-02-01,2026-02-02,,", "given although the stage is reported"),
        ("1,Else,2026-02-01,,,", "does not know"),
    ],
)
def test_stage_and_end_must_agree(importer: Importer, row: str, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        importer.incidents(row + "\n", STAGED)


def test_unknown_category_is_rejected(importer: Importer) -> None:
    with pytest.raises(InvalidInputError, match="is no category"):
        importer.incidents(OPEN, INCIDENTS.replace('"02"', '"77"'))


def test_unknown_agency_is_rejected_unless_it_may_be_made(importer: Importer) -> None:
    mapping = INCIDENTS + 'agency = "title"\n'
    with pytest.raises(InvalidInputError, match="no known organisation"):
        importer.incidents(OPEN, mapping)
    assert importer.all(Organisation) == []
    importer.incidents(OPEN, "create_agencies = true\n" + mapping)
    agency = importer.all(Organisation)[0]
    assert (agency.code, agency.kind) == ("Pothole", "agency")
    assert importer.all(Incident)[0].agency_id == agency.id


def test_dry_run_writes_nothing_and_tells_the_counts(importer: Importer) -> None:
    before = importer.contents()
    report = importer.incidents(OPEN, dry_run=True)
    assert (report.added, importer.contents()) == (1, before)


def test_numbers_of_persons_in_texts_are_cut_down(importer: Importer) -> None:
    report = importer.incidents("1,Call 13812345678 about 11010519491231002X,2026-02-01,,,\n")
    assert importer.all(Incident)[0].title == "Call 138****5678 about **************002X"
    assert report.masked == 2


def test_order_of_a_pair_is_as_the_mapping_says(importer: Importer) -> None:
    mapping = INCIDENTS.replace(
        'longitude = "lon"\nlatitude = "lat"', 'pair = "title"\norder = "lat,lon"'
    )
    file = importer.write("pair.csv", 'id,title,reported,closed\n1,"30.305, 112.305",2026-02-01,\n')
    importer("incidents", file, mapping)
    incident = importer.all(Incident)[0]
    assert (incident.longitude, incident.latitude) == (112.305, 30.305)


def test_gcj02_is_stored_as_wgs84_and_remembered(importer: Importer) -> None:
    importer.incidents("1,x,2026-02-01,,121.531541859215,31.17530398364597\n", crs_name="gcj02")
    incident = importer.all(Incident)[0]
    assert incident.longitude == pytest.approx(121.5272106, abs=1e-8)
    assert incident.latitude == pytest.approx(31.1774276, abs=1e-8)
    assert incident.source_crs == "gcj02"
