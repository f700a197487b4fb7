"""From the invented town to rows of the database."""

from __future__ import annotations

import numpy as np
from sqlalchemy.orm import Session

from data import catalogue
from data.assignment import area_m2, assign_cameras, link_areas
from data.demo import gazetteer
from data.demo.cameras import SOURCE_SYSTEM
from data.demo.cases import Whole
from data.demo.division import Grid
from data.demo.incident_rows import CENTRE, IncidentWriter, Progress
from data.demo.town import Plan, Town
from data.models import (
    Area,
    GridLevel,
    GridScheme,
    GridUnit,
    Installation,
    Organisation,
)
from data.models.columns import as_multipolygon

_OWN = {"source_crs": "wgs84", "source_system": SOURCE_SYSTEM}


def write(session: Session, town: Town, progress: Progress) -> None:
    """Write the whole town; `progress` is told how many incidents were written."""
    catalogue.load(session)
    area_ids = _write_areas(session, town)
    grid_ids = _write_grids(session, town)
    organisation_ids = _write_organisations(session, town)
    session.add_all(town.cameras)
    session.flush()
    link_areas(session)
    assign_cameras(session)
    _write_facts(session, town)
    session.flush()
    writer = IncidentWriter(session.connection(), town, area_ids, grid_ids, organisation_ids)
    writer.write(progress)


def _write_areas(session: Session, town: Town) -> Whole:
    """Write the township and its communities; return the ids of the communities."""
    facts, division = gazetteer.facts(), town.division
    named = gazetteer.named(facts)
    township = Area(
        code=facts["area_code"],
        name=named.name,
        translations=named.translations,
        level="township",
        parent_id=None,
        urban_rural_class=None,
        households=division.households,
        residents=division.residents,
        area_m2=area_m2(division.ground.outline),
        geometry=as_multipolygon(division.ground.outline),
        source_id=facts["area_code"],
        **_OWN,
    )
    session.add(township)
    session.flush()
    areas = [
        Area(
            code=community.code,
            name=community.named.name,
            translations=community.named.translations,
            level="village",
            parent_id=township.id,
            urban_rural_class=community.urban_rural_class,
            households=community.households,
            residents=community.residents,
            area_m2=area_m2(community.polygon),
            geometry=as_multipolygon(community.polygon),
            source_id=community.code,
            **_OWN,
        )
        for community in division.communities
    ]
    session.add_all(areas)
    session.flush()
    return np.array([area.id for area in areas], dtype=np.int64)


def _write_grids(session: Session, town: Town) -> list[Whole]:
    """Write the scheme and its grids; return the ids of each level."""
    table = gazetteer.tables("town.toml")["scheme"]
    named = gazetteer.named(table)
    scheme = GridScheme(code=table["code"], name=named.name, translations=named.translations)
    session.add(scheme)
    session.flush()
    session.add_all(
        GridLevel(
            scheme_id=scheme.id, level=level, name=entry.name, translations=entry.translations
        )
        for level, entry in enumerate(gazetteer.names("level"), start=1)
    )
    ids: list[Whole] = []
    for grids in town.division.levels:
        parents = ids[-1].tolist() if ids else []
        units = [_grid_unit(grid, scheme.id, parents) for grid in grids]
        session.add_all(units)
        session.flush()
        ids.append(np.array([unit.id for unit in units], dtype=np.int64))
    return ids


def _grid_unit(grid: Grid, scheme_id: int, parents: list[int]) -> GridUnit:
    return GridUnit(
        scheme_id=scheme_id,
        level=grid.level,
        code=grid.code,
        name=grid.named.name,
        translations=grid.named.translations,
        parent_id=None if grid.parent is None else parents[grid.parent],
        kind={1: "zone", 2: "general", 3: "micro"}[grid.level],
        households=grid.households,
        residents=grid.residents,
        area_m2=area_m2(grid.polygon),
        geometry=as_multipolygon(grid.polygon),
        source_id=grid.code,
        **_OWN,
    )


def _write_organisations(session: Session, town: Town) -> dict[str, int]:
    """Write the centre, the agencies and the communities; return ids by code."""
    centre = Organisation(
        code=CENTRE,
        name="青禾镇社会治理中心",
        translations={
            "zh-Hans": "青禾镇社会治理中心",
            "zh-Hant": "青禾鎮社會治理中心",
            "en": "Qinghe governance centre",
        },
        kind="centre",
        source_system=SOURCE_SYSTEM,
        source_id=CENTRE,
    )
    session.add(centre)
    session.flush()
    members = [
        *(
            (term.code, term.name, term.translations, "agency")
            for term in catalogue.code_list("agency").values()
        ),
        *(
            (unit.code, unit.named.name, unit.named.translations, "community")
            for unit in town.division.communities
        ),
    ]
    organisations = [
        Organisation(
            code=code,
            name=name,
            translations=translations,
            kind=kind,
            parent_id=centre.id,
            source_system=SOURCE_SYSTEM,
            source_id=code,
        )
        for code, name, translations, kind in members
    ]
    session.add_all(organisations)
    session.flush()
    return {unit.code: unit.id for unit in (centre, *organisations)}


def demo_fact(plan: Plan) -> dict[str, int | str]:
    """Return what the installation records about a town that was invented."""
    return {
        "seed": plan.seed,
        "until": plan.until.isoformat(),
        "months": plan.months,
        "incidents": plan.incidents,
        "timezone": plan.zone.key,
    }


def _write_facts(session: Session, town: Town) -> None:
    facts = gazetteer.facts()
    named = gazetteer.named(facts)
    about = {
        "name": named.name,
        "translations": named.translations,
        "area_km2": facts["area_km2"],
        "residents": town.division.residents,
        "households": town.division.households,
        "staff": facts["staff"],
    }
    session.add_all(
        [
            Installation(key="demo", value=demo_fact(town.plan)),
            Installation(key="town", value=about),
        ]
    )
