"""Band radiance of a black body, 8–14 µm, and back. The scale on which a fire smaller than a pixel adds up.

Source: Planck's law integrated over the band; 20 °C gives 49.3 W m⁻² sr⁻¹ (facts: 49.3).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
LOW_C, HIGH_C = -80.0, 2000.0
_C1 = 1.191042972e8
"""2hc² in W µm⁴ m⁻² sr⁻¹."""
_C2 = 14387.769
"""hc/k in µm K."""


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
