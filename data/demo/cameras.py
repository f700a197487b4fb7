"""The register of cameras: invented devices along the streets and at the named places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from data import cells
from data.demo import gazetteer
from data.demo.division import Division
from data.demo.streets import Sites, locate_community, place_points, scattered
from data.models import Camera

SOURCE_SYSTEM = "demo"
_AT_EACH_PLACE = 3
_OFFLINE = 5
_INDUSTRY, _NETWORK, _NETWORK_CAMERA = "01", "0", "132"
_PURPOSES = ("维护公共安全", "道路交通管理", "城市管理", "校园周边安全防范")
_MANAGERS = ("青禾镇社会治理中心", "青禾镇公安派出所", "青禾镇综合行政执法队")
_SHORTEST_LAWFUL_DAYS = 30
_COMPASS = ("4", "6", "1", "5", "3", "7", "2", "8")
"""Direction types by eighths of the compass, clockwise from north."""
_GAPS: tuple[dict[str, Any], ...] = (
    {"filing_no": None, "filing_date": None},
    {"sign_posted": False},
    {"retention_days": 15},
    {"manager_unit": None},
    {"purpose": None},
    {"sign_posted": None, "retention_days": None},
)
"""What the register lacks about a few cameras, so that the check has something to find."""


@dataclass(frozen=True, slots=True)
class _Spot:
    name: str
    longitude: float
    latitude: float
    bearing_deg: float
    position_type: str


def register(
    rng: np.random.Generator, division: Division, sites: Sites, until: datetime
) -> list[Camera]:
    """Return the cameras of the town, all but a few with the facts that the law asks for."""
    count = gazetteer.facts()["cameras"]
    spots = _spots(rng, division, sites, count)
    offline = set(rng.choice(count, _OFFLINE, replace=False).tolist())
    incomplete = rng.choice(count, len(_GAPS), replace=False).tolist()
    gaps = dict(zip(incomplete, _GAPS, strict=True))
    return [
        Camera(
            **_device(rng, spot, serial)
            | _state(rng, serial - 1 in offline, until)
            | _legal(rng, serial, until.date())
            | gaps.get(serial - 1, {})
        )
        for serial, spot in enumerate(spots, start=1)
    ]


def _spots(rng: np.random.Generator, division: Division, sites: Sites, count: int) -> list[_Spot]:
    found = []
    for key, place in gazetteer.places().items():
        centre = np.repeat(place_points(division)[key], _AT_EACH_PLACE, axis=0)
        for number, (longitude, latitude) in enumerate(scattered(rng, centre, 35.0).tolist()):
            bearing = float(rng.uniform(0, 360))
            name = f"{place.name}{number + 1}号"
            found.append(_Spot(name, longitude, latitude, bearing, place.position_type))
    wanted = count - len(found)
    chosen = rng.choice(len(sites.points), wanted, replace=False, p=sites.by_people)
    points = sites.points[chosen]
    communities = locate_community(division, points)
    for site, community, (longitude, latitude) in zip(
        chosen.tolist(), communities.tolist(), points.tolist(), strict=True
    ):
        street = sites.names[int(sites.where[site])]
        number = int(sites.number[site])
        at = f"{number}号" if number else ""
        village = division.communities[community].named.name
        name = f"{street}{at}" if street.startswith(village) else f"{village}{street}{at}"
        bearing = (float(sites.bearing_deg[site]) + 180 * int(rng.integers(0, 2))) % 360
        found.append(_Spot(name, longitude, latitude, bearing, "9" if number else "10"))
    return found


def _device(rng: np.random.Generator, spot: _Spot, serial: int) -> dict[str, Any]:
    """Return what stands where and looks whither; domes turn, so their view is not known."""
    centre = gazetteer.facts()["camera_code"]
    code = f"{centre}{_INDUSTRY}{_NETWORK_CAMERA}{_NETWORK}{serial:06d}"
    turns = rng.uniform() < 0.12
    azimuth = round(spot.bearing_deg + float(rng.normal(0, 12)), 1) % 360
    longitude, latitude = round(spot.longitude, 7), round(spot.latitude, 7)
    return {
        "code": code,
        "source_system": SOURCE_SYSTEM,
        "source_id": code,
        "name": f"{spot.name}{'球机' if turns else '枪机'}",
        "longitude": longitude,
        "latitude": latitude,
        "cell": cells.cell_at(longitude, latitude),
        "source_crs": "wgs84",
        "address": spot.name,
        "azimuth_deg": None if turns else azimuth,
        "view_angle_deg": None if turns else float(rng.choice([60, 75, 90, 110])),
        "view_distance_m": None if turns else float(rng.choice([40, 60, 80, 120])),
        "ptz_type": "1" if turns else "3",
        "position_type": spot.position_type,
        "room_type": "1",
        "direction_type": None if turns else _COMPASS[round(azimuth / 45) % 8],
        "business_group": "雪亮工程",
    }


def _state(rng: np.random.Generator, is_offline: bool, until: datetime) -> dict[str, Any]:
    away = timedelta(hours=float(rng.uniform(9, 200)))
    seen = until - (away if is_offline else timedelta(seconds=int(rng.integers(5, 60))))
    seen = seen.replace(microsecond=0)
    return {
        "status": "offline" if is_offline else "online",
        "last_seen_at": seen,
        "updated_at": until,
    }


def _legal(rng: np.random.Generator, serial: int, today: date) -> dict[str, Any]:
    filed = today - timedelta(days=int(rng.integers(200, 1400)))
    return {
        "manager_unit": _MANAGERS[int(rng.integers(0, len(_MANAGERS)))],
        "purpose": _PURPOSES[int(rng.integers(0, len(_PURPOSES)))],
        "filing_no": f"演示备{filed.year}-{serial:04d}",
        "filing_date": filed,
        "sign_posted": True,
        "retention_days": int(rng.choice([_SHORTEST_LAWFUL_DAYS, 60, 90])),
    }
