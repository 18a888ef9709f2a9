"""What the places of one picture were known to have: how warm, how far over their surroundings, and whether a grey scale ended there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edged.detector.background import CELL, END_ROOM, ENDED_SHARE, Background
from edged.detector.scaletop import CLIPPED
from edged.model.sighting import Hotspot

AROUND_CELLS = 3
"""So far from a spot's own cells reaches what is warm round it."""


@dataclass(frozen=True, slots=True)
class KnownGround:
    """A learnt background under a picture that lies `shift` pixels off it, x right, y down. `sways`: by a pixel or more; `end` of its grey
    scale in units of heat, infinity where it has none, and `top`, as a level."""

    background: Background
    shift: tuple[float, float]
    sways: bool
    end: float
    top: float = CLIPPED

    def before(self, spot: Hotspot, gate: float) -> float:
        """Return the level that the place of a new source was known to have; −infinity where the scale had ended."""
        return float("-inf") if self.ended(*self._cell(spot), gate) else self.level(spot)

    def level(self, spot: Hotspot) -> float:
        """Return the level that a place was known to have; in a view that sways the highest of its neighbours'."""
        (row, col), peak = self._cell(spot), self.background.peak
        if not self.sways:
            return float(peak[row, col])
        return float(peak[max(0, row - 1) : row + 2, max(0, col - 1) : col + 2].max())

    def stood_out(self, spot: Hotspot) -> float:
        """Return by how much the place of a spot was known to exceed what is warm round it: little on a pipe, a roof or a lorry."""
        (row, col), (_, _, w, h) = self._cell(spot), spot.box_px
        down, right = 1 + h // (2 * CELL), 1 + w // (2 * CELL)
        top, left = max(0, row - down - AROUND_CELLS), max(0, col - right - AROUND_CELLS)
        around = self.background.peak[top : row + down + AROUND_CELLS + 1, left : col + right + AROUND_CELLS + 1].copy()
        around[max(0, row - down - top) : row + down + 1 - top, max(0, col - right - left) : col + right + 1 - left] = np.nan
        if bool(np.isnan(around).all()):
            return 0.0
        return self.level(spot) - float(np.nanpercentile(around, 90.0))

    def ended(self, row: int, col: int, gate: float) -> bool:
        """Tell whether a grey scale ended at a cell or its neighbours when they were learnt: for most of the time, or in the mean."""
        around = slice(max(0, row - 1), row + 2), slice(max(0, col - 1), col + 2)
        if bool((self.background.ended[around] > ENDED_SHARE).any()):
            return True
        level = float(self.background.peak[around].max(initial=float("-inf")))
        return math.isfinite(self.end) and self.top - END_ROOM <= level <= self.top + gate

    def _cell(self, spot: Hotspot) -> tuple[int, int]:
        at = spot.y_px - self.shift[1], spot.x_px - self.shift[0]
        row, col = (min(max(int(v) // CELL, 0), side - 1) for v, side in zip(at, self.background.peak.shape, strict=True))
        return row, col
