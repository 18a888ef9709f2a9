"""The camera's automatic gain, or the drift of a whole scene, measured against the learnt background and taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edged.detector.background import CELL, Background
from edged.model.frame import Thermogram

FIT_SPARSE_PX = 200_000
COLLAPSE = 0.75
CLIPPED = 254.0
"""Grey level at which the scale of an 8-bit picture has ended."""
LEAST_EXPLAINED = 0.5
"""A flat picture (fog, bare ground) says nothing of the gain; what noise makes of it would be learnt, and run away."""
SETTLED_LEVELS, OUTLIER_LEVELS = 4.0, 12.0
"""A fit whose rest is noise (nine in ten within the first, all within the second) needs no second round."""
Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The learnt levels that a picture is compared with, of every `skip`-th cell. Kept while the background stays as it is."""

    background: Background
    updates: int
    skip: int
    where: npt.NDArray[np.intp]
    known: Array
    spread: float
    """Variance of `known`."""

    @classmethod
    def of(cls, background: Background, sample: Array, skip: int) -> Reference:
        """Return the free cells of a background that `sample`, a picture at that stride, covers."""
        h, w = (min(a, b) for a, b in zip(sample.shape, background.mean[::skip, ::skip].shape, strict=True))
        free = np.zeros(sample.shape, np.bool_)
        free[:h, :w] = ~background.held_out[::skip, ::skip][:h, :w]
        known = np.zeros(sample.shape, np.float32)
        known[:h, :w] = background.mean[::skip, ::skip][:h, :w]
        where = np.flatnonzero(free)
        levels = known.ravel()[where]
        return cls(background, background.updates, skip, where, levels, float(levels.var()) if levels.size else 0.0)


@dataclass(slots=True)
class GainControl:
    """Heat ≈ `gain` · background + `offset` now; `usual` is the slow mean of the gain."""

    gain: float = 1.0
    offset: float = 0.0
    usual: float = 1.0
    reference: Reference | None = None

    @property
    def collapsed(self) -> bool:
        """Whether something very hot has taken the span just now."""
        return self.gain < COLLAPSE * self.usual

    @property
    def clip(self) -> float:
        """The normalised level from which on a grey picture shows no more."""
        return (CLIPPED - self.offset) / self.gain

    def normalised(self, thermogram: Thermogram, background: Background) -> Array:
        """Return the heat with the AGC's gain and offset, or the drift of the whole scene, taken out."""
        heat = thermogram.heat
        skip = 4 if heat.size > FIT_SPARSE_PX else 2
        sample = heat[CELL // 2 :: skip * CELL, CELL // 2 :: skip * CELL]
        known = self.reference
        if known is None or known.background is not background or known.updates != background.updates or known.skip != skip:
            known = self.reference = Reference.of(background, sample, skip)
        if known.where.size < 50:
            return heat
        seen = sample.ravel()[known.where]
        if thermogram.kind != "relative":
            self.offset = float(np.median(seen[::4] - known.known[::4]))
            return heat if abs(self.offset) < 0.3 else heat - np.float32(self.offset)
        self.gain, self.offset = _fit(known.known, seen)
        if _explained(known.spread, seen, self.gain) < LEAST_EXPLAINED:
            self.gain, self.offset = 1.0, float(np.median(seen - known.known))
        self.usual += 0.02 * (self.gain - self.usual)
        if abs(self.gain - 1.0) < 0.02 and abs(self.offset) < 1.0:
            return heat
        return (heat - np.float32(self.offset)) * np.float32(1.0 / self.gain)


def _fit(known: Array, seen: Array) -> tuple[float, float]:
    """Return (gain, offset) with seen ≈ gain · known + offset, after one round without the worst tenth."""
    gain, offset = _line(known, seen)
    rest = np.abs(seen - (gain * known + offset))
    most = np.partition(rest, int(0.9 * (rest.size - 1)))[int(0.9 * (rest.size - 1))]
    if most <= SETTLED_LEVELS and float(rest.max()) <= OUTLIER_LEVELS:
        return gain, offset
    good = rest <= most
    gain, offset = _line(known[good], seen[good])
    return (gain, offset) if 0.1 <= gain <= 10.0 else (1.0, float(np.median(seen - known)))


def _explained(spread: float, seen: Array, gain: float) -> float:
    """Return the share of what varies in a picture that a gain explains. `spread`: variance of what is known."""
    away = seen - np.float32(np.add.reduce(seen) / seen.size)
    whole = float(np.vdot(away, away)) / seen.size
    return gain * gain * spread / whole if whole > 0.0 else 0.0


def _line(known: Array, seen: Array) -> tuple[float, float]:
    a, b = float(np.add.reduce(known)) / known.size, float(np.add.reduce(seen)) / seen.size
    x = known - np.float32(a)
    power = float(np.vdot(x, x))
    gain = float(np.vdot(x, seen)) / power if power > 4.0 * known.size else 1.0
    return gain, b - gain * a
