"""What a thermal camera measures of an object through air and a window, and back; and a camera's own counts by its Planck constants.

W_meas = τ_w [τ_a (ε W(T_obj) + (1 − ε) W(T_refl)) + (1 − τ_a) W(T_air)] + (1 − τ_w) W(T_window), W band radiance 8–14 µm or any scale
linear in it, the window's own reflection neglected. Parameters that no physics allows raise ValueError; a pixel that cannot be inverted
is NaN: the surroundings alone shine more than was measured, the object would lie off the scale, or under 2 % of its light arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, isfinite, sqrt

import numpy as np
import numpy.typing as npt

from edged.geometry.radiance import HIGH_C, LOW_C, radiance, temperature, transmission

Array = npt.NDArray[np.float64]
ZERO_C_K = 273.15
LEAST_SHARE = 0.02
"""Less of the object's own light than this is noise times fifty."""
FLIR_FARTHEST_M = 100.0
"""FLIR's rule for the air is made for tens of metres; at kilometres in humid air it turns negative (facts B.3)."""


@dataclass(frozen=True, slots=True)
class Path:
    """What lies between an object and a camera. Shares 0…1, temperatures in °C. Raises ValueError.

    `transmittance`: of the air; `window_transmittance`: of the housing's window, 1 without one.
    """

    emissivity: float = 1.0
    reflected_temp_c: float = 20.0
    transmittance: float = 1.0
    air_temp_c: float = 20.0
    window_transmittance: float = 1.0
    window_temp_c: float = 20.0

    def __post_init__(self) -> None:
        if not (0.0 < self.emissivity <= 1.0 and 0.0 <= self.transmittance <= 1.0 and 0.0 < self.window_transmittance <= 1.0):
            raise ValueError(f"emissivity {self.emissivity}, transmittances {self.transmittance}, {self.window_transmittance}: 0…1 each")
        if not all(LOW_C <= t <= HIGH_C for t in (self.reflected_temp_c, self.air_temp_c, self.window_temp_c)):
            raise ValueError(f"temperatures of the path must lie in {LOW_C:g}…{HIGH_C:g} °C")

    @property
    def share(self) -> float:
        """Return the share of a black body's light that would arrive of the object's."""
        return self.emissivity * self.transmittance * self.window_transmittance


@dataclass(frozen=True, slots=True)
class PlanckCounts:
    """A camera's counts S of a black body at T kelvin: S = r1 / (r2 (exp(b / T) − f)) − o. Raises ValueError for impossible constants.

    Source: FLIR's R-JPEG metadata and Thermimage raw2temp. AX5 cameras write T = b / ln(r / (S − o) + f): see `ax5`.
    """

    r1: float
    b: float
    f: float = 1.0
    o: float = 0.0
    r2: float = 1.0

    def __post_init__(self) -> None:
        if not (all(map(isfinite, (self.r1, self.b, self.f, self.o, self.r2))) and min(self.r1, self.b, self.f, self.r2) > 0.0):
            raise ValueError("Planck constants: r1, b, f and r2 must be finite and positive")
        if self.f >= exp(min(self.b / (HIGH_C + ZERO_C_K), 700.0)):
            raise ValueError(f"Planck constants: f {self.f:g} is too large for b {self.b:g}: counts would be infinite below {HIGH_C:g} °C")

    @classmethod
    def ax5(cls, r: float, b: float, f: float, o: float) -> PlanckCounts:
        """Return the constants as a FLIR AX5 states them: its offset counts the other way."""
        return cls(r, b, f, -o)

    def counts(self, temp_c: npt.ArrayLike) -> Array:
        """Return the counts of black bodies, °C → counts."""
        kelvin = np.asarray(temp_c, np.float64) + ZERO_C_K
        return np.asarray(self.r1 / (self.r2 * (np.exp(self.b / kelvin) - self.f)) - self.o)

    def temp_c(self, counts: npt.ArrayLike) -> Array:
        """Return °C of black bodies; NaN where no temperature of −80…2000 °C gives these counts."""
        signal = np.asarray(counts, np.float64) + self.o
        with np.errstate(divide="ignore", invalid="ignore"):
            inner = np.log(self.r1 / (self.r2 * np.where(signal > 0.0, signal, np.nan)) + self.f)
            celsius = self.b / np.where(inner > 0.0, inner, np.nan) - ZERO_C_K
        return np.where((celsius >= LOW_C) & (celsius <= HIGH_C), celsius, np.nan)

    def object_temp_c(self, counts: npt.ArrayLike, path: Path) -> Array:
        """Return °C of objects behind `path` from raw counts, NaN where impossible."""
        return self.temp_c(_inverted(np.asarray(counts, np.float64), path, lambda t: float(self.counts(t))))


def received(object_temp_c: npt.ArrayLike, path: Path) -> Array:
    """Return the band radiance that a camera receives of objects, W m⁻² sr⁻¹."""
    inner = path.emissivity * radiance(object_temp_c) + (1.0 - path.emissivity) * radiance(path.reflected_temp_c)
    through = path.transmittance * inner + (1.0 - path.transmittance) * radiance(path.air_temp_c)
    return np.asarray(path.window_transmittance * through + (1.0 - path.window_transmittance) * radiance(path.window_temp_c))


def apparent_temp_c(object_temp_c: npt.ArrayLike, path: Path) -> Array:
    """Return what a camera set to emissivity 1 and no distance shows of objects, °C."""
    return temperature(received(object_temp_c, path))


def object_temp_c(apparent: npt.ArrayLike, path: Path) -> Array:
    """Return °C of objects that appear at `apparent` °C (emissivity 1) through `path`; NaN where impossible."""
    shown = np.asarray(apparent, np.float64)
    inside = np.where((shown >= LOW_C) & (shown <= HIGH_C), shown, np.nan)
    band = _inverted(np.asarray(radiance(inside)), path, lambda t: float(radiance(t)))
    low, high = radiance(LOW_C), radiance(HIGH_C)
    return temperature(np.where((band >= low) & (band <= high), band, np.nan))


def clamped_transmittance(range_m: npt.ArrayLike, extinction_per_km: float) -> Array:
    """Return exp(−kR), at most 1: a negative range or extinction is none."""
    return np.minimum(transmission(np.maximum(np.asarray(range_m, np.float64), 0.0), max(extinction_per_km, 0.0)), 1.0)


def flir_transmittance(
    distance_m: float, air_temp_c: float, humidity_share: float, *, x: float = 1.9, alpha1: float = 0.006569, beta1: float = -0.002276,
    alpha2: float = 0.01262, beta2: float = -0.00667,
) -> float:  # fmt: skip
    """Return FLIR's empirical transmittance of up to 100 m of air. Raises ValueError beyond: use exp(−kR) there.

    Source: Thermimage raw2temp, its two half paths in one.
    """
    if not 0.0 <= distance_m <= FLIR_FARTHEST_M:
        raise ValueError(f"FLIR's rule for the air holds to {FLIR_FARTHEST_M:g} m, not {distance_m:g}: use the extinction")
    t = air_temp_c
    root = sqrt(max(humidity_share * exp(1.5587 + 0.06939 * t - 0.00027816 * t**2 + 0.00000068455 * t**3), 0.0))
    half = sqrt(distance_m / 2.0)
    leg = x * exp(-half * (alpha1 + beta1 * root)) + (1.0 - x) * exp(-half * (alpha2 + beta2 * root))
    return min(max(leg, 0.0), 1.0) ** 2


def _inverted(measured: Array, path: Path, level: Callable[[float], float]) -> Array:
    """Return the object's own level on a scale linear in radiance; NaN where too little of it arrives."""
    if path.share < LEAST_SHARE:
        return np.full(measured.shape, np.nan)
    inside = (measured - (1.0 - path.window_transmittance) * level(path.window_temp_c)) / path.window_transmittance
    near = (inside - (1.0 - path.transmittance) * level(path.air_temp_c)) / path.transmittance
    return np.asarray((near - (1.0 - path.emissivity) * level(path.reflected_temp_c)) / path.emissivity)
