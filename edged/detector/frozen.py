"""Whether the sensor is dead although pictures arrive: its noise is gone, while a clock runs and an encoder codes the same picture anew.

Key frames are compared with key frames, because a coder builds a still picture up in the same way from each, while predicted ones differ
by what the rate control had left. Measured share of changed pixels, key frame to key frame, 320 × 256 and 640 × 512: alive 0.30–0.71,
with strong noise reduction from 0.12; dead 0.00–0.02 once the rate control has settled, for 2–6 s up to 0.55, later at times 0.37. Below
about 300 kbit/s at 640 × 512 a dead sensor under a clock stays above 0.1 and is not told from a quiet one.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from edged.model.frame import Frame

TILES = 8
CLOCK_TILES = 8
"""So many of the 8 × 8 tiles, those that changed most, may belong to on-screen text and are left out."""
ALIKE, NEARLY = 0.05, 0.3
"""Dead: a key frame differs from one before it in at most 5 % of the pixels, and the last one did in at most 30 %."""
LIVE_FRAME = 0.45
"""A change from one picture to the next in more than this share is noise or movement, never the coder."""
KEYS = 3
"""A key frame is compared with so many before it: a rate control that swings between two steps repeats itself at every other one."""
UNLIKE_CLEARLY, UNLIKE = 3, 6
"""A dead sensor lives again after so many key frames in a row over `NEARLY`, or so many over `ALIKE`."""
STILL = 0.005
"""Up to this share a picture does not count as changed; text and its coding noise beside it make no more."""
APART_S = 1.5
"""Key frames nearer than this (each picture of a snapshot camera) are not compared: a camera repeats pictures for up to 1.5 s."""

Grid = npt.NDArray[np.float32]


class Frozen:
    """Follows one camera's noise."""

    def __init__(self, frozen_s: float) -> None:
        self._frozen_s = frozen_s
        self._last: Grid | None = None
        self._keys: deque[Grid] = deque(maxlen=KEYS)
        self._key_s = 0.0
        self._since_s = 0.0
        self._before = 1.0
        self._unlike = self._clearly = 0
        self._dead = False
        self.changed = True
        """Whether the last picture showed more than text running."""

    def check(self, grid: Grid, frame: Frame) -> bool:
        """Take the next picture, (h, w) of unfiltered pixels, and tell whether the sensor is dead. Time is `frame.mono_s`."""
        last, self._last = self._last, grid
        other = frame.held or last is None or last.shape != grid.shape
        share = 1.0 if other or last is None else changed(grid, last)
        if other or (not frame.key and share > LIVE_FRAME):
            self._live(frame.mono_s)
        if frame.key and (not self._keys or frame.mono_s - self._key_s >= APART_S):
            share = self._compare(grid, frame.mono_s)
        self.changed = share > STILL
        return self._dead

    def _live(self, now: float) -> None:
        self._keys.clear()
        self._since_s, self._before, self._unlike, self._clearly, self._dead = now, 1.0, 0, 0, False

    def _compare(self, grid: Grid, now: float) -> float:
        share = min((changed(grid, key) for key in self._keys), default=1.0)
        before, self._before = self._before, share
        self._keys.append(grid)
        self._key_s = now
        self._unlike = self._unlike + 1 if share > ALIKE else 0
        self._clearly = self._clearly + 1 if share > NEARLY else 0
        if self._dead:
            self._dead = self._unlike < UNLIKE and self._clearly < UNLIKE_CLEARLY
        elif share <= ALIKE and before <= NEARLY and now - self._since_s >= self._frozen_s:
            self._dead = True
        return share


def changed(grid: Grid, other: Grid) -> float:
    """Return the share of pixels that differ, without the tiles that differ most."""
    h, w = (side // TILES for side in grid.shape)
    differs = (grid[: h * TILES, : w * TILES] != other[: h * TILES, : w * TILES]).reshape(TILES, h, TILES, w)
    shares = np.sort(differs.mean(axis=(1, 3)), axis=None)
    return float(shares[:-CLOCK_TILES].mean())
