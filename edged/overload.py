"""What is slowed when the machine cannot keep up: frame rates of eyes first, the console second, sightings never.

The policy is pure; `LoopLag` measures control's own loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Load:
    """`lag_s` worst lag of control's loop lately; `cpu_share` of all cores, 0–1; `dropped_share` of the eyes' frames, 0–1."""

    lag_s: float
    cpu_share: float
    dropped_share: float = 0.0


HIGH = Load(0.5, 0.92, 0.25)
LOW = Load(0.1, 0.70, 0.05)


@dataclass(frozen=True, slots=True)
class Measures:
    """What holds now: `max_fps` an eye (None: all frames), and whether the console must wait."""

    max_fps: float | None
    console_slow: bool


LEVELS = (Measures(None, False), Measures(4.0, False), Measures(2.0, False), Measures(2.0, True))
"""Two frames a second still feed the fast path (≥ 3 s) and the frozen test (≥ 6 s)."""

WORSE_S, CALM_S, LONGEST_CALM_S = 5.0, 60.0, 960.0


@dataclass(slots=True)
class Overload:
    """Hysteresis over the levels: up one after 5 s over a high mark, down one after 60 s under all low marks.

    A relapse within the calm time doubles the calm that is asked for next time, so that a box at its limit does not swing.
    """

    level: int = 0
    calm_s: float = CALM_S
    _high_since: float | None = None
    _low_since: float | None = None
    _eased_at: float | None = None

    def judge(self, now_s: float, load: Load) -> Measures | None:
        """Return new measures when the level changed, else None. `now_s` monotonic."""
        high = load.lag_s > HIGH.lag_s or load.cpu_share > HIGH.cpu_share or load.dropped_share > HIGH.dropped_share
        low = load.lag_s < LOW.lag_s and load.cpu_share < LOW.cpu_share and load.dropped_share < LOW.dropped_share
        self._high_since = (self._high_since if self._high_since is not None else now_s) if high else None
        self._low_since = (self._low_since if self._low_since is not None else now_s) if low else None
        if self._high_since is not None and now_s - self._high_since >= WORSE_S and self.level < len(LEVELS) - 1:
            if self._eased_at is not None and now_s - self._eased_at < self.calm_s:
                self.calm_s = min(LONGEST_CALM_S, self.calm_s * 2)
            self.level += 1
            self._high_since = now_s
            return LEVELS[self.level]
        if self._low_since is not None and now_s - self._low_since >= self.calm_s and self.level > 0:
            self.level -= 1
            self._low_since, self._eased_at = now_s, now_s
            if self.level == 0:
                self.calm_s = max(CALM_S, self.calm_s / 2)
            return LEVELS[self.level]
        return None


@dataclass(slots=True)
class CpuShare:
    """Share of the machine that our processes use, from the CPU seconds in their beats."""

    cores: int
    _last: dict[str, tuple[float, float]] = field(default_factory=dict)
    _rate: dict[str, float] = field(default_factory=dict)

    def note(self, name: str, mono_s: float, cpu_s: float) -> None:
        """Take one beat; a counter that fell is a new process."""
        before = self._last.get(name)
        self._last[name] = (mono_s, cpu_s)
        if before is not None and mono_s > before[0] and cpu_s >= before[1]:
            self._rate[name] = (cpu_s - before[1]) / (mono_s - before[0])

    def gone(self, name: str) -> None:
        """Forget a process."""
        self._last.pop(name, None)
        self._rate.pop(name, None)

    def share(self) -> float:
        """Return the share of all cores, 0–1 and a little over."""
        return sum(self._rate.values()) / max(1, self.cores)


class LoopLag:
    """How late the event loop runs what is due."""

    def __init__(self, every_s: float = 0.1, keep_s: float = 30.0) -> None:
        self._every_s, self._keep_s = every_s, keep_s
        self._seen: deque[tuple[float, float]] = deque()

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._every_s
            await asyncio.sleep(self._every_s)
            self.note(loop.time(), max(0.0, loop.time() - due))

    def note(self, now_s: float, lag_s: float) -> None:
        """Take one measurement."""
        self._seen.append((now_s, lag_s))
        while self._seen and now_s - self._seen[0][0] > self._keep_s:
            self._seen.popleft()

    def worst(self, now_s: float, window_s: float = 5.0) -> float:
        """Return the worst lag of the last `window_s`; no measurement for longer than that is itself the lag."""
        if not self._seen:
            return 0.0
        silence_s = max(0.0, now_s - self._seen[-1][0] - self._every_s)
        return max([silence_s, *(lag for at, lag in self._seen if now_s - at <= window_s)])
