"""The hot places of a first look: lamps, engines, chimneys. A cheap map of cells, of which only a few are followed at a time.

A closed place is part of the background at the level that it has, so that hundreds of them cost nothing and hide nothing new. Each is
opened once in turn, hottest first, to see whether it flickers or grows; it is opened again when its cells gain heat, and taken anew when
they lose it. Each that lasts is reported as standing. Frame: quarter-size cells, sway removed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import CELL
from edged.detector.track import Track

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Cells = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]

SETTLE_S = 6.0
"""An opened place that neither varies nor gains evidence is closed after this long: flicker needs 4 s to be told from noise."""
GAIN_GATES, GAIN_SHARE = 0.5, 0.15
"""Gain of a place's summed cells that opens it: half a gate in one cell, or on the average of 15 % of its cells."""
FOLLOW_TAU_S = 60.0
ON_IT_CELLS, ON_IT_SHARE = 60, 0.01
"""What has less of a large place's area is something new on it; of a smaller one sway shows such bits."""


@dataclass(slots=True, eq=False)
class Place:
    """One hot place. `cells`: rows and columns; `told`: reported as standing; `track`: the last track that followed it."""

    label: int
    cells: Cells
    opened_s: float | None = None
    followed: bool = False
    told: bool = False
    gained: bool = False
    track: Track | None = None


class Places:
    """The hot places of one view."""

    def __init__(self, hot: Mask, peak: Array, local: Array) -> None:
        count, labels = cv2.connectedComponents(hot.astype(np.uint8))
        self.labels: npt.NDArray[np.int32] = np.asarray(labels, np.int32)
        over = np.where(hot, peak - local, np.float32(0.0))
        excess = np.bincount(self.labels.ravel(), over.ravel(), count)
        self.sizes = np.bincount(self.labels.ravel(), minlength=count)
        self._known: npt.NDArray[np.float64] | None = None
        rows, cols = np.nonzero(self.labels)
        owner = self.labels[rows, cols]
        order = np.argsort(owner, kind="stable")
        parts = np.split(order, np.searchsorted(owner[order], np.arange(2, count)))
        found = [Place(n + 1, (rows[part], cols[part])) for n, part in enumerate(parts[: count - 1])]
        self.all = sorted(found, key=lambda place: -float(excess[place.label]))

    @property
    def open(self) -> list[Place]:
        """Return the places that are followed now."""
        return [place for place in self.all if place.opened_s is not None]

    def at(self, row: int, col: int, area_px: float) -> bool:
        """Tell whether a spot of this area in a cell is a place; what is far smaller than one that is known whole is something on it."""
        h, w = self.labels.shape
        label = int(self.labels[min(max(row, 0), h - 1), min(max(col, 0), w - 1)])
        whole = float(self.sizes[label]) < ON_IT_CELLS or any(place.label == label for place in self.open)
        return label > 0 and (whole or area_px >= ON_IT_SHARE * CELL * CELL * float(self.sizes[label]))

    def waiting(self) -> list[Place]:
        """Return the closed places that should be opened, those that gained heat first."""
        closed = [place for place in self.all if place.opened_s is None]
        return [place for place in closed if place.gained] + [place for place in closed if not (place.gained or place.followed)]

    def compare(self, quarter: Array, gate: float, dt_s: float) -> list[Place]:
        """Mark the closed places that gained heat and return those that lost it, against what they had. `gate`: units of heat."""
        if not self.all:
            return []
        sums = np.asarray(np.bincount(self.labels.ravel(), quarter.ravel(), len(self.sizes)), np.float64)
        if self._known is None:
            self._known = sums
            return []
        change, room = sums - self._known, GAIN_GATES * gate * np.maximum(1.0, GAIN_SHARE * self.sizes)
        self._known += min(1.0, dt_s / FOLLOW_TAU_S) * change
        lost = []
        for place in self.all:
            if place.opened_s is not None:
                self._known[place.label] = sums[place.label]
            elif change[place.label] > room[place.label]:
                place.gained = True
            elif change[place.label] < -room[place.label]:
                self._known[place.label] = sums[place.label]
                place.gained = False
                lost.append(place)
        return lost
