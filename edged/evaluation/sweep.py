"""The active threshold varied over evidence that was recorded: what it would have raised, and when. Nothing runs again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edged.evaluation.outcome import FAST_NATS, Outcome
from edged.evaluation.tables import DAY_S


@dataclass(frozen=True, slots=True)
class Point:
    """One threshold: false alarms and their rate, visible fires that it misses, of how many. The absolute rule stays as it is."""

    threshold: float
    false_alarms: int
    per_day: float
    missed: int
    fires: int

    @property
    def missed_share(self) -> float:
        """Share of the visible fires that are missed."""
        return self.missed / self.fires if self.fires else 0.0


def sweep(outcomes: Sequence[Outcome], thresholds: Sequence[float]) -> list[Point]:
    """Return a point for each threshold, nats. Recordings count as visible from their begin, held stills
    without temperatures as no fires.
    """
    days = sum(o.judged_s for o in outcomes) / DAY_S
    burning = [o for o in outcomes if o.fire and o.telling and (o.visible_s is not None or o.tier == "real")]
    out = []
    for threshold in thresholds:
        false = sum(peak >= min(threshold, FAST_NATS) for o in outcomes for peak in o.peaks)
        missed = sum(crossed_s(o, threshold) is None for o in burning)
        out.append(Point(threshold, false, false / days if days else 0.0, missed, len(burning)))
    return out


def crossed_s(outcome: Outcome, threshold: float) -> float | None:
    """Return when the evidence of what burns reached a threshold, None if never."""
    return next((at_s for at_s, nats in outcome.curve if nats >= threshold), None)
