"""Outcomes to rows: counts with exact intervals, by site where a share is claimed. Frames are never samples. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from edged.evaluation.outcome import Outcome
from edged.model.interval import Interval, poisson, wilson

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Silence:
    """What a set of scenes was watched for, and the alarms that nothing burning explains. `per_day`: of a camera, over judged time."""

    scenes: int
    sites: int
    exposure_s: float
    held_s: float
    blind_s: dict[str, float]
    false_alarms: int
    per_day: float | None
    per_day_95: Interval | None


@dataclass(frozen=True, slots=True)
class Group:
    """Recordings of one batch. `sites_found` of `Silence.sites`, with its interval; times from the scene's begin, None if never."""

    name: str
    fire: bool
    files: int
    silence: Silence
    alarmed: int
    missed: int
    sites_found: int
    share_95: Interval
    p50_s: float | None
    slowest_s: float | None
    detector_ms: float


@dataclass(frozen=True, slots=True)
class Fires:
    """Inserted fires of one kind and range.

    `visible` reached the bar; of them `found` and `missed` alarmed or not. `faint` never reached it, `faint_found` alarmed nonetheless.
    Times from first visible to alarm (negative: before it), misses as infinite, which reads None. `sites_found` of `sites` with visible
    fires found them all.
    """

    kind: str
    range_m: float | None
    fires: int
    sites: int
    visible: int
    found: int
    missed: int
    faint: int
    faint_found: int
    sites_found: int
    share_95: Interval
    p50_s: float | None
    p95_s: float | None


def silence(outcomes: Sequence[Outcome]) -> Silence:
    """Count exposure and false alarms."""
    blind: dict[str, float] = {}
    for outcome in outcomes:
        for cause, seconds in outcome.blind_s.items():
            blind[cause] = round(blind.get(cause, 0.0) + seconds, 2)
    days = sum(outcome.judged_s for outcome in outcomes) / DAY_S
    false = sum(outcome.false_alarms for outcome in outcomes)
    low, high = poisson(false)
    return Silence(
        len(outcomes), len({outcome.site for outcome in outcomes}), round(sum(o.exposure_s for o in outcomes), 2),
        round(sum(o.held_s for o in outcomes), 2), blind, false, false / days if days else None,
        Interval(low / days, high / days) if days else None,
    )  # fmt: skip


def group(name: str, files: int, fire: bool, outcomes: Sequence[Outcome]) -> Group:
    """Return the row of a batch."""
    times = [math.inf if o.found_s is None else o.found_s for o in outcomes] if fire else []
    alarmed = sum(bool(o.rang) for o in outcomes)
    sites = {o.site for o in outcomes}
    found = {o.site for o in outcomes if o.found_s is not None}
    frames = sum(o.frames for o in outcomes)
    return Group(
        name, fire, files, silence(outcomes), alarmed, len(outcomes) - alarmed if fire else 0, len(found),
        wilson(len(found), len(sites)), quantile(times, 0.5), quantile(times, 1.0),
        round(sum(o.detector_ms * o.frames for o in outcomes) / frames, 2) if frames else 0.0,
    )  # fmt: skip


def fires(outcomes: Iterable[Outcome]) -> list[Fires]:
    """Return a row for each kind and range of inserted fires, and one for all of each kind."""
    by_kind: Callable[[Outcome], str] = lambda o: o.kind or ""  # noqa: E731
    by_range: Callable[[Outcome], float] = lambda o: o.range_m or 0.0  # noqa: E731
    rows = []
    for kind, mine in groupby(sorted((o for o in outcomes if o.fire), key=by_kind), key=by_kind):
        every = list(mine)
        rows += [_fires(kind, range_m, list(some)) for range_m, some in groupby(sorted(every, key=by_range), key=by_range)]
        rows.append(_fires(kind, None, every))
    return rows


def _fires(kind: str, range_m: float | None, outcomes: list[Outcome]) -> Fires:
    visible = [o for o in outcomes if o.visible_s is not None]
    faint = [o for o in outcomes if o.visible_s is None]
    missed = [o for o in visible if o.found_s is None]
    sites = {o.site for o in visible}
    held = sites - {o.site for o in missed}
    late = [math.inf if o.found_s is None else o.found_s - (o.visible_s or 0.0) for o in visible]
    return Fires(
        kind, range_m, len(outcomes), len(sites), len(visible), len(visible) - len(missed), len(missed), len(faint),
        sum(o.found_s is not None for o in faint), len(held), wilson(len(held), len(sites)), quantile(late, 0.5), quantile(late, 0.95),
    )  # fmt: skip


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value that `share` of all do not exceed, by rank; None for an infinite one or none at all."""
    if not values:
        return None
    value = sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
    return round(value, 2) if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Worth:
    """What one reason is worth: alarms over no-fire scenes with everything and without it, and where the new ones came."""

    name: str
    scenes: int
    alarms: int
    alarms_without: int
    where: tuple[str, ...]


def worth(name: str, whole: Sequence[Outcome], without: Sequence[Outcome]) -> Worth:
    """Compare two runs over the same scenes."""
    before = {(o.tier, o.group, o.scene): o.false_alarms for o in whole}
    more = [o for o in without if o.false_alarms > before.get((o.tier, o.group, o.scene), 0)]
    return Worth(
        name, len(without), sum(before.values()), sum(o.false_alarms for o in without),
        tuple(f"{o.group}/{o.scene}" if o.tier == "real" else o.scene for o in more[:3]),
    )  # fmt: skip


def lost(groups: Mapping[str, Sequence[Outcome]]) -> list[str]:
    """Return the fire groups that were not found: one of their sites raised no alarm, or nothing of them could be played.

    `groups`: outcomes of all fire batches by group. Pictures of several forms show the same fires: one that finds them is enough.
    """
    out = []
    for name, outcomes in groups.items():
        found = {o.site for o in outcomes if o.found_s is not None}
        if not outcomes or {o.site for o in outcomes} - found:
            out.append(name)
    return out
