"""Which bearings of several lookouts belong to one source.

Any two bearings cross somewhere, so each grouping is weighed against the bearings being of sources apart: how well they meet in azimuth and
elevation, how alike the sources are in strength and in the moment they began, and how many other sources there are by chance. All
groupings of what is in conflict are weighed at once; what stays ambiguous stays apart. Two directions of one lookout are never one source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, hypot, log, pi, radians

import numpy as np

from edged.geometry.earth import SEMI_MAJOR_M
from edged.geometry.fuse import Bearing, fuse
from edged.geometry.place import PLAN_SIGMA_M, SOURCE_HEIGHT_M, SOURCE_SIGMA_M, aimed, locate
from edged.geometry.prisms import Array
from edged.geometry.site import FARTHEST_M, SiteModel

LEAST_TURN = 0.02
WORTH = -3.0
"""A pair with less weight than this is not looked at further."""
SURE = 0.9
"""Of all groupings in which either bearing has a partner, the share in which they are each other's."""
LIKELIER = 0.9
"""Least probability of a pair to be one source, against being apart or with others. At 0.5 a fifth of the pairs is wrong where strength
and onset are not known."""
NEAR_BEST = 9.0
"""Groupings lighter than the best by more nats than this count for nothing."""
MOST_STEPS = 20_000
TALLEST_M = 60.0
STRENGTHS = log(1000.0)
"""Sources of one yard spread over three decades of strength."""
STRENGTH_SIGMA = 0.4
ONSET_WINDOW_S, ONSET_SIGMA_S = 600.0, 8.0
FARTHEST_ALONG_M = 1500.0
APART_S = 10.0
FACING_WORTH = 0.1
"""Bearings in one line cross nowhere: only the whole fit weighs them."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One source as one lookout sees it.

    `log_strength`: natural logarithm of the excess radiance times its solid angle, as it arrives at the lens; None where no radiance is
    measured. `onset_s`: when it began, None where the lookout did not look before. `seen_s`: when it was seen last; bearings more than
    10 s apart are compared only of sources that are `stationary`.
    """

    head: str
    bearing: Bearing
    log_strength: float | None = None
    onset_s: float | None = None
    seen_s: float = 0.0
    stationary: bool = True


@dataclass(frozen=True, slots=True)
class Association:
    """The groups of two or more detections that are one source for sure enough, and how sure each pair is. Numbers index the detections."""

    groups: tuple[tuple[int, ...], ...]
    together: dict[tuple[int, int], float]


def associate(site: SiteModel, detections: Sequence[Detection], density_per_km2: float) -> Association:
    """Return which detections are one source. `density_per_km2`: independent sources of this kind that are there by chance."""
    weigher = _Weigher(site, detections, density_per_km2 * 1e-6)
    weights = weigher.groups()
    together: dict[tuple[int, int], float] = {}
    joined: list[tuple[int, ...]] = []
    for part in _components(weights):
        pairs, partnered = _pairs(part)
        together |= pairs
        joined += _sure(pairs, partnered)
    return Association(tuple(sorted(joined)), together)


class _Weigher:
    """Weighs groups against their members being apart, in nats."""

    def __init__(self, site: SiteModel, detections: Sequence[Detection], density_per_m2: float) -> None:
        self._site, self._all = site, detections
        self._log_density = log(max(density_per_m2, 1e-12))
        self._area = [self._alone(d.bearing) for d in detections]

    def groups(self) -> dict[tuple[int, ...], float]:
        """Return the groups that are worth a look, with their weights."""
        pairs = dict(self._pairs())
        partners: dict[int, set[int]] = defaultdict(set)
        for i, j in pairs:
            partners[i].add(j)
            partners[j].add(i)
        found: dict[tuple[int, ...], float] = {}
        for pair in (pair for pair, weight in pairs.items() if weight > 0.0):
            fitted = self._weight(pair)
            if fitted is not None and fitted > 0.0:
                found[pair] = fitted
        grown: list[tuple[int, ...]] = sorted(pairs)
        while grown:
            wider = set()
            for group in grown:
                for other in set.intersection(*(partners[member] for member in group)):
                    if other > max(group) and self._all[other].head not in {self._all[member].head for member in group}:
                        wider.add((*group, other))
            grown = []
            for group in sorted(wider):
                weight = self._weight(group)
                if weight is not None and weight > 0.0:
                    found[group] = weight
                    grown.append(group)
        return found

    def _alone(self, bearing: Bearing) -> float:
        """Return the logarithm of the area (m², times 2π) over which one direction's source may lie."""
        point = locate(self._site, bearing.mount, bearing.pan_deg, bearing.tilt_deg, bearing.sigma_deg)
        if point.ellipse is not None:
            return log(2.0 * pi * point.ellipse.semi_major_m * max(point.ellipse.semi_minor_m, 0.5) / 5.991)
        assert point.interval is not None
        middle = (point.interval.near_m + point.interval.far_m) / 2.0
        along = min(max(point.interval.far_m - point.interval.near_m, 4.0) / 3.92, FARTHEST_ALONG_M)
        return log(2.0 * pi * along * max(middle * radians(point.interval.azimuth_sigma_deg), 0.5))

    def _weight(self, group: tuple[int, ...]) -> float | None:
        members = [self._all[n] for n in group]
        fix = fuse(self._site, [d.bearing for d in members])
        if fix is None:
            return None
        shared = log(2.0 * pi) + 0.5 * log(max(float(np.linalg.det(fix.covariance)), 1e-6))
        ranges = [float(np.hypot(*(fix.at[:2] - self._site.post(d.bearing.mount).at))) for d in members]
        return self._sum(group, shared, fix.chi2, ranges)

    def _sum(self, group: tuple[int, ...], shared: float, chi2: float, ranges_m: Sequence[float]) -> float:
        members = [self._all[n] for n in group]
        weight = (1 - len(group)) * self._log_density + shared - sum(self._area[n] for n in group) - chi2 / 2.0
        strengths = [d.log_strength + 2.0 * log(r / 1000.0) for d, r in zip(members, ranges_m, strict=True) if d.log_strength is not None]
        onsets = [d.onset_s for d in members if d.onset_s is not None]
        return weight + _alike(strengths, STRENGTHS, STRENGTH_SIGMA) + _alike(onsets, ONSET_WINDOW_S, ONSET_SIGMA_S)

    def _pairs(self) -> Iterator[tuple[tuple[int, int], float]]:
        """Yield the pairs of different lookouts that meet, with weights from crossing and heights alone: fast, right to a nat or so."""
        by_head: dict[str, list[int]] = defaultdict(list)
        for n, detection in enumerate(self._all):
            by_head[detection.head].append(n)
        for one, two in combinations(sorted(by_head), 2):
            left, right = np.array(by_head[one]), np.array(by_head[two])
            weight = self._meeting(left, right)
            for i, j in zip(*np.nonzero(weight > WORTH), strict=True):
                a, b = int(left[i]), int(right[j])
                yield ((a, b) if a < b else (b, a)), float(weight[i, j])

    def _meeting(self, left: Array, right: Array) -> Array:
        site = self._site
        ways = {
            n: aimed(site, d.bearing.mount, d.bearing.pan_deg, d.bearing.tilt_deg, d.bearing.sigma_deg)
            for n in (*left, *right)
            for d in (self._all[n],)
        }

        def column(numbers: Array) -> tuple[Array, ...]:
            these = [ways[n] for n in numbers]
            azimuth = np.radians([w.azimuth_deg for w in these])
            return (
                azimuth, np.tan(np.radians([w.elevation_deg for w in these])), np.radians([w.sigma_azimuth_deg for w in these]),
                np.radians([w.sigma_elevation_deg for w in these]),
            )  # fmt: skip

        (az1, slope1, sa1, se1), (az2, slope2, sa2, se2) = column(left), column(right)
        first, second = ways[left[0]].origin, ways[right[0]].origin
        turn = np.sin(az1)[:, None] * np.cos(az2)[None, :] - np.cos(az1)[:, None] * np.sin(az2)[None, :]
        gap = second.at - first.at
        with np.errstate(divide="ignore", invalid="ignore"):
            s1 = (gap[0] * np.cos(az2) - gap[1] * np.sin(az2))[None, :] / turn
            s2 = (gap[0] * np.cos(az1) - gap[1] * np.sin(az1))[:, None] / turn
        facing = np.abs(turn) <= LEAST_TURN
        met = ~facing & (s1 > 5.0) & (s2 > 5.0) & (s1 < FARTHEST_M) & (s2 < FARTHEST_M)
        s1, s2, turn = np.where(met, s1, 1.0), np.where(met, s2, 1.0), np.where(met, np.abs(turn), 1.0)
        level = site.ground.height_m(first.east_m + s1 * np.sin(az1)[:, None], first.north_m + s1 * np.cos(az1)[:, None]) + SOURCE_HEIGHT_M
        bend = site.plan.refraction_sigma / (2.0 * SEMI_MAJOR_M)
        h1 = first.height_m + s1 * slope1[:, None] + site.curvature * s1**2 - level
        h2 = second.height_m + s2 * slope2[None, :] + site.curvature * s2**2 - level
        v1 = (s1 * se1[:, None]) ** 2 + (bend * s1**2) ** 2 + 0.1
        v2 = (s2 * se2[None, :]) ** 2 + (bend * s2**2) ** 2 + 0.1
        g = hypot(site.ground.sigma_m, SOURCE_SIGMA_M) ** 2
        det = (v1 + g) * (v2 + g) - g * g
        grounded = (h1**2 * (v2 + g) - 2.0 * g * h1 * h2 + h2**2 * (v1 + g)) / det
        mean = (h1 * v2 + h2 * v1) / (v1 + v2)
        raised = (h1 - h2) ** 2 / (v1 + v2) + np.where((mean > -2.0) & (mean < TALLEST_M), 0.0, np.inf)
        chi2 = np.minimum(grounded, raised + 2.0 if len(site.structures) else np.inf)
        width1, width2 = np.hypot(s1 * sa1[:, None], PLAN_SIGMA_M), np.hypot(s2 * sa2[None, :], PLAN_SIGMA_M)
        weight = np.log(2.0 * pi * width1 * width2 / turn) - self._log_density - chi2 / 2.0
        weight -= np.array([self._area[n] for n in left])[:, None] + np.array([self._area[n] for n in right])[None, :]
        for column_of, spread, sigma, ranges in (
            ([d.log_strength for d in self._all], STRENGTHS, STRENGTH_SIGMA, (s1, s2)),
            ([d.onset_s for d in self._all], ONSET_WINDOW_S, ONSET_SIGMA_S, None),
        ):
            a = np.array([column_of[n] if column_of[n] is not None else np.nan for n in left], np.float64)[:, None]
            b = np.array([column_of[n] if column_of[n] is not None else np.nan for n in right], np.float64)[None, :]
            off = a - b if ranges is None else a - b + 2.0 * np.log(ranges[0] / ranges[1])
            gain = log(spread) - 0.5 * log(4.0 * pi * sigma**2) - off**2 / (4.0 * sigma**2)
            weight += np.where(np.isnan(off), 0.0, gain)
        seen = np.array([[abs(self._all[i].seen_s - self._all[j].seen_s) for j in right] for i in left])
        still = np.array([[self._all[i].stationary and self._all[j].stationary for j in right] for i in left])
        weight = np.where(met, weight, np.where(facing, FACING_WORTH, -np.inf))
        return np.where((seen <= APART_S) | still, weight, -np.inf)


def _alike(values: Sequence[float], spread: float, sigma: float) -> float:
    """Return the weight of values being one, each measured with `sigma`, against each being anywhere in `spread`."""
    count = len(values)
    if count < 2:
        return 0.0
    off = np.asarray(values) - np.mean(values)
    return (count - 1) * (log(spread) - 0.5 * log(2.0 * pi * sigma**2)) - 0.5 * log(count) - float(off @ off) / (2.0 * sigma**2)


def _components(weights: dict[tuple[int, ...], float]) -> Iterator[dict[tuple[int, ...], float]]:
    """Yield the groups that share members, directly or through others, together."""
    root: dict[int, int] = {}

    def top(n: int) -> int:
        root.setdefault(n, n)
        while root[n] != n:
            root[n] = root[root[n]]
            n = root[n]
        return n

    for group in weights:
        for member in group[1:]:
            root[top(member)] = top(group[0])
    parts: dict[int, dict[tuple[int, ...], float]] = defaultdict(dict)
    for group, weight in weights.items():
        parts[top(group[0])][group] = weight
    yield from parts.values()


def _pairs(weights: dict[tuple[int, ...], float]) -> tuple[dict[tuple[int, int], float], dict[int, float]]:
    """Return the probability of each pair being one source, and of each member having any partner, over all groupings."""
    holding: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for group in sorted(weights, key=lambda g: -weights[g]):
        for member in group:
            holding[member].append(group)
    members = sorted(holding)
    best = _greedy(weights)
    found: list[tuple[float, tuple[tuple[int, ...], ...]]] = []
    steps = 0

    def search(left: tuple[int, ...], used: frozenset[int], taken: tuple[tuple[int, ...], ...], value: float) -> None:
        nonlocal best, steps
        steps += 1
        if steps > MOST_STEPS:
            return
        bound = value + sum(max((weights[g] / len(g) for g in holding[m] if not used & set(g)), default=0.0) for m in left)
        if bound < best - NEAR_BEST:
            return
        if not left:
            best = max(best, value)
            found.append((value, taken))
            return
        first, rest = left[0], left[1:]
        for group in holding[first]:
            if not used & set(group):
                search(tuple(m for m in rest if m not in group), used | set(group), (*taken, group), value + weights[group])
        search(rest, used | {first}, taken, value)

    search(tuple(members), frozenset(), (), 0.0)
    total = sum(exp(value - best) for value, _ in found)
    together: dict[tuple[int, int], float] = defaultdict(float)
    partnered: dict[int, float] = defaultdict(float)
    whole = steps <= MOST_STEPS and total > 0.0
    for value, taken in found if whole else ():
        share = exp(value - best) / total
        for group in taken:
            for member in group:
                partnered[member] += share
            for pair in combinations(group, 2):
                together[pair] += share
    return dict(together), dict(partnered)


def _greedy(weights: dict[tuple[int, ...], float]) -> float:
    used: set[int] = set()
    value = 0.0
    for group in sorted(weights, key=lambda g: -weights[g]):
        if not used & set(group):
            used |= set(group)
            value += weights[group]
    return value


def _sure(together: dict[tuple[int, int], float], partnered: dict[int, float]) -> list[tuple[int, ...]]:
    """Return the groups of which every pair is one source for sure enough, and surely no other partner's; the surest first, none in two."""
    surely = {
        (i, j): share for (i, j), share in together.items() if share >= LIKELIER and share >= SURE * (partnered[i] + partnered[j] - share)
    }
    out: list[tuple[int, ...]] = []
    used: set[int] = set()
    for pair in sorted(surely, key=lambda p: -surely[p]):
        if used & set(pair):
            continue
        group = set(pair)
        for other in sorted({m for p in surely for m in p} - used - group):
            if all((min(other, member), max(other, member)) in surely for member in group):
                group.add(other)
        used |= group
        out.append(tuple(sorted(group)))
    return out
