"""What is seen above the ground and the roofs of the zone: cranes, funnels and aircraft work there by turns, and a fire waits a minute.

The resistors of a crane's brake heat for 10–25 s at each lowering and cool until the next: hot, new and growing for the first of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from edged.detector import bearing
from edged.detector.track import Track
from edged.model.view import View

LOOK_S = 1.0
FALLS, OUTGROWS = 0.5, 1.5
"""What falls below this share of its greatest rise works by turns, until it exceeds that by this factor."""


class Aloft:
    """Marks, once a second, which of the followed sources are aloft, and which of those work by turns."""

    def __init__(self) -> None:
        self._looked_s = -1e9

    def look(self, tracks: Sequence[Track], view: View, shape: tuple[int, ...], now: float) -> None:
        """Set `aloft` and `in_turns` of each track. `shape` of the picture: (H, W)."""
        if view.aloft_deg is None or not tracks or now - self._looked_s < LOOK_S:
            return
        self._looked_s = now
        for track in tracks:
            track.aloft = bearing.direction(view, track.spot.x_px, track.spot.y_px, shape)[1] > view.aloft_deg
            if track.aloft:
                _turn(track)


def _turn(track: Track) -> None:
    rise = track.reference_peak - track.reference_background
    if rise < FALLS * track.greatest_aloft:
        track.in_turns = True
    elif rise > OUTGROWS * track.greatest_aloft:
        track.in_turns = False
    if not track.in_turns:
        track.greatest_aloft = max(track.greatest_aloft, rise)
