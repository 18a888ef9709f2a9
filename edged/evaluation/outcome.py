"""What came of one scene: a value that is kept in a file, and from which every table and picture is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Tier = Literal["real", "semi-synthetic", "synthetic"]
TIERS: tuple[Tier, ...] = ("real", "semi-synthetic", "synthetic")
FAST_NATS = 99.0
"""Evidence of what the absolute rule calls a fire by itself: over every threshold."""
KEPT_NATS = 1.0
"""Sources with less evidence are in no sweep."""


@dataclass(frozen=True, slots=True)
class Rang:
    """An alarm that became active `at_s` after the scene's begin. `right`: something burns there. `cause`: what stands there, if known."""

    at_s: float
    right: bool
    reasons_for: tuple[str, ...]
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scene and what the detector made of it.

    `fire`: something burns in it. `site`: scenes of one site are one sample. `kind`, `range_m`: of an inserted fire. `output`: what the
    sensor gave, or the form of a file. `visible_s`: when it
    reached the bar, None if never. `held_s`: how much of `exposure_s` is a still held. `curve`: (s, nats) whenever the evidence of what
    burns rose; `peaks`: greatest evidence of each source that does not burn. Times in seconds from the scene's begin.
    """

    tier: Tier
    group: str
    site: str
    scene: str
    fire: bool
    exposure_s: float
    held_s: float = 0.0
    frames: int = 0
    sightings: int = 0
    detector_ms: float = 0.0
    blind_s: dict[str, float] = field(default_factory=dict)
    rang: tuple[Rang, ...] = ()
    curve: tuple[tuple[float, float], ...] = ()
    peaks: tuple[float, ...] = ()
    kind: str | None = None
    range_m: float | None = None
    visible_s: float | None = None
    output: str | None = None

    @property
    def found_s(self) -> float | None:
        """When the first right alarm came, None if never."""
        return min((each.at_s for each in self.rang if each.right), default=None)

    @property
    def false_alarms(self) -> int:
        """Alarms that nothing burning explains."""
        return sum(not each.right for each in self.rang)

    @property
    def telling(self) -> bool:
        """Whether a fire in it can show at all: a held still without temperatures has neither level nor course."""
        return self.tier != "real" or self.output != "display" or self.held_s < self.exposure_s

    @property
    def judged_s(self) -> float:
        """Exposure without blind time."""
        return max(0.0, self.exposure_s - sum(self.blind_s.values()))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not played, and why, in both languages. `fault`: it should have been readable."""

    file: str
    en: str
    zh: str
    fault: bool = True
