"""How much each reason weighs, and which have a common cause. Nats."""

from __future__ import annotations

from typing import NamedTuple

from edged.model.sighting import ReasonAgainst, ReasonFor

SUSPECT_NATS, PRE_ALARM_NATS, ALARM_NATS = 2.3, 4.6, 9.2
"""What core calls so where nobody has set other limits."""


class Weight(NamedTuple):
    """Nats gained per second while a reason holds, the most it may give, and the group whose cap it shares."""

    rate: float
    cap: float
    group: str


FOR: dict[ReasonFor, Weight] = {
    "hot": Weight(1.0, 2.2, "heat"),
    "over_range": Weight(2.5, 10.0, "heat"),
    "absolute_limit": Weight(2.5, 10.0, "heat"),
    "gain_collapse": Weight(1.5, 1.5, "heat"),
    "new": Weight(1.2, 4.1, "time"),
    "stationary": Weight(0.5, 1.5, "place"),
    "growing": Weight(2.0, 8.0, "course"),
    "rising": Weight(1.0, 3.0, "course"),
    "flickering": Weight(3.0, 8.5, "course"),
    "lasting": Weight(1.0, 1.7, "stay"),
}
AGAINST: dict[ReasonAgainst, Weight] = {
    "drifting": Weight(3.0, 10.0, "motion"),
    "arrived_warm": Weight(1.5, 5.0, "arrival"),
    "parked_vehicle": Weight(5.0, 5.0, "arrival"),
    "landed": Weight(5.0, 5.0, "arrival"),
    "edge_entry": Weight(2.0, 2.0, "arrival"),
    "many_alike": Weight(4.0, 4.0, "scene"),
    "scene_change": Weight(4.0, 4.0, "scene"),
    "mirror": Weight(3.0, 9.0, "twin"),
    "glint": Weight(3.0, 5.0, "motion"),
    "broad_heating": Weight(1.0, 4.0, "scene"),
    "brief": Weight(1.0, 3.0, "scene"),
    "cooling": Weight(0.5, 3.0, "course"),
    "steady": Weight(0.1, 2.0, "course"),
}
GROUP_CAP = {"heat": 10.5, "time": 4.0, "place": 1.5, "course": 9.0, "stay": 1.7, "motion": 12.0, "arrival": 6.0, "scene": 6.0, "twin": 9.0}
STRONG_HOT_CAP, STRONG_GREY_CAP = 4.5, 3.8
"""Caps of what stands out and is new, with temperatures and without."""
FADE = 0.25
"""Share of its rate at which a reason fades that ceased to hold."""


def hold(held: dict[ReasonFor, float] | dict[ReasonAgainst, float], reason: str, holds: bool, dt_s: float, weight: Weight) -> None:
    """Let a reason hold, or not, for `dt_s` more."""
    known: dict[str, float] = held  # type: ignore[assignment]
    if holds:
        known[reason] = min(known.get(reason, 0.0) + dt_s, 2.0 * weight.cap / weight.rate)
    elif reason in known:
        known[reason] -= FADE * dt_s
        if known[reason] <= 0.0:
            del known[reason]
