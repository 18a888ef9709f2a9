"""The rim round one place where a grey scale has ended: how strong what is beyond the end must be, by what its blur adds to each pixel.

How hot the middle is cannot be seen, but each pixel of the rim has its own share of that heat, so they tell by what factor it grew and how
that bends. What a pixel had is kept for each; one that ends as well hands over to those farther out. Pixels: full size, sway removed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from edged.detector.endplace import Box
from edged.detector.life import Life

SPACING_S = 1.9
"""Looks so far apart are taken in."""
FIRST_LOOKS, LOOKS, MOVED_SHARE = 5, 3, 0.1
"""What each pixel had is the median of so many looks in which no larger share of them changed; then a look is that of so many."""
CLOSE_LEVELS = 4
"""So close below the end a pixel says nothing more."""
LEAST_PX = 20
"""Fewer pixels below the end say nothing."""
LEAST_SHARE = 20.0
"""Levels by which a pixel of the rim exceeds its surroundings at least: of less nobody knows what is the source's."""
SURE = 4.0
"""What has risen by more levels than noise and steps make of it is taken."""
PULL = 0.5
"""Share of a look in what a pixel has more than it had."""
HANDS_OVER, MOST_SCALE = 0.05, 20.0
"""From such a growth on what is left of a rim must go on where the whole of it was, by such a factor at most."""
PASSES, PASSES_SHARE, FALLING_PX, PASSES_S = 8.0, 0.2, 4, 20.0
"""Where so large a share of the pixels differs by so many levels from one look to the next, or so many have fallen by them, something
drives past: what was known is left as it is; what stays for so long is another place."""
POSE_PX = 0.25
"""A view that lies so much elsewhere gives each pixel another share."""
STEP = 1.25
"""Heat does not grow by such a factor from one look to the next: something else has come."""
GROWN = 1.3
"""By such a factor it must have grown before it is followed."""

Levels = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Value = TypeVar("Value", np.float32, np.uint8)
Pose = tuple[float, float]


@dataclass(slots=True)
class _Pixels:
    """What is known of each pixel of a window, (h, w): the heat that it `had`, whether it is `below` the end still, its `share` of what the
    source had, levels over the surroundings, and what it has `more` now."""

    had: Levels
    below: Mask
    share: Levels
    more: Levels

    def beyond(self, heat: Levels) -> Levels:
        """Return what a look has more than there was, without what the surroundings have."""
        more = heat - self.had
        rest = more[self.below]
        return np.asarray(more - np.partition(rest, rest.size // 2)[rest.size // 2], np.float32)

    def risen(self) -> Levels:
        """Return by how much each pixel has surely risen that has not ended."""
        return np.where(self.below, np.maximum(self.more - np.float32(SURE), np.float32(0.0)), np.float32(0.0))

    def growth(self) -> float:
        """Return by what share of what they had the pixels have risen that have risen most: those of which is known what they had, while
        any of them has, else those farther out; of all that are known, where none surely has."""
        risen, known = self.risen(), self.share > LEAST_SHARE
        for weight in (risen * known, risen):
            whole = float((weight * self.share).sum())
            if whole > 0.0:
                return float((weight * self.more).sum()) / whole
        weight = np.where(self.below & known, self.share, np.float32(0.0))
        whole = float((weight * self.share).sum())
        return min(0.0, float((weight * self.more).sum()) / whole) if whole > 0.0 else 0.0

    def follow(self, more: Levels) -> None:
        """Take a look in. What has cooled is what a pixel had from now on: it grows from there."""
        self.more = self.more + np.float32(PULL) * (more - self.more)
        fallen = np.where(self.below, np.minimum(self.more + np.float32(SURE), np.float32(0.0)), np.float32(0.0))
        if fallen.any():
            self.had, self.more = self.had + fallen, self.more - fallen
            self.share = np.maximum(self.share + fallen, np.float32(LEAST_SHARE))


class Rim:
    """One window. `factor`: by how much stronger it is than when it was first watched; `life`: the course of that; `began_s`: since when it
    is watched as what it is; `ended_s`: when something was last at the end of the scale here."""

    def __init__(self, box: Box, now_s: float) -> None:
        self.box, self.ended_s = box, now_s
        self._seen_s = -1e9
        self._pose: Pose = (0.0, 0.0)
        self._begin(now_s)

    def _begin(self, now_s: float) -> None:
        self.began_s = now_s
        self.factor, self.life = 1.0, Life()
        self._known: _Pixels | None = None
        self._lately: list[tuple[Levels, npt.NDArray[np.uint8]]] = []
        self._scale, self._calm = 1.0, 0
        self._passes_since_s: float | None = None

    @property
    def grown(self) -> bool:
        """Tell whether it has surely grown stronger."""
        return self.factor >= GROWN

    @property
    def middle(self) -> tuple[float, float]:
        """Return where it has grown, px; the middle of its window where it has not."""
        left, top, right, below = self.box
        risen = self._known.risen() if self._known is not None else np.zeros((below - top, right - left), np.float32)
        whole = float(risen.sum())
        if whole <= 0.0:
            return 0.5 * (left + right), 0.5 * (top + below)
        return float(risen.sum(axis=0) @ np.arange(left, right)) / whole, float(risen.sum(axis=1) @ np.arange(top, below)) / whole

    def look(self, levels: npt.NDArray[np.uint8], heats: Levels, top: float, now_s: float, pose: Pose = (0.0, 0.0)) -> None:
        """Take one look at its window in; `heats` of each level, (256,), in levels of the background; `top`: where the scale ends; `pose`:
        how far the view lies off its background, px."""
        if now_s - self._seen_s < SPACING_S:
            return
        self._seen_s = now_s
        if math.dist(pose, self._pose) > POSE_PX:
            self._pose = pose
            self._begin(now_s)
        if levels.max() >= top:
            self.ended_s = now_s
        self._lately = [*self._lately[-(FIRST_LOOKS if self._known is None else LOOKS) + 1 :], (heats.take(levels), levels.copy())]
        if self._known is None:
            self._learn(top)
        elif not self._passes(self._known, now_s):
            self._compare(self._known, top, now_s)

    def _learn(self, top: float) -> None:
        if len(self._lately) < FIRST_LOOKS:
            return
        looks = np.array([heat for heat, _ in self._lately])
        had = np.asarray(np.median(looks, axis=0), np.float32)
        below: Mask = np.max([levels for _, levels in self._lately], axis=0) < top - CLOSE_LEVELS
        moves = max(float((np.abs(look - had) > PASSES).mean()) for look in looks) > MOVED_SHARE
        if moves or np.count_nonzero(below) < LEAST_PX:
            return
        share = np.maximum(had - np.float32(np.median(had[below])), np.float32(LEAST_SHARE))
        self._known = _Pixels(had, below, share, np.zeros_like(had))

    def _passes(self, known: _Pixels, now_s: float) -> bool:
        """Tell whether something passes, or has just passed; what stays is watched anew."""
        step = (known.beyond(self._lately[-1][0]) - known.more)[known.below]
        fallen = np.count_nonzero(step < -PASSES)
        if fallen >= FALLING_PX or fallen + np.count_nonzero(step > PASSES) > PASSES_SHARE * step.size:
            self._calm, self._passes_since_s = 0, now_s if self._passes_since_s is None else self._passes_since_s
            if now_s - self._passes_since_s >= PASSES_S:
                self._begin(now_s)
            return True
        self._calm += 1
        if self._calm >= LOOKS:
            self._passes_since_s = None
        return self._calm < LOOKS

    def _compare(self, known: _Pixels, top: float, now_s: float) -> None:
        ended = np.asarray(_middle([levels for _, levels in self._lately]) >= top - CLOSE_LEVELS, np.bool_) & known.below
        if ended.any():
            before, known.below = known.growth(), known.below & ~ended
            after = known.growth()
            if before >= HANDS_OVER and after > 0.0:
                self._scale = min(MOST_SCALE, self._scale * before / after)
        if np.count_nonzero(known.below) < LEAST_PX:
            self._begin(now_s)
            return
        known.follow(known.beyond(_middle([heat for heat, _ in self._lately])))
        growth = known.growth()
        factor = 1.0 + (self._scale * growth if growth > 0.0 else growth)
        if factor >= STEP * max(1.0, self.factor):
            self._begin(now_s)
            return
        self.factor = factor
        self.life.add(now_s, factor, factor)


def _middle(looks: list[npt.NDArray[Value]]) -> npt.NDArray[Value]:
    """Return the median of three looks, pixel by pixel."""
    one, two, three = looks[-LOOKS:]
    return np.asarray(np.maximum(np.minimum(one, two), np.minimum(np.maximum(one, two), three)), one.dtype)
