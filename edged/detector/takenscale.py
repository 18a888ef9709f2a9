"""What took the scale of a grey picture: what made the gain collapse, and whether it has the scale still where it is not found.

Histogram equalisation gives a few pixels the few levels that they earn: seconds after a flame took the whole scale it is as bright as the
hottest ground. It burns on while the ground has not got back the levels that it had, and nothing is brighter than its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edged.detector.births import ALIKE_COUNT
from edged.detector.gaincontrol import GainControl
from edged.detector.track import Track

TOOK_GAIN, TOOK_CALM_GAIN, TOOK_S, TOOK_SHARE = 0.6, 0.75, 3.0, 0.75
"""What makes a gain collapse to so much, more than a gain that pumps, or a calm one to so much, began at most so long before, and has so
much of what the scale then has over its surroundings; all else that shows is the collapse's."""
CALM_S, SPACING_S, JUST_S = 3.0, 1.0, 5.0
"""A gain is calm that has not moved for so long; how often it is kept how it was then, and for how long it was that just now."""
GIVEN_BACK_LEVELS, TOP_LEVELS = 4.0, 2
"""Ground that shows, in the mean, at most so many levels of heat beside what it was has its scale back; the top of a picture is so deep."""
LIVES, CRUSHED_S = 0.01, 120.0
"""The light of what burns varies by so much in a second, and that of a still picture by what its coder makes; so long it is believed."""
HIDDEN_S = 10.0
"""For how long what has the scale is followed without being found: an alarm needs five seconds."""
TENTHS = (10.0, 90.0)
STRIDE = 8
Array = npt.NDArray[np.float32]
Levels = npt.NDArray[np.uint8]


class Taking(NamedTuple):
    """`over`, `excess`: the greatest that a source had as the gain had collapsed, of its peak over all that was known there and of all its
    pixels; `before`: the heat of each grey level, (256,), when the gain was last calm before that, None where it never was."""

    over: float
    excess: float
    before: Array | None


class TakenScale:
    """How a view's gain was while it was calm, and who has taken its scale since."""

    def __init__(self) -> None:
        self._moved_s: float | None = None
        self._kept_s = -1e9
        self._calm: Array | None = None

    def look(self, gain: GainControl, now: float) -> None:
        """Keep how the gain of one picture is, if it is calm."""
        if self._moved_s is None or gain.moving:
            self._moved_s = now
        elif now - self._moved_s >= CALM_S and now - self._kept_s >= SPACING_S:
            self._kept_s, self._calm = now, gain.heats

    def alone(self, tracks: Iterable[Track], gain: GainControl, end: float) -> list[Track]:
        """Return which sources take the scale in this picture and outshone all else; where many take it at once none did."""
        takers = [track for track in tracks if self.takes(track, gain, end)]
        return takers if len(takers) < ALIKE_COUNT else []

    def takes(self, track: Track, gain: GainControl, end: float) -> bool:
        """Tell whether a source takes the scale in this picture, and remember it. `end` of the scale in units of heat."""
        calm = track.born_s - self._kept_s <= JUST_S
        if gain.gain >= (TOOK_CALM_GAIN if calm else TOOK_GAIN) * gain.usual or track.age_s > TOOK_S or not np.isfinite(end):
            return False
        rise = track.spot.peak - track.spot.background
        if rise < TOOK_SHARE * (end - track.spot.background):
            return False
        if track.taking is None:
            track.taking = Taking(track.over, track.spot.excess, self._calm)
            return True
        had = track.taking
        track.taking = had._replace(over=max(track.over, had.over), excess=max(track.spot.excess, had.excess))
        return False


def has_it_still(track: Track, gain: GainControl, levels: Levels, shift: tuple[float, float], now: float) -> bool:
    """Tell whether what took the scale, and is not found in this picture, must have the scale still.

    `levels` of the picture, (H, W), which lies `shift` pixels off the background: x right, y down.
    """
    if track.taking is None or track.taking.before is None or not 0.0 <= now - track.recent[-1].mono_s <= HIDDEN_S:
        return False
    low, high = (int(level) for level in np.percentile(levels[::STRIDE, ::STRIDE], TENTHS))
    if float(np.abs(gain.heats - track.taking.before)[low : high + 1].mean()) < GIVEN_BACK_LEVELS:
        return False
    x, y, w, h = track.spot.box_px
    right, down = (round(at + by - of) for at, by, of in zip(track.recent[-1][1:3], shift, (track.spot.x_px, track.spot.y_px), strict=True))
    place = levels[max(0, y + down) : max(0, y + down + h), max(0, x + right) : max(0, x + right + w)]
    return bool(place.size and int(place.max()) >= int(levels.max()) - TOP_LEVELS)


def lives_on(track: Track, now: float) -> bool:
    """Tell whether what took the scale lately was seen to vary just now."""
    if track.taking is None or track.age_s > CRUSHED_S or now - track.recent[-1].mono_s > HIDDEN_S:
        return False
    light = [look.light for look in track.recent]
    return max(light) - min(light) >= LIVES * max(light)
