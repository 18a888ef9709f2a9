"""A parked trailer that ignites by itself: a dragging brake, a hub hotter than its neighbours, the tyre, the flame, the trailer. Pure.

Tyre vapours from 260–290 °C, ignition from 340 °C (facts field.md A.14); then heat release grows with the square of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from edged.simulator.fire import size_at
from edged.simulator.generator.clutter.body import Body, Happening, Part
from edged.simulator.generator.clutter.course import Course
from edged.simulator.generator.fires import Seen, flaming
from edged.simulator.generator.patch import Patch
from edged.simulator.settings import Growth

NEARER_M = 0.3
"""The burning wheel is painted right before the sound one that it was."""


@dataclass(frozen=True, slots=True)
class Departing:
    """A course that leaves `sound` at `from_s` and reaches `to_c` at `until_s`, faster and faster: share u to the power of `bend`."""

    sound: Course
    from_s: float
    until_s: float
    to_c: float
    bend: float

    def at(self, t_s: float) -> float:
        """Return the temperature."""
        u = min(1.0, max(0.0, (t_s - self.from_s) / (self.until_s - self.from_s)))
        sound = self.sound.at(t_s)
        return sound + max(0.0, self.to_c - sound) * float(u**self.bend)


@dataclass(frozen=True, slots=True)
class TrailerFire:
    """A lorry's wheel from the first departure to the burning trailer; the lorry itself is another stimulus, that stays sound.

    `rim_part`: which of the lorry's parts is the wheel's rim; the one before it is its tyre. Times: seconds of the sequence.
    """

    lorry: Happening
    rim_part: int
    smoulder_s: float
    ignition_s: float
    growth: Growth
    max_kw: float
    rim_c: float
    tyre_c: float
    bend: float
    kind: str = "trailer fire"
    burns: ClassVar[bool] = True

    def heat_kw(self, t_s: float) -> float:
        """Return the heat that its flames release."""
        return size_at(t_s - self.ignition_s, self.growth, self.max_kw).heat_kw if t_s >= self.ignition_s else 0.0

    def patches(self, t_s: float) -> list[Patch]:
        """Return wheel and flames as the lens sees them."""
        if t_s < self.smoulder_s:
            return []
        lorry = self.lorry.bodies[0]
        assert isinstance(lorry, Body)
        tyre, rim = (
            self._hotter(part, to_c) for part, to_c in zip(lorry.parts[self.rim_part - 1 :], (self.tyre_c, self.rim_c), strict=False)
        )
        out = Body(lorry.outlook, lorry.legs, (tyre, rim), lorry.between_px).patches(t_s)
        spot = lorry.spot(t_s)
        if t_s < self.ignition_s or spot is None:
            return out
        outlook, age_s = lorry.outlook, t_s - self.ignition_s
        x = spot.x_px + rim.across_m * outlook.metre_px(spot.range_m)
        seen = Seen(x, outlook.row(spot.range_m, 0.3), spot.range_m - 0.5, 1000.0 * outlook.ifov_rad)
        return [*out, *flaming(seen, size_at(age_s, self.growth, self.max_kw), age_s, outlook.air_c)]

    def _hotter(self, part: Part, to_c: float) -> Part:
        course = Departing(part.course, self.smoulder_s, self.ignition_s, to_c, self.bend)
        nearer = part.nearer_m + NEARER_M
        return Part(part.across_m, part.up_m, part.width_m, part.height_m, course, part.emissivity, part.reflected_c, part.shape, nearer)


def rim_parts(lorry: Happening) -> list[int]:
    """Return which parts of a lorry are the rims of its trailer."""
    body = lorry.bodies[0]
    assert isinstance(body, Body)
    discs = [n for n, part in enumerate(body.parts) if part.shape == "disc" and part.nearer_m == 0.2]
    return discs[-3:]
