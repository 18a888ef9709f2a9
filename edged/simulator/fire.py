"""A growing fire as a thermal lens sees it: t² growth, flame and ember bed as mixed pixels in 8–14 µm, point spread, flicker. Pure.

Sources: t² growth rates NFPA 72 annex B; flame height L = 0.235 Q^0.4 − 1.02 D (Heskestad); puffing at 1.5/√D Hz (Cetegen and Ahmed).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edged.geometry.radiance import radiance, temperature
from edged.simulator.settings import Growth

KW_PER_S2: dict[Growth, float] = {"slow": 0.00293, "medium": 0.0117, "fast": 0.0469, "ultrafast": 0.1876}
KW_PER_M2 = 500.0
FLAME_C, BED_C, BED_EMISSIVITY = 800.0, 480.0, 0.9
SOOT_PER_M = 1.0
"""Absorption of the flame: emissivity 1 − exp(−K d)."""
PSF_SIGMA_PX = 0.5
MIN_AREA_M2 = 0.01
MAX_PATCH_PX = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How big it burns. Units: kW, m."""

    heat_kw: float
    base_m: float
    height_m: float


def size_at(age_s: float, growth: Growth, max_kw: float) -> Size:
    """Return the size of a fire `age_s` after ignition."""
    heat = min(max_kw, KW_PER_S2[growth] * max(0.0, age_s) ** 2)
    base = math.sqrt(max(MIN_AREA_M2, heat / KW_PER_M2) * 4.0 / math.pi)
    return Size(heat, base, max(0.15, 0.235 * heat**0.4 - 1.02 * base))


def paint(
    picture: npt.NDArray[np.float32], x_px: float, y_px: float, metres_per_px: float, size: Size, age_s: float, transmittance: float
) -> None:
    """Add the fire to `picture` ((H, W) float32, °C apparent), its base at (x_px, y_px), pixel centres on whole numbers."""
    base, height = size.base_m / metres_per_px, size.height_m / metres_per_px
    half = min(MAX_PATCH_PX, math.ceil(max(base, height * 0.5)) + 3)
    up = min(MAX_PATCH_PX, math.ceil(height * 1.3) + 3)
    x0, y0 = round(x_px) - half, round(y_px) - up
    x1, y1 = round(x_px) + half + 1, round(y_px) + 4
    left, top, right, bottom = max(0, x0), max(0, y0), min(picture.shape[1], x1), min(picture.shape[0], y1)
    if left >= right or top >= bottom:
        return
    fine = max(1, min(8, 160 // max(x1 - x0, y1 - y0)))
    xs = (np.arange((x1 - x0) * fine) + 0.5) / fine - 0.5 + x0 - x_px
    zs = -((np.arange((y1 - y0) * fine) + 0.5) / fine - 0.5 + y0 - y_px)
    flame, bed = _shape(xs[None, :].astype(np.float32), zs[:, None].astype(np.float32), base, height, size.base_m, age_s)
    shrunk = [_shrink(part, fine) for part in (flame, bed)]
    cut = (slice(top - y0, bottom - y0), slice(left - x0, right - x0))
    flame_px, bed_px = (1.0 - math.exp(-SOOT_PER_M * max(0.2, size.base_m))) * shrunk[0][cut], BED_EMISSIVITY * shrunk[1][cut]
    behind = radiance(picture[top:bottom, left:right]) * (1.0 - bed_px) * (1.0 - flame_px)
    burning = float(radiance(FLAME_C)) * flame_px + float(radiance(BED_C)) * bed_px * (1.0 - flame_px)
    picture[top:bottom, left:right] = temperature(behind + transmittance * burning)


def flicker(age_s: float, base_m: float) -> float:
    """Return the momentary share of the flame's height, 0.5–1, puffing faster the smaller it is."""
    f = 1.5 / math.sqrt(base_m)
    return 0.78 + 0.13 * math.sin(2 * math.pi * f * age_s) + 0.09 * math.sin(2 * math.pi * 2.7 * f * age_s + 1.3)


def _shape(
    xs: npt.NDArray[np.float32], zs: npt.NDArray[np.float32], base: float, height: float, base_m: float, age_s: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the cover 0–1 of flame and bed on the fine grid; lengths in pixels."""
    tall = max(1e-3, height * flicker(age_s, base_m))
    share = np.clip(zs / tall, 0.0, 1.0)
    lean = 0.18 * base * share * math.sin(2 * math.pi * 0.7 * age_s) + 0.1 * base * np.sin(5.0 * share - 6.0 * age_s)
    wide = np.where((zs >= 0) & (zs <= tall), 0.5 * base * np.sqrt(1.0 - share), 0.0)
    flame = (np.abs(xs - lean) < wide).astype(np.float32)
    bed = ((np.abs(xs) < 0.5 * base) & (zs > -0.02 * base) & (zs < 0.25 * base)).astype(np.float32)
    return flame, bed


def _shrink(cover: npt.NDArray[np.float32], fine: int) -> npt.NDArray[np.float32]:
    blurred = cv2.GaussianBlur(cover, (0, 0), PSF_SIGMA_PX * fine)
    if fine == 1:
        return np.asarray(blurred)
    return np.asarray(cv2.resize(blurred, (cover.shape[1] // fine, cover.shape[0] // fine), interpolation=cv2.INTER_AREA))
