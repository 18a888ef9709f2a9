"""The sun mirrored in a pane, a windscreen or water: a small spot that slides on as the sun does, while the sun is up before such a mirror.

The mirror may be anything from a level yard to an upright wall that faces the lens; control tells where the sun is, without that nothing is
said. A fire stays, or spreads from where it began: what growth moves its middle by is no sliding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edged.detector import bearing
from edged.detector.track import Track
from edged.geometry.lens import unit
from edged.model.view import View

LOOK_S = 1.0
LOW_DEG_MIN, HIGH_DEG_MIN = 0.1, 0.45
"""The sun moves by 0.25° a minute at most; a mirror that is bent, or seen aslant, makes it less or more."""
SMALL_DEG, SMALL_PX = 0.25, 6.0
"""A mirrored sun is as wide as the sun, or as its pane; blur makes the smallest so wide."""
SPAN_S, LEAST_S, LEAST_SAMPLES = 40.0, 3.0, 10
LEAST_PX, STRAIGHT_PX, SURE = 0.5, 0.25, 8.0
"""How far it must have slid at least, how far it may lie off the line, and by how many standard errors it moves."""
STEEPEST_DEG = 100.0
"""A pane that hangs over by more than 10° is none that stands in a port."""


class Glints:
    """Marks, once a second, which of the followed sources slide as the mirrored sun does."""

    def __init__(self) -> None:
        self._looked_s = -1e9

    def look(self, tracks: Sequence[Track], view: View, shape: tuple[int, ...], sun: tuple[float, float] | None, now: float) -> None:
        """Set `glints` of each track. `sun`: (pan_deg, tilt_deg) in head angles while it is up, else None. `shape`: (H, W)."""
        if not tracks or now - self._looked_s < LOOK_S:
            return
        self._looked_s = now
        for track in tracks:
            track.glints = sun is not None and slides(track, bearing.ifov_deg(view, shape)) and _mirrors(track, view, shape, sun)


def slides(track: Track, ifov_deg: float) -> bool:
    """Tell whether a small source moves evenly on a line, as fast as the sun, and grows no more than that explains."""
    if max(track.spot.box_px[2:]) > max(SMALL_PX, SMALL_DEG / ifov_deg):
        return False
    last = track.samples[-1].mono_s
    part = [s for s in track.samples if last - s.mono_s <= SPAN_S]
    if len(part) < LEAST_SAMPLES or part[-1].mono_s - part[0].mono_s < LEAST_S:
        return False
    t, x, y, area = np.array([(s.mono_s, s.x, s.y, s.area) for s in part]).T
    t = t - t.mean()
    square = float(t @ t)
    pace = np.array([float(t @ x), float(t @ y)]) / square
    off = np.hypot(x - x.mean() - pace[0] * t, y - y.mean() - pace[1] * t)
    rms = float(np.sqrt(off @ off / (len(t) - 2)))
    few = max(2, len(t) // 4)
    grown = max(0.0, float(np.sqrt(area[-few:].mean()) - np.sqrt(area[:few].mean())))
    speed = float(np.hypot(*pace))
    moved = speed * float(t[-1] - t[0]) - grown
    even = rms <= STRAIGHT_PX and speed >= SURE * rms / float(np.sqrt(square))
    return even and moved >= LEAST_PX and LOW_DEG_MIN <= 60.0 * ifov_deg * speed <= HIGH_DEG_MIN


def _mirrors(track: Track, view: View, shape: tuple[int, ...], sun: tuple[float, float]) -> bool:
    """Tell whether a surface that may stand there would mirror the sun into the lens: its normal halves the angle between the two."""
    normal = unit(*sun) - unit(*bearing.direction(view, track.spot.x_px, track.spot.y_px, shape))
    length = float(np.linalg.norm(normal))
    return length > 1e-9 and 90.0 - float(np.degrees(np.arcsin(normal[2] / length))) <= STEEPEST_DEG
