"""The life of a source: how its strength went from its first look on, over visits, in few numbers.

What is heated from outside or within, an engine, a brake, a flue, a roof in the sun, settles: its rise slows down from the first moment on,
as of any first-order system. What burns keeps its pace or gains. So the bend of the rise tells them apart, not its size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MOST_BINS, FIRST_BIN_S, LAST_BIN_S = 40, 1.0, 8.0
AS_LONG = 0.2
"""What is long ago is kept in spans of this share of how long ago it is, so that a course that bends late is told as soon as one that
bends early."""
LEAST_BINS, LEAST_S, LEAST_VISITS = 6, 15.0, 3
ONSET_SHARE = 0.08
"""The rise is read from where it had so much of what it has now."""
EVEN_PACE, FASTER = 0.9, 1.5
"""Pace at the end over that at the begin: a rise that settles within half an hour falls below the first in two minutes; one that burns may
pass the second."""
SURE, SURE_SETTLED = 2.0, 3.0
EVEN_S = 120.0
"""A rise that is no faster than at its begin must have been followed for so long before it is told from one that will settle."""
LEAST_RISE = 0.15
"""What rose by a smaller share of what it has is steady: its bend says nothing."""
STEP_SHARE = 0.2
"""A rise from look to look of which the look before had less than this share is one step: something else may have driven there."""
FALLEN_SHARE, OUTGROWN = 0.5, 1.5
"""What fell from look to look by so much of the largest step that it rises by now goes up and down, as what works in turns does; its rise
says nothing until it has so many times what it ever had before."""
SAMPLING, GRID = 0.08, 0.3
"""Share by which a source's strength differs from visit to visit, as the head comes to stand a part of a pixel beside; and so much more
over its area in pixels, as single ones pass the limit or do not."""

Numbers = npt.NDArray[np.float64]


class Pace(NamedTuple):
    """How a rise bends. `settles`: it slows down as what is heated does. `keeps`: it surely does not; `gains`: it even grows faster.
    All false: too little is known. `begun_s`: when it began, infinite where it does not rise."""

    settles: bool = False
    keeps: bool = False
    gains: bool = False
    begun_s: float = math.inf


UNKNOWN = Pace()


@dataclass(slots=True)
class Life:
    """Means of a source's rise over its surroundings and of its light, in spans that are the longer the longer ago they are; any units."""

    pace: Pace = UNKNOWN
    _span_s: float = FIRST_BIN_S
    _bins: list[list[float]] = field(default_factory=list)
    """Of each: count, and sums of time, rise, light, and doubt. Visits that ended have one each."""
    _visits: int = 0
    _ended: bool = False
    _worked_s: float = -1e9

    def add(self, mono_s: float, rise: float, light: float, area_px: float = math.inf, *, ended: bool = False) -> None:
        """Take one look in. Times must not go back. `area_px`: fewer pixels are surer to differ from visit to visit. `ended`: a grey
        scale did, so nothing says that it settles."""
        self._ended = self._ended or ended
        here, doubt = self._bins[self._visits :], SAMPLING + GRID / max(1.0, area_px)
        if here and mono_s - here[-1][1] / here[-1][0] < 0.5 * self._span_s:
            for n, value in enumerate((1.0, mono_s, rise, light, doubt)):
                here[-1][n] += value
        else:
            self._bins.append([1.0, mono_s, rise, light, doubt])
        if len(self._bins) > MOST_BINS:
            self._thin()
        if mono_s - self._worked_s >= max(FIRST_BIN_S, 0.5 * self._span_s):
            self._worked_s = mono_s
            pace = self._pace()
            self.pace = pace._replace(settles=pace.settles and not self._ended)

    def lift(self, rise: float, light: float) -> None:
        """Count so much more in all looks up to now: what was followed apart was one."""
        self._bins = [[count, when, r + count * rise, e + count * light, doubt] for count, when, r, e, doubt in self._bins]

    def away(self) -> None:
        """The head turns away: this visit becomes one number."""
        here = self._bins[self._visits :]
        if here:
            self._bins[self._visits :] = [[sum(part) for part in zip(*here, strict=True)]]
            self._visits += 1
        self._span_s = FIRST_BIN_S

    def _thin(self) -> None:
        whole = [self._bins[: self._visits], self._bins[self._visits :]]
        if self._visits > MOST_BINS // 2:
            whole[0] = _paired(whole[0])
        else:
            self._span_s = min(LAST_BIN_S, 2.0 * self._span_s)
            whole[1] = _thinned(whole[1])
        self._bins, self._visits = [*whole[0], *whole[1]], len(whole[0])

    def _pace(self) -> Pace:
        """A source may heat up, or spread: it settles when both slow down, and keeps its pace when one of them does. It gains by its light
        alone: that grows evenly with both, and a peak may step."""
        here = _paces(self._bins[self._visits :], visits=False)
        if not self._visits:
            return here
        whole = _paces([*self._bins[: self._visits], [sum(part) for part in zip(*self._bins[self._visits :], strict=True)]], visits=True)
        return Pace(whole.settles, here.keeps or whole.keeps, here.gains or whole.gains, min(here.begun_s, whole.begun_s))


def _paces(bins: list[list[float]], *, visits: bool) -> Pace:
    if len(bins) < (LEAST_VISITS if visits else LEAST_BINS):
        return UNKNOWN
    count, when, rise, light, doubt = np.array(bins).T
    found = [_bend(count, when / count, values / count, doubt / count if visits else None) for values in (rise, light)]
    settles, begun_s = all(each.settles for each in found), min(each.begun_s for each in found)
    return Pace(settles, any(each.keeps for each in found), found[-1].gains, begun_s)


def _thinned(bins: list[list[float]]) -> list[list[float]]:
    """Join neighbours that lie near each other for how long ago they are; where that does not make a tenth fewer, all of the older half."""
    out, now_s = list[list[float]](), bins[-1][1] / bins[-1][0]
    for each in bins:
        at_s = each[1] / each[0]
        if out and 2.0 * (at_s - out[-1][1] / out[-1][0]) <= AS_LONG * (now_s - at_s):
            out[-1] = [a + b for a, b in zip(out[-1], each, strict=True)]
        else:
            out.append(each)
    half = len(bins) // 4 * 2
    return out if 10 * len(out) <= 9 * len(bins) else [*_paired(bins[:half]), *bins[half:]]


def _paired(bins: list[list[float]]) -> list[list[float]]:
    pairs = zip(bins[::2], [*bins[1::2], [0.0] * 5], strict=False)
    return [[a + b for a, b in zip(one, two, strict=True)] for one, two in pairs]


def _bend(count: Numbers, when: Numbers, values: Numbers, doubt: Numbers | None) -> Pace:
    """Fit a parabola to the rise since its onset, and compare its pace at the end with that at its begin. `doubt` of visits, as a share."""
    visits = doubt is not None
    now, low = float(values[-1 if visits else -2 :].mean()), int(np.argmin(values))
    base = float(values[low])
    if now - base < LEAST_RISE * abs(now):
        return UNKNOWN
    early = np.flatnonzero(values[low:] <= base + ONSET_SHARE * (now - base))
    first = low + int(early[-1])
    if visits and _works_in_turns(values, first):
        return UNKNOWN
    when, values, count = when[first:], values[first:], count[first:]
    length = float(when[-1] - when[0])
    if len(when) < (LEAST_VISITS if visits else LEAST_BINS) or length < LEAST_S:
        return UNKNOWN
    if visits and float(values[-2]) - base < STEP_SHARE * (now - base):
        return UNKNOWN
    t = (when - when[0]) / length
    design = np.stack([np.ones_like(t), t, t * t], 1)
    error = 1.0 / np.sqrt(count) if doubt is None else doubt[first:] * np.maximum(values, 0.25 * now)
    weight = 1.0 / error
    spread = np.linalg.pinv((design * weight[:, None] ** 2).T @ design)
    fit = spread @ (design.T @ (weight**2 * values))
    rest = weight * (values - design @ fit)
    noise = float(rest @ rest) / max(1, len(t) - 3)
    if visits:
        noise = max(1.0, noise)

    def sigmas(share: float) -> float:
        """By how many standard errors the last pace exceeds `share` of the first."""
        contrast = np.array([0.0, 1.0 - share, 2.0])
        return float(contrast @ fit) / max(float(np.sqrt(noise * contrast @ spread @ contrast)), 1e-9)

    even, rises = sigmas(EVEN_PACE), fit[1] + fit[2] > 0.0
    gains = bool(rises and sigmas(FASTER) >= SURE_SETTLED)
    keeps = bool(rises and length >= EVEN_S and even >= SURE)
    return Pace(even <= -SURE_SETTLED, keeps or gains, gains, float(when[0]))


def _works_in_turns(values: Numbers, first: int) -> bool:
    """Tell whether a source that rises from look `first` on went up and down by as much before."""
    steps = np.diff(values)
    fallen, risen = -float(steps[:first].min(initial=0.0)), float(steps[first:].max(initial=0.0))
    most = float(values[: first + 1].max())
    return fallen >= FALLEN_SHARE * risen and float(values[-1]) < OUTGROWN * most
