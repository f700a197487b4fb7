"""The nearest available teams and cameras to a place, of many thousands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.errors import InvalidInputError

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius; distances are those on a sphere, at most 0.6 % off."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """What is nearest, the nearest first."""

    positions: Positions
    """Positions in the arrays asked about; of equal distances the lower position first."""
    distances_m: Floats


def distances_m(longitude: float, latitude: float, longitudes: Floats, latitudes: Floats) -> Floats:
    """Return the distance of each place from one, by the haversine formula."""
    north, norths = np.radians(latitude), np.radians(latitudes)
    half_chord = (
        np.sin((norths - north) / 2) ** 2
        + np.cos(north) * np.cos(norths) * np.sin(np.radians(longitudes - longitude) / 2) ** 2
    )
    angle: Floats = 2 * np.arcsin(np.sqrt(np.clip(half_chord, 0.0, 1.0)))
    return EARTH_RADIUS_M * angle


def nearest(
    longitude: float,
    latitude: float,
    longitudes: Floats,
    latitudes: Floats,
    *,
    count: int,
    available: npt.NDArray[np.bool_] | None = None,
    within_m: float = np.inf,
) -> Nearest:
    """Return what is nearest to a place.

    Parameters
    ----------
    longitudes, latitudes
        Of the teams or cameras; one without a place is NaN and never found.
    count
        How many are wanted at most.
    available
        Which of them may be found, such as teams on duty and not engaged, cameras online; None is
        all of them.
    """
    if count < 1:
        raise InvalidInputError(f"{count} nearest were asked for; ask for 1 or more.")
    far_m = distances_m(longitude, latitude, longitudes, latitudes)
    possible = far_m <= within_m  # false for NaN
    if available is not None:
        possible &= available
    candidates = np.flatnonzero(possible)
    if len(candidates) > count:
        # Everything as near as the last one wanted stays, so that the order settles ties.
        last_m = np.partition(far_m[candidates], count - 1)[count - 1]
        candidates = candidates[far_m[candidates] <= last_m]
    chosen = candidates[np.argsort(far_m[candidates], kind="stable")][:count]
    return Nearest(chosen.astype(np.int64), far_m[chosen])
