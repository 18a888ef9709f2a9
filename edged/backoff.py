"""How long to wait before the next try, and when to stop trying: pure arithmetic, no clock and no sleep.

Pauses grow by a factor and are jittered, so that 276 cameras do not come back in the same second. Over its budget a thing is
parked: it is a fault, and tried again only once an hour.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

FIRST_S, LONGEST_S, FACTOR, JITTER = 0.5, 60.0, 2.0, 0.3
BUDGET, BUDGET_WINDOW_S, PARKED_S = 5, 600.0, 3600.0
STEADY_S = 60.0
"""A run that lasted this long was good: the pause starts small again."""


@dataclass(slots=True)
class Backoff:
    """Growing pauses with jitter. Units: seconds."""

    first_s: float = FIRST_S
    longest_s: float = LONGEST_S
    factor: float = FACTOR
    jitter: float = JITTER
    random: random.Random = field(default_factory=random.Random)
    _failures: int = 0

    def pause_s(self) -> float:
        """Return the next pause: `first_s`, then longer by `factor` up to `longest_s`, each ± `jitter`."""
        plain = min(self.longest_s, self.first_s * self.factor ** min(self._failures, 64))
        self._failures += 1
        return plain * (1.0 + self.jitter * (2.0 * self.random.random() - 1.0))

    def longest(self) -> float:
        """Return the longest pause at once, jittered: for a peer that refused us."""
        self._failures = 64
        return self.pause_s()

    def good(self) -> None:
        """Forget the failures."""
        self._failures = 0


@dataclass(slots=True)
class Budget:
    """At most `limit` failures in `window_s`; over it the thing is parked for `parked_s`. Times are monotonic seconds."""

    limit: int = BUDGET
    window_s: float = BUDGET_WINDOW_S
    parked_s: float = PARKED_S
    _failed: list[float] = field(default_factory=list)

    def spend(self, now_s: float) -> bool:
        """Note a failure. Returns whether it was still within the budget."""
        self._failed = [at for at in self._failed if now_s - at < self.window_s]
        self._failed.append(now_s)
        return len(self._failed) <= self.limit

    def renew(self) -> None:
        """Forget the failures: after an hour parked, or when a person ordered a new start."""
        self._failed.clear()
