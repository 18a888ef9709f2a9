"""The life of a source: how its strength went from its first look on, over visits, in few numbers.

What is heated from outside or within, an engine, a brake, a flue, a roof in the sun, settles: its rise slows down from the first moment on,
as of any first-order system. What burns keeps its pace or gains. So the bend of the rise tells them apart, not its size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MOST_BINS, FIRST_BIN_S = 40, 1.0
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
SAMPLING = 0.08
"""Share by which a source's strength differs from visit to visit, as the head comes to stand a part of a pixel beside."""

Numbers = npt.NDArray[np.float64]


class Pace(NamedTuple):
    """How a rise bends. `settles`: it slows down as what is heated does. `keeps`: it surely does not. Both false: too little is known."""

    settles: bool = False
    keeps: bool = False


UNKNOWN = Pace()


@dataclass(slots=True)
class Life:
    """Means of a source's rise over its surroundings and of its excess in spans that grow as it grows older; any units."""

    pace: Pace = UNKNOWN
    _span_s: float = FIRST_BIN_S
    _bins: list[list[float]] = field(default_factory=list)
    """Of each: count, and sums of time, rise, excess. Visits that ended have one each."""
    _visits: int = 0
    _ended: bool = False
    _worked_s: float = -1e9

    def add(self, mono_s: float, rise: float, excess: float, *, ended: bool = False) -> None:
        """Take one look in. Times must not go back. `ended`: a grey scale did, so nothing says that it settles."""
        self._ended = self._ended or ended
        here = self._bins[self._visits :]
        if here and mono_s - here[-1][1] / here[-1][0] < 0.5 * self._span_s:
            for n, value in enumerate((1.0, mono_s, rise, excess)):
                here[-1][n] += value
        else:
            self._bins.append([1.0, mono_s, rise, excess])
        if len(self._bins) > MOST_BINS:
            self._thin()
        if mono_s - self._worked_s >= FIRST_BIN_S:
            self._worked_s = mono_s
            pace = self._pace()
            self.pace = Pace(pace.settles and not self._ended, pace.keeps)

    def lift(self, rise: float, excess: float) -> None:
        """Count so much more in all looks up to now: what was followed apart was one."""
        self._bins = [[count, when, r + count * rise, e + count * excess] for count, when, r, e in self._bins]

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
            self._span_s *= 2.0
            whole[1] = _paired(whole[1])
        self._bins, self._visits = [*whole[0], *whole[1]], len(whole[0])

    def _pace(self) -> Pace:
        """A source may heat up, or spread: it settles when both slow down, and keeps its pace when one of them does."""
        here = _paces(self._bins[self._visits :], visits=False)
        if not self._visits:
            return here
        whole = _paces([*self._bins[: self._visits], [sum(part) for part in zip(*self._bins[self._visits :], strict=True)]], visits=True)
        return Pace(whole.settles, here.keeps or whole.keeps)


def _paces(bins: list[list[float]], *, visits: bool) -> Pace:
    if len(bins) < (LEAST_VISITS if visits else LEAST_BINS):
        return UNKNOWN
    count, when, rise, excess = np.array(bins).T
    found = [_bend(count, when / count, values / count, visits=visits) for values in (rise, excess)]
    return Pace(all(each.settles for each in found), any(each.keeps for each in found))


def _paired(bins: list[list[float]]) -> list[list[float]]:
    pairs = zip(bins[::2], [*bins[1::2], [0.0] * 4], strict=False)
    return [[a + b for a, b in zip(one, two, strict=True)] for one, two in pairs]


def _bend(count: Numbers, when: Numbers, values: Numbers, *, visits: bool) -> Pace:
    """Fit a parabola to the rise since its onset, and compare its pace at the end with that at its begin."""
    now, low = float(values[-1 if visits else -2 :].mean()), int(np.argmin(values))
    base = float(values[low])
    if now - base < LEAST_RISE * abs(now):
        return UNKNOWN
    early = np.flatnonzero(values[low:] <= base + ONSET_SHARE * (now - base))
    first = low + int(early[-1])
    when, values, count = when[first:], values[first:], count[first:]
    length = float(when[-1] - when[0])
    if len(when) < (LEAST_VISITS if visits else LEAST_BINS) or length < LEAST_S:
        return UNKNOWN
    t = (when - when[0]) / length
    design = np.stack([np.ones_like(t), t, t * t], 1)
    error = SAMPLING * np.maximum(values, 0.25 * now) if visits else 1.0 / np.sqrt(count)
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
    return Pace(even <= -SURE_SETTLED, bool(rises and ((length >= EVEN_S and even >= SURE) or sigmas(FASTER) >= SURE_SETTLED)))
