"""The twin of a source in water or on wet ground: below it in the same column, weaker, and whatever the source does, it does at once.

What it shows is its original's, so it is no second source; once it goes its own way it is one. Steady sources say nothing of this: there is
no course to compare. Where the whole picture varies, as an automatic gain does, everything looks like a twin: then nothing is one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edged.detector.track import Track

LOOK_S = 1.0
COLUMN_PX, COLUMN_SIZES = 3.0, 0.25
"""How far aside of its original a twin may lie, whichever is more: ripples and a lens that leans."""
WEAKER_EXCESS, WEAKER_PEAK = 0.8, 0.95
"""Water mirrors a few per cent to a half of long-wave light, by angle and ripples; all of it never."""
EARLIER_S = 2.0
SPAN_S, LEAST_S, LEAST_SAMPLES, MOST_SAMPLES = 30.0, 2.0, 10, 32
ALIKE, VARIES = 0.8, 0.03
"""Correlation of the steps from sample to sample (a common trend is no twin), and how large they must be in both, shares of the mean."""
COMMON = 0.5
"""A third source elsewhere in the picture whose steps go so far with the original's: then they are the camera's."""

Numbers = npt.NDArray[np.float64]


class Mirrors:
    """Marks, once a second, which of the followed sources are twins of others."""

    def __init__(self) -> None:
        self._looked_s = -1e9

    def look(self, tracks: Sequence[Track], now: float) -> None:
        """Set `mirrored` of each of the tracks of one view."""
        if len(tracks) < 2 or now - self._looked_s < LOOK_S:
            return
        self._looked_s = now
        for track in tracks:
            track.mirrored = any(_is_twin(track, other, tracks) for other in tracks if other is not track)


def _is_twin(track: Track, original: Track, tracks: Sequence[Track]) -> bool:
    if not _may_be(track, original) or _together(track, original) < ALIKE:
        return False
    others = [other for other in tracks if other not in (track, original) and not _in_column(other, original)]
    return not any(_together(other, original) >= COMMON for other in others)


def _may_be(track: Track, original: Track) -> bool:
    """Tell whether one track lies where the mirror image of another does, weaker, and appeared no earlier."""
    spot, source = track.spot, original.spot
    below = spot.y_px - source.y_px >= 0.5 * (spot.box_px[3] + source.box_px[3])
    weaker = spot.excess <= WEAKER_EXCESS * source.excess and spot.peak - spot.background <= WEAKER_PEAK * (source.peak - source.background)
    return below and weaker and _in_column(track, original) and track.born_s >= original.born_s - EARLIER_S


def _in_column(track: Track, original: Track) -> bool:
    aside = abs(track.spot.x_px - original.spot.x_px)
    return aside <= max(COLUMN_PX, COLUMN_SIZES * min(track.size_px, original.size_px))


def _together(one: Track, other: Track) -> float:
    """Return the correlation of the steps of two sources' light in the pictures that show both; 0 where that says nothing."""
    mine = {s.mono_s: s.excess for s in list(one.samples)[-MOST_SAMPLES:] if one.last_s - s.mono_s <= SPAN_S}
    pairs = [(s.mono_s, mine[s.mono_s], s.excess) for s in other.samples if s.mono_s in mine]
    if len(pairs) < LEAST_SAMPLES or pairs[-1][0] - pairs[0][0] < LEAST_S:
        return 0.0
    _, a, b = np.array(pairs, np.float64).T
    x, y = _steps(a), _steps(b)
    if min(float(x.std()), float(y.std())) < VARIES:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def _steps(values: Numbers) -> Numbers:
    return np.diff(values) / max(float(values.mean()), 1e-6)
