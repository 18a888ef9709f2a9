"""How often the air may be used: a token bucket, pure. Plan of 10 % of a control slot: one group text in 3 s (facts of the PDT air)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Tokens come one every `interval_s`, at most `burst` are kept. Times are monotonic seconds; a step back gives nothing."""

    interval_s: float
    burst: int
    _tokens: float = -1.0
    _at: float = 0.0

    def _fill(self, now: float) -> None:
        if self._tokens < 0:
            self._tokens, self._at = float(self.burst), now
        elif now > self._at:
            self._tokens = min(float(self.burst), self._tokens + (now - self._at) / self.interval_s)
            self._at = now

    def ready(self, now: float) -> bool:
        """Tell whether a token is there."""
        self._fill(now)
        return self._tokens >= 1.0 - 1e-9

    def take(self, now: float) -> bool:
        """Take a token if there is one."""
        if not self.ready(now):
            return False
        self._tokens = max(0.0, self._tokens - 1.0)
        return True

    def wait_s(self, now: float) -> float:
        """Return the seconds until the next token."""
        self._fill(now)
        return max(0.0, (1.0 - self._tokens) * self.interval_s)
