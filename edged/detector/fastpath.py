"""The absolute rule: over range or above the limit, several pixels, seconds long, standing, nobody arrived.

It needs no background and no learning, so a single still can alarm on it. In moving pictures `evidence.py` lets it speak of what began
before the lens, flickers or grows.
"""

from __future__ import annotations

from edged.detector.course import drift
from edged.detector.settings import DetectionSettings
from edged.detector.track import Track
from edged.model.frame import Thermogram

ARRIVAL_S = 600.0
STAND_SIZES = 1.0


def absolute(track: Track, thermogram: Thermogram, settings: DetectionSettings) -> bool:
    """Tell whether the source stands beyond the absolute limit in this frame. Relative pictures only where drawn over range."""
    x, y, w, h = track.spot.box_px
    rows, cols = slice(y, y + h), slice(x, x + w)
    over = thermogram.over_range[rows, cols] if thermogram.over_range is not None else None
    count = int(over.sum()) if over is not None else 0
    if thermogram.kind != "relative" and count < settings.absolute_area_px:
        count = int((thermogram.heat[rows, cols] > settings.absolute_limit_c).sum())
    return count >= settings.absolute_area_px


def holds(track: Track, beyond: bool, now: float, settings: DetectionSettings) -> bool:
    """Follow how long the source has been beyond the limit; True once the whole rule holds."""
    if not beyond:
        if track.over_since_s is not None and now - track.last_s > 1.0:
            track.over_since_s = None
        return False
    if track.over_since_s is None:
        track.over_since_s = now
    long_enough = now - track.over_since_s >= settings.absolute_s
    return long_enough and drift(track, settings.absolute_s) < STAND_SIZES and now - track.last_drift_s > ARRIVAL_S
