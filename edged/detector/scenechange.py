"""One scene change: similar sources all over the view that came at once, with a step of the scene itself, as when the sun comes out.

A flat-field correction moves everything alike and is none. What goes its own way afterwards, flickers or grows by more than the others do,
is let go of: a fire that began in that moment is no part of it, nor is what made the gain collapse.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import CELL, Background
from edged.detector.track import Track

TOGETHER_S = 10.0
"""Clouds take so long to pass."""
COUNT, WIDE_SHARE, SIMILAR = 3, 0.4, 3.0
"""So many, over so much of the view's diagonal, whose rises lie within this factor of their middle."""
STEP_SHARE, STEP_NOISE, STEP_STEEP = 0.15, 4.0, 0.35
"""Share of all cells that changed by so many times a pixel's noise, edges less, against what all changed by."""
OWN_WAY, OWN_WAY_S = 1.5, 2.0
"""By this factor a member's excess must outgrow the middle of the others, since so long after it came."""
FLICKERS_S = 1.0
OUTWEIGHS = 5.0
"""What came with a collapse of the gain and has by so much more excess than the middle of the others made it collapse."""
LOOK_S = 1.0

Array = npt.NDArray[np.float32]


class SceneChanges:
    """Marks the sources of a view that are one scene change, and unmarks those that go their own way."""

    def __init__(self) -> None:
        self._lately: list[Track] = []
        self._members: list[tuple[Track, float, float]] = []
        self._looked_s = -1e9

    def born(self, births: Sequence[Track], background: Background, quarter: Array, noise: float, now: float) -> None:
        """Take in the sources that are new in a picture whose cells have these means, sway removed. `noise`: of a pixel."""
        self._lately = [track for track in self._lately if now - track.born_s <= TOGETHER_S]
        self._lately += [track for track in births if not track.first_look]
        alike = _alike(self._lately)
        if len(alike) < COUNT or not _wide(alike, quarter.shape):
            return
        if step_share(background, quarter, noise) < STEP_SHARE:
            return
        known = {id(track) for track, *_ in self._members}
        for track in alike:
            track.scene_change = True
            if id(track) not in known:
                self._members.append((track, now, track.spot.excess))

    def look(self, now: float) -> None:
        """Let go of what goes its own way; at most once a second."""
        if not self._members or now - self._looked_s < LOOK_S:
            return
        self._looked_s = now
        self._members = [each for each in self._members if each[0].scene_change and now - each[0].last_s <= TOGETHER_S]
        grown = [track.spot.excess / max(excess, 1e-6) for track, _, excess in self._members]
        for n, (track, since_s, _) in enumerate(self._members):
            rest = grown[:n] + grown[n + 1 :]
            outgrows = now - since_s >= OWN_WAY_S and grown[n] >= OWN_WAY * max(1.0, median(rest) if rest else 1.0)
            if outgrows or track.held_for.get("flickering", 0.0) >= FLICKERS_S:
                track.scene_change = False
                track.held_against.pop("scene_change", None)


def step_share(background: Background, quarter: Array, noise: float) -> float:
    """Return the share of a view's cells that are not as learnt, beyond what all of them changed by."""
    free = ~background.held_out
    if not free.any():
        return 0.0
    change: Array = quarter - background.mean
    kernel = np.ones((3, 3), np.uint8)
    steep = np.asarray(cv2.dilate(background.mean, kernel) - cv2.erode(background.mean, kernel), np.float32)
    limit = np.maximum(np.float32(STEP_STEEP) * steep, np.float32(STEP_NOISE * noise))
    off = np.abs(change - np.float32(np.median(change[free])))
    return float(np.count_nonzero((off > limit) & free)) / float(np.count_nonzero(free))


def _wide(tracks: Sequence[Track], cells: tuple[int, ...]) -> bool:
    x, y = ([track.spot.x_px for track in tracks], [track.spot.y_px for track in tracks])
    return float(np.hypot(max(x) - min(x), max(y) - min(y))) >= WIDE_SHARE * CELL * float(np.hypot(cells[0], cells[1]))


def _alike(tracks: Sequence[Track]) -> list[Track]:
    if not tracks:
        return []
    rises = [track.spot.peak - track.spot.background for track in tracks]
    middle, weight = median(rises), median(track.spot.excess for track in tracks)
    return [
        track for track, rise in zip(tracks, rises, strict=True)
        if middle / SIMILAR <= rise <= SIMILAR * middle and not (track.with_step and track.spot.excess >= OUTWEIGHS * weight)
    ]  # fmt: skip
