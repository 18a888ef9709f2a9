"""Which tracks are held back: enough speaks for a fire, and more against it than lets the track be reported.

They go to control beside the sightings, slowly, so that it can say later what was seen and why it was held. They carry no evidence.
"""

from __future__ import annotations

from edged.detector.track import Track
from edged.detector.weights import FOR

FOR_NATS = 1.5
"""What must speak for a track: as much as lets one be reported against which nothing speaks."""
AGE_S = 2.0
PERIOD_S = 5.0
MOST_TRACKS = 200


class HeldBack:
    """Decides when a track that is not reported is told as held back."""

    def __init__(self) -> None:
        self._told_s: dict[int, float] = {}

    def forget(self) -> None:
        """The head looks elsewhere: tracks begin anew."""
        self._told_s = {}

    def due(self, track: Track, now: float) -> bool:
        """Tell whether to tell of an unreported track now. What was there at the first look is a standing source and told as such."""
        if track.first_look or track.age_s < AGE_S or now - self._told_s.get(track.track_id, -1e9) < PERIOD_S:
            return False
        if sum(min(FOR[reason].cap, FOR[reason].rate * held) for reason, held in track.held_for.items()) < FOR_NATS:
            return False
        if len(self._told_s) >= MOST_TRACKS:
            self._told_s = {}
        self._told_s[track.track_id] = now
        return True
