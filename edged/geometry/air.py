"""Extinction of thermal infrared, 8–14 µm, from what a weather station measures: rules of thumb with their sources."""

from __future__ import annotations

import math

LEAST_PER_KM, MOST_PER_KM = 0.1, 10.0
DRY_PER_KM, LINES, CONTINUUM = 0.12, 0.012, 0.0006
"""k = 0.12 + 0.012 w + 0.0006 w² for w g/m³ of water vapour: aerosol and carbon dioxide, lines, and the continuum that grows with the
square. [K], anchored at the classes that practice gives: 0.2 clear and dry, 0.3–0.4 temperate, 0.6–1.0 humid maritime."""
STEP = 4.0 / 3.0
MIST_FROM_SHARE, MIST_PER_KM = 0.95, 1.0
"""Near saturation drops grow, and humidity alone does not tell haze from fog (k > 2): up to this much is counted. [K]"""
RAIN_FACTOR, RAIN_POWER = 1.076 / (10.0 / math.log(10.0)), 0.67
"""Rain of R mm/h takes 1.076 R^0.67 dB/km whatever the wavelength, drops being much larger. [K] Carbonneau, as in ITU-R P.1814."""


def vapour_g_m3(air_temp_c: float, humidity_share: float) -> float:
    """Return the water vapour in the air, g/m³. Source: Magnus formula, WMO No. 8 (6.112 hPa, 17.62, 243.12 °C)."""
    pressure_hpa = 6.112 * math.exp(17.62 * air_temp_c / (243.12 + air_temp_c)) * humidity_share
    return 216.7 * pressure_hpa / (air_temp_c + 273.15)


def vapour_extinction_per_km(air_temp_c: float, humidity_share: float) -> float:
    """Return the extinction of air without rain, per km."""
    vapour = vapour_g_m3(air_temp_c, humidity_share)
    mist = max(humidity_share - MIST_FROM_SHARE, 0.0) / (1.0 - MIST_FROM_SHARE) * MIST_PER_KM
    return _clamped(DRY_PER_KM + LINES * vapour + CONTINUUM * vapour * vapour + mist)


def with_rain(extinction_per_km: float, rain_mm_h: float) -> float:
    """Return the extinction with rain on top, per km."""
    return _clamped(extinction_per_km + RAIN_FACTOR * max(rain_mm_h, 0.0) ** RAIN_POWER)


def stepped(extinction_per_km: float, before: float | None) -> float:
    """Return the step of a scale of thirds that stands for this extinction; `before` stays while it is less than a third away."""
    if before is not None and before / STEP < extinction_per_km < before * STEP:
        return before
    return round(STEP ** round(math.log(_clamped(extinction_per_km), STEP)), 3)


def _clamped(value: float) -> float:
    return min(max(value, LEAST_PER_KM), MOST_PER_KM)
