"""Slopes of temperatures over hours and days, by robust regression: the middle of all pairwise slopes (Theil and Sen).

Values are kept in bins of half an hour on the monotonic clock. A spot with neighbours is taken against their middle of the same bin, so
that sun and weather, which warm all of them, do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

BIN_S = 1800.0
DAY_BINS, KEPT_DAYS = 48, 14
KEPT = DAY_BINS * KEPT_DAYS
HOURS_BINS, HOURS_LEAST, HOURS_SPAN = 12, 6, 5
"""Over hours: the last six, with six values at least that span two and a half."""
DAY_LEAST, DAYS_LEAST = 36, 5
"""Over days: a day counts with three quarters of its bins, and five days are needed."""
AGREEING = 0.75
"""Share of the pairs that must rise: else it is scatter."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The mean of half an hour. `index`: its number on the monotonic clock."""

    index: int
    value: float
    count: int


Bins = tuple[Bin, ...]


def added(bins: Bins, mono_s: float, value: float, count: int = 1) -> Bins:
    """Return the bins with one more value; what is older than two weeks goes, what comes late is left."""
    index = int(mono_s // BIN_S)
    if bins and index < bins[-1].index:
        return bins
    if bins and bins[-1].index == index:
        last = bins[-1]
        total = last.count + count
        return (*bins[:-1], Bin(index, last.value + (value - last.value) * count / total, total))
    return (*(b for b in bins if b.index > index - KEPT), Bin(index, value, count))


def over(own: Bins, neighbours: Sequence[Bins]) -> Bins:
    """Return a spot's bins less the middle of its neighbours'; bins in which fewer than half of them were measured go."""
    if not neighbours:
        return own
    known = [{b.index: b.value for b in bins} for bins in neighbours]
    out = []
    for each in own:
        there = [values[each.index] for values in known if each.index in values]
        if 2 * len(there) >= len(known):
            out.append(Bin(each.index, each.value - median(there), each.count))
    return tuple(out)


def per_hour(bins: Bins) -> float | None:
    """Return K/h over the last hours; None where too little is known."""
    if not bins:
        return None
    recent = [b for b in bins if b.index > bins[-1].index - HOURS_BINS]
    if len(recent) < HOURS_LEAST or recent[-1].index - recent[0].index < HOURS_SPAN:
        return None
    return _slope([(b.index * BIN_S / 3600.0, b.value) for b in recent])


def per_day(bins: Bins) -> float | None:
    """Return K a day over the last days, by the middle of each whole day back from the last bin; None where too little is known."""
    if not bins:
        return None
    days: dict[int, list[float]] = {}
    for b in bins:
        days.setdefault((b.index - bins[-1].index) // DAY_BINS if b.index != bins[-1].index else -1, []).append(b.value)
    whole = [(float(day), median(values)) for day, values in sorted(days.items()) if len(values) >= DAY_LEAST]
    return _slope(whole) if len(whole) >= DAYS_LEAST else None


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the middle pairwise slope, 0 where too few of them agree with its sign."""
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2)]
    found = median(slopes)
    agreeing = sum(s * found > 0.0 for s in slopes) / len(slopes)
    return found if agreeing >= AGREEING else 0.0
