"""The known heat of one view: what was hot at the first look, and what has stood for so long that it is published and learnt.

Places of the first look take turns at being followed. What rises is never learnt while it does: it would become known at each new level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edged.detector.background import CELL, ENDED_SHARE, Background, cells
from edged.detector.course import course
from edged.detector.places import SETTLE_S, Place, Places
from edged.detector.settings import DetectionSettings
from edged.detector.track import Track
from edged.detector.tracks import Tracks
from edged.detector.viewcells import cells_of, spot_of
from edged.detector.weights import PRE_ALARM_NATS, SUSPECT_NATS
from edged.model.frame import Thermogram

OPEN_SHARE = 0.5
"""Share of the tracks that places of the first look may take."""
OPEN_VARIATION = 0.08
"""An opened place is followed on when its track is a suspect or its area varies by so much over what the pixel grid makes."""
OPEN_GROWTH, OPEN_GROWTH_T = 0.12, 3.0
RISING_GATES, RISING_T = 0.1, 4.0
"""A peak that rises by so much of a gate in 30 s, and so surely, rises: 1 K a minute."""
TOLD_AT_ONCE = 5

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One picture to learn: cell means and peaks, (H // 4, W // 4), sway removed; cells never to be learnt, or None; the shift of the
    picture in pixels, when it was taken, and the gate in units of heat."""

    quarter: Array
    peak: Array
    watch: Mask | None
    shift: tuple[float, float]
    now_s: float
    gate: float


class Standing:
    """The hot places of a first look."""

    def __init__(self, background: Background, thermogram: Thermogram, settings: DetectionSettings) -> None:
        """Learn them all as they are, but open those that may be beyond the absolute rule, and the hottest."""
        self._settings, self._background = settings, background
        quarter, peak = cells(thermogram.heat)
        self._places = Places(background.held_out, peak, background.local)
        background.absorb(background.held_out.copy(), quarter, peak)
        extreme = {place.label for place in self._places.all if self._extreme(place, thermogram, peak)}
        ranked = sorted(self._places.all, key=lambda place: place.label not in extreme)
        for place in ranked[: max(self._most_open, min(len(extreme), settings.max_tracks))]:
            place.opened_s = float("inf")
            background.expose(place.cells)

    @property
    def open(self) -> list[Place]:
        """Return the places that are followed now."""
        return self._places.open

    def at(self, row: int, col: int, area_px: float) -> bool:
        """Tell whether a spot of this area in a cell is one of the places."""
        return self._places.at(row, col, area_px)

    def turn(self, look: Look, tracks: Tracks, past_s: float, seen_s: float) -> list[Track]:
        """Close the places that are steady, open the next, take cooled ones as they are. Returns what stands from now on.

        `past_s`: since the last learnt picture; `seen_s`: since the first look.
        """
        background, places, now = self._background, self._places, look.now_s
        for place in places.compare(look.quarter, look.gate, past_s):
            background.absorb(place.cells, look.quarter, look.peak)
        for place in places.open:
            if place.opened_s is None or place.opened_s > now:
                place.opened_s = now
            place.track = next((track for track in tracks.live if self._covers(place, track, look)), place.track)
            watched = look.watch is not None and bool(look.watch[place.cells].any())
            if now - place.opened_s >= SETTLE_S and not watched and not self._lively(place, look, tracks):
                tracks.give_up([track for track in tracks.live if self._covers(place, track, look)])
                background.absorb(place.cells, look.quarter, look.peak)
                place.opened_s, place.followed, place.gained = None, True, False
        waiting = [place for place in places.waiting() if not (self._at_end(place) or self._is_followed(place, look, tracks))]
        for place in waiting[: max(0, self._most_open - len(places.open))]:
            background.expose(place.cells)
            place.opened_s, place.followed, place.gained = now, True, False
        return self._told(look, tracks) if seen_s >= self._settings.standing_after_s else []

    @property
    def _most_open(self) -> int:
        return max(2, round(OPEN_SHARE * self._settings.max_tracks))

    def _extreme(self, place: Place, thermogram: Thermogram, peak: Array) -> bool:
        """Tell whether a place may be beyond the absolute rule, which waits for no turn."""
        if thermogram.kind != "relative" and float(peak[place.cells].max()) > self._settings.absolute_limit_c:
            return True
        over = thermogram.over_range
        if over is None:
            return False
        rows, cols = place.cells
        return bool(over[rows.min() * CELL : (rows.max() + 1) * CELL, cols.min() * CELL : (cols.max() + 1) * CELL].any())

    def _covers(self, place: Place, track: Track, look: Look) -> bool:
        rows, cols = cells_of(track, look.shift, 0)
        return bool((self._places.labels[rows, cols] == place.label).any()) and track.first_look

    def _is_followed(self, place: Place, look: Look, tracks: Tracks) -> bool:
        return any(self._covers(place, track, look) for track in tracks.live)

    def _at_end(self, place: Place) -> bool:
        """Tell whether a place that gained heat is at the end of a grey scale: there it is followed by its area alone."""
        return place.gained and bool((self._background.ended[place.cells] > ENDED_SHARE).any())

    def _lively(self, place: Place, look: Look, tracks: Tracks) -> bool:
        track = place.track
        if track is None or track not in tracks.live:
            return False
        area = course(track).area
        varies = area.spread > OPEN_VARIATION + area.floor
        return track.value >= SUSPECT_NATS or track.over_since_s is not None or varies or rises(track, look)

    def _told(self, look: Look, tracks: Tracks) -> list[Track]:
        told, local = [], self._background.local
        for place in [place for place in self._places.all if not place.told and place.opened_s is None][:TOLD_AT_ONCE]:
            place.told = True
            over = look.peak[place.cells] - local[place.cells]
            if float(over.max()) < look.gate:
                continue
            track = place.track
            if track is None:
                track = tracks.stand_in(spot_of(place, over, float(local[place.cells].mean()), look.shift), look.now_s)
            track.standing = True
            told.append(track)
        return told


def rises(track: Track, look: Look) -> bool:
    """Tell whether a source surely grows or grows hotter now."""
    if (track.end is not None and track.end.grown) or (track.rim is not None and track.rim.grown):
        return True
    now = course(track)
    (grown, t_grown), (risen, t_risen) = now.excess, now.peak
    return (grown >= OPEN_GROWTH and t_grown >= OPEN_GROWTH_T) or (risen >= RISING_GATES * look.gate and t_risen >= RISING_T)


def absorb(seen: list[Track], look: Look, background: Background, settings: DetectionSettings) -> None:
    """Learn of the sources seen in this picture those that have stood for long enough, are no pre-alarm and neither rise nor creep."""
    for track in seen:
        after = settings.standing_after_s if track.first_look else settings.hold_out_s
        young = look.now_s - track.followed_since_s < after
        if track.standing or young or track.value >= PRE_ALARM_NATS or track.fast_path or rises(track, look) or course(track).creeps:
            continue
        where = np.zeros(look.quarter.shape, np.bool_)
        where[cells_of(track, look.shift)] = True
        if look.watch is not None and bool((look.watch & where).any()):
            continue
        track.standing = True
        background.absorb(where, look.quarter, look.peak)
