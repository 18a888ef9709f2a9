"""How wide a view's strongest edges are, against what they were when it was commissioned: a soft lens takes small fires first.

A point spread of two pixels instead of half a one makes a spot of a quarter pixel twelve times fainter (facts, field A.11). Frame:
full-size pixels, along rows. Where no edge stands far over the noise, nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

ROWS, SPAN_PX = 16, 8
STRONG_SHARE, STRONG_NOISES, LEAST_EDGES = 0.97, 12.0, 40
COMMISSIONING = 6
"""The commissioned width is the middle of so many looks."""
SOFT, SHARP_AGAIN = 1.6, 1.4
BLUNT, LESS_BLUNT = 2.4, 2.0
"""Width over the commissioned one from which the range is reduced, and from which the lens is out of focus; and when that ends."""
LOOKS = 3
"""So many looks in a row."""

Array = npt.NDArray[np.float32]


def edge_width_px(heat: Array, noise: float) -> float | None:
    """Return the middle width of the strongest edges along rows: rise over 8 px by the steepest step in it. Shapes: heat (H, W)."""
    rows = np.ascontiguousarray(heat[ROWS // 2 :: ROWS])
    if rows.shape[1] <= 4 * SPAN_PX:
        return None
    rise = np.abs(rows[:, SPAN_PX:] - rows[:, :-SPAN_PX])
    at = int(STRONG_SHARE * (rise.size - 1))
    gate = max(float(np.partition(rise, at, axis=None)[at]), STRONG_NOISES * noise)
    line, start = np.nonzero(rise >= gate)
    if line.size < LEAST_EDGES:
        return None
    part = rows[line[:, None], start[:, None] + np.arange(SPAN_PX + 1)]
    steepest = np.abs(np.diff(part, axis=1)).max(axis=1)
    return float(np.median(rise[line, start] / np.maximum(steepest, 1e-6)))


@dataclass(slots=True)
class Focus:
    """One view's edges. `commissioned_px` None: not known yet."""

    commissioned_px: float | None = None
    soft: bool = False
    blunt: bool = False
    _tries: list[float] = field(default_factory=list)
    _last: list[float] = field(default_factory=list)

    def look(self, heat: Array, noise: float) -> None:
        """Take a picture, (H, W)."""
        width = edge_width_px(heat, noise)
        if width is None:
            return
        if self.commissioned_px is None:
            self._tries.append(width)
            if len(self._tries) >= COMMISSIONING:
                self.commissioned_px = float(np.median(self._tries))
            return
        self._last = [*self._last[-LOOKS + 1 :], width / self.commissioned_px]
        if len(self._last) < LOOKS:
            return
        least, most = min(self._last), max(self._last)
        self.soft = most > SHARP_AGAIN if self.soft else least > SOFT
        self.blunt = most > LESS_BLUNT if self.blunt else least > BLUNT
        if most < 1.0 and not self.soft:
            self.commissioned_px *= 1.0 - 0.05 * (1.0 - most)
