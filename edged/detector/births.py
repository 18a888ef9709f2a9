"""What begins together in one view: many alike within a second are one, the scene's or the camera's; and what began as the gain stepped."""

from __future__ import annotations

from statistics import median

from edged.detector.strength import CLIMBED_S
from edged.detector.track import Track

ALIKE_COUNT, ALIKE_S, ALIKE_RISE = 5, 1.0, 1.4
"""So many sources that begin within a second are one; what exceeds its surroundings by more than their middle by this factor is not."""


class Births:
    """The sources that began within the last second."""

    def __init__(self) -> None:
        self._lately: list[Track] = []

    def look(self, births: list[Track], now: float, *, stepped: bool) -> None:
        """Take in those that begin now, `stepped`: as the gain or the whole picture made a step."""
        fresh = [track for track in births if not track.first_look]
        self._lately = [track for track in self._lately if now - track.born_s <= ALIKE_S] + fresh
        if len(self._lately) >= ALIKE_COUNT:
            rises = [track.spot.peak - track.spot.background for track in self._lately]
            for track, rise in zip(self._lately, rises, strict=True):
                track.many_alike = rise <= ALIKE_RISE * median(rises)
        if stepped:
            for track in births:
                track.with_step = True

    @staticmethod
    def part(live: list[Track]) -> None:
        """Of those that began with many alike let go of what has climbed on by itself: the others are gone, or were left behind."""
        alike = [track for track in live if track.many_alike]
        for track in (track for track in alike if track.climbed_s >= CLIMBED_S):
            rise = track.spot.peak - track.spot.background
            along = sum(ALIKE_RISE * (other.spot.peak - other.spot.background) >= rise for other in alike)
            if along < ALIKE_COUNT:
                track.goes_its_own_way()
