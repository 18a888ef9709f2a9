"""Temperature rounds in core: each measured spot is judged by its limits, against its neighbours and by its slopes.

A limit counts as crossed, and as kept again, when two visits agree; between the two lies a margin. Grey levels are compared with grey
levels of the same picture only and are never a temperature. A spot that could not be measured changes nothing, and after some visits that
is said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from statistics import median
from typing import Any

from edged.core import hazards
from edged.core.draft import Draft
from edged.core.live import Live, Series
from edged.core.rules import Rules
from edged.core.slopes import BIN_S, Bins, added, over, per_day, per_hour
from edged.model.event import SpotsRecalled
from edged.model.instant import Instant
from edged.model.rounds import LimitName, RoundRule, SpotMeasure
from edged.model.words import Words

ROUND_S = 3600.0
"""Neighbours' measurements not older than this are of the same round."""
AGREEING_VISITS = 2
MARGIN_C, MARGIN_SHARE, SLOPE_MARGIN_SHARE = 2.0, 0.1, 0.4
UNSEEN_VISITS = 6
"""Visits in a row without a number after which it is said."""
CALM_S, LONGEST_CALM_S = 1800.0, 21_600.0
"""A hazard that came back must be below its limit for so long, doubled each time, before it counts as gone again."""
_CAUSES: Mapping[str, Words] = {
    "hot_track": Words("something hot stands before it", "前方有热物体遮挡"),
    "text": Words("burnt-in text lies over it: move the text", "被画面文字遮挡: 请移动叠加文字"),
    "degraded": Words("the picture's heat cannot be read: edged probe", "画面热值无法判读: 运行 edged probe"),
}


def measured(draft: Draft, measures: tuple[SpotMeasure, ...]) -> None:
    """Take in one visit's measurements of one camera."""
    known = [(m, rule) for m in measures if (rule := draft.rules.rounds.get(m.name)) is not None and rule.camera_id == m.camera_id]
    for m, rule in known:
        _keep(draft, m, rule)
    for m, rule in known:
        if m.value is not None:
            for limit_name, limit in rule.limits():
                value = value_of(draft.rules, draft.live, m, rule, limit_name)
                if value is not None:
                    _judge(draft, rule, limit_name, limit, value)


def recalled(draft: Draft, event: SpotsRecalled) -> None:
    """Take from the store what was measured of a spot before the start, for its slopes. What is known already stays."""
    before = draft.live.rounds.get(event.name, Series())
    bins: Bins = ()
    for at_s, value in event.points:
        mono_s = draft.now.mono_s - (draft.now.utc.timestamp() - at_s)
        if math.isfinite(value) and mono_s <= draft.now.mono_s:
            bins = added(bins, mono_s, value)
    for each in before.bins:
        bins = added(bins, each.index * BIN_S, each.value, each.count)
    _put(draft, event.name, replace(before, bins=bins))


def value_of(rules: Rules, live: Live, m: SpotMeasure, rule: RoundRule, limit_name: LimitName) -> float | None:
    """Return what a limit is held against, None where it cannot be said now."""
    match limit_name:
        case "limit_c":
            return m.celsius
        case "over_neighbours_k" | "over_neighbours_levels":
            if m.value is None or (m.kind == "relative") is (limit_name == "over_neighbours_k"):
                return None
            middle = _neighbours(live, m, rule)
            return None if middle is None else m.value - middle
        case "slope_k_per_h" | "slope_k_per_day":
            if m.celsius is None:
                return None
            bins = over(_bins(live, rule.name), [_bins(live, name) for name in rule.neighbours if name in rules.rounds])
            return per_hour(bins) if limit_name == "slope_k_per_h" else per_day(bins)


def shown(rules: Rules, live: Live, now: Instant) -> list[dict[str, Any]]:
    """Return each spot as it was last measured, with what its limits are held against. Plain values for JSON."""
    out = []
    for name, rule in rules.rounds.items():
        series = live.rounds.get(name, Series())
        m = series.good
        values = {} if m is None else {limit: value_of(rules, live, m, rule, limit) for limit, _ in rule.limits()}
        last = series.last
        out.append(
            {
                "name": name, "camera_id": rule.camera_id, "camera": rules.name(rule.camera_id), "owner": rule.owner,
                "neighbours": list(rule.neighbours), "limits": dict(rule.limits()),
                "values": {limit: None if value is None else round(value, 2) for limit, value in values.items()},
                "at": None if m is None else m.at.isoformat(), "age_s": None if m is None else round(max(now.mono_s - m.mono_s, 0.0), 1),
                "kind": None if m is None else m.kind, "valid": m is not None and m.valid,
                "median": None if m is None else m.median, "high": None if m is None else m.high,
                "object_median_c": None if m is None else m.object_median_c, "object_high_c": None if m is None else m.object_high_c,
                "px": 0 if m is None else m.px, "air_assumed": m is not None and m.air_assumed, "view_id": None if m is None else m.view_id,
                "unseen": None if last is None else last.cause, "unseen_visits": series.unseen,
            }
        )  # fmt: skip
    return out


def _keep(draft: Draft, m: SpotMeasure, rule: RoundRule) -> None:
    series = draft.live.rounds.get(m.name, Series())
    if m.value is None:
        series = replace(series, last=m, unseen=series.unseen + 1)
        if series.unseen == UNSEEN_VISITS:
            _say_unseen(draft, m, rule)
    else:
        celsius = m.celsius
        bins = series.bins if celsius is None else added(series.bins, m.mono_s, celsius)
        if series.unseen >= UNSEEN_VISITS:
            words = Words(f"{m.name}: measured again", f"{m.name}: 恢复测温")
            _notice(draft, m, "spot_unseen_ended", 4, words)
        series = replace(series, last=m, good=m, bins=bins, unseen=0)
    _put(draft, m.name, series)


def _say_unseen(draft: Draft, m: SpotMeasure, rule: RoundRule) -> None:
    cause = _CAUSES.get(str(m.cause), Words(f"the view is blind ({m.cause})", f"视野失明 ({m.cause})"))
    name = draft.rules.name(rule.camera_id)
    words = Words(
        f"{m.name} ({name}): not measured at {UNSEEN_VISITS} visits: {cause.en}",
        f"{m.name} ({name}): 连续 {UNSEEN_VISITS} 次巡视未能测温: {cause.zh}",
    )
    _notice(draft, m, "spot_unseen", 3, words)


def _notice(draft: Draft, m: SpotMeasure, code: str, severity: Any, words: Words) -> None:
    data = {"code": code, "spot": m.name, "camera_id": m.camera_id, "cause": m.cause, "message": words.en, "zh": words.zh}
    draft.append("notice", code, topic="analytics", severity=severity, data=data)


def _neighbours(live: Live, m: SpotMeasure, rule: RoundRule) -> float | None:
    """Return the middle of the neighbours in this round, None where fewer than half of them are known."""
    found = []
    for name in rule.neighbours:
        other = live.rounds.get(name, Series()).good
        if (
            other is None
            or other.value is None
            or abs(m.mono_s - other.mono_s) > ROUND_S
            or (other.kind == "relative") is not (m.kind == "relative")
        ):
            continue
        same = (other.camera_id, other.view_id, other.generation) == (m.camera_id, m.view_id, m.generation)
        if same or m.kind != "relative":
            found.append(other.value)
    return median(found) if found and 2 * len(found) >= len(rule.neighbours) else None


def _judge(draft: Draft, rule: RoundRule, limit_name: LimitName, limit: float, value: float) -> None:
    series = draft.live.rounds[rule.name]
    hazard = hazards.of(draft, rule.name, limit_name)
    present = hazard is not None and hazard.state == "present"
    below = value < limit - _margin(limit_name, limit)
    agreeing = below if present else value >= limit
    count, since_s, peak = series.turning.get(limit_name, (0, draft.now.mono_s, value))
    count, since_s = (count + 1, since_s if count else draft.now.mono_s) if agreeing else (0, draft.now.mono_s)
    peak = max(peak, value) if present else value
    turned = count >= AGREEING_VISITS
    if turned and hazard is not None and present:
        calm_s = min(CALM_S * 2.0**hazard.returns, LONGEST_CALM_S) if hazard.returns else 0.0
        turned = draft.now.mono_s - since_s >= calm_s
    if turned:
        if hazard is not None and present:
            hazards.back(draft, hazard, value, peak)
        else:
            hazards.crossed(draft, rule, limit_name, limit, value)
        count = 0
    _put(draft, rule.name, replace(series, turning={**series.turning, limit_name: (count, since_s, peak)}))


def _margin(limit_name: LimitName, limit: float) -> float:
    if limit_name == "limit_c":
        return MARGIN_C
    if limit_name == "over_neighbours_k":
        return min(max(MARGIN_C, MARGIN_SHARE * limit), limit / 2.0)
    return (MARGIN_SHARE if limit_name == "over_neighbours_levels" else SLOPE_MARGIN_SHARE) * limit


def _bins(live: Live, name: str) -> Bins:
    return live.rounds.get(name, Series()).bins


def _put(draft: Draft, name: str, series: Series) -> None:
    draft.live = replace(draft.live, rounds={**draft.live.rounds, name: series})
