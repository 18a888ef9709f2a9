"""Planck's law in the band of a long-wave thermal camera, by table. Pure.

Units: °C at emissivity 1; radiance W m⁻² sr⁻¹ over 8–14 µm.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]
BAND_UM = (8.0, 14.0)
_C1, _C2 = 1.191042972e8, 1.438776877e4
"""CODATA radiation constants for radiance: W µm⁴ m⁻² sr⁻¹ and µm K."""
_GRID_C = np.arange(-80.0, 1500.0, 1.0)


@functools.cache
def _table() -> npt.NDArray[np.float64]:
    um = np.linspace(*BAND_UM, 121)
    spectral = _C1 / um**5 / np.expm1(_C2 / (um * (_GRID_C[:, None] + 273.15)))
    return np.asarray(np.trapezoid(spectral, um, axis=1))


def radiance(temp_c: Field | float) -> Field:
    """Return the band radiance of a black body."""
    return np.asarray(np.interp(temp_c, _GRID_C, _table()), np.float32)


def temperature(band_radiance: Field | float) -> Field:
    """Return the apparent temperature of a band radiance."""
    return np.asarray(np.interp(band_radiance, _table(), _GRID_C), np.float32)
