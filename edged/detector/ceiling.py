"""Whether a grey picture exceeds its limit anywhere, told from its 8-bit levels: one comparison, which ends a quiet frame.

It may say yes where nothing does, and the limit itself then decides; it never says no where something does.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import spread
from edged.detector.levelled import Levelled

ROUND_LEVELS = 0.01
"""What a gain and an offset in single precision may round away."""
STEP_LEVELS = 8.0
"""The level below which the end of the scale counts is taken in such steps, upwards, so that the ceiling need not be made anew."""
Array = npt.NDArray[np.float32]


class Ceiling:
    """The grey levels that no pixel of a quiet picture exceeds. Kept while limit, gain and text stay as they are."""

    def __init__(self) -> None:
        self._level: Array | None = None
        self._osd: npt.NDArray[np.bool_] | None = None
        self._key: tuple[tuple[int, ...], float, float, float, float] | None = None
        self._top: npt.NDArray[np.uint8] | None = None
        self._over: npt.NDArray[np.uint8] | None = None

    def holds(self, shown: Levelled, level: Array, below: float, osd: npt.NDArray[np.bool_] | None, end: float) -> bool:
        """Tell whether surely no pixel outside `osd` exceeds `level`, (H // 4, W // 4) levelled, nor reaches the `end` of the scale where
        `level` < `below`."""
        levels = shown.thermogram.levels
        if levels is None or shown.gain <= 0.0 or shown.curve is not None:
            return False
        key = levels.shape, shown.gain, shown.offset + shown.doubt * shown.gain, STEP_LEVELS * math.ceil(below / STEP_LEVELS), end
        if self._level is not level or self._osd is not osd or self._key != key:
            self._level, self._osd, self._key = level, osd, key
            self._top = _top(level, *key, osd)
        if self._top is None:
            return False
        if self._over is None or self._over.shape != levels.shape:
            self._over = np.empty(levels.shape, np.uint8)
        return not cv2.norm(cv2.compare(levels, self._top, cv2.CMP_GT, dst=self._over), cv2.NORM_INF)


def _top(
    level: Array, shape: tuple[int, ...], gain: float, offset: float, below: float, last: float, osd: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.uint8] | None:
    """Return the ceiling, (H, W); None where a level of 0 would exceed it already."""
    plain = gain == 1.0 and offset == 0.0
    raw = np.floor(level if plain else np.float32(gain) * level + np.float32(offset - ROUND_LEVELS))
    if float(raw.min()) < 0.0:
        return None
    end = np.where(level < np.float32(below), np.float32(last - 1.0), np.float32(255.0))
    top = spread(np.minimum(raw, end).astype(np.uint8), (shape[0], shape[1]))
    if osd is not None:
        top[osd] = 255
    return top
