"""Frame → Thermogram, for every way in which a picture encodes heat.

Temperatures are claimed only from `celsius`, `centikelvin`, `kelvin-linear` and `flir-counts`. Grey 250 and more is not over range: most
harmless scenes have it. Over range is the end of a radiometric range, or the over-range colour of a palette (a core drawn from the cold
end inside a ring of the hot end, which no lens can image).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector import palettes
from edged.geometry.measurement import ZERO_C_K, PlanckCounts
from edged.geometry.radiance import HIGH_C
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
"""A palette that fits is looked for anew this often; one that ceases to fit at once."""
FIT_STRIDE, FIT_LEVELS = 16, 1.5 * palettes.RESIDUAL_LEVELS
"""The table of 15-bit colours adds up to 5 levels to the residual."""
EIGHT_BIT: frozenset[Picture] = frozenset({"white-hot", "black-hot", "palette"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How pictures of this source are read now. `assumed`: nothing in the picture proves it."""

    picture: Picture
    palette: str | None = None
    residual: float = 0.0
    assumed: bool = False
    degraded: bool = False


class Scalar:
    """Reads the frames of one source. Keeps the palette that it recognised until two looks in a row disagree.

    `kelvin_per_count` is for `kelvin-linear`, `planck` for `flir-counts`. Raises ValueError for `flir-counts` without constants.
    """

    def __init__(
        self, picture: Picture | Literal["auto"] = "auto", range_end_c: float | None = None, kelvin_per_count: float = 0.04,
        planck: PlanckCounts | None = None,
    ) -> None:  # fmt: skip
        if picture == "flir-counts" and planck is None:
            raise ValueError("flir-counts: the camera's Planck constants are missing")
        self._declared = picture
        self._kelvin_per_count = kelvin_per_count
        self._celsius_of = _table(planck) if picture == "flir-counts" and planck is not None else None
        self._range_end_c = range_end_c
        self._reading: Reading | None = None
        self._doubt = 0
        self._frames = 0
        self._fits = True

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
        return self._heat(pixels, reading)

    def _heat(self, pixels: npt.NDArray[np.generic], reading: Reading) -> Thermogram:
        match reading.picture:
            case "celsius":
                return self._radiometric(pixels.astype(np.float32, copy=False), reading)
            case "centikelvin":
                return self._radiometric(pixels.astype(np.float32) * np.float32(0.01) - np.float32(ZERO_C_K), reading)
            case "kelvin-linear":
                return self._radiometric(pixels.astype(np.float32) * np.float32(self._kelvin_per_count) - np.float32(ZERO_C_K), reading)
            case "flir-counts":
                assert self._celsius_of is not None
                return self._radiometric(self._celsius_of[pixels.astype(np.uint16, copy=False)], reading)
            case "counts":
                heat = pixels.astype(np.float32)
                return Thermogram(
                    heat, "relative", _finite(pixels), levels_per_k=COUNTS_PER_K, degraded=reading.degraded, assumed=reading.assumed
                )
            case "palette":
                return self._palette(pixels.astype(np.uint8, copy=False), reading)
            case _:
                grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels.astype(np.uint8, copy=False), cv2.COLOR_BGR2GRAY)
                levels = grey.astype(np.uint8, copy=False)
                if reading.picture == "black-hot":
                    levels = np.invert(levels)
                return Thermogram.grey(levels, LEVELS_PER_K, degraded=reading.degraded, assumed=reading.assumed)

    def _read(self, pixels: npt.NDArray[np.generic]) -> Reading:
        if self._declared != "auto" and self._declared != "palette":
            return self._as_declared(self._declared, pixels)
        if pixels.ndim == 3:
            return self._read_palette(pixels.astype(np.uint8, copy=False))
        if pixels.dtype.kind == "f":
            return Reading("celsius", assumed=True)
        if pixels.dtype == np.uint16:
            centre = float(np.median(pixels[::4, ::4].astype(np.float32)))
            return Reading("centikelvin" if 22_000 <= centre <= 40_000 else "counts", assumed=True)
        return Reading("white-hot", assumed=True)

    @staticmethod
    def _as_declared(declared: Picture, pixels: npt.NDArray[np.generic]) -> Reading:
        """Return what the settings say, or, where the pixels cannot be that, the nearest thing that claims nothing, degraded."""
        eight_bit = pixels.dtype == np.uint8
        if (declared in EIGHT_BIT) == eight_bit and (pixels.dtype.kind != "f" or declared in ("celsius", "counts")):
            return Reading(declared)
        return Reading("white-hot" if eight_bit else "counts", assumed=True, degraded=True)

    def _read_palette(self, picture: npt.NDArray[np.uint8]) -> Reading:
        known = self._reading
        if known is not None and known.picture == "palette" and self._fits and self._frames % RELOOK_FRAMES:
            return known
        name, residual = palettes.identify(picture)
        fresh = Reading("palette", name, residual, degraded=residual > palettes.RESIDUAL_LEVELS)
        if known is None or known.picture != "palette" or known.palette == name or not self._fits:
            self._doubt = 0
            return fresh
        self._doubt += 1
        return fresh if self._doubt >= 2 else known

    def _palette(self, bgr: npt.NDArray[np.uint8], reading: Reading) -> Thermogram:
        """Read the heat of colours. A picture that the known palette does not fit is not looked at until the next one shows which does."""
        fitted, self._fits = self._fits, True
        if reading.degraded or reading.palette is None:
            heat = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)
            return Thermogram(heat, "relative", levels_per_k=LEVELS_PER_K, degraded=True, assumed=True)
        index, residual = palettes.read(bgr, reading.palette)
        self._fits = float(np.median(residual[::FIT_STRIDE, ::FIT_STRIDE])) <= FIT_LEVELS
        heat = index.astype(np.float32)
        if fitted and not self._fits:
            return Thermogram(heat, "relative", np.zeros(heat.shape, np.bool_), levels_per_k=LEVELS_PER_K, degraded=True, assumed=True)
        over = over_range_core(index, residual)
        usable = residual < 60
        if over is not None:
            heat[over] = 255.0
            usable = usable | over
        return Thermogram(heat, "relative", usable, over, levels_per_k=LEVELS_PER_K)

    def _radiometric(self, heat: npt.NDArray[np.float32], reading: Reading) -> Thermogram:
        usable = _finite(heat)
        if usable is not None:
            beyond = np.isposinf(heat)
            heat, usable = np.where(beyond, np.float32(HIGH_C), heat), usable | beyond
            heat = np.where(usable, heat, np.float32(np.median(heat[usable])) if usable.any() else np.float32(0.0))
        end = range_end(heat, self._range_end_c)
        over = None
        if end is not None:
            floor = end - RANGE_END_BAND * (end - float(np.median(heat[::4, ::4])))
            over = heat >= floor
        return Thermogram(heat, "radiometric", usable, over, assumed=reading.assumed)


def _table(planck: PlanckCounts) -> npt.NDArray[np.float32]:
    """Return °C of each 16-bit count; NaN below the scale, its upper end above it."""
    celsius = planck.temp_c(np.arange(65536))
    above = np.arange(65536) > planck.counts(HIGH_C)
    return np.where(above, HIGH_C, celsius).astype(np.float32)


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


def _is_grey(pixels: npt.NDArray[np.generic]) -> bool:
    part = pixels[::8, ::8].astype(np.int16)
    return bool(np.mean(np.abs(part[..., 0] - part[..., 2]) <= 6) >= 0.99 and np.mean(np.abs(part[..., 0] - part[..., 1]) <= 6) >= 0.99)


def _finite(heat: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_] | None:
    if heat.dtype.kind != "f":
        return None
    good = np.isfinite(heat)
    return None if good.all() else good
