"""A parked vehicle that ignites by itself: a hub and its tyre run away thermally, then flame, then the whole vehicle burns.

The smoulder has no flame and opens slowly, its rate doubling; from the first flame to the burning load it takes some four minutes.
Sources: tyre vapours at 260–290 °C, ignition from 340 °C (facts, field A.14); slow stage, then full fire within about 4 min
(SAE 2013-01-0214, 2016-01-1403; facts, thermal C.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from edged.simulator.fire import KW_PER_S2, Size, size_at
from edged.simulator.generator.fires import Seen, flaming
from edged.simulator.generator.patch import Patch

IGNITION_C, BURNING_C = 340.0, 480.0
TYRE_MAX_KW, LOAD_MAX_KW = 300.0, 8000.0
SPREAD_S = 150.0
"""From the first flame until the load takes part; then it grows as a fast fire, so that full fire comes some 4 min after the flame."""


@dataclass(frozen=True, slots=True)
class VehicleFire:
    """The fire of one vehicle. `k_per_min`: its first rate; `double_s`: in which the rate doubles; `wheel_m`: what is hot of the wheel."""

    seen: Seen
    start_s: float
    from_c: float = 15.0
    k_per_min: float = 5.0
    double_s: float = 60.0
    wheel_m: float = 0.5
    kind: str = "vehicle"
    burns: ClassVar[bool] = True

    @property
    def flame_s(self) -> float:
        """When the first flame shows."""
        return self.start_s + self.double_s * math.log2(1.0 + (IGNITION_C - self.from_c) / self._unit_k)

    def temp_c(self, t_s: float) -> float:
        """Return the temperature of the wheel."""
        if t_s < self.flame_s:
            return self.from_c + self._unit_k * math.expm1(math.log(2.0) * max(0.0, t_s - self.start_s) / self.double_s)
        return BURNING_C - (BURNING_C - IGNITION_C) * math.exp(-(t_s - self.flame_s) / 60.0)

    def heat_kw(self, t_s: float) -> float:
        """Return the heat that the flames release."""
        age_s = t_s - self.flame_s
        if age_s < 0.0:
            return 0.0
        load_kw = size_at(age_s - SPREAD_S, "fast", LOAD_MAX_KW).heat_kw if age_s > SPREAD_S else 0.0
        return size_at(age_s, "medium", TYRE_MAX_KW).heat_kw + load_kw

    def patches(self, t_s: float) -> tuple[Patch, ...]:
        """Return the wheel, and the flames once there are any."""
        if t_s < self.start_s:
            return ()
        wide, x, y = self.wheel_m * self.seen.px_per_m, self.seen.x_px, self.seen.y_px
        wheel = Patch(x, y - wide / 2, wide, wide, self.temp_c(t_s), self.seen.range_m + 0.1, 0.95, self.from_c, "disc")
        age_s = t_s - self.flame_s
        return (wheel, *flaming(self.seen, size_of(self.heat_kw(t_s)), age_s, self.from_c)) if age_s >= 0.0 else (wheel,)

    @property
    def _unit_k(self) -> float:
        return self.k_per_min / 60.0 * self.double_s / math.log(2.0)


def size_of(heat_kw: float) -> Size:
    """Return the size of a fire that releases so much."""
    return size_at(math.sqrt(heat_kw / KW_PER_S2["medium"]), "medium", math.inf)
