"""What an old station's background knows: the heats that always stood there, which four short visits leave no time to take in."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import Background, Saved, cells

Array = npt.NDArray[np.float32]
REACH = np.ones((3, 3), np.uint8)
"""A head does not stand to the pixel: a small heat is in one cell or the next."""


class Taught:
    """The levels of the cells over the visits of one head before the fire, by view."""

    def __init__(self) -> None:
        self._visit: dict[str, list[tuple[Array, Array]]] = {}
        self._least: dict[str, tuple[Array, Array]] = {}

    def look(self, view_id: str, heat: Array) -> None:
        """Take one picture of a visit."""
        self._visit.setdefault(view_id, []).append(cells(heat))

    def left(self, view_id: str) -> None:
        """End a visit: what counts of a cell is its least peak over the visits, so that what came or went is not taken for standing."""
        looks = self._visit.pop(view_id, None)
        if not looks:
            return
        mean, peak = (np.mean([look[n] for look in looks], axis=0) for n in (0, 1))
        around = cv2.dilate(peak, REACH)
        known = self._least.get(view_id)
        self._least[view_id] = (mean, around if known is None else np.minimum(known[1], around))

    def aged(self, view_id: str, saved: Saved, gate: float) -> Saved:
        """Return a kept background with what always stood there taken in: cells of more than half a `gate` over what is known."""
        least = self._least.get(view_id)
        if least is None:
            return saved
        background = Background.restore(saved)
        standing = least[1] > background.peak + 0.5 * gate
        background.mean = np.where(standing, least[0], background.mean).astype(np.float32)
        background.peak = np.where(standing, least[1], background.peak).astype(np.float32)
        return background.save()
