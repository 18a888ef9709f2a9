"""How far each picture of one view lies off the view's mean pose, and how well that is known. Pure; times are monotonic seconds.

The mast swings about its mean, and the reference picture was taken somewhere in the swing: so a picture's shift counts against the mean
shift, and what is not known of the two is doubt of the bearing.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from edged.detector.registration import Shift

RECENT = 20
"""Looks over which the spread of the shifts is taken."""
MEAN_TAU_S = 120.0
"""Watched time over which the mean shift is taken; longer than any swing, shorter than a day's bend of the mast."""
SWING_S = 1.0
"""Looks closer together than this are of one swing and count once."""
APART_S = 0.2
REGISTERED_PX = 0.1
"""1σ of a refined shift; test_registration measures less."""


@dataclass(frozen=True, slots=True)
class Offset:
    """Picture minus mean pose in full-size pixels, x right, y down; `doubt_px` 1σ an axis of what remains."""

    x_px: float = 0.0
    y_px: float = 0.0
    doubt_px: float = 0.0


class Sway:
    """The shifts of one view against its reference picture."""

    def __init__(self) -> None:
        self._mean_x = self._mean_y = 0.0
        self._seen_s = 0.0
        self._last_s: float | None = None
        self._recent: deque[tuple[float, float]] = deque(maxlen=RECENT)
        self._spread_px = 0.0
        self.farthest_px = 0.0
        """How far the recent pictures lay off the background, at most; a slow bend of the mast counts as well."""

    def arrive(self) -> None:
        """The head looks here again: another error of the preset is not sway."""
        self._recent.clear()
        self._spread_px = 0.0
        self._last_s = None

    def look(self, shift: Shift, now_s: float) -> None:
        """Take a measured shift; of those close together the first counts, of those that are not known none."""
        if not shift.known or (self._last_s is not None and now_s - self._last_s < APART_S):
            return
        passed = APART_S if self._last_s is None else min(SWING_S, now_s - self._last_s)
        self._last_s = now_s
        self._seen_s += passed
        share = max(passed / self._seen_s, min(1.0, passed / MEAN_TAU_S))
        self._mean_x += share * (shift.x_px - self._mean_x)
        self._mean_y += share * (shift.y_px - self._mean_y)
        self._recent.append((shift.x_px, shift.y_px))
        if len(self._recent) > 1:
            self._spread_px = float(np.std(np.array(self._recent), axis=0).max())
        self.farthest_px = max(math.hypot(*each) for each in self._recent)

    @property
    def known(self) -> bool:
        """Whether this visit has been looked at often enough to know its spread."""
        return len(self._recent) >= RECENT

    @property
    def mean_px(self) -> tuple[float, float]:
        """Mean shift against the background: the pose that bearings are counted from."""
        return self._mean_x, self._mean_y

    @property
    def spread_px(self) -> float:
        """Standard deviation of the recent shifts, the larger of both axes."""
        return self._spread_px

    def offset(self, shift: Shift) -> Offset:
        """Return what a picture with this shift lies off the mean pose. Where it is not known the whole spread is doubt."""
        if not shift.known:
            return Offset(doubt_px=self.spread_px)
        of_mean = self.spread_px / float(np.sqrt(max(1.0, self._seen_s / SWING_S)))
        return Offset(shift.x_px - self._mean_x, shift.y_px - self._mean_y, float(np.hypot(REGISTERED_PX, of_mean)))
