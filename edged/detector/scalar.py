"""Frame → Thermogram, for every way in which a picture encodes heat.

Temperatures are claimed only from `celsius` and `centikelvin`. Grey 250 and more is not over range: most harmless scenes have it.
Over range is the end of a radiometric range, or the over-range colour of a palette (a core drawn from the cold end inside a ring of the
hot end, which no lens can image).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector import palettes
from edged.model.frame import Frame, Picture, Thermogram

COUNTS_PER_K = 25.0
"""Nominal slope of raw counts of an uncooled core (FLIR Tau and Lepton: 20–40 counts per kelvin near 20 °C)."""
LEVELS_PER_K = 6.0
"""Nominal slope of an 8-bit AGC picture: 255 levels over a 30–50 K span."""
RANGE_END_MIN_C = 100.0
RANGE_END_MIN_RISE_K = 60.0
RANGE_END_PIXELS = 4
RANGE_END_BAND = 0.03
"""Pixels within this share of (end − median) of the end count as over range: the last amplifier bits compress before they clip."""
RELOOK_FRAMES = 64


@dataclass(frozen=True, slots=True)
class Reading:
    """How pictures of this source are read now. `assumed`: nothing in the picture proves it."""

    picture: Picture
    palette: str | None = None
    residual: float = 0.0
    assumed: bool = False
    degraded: bool = False


class Scalar:
    """Reads the frames of one source. Keeps the palette that it recognised until two looks in a row disagree."""

    def __init__(self, picture: Picture | Literal["auto"] = "auto", range_end_c: float | None = None) -> None:
        self._declared = picture
        self._range_end_c = range_end_c
        self._reading: Reading | None = None
        self._doubt = 0
        self._frames = 0

    @property
    def reading(self) -> Reading | None:
        """How the last frame was read; None before the first."""
        return self._reading

    def thermogram(self, frame: Frame) -> Thermogram:
        """Return the heat of a frame. Shapes and units: see `Thermogram`."""
        pixels = frame.pixels
        if pixels.ndim == 3 and pixels.shape[2] == 4:
            pixels = pixels[..., :3]
        if pixels.ndim == 3 and (pixels.shape[2] == 1 or (self._declared != "palette" and _is_grey(pixels))):
            pixels = np.ascontiguousarray(pixels[..., 0])
        reading = self._read(pixels)
        self._reading = reading
        self._frames += 1
        match reading.picture:
            case "celsius":
                return self._radiometric(pixels.astype(np.float32, copy=False))
            case "centikelvin":
                return self._radiometric(pixels.astype(np.float32) * np.float32(0.01) - np.float32(273.15))
            case "counts":
                return Thermogram(pixels.astype(np.float32), "relative", _finite(pixels), levels_per_k=COUNTS_PER_K)
            case "palette":
                return _palette(pixels, reading)
            case _:
                grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels.astype(np.uint8, copy=False), cv2.COLOR_BGR2GRAY)
                heat = grey.astype(np.float32)
                if reading.picture == "black-hot":
                    heat = np.float32(255.0) - heat
                return Thermogram(heat, "relative", levels_per_k=LEVELS_PER_K)

    def _read(self, pixels: npt.NDArray[np.generic]) -> Reading:
        if self._declared != "auto" and self._declared != "palette":
            return Reading(self._declared)
        if pixels.ndim == 3:
            return self._read_palette(pixels.astype(np.uint8, copy=False))
        if pixels.dtype.kind == "f":
            return Reading("celsius", assumed=True)
        if pixels.dtype == np.uint16:
            centre = float(np.median(pixels[::4, ::4].astype(np.float32)))
            return Reading("centikelvin" if 22_000 <= centre <= 40_000 else "counts", assumed=True)
        return Reading("white-hot", assumed=True)

    def _read_palette(self, picture: npt.NDArray[np.uint8]) -> Reading:
        known = self._reading
        if known is not None and known.picture == "palette" and self._frames % RELOOK_FRAMES:
            return known
        name, residual = palettes.identify(picture)
        fresh = Reading("palette", name, residual, degraded=residual > palettes.RESIDUAL_LEVELS)
        if known is None or known.picture != "palette" or known.palette == name:
            self._doubt = 0
            return fresh
        self._doubt += 1
        return fresh if self._doubt >= 2 else known

    def _radiometric(self, heat: npt.NDArray[np.float32]) -> Thermogram:
        usable = _finite(heat)
        if usable is not None:
            heat = np.where(usable, heat, np.float32(np.median(heat[usable])) if usable.any() else np.float32(0.0))
        end = range_end(heat, self._range_end_c)
        over = None
        if end is not None:
            floor = end - RANGE_END_BAND * (end - float(np.median(heat[::4, ::4])))
            over = heat >= floor
        return Thermogram(heat, "radiometric", usable, over)


def range_end(heat: npt.NDArray[np.float32], known_c: float | None = None) -> float | None:
    """Return the temperature where the sensor's range ended in this picture, °C, or None.

    A declared end is taken when reached. Otherwise several pixels must share the exact maximum, and either far more than share any value
    below it or with a pile-up just below: a scene's own peak narrows towards its top, a clipped or compressed one widens.
    """
    top = float(cv2.minMaxLoc(heat)[1])
    if known_c is not None:
        return known_c if top >= known_c - 0.5 else None
    if top < RANGE_END_MIN_C:
        return None
    rise = top - float(np.median(heat[::4, ::4]))
    if rise < RANGE_END_MIN_RISE_K:
        return None
    at_top = int(np.count_nonzero(heat == np.float32(top)))
    if at_top < RANGE_END_PIXELS:
        return None
    below = heat[(heat < top) & (heat > top - 0.15 * rise)]
    shared = len(below) / max(1, len(np.unique(below)))
    last = at_top + int(np.count_nonzero(below > top - 0.03 * rise))
    before = int(np.count_nonzero(below <= top - 0.06 * rise)) / 3.0
    return top if at_top >= 3.0 * shared or last >= 2.0 * max(before, 4.0) else None


def over_range_core(index: npt.NDArray[np.uint8], residual: npt.NDArray[np.uint8], limit: float = 40.0) -> npt.NDArray[np.bool_] | None:
    """Return where a palette picture has cores of its coldest colours inside its hottest ones, or None.

    Optics blur: between cold and hot lies every colour in between, so a direct step marks a colour drawn for "over range".
    Thin strokes (text, cross-hairs) are removed by an opening. Shapes: (H, W) uint8 index and residual → (H, W) bool.
    """
    cold = ((index < 26) & (residual < limit)).astype(np.uint8)
    reach = max(2, min(index.shape) // 120)
    core = cv2.morphologyEx(cold, cv2.MORPH_OPEN, np.ones((2 * reach - 1, 2 * reach - 1), np.uint8))
    if not core.any():
        return None
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core)
    out = np.zeros(index.shape, np.bool_)
    wide = np.ones((4 * reach + 1, 4 * reach + 1), np.uint8)
    near = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    for label in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[label])
        if area > index.size // 4:
            continue
        rows = slice(max(0, y - 3 * reach), y + h + 3 * reach)
        cols = slice(max(0, x - 3 * reach), x + w + 3 * reach)
        here = (labels[rows, cols] == label).astype(np.uint8)
        ring = (cv2.dilate(here, wide) > 0) & (cv2.dilate(here, near) == 0) & (cold[rows, cols] == 0)
        if ring.any() and np.mean(index[rows, cols][ring] >= 178) >= 0.75:
            out[rows, cols] |= here > 0
    return out if out.any() else None


def _palette(picture: npt.NDArray[np.generic], reading: Reading) -> Thermogram:
    bgr = picture.astype(np.uint8, copy=False)
    if reading.degraded or reading.palette is None:
        heat = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)
        return Thermogram(heat, "relative", levels_per_k=LEVELS_PER_K, degraded=True)
    index, residual = palettes.read(bgr, reading.palette)
    over = over_range_core(index, residual)
    heat = index.astype(np.float32)
    usable = residual < 60
    if over is not None:
        heat[over] = 255.0
        usable = usable | over
    return Thermogram(heat, "relative", usable, over, levels_per_k=LEVELS_PER_K)


def _is_grey(pixels: npt.NDArray[np.generic]) -> bool:
    part = pixels[::8, ::8].astype(np.int16)
    return bool(np.mean(np.abs(part[..., 0] - part[..., 2]) <= 6) >= 0.99 and np.mean(np.abs(part[..., 0] - part[..., 1]) <= 6) >= 0.99)


def _finite(heat: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_] | None:
    if heat.dtype.kind != "f":
        return None
    good = np.isfinite(heat)
    return None if good.all() else good
