"""One moment as the daemon knows it. Ages come from `mono_s`, labels from `utc`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment on both clocks.

    Units: `mono_s` seconds of CLOCK_MONOTONIC (never steps, restarts with the machine); `utc` aware, UTC.
    `trusted` is false while the wall clock is not synchronised: labels may be wrong, ages are not.
    """

    mono_s: float
    utc: datetime
    trusted: bool = True

    def __post_init__(self) -> None:
        if self.utc.utcoffset() != timedelta(0):
            raise ValueError(f"Instant.utc must be UTC, got {self.utc!r}")

    def later(self, seconds: float) -> Instant:
        """Return the instant `seconds` later on both clocks."""
        return Instant(self.mono_s + seconds, self.utc + timedelta(seconds=seconds), self.trusted)


EPOCH = Instant(0.0, datetime(1970, 1, 1, tzinfo=UTC), False)
