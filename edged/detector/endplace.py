"""One place where a grey scale has ended: its area, how that grew and flickers, and which of the sources there it speaks of.

A spot beyond the scale grows in area as it grows hotter, since its blur reaches farther above the end.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median
from typing import TYPE_CHECKING

import numpy as np

from edged.detector.course import STEADY, Variation, grid_px, varied
from edged.detector.life import Life

if TYPE_CHECKING:
    from edged.detector.track import Track

LOOKS, FACTOR_LOOKS = 5, 3
"""Areas are medians of so many looks: what passes before a place is no growth of it. A gain settles in the first of a visit."""
SPACING_S, FLICKER_SPAN_S, FRAMES = 0.15, 4.0, 40
"""Pictures so far apart are counted, and so many kept; flicker is read from so long a span of them."""
STIR_STEPS, STIR_PX, STIR_MORE_PX = 3, 1.5, 2.0
"""A place whose area goes up and down by so much in so many steps of five looks, and has so many pixels more than it had, is followed
too: a flame licks out of it."""
CALM_LOOKS, CALM_TAU_S, CALM_SIGMAS, CALM_LEAST_PX = 30, 20.0, 2.5, 0.2
"""After how many looks it is known, and with which time constant, how much an area differs from look to look by noise and sway; a flame
moves it by so many times that, and a part of a pixel, more."""
SWAY_LEFT_PX = 0.5
"""So much sway at most is left over once it is taken out: by so much of a row or column a straight edge moves."""
FOLD_PX = 6.0
"""Area by which a point's blur at the end of a scale grows as the point grows e times stronger: 2πσ² for σ = 1 px. What is wider at first
grows more slowly, by about its own area."""
SUDDEN = 1.6
"""What spreads by this factor from look to look has merged with something else, and begins anew; so does what has while the head looked
elsewhere, unless it does so twice running."""
DOWN_TAU_S, UP_TAU_S, END_TAU_S = 30.0, 3600.0, 600.0
"""Time constants of the area that a place is known to have, as it shrinks and as it spreads, and of the end of the scale then, or of
what it had and fell back from."""
FALLEN_SHARE = 0.5
"""What spread and has fallen back by so much of it goes up and down: until it outgrows that it has not grown."""
OTHERS_PX = 30.0
"""Other places must have so many pixels to tell what all do alike."""
PLAIN_S, PLAIN_SHARE = 10.0, 0.1
"""What has spread at the end of the scale has grown at half its level too, by this share at least after so long; a wide plain that is
just so hot has not: noise and a drifting gain move it over the end."""
PART_SHARE = 0.5
"""Sources that hang together at the end of the scale are one place; of those whose own area moves by less than this share of what moves
most there, it says nothing."""
REACH_PX = 3
"""A place reaches so far beyond its first pixels."""
Box = tuple[int, int, int, int]


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
    swung_px: float = 0.0
    """The area that it had and fell back from twice, without what the others did: once, something drove past it."""
    calm_px: float = math.inf
    """By how many pixels its area differs from look to look while nothing stirs there, in the mean."""
    _looks: int = 0
    _here: int = 0
    """Looks since the head came, or since it began anew."""
    _jumped: bool = False
    _greatest_px: float = 0.0
    """Since it last fell back."""
    _once_px: float = 0.0
    """The greatest from which it has fallen back."""
    _lately: deque[float] = field(default_factory=lambda: deque(maxlen=LOOKS))
    _frames: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=FRAMES))
    """Of each picture: time, pixels of the place that have ended, and of all others."""

    @property
    def looks(self) -> int:
        """Return in how many looks it has been seen since the head came, or since it began anew."""
        return self._here

    @property
    def due_px(self) -> float:
        """Return the area that it would have now if nothing but the gain had changed."""
        return self.known_px * max(1.0, self.alike)

    @property
    def factor(self) -> float:
        """Return about how much stronger it is than it was, by the spread of its blur; 1 before three looks of this visit."""
        if len(self._lately) < FACTOR_LOOKS or math.isinf(self.alike):
            return 1.0
        had_px = max(self.due_px, self.swung_px * max(1.0, self.alike))
        return math.exp(min(20.0, (self.px - had_px) / max(FOLD_PX, had_px)))

    @property
    def moves(self) -> bool:
        """Tell whether its area goes up and down from look to look, over what it is known to have."""
        if self._here < CALM_LOOKS or len(self._lately) < LOOKS or math.isinf(self.alike):
            return False
        steps = sorted(abs(now - before) for before, now in itertools.pairwise(self._lately))
        return steps[-STIR_STEPS] >= STIR_PX and mean(self._lately) >= self.due_px + STIR_MORE_PX

    def flicker(self, now_s: float, sway_px: float = 0.0) -> Variation:
        """Return how what it has beyond its known area varied over the last 4 s: as it is, or without what all others did where that is
        less. `sway_px`: by how much the view sways (σ)."""
        lately = [each for each in self._frames if now_s - each[0] <= FLICKER_SPAN_S]
        if not (self.stirs or self.grown) or self._here < CALM_LOOKS or len(lately) < 2 or math.isinf(self.alike):
            return STEADY
        times, areas, others = np.array(lately).T
        side_px = max(self.box[2] - self.box[0], self.box[3] - self.box[1]) - 2.0 * REACH_PX
        floor_px, edge_px = CALM_SIGMAS * (self.calm_px + CALM_LEAST_PX), min(sway_px, SWAY_LEFT_PX) * side_px
        found = [varied(times, areas, self.due_px, floor_px, edge_px)]
        if float(others.min()) >= OTHERS_PX:
            common = others / float(np.median(others))
            found.append(varied(times, areas / common, self.due_px, floor_px, edge_px))
        return min(found, key=lambda each: each.spread)

    def beyond_px(self, now_s: float) -> float:
        """Return how many pixels it had beyond its known area in the last 4 s, in the mean."""
        lately = [area for when, area, _ in self._frames if now_s - when <= FLICKER_SPAN_S]
        return mean(lately) - self.due_px if lately else 0.0

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
        if self._here >= CALM_LOOKS and not math.isinf(self.alike):
            self._swing(self.px / max(1.0, self.alike), past)

    def _swing(self, alone_px: float, past_s: float) -> None:
        """Take the area that it has without what the others did."""
        pull = min(1.0, past_s / END_TAU_S)
        self.swung_px += pull * min(0.0, alone_px - self.swung_px)
        self._once_px += pull * min(0.0, alone_px - self._once_px)
        self._greatest_px = max(self._greatest_px, alone_px)
        if alone_px - self.known_px <= (1.0 - FALLEN_SHARE) * (self._greatest_px - self.known_px):
            self.swung_px = max(self.swung_px, min(self._once_px, self._greatest_px))
            self._once_px, self._greatest_px = max(self._once_px, self._greatest_px), alone_px

    def away(self) -> None:
        """The head turns away."""
        self._lately.clear()
        self._frames.clear()
        self._here = 0
        self.life.away()

    def join(self, other: EndPlace) -> None:
        """Take in a place that one part of the picture has grown over as well as over this one."""
        self.box = around(self.box, other.box)
        self.px, self.known_px = self.px + other.px, self.known_px + other.known_px
        self._lately = deque((area + other.px for area in self._lately), LOOKS)
        self._frames.clear()
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


def around(one: Box, other: Box) -> Box:
    """Return the box round two boxes."""
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
