"""The course of a day over one still picture: air, sun on surfaces, passing clouds, the sky. Pure.

Each surface answers the sun in its own measure, late by `lag_s`; the sky follows its clouds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.float32]
HOUR_S = 3600.0
SURFACE_K = 1.5
"""Pixels of one still that differ by much less answer alike: one roof, one container, one stretch of ground with its texture."""
ANSWER_FROM, ANSWER_TO = 0.2, 1.4
SMOOTH_S = 900.0
"""A thin surface follows passing clouds so slowly."""


@dataclass(frozen=True, slots=True)
class Weather:
    """One day. `load_k`: how far a surface of response 1 is warmed at noon; `night_k`: cooled at night; `clouds`: share of the sun taken.

    Units: °C, kelvin, hours, seconds. `waves`: (period, phase) of the passing clouds.
    """

    air_c: float
    swing_k: float
    warmest_h: float
    sun_h: tuple[float, float]
    load_k: float
    night_k: float
    lag_s: float
    clouds: float
    waves: tuple[tuple[float, float], ...]

    def air(self, day_s: float) -> float:
        """Return the air's temperature at a second of the day."""
        return self.air_c + self.swing_k * math.cos(2.0 * math.pi * (day_s / HOUR_S - self.warmest_h) / 24.0)

    def sun(self, day_s: float) -> float:
        """Return the sun's height as a share of noon's, 0 at night."""
        rise, sets = self.sun_h
        return max(0.0, math.sin(math.pi * ((day_s / HOUR_S) % 24.0 - rise) / (sets - rise)))

    def shade(self, day_s: float, smooth_s: float = 0.0) -> float:
        """Return the share of the sun that clouds take, seen by something that follows with `smooth_s`."""
        if not self.waves:
            return 0.0
        waves = [math.sin(2 * math.pi * day_s / p + f) / math.hypot(1.0, 2 * math.pi * smooth_s / p) for p, f in self.waves]
        return float(self.clouds * min(1.0, max(0.0, 0.5 + 0.6 * sum(waves) / len(waves) ** 0.5)))

    def load(self, day_s: float) -> float:
        """Return by how many kelvin a surface of response 1 lies over the still picture."""
        late = day_s - self.lag_s
        sun = self.sun(late)
        return self.load_k * sun * (1.0 - self.shade(late, SMOOTH_S)) + self.night_k * max(0.0, 1.0 - 3.0 * sun)


class Day:
    """A still picture ((H, W) float32, °C, made for `weather.air_c`) and its day. `horizon_px`: the first row of ground."""

    def __init__(self, still: Picture, weather: Weather, horizon_px: float, seed: int) -> None:
        self.weather = weather
        rng = np.random.default_rng([seed, 81])
        knots = np.arange(float(still.min()), float(still.max()) + 2 * SURFACE_K, SURFACE_K)
        answer = np.interp(still, knots, rng.uniform(ANSWER_FROM, ANSWER_TO, len(knots))).astype(np.float32)
        rows = np.arange(still.shape[0], dtype=np.float32)
        self._still = still
        self._ground: Picture = np.asarray(cv2.GaussianBlur(answer, (0, 0), 0.7) * np.clip(rows - horizon_px, 0.0, 6.0)[:, None] / 6.0)
        self._sky: Picture = np.repeat(np.clip((horizon_px - rows) / 40.0, 0.0, 1.0)[:, None], still.shape[1], axis=1)

    def celsius(self, day_s: float) -> Picture:
        """Return the picture at a second of the day."""
        level = self.weather.air(day_s) - self.weather.air_c
        out = cv2.scaleAdd(self._ground, self.weather.load(day_s), self._still)
        out = cv2.scaleAdd(self._sky, 6.0 * self.weather.shade(day_s, SMOOTH_S), out)
        return np.asarray(out + np.float32(level), np.float32)
