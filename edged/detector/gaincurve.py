"""The curve of a gain control that is no line: histogram equalisation spreads the levels that many pixels have and crowds the others.

Fitted against the learnt background in bins of equal count, where a line leaves more than noise. Read backwards it gives the heat of each
of the 256 grey levels, less what noise may make of it: where a gain is weaker than when the scene was learnt, one level is many of heat.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import CELL, Background, peaks

BINS, LEAST_IN_BIN, MOST_IN_BIN = 32, 15, 160
TOPS = (0.99, 0.996, 0.999, 1.0)
"""The brightest cells are few and small: above the last bin the curve follows the maxima of the cells between these shares."""
BENT_LEVELS, STRAIGHT_LEVELS, LEAST_LEVELS, OFF_SHARE = 4.0, 2.5, 1.5, 0.85
"""A curve is used when a seventh of its bins lie so many levels of heat from the line, and more than rounding makes, and until they lie
less far: text alone bends nothing."""
DOUBTS, DOUBTS_MOVING = 3.0, 6.0
"""So many sigmas of what a fit leaves may be noise; more while the gain is on its way, as a coder's picture lags behind it."""
NOISE_SHARE, NOISE_SIGMAS = 0.8, 1.28
"""A sigma is read where so many lie below it: of a picture in few steps of grey more than half leave nothing."""
LEAST_STEPS, LEAST_GAIN, LEAST_EXPLAINED = 3, 0.1, 0.7
Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.float64]
LEVELS = np.arange(256, dtype=np.float64)


class Curve(NamedTuple):
    """Of each grey level, (256,), in units of the background: `heat`, and `sure`, as much of it as noise does not make."""

    heat: Array
    sure: Array


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Which free cells share a bin of learnt means, (bins, n), darkest first, their means, and the brightest cells with their maxima."""

    order: Indices
    heat: Numbers
    tops: list[tuple[Indices, float]]

    @classmethod
    def of(cls, background: Background) -> Bins | None:
        """Return the bins of a background; None where too few cells are free."""
        free = np.flatnonzero(~background.held_out)
        count = free.size // BINS
        if count < LEAST_IN_BIN:
            return None
        known, peak = background.mean.ravel()[free], background.peak.ravel()[free]
        order = free[np.argsort(known, kind="stable")[: BINS * count].reshape(BINS, count)][:, :: max(1, count // MOST_IN_BIN)]
        rank = np.argsort(peak, kind="stable")
        edges = [int(share * rank.size) for share in TOPS]
        tops = [(free[rank[a:b]], float(np.median(peak[rank[a:b]]))) for a, b in pairwise(edges) if b > a]
        return cls(order, background.mean.ravel()[order].mean(axis=1, dtype=np.float64), tops)


def doubt_of(rest: Array, *, moving: bool) -> float:
    """Return how many grey levels noise may make, where a fit leaves `rest`. `moving`: the gain is on its way."""
    away, n = np.abs(rest).ravel(), int(NOISE_SHARE * rest.size)
    return (DOUBTS_MOVING if moving else DOUBTS) / NOISE_SIGMAS * float(np.partition(away, n)[n])


def where(shape: tuple[int, int], shift: tuple[float, float], begin: int = 0, step: int = 1) -> tuple[Any, Any]:
    """Return the index of every `step`-th pixel from `begin` on, where it lies in a picture that is shifted by so many pixels.

    `shift`: x right, y down. Beyond the rim the last ones stand in.
    """
    if round(shift[0]) == round(shift[1]) == 0:
        return slice(begin, None, step), slice(begin, None, step)
    rows, cols = ((np.arange(begin, side, step) + round(by)).clip(0, side - 1) for side, by in zip(shape, shift[::-1], strict=True))
    return rows[:, None], cols


def fit(
    bins: Bins, levels: npt.NDArray[np.uint8], gain: float, offset: float, shift: tuple[float, float], *, bent: bool, moving: bool
) -> Curve | None:
    """Return the curve that makes `levels`, (H, W), of the background, or None where the line of gain and offset does.

    `shift`: see `where`; `bent`: a curve was used before. Cell means are compared with cell means: what noise and texture make of pixels is
    none of the curve.
    """
    levels = levels[where((levels.shape[0], levels.shape[1]), shift)]
    high, wide = levels.shape[0] // CELL, levels.shape[1] // CELL
    small = cv2.resize(levels[: CELL * high, : CELL * wide], (wide, high), interpolation=cv2.INTER_AREA).ravel()
    binned = small[bins.order]
    level, heat = np.median(binned, axis=1).astype(np.float64), bins.heat
    if float(level.var()) < LEAST_EXPLAINED * float(binned.var()):
        return None
    away = np.abs(level - (gain * heat + offset))
    if float(np.quantile(away, OFF_SHARE)) < max(LEAST_LEVELS, gain * (STRAIGHT_LEVELS if bent else BENT_LEVELS)):
        return None
    pixels = levels[CELL // 2 :: CELL, CELL // 2 :: CELL][:high, :wide].ravel()[bins.order]
    doubt = doubt_of(np.asarray(pixels - level[:, None], np.float32), moving=moving)
    level = 0.5 * (np.maximum.accumulate(level) + np.minimum.accumulate(level[::-1])[::-1])
    maxima = peaks(levels).ravel()
    for cells, known in bins.tops:
        if known > heat[-1]:
            heat, level = np.append(heat, known), np.append(level, max(float(np.median(maxima[cells])), level[-1]))
    steps, at = np.unique(level, return_inverse=True)
    if len(steps) < LEAST_STEPS:
        return None
    heats, pace = np.bincount(at, heat) / np.bincount(at), 1.0 / max(gain, LEAST_GAIN)
    table = _read(LEVELS, steps, heats, pace)
    sure = np.minimum(table, _read(LEVELS - doubt, steps, heats, pace) + doubt)
    return Curve(table.astype(np.float32), sure.astype(np.float32))


def _read(levels: Numbers, steps: Numbers, heats: Numbers, pace: float) -> Numbers:
    beyond = np.maximum(levels - steps[-1], 0.0) - np.maximum(steps[0] - levels, 0.0)
    return np.asarray(np.interp(levels, steps, heats) + pace * beyond)
