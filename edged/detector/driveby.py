"""What drives past a source: it covers it, joins it and lets go of it, so that how the source varies meanwhile is no flame's."""

from __future__ import annotations

from edged.detector.track import Track
from edged.model.sighting import Hotspot

DRIVES_S, DRIVEN_SIZES, REACH_PX, SHARE = 1.0, 2.0, 4.0, 0.2
"""What drifted just now and has come so many of its sizes; so near to the outline of another it may touch it, with so much of its
excess."""
SPAN_S = 4.0
"""So long a passing stays in what flicker is read from."""


def mark(seen: list[Track], now_s: float) -> None:
    """Note of each source seen in this picture whether something drives past it now."""
    driving = [each for each in seen if now_s - each.last_drift_s <= DRIVES_S and each.travelled_sizes >= DRIVEN_SIZES]
    for track in seen if driving else ():
        if track not in driving and any(_touches(each.spot, track.spot) for each in driving):
            track.passed_s = now_s


def disturbs(track: Track, now_s: float) -> bool:
    """Tell whether something drove past a source within the span that flicker is read from."""
    return now_s - track.passed_s <= SPAN_S


def _touches(one: Hotspot, other: Hotspot) -> bool:
    x, y, w, h = one.box_px
    left, top, wide, high = other.box_px
    near = abs(2 * x + w - 2 * left - wide) <= w + wide + 2.0 * REACH_PX and abs(2 * y + h - 2 * top - high) <= h + high + 2.0 * REACH_PX
    return near and one.excess >= SHARE * other.excess
