"""What the light of a source does by itself while a gain is on its way: what is left once all that goes with the end of the scale is taken
out. What a pump lets out comes and goes with it; a flame varies against it, and what burns grows over many of its turns."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edged.detector.course import TREND_S
from edged.detector.middles import median
from edged.detector.track import Track

WATCHED_S = 8.0
"""A gain that took a step as the source began has come to rest by then, as far as it does, and each half of that tells a flame."""
LIVES, LIVES_STEP, NOISE_SIGMAS = 0.04, 0.02, 3.0
"""By so much in each half; a coder's picture lags behind the gain, and of lamps that were switched on under pumping it left 3.2 %."""
GREW, GREW_T, GREW_BENT, GREW_BENT_T = 0.2, 3.0, 0.5, 5.0
"""By such a share in 30 s, over so many standard errors, as it is and without what goes with the end of the scale; more where a curve was
taken out, since what it makes of a lamp settles for half a minute, by 17 %."""
STILL_PX = 0.15
"""In a view that sways by more (1σ) light varies by itself."""
LEAST = 16


class OwnLight(NamedTuple):
    """`half`: share by which the rest varies in the steadier half of the span, `step` from look to look, `floor` that of one unit of light;
    `grown`, `t`: share by which light grew over the span, and over how many standard errors."""

    half: float
    step: float
    floor: float
    grown: float
    t: float


def own_light(track: Track, span_s: float) -> OwnLight | None:
    """Return what the light did over the last `span_s` without what goes with the peak; None where too little was seen.

    What ends the scale has its end for a peak.
    """
    times, _, _, _, peak, _, light = track.since(span_s)
    mean, length = float(light.mean()), float(times[-1] - times[0])
    if len(times) < LEAST or mean <= 0.0 or length < 0.75 * WATCHED_S:
        return None
    high = (peak - peak.mean()) / max(1.0, float(peak.std()))
    terms = np.stack((np.ones_like(times), times - times.mean(), high, high * high))
    known = np.linalg.pinv(terms @ terms.T, hermitian=True)
    shares = known @ (terms @ light)
    rest = (light - shares @ terms) * math.sqrt(len(light) / (len(light) - len(terms))) / mean
    cut = len(rest) // 2
    # Looks are correlated over about a second, as in `course.trend`.
    error = mean * float(rest.std()) * math.sqrt(float(known[1, 1]) * max(1.0, len(rest) / max(2.0, length)))
    slope = float(shares[1])
    grown = slope * length / max(1e-6, float(light[: max(2, len(light) // 4)].mean()))
    half = min(float(rest[:cut].std()), float(rest[cut:].std()))
    return OwnLight(half, median(np.abs(np.diff(rest))), 1.0 / mean, grown, slope / error if error > 0.0 else 0.0)


def varies(track: Track, noise: float) -> bool:
    """Tell whether the light of what ends the scale varies as that of a flame, not with the gain. `noise` of a pixel, in units of heat."""
    if track.age_s < WATCHED_S or track.last_s - track.bent_s < WATCHED_S:
        return False
    own = own_light(track, WATCHED_S)
    if own is None:
        return False
    floor = NOISE_SIGMAS * noise * math.sqrt(2.0 * track.spot.area_px + 8.0) * own.floor
    return own.half >= max(LIVES, floor) and own.step >= LIVES_STEP


def grew(track: Track, gleam: tuple[float, float]) -> bool:
    """Tell whether the light of a source grew over the last 30 s while the gain was on its way. `gleam`: by what share, and t, as it is."""
    bent = track.last_s - track.bent_s < TREND_S
    least, sure = (GREW_BENT, GREW_BENT_T) if bent else (GREW, GREW_T)
    if track.age_s < WATCHED_S or gleam[0] < least or gleam[1] < sure:
        return False
    own = own_light(track, TREND_S)
    return own is not None and own.grown >= least and own.t >= sure
