"""The camera's automatic gain, or the drift of a whole scene, measured against the learnt background and taken out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from edged.detector import gaincurve
from edged.detector.background import CELL, Background
from edged.detector.gaincurve import Bins, Curve
from edged.detector.levelled import Levelled
from edged.detector.scaletop import CLIPPED

FIT_SPARSE_PX = 200_000
COLLAPSE = 0.75
HUNTING, MOVING_LEVELS = 0.04, 5.0
STEADY_GAIN, STEADY_LEVELS = 0.02, 1.0
"""A gain and a level nearer to what they were are left as they are; once taken out, until they are twice as near."""
WEAK = 0.6
"""Below this gain what noise and steps of one level make of heat is counted with."""
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
    middle: float
    away: Array
    """`known` without its mean, `middle`."""
    power: float
    """Sum of the squares of `away`."""
    _bins: list[Bins | None] = field(default_factory=list)

    @property
    def bins(self) -> Bins | None:
        """The bins of a curve, made when they are first asked for; None where there are too few levels."""
        if not self._bins:
            self._bins.append(Bins.of(self.background))
        return self._bins[0]

    @classmethod
    def of(cls, background: Background, shape: tuple[int, ...], skip: int) -> Reference:
        """Return the free cells of a background that a picture of this shape at that stride covers."""
        h, w = (min(a, b) for a, b in zip(shape, background.mean[::skip, ::skip].shape, strict=True))
        free = np.zeros(shape, np.bool_)
        free[:h, :w] = ~background.held_out[::skip, ::skip][:h, :w]
        known = np.zeros(shape, np.float32)
        known[:h, :w] = background.mean[::skip, ::skip][:h, :w]
        where = np.flatnonzero(free)
        levels = known.ravel()[where]
        middle = float(np.add.reduce(levels)) / max(1, levels.size)
        away = levels - np.float32(middle)
        return cls(background, background.updates, skip, where, levels, middle, away, float(np.vdot(away, away)))


@dataclass(slots=True)
class GainControl:
    """Heat ≈ `gain` · background + `offset` now, or a curve of it; `usual` is the slow mean of the gain, `lately` that of about a second;
    `top`: the grey level at which the scale ends.

    `shift`: by how much the middle of the scene is brighter than learnt; `doubt`: how much heat noise may make.
    """

    gain: float = 1.0
    offset: float = 0.0
    usual: float = 1.0
    lately: float = 1.0
    reference: Reference | None = None
    curve: Curve | None = None
    doubt: float = 0.0
    taken_out: Literal["line", "curve"] | None = None
    switched: bool = False
    """Whether something else is taken out than of the picture before: then all light makes a step."""
    shift: float = 0.0
    lately_shift: float = 0.0
    top: float = CLIPPED

    @property
    def hunting(self) -> bool:
        """Whether the gain is on its way: what varies then may be the gain."""
        return abs(self.gain - self.lately) > HUNTING * self.lately

    @property
    def moving(self) -> bool:
        """Whether the gain or the level is on its way."""
        return self.hunting or abs(self.shift - self.lately_shift) > MOVING_LEVELS

    @property
    def bending(self) -> bool:
        """Whether a curve is on its way: then areas vary as well, for what is half of a rise moves along the curve."""
        return self.curve is not None and self.moving

    @property
    def collapsed(self) -> bool:
        """Whether something very hot has taken the span just now."""
        return self.gain < COLLAPSE * self.usual

    @property
    def clip(self) -> float:
        """The level of heat from which on a grey picture shows no more: in the picture as it is judged, with what is taken out of it."""
        return self.end if self.taken_out is not None else self.top

    @property
    def end(self) -> float:
        """The heat at which the scale ends, in units of the background, by the gain that is measured, be it taken out or not."""
        return (self.top - self.offset) / self.gain - self.doubt if self.curve is None else float(self.curve.sure[int(self.top)])

    @property
    def heats(self) -> Array:
        """Return the heat of each grey level, (256,), in units of the background."""
        if self.curve is not None:
            return self.curve.heat
        return ((gaincurve.LEVELS - self.offset) / self.gain).astype(np.float32)

    def level(self, shown: Levelled, background: Background, shift: tuple[float, float] = (0.0, 0.0)) -> None:
        """Take the AGC's gain and offset, or the drift of the whole scene, out of a picture that lies `shift` pixels off the background."""
        thermogram = shown.thermogram
        picture = thermogram.heat if thermogram.levels is None else thermogram.levels
        skip = 4 if picture.size > FIT_SPARSE_PX else 2
        sample = picture[gaincurve.where(thermogram.shape, shift, CELL // 2, skip * CELL)]
        self.switched = False
        known = self.reference
        if known is None or known.background is not background or known.updates != background.updates or known.skip != skip:
            known = self.reference = Reference.of(background, sample.shape, skip)
        if known.where.size < 50:
            return
        seen = sample.ravel() if known.where.size == sample.size else sample.ravel().take(known.where)
        seen = seen.astype(np.float32, copy=False)
        if thermogram.kind != "relative":
            self.offset = float(np.median(seen[::4] - known.known[::4]))
            if abs(self.offset) >= 0.3:
                shown.level(1.0, self.offset)
            return
        middle = float(np.add.reduce(seen)) / seen.size
        away = seen - np.float32(middle)
        self.gain, self.offset, settled = _fit(known, seen, middle)
        whole = float(np.vdot(away, away))
        if whole <= 0.0 or self.gain * self.gain * known.power < LEAST_EXPLAINED * whole:
            self.gain, self.offset, settled = 1.0, float(np.median(seen - known.known)), False
        self.usual += 0.02 * (self.gain - self.usual)
        self.lately += 0.1 * (self.gain - self.lately)
        self.shift = (self.gain - 1.0) * known.middle + self.offset
        self.lately_shift += 0.1 * (self.shift - self.lately_shift)
        self._bend(known, seen, thermogram.levels, shift, settled=settled)
        before, room = self.taken_out, 0.5 if self.taken_out == "line" else 1.0
        if self.curve is not None:
            self.taken_out = "curve"
            shown.bend(self.curve)
        elif abs(self.gain - 1.0) >= room * STEADY_GAIN or abs(self.offset) >= room * STEADY_LEVELS:
            self.taken_out = "line"
            shown.level(self.gain, self.offset, self.doubt)
        else:
            self.taken_out = None
        self.switched = self.taken_out != before

    def _bend(
        self, known: Reference, seen: Array, levels: npt.NDArray[np.uint8] | None, shift: tuple[float, float], *, settled: bool
    ) -> None:
        """See whether a curve does what the line does not, and how much of the heat may be noise."""
        before, self.curve, self.doubt = self.curve, None, 0.0
        if settled and self.gain >= WEAK:
            return
        bins = None if settled or levels is None else known.bins
        if bins is not None and levels is not None:
            self.curve = gaincurve.fit(bins, levels, self.gain, self.offset, shift, bent=before is not None, moving=self.moving)
        if self.curve is None and 0.0 < self.gain < WEAK:
            rest = seen - (np.float32(self.gain) * known.known + np.float32(self.offset))
            self.doubt = gaincurve.doubt_of(rest, moving=self.moving) * (1.0 / self.gain - 1.0)


def _fit(reference: Reference, seen: Array, middle: float) -> tuple[float, float, bool]:
    """Return (gain, offset, whether the rest is noise) with seen ≈ gain · known + offset. `middle`: mean of `seen`.

    After one round without the worst tenth, where that is more than noise.
    """
    known = reference.known
    gain, offset = _line(reference.away, reference.power, reference.middle, seen, middle)
    rest = np.abs(seen - (np.float32(gain) * known + np.float32(offset)))
    tenth = int(0.9 * (rest.size - 1))
    most = float(rest.max())
    if most <= SETTLED_LEVELS or (most <= OUTLIER_LEVELS and np.count_nonzero(rest > SETTLED_LEVELS) < rest.size - tenth):
        return gain, offset, True
    good = rest <= np.partition(rest, tenth)[tenth]
    known_good, seen_good = known[good], seen[good]
    a, b = (float(np.add.reduce(values)) / values.size for values in (known_good, seen_good))
    away = known_good - np.float32(a)
    gain, offset = _line(away, float(np.vdot(away, away)), a, seen_good, b)
    return (gain, offset, False) if 0.1 <= gain <= 10.0 else (1.0, float(np.median(seen - known)), False)


def _line(away: Array, power: float, known: float, seen: Array, middle: float) -> tuple[float, float]:
    """Return (gain, offset). `away`: what is known, less its mean `known`; `power`: sum of its squares; `middle`: mean of `seen`."""
    gain = float(np.vdot(away, seen)) / power if power > 4.0 * away.size else 1.0
    return gain, middle - gain * known
