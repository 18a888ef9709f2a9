"""Wald's sequential test over everything that was seen of one fire: frames, visits and lenses.

Thresholds are ln((1 − β) / α) with α = wanted false alarms a day / independent decisions a day, so that they are rates and can be checked
against the shadow days of a site. Source: A. Wald, Sequential Analysis (1947).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple

from edged.core.live import Fire
from edged.core.settings import CoreSettings
from edged.model.sighting import ReasonAgainst, Sighting

COMMON_CAUSES: frozenset[ReasonAgainst] = frozenset({"scene_change", "many_alike", "broad_heating", "picture_fixed"})
SECOND_LENS = 1.4
"""The most that the other lenses add to the one that says most. They see the same heat: that a lorry stands there, each of them says. What
they exclude is dirt, glint and noise of one lens; so less than a suspect's step, and less than a steady heat that was never seen to begin
lacks to an alarm, unless it has also stayed strong."""
CEILING = 3.0
"""One view's sum ends at this many times the active threshold."""


class Levels(NamedTuple):
    """Sums of log-likelihood at which a fire becomes suspect, pre-alarm, active; at `drop` it is none."""

    suspect: float
    pre_alarm: float
    active: float
    drop: float


@lru_cache(maxsize=8)
def levels(settings: CoreSettings) -> Levels:
    """Return the thresholds. With the defaults 2.3, 4.6, 9.2 and −4.6."""

    def above(per_day: float) -> float:
        alpha = min(per_day / settings.decisions_per_day, 0.5)
        return math.log((1.0 - settings.miss_share) / alpha)

    alpha = min(settings.false_active_per_day / settings.decisions_per_day, 0.5)
    return Levels(
        above(settings.false_suspect_per_day),
        above(settings.false_pre_alarm_per_day),
        above(settings.false_active_per_day),
        math.log(settings.miss_share / (1.0 - alpha)),
    )


def total(fire: Fire, settings: CoreSettings) -> float:
    """Return the evidence of a fire: that of the lens that says most, a little for others, and a watched place's start. Views of one lens
    show the same heat; so do sightings that share a cause with others of their view, which are capped together."""
    by_lens: dict[str, float] = {}
    for look in fire.looks:
        by_lens[look.camera_id] = max(by_lens.get(look.camera_id, look.log_likelihood), look.log_likelihood)
    most, *others = sorted(by_lens.values(), reverse=True) or (0.0,)
    common = min(fire.common_cause, settings.common_cause_cap)
    most = max(most, common) if common > 0.0 else most + common
    return most + min(SECOND_LENS, sum(max(each, 0.0) for each in others)) + fire.bonus


def weighed(fire: Fire, settings: CoreSettings, extra: float) -> Literal["none", "suspect", "pre_alarm", "active"]:
    """Return the state that the evidence reaches. `extra` is asked on top (a permit); the absolute fast path needs none of it."""
    if fire.fast:
        return "active"
    limits = levels(settings)
    has = total(fire, settings) - extra
    if has >= limits.active:
        return "active"
    if has >= limits.pre_alarm:
        return "pre_alarm"
    return "suspect" if has >= limits.suspect else "none"


def shares_cause(sighting: Sighting) -> bool:
    """Tell whether this sighting's evidence has a cause in common with other sources of its view."""
    return not COMMON_CAUSES.isdisjoint(sighting.reasons_against)
