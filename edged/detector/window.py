"""Spots that keep their pixel while the head turns: dirt, web, drops, burn scars, dead pixels. They belong to the window or the sensor.

What was learnt of at least three views is compared cell by cell: structure of the scene moves from view to view, a spot on the window does
not. Cells of such spots are left out, hot or cold, and published; a source larger than its spot is still looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import CELL, Background

LEAST_VIEWS = 3
LEAST_SEEN_S = 10.0
"""A view takes part when it was learnt for so long."""
AROUND_CELLS = 5
"""Spots up to three cells wide stand out of the middle of so many; what is wider (horizon, mast, a smeared window) does not."""
SIGMAS, LEAST_SCATTER = 8.0, 0.05
LARGEST_CELLS, MOST_SHARE = 16, 0.03
"""Larger things are scenery that the views share; more of the picture than this share is never masked."""
PIXEL_CELLS = 2
"""Spots up to so many cells are pixels of the sensor, wider ones lie on the window."""

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """What belongs to the camera itself. `cells` (H // 4, W // 4) bool or None; counts of spots."""

    cells: npt.NDArray[np.bool_] | None = None
    window_spots: int = 0
    pixel_spots: int = 0

    def usable(self, shape: tuple[int, ...]) -> npt.NDArray[np.bool_] | None:
        """Return (H, W) bool, false on the spots; None where there are none or the picture has another size."""
        if self.cells is None or self.cells.shape != tuple(side // CELL for side in shape):
            return None
        full = cv2.resize((~self.cells).astype(np.uint8), None, fx=CELL, fy=CELL, interpolation=cv2.INTER_NEAREST)
        right, below = shape[1] - full.shape[1], shape[0] - full.shape[0]
        return cv2.copyMakeBorder(full, 0, below, 0, right, cv2.BORDER_CONSTANT, value=1) > 0


def fixed_spots(backgrounds: Sequence[Background]) -> Fixed:
    """Compare what was learnt of several views. Views of another picture size than the last one's are left out."""
    learnt = [each for each in backgrounds if each.seen_s >= LEAST_SEEN_S]
    learnt = [each for each in learnt if each.mean.shape == learnt[-1].mean.shape]
    if len(learnt) < LEAST_VIEWS:
        return Fixed()
    hot = np.ones(learnt[0].mean.shape, np.bool_)
    cold = hot.copy()
    for each in learnt:
        hot &= _over(each.peak) > SIGMAS
        cold &= _over(-each.mean) > SIGMAS
    cells = np.zeros(hot.shape, np.bool_)
    window = pixels = 0
    for spots in (hot, cold):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(spots.astype(np.uint8), connectivity=8)
        for label in range(1, count):
            area = int(stats[label, cv2.CC_STAT_AREA])
            if area > LARGEST_CELLS:
                continue
            cells |= labels == label
            pixels, window = (pixels + 1, window) if area <= PIXEL_CELLS else (pixels, window + 1)
    if not cells.any() or float(cells.mean()) > MOST_SHARE:
        return Fixed()
    return Fixed(cells, window, pixels)


def _over(level: Array) -> Array:
    """Return by how many robust sigmas each cell exceeds the middle of the cells around it."""
    over = level - np.asarray(cv2.medianBlur(level, AROUND_CELLS), np.float32)
    scatter = 1.4826 * float(np.median(np.abs(over - np.median(over))))
    return np.asarray(over / np.float32(max(scatter, LEAST_SCATTER)), np.float32)
