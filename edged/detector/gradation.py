"""Which temperature a grey level stands for, regressed on the camera's own spot and box readings.

A gain control moves levels against kelvins: a reading counts together with the picture that it was taken from, only readings of the
last seconds are fitted, and a gain that hunts meanwhile shows as a large error. The fit is a robust line of °C against level, or of band
radiance where the readings span so much that °C are no line any more. Its error is published, and temperatures are claimed (`calibrated`,
never `valid`) only while it is fresh and small. What is judged stays in levels: evidence must not change its units.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from edged.geometry.radiance import radiance, temperature
from edged.model.frame import Thermogram
from edged.model.heatread import HeatRead, SpotReading
from edged.model.sighting import Temperature

FRESH_S = 20.0
"""A fit without a new reading for so long is none any more: the gain moves on."""
PAIRED_S = 1.0
"""A reading and the picture that it is laid upon lie no farther apart."""
LEAST_PAIRS, LEAST_LEVELS = 4, 20.0
"""A line needs so many pairs, and levels that span so much; fewer say nothing of the slope."""
MOST_ERROR_K, MOST_ERROR_SHARE = 3.0, 0.1
"""1σ up to which temperatures are claimed, or this share of the span of the readings."""
BEYOND_SHARE = 0.5
"""Levels outside those that were read, by more than this share of their span, are beyond the fit: they count as its end."""
BAND_FROM_K = 60.0
ROUNDS, CUT = 4, 2.5
AROUND_PX = 12
TOP_GREY, BOTTOM_GREY = 253.0, 2.0
"""A level at the end of the scale says only `at least`."""

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """°C (or band radiance, `band`) ≈ `slope` · level + `offset`, for levels `low`…`high`; `error_k` 1σ of the readings about it."""

    slope: float
    offset: float
    band: bool
    low: float
    high: float
    error_k: float
    pairs: int
    at_s: float

    def celsius(self, levels: npt.ArrayLike) -> Floats:
        """Return °C of levels."""
        line = self.slope * np.asarray(levels, np.float64) + self.offset
        return temperature(line) if self.band else line


class Gradation:
    """Collects pairs of level and temperature of one view and fits them."""

    def __init__(self) -> None:
        self._pairs: deque[tuple[float, float, float]] = deque(maxlen=200)
        self.fit: Fit | None = None

    def forget(self) -> None:
        """Start again: another view, or the gain control was set anew."""
        self._pairs.clear()
        self.fit = None

    def take(self, read: HeatRead, heat: Array, taken_at: datetime, now_s: float) -> None:
        """Lay readings upon the picture that was shown then, (H, W) grey levels. `taken_at`: UTC of the picture; `now_s`: its mono_s."""
        if abs((read.at - taken_at).total_seconds()) > PAIRED_S:
            return
        self._pairs.extend((now_s, level, temp) for reading in read.readings for level, temp in pairs(reading, heat))
        while self._pairs and now_s - self._pairs[0][0] > FRESH_S:
            self._pairs.popleft()
        known = np.array(self._pairs, np.float64).reshape(-1, 3)
        self.fit = fitted(known[:, 1], known[:, 2], now_s)

    def error_k(self, now_s: float) -> float | None:
        """Return the error of the fit that temperatures are claimed by now, None where none is."""
        fit = self._good(now_s)
        return fit.error_k if fit is not None else None

    def temperature(self, thermogram: Thermogram, box_px: tuple[int, int, int, int], now_s: float) -> Temperature | None:
        """Return what a spot's box (x, y, w, h) and its surroundings show by the fit; None while nothing may be claimed."""
        fit = self._good(now_s)
        if fit is None or thermogram.kind != "relative" or thermogram.levels_per_k > 10.0:
            return None
        x, y, w, h = box_px
        heat = thermogram.heat
        top = float(heat[max(0, y) : y + h, max(0, x) : x + w].max(initial=0.0))
        around = heat[max(0, y - AROUND_PX) : y + h + AROUND_PX : 2, max(0, x - AROUND_PX) : x + w + AROUND_PX : 2]
        room = BEYOND_SHARE * (fit.high - fit.low)
        peak, below = (float(v) for v in fit.celsius(np.clip([top, float(np.median(around))], fit.low - room, fit.high + room)))
        return Temperature("calibrated", peak, below, False)

    def calibrated(self, thermogram: Thermogram, now_s: float) -> Thermogram:
        """Return a grey picture as temperatures while the fit is good; else as it is. Whatever is no 8-bit picture stays as well."""
        fit = self._good(now_s)
        if fit is None or thermogram.kind != "relative" or thermogram.levels_per_k > 10.0:
            return thermogram
        room = BEYOND_SHARE * (fit.high - fit.low)
        table = fit.celsius(np.arange(256).clip(fit.low - room, fit.high + room)).astype(np.float32)
        heat = table[thermogram.heat.clip(0, 255).astype(np.uint8)]
        return Thermogram(heat, "calibrated", thermogram.usable, thermogram.over_range, 1.0, thermogram.degraded, thermogram.assumed)

    def _good(self, now_s: float) -> Fit | None:
        fit = self.fit
        return fit if fit is not None and now_s - fit.at_s <= FRESH_S else None


def pairs(reading: SpotReading, heat: Array) -> list[tuple[float, float]]:
    """Return (level, °C) pairs of a reading; none where it lies outside the picture, is no number, or its level is an end of the scale.

    A point has the level of the 3 × 3 px around it; a box gives its greatest, its mean and its least, where they are told.
    """
    high, wide = heat.shape
    x, y = reading.x * wide - 0.5, reading.y * high - 0.5
    if not (0.0 <= reading.x <= 1.0 and 0.0 <= reading.y <= 1.0) or not np.isfinite(reading.temp_c):
        return []
    half_x, half_y = max(1.0, reading.width * wide / 2.0), max(1.0, reading.height * high / 2.0)
    part = heat[max(0, round(y - half_y)) : round(y + half_y) + 1, max(0, round(x - half_x)) : round(x + half_x) + 1]
    if part.size == 0:
        return []
    if reading.width <= 0.0 or reading.height <= 0.0:
        found: list[tuple[float, float | None]] = [(float(np.median(part)), reading.temp_c)]
    else:
        found = [(float(part.max()), reading.temp_c), (float(part.mean()), reading.mean_c), (float(part.min()), reading.least_c)]
    return [(level, temp) for level, temp in found if temp is not None and np.isfinite(temp) and BOTTOM_GREY <= level <= TOP_GREY]


def fitted(levels: Floats, temps_c: Floats, at_s: float) -> Fit | None:
    """Return the robust line through pairs of level and °C; None where they do not carry one or its error is too large."""
    if levels.size < LEAST_PAIRS or np.ptp(levels) < LEAST_LEVELS:
        return None
    band = bool(np.ptp(temps_c) > BAND_FROM_K)
    wanted = radiance(temps_c) if band else temps_c
    slope, offset = _theil_sen(levels, wanted)
    weights = np.ones(levels.size)
    for _ in range(ROUNDS):
        off = np.abs(wanted - (slope * levels + offset))
        scatter = max(1.4826 * float(np.median(off)), 1e-6)
        weights = np.where(off <= CUT * scatter, 1.0, 0.0)
        if weights.sum() < LEAST_PAIRS or np.ptp(levels[weights > 0]) < LEAST_LEVELS:
            return None
        slope, offset = (float(v) for v in np.polyfit(levels[weights > 0], wanted[weights > 0], 1))
    kept = weights > 0
    fit = Fit(slope, offset, band, float(levels[kept].min()), float(levels[kept].max()), 0.0, int(kept.sum()), at_s)
    off_k = temps_c - fit.celsius(levels)
    error = float(np.sqrt(np.mean(off_k[kept] ** 2) * kept.sum() / max(1, kept.sum() - 2)))
    error *= levels.size / max(1, int(kept.sum()))
    if fit.slope <= 0.0 or error > max(MOST_ERROR_K, MOST_ERROR_SHARE * float(np.ptp(temps_c[kept]))):
        return None
    return Fit(fit.slope, fit.offset, band, fit.low, fit.high, error, fit.pairs, at_s)


def _theil_sen(x: Floats, y: Floats) -> tuple[float, float]:
    """Return (slope, offset) by the middle of all pairwise slopes; up to 29 % of the pairs may be wrong. Source: Sen 1968."""
    one, other = np.triu_indices(x.size, 1)
    apart = x[other] - x[one]
    far = np.abs(apart) >= 1.0
    slope = float(np.median((y[other] - y[one])[far] / apart[far])) if far.any() else 0.0
    return slope, float(np.median(y - slope * x))
