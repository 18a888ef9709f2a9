"""The rims that one view remembers, round the places where its grey scale has ended. Looked at once in two seconds, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from edged.detector.endplace import Box, EndPlace
from edged.detector.rim import Pose, Rim
from edged.detector.scaletop import CLIPPED
from edged.model.sighting import Hotspot

KNOWN_LOOKS, GONE_S = 8, 60.0
"""A place gets a window after so many looks: what passes has fewer; and loses it when nothing has ended there for so long."""
MARGIN_PX, MOST_SIDE_PX, MOST_RIMS = 2, 96, 48
"""A window reaches so far beyond its place's reach; larger ones, and more, are not kept."""
STILL_PX = 0.15
"""Where a view sways by more (1σ) a pixel of a rim tells nothing of its source: it is not to be looked at."""
OWN_PX = 3.0
"""So near a spot must be what has grown in a window, else it is something beside it."""


class Rims:
    """All windows of a view that stands still."""

    def __init__(self, top: float = CLIPPED) -> None:
        """`top`: the grey level at which the scale ends."""
        self._top = top
        self._all: list[Rim] = []

    @property
    def open(self) -> list[Rim]:
        """Return those that have grown stronger, and are to be followed."""
        return [rim for rim in self._all if rim.grown]

    def rest(self) -> None:
        """The head turns away: it comes back a part of a pixel beside, and each pixel of a rim has another share."""
        self._all = []

    def look(
        self, levels: npt.NDArray[np.uint8], heats: npt.NDArray[np.float32], shift: tuple[float, float], now_s: float,
        places: Iterable[EndPlace], pose: Pose = (0.0, 0.0),
    ) -> None:  # fmt: skip
        """Look at each window of a picture, (H, W), and open one for each place that is known and has none. `heats` of each grey level;
        `pose`: how far the view lies off its background, px."""
        for rim in self._all:
            if (part := _part(rim.box, shift, levels.shape)) is not None:
                rim.look(levels[part], heats, self._top, now_s, pose)
        self._all = [rim for rim in self._all if now_s - rim.ended_s <= GONE_S]
        for place in places:
            if place.looks < KNOWN_LOOKS or place.seen_s != now_s or len(self._all) >= MOST_RIMS:
                continue
            box = _wider(place.box, levels.shape)
            x, y = 0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3])
            if max(box[2] - box[0], box[3] - box[1]) <= MOST_SIDE_PX and self.at(x, y) is None:
                self._all.append(Rim(box, now_s))

    def at(self, x_px: float, y_px: float) -> Rim | None:
        """Return the rim that has grown most of those whose windows a place lies in."""
        here = [rim for rim in self._all if rim.box[0] <= x_px < rim.box[2] and rim.box[1] <= y_px < rim.box[3]]
        return max(here, key=lambda rim: rim.factor, default=None)

    def of(self, spot: Hotspot, shift: tuple[float, float]) -> Rim | None:
        """Return the rim that has grown round a spot, not round another in its window."""
        x, y, w, h = spot.box_px
        grown = [
            rim for rim in self.open
            for right, down in ((rim.middle[0] + shift[0], rim.middle[1] + shift[1]),)
            if x - OWN_PX <= right < x + w + OWN_PX and y - OWN_PX <= down < y + h + OWN_PX
        ]  # fmt: skip
        return max(grown, key=lambda rim: rim.factor, default=None)

    def add(self, mask: npt.NDArray[np.uint8], levels: npt.NDArray[np.uint8], shift: tuple[float, float]) -> None:
        """Add to a mask, (H, W), what has ended in the windows that are followed."""
        for rim in self.open:
            if (part := _part(rim.box, shift, levels.shape)) is not None:
                mask[part][levels[part] >= self._top] = 255

    def let_in(self, known: npt.NDArray[np.float32], shift: tuple[float, float]) -> npt.NDArray[np.float32]:
        """Return what places were known to have, (H, W), with nothing where a window is followed: what is there has grown whatever its
        surroundings have."""
        parts = [part for rim in self.open if (part := _part(rim.box, shift, known.shape)) is not None]
        if not parts:
            return known
        known = known.copy()
        for part in parts:
            known[part] = -np.inf
        return known


def _wider(box: Box, shape: tuple[int, ...]) -> Box:
    left, top, right, below = box
    return max(0, left - MARGIN_PX), max(0, top - MARGIN_PX), min(shape[1], right + MARGIN_PX), min(shape[0], below + MARGIN_PX)


def _part(box: Box, shift: tuple[float, float], shape: tuple[int, ...]) -> tuple[slice, slice] | None:
    """Return the part of a picture that shows a window, or None where a part of it lies beyond the picture."""
    left, top, right, below = box
    x, y = round(shift[0]), round(shift[1])
    if left + x < 0 or top + y < 0 or right + x > shape[1] or below + y > shape[0]:
        return None
    return slice(top + y, below + y), slice(left + x, right + x)
