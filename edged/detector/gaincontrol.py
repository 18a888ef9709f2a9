"""The camera's automatic gain, or the drift of a whole scene, measured against the learnt background and taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edged.detector.background import CELL, Background
from edged.model.frame import Thermogram

FIT_SPARSE_PX = 200_000
COLLAPSE = 0.75
Array = npt.NDArray[np.float32]


@dataclass(slots=True)
class GainControl:
    """Heat ≈ `gain` · background + `offset` now; `usual` is the slow mean of the gain."""

    gain: float = 1.0
    offset: float = 0.0
    usual: float = 1.0

    @property
    def collapsed(self) -> bool:
        """Whether something very hot has taken the span just now."""
        return self.gain < COLLAPSE * self.usual

    def normalised(self, thermogram: Thermogram, background: Background) -> Array:
        """Return the heat with the AGC's gain and offset, or the drift of the whole scene, taken out."""
        heat = thermogram.heat
        skip = 4 if heat.size > FIT_SPARSE_PX else 2
        sample = heat[CELL // 2 :: skip * CELL, CELL // 2 :: skip * CELL]
        known = background.mean[::skip, ::skip]
        h, w = min(sample.shape[0], known.shape[0]), min(sample.shape[1], known.shape[1])
        free = ~background.held_out[::skip, ::skip][:h, :w]
        x, y = known[:h, :w][free], sample[:h, :w][free]
        if x.size < 50:
            return heat
        if thermogram.kind != "relative":
            self.offset = float(np.median(y[::4] - x[::4]))
            return heat if abs(self.offset) < 0.3 else heat - np.float32(self.offset)
        self.gain, self.offset = _fit(x, y)
        self.usual += 0.02 * (self.gain - self.usual)
        if abs(self.gain - 1.0) < 0.02 and abs(self.offset) < 1.0:
            return heat
        return (heat - np.float32(self.offset)) * np.float32(1.0 / self.gain)


def _fit(known: Array, seen: Array) -> tuple[float, float]:
    """Return (gain, offset) with seen ≈ gain · known + offset, after one round without the worst tenth."""
    gain, offset = _line(known, seen)
    rest = np.abs(seen - (gain * known + offset))
    good = rest <= np.partition(rest, int(0.9 * (rest.size - 1)))[int(0.9 * (rest.size - 1))]
    gain, offset = _line(known[good], seen[good])
    return (gain, offset) if 0.1 <= gain <= 10.0 else (1.0, float(np.median(seen - known)))


def _line(known: Array, seen: Array) -> tuple[float, float]:
    a, b = float(known.mean()), float(seen.mean())
    x = known - np.float32(a)
    power = float(np.vdot(x, x))
    gain = float(np.vdot(x, seen - np.float32(b))) / power if power > 4.0 * known.size else 1.0
    return gain, b - gain * a
