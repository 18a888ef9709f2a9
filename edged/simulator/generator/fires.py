"""What burns: flames over an ember bed that grow with the square of time, smoulders, skins that heat themselves, embers, points.

Each stands at a pixel, `range_m` away, in a lens of `ifov_mrad`; metres become pixels by their product. Time: seconds of the sequence.
Sources: `edged.simulator.fire` (growth, flame height, puffing); smoulder 1–5 K/min, skin 60 °C over 1 m² (facts, thermal B.4 and C.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from edged.simulator.fire import BED_C, BED_EMISSIVITY, FLAME_C, SOOT_PER_M, Size, flicker, size_at
from edged.simulator.generator.patch import Patch
from edged.simulator.settings import Growth

BED_HEIGHT = 0.25
"""Height of the ember bed over its width."""
TIP_SHARE, TIP_WIDTH = 0.6, 0.55
"""The flame is a body over the lower part of its height and a thinner, intermittent tip."""
EMBER_WAVES = ((0.05, 0.23), (0.03, 1.1))
"""Share of the ember bed's kelvin by which wind makes it glow and dim, and how often a second."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where something burns in the picture. `y_px` is its foot."""

    x_px: float
    y_px: float
    range_m: float
    ifov_mrad: float

    @property
    def px_per_m(self) -> float:
        """How many pixels a metre there covers."""
        return 1000.0 / (self.range_m * self.ifov_mrad)


@dataclass(frozen=True, slots=True)
class GrowingFire:
    """A flaming fire from `start_s` on, up to `max_kw`. Its flame is soot, 1 − exp(−K d): what stands behind shines through."""

    seen: Seen
    start_s: float
    growth: Growth = "medium"
    max_kw: float = 5000.0
    surroundings_c: float = 15.0
    burns: ClassVar[bool] = True

    @property
    def kind(self) -> str:
        """Name in tables."""
        return f"growing {self.growth}"

    def heat_kw(self, t_s: float) -> float:
        """Return the heat that it releases."""
        return size_at(t_s - self.start_s, self.growth, self.max_kw).heat_kw if t_s >= self.start_s else 0.0

    def patches(self, t_s: float) -> tuple[Patch, ...]:
        """Return bed, flame and tip."""
        age_s = t_s - self.start_s
        return flaming(self.seen, size_at(age_s, self.growth, self.max_kw), age_s, self.surroundings_c) if age_s >= 0.0 else ()


def flaming(seen: Seen, size: Size, age_s: float, surroundings_c: float) -> tuple[Patch, ...]:
    """Return what a flaming fire of a size consists of, `age_s` into its flicker."""
    scale, base = seen.px_per_m, size.base_m
    tall = max(0.05, size.height_m * flicker(age_s, base))
    puff = 0.5 + 0.5 * math.sin(2 * math.pi * 1.5 / math.sqrt(base) * age_s + 0.7)
    lean = 0.12 * base * math.sin(2 * math.pi * 0.7 * age_s)
    body, tip = TIP_SHARE * tall, (1.0 - TIP_SHARE) * tall * (0.6 + 0.8 * puff)
    y, near = seen.y_px, seen.range_m - 0.5 * base
    x, wide, high = seen.x_px, base * scale, BED_HEIGHT * base * scale
    bed = Patch(x, y - 0.5 * high, wide, high, BED_C, seen.range_m, BED_EMISSIVITY, surroundings_c)
    height, deep = body * scale, _soot(0.7 * base)
    flame = Patch(x + 0.5 * lean * scale, y - 0.5 * height, 0.9 * wide, height, FLAME_C, near, deep, None, "disc")
    height, deep = tip * scale, _soot(0.7 * TIP_WIDTH * base)
    top = Patch(x + lean * scale, y - body * scale - 0.3 * height, TIP_WIDTH * wide, height, FLAME_C, near - 0.1, deep, None, "disc")
    return bed, flame, top


def _soot(depth_m: float) -> float:
    return 1.0 - math.exp(-SOOT_PER_M * max(0.2, depth_m))


@dataclass(frozen=True, slots=True)
class Smoulder:
    """An opaque surface that warms from `from_c` by `k_per_min` up to `to_c`, without a flame: a smoulder spot, a self-heating skin."""

    seen: Seen
    start_s: float
    k_per_min: float
    width_m: float = 0.3
    height_m: float = 0.3
    from_c: float = 15.0
    to_c: float = 350.0
    kind: str = "smoulder"
    burns: ClassVar[bool] = True

    def temp_c(self, t_s: float) -> float:
        """Return its temperature."""
        return min(self.to_c, self.from_c + self.k_per_min * max(0.0, t_s - self.start_s) / 60.0)

    def heat_kw(self, t_s: float) -> float:
        """Return the heat that it radiates away beyond its surroundings'."""
        hot, cold = self.temp_c(t_s) + 273.15, self.from_c + 273.15
        return 5.67e-11 * 0.95 * (hot**4 - cold**4) * self.width_m * self.height_m

    def patches(self, t_s: float) -> tuple[Patch, ...]:
        """Return the surface."""
        if t_s < self.start_s:
            return ()
        scale = self.seen.px_per_m
        wide, high = self.width_m * scale, self.height_m * scale
        return (Patch(self.seen.x_px, self.seen.y_px - high / 2, wide, high, self.temp_c(t_s), self.seen.range_m, 0.95, self.from_c),)


@dataclass(frozen=True, slots=True)
class EmberBed:
    """Embers that are stirred up or uncovered: at full size after `spread_s`, glowing and dimming with the wind."""

    seen: Seen
    start_s: float
    side_m: float = 0.3
    temp_c: float = 450.0
    spread_s: float = 20.0
    surroundings_c: float = 15.0
    kind: str = "embers"
    burns: ClassVar[bool] = True

    def heat_kw(self, t_s: float) -> float:
        """Return the heat that it radiates."""
        return 5.67e-11 * BED_EMISSIVITY * (self.temp_c + 273.15) ** 4 * self._side_m(t_s) ** 2

    def patches(self, t_s: float) -> tuple[Patch, ...]:
        """Return the bed."""
        side = self._side_m(t_s) * self.seen.px_per_m
        if side <= 0.0:
            return ()
        glow = 1.0 + sum(share * math.sin(2 * math.pi * hz * t_s + n) for n, (share, hz) in enumerate(EMBER_WAVES))
        temp = self.surroundings_c + (self.temp_c - self.surroundings_c) * glow
        return (Patch(self.seen.x_px, self.seen.y_px - side / 2, side, side, temp, self.seen.range_m, BED_EMISSIVITY, self.surroundings_c),)

    def _side_m(self, t_s: float) -> float:
        return self.side_m * math.sqrt(min(1.0, max(0.0, t_s - self.start_s) / self.spread_s)) if t_s > self.start_s else 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """A black square of one temperature that appears and stays, `side_px` wide as the lens sees it: the bench's fixed fill."""

    x_px: float
    y_px: float
    start_s: float
    side_px: float
    temp_c: float = 800.0
    range_m: float = 0.0
    kind: str = "point"
    burns: ClassVar[bool] = True

    def patches(self, t_s: float) -> tuple[Patch, ...]:
        """Return the square."""
        if t_s < self.start_s:
            return ()
        return (Patch(self.x_px, self.y_px, self.side_px, self.side_px, self.temp_c, self.range_m, 1.0, None),)
