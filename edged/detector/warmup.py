"""Whether a sensor that was switched on lately still drifts: the whole picture's level then runs away faster than weather moves it.

Only pictures with temperatures or counts tell; behind a gain control a level says nothing, and only the camera's word counts. Levels are
compared within one view. After `ARMED_S` nothing is gated any more, however the level moves.
"""

from __future__ import annotations

from collections import deque

ARMED_S = 1800.0
"""Uncooled cores settle within half an hour of power-up (facts, field B)."""
LOST_S = 20.0
"""A stream that was away for so long may come from a camera that was switched on again."""
DRIFTS_K_PER_MIN, SETTLED_K_PER_MIN = 3.0, 1.5
SPAN_S, LONGEST_S = 20.0, 300.0


class WarmUp:
    """Follows the level of one camera's views."""

    def __init__(self) -> None:
        self._armed_s: float | None = None
        self._last_s: float | None = None
        self._levels: dict[str, deque[tuple[float, float]]] = {}
        self.drifting = False

    def arm(self, now: float) -> None:
        """The camera was switched on."""
        self._armed_s = now
        self._levels.clear()

    def look(self, view_id: str, level_k: float | None, now: float) -> bool:
        """Take the level of a picture, kelvins (None: it says nothing). Returns whether the sensor still drifts."""
        if self._last_s is None or now - self._last_s > LOST_S:
            self.arm(now)
        self._last_s = now
        if self._armed_s is None or now - self._armed_s > ARMED_S or level_k is None:
            self.drifting = False
            return False
        known = self._levels.setdefault(view_id, deque(maxlen=320))
        while known and now - known[0][0] > LONGEST_S:
            known.popleft()
        known.append((now, level_k))
        before = next(((at, level) for at, level in reversed(known) if now - at >= SPAN_S), None)
        if before is not None:
            rate = abs(level_k - before[1]) / (now - before[0]) * 60.0
            self.drifting = rate > (SETTLED_K_PER_MIN if self.drifting else DRIFTS_K_PER_MIN)
        return self.drifting

    def stepped(self, view_id: str) -> None:
        """The level jumped (a flat-field correction): what was before is not compared with what comes."""
        self._levels.pop(view_id, None)
