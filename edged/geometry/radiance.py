"""Band radiance of a black body, 8–14 µm, and back; and what a pixel that a target fills in part shows of it.

The scale on which a fire smaller than a pixel adds up. Source: Planck's law integrated over the band, CODATA constants.
"""

from __future__ import annotations

from functools import lru_cache
from math import erf, pi, sqrt

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
LOW_C, HIGH_C = -80.0, 2000.0
_C1 = 1.191042972e8
"""2hc² in W µm⁴ m⁻² sr⁻¹."""
_C2 = 14387.769
"""hc/k in µm K."""
_erf = np.frompyfunc(erf, 1, 1)


@lru_cache(maxsize=1)
def _table() -> tuple[Array, Array]:
    temps = np.arange(LOW_C, HIGH_C + 1.0, 1.0)
    waves = np.linspace(8.0, 14.0, 241)
    spectral = _C1 / waves**5 / np.expm1(_C2 / (waves * (temps[:, None] + 273.15)))
    return temps, np.asarray(np.trapezoid(spectral, waves, axis=1))


def radiance(temp_c: npt.ArrayLike) -> Array:
    """Return W m⁻² sr⁻¹ of black bodies; temperatures outside −80…2000 °C are clamped."""
    temps, band = _table()
    return np.asarray(np.interp(np.asarray(temp_c, np.float64), temps, band))


def temperature(band: npt.ArrayLike) -> Array:
    """Return °C of black bodies with this band radiance."""
    temps, known = _table()
    return np.asarray(np.interp(np.asarray(band, np.float64), known, temps))


def transmission(range_m: npt.ArrayLike, extinction_per_km: float) -> Array:
    """Return the share of a target's radiance that arrives, by Beer and Lambert."""
    return np.exp(-extinction_per_km * np.asarray(range_m, np.float64) / 1000.0)


def pixel_fill(width_px: npt.ArrayLike, psf_sigma_px: float = 0.5) -> Array:
    """Return the share, along one axis, of the best pixel's light that comes from a centred target `width_px` wide.

    The lens blurs with a Gaussian of `psf_sigma_px`; the pixel sums over its own width.
    """
    half = np.asarray(width_px, np.float64) / 2.0
    return np.asarray(2.0 * (_step_sum(half + 0.5, psf_sigma_px) - _step_sum(half - 0.5, psf_sigma_px)) - 1.0)


def peak_rise_k(
    target_c: float,
    width_m: float,
    height_m: float,
    emissivity: float,
    range_m: npt.ArrayLike,
    ifov_mrad: npt.ArrayLike,
    extinction_per_km: float,
    background_c: float,
    psf_sigma_px: float = 0.5,
) -> Array:
    """Return by how many kelvin the best pixel on a rectangular target rises above a background of `background_c`.

    Shapes: `range_m` and `ifov_mrad` broadcast. The air and what the target reflects have the background's temperature.
    """
    away = np.asarray(range_m, np.float64)
    pixel_m = np.maximum(away * np.asarray(ifov_mrad, np.float64) / 1000.0, 1e-9)
    fill = pixel_fill(width_m / pixel_m, psf_sigma_px) * pixel_fill(height_m / pixel_m, psf_sigma_px)
    behind = radiance(background_c)
    arriving = transmission(away, extinction_per_km) * fill * emissivity * (radiance(target_c) - behind)
    return np.asarray(temperature(behind + arriving) - temperature(behind))


def _step_sum(x: Array, sigma: float) -> Array:
    """Return ∫ Φ(t/σ) dt up to x."""
    if sigma <= 0.0:
        return np.maximum(x, 0.0)
    z = x / sigma
    whole = 0.5 * (1.0 + np.asarray(_erf(z / sqrt(2.0)), np.float64))
    return np.asarray(x * whole + sigma / sqrt(2.0 * pi) * np.exp(-z * z / 2.0))
