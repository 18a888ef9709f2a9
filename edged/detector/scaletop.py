"""Where a grey scale ends: at its last level, or below it where a gain control or video range leaves levels free.

Equalisation gives the hottest pixel its highest level whatever it is, and limited-range video ends at 235: what is hotter shows no more.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
import numpy.typing as npt

CLIPPED = 254.0
"""Grey level at which the scale of an 8-bit picture has ended."""
LOOKS, SPREAD_LEVELS, LEAST = 30, 4.0, 225.0
"""A scale ends lower where the brightest of so many looks lies within so many levels, and no darker than this."""
ROWS, BRIGHT_PX, ROOM_LEVELS = 2, 4, 1.0
"""So many pixels of each second row are as bright: fewer are the coder's ringing; what is so many levels darker has ended as well."""


class ScaleTop:
    """The highest level that the pictures of one view have."""

    def __init__(self) -> None:
        self.level = CLIPPED
        self._highest: deque[float] = deque(maxlen=LOOKS)

    def look(self, levels: npt.NDArray[np.uint8], ignored: npt.NDArray[np.bool_] | None) -> bool:
        """Take the brightest of a picture, (H, W), in. `ignored`: burnt-in text. Returns whether the scale ends elsewhere now."""
        before, seen = self.level, None if ignored is None else (~ignored[::ROWS]).astype(np.uint8)
        brighter = np.cumsum(cv2.calcHist([levels[::ROWS]], [0], seen, [256], [0, 256]).ravel()[::-1])
        self._highest.append(255.0 - float(np.searchsorted(brighter, BRIGHT_PX)))
        low, high = min(self._highest), max(self._highest)
        if len(self._highest) == LOOKS and low >= LEAST and high - low <= SPREAD_LEVELS:
            if not low - SPREAD_LEVELS <= self.level <= high - ROOM_LEVELS:
                self.level = min(CLIPPED, low - ROOM_LEVELS)
        elif high > self.level + SPREAD_LEVELS:
            self.level = CLIPPED
        return self.level != before
