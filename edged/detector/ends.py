"""The places of a view where a grey scale has ended: how hot they are cannot be seen, but how far they spread can.

Areas are counted once a second, against what each place had and against all others: where all spread alike it is the gain; and in each
picture at the places that are followed. Frame: full-size pixels, sway removed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.endplace import OTHERS_PX, REACH_PX, Box, EndPlace, around
from edged.detector.scaletop import CLIPPED

MOST_PX, MOST_PLACES, LEAST_PX = 20_000, 200, 2
"""A picture with more pixels at its end, or more places, says nothing by them; a place has so many pixels."""
GROWN, GROWN_PX = 1.3, 4
"""By so much, and so many pixels, a place must have spread before it is followed."""
MOST_STIRRING = 2
"""Where more places stir it is the gain, the wind or the sun."""
END_ROOM, END_ROOM_AMONG = 3.0, 10.0
"""By so many levels, alone and among others, the end may lie lower than it did: a gain on its way spreads each place by another factor."""
UNSEEN_S, GONE_S = 5.0, 60.0
"""A place where nothing has ended for so long says no more of a source that still stands there; and is forgotten."""
Mask = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.int32]


class Ends:
    """The places at the end of the scale of one view."""

    def __init__(self, top: float = CLIPPED) -> None:
        """`top`: the grey level at which the scale ends."""
        self._top = top
        self._of: npt.NDArray[np.int32] | None = None
        self._places: dict[int, EndPlace] = {}
        self._next = 1

    @property
    def open(self) -> list[EndPlace]:
        """Return the places that have spread, or stir, and are to be followed."""
        return [place for place in self._places.values() if place.grown or place.stirs]

    @property
    def places(self) -> Iterable[EndPlace]:
        """Return all places that are known."""
        return self._places.values()

    def rest(self) -> None:
        """The head turns away: each place is counted anew when it is back, against what it had."""
        for place in self._places.values():
            place.away()

    def at(self, x_px: float, y_px: float) -> EndPlace | None:
        """Return the place that a pixel belongs to."""
        if self._of is None:
            return None
        h, w = self._of.shape
        label = int(self._of[min(max(round(y_px), 0), h - 1), min(max(round(x_px), 0), w - 1)])
        return self._places.get(label)

    def look(self, levels: npt.NDArray[np.uint8], shift: tuple[float, float], now_s: float, end: float, ignored: Mask | None) -> None:
        """Count the pixels of a picture that are at its end, (H, W). `ignored`: burnt-in text; `end` in levels of the background."""
        if self._of is None or self._of.shape != levels.shape:
            self._of, self._places = np.zeros(levels.shape, np.int32), {}
        ended = np.asarray(cv2.threshold(levels, self._top - 1.0, 1.0, cv2.THRESH_BINARY)[1], np.uint8)
        if ignored is not None:
            ended[ignored] = 0
        seen_px = cv2.countNonZero(ended)
        if seen_px > MOST_PX:
            return
        count, parts = cv2.connectedComponents(ended) if seen_px else (1, ended)
        cols, rows = cv2.findNonZero(ended).reshape(-1, 2).T if seen_px else np.zeros((2, 0), np.int32)
        part = np.asarray(parts[rows, cols], np.int32)
        h, w = levels.shape
        rows, cols = (rows - round(shift[1])).clip(0, h - 1), (cols - round(shift[0])).clip(0, w - 1)
        sizes = np.bincount(part, minlength=count)
        owner = self._owners(part, self._of[rows, cols], count)
        areas = np.bincount(owner[1:], sizes[1:], self._next)
        for label, place in list(self._places.items()):
            if areas[label]:
                place.look(int(areas[label]), now_s, end)
                if place.grown or place.stirs:
                    here = owner[part] == label
                    place.box = around(place.box, _bounds(rows[here], cols[here], levels.shape))
            elif now_s - place.seen_s > GONE_S:
                del self._places[label]
                self._of[self._of == label] = 0
        for new in np.flatnonzero((owner == 0) & (sizes >= LEAST_PX)):
            if new and len(self._places) < MOST_PLACES:
                here = part == new
                self._begin(rows[here], cols[here], now_s, end)
        self._compare(end, now_s)

    def add(self, mask: npt.NDArray[np.uint8], levels: npt.NDArray[np.uint8], shift: tuple[float, float], now_s: float) -> None:
        """Add to a mask, (H, W), what has ended at the places that are followed, and count it."""
        assert self._of is not None
        (h, w), down, right = mask.shape, round(shift[1]), round(shift[0])
        ended_px = cv2.countNonZero(cv2.threshold(levels, self._top - 1.0, 1.0, cv2.THRESH_BINARY)[1])
        for place in self.open:
            x, y, x2, y2 = place.box
            rows = slice(max(0, y + down), max(0, min(h, y2 + down)))
            cols = slice(max(0, x + right), max(0, min(w, x2 + right)))
            ended = levels[rows, cols] >= self._top
            mask[rows, cols][ended] = 255
            of = self._of[_back(rows, down, h)][:, _back(cols, right, w)]
            here_px = int(np.count_nonzero(ended & ((of == place.label) | (of == 0))))
            place.count(here_px, ended_px - here_px, now_s)

    def _owners(self, part: npt.NDArray[np.int32], label: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.int64]:
        """Return the label of the place that each part belongs to, 0 for none. Places that one part touches become one."""
        owner, joined = np.zeros(count, np.int64), dict[int, int]()
        touches = label > 0
        for key in np.unique(part[touches].astype(np.int64) * self._next + label[touches]):
            one, place = divmod(int(key), self._next)
            while place in joined:
                place = joined[place]
            if place not in self._places:
                continue
            if owner[one] == 0:
                owner[one] = place
            elif owner[one] != place:
                joined[place] = int(owner[one])
                self._join(int(owner[one]), place)
                owner[owner == place] = owner[one]
        return owner

    def _join(self, label: int, other: int) -> None:
        assert self._of is not None
        into, gone = self._places[label], self._places.pop(other)
        self._of[self._of == other] = label
        into.join(gone)

    def _begin(self, rows: Pixels, cols: Pixels, now_s: float, end: float) -> None:
        assert self._of is not None
        box = left, top, _, _ = _bounds(rows, cols, self._of.shape)
        here = np.zeros((box[3] - top, box[2] - left), np.uint8)
        here[rows - top, cols - left] = 1
        side = 2 * REACH_PX + 1
        reach = cv2.dilate(here, np.ones((side, side), np.uint8)) > 0
        free = self._of[top : box[3], left : box[2]]
        free[reach & (free == 0)] = self._next
        self._places[self._next] = place = EndPlace(self._next, box, float(rows.size), float(rows.size), end, now_s)
        place.look(rows.size, now_s, end)
        self._next += 1

    def _compare(self, end: float, now_s: float) -> None:
        """Tell of each place whether it has spread, and more than the others."""
        known, now = (sum(getattr(place, what) for place in self._places.values()) for what in ("known_px", "px"))
        stirring = sum(place.moves for place in self._places.values())
        for place in self._places.values():
            others = known - place.known_px
            among = others >= OTHERS_PX
            same = end >= place.known_end - (END_ROOM_AMONG if among else END_ROOM)
            alike = ((now - place.px) / others if among else 1.0) if same else math.inf
            place.alike, alone = alike, place.px / max(1.0, alike)
            place.stirs = stirring <= MOST_STIRRING and place.moves
            place.grown = alone >= GROWN * max(place.known_px, place.swung_px) and place.px >= place.known_px + GROWN_PX
            if place.seen_s == now_s and not math.isinf(alike):
                place.life.add(now_s, alone, alone)


def _bounds(rows: Pixels, cols: Pixels, shape: tuple[int, ...]) -> Box:
    """Return the box of pixels with a place's reach round it."""
    left, top = int(cols.min()) - REACH_PX, int(rows.min()) - REACH_PX
    right, below = int(cols.max()) + REACH_PX + 1, int(rows.max()) + REACH_PX + 1
    return max(0, left), max(0, top), min(shape[1], right), min(shape[0], below)


def _back(part: slice, shift: int, side: int) -> Pixels:
    """Return the rows or columns of the scene that a slice of a picture shows, those beyond its rim as the rim."""
    return np.arange(part.start - shift, part.stop - shift, dtype=np.int32).clip(0, side - 1)
