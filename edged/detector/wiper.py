"""A wiper: a band that spans the picture passes it at one speed within three seconds. Works on the coarse grid of changes."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

LEAST_SHARE, MOST_SHARE = 0.02, 0.7
SPANS, TRAVELS = 0.5, 0.6
"""The band reaches over half the picture one way and travels over six tenths of it the other way."""
WITHIN_S, LEAST_LOOKS = 3.0, 4
AFTER_S = 0.7
EVEN = 0.5
"""A step may differ from the middle one by so much of it."""


class Wiper:
    """Follows what changes in one camera's picture."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float, float]] = deque()

    def forget(self) -> None:
        """Start again: the head looks elsewhere."""
        self._seen.clear()

    def look(self, changes: npt.NDArray[np.bool_] | None, now: float) -> bool:
        """Take where a picture differs from the one before, (h, w), None: nowhere; tell whether a wiper has just passed or is passing."""
        share = 0.0 if changes is None else float(np.count_nonzero(changes)) / changes.size
        while self._seen and now - self._seen[0][0] > WITHIN_S:
            self._seen.popleft()
        if changes is None or not LEAST_SHARE <= share <= MOST_SHARE:
            if self._seen and now - self._seen[-1][0] > AFTER_S:
                self._seen.clear()
            return self._passes()
        rows, cols = np.nonzero(changes.any(axis=1))[0], np.nonzero(changes.any(axis=0))[0]
        if max(np.ptp(rows) / changes.shape[0], np.ptp(cols) / changes.shape[1]) < SPANS:
            self._seen.clear()
            return False
        y, x = (float(np.mean(at)) / side for at, side in zip(np.nonzero(changes), changes.shape, strict=True))
        self._seen.append((now, x, y))
        return self._passes()

    def _passes(self) -> bool:
        if len(self._seen) < LEAST_LOOKS:
            return False
        at = np.array([place[0] for place in self._seen])
        for way in (1, 2):
            places = np.array([place[way] for place in self._seen])
            if abs(places[-1] - places[0]) < TRAVELS:
                continue
            speeds = np.diff(places) / np.maximum(np.diff(at), 1e-3)
            middle = float(np.median(speeds))
            if float(np.mean(np.abs(speeds - middle) <= EVEN * abs(middle))) >= 0.7:
                return True
        return False
