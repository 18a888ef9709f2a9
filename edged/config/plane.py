"""Metres on a plane of a few kilometres, for judging a plan: not for bearings, which `geometry` works out exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin, sqrt

import numpy as np
import numpy.typing as npt

from edged.geometry.earth import ECC2, SEMI_MAJOR_M

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plane:
    """East and north of a point, scaled at that point: 10 km away a length is off by 0.1 % at most."""

    lat0_wgs84: float
    lon0_wgs84: float

    def metres(self, places: Sequence[tuple[float, float]]) -> Points:
        """Return (N, 2) east, north of (lon, lat) places."""
        return (np.asarray(places, dtype=np.float64).reshape(-1, 2) - (self.lon0_wgs84, self.lat0_wgs84)) * self._scale()

    def places(self, metres: Points) -> tuple[tuple[float, float], ...]:
        """Return the (lon, lat) of (N, 2) east, north."""
        found = np.asarray(metres, dtype=np.float64) / self._scale() + (self.lon0_wgs84, self.lat0_wgs84)
        return tuple((float(lon), float(lat)) for lon, lat in found)

    def _scale(self) -> Points:
        root = sqrt(1.0 - ECC2 * sin(radians(self.lat0_wgs84)) ** 2)
        east = radians(1.0) * SEMI_MAJOR_M / root * max(cos(radians(self.lat0_wgs84)), 1e-6)
        north = radians(1.0) * SEMI_MAJOR_M * (1.0 - ECC2) / root**3
        return np.array([east, north])
