"""Gain control of an 8-bit thermal stream: which kelvin become which grey.

Follows the scene by the filter of FLIR's Tau cores, n' = n a + n' (256 − a), over 256, once a picture; can hunt to and fro ("pumping").
Source: FLIR 102-PS242-100-01.
"""

from __future__ import annotations

import math
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.float32]
Control = Literal["percentile", "span", "plateau"]
TAILS = (1.0, 99.6)
SPAN_MIN_K = 12.0
LOW_GREY, HIGH_GREY = 12.0, 242.0
FOLLOW_PER_256 = 32.0
"""The filter's `a` at 8 pictures a second; at other rates the time constant is the same."""
PLATEAU_BINS, PLATEAU_SHARE = 256, 0.02
STRIDE = 7


class GainControl:
    """One gain control. `percentile`: grey is linear between two percentiles; `span`: between the extremes, so that a small flame
    crushes the scene; `plateau`: histogram equalisation with a plateau. `pump_hz`, `pump_share`: the span breathes."""

    def __init__(self, control: Control, pump_hz: float, pump_share: float, fps: float) -> None:
        self._control, self._pump_hz, self._pump_share = control, pump_hz, pump_share
        self._follow = 1.0 - (1.0 - FOLLOW_PER_256 / 256.0) ** (8.0 / fps)
        self._span: tuple[float, float] | None = None
        self._curve: npt.NDArray[np.float64] | None = None

    def grey(self, celsius: Picture, t_s: float) -> npt.NDArray[np.uint8]:
        """Return (H, W) uint8, white-hot."""
        small = celsius[::STRIDE, ::STRIDE]
        if self._control == "percentile":
            low, high = (float(v) for v in np.percentile(small, TAILS))
        else:
            low, high, _, _ = cv2.minMaxLoc(celsius)
        middle = (low + high) / 2.0
        half = max(SPAN_MIN_K, high - low) / 2.0 * (1.0 + self._pump_share * math.sin(2 * math.pi * self._pump_hz * t_s))
        low, high = middle - half, middle + half
        if self._span is not None:
            low, high = (old + self._follow * (new - old) for old, new in zip(self._span, (low, high), strict=True))
        self._span = (low, high)
        if self._control == "plateau":
            return self._equalised(celsius, small, low, high)
        slope = (HIGH_GREY - LOW_GREY) / (high - low)
        return np.asarray(cv2.convertScaleAbs(np.maximum(celsius, low - LOW_GREY / slope), None, slope, LOW_GREY - slope * low), np.uint8)

    def _equalised(self, celsius: Picture, small: Picture, low: float, high: float) -> npt.NDArray[np.uint8]:
        counts, _ = np.histogram(small, PLATEAU_BINS, (low, high))
        heights = np.minimum(counts, PLATEAU_SHARE * small.size) + 0.1
        curve = np.cumsum(heights) / heights.sum()
        self._curve = curve if self._curve is None else self._curve + self._follow * (curve - self._curve)
        table = (LOW_GREY + (HIGH_GREY - LOW_GREY) * self._curve).astype(np.uint8)
        scale = PLATEAU_BINS / (high - low)
        return np.asarray(cv2.LUT(cv2.convertScaleAbs(np.maximum(celsius, low), None, scale, -scale * low), table), np.uint8)
