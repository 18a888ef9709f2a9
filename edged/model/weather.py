"""The air between a lookout and a fire: what is measured of it, what is assumed, and how much of a fire's light it lets through."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RANGES: Mapping[str, tuple[float, float]] = {
    "air_temp_c": (-60.0, 60.0),
    "humidity_share": (0.0, 1.0),
    "wind_m_s": (0.0, 90.0),
    "wind_from_deg": (0.0, 360.0),
    "rain_mm_h": (0.0, 500.0),
    "irradiance_w_m2": (0.0, 1600.0),
    "extinction_per_km": (0.0, 20.0),
}
"""What an instrument may say; anything else is a fault of the instrument and is not taken."""

ExtinctionFrom = Literal["beacons", "given", "derived", "assumed"]
"""Whence the extinction: measured on a head's beacons, given by an instrument, derived from humidity, temperature and rain, or assumed."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One quantity of `RANGES` as it was last measured, by whom and when."""

    value: float
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Air:
    """The air as it is taken to be now. `assumed` names what stands in the settings for want of a measurement; other gaps are None.

    `humidity_share` 0…1; `wind_from_deg` clockwise from true north; `measured_at`, `source`: of the newest measurement in use.
    `sun`: where it stands before one camera, (pan_deg, tilt_deg) in head angles to a degree; None while it is down, covered or not known.
    """

    extinction_per_km: float
    air_temp_c: float
    humidity_share: float | None = None
    wind_m_s: float | None = None
    wind_from_deg: float | None = None
    rain_mm_h: float | None = None
    irradiance_w_m2: float | None = None
    extinction_from: ExtinctionFrom = "assumed"
    assumed: tuple[str, ...] = ("air_temp_c", "extinction_per_km")
    measured_at: datetime | None = None
    source: str = ""
    sun: tuple[float, float] | None = None

    def transmission(self, range_m: float) -> float:
        """Return the share 0…1 of a target's radiance that arrives from `range_m` away: exp(−kR) by Beer and Lambert, clamped."""
        return math.exp(-min(max(self.extinction_per_km, 0.0) * max(range_m, 0.0) / 1000.0, 700.0))


ASSUMED = Air(0.3, 20.0)
"""The air while nobody says anything: temperate. Source: facts B.3."""
