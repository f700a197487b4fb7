"""Coordinate systems: what a file may be written in, and the stored WGS 84.

Longitude (or easting) before latitude (or northing) everywhere. CGCS2000 equals WGS 84 for our
purpose: the ellipsoids differ by 0.12 mm. GCJ-02 and BD-09 are the shifted systems of Chinese map
providers; the shift is published only as a formula that others have reconstructed, so that real
providers may differ from it by decimetres.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyproj
from pyproj.exceptions import CRSError

from data.errors import InvalidInputError

Coordinates = npt.NDArray[np.float64]
Pair = tuple[Coordinates, Coordinates]

NAMED = ("wgs84", "cgcs2000", "gcj02", "bd09")
SHIFTED = ("gcj02", "bd09")
SAME_AS_STORED = frozenset({"wgs84", "cgcs2000", "EPSG:4326", "EPSG:4490"})

_SEMI_MAJOR_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)  # west, south, east, north of the formula's use
_BD_FACTOR = np.pi * 3000.0 / 180.0
_BD_OFFSET = (0.0065, 0.006)
_ITERATIONS = 5  # after four the error of the inverse is 1 um


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate system by name: wgs84, cgcs2000, gcj02, bd09 or EPSG:n."""

    name: str

    @property
    def is_geographic(self) -> bool:
        """Tell whether coordinates are degrees."""
        return self.name in NAMED or bool(_epsg(self.name).is_geographic)


def parse(text: str) -> Crs:
    """Return the system that a text names, or refuse the name."""
    name = text.strip().lower()
    if name in NAMED:
        return Crs(name)
    if match := re.fullmatch(r"epsg:(\d{1,6})", name):
        found = Crs(f"EPSG:{int(match[1])}")
        _epsg(found.name)
        return found
    raise InvalidInputError(
        f"{text!r} is not a coordinate system; write one of {', '.join(NAMED)} or EPSG:n."
    )


def to_stored(crs: Crs, x: Coordinates, y: Coordinates) -> Pair:
    """Return stored longitudes and latitudes of coordinates written in `crs`; shape kept.

    Numbers that are not finite stay so; a point outside a projection's use becomes infinite.
    """
    with np.errstate(all="ignore"):
        if crs.name in SAME_AS_STORED:
            return x, y
        if crs.name == "gcj02":
            return _gcj02_to_wgs84(x, y)
        if crs.name == "bd09":
            return _gcj02_to_wgs84(*_bd09_to_gcj02(x, y))
        longitude, latitude = _transformer(crs.name).transform(x, y)
        return np.asarray(longitude), np.asarray(latitude)


def from_stored(crs: Crs, longitude: Coordinates, latitude: Coordinates) -> Pair:
    """Return the coordinates in `crs` of stored longitudes and latitudes; shape kept."""
    with np.errstate(all="ignore"):
        if crs.name in SAME_AS_STORED:
            return longitude, latitude
        if crs.name == "gcj02":
            return _wgs84_to_gcj02(longitude, latitude)
        if crs.name == "bd09":
            return _gcj02_to_bd09(*_wgs84_to_gcj02(longitude, latitude))
        x, y = _transformer(crs.name).transform(longitude, latitude, direction="INVERSE")
        return np.asarray(x), np.asarray(y)


@cache
def _epsg(name: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_epsg(int(name.removeprefix("EPSG:")))
    except CRSError:
        raise InvalidInputError(
            f"{name} is not a coordinate system of the EPSG register; check the number."
        ) from None


@cache
def _transformer(name: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(_epsg(name), 4326, always_xy=True)


def _is_shifted(longitude: Coordinates, latitude: Coordinates) -> npt.NDArray[np.bool_]:
    """Tell for each point whether the formula is used there; outside the systems are the same."""
    west, south, east, north = _SHIFTED_BOX
    inside = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    return np.asarray(inside, dtype=bool)


def _shift(longitude: Coordinates, latitude: Coordinates) -> Pair:
    """Return GCJ-02 minus WGS 84 in degrees."""
    x, y = longitude - 105.0, latitude - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north_m += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east_m += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.radians(latitude)
    magic = 1.0 - _ECCENTRICITY_SQUARED * np.sin(radians) ** 2
    meridian_m = _SEMI_MAJOR_AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic))
    parallel_m = _SEMI_MAJOR_AXIS_M / np.sqrt(magic) * np.cos(radians)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _wgs84_to_gcj02(longitude: Coordinates, latitude: Coordinates) -> Pair:
    shifted = _is_shifted(longitude, latitude)
    east, north = _shift(longitude, latitude)
    return np.where(shifted, longitude + east, longitude), np.where(
        shifted, latitude + north, latitude
    )


def _gcj02_to_wgs84(longitude: Coordinates, latitude: Coordinates) -> Pair:
    shifted = _is_shifted(longitude, latitude)
    east, north = _shift(longitude, latitude)
    for _ in range(_ITERATIONS - 1):
        east, north = _shift(longitude - east, latitude - north)
    return np.where(shifted, longitude - east, longitude), np.where(
        shifted, latitude - north, latitude
    )


def _gcj02_to_bd09(longitude: Coordinates, latitude: Coordinates) -> Pair:
    radius = np.hypot(longitude, latitude) + 0.00002 * np.sin(latitude * _BD_FACTOR)
    angle = np.arctan2(latitude, longitude) + 0.000003 * np.cos(longitude * _BD_FACTOR)
    return radius * np.cos(angle) + _BD_OFFSET[0], radius * np.sin(angle) + _BD_OFFSET[1]


def _bd09_to_gcj02(longitude: Coordinates, latitude: Coordinates) -> Pair:
    x, y = longitude - _BD_OFFSET[0], latitude - _BD_OFFSET[1]
    for _ in range(_ITERATIONS):
        forward_x, forward_y = _gcj02_to_bd09(x, y)
        x, y = x - (forward_x - longitude), y - (forward_y - latitude)
    return x, y
