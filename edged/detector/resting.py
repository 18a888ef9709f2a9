"""The sources of one view that are not followed now: remembered, and resumed where they are found again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from edged.detector.course import VISIT_SAMPLES, visit
from edged.detector.track import Track
from edged.model.sighting import Hotspot

REST_S, MOST_RESTING, MOST_VISITS = 4 * 3600.0, 80, 12
"""How long, of how many sources and of how many looks a view remembers what it followed before the head turned away or something else took
its turn."""
LIMIT_S = 120.0
"""What nobody saw begin may vanish at its limit for so long, as the gain moves, and is not new when it is seen again."""
AGAIN_PX, AGAIN_SIZES, AGAIN_SHARE = 5.0, 0.6, 0.02
"""How far, at least and in its sizes, a source may lie from where it was followed before: bad repeat of a preset, growth. What passes the
limit with so small a share of its area is something on it."""
GONE_S = 10.0
"""What waits and does not show for so long is gone."""


class Resting:
    """What a view remembers."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []

    def __iter__(self) -> Iterator[Track]:
        return iter(self._tracks)

    def keep(self, tracks: Iterable[Track]) -> None:
        """Remember these as they were last seen; those of which nothing was seen since they moved are forgotten."""
        for track in tracks:
            if (seen := visit(track, 1)) is not None and (len(track.samples) >= VISIT_SAMPLES or not track.visits):
                track.visits = [*track.visits[:1], *track.visits[1:][-(MOST_VISITS - 2) :], seen]
            track.life.away()
            track.table = None
            if track.visits:
                self._tracks.append(track)
        self._tracks = sorted(self._tracks, key=lambda track: track.last_s)[-MOST_RESTING:]

    def forget(self, now: float) -> None:
        """Forget what has rested for too long."""
        self._tracks = [track for track in self._tracks if now - track.last_s <= (LIMIT_S if track.vanished else REST_S)]

    def find(self, spot: Hotspot, shift: tuple[float, float]) -> Track | None:
        """Return the nearest remembered source that a spot may be, or None."""
        near = [
            (away, n) for n, track in enumerate(self._tracks)
            if (away := _away(track, spot, shift)) <= 1.0 and spot.area_px >= AGAIN_SHARE * track.visits[-1].area
        ]  # fmt: skip
        return self._tracks[min(near)[1]] if near else None

    def resume(self, track: Track, spot: Hotspot, now: float, looked_s: float | None) -> None:
        """Make a remembered source ready to be followed again, though others may have taken its place here meanwhile. `looked_s`: when the
        view was last judged."""
        self._tracks = [each for each in self._tracks if each is not track]
        # What was learnt, and did not exceed its level until now, stood there as it was.
        if track.standing and looked_s is not None and looked_s > track.last_s:
            before = track.visits[-1]
            track.life.add(looked_s, before.rise, before.light, before.area)
            track.life.away()
        track.samples.clear()
        track.recent.clear()
        track.path, track.beside = None, (0.0, 0.0)
        track.course, track.course_s, track.velocity = None, -1e9, (0.0, 0.0)
        track.over_since_s = None
        track.held_for.pop("flickering", None)
        track.fast_path = track.standing = track.vanished = False
        track.spot, track.last_s, track.radiance = spot, now, spot.excess_radiance
        track.resumed_s = now
        track.seen += 1
        track.looks += 1


class Waiting:
    """Where something shows that is not followed yet, because more shows than a view follows."""

    def __init__(self) -> None:
        self._places: list[tuple[float, float, float, float]] = []

    def add(self, spot: Hotspot, now: float, shift: tuple[float, float]) -> None:
        """Remember that a spot waits."""
        since = now - self.take(spot, now, shift)
        self._places.append((spot.x_px - shift[0], spot.y_px - shift[1], since, now))

    def count(self, now: float) -> int:
        """Return how many wait."""
        return sum(now - place[3] <= GONE_S for place in self._places)

    def take(self, spot: Hotspot, now: float, shift: tuple[float, float]) -> float:
        """Return for how long a spot has waited, seconds, and forget it."""
        self._places = [place for place in self._places if now - place[3] <= GONE_S]
        x, y = spot.x_px - shift[0], spot.y_px - shift[1]
        own = next((place for place in self._places if math.hypot(x - place[0], y - place[1]) <= AGAIN_PX), None)
        if own is None:
            return 0.0
        self._places.remove(own)
        return now - own[2]


def _away(track: Track, spot: Hotspot, shift: tuple[float, float]) -> float:
    """Return how far a spot lies from where a track was followed before, in units of the reach."""
    before = track.visits[-1]
    return math.hypot(spot.x_px - shift[0] - before.x, spot.y_px - shift[1] - before.y) / max(AGAIN_PX, AGAIN_SIZES * track.size_px)
