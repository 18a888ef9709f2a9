"""What an old station's background knows: the heats that always stood there, which four short visits leave no time to take in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edged.detector.background import Background, Saved, cells

Array = npt.NDArray[np.float32]


class Taught:
    """The levels of the cells over the visits of one head before the fire, by view."""

    def __init__(self) -> None:
        self._visit: dict[str, list[tuple[Array, Array]]] = {}
        self._least: dict[str, tuple[Array, Array]] = {}

    def look(self, view_id: str, heat: Array) -> None:
        """Take one picture of a visit."""
        self._visit.setdefault(view_id, []).append(cells(heat))

    def left(self, view_id: str) -> None:
        """End a visit: what counts of a cell is its least level over the visits, so that what came or went is not taken for standing."""
        looks = self._visit.pop(view_id, None)
        if not looks:
            return
        mean, peak = (np.mean([look[n] for look in looks], axis=0) for n in (0, 1))
        known = self._least.get(view_id)
        self._least[view_id] = (mean, peak) if known is None else (np.minimum(known[0], mean), np.minimum(known[1], peak))

    def aged(self, view_id: str, saved: Saved) -> Saved:
        """Return a kept background with what always stood there taken in."""
        least = self._least.get(view_id)
        if least is None:
            return saved
        background = Background.restore(saved)
        background.mean = np.maximum(background.mean, least[0]).astype(np.float32)
        background.peak = np.maximum(background.peak, least[1]).astype(np.float32)
        return background.save()
