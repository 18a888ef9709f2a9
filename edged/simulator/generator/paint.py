"""Patches become picture: exact cover of the pixels under a Gaussian point spread, mixed in band radiance 8–14 µm, far patches first.

Only the pixels round a patch are touched. Frame: as `Patch`. A patch whose pixels all lie outside the picture leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import ceil, floor, pi, sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from edged.geometry.radiance import HIGH_C, LOW_C, radiance, temperature, transmission
from edged.simulator.generator.patch import Patch

Picture = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]
Window = tuple[int, int, int, int]
"""Left, top, right, bottom; the last two outside."""
PSF_SIGMA_PX = 0.5
SPREADS = 4.0
"""A patch is painted as far as so many sigmas beyond its edge."""
STRIPS_PER_PX, STRIPS_MIN, STRIPS_MAX = 6.0, 16, 96
_STEP_C, _STEP_L = 0.25, 0.25


@lru_cache(maxsize=1)
def _tables() -> tuple[Array, Array, float]:
    """Return radiance by temperature, temperature by radiance on even steps, and the first radiance."""
    temps = np.arange(LOW_C, HIGH_C + _STEP_C, _STEP_C)
    low, high = float(radiance(LOW_C)), float(radiance(HIGH_C))
    return radiance(temps), temperature(np.arange(low, high + _STEP_L, _STEP_L)), low


def to_radiance(temp_c: npt.ArrayLike) -> Array:
    """Return W m⁻² sr⁻¹, by a table of even steps (0.25 K; error below 0.001 K)."""
    return _lookup(_tables()[0], (np.asarray(temp_c, np.float64) - LOW_C) / _STEP_C)


def to_celsius(band: npt.ArrayLike) -> Array:
    """Return °C of black bodies, by a table of even steps (0.25 W m⁻² sr⁻¹; error below 0.01 K above −20 °C)."""
    _, temps, low = _tables()
    return _lookup(temps, (np.asarray(band, np.float64) - low) / _STEP_L)


def _lookup(table: Array, place: Array) -> Array:
    place = np.clip(place, 0.0, len(table) - 1.001)
    at = place.astype(np.intp)
    first = table[at]
    return np.asarray(first + (place - at) * (table[at + 1] - first))


def paint(
    picture: Picture,
    patches: Sequence[Patch],
    air_temp_c: float,
    extinction_per_km: float,
    psf_sigma_px: float = PSF_SIGMA_PX,
    shift_px: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Mix `patches` into `picture` ((H, W) float32, °C apparent), in place, the farthest first, each moved by `shift_px`.

    The air on the way has `air_temp_c` and lets exp(−k R) through; what the picture holds already has its own way behind it.
    """
    far_first = sorted(patches, key=lambda patch: -patch.range_m)
    if shift_px != (0.0, 0.0):
        far_first = [replace(patch, x_px=patch.x_px + shift_px[0], y_px=patch.y_px + shift_px[1]) for patch in far_first]
    placed = [(patch, window) for patch in far_first if (window := _window(patch, picture.shape, psf_sigma_px)) is not None]
    air = float(to_radiance(air_temp_c))
    for group, (left, top, right, bottom) in _grouped(placed):
        part = picture[top:bottom, left:right]
        band = to_radiance(part)
        for patch, (x0, y0, x1, y1) in group:
            _mix(band[y0 - top : y1 - top, x0 - left : x1 - left], patch, (x0, y0, x1, y1), air, extinction_per_km, psf_sigma_px)
        part[:] = to_celsius(band)


def cover(patch: Patch, window: Window, psf_sigma_px: float = PSF_SIGMA_PX) -> Array:
    """Return (bottom − top, right − left) shares 0–1 of the light of each pixel of `window` that comes from inside `patch`."""
    left, top, right, bottom = window
    xs: Array = np.arange(left, right, dtype=np.float64) - patch.x_px
    ys: Array = np.arange(top, bottom, dtype=np.float64) - patch.y_px
    wide, high = patch.width_px / 2.0, patch.height_px / 2.0
    if patch.shape == "box":
        across = _share(xs, np.array(-wide), np.array(wide), psf_sigma_px)
        return np.asarray(_share(ys, np.array(-high), np.array(high), psf_sigma_px)[:, None] * across)
    strips = int(min(STRIPS_MAX, max(STRIPS_MIN, ceil(STRIPS_PER_PX * patch.height_px))))
    edges = np.linspace(-1.0, 1.0, strips + 1)
    chord = wide * (_circle(edges[1:]) - _circle(edges[:-1])) / np.diff(edges)
    down = _share(ys[:, None], high * edges[None, :-1], high * edges[None, 1:], psf_sigma_px)
    return np.asarray(np.matmul(down, _share(xs[None, :], -chord[:, None], chord[:, None], psf_sigma_px)))


def _circle(x: Array) -> Array:
    """Return ∫ √(1 − t²) dt, so that each strip of a disc has its true area."""
    return np.asarray(0.5 * (x * np.sqrt(np.maximum(0.0, 1.0 - x * x)) + np.arcsin(x)))


def _mix(band: Array, patch: Patch, window: Window, air: float, extinction_per_km: float, psf_sigma_px: float) -> None:
    share = cover(patch, window, psf_sigma_px)
    through = float(transmission(patch.range_m, extinction_per_km))
    own, hides = float(to_radiance(patch.temp_c)), patch.emissivity
    if patch.reflected_c is not None:
        own, hides = patch.emissivity * own + (1.0 - patch.emissivity) * float(to_radiance(patch.reflected_c)), 1.0
    band += hides * share * (through * own + (1.0 - through) * air - band)


def _share(centres: Array, low: Array, high: Array, sigma: float) -> Array:
    """Return the share of each pixel (1 wide, round `centres`) of a step up at `low` and down at `high`, after a Gaussian spread."""
    return _ramp(centres - low, sigma) - _ramp(centres - high, sigma)


def _ramp(x: Array, sigma: float) -> Array:
    return _below(x + 0.5, sigma) - _below(x - 0.5, sigma)


def _below(x: Array, sigma: float) -> Array:
    """Return ∫ Φ(t/σ) dt up to x."""
    if sigma <= 0.0:
        return np.maximum(x, 0.0)
    z = x / sigma
    return np.asarray(x * ndtr(z) + sigma / sqrt(2.0 * pi) * np.exp(-0.5 * z * z))


def _window(patch: Patch, shape: tuple[int, ...], sigma: float) -> Window | None:
    reach = SPREADS * sigma + 0.5
    left, right = floor(patch.x_px - patch.width_px / 2 - reach), ceil(patch.x_px + patch.width_px / 2 + reach) + 1
    top, bottom = floor(patch.y_px - patch.height_px / 2 - reach), ceil(patch.y_px + patch.height_px / 2 + reach) + 1
    left, top, right, bottom = max(0, left), max(0, top), min(shape[1], right), min(shape[0], bottom)
    return (left, top, right, bottom) if left < right and top < bottom else None


def _grouped(placed: list[tuple[Patch, Window]]) -> list[tuple[list[tuple[Patch, Window]], Window]]:
    """Return the patches in groups whose windows overlap, each in its order, with the window of all."""
    groups: list[tuple[list[int], Window]] = []
    for number, (_, window) in enumerate(placed):
        members, whole = [number], window
        while touching := [each for each in groups if _overlap(each[1], whole)]:
            for known, other in touching:
                members, whole = members + known, _union(whole, other)
            groups = [each for each in groups if each not in touching]
        groups.append((members, whole))
    return [([placed[number] for number in sorted(members)], whole) for members, whole in groups]


def _overlap(a: Window, b: Window) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _union(a: Window, b: Window) -> Window:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
