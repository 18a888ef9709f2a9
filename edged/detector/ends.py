"""Places where a grey scale has ended: how hot they are cannot be seen, but how far they spread can.

A spot beyond the scale grows in area as it grows hotter, since its blur reaches farther above the end. Areas are counted once a second,
against what the place had and against all others: where all spread alike it is the gain. Frame: full-size pixels, sway removed.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.course import STEADY, Variation, grid_px, varied
from edged.detector.gaincontrol import CLIPPED
from edged.detector.life import Life

if TYPE_CHECKING:
    from edged.detector.track import Track

SPACING_S, FLICKER_SPAN_S, FRAMES = 0.15, 4.0, 40
LOOKS, FACTOR_LOOKS = 5, 3
"""Areas are medians of so many looks: what passes before a place is no growth of it. A gain settles in the first of a visit."""
REACH_PX = 3
"""A place reaches so far beyond its first pixels."""
MOST_PX, MOST_PLACES, LEAST_PX = 20_000, 200, 2
"""A picture with more pixels at its end, or more places, says nothing by them; a place has so many pixels."""
GROWN, GROWN_PX = 1.3, 4
"""By so much, and so many pixels, a place must have spread before it is followed."""
STIR_STEPS, STIR_PX, STIR_MORE_PX, MOST_STIRRING = 3, 1.5, 2.0, 2
"""A place whose area goes up and down by so much in so many steps of five looks, and has so many pixels more than it had, is followed
too: a flame licks out of it. Where more than two do so, it is the gain, the wind or the sun."""
CALM_LOOKS, CALM_TAU_S, CALM_SIGMAS, CALM_LEAST_PX = 30, 20.0, 2.5, 0.2
"""After how many looks it is known, and with which time constant, how much an area differs from look to look by noise and sway; a flame
moves it by so many times that, and a part of a pixel, more."""
FOLD_PX = 6.0
"""Area by which a point's blur at the end of a scale grows as the point grows e times stronger: 2πσ² for σ = 1 px. What is wider at first
grows more slowly, by about its own area."""
SUDDEN = 1.6
"""What spreads by this factor from look to look has merged with something else, and begins anew; so does what has while the head looked
elsewhere, unless it does so twice running."""
DOWN_TAU_S, UP_TAU_S = 30.0, 3600.0
"""Time constants of what a place is known to have, as it shrinks and as it spreads."""
OTHERS_PX = 30.0
"""Other places must have so many pixels to tell that all spread alike, and the end must lie no lower than it did by more levels than
these, alone and among others: a gain on its way spreads each place by another factor."""
END_ROOM, END_ROOM_AMONG, END_TAU_S = 3.0, 10.0, 600.0
PLAIN_S, PLAIN_SHARE = 10.0, 0.1
"""What has spread at the end of the scale has grown at half its level too, by this share at least after so long; a wide plain that is
just so hot has not: noise and a drifting gain move it over the end."""
PART_SHARE = 0.5
"""Sources that hang together at the end of the scale are one place; of those whose own area moves by less than this share of what moves
most there, it says nothing."""
UNSEEN_S, GONE_S = 5.0, 60.0
"""A place where nothing has ended for so long says no more of a source that still stands there; and is forgotten."""
Mask = npt.NDArray[np.bool_]
Box = tuple[int, int, int, int]
Pixels = npt.NDArray[np.int32]


@dataclass(slots=True, eq=False)
class EndPlace:
    """One place at the end of the scale. `box`: left, top, right, below; `px`: area now; `known_px`: area that it is known to have, and
    `known_end`: the end of the scale then; `alike`: by what factor the others have spread, infinite where nobody knows; `life` of its area,
    by so much smaller."""

    label: int
    box: Box
    px: float
    known_px: float
    known_end: float
    seen_s: float
    life: Life = field(default_factory=Life)
    alike: float = 1.0
    grown: bool = False
    stirs: bool = False
    calm_px: float = math.inf
    """By how many pixels its area differs from look to look while nothing stirs there, in the mean."""
    _looks: int = 0
    _here: int = 0
    """Looks since the head came, or since it began anew."""
    _jumped: bool = False
    _lately: deque[float] = field(default_factory=lambda: deque(maxlen=LOOKS))
    _frames: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=FRAMES))
    """Of each picture: time, pixels of the place that have ended, and of all others."""

    @property
    def due_px(self) -> float:
        """Return the area that it would have now if nothing but the gain had changed."""
        return self.known_px * max(1.0, self.alike)

    @property
    def factor(self) -> float:
        """Return about how much stronger it is than it was, by the spread of its blur; 1 before three looks of this visit."""
        if len(self._lately) < FACTOR_LOOKS or math.isinf(self.alike):
            return 1.0
        return math.exp(min(20.0, (self.px - self.due_px) / max(FOLD_PX, self.due_px)))

    @property
    def moves(self) -> bool:
        """Tell whether its area goes up and down from look to look, over what it is known to have."""
        if self._here < CALM_LOOKS or len(self._lately) < LOOKS or math.isinf(self.alike):
            return False
        steps = sorted(abs(now - before) for before, now in itertools.pairwise(self._lately))
        return steps[-STIR_STEPS] >= STIR_PX and mean(self._lately) >= self.due_px + STIR_MORE_PX

    def flicker(self, now_s: float) -> Variation:
        """Return how what it has beyond its known area varied over the last 4 s: as it is, or without what all others did where that is
        less."""
        lately = [each for each in self._frames if now_s - each[0] <= FLICKER_SPAN_S]
        if not (self.stirs or self.grown) or self._here < CALM_LOOKS or len(lately) < 2 or math.isinf(self.alike):
            return STEADY
        times, areas, others = np.array(lately).T
        floor_px = CALM_SIGMAS * (self.calm_px + CALM_LEAST_PX)
        found = [varied(list(times), areas, self.due_px, floor_px)]
        if float(others.min()) >= OTHERS_PX:
            common = others / float(np.median(others))
            found.append(varied(list(times), areas / common, self.due_px, floor_px))
        return min(found, key=lambda each: each.spread)

    def moved_px(self, now_s: float) -> float:
        """Return by how many pixels (σ) that varied."""
        lately = [area for when, area, _ in self._frames if now_s - when <= FLICKER_SPAN_S]
        return self.flicker(now_s).spread * (mean(lately) - self.due_px) if lately else 0.0

    def count(self, area_px: int, others_px: int, now_s: float) -> None:
        """Take the pixels of one picture in."""
        if not self._frames or now_s - self._frames[-1][0] >= SPACING_S:
            self._frames.append((now_s, float(area_px), float(others_px)))

    def look(self, area: int, now_s: float, end: float) -> None:
        """Count its area once more; `end` of the scale in levels of the background."""
        jumps, back = area > SUDDEN * max(self.px, FOLD_PX), not self._lately
        if jumps and not (back and self._jumped):
            self._lately.clear()
            self._frames.clear()
            self._looks, self._here, self.life = 0, 0, Life()
        if back:
            self._jumped = jumps
        past = max(0.0, now_s - self.seen_s)
        self._lately.append(float(area))
        self.px, self.seen_s = median(self._lately), now_s
        self._looks += 1
        self._here += 1
        if self._looks < LOOKS:
            self.known_px, self.known_end, self.calm_px = self.px, end, grid_px(self.px)
        elif not self.moves:
            self.calm_px += min(1.0, past / CALM_TAU_S) * (min(abs(area - self.px), grid_px(self.px)) - self.calm_px)
        self.known_end += min(1.0, past / END_TAU_S) * (end - self.known_end)
        tau_s = DOWN_TAU_S if self.px < self.known_px else UP_TAU_S
        self.known_px += min(1.0, past / tau_s) * (self.px - self.known_px)

    def away(self) -> None:
        """The head turns away."""
        self._lately.clear()
        self._frames.clear()
        self._here = 0
        self.life.away()

    def join(self, other: EndPlace) -> None:
        """Take in a place that one part of the picture has grown over as well as over this one."""
        self.box = _around(self.box, other.box)
        self.px, self.known_px = self.px + other.px, self.known_px + other.known_px
        self._lately = deque((area + other.px for area in self._lately), LOOKS)
        self.life.lift(other.px, other.px)


def share_out(tracks: Sequence[Track]) -> None:
    """Of the sources that share a place, let those be it of which the area at half level moves or has grown; the others say nothing by it.
    Where it does so of none, a plain that is just as hot as the scale ends."""
    shared: dict[int, list[Track]] = {}
    for track in tracks:
        if track.end is not None:
            shared.setdefault(track.end.label, []).append(track)
    for group in shared.values():
        moved = [_moved_px(track) for track in group]
        for track, px in zip(group, moved, strict=True):
            plain = track.end is not None and track.age_s >= PLAIN_S and px < PLAIN_SHARE * (track.end.px - track.end.due_px)
            if plain or px < PART_SHARE * max(moved):
                track.end = None


def _moved_px(track: Track) -> float:
    if track.settled_px is None and track.age_s >= PLAIN_S:
        track.settled_px = track.spot.area_px
    varies_px = track.course.area.spread * track.samples[-1].area if track.course is not None and track.samples else 0.0
    return varies_px + max(0, track.spot.area_px - (track.birth_px if track.settled_px is None else track.settled_px))


class Ends:
    """The places at the end of the scale of one view."""

    def __init__(self) -> None:
        self._of: npt.NDArray[np.int32] | None = None
        self._places: dict[int, EndPlace] = {}
        self._next = 1

    @property
    def open(self) -> list[EndPlace]:
        """Return the places that have spread, or stir, and are to be followed."""
        return [place for place in self._places.values() if place.grown or place.stirs]

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
        ended = np.asarray(cv2.threshold(levels, CLIPPED - 1.0, 1.0, cv2.THRESH_BINARY)[1], np.uint8)
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
                    place.box = _around(place.box, _bounds(rows[here], cols[here], levels.shape))
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
        ended_px = cv2.countNonZero(cv2.threshold(levels, CLIPPED - 1.0, 1.0, cv2.THRESH_BINARY)[1])
        for place in self.open:
            x, y, x2, y2 = place.box
            rows = slice(max(0, y + down), max(0, min(h, y2 + down)))
            cols = slice(max(0, x + right), max(0, min(w, x2 + right)))
            ended = levels[rows, cols] >= CLIPPED
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
            place.grown = alone >= GROWN * place.known_px and place.px >= place.known_px + GROWN_PX
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


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
