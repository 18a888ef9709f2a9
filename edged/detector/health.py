"""Whether a picture may be judged at all: damaged, dark, wiped, or in a step of its level. Whether the sensor is dead is `frozen.py`'s.

Works on a coarse grid of unfiltered pixels, because averaging would hide the noise.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.frozen import Frozen
from edged.detector.middles import upper_median
from edged.detector.settings import DetectionSettings
from edged.detector.wiper import Wiper
from edged.model.frame import Frame, Thermogram
from edged.model.view import BlindCause

GRID, SAMPLE = 64, 13
"""Least pixels along the shorter side of the grid; every so many-th of them tells of level and noise (no divisor of a grid's side)."""
STEP_K, STEP_LEVELS, STEP_SIGMA = 2.0, 12.0, 5.0
HOLD_BUDGET_S, HOLD_WINDOW_S = 4.0, 30.0
STEP_MEMORY_S = 3.0
BUSY_SHARE = 0.25
WIPER_S = 1.0
OUTSHINES_GATES = 3.0
"""A level that jumps while something begins to outshine everything by so much is another gain range, and a fire may be why: no hold."""
TOP_S = 1.0

Grid = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the health stage says of one picture.

    `cause`: why it must not be judged, or None. `changed`: it differs from the one before. `stepped`: its level jumped in the last 3 s.
    `busy`: so much changed that the picture itself may be moving.
    """

    cause: BlindCause | None
    changed: bool
    stepped: bool
    busy: bool


class Health:
    """Follows the pictures of one camera."""

    def __init__(self, settings: DetectionSettings) -> None:
        self._settings = settings
        self._last: Grid | None = None
        self._frozen = Frozen(settings.frozen_s)
        self._noise = 0.0
        self._stepped_s = -1e9
        self._hold_until_s = -1e9
        self._hold_cause: BlindCause = "level_step"
        self._top = float("inf")
        self._topped_s = -1e9
        self._wiper = Wiper()
        self._holds: deque[tuple[float, float]] = deque()

    def forget(self) -> None:
        """Start again: the head looks elsewhere. A freeze that lasts through it is still found."""
        self._last = None
        self._top, self._topped_s = float("inf"), -1e9
        self._wiper.forget()

    def check(self, thermogram: Thermogram, frame: Frame, *, crushed: bool = False) -> Verdict:
        """Judge one picture. Time is `frame.mono_s`. `crushed`: something that lives has taken the scale."""
        if frame.damaged:
            return Verdict("damaged", False, False, False)
        now = frame.mono_s
        picture = thermogram.heat if thermogram.levels is None else thermogram.levels
        stride = max(1, min(picture.shape) // GRID)
        grid = picture[stride // 2 :: stride, stride // 2 :: stride].astype(np.float32)
        if self._frozen.check(grid, frame, crushed=crushed):
            return Verdict("frozen", False, False, False)
        last, self._last = self._last, grid
        dark: BlindCause | None = "dark" if _dark(grid, thermogram) else None
        if last is None or last.shape != grid.shape:
            return Verdict(dark, True, False, False)
        difference = grid - last
        falls, rises, *_ = cv2.minMaxLoc(difference)
        changed = (self._frozen.changed and (falls < 0.0 or rises > 0.0)) or frame.held
        if not changed:
            return Verdict(self._holding(now) or dark, False, self._recent(now), False)
        sample = difference.ravel()[::SAMPLE]
        jump = upper_median(sample)
        spread = upper_median(np.abs(sample - np.float32(jump))) * 1.4826
        gate = (STEP_K if thermogram.kind != "relative" else STEP_LEVELS) * (thermogram.levels_per_k / 6.0 if _counts(thermogram) else 1.0)
        some = rises - jump > gate or jump - falls > gate
        changes = np.abs(difference - np.float32(jump)) > gate if some else None
        busy = changes is not None and float(np.count_nonzero(changes)) > BUSY_SHARE * grid.size
        if self._wiper.look(changes, now):
            self._hold("wiper", WIPER_S, now)
        if abs(jump) > max(STEP_SIGMA * self._noise, gate) and not (thermogram.kind == "relative" and _explained(last, grid)):
            self._stepped_s = now
            if _top(picture, grid) - self._top <= OUTSHINES_GATES * gate:
                self._hold("level_step", self._settings.hold_s, now)
        elif not busy:
            self._noise += 0.1 * (min(spread, gate) - self._noise)
            if now - self._topped_s >= TOP_S:
                self._top, self._topped_s = _top(picture, grid), now
        return Verdict(self._holding(now) or dark, True, self._recent(now), busy)

    def _hold(self, cause: BlindCause, seconds: float, now: float) -> None:
        while self._holds and self._holds[0][0] < now - HOLD_WINDOW_S:
            self._holds.popleft()
        if now < self._hold_until_s:
            return
        left = HOLD_BUDGET_S - sum(length for _, length in self._holds)
        length = min(seconds, left)
        if length > 0.05:
            self._holds.append((now, length))
            self._hold_until_s, self._hold_cause = now + length, cause

    def _holding(self, now: float) -> BlindCause | None:
        return self._hold_cause if now < self._hold_until_s else None

    def _recent(self, now: float) -> bool:
        return now - self._stepped_s <= STEP_MEMORY_S


def _top(picture: Grid | npt.NDArray[np.uint8], grid: Grid) -> float:
    """Return by how much the hottest pixel exceeds the middle of the picture."""
    return float(cv2.minMaxLoc(picture)[1]) - upper_median(grid.ravel()[::4])


def _counts(thermogram: Thermogram) -> bool:
    return thermogram.kind == "relative" and thermogram.levels_per_k > 10.0


def _dark(grid: Grid, thermogram: Thermogram) -> bool:
    if thermogram.kind != "relative":
        return False
    least, most, *_ = cv2.minMaxLoc(grid)
    return most - least < 2.0


def _explained(last: Grid, grid: Grid) -> bool:
    """Tell whether gain and offset of an AGC explain the step; then it is normalised and nothing has to wait."""
    a, b = last.ravel() - last.mean(), grid.ravel() - grid.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return scale > 0 and float(a @ b) / scale > 0.9
