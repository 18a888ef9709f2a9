"""The sun mirrored in a pane, a windscreen or water: a small spot that slides on as the sun does, while the sun is up before such a mirror.

The mirror may be anything from a level yard to an upright wall that faces the lens; control tells where the sun is, without that nothing is
said. A fire stays, or spreads from where it began: what growth moves its middle by is no sliding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edged.detector import bearing
from edged.detector.course import slide
from edged.detector.track import Track
from edged.geometry.lens import unit
from edged.model.view import View

LOOK_S = 1.0
LOW_DEG_MIN, HIGH_DEG_MIN = 0.1, 0.45
"""The sun moves by 0.25° a minute at most; a mirror that is bent, or seen aslant, makes it less or more."""
SMALL_DEG, SMALL_PX = 0.25, 6.0
"""A mirrored sun is as wide as the sun, or as its pane; blur makes the smallest so wide."""
SPAN_S, LEAST_S = 40.0, 3.0
SLIDES = ((0.5, 0.25, 8.0), (3.0, 1.0, 16.0))
"""How far it must have slid at least (px), how far it may lie off the line, and by how many standard errors it moves: where the view
stands, and where it sways."""
DOUBT_SIGMAS = 2.0
"""A pace is taken to be at most so many standard errors more than it seems."""
STEEPEST_DEG = 100.0
"""A pane that hangs over by more than 10° is none that stands in a port."""


class Glints:
    """Marks, once a second, which of the followed sources slide as the mirrored sun does."""

    def __init__(self) -> None:
        self._looked_s = -1e9

    def look(self, tracks: Sequence[Track], view: View, shape: tuple[int, ...], sun: tuple[float, float] | None, now: float) -> None:
        """Set `glints`, `may_slide` and `may_glint` of each track. `sun`: (pan_deg, tilt_deg) while it is up. `shape`: (H, W)."""
        if not tracks or now - self._looked_s < LOOK_S:
            return
        self._looked_s = now
        for track in tracks:
            ifov_deg = bearing.ifov_deg(view, shape)
            track.may_glint = sun is not None and _is_small(track, ifov_deg) and _mirrors(track, view, shape, sun)
            track.glints = track.may_glint and slides(track, ifov_deg)
            track.may_slide = track.may_glint and _may_slide(track, ifov_deg)


def slides(track: Track, ifov_deg: float) -> bool:
    """Tell whether a small source moves evenly on a line, as fast as the sun, and grows no more than that explains."""
    if not _is_small(track, ifov_deg):
        return False
    seen = slide(track, SPAN_S, LEAST_S)
    even = any(seen.rms_px <= rms and seen.sigmas >= sure and seen.moved_px >= least for least, rms, sure in SLIDES)
    return even and LOW_DEG_MIN <= 60.0 * ifov_deg * seen.speed_px_s <= HIGH_DEG_MIN


def _may_slide(track: Track, ifov_deg: float) -> bool:
    """Tell whether a source may slide as fast as the sun, for all that is known of its pace."""
    seen = slide(track, SPAN_S, LEAST_S)
    fastest_px_s = seen.speed_px_s * (1.0 + DOUBT_SIGMAS / max(seen.sigmas, 1e-3))
    return seen.sigmas == 0.0 or 60.0 * ifov_deg * fastest_px_s >= LOW_DEG_MIN


def _is_small(track: Track, ifov_deg: float) -> bool:
    return max(track.spot.box_px[2:]) <= max(SMALL_PX, SMALL_DEG / ifov_deg)


def _mirrors(track: Track, view: View, shape: tuple[int, ...], sun: tuple[float, float]) -> bool:
    """Tell whether a surface that may stand there would mirror the sun into the lens: its normal halves the angle between the two."""
    normal = unit(*sun) - unit(*bearing.direction(view, track.spot.x_px, track.spot.y_px, shape))
    length = float(np.linalg.norm(normal))
    return length > 1e-9 and 90.0 - float(np.degrees(np.arcsin(normal[2] / length))) <= STEEPEST_DEG
