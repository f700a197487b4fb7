"""From the invented cases to rows: incidents, their histories and their grids, in chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sqlalchemy import Connection

from data import catalogue, cells
from data.demo import gazetteer
from data.demo.bulk import continue_numbers, insert_columns, moments, set_time_zone
from data.demo.cameras import SOURCE_SYSTEM
from data.demo.cases import RHYTHMS, Whole
from data.demo.histories import tell
from data.demo.lives import MISSING, STEPS
from data.demo.town import Town
from data.models import Incident, IncidentEvent, IncidentGrid, Model
from data.partition import Partition

CENTRE = "QH-C"
"""Code of the organisation that dispatches and checks."""
_CHUNK = 20_000

Columns = dict[str, list[Any]]
Progress = Callable[[int], None]
"""Told how many incidents were written since it was last told."""


class IncidentWriter:
    """Writes the cases of a town; their ids are their positions, counted from 1."""

    def __init__(
        self,
        connection: Connection,
        town: Town,
        area_ids: Whole,
        grid_ids: list[Whole],
        organisation_ids: dict[str, int],
    ) -> None:
        """Prepare to write.

        Parameters
        ----------
        area_ids
            Ids of the communities, in their order.
        grid_ids
            Ids of the grids of each level, in the order of their codes.
        organisation_ids
            Ids by code.
        """
        self.connection = connection
        self.town = town
        self.area_ids = area_ids
        self.items = catalogue.items()
        self.agency_of_item = np.array(
            [organisation_ids[item.agency_code] for item in self.items], dtype=np.int64
        )
        self.centre_id = organisation_ids[CENTRE]
        self.serials = _serials(town.cases.day)
        self.days = [f"{day:%Y%m%d}" for day in town.days]
        self.phrases = [row["phrase"] for row in gazetteer.tables(RHYTHMS)["source"]]
        self.sources = [row["code"] for row in gazetteer.tables(RHYTHMS)["source"]]
        self.levels = [
            (Partition.of([grid.code for grid in grids], [grid.polygon for grid in grids]), ids)
            for grids, ids in zip(town.division.levels, grid_ids, strict=True)
        ]

    def write(self, progress: Progress) -> None:
        """Write all incidents with their histories and grids."""
        tables = Model.metadata.tables
        set_time_zone(self.connection)
        count = len(self.town.cases.item)
        for first in range(0, count, _CHUNK):
            part = slice(first, min(first + _CHUNK, count))
            for model, columns in (
                (Incident, self._incidents(part)),
                (IncidentEvent, self._events(part)),
                (IncidentGrid, self._grids(part)),
            ):
                insert_columns(self.connection, tables[model.__tablename__], columns)
            progress(part.stop - part.start)
        continue_numbers(self.connection, tables[Incident.__tablename__])

    def _incidents(self, part: slice) -> Columns:
        return (
            self._numbers(part) | self._kinds(part) | self._places(part) | self._times(part)
        ) | self._texts(part)

    def _numbers(self, part: slice) -> Columns:
        cases, count = self.town.cases, part.stop - part.start
        serials = zip(cases.day[part].tolist(), self.serials[part].tolist(), strict=True)
        return {
            "id": list(range(part.start + 1, part.stop + 1)),
            "incident_no": [f"QH{self.days[day]}{serial:04d}" for day, serial in serials],
            "source_system": [SOURCE_SYSTEM] * count,
            "source_id": [f"{number:08d}" for number in range(part.start + 1, part.stop + 1)],
        }

    def _kinds(self, part: slice) -> Columns:
        cases, lives = self.town.cases, self.town.lives
        items = [self.items[position] for position in cases.item[part].tolist()]
        duplicate_of = lives.duplicate_of[part].tolist()
        return {
            "category_code": [item.category_code for item in items],
            "service_item_code": [item.code for item in items],
            "source": [self.sources[position] for position in cases.source[part].tolist()],
            "priority": lives.priority[part].tolist(),
            "stage": lives.stage[part].tolist(),
            "agency_id": self.agency_of_item[cases.item[part]].tolist(),
            "rework_count": (lives.moments["reworked"][part] != MISSING).astype(int).tolist(),
            "return_count": (lives.moments["returned"][part] != MISSING).astype(int).tolist(),
            "transfer_count": [0] * len(items),
            "duplicate_of_id": [None if first < 0 else first + 1 for first in duplicate_of],
        }

    def _places(self, part: slice) -> Columns:
        cases = self.town.cases
        longitudes, latitudes = cases.points[part].T.tolist()
        return {
            "longitude": longitudes,
            "latitude": latitudes,
            "cell": cells.cells_at(longitudes, latitudes).tolist(),
            "source_crs": ["wgs84"] * len(longitudes),
            "area_id": self.area_ids[cases.community[part]].tolist(),
        }

    def _times(self, part: slice) -> Columns:
        cases, lives = self.town.cases, self.town.lives
        seconds = {
            "reported_at": cases.reported_s[part],
            "due_at": lives.due_s[part],
            "extended_due_at": lives.extended_s[part],
            "updated_at": lives.last_s(cases.reported_s, part),
        } | {f"{step}_at": lives.moments[step][part] for step in (*STEPS, "evaluated")}
        return {name: moments(column, MISSING) for name, column in seconds.items()}

    def _texts(self, part: slice) -> Columns:
        """Return title, address and description; they stay in Chinese in every language."""
        cases, communities = self.town.cases, self.town.division.communities
        columns: Columns = {"title": [], "address": [], "description": []}
        places = range(len(cases.names) - len(gazetteer.places()), len(cases.names))
        rows = zip(
            cases.item[part].tolist(),
            cases.source[part].tolist(),
            cases.where[part].tolist(),
            cases.number[part].tolist(),
            cases.community[part].tolist(),
            strict=True,
        )
        for item, source, where, number, community in rows:
            kind, street = self.items[item].name, cases.names[where]
            at = f"{street}{number}号附近" if number else street
            village = communities[community].named.name
            stands_alone = where in places or at.startswith(village)
            address = at if stands_alone else f"{village}{at}"
            columns["title"].append(f"{street}{kind}")
            columns["address"].append(address)
            columns["description"].append(f"{self.phrases[source]}：{address}，{kind}。")
        return columns

    def _events(self, part: slice) -> Columns:
        cases = self.town.cases
        lines = tell(self.town.lives, cases.reported_s, part.start, part.stop)
        agency = self.agency_of_item[cases.item[lines.case]]
        return {
            "incident_id": (lines.case + 1).tolist(),
            "sequence": lines.sequence.tolist(),
            "at": moments(lines.at_s, MISSING),
            "action": lines.action.tolist(),
            "stage": lines.stage.tolist(),
            "from_value": lines.from_stage.tolist(),
            "to_value": lines.to_stage.tolist(),
            "organisation_id": np.where(lines.by_agency, agency, self.centre_id).tolist(),
        }

    def _grids(self, part: slice) -> Columns:
        """Return the links to the grids of every level; every case lies in one of each."""
        points = self.town.cases.points[part]
        found = [
            ids[partition.locate(points[:, 0], points[:, 1])] for partition, ids in self.levels
        ]
        grid_ids = np.column_stack(found)
        incident_ids = np.arange(part.start + 1, part.stop + 1).repeat(grid_ids.shape[1])
        return {"incident_id": incident_ids.tolist(), "grid_id": grid_ids.ravel().tolist()}


def _serials(day: Whole) -> Whole:
    """Return the number of each case within its day, from 1; days must not fall."""
    return np.arange(len(day)) - np.searchsorted(day, day, side="left") + 1
