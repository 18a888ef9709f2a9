"""What drives past a source: it covers it, joins it and lets go of it, so that how the source varies meanwhile is no flame's."""

from __future__ import annotations

from statistics import median

from edged.detector.track import Track
from edged.model.sighting import Hotspot

DRIVES_S, DRIVEN_SIZES, BESIDE_PX, ABOVE_PX, SHARE = 1.0, 2.0, 8.0, 16.0, 0.2
"""What drifted just now and has come so many of its sizes; so near to the outline of another its body may cover it, with so
much of its excess."""
WHOLE = 0.8
"""What has less of the excess that it had is covered."""
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


def blurs(track: Track, now_s: float) -> bool:
    """Tell whether how a source that stands looks now says nothing of it, because something drives past it."""
    return track.rests and disturbs(track, now_s)


def usual(track: Track) -> float:
    """Return the excess that a source has, however little of it shows now."""
    return median(s.excess for s in track.samples)


def hides(track: Track, spot: Hotspot, now_s: float) -> bool:
    """Tell whether a spot is a source that stands there in part, because something drives past it: then where it lies says nothing."""
    return blurs(track, now_s) and spot.excess < WHOLE * usual(track)


def hid(track: Track) -> bool:
    """Tell whether a source that stood was lost as something drove past it."""
    return track.rests and track.last_s - track.passed_s <= DRIVES_S


def _touches(one: Hotspot, other: Hotspot) -> bool:
    x, y, w, h = one.box_px
    left, top, wide, high = other.box_px
    beside = abs(2 * x + w - 2 * left - wide) <= w + wide + 2.0 * BESIDE_PX
    return beside and abs(2 * y + h - 2 * top - high) <= h + high + 2.0 * ABOVE_PX and one.excess >= SHARE * other.excess
