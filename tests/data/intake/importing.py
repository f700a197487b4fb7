"""Running imports in tests: files and mappings from text, and what the database then holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from data.intake import mapping as mappings
from data.intake.limits import DEFAULT, Limits
from data.intake.report import Report
from data.intake.run import Order, run, start_report
from data.models import Model
from data.store import Store
from tests.makers import NOW

SHANGHAI = ZoneInfo("Asia/Shanghai")

INCIDENTS = """
subject = "incidents"
source_system = "test"
id = "id"
crs = "wgs84"

[place]
longitude = "lon"
latitude = "lat"

[columns]
title = "title"
category_code = { constant = "02" }
source = { constant = "resident_app" }
reported_at = "reported"
closed_at = { from = "closed", nulls = ["1970-01-01"] }
"""

INCIDENT_COLUMNS = "id,title,reported,closed,lon,lat\n"

GRIDS = """
subject = "grids"
source_system = "test-grids"
id = "code"
crs = "wgs84"

[columns]
code = "code"
name = "code"

[grid]
scheme = { code = "s", name = "格" }
levels = [{ level = 1, name = "一级网格" }]
"""


@dataclass(frozen=True, slots=True)
class Importer:
    """A database and a folder in which files are made."""

    store: Store
    folder: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def __call__(
        self,
        subject: str,
        file: Path,
        mapping: str,
        *,
        at: datetime = NOW,
        crs_name: str | None = None,
        dry_run: bool = False,
        limits: Limits = DEFAULT,
    ) -> Report:
        order = Order(
            subject=subject,
            file=file,
            mapping=mappings.load(self.write("mapping.toml", mapping)),
            at=at,
            zone=SHANGHAI,
            crs_name=crs_name,
            dry_run=dry_run,
            limits=limits,
        )
        report = start_report(order)
        run(self.store, order, report)
        return report

    def incidents(self, rows: str, mapping: str = INCIDENTS, **options: Any) -> Report:
        file = self.write("incidents.csv", INCIDENT_COLUMNS + rows)
        return self("incidents", file, mapping, **options)

    def grids(self, shapes: Mapping[str, Any], mapping: str = GRIDS, **options: Any) -> Report:
        features = [feature({"code": code}, shape) for code, shape in shapes.items()]
        return self("grids", self.geojson("grids.geojson", features), mapping, **options)

    def geojson(self, name: str, features: Iterable[Any], **members: Any) -> Path:
        document = {"type": "FeatureCollection", **members, "features": list(features)}
        return self.write(name, json.dumps(document))

    def all(self, table: type[Model]) -> list[Any]:
        with self.store.reading() as session:
            rows = list(session.scalars(select(table)))
            session.expunge_all()
            return rows

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table, to compare before with after."""
        with self.store.reading() as session:
            return {
                table.name: sorted(tuple(map(repr, row)) for row in session.execute(table.select()))
                for table in Model.metadata.sorted_tables
            }

    def revision(self) -> int:
        with self.store.reading() as session:
            return int(session.execute(text("select revision from revision_counter")).scalar_one())


def feature(properties: dict[str, Any], geometry: Any) -> dict[str, Any]:
    """Return a GeoJSON feature; a list of positions is taken for the outline of a polygon."""
    if isinstance(geometry, list):
        geometry = {"type": "Polygon", "coordinates": [geometry]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def outline(west: float, south: float, size_deg: float = 0.01) -> list[list[float]]:
    """Return the outline of a square."""
    east, north = west + size_deg, south + size_deg
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
