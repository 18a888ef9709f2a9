"""EDWIN's field check: what a FLIR FC-645R read of a small fire of 593 °C from 463 m and from 832 m at 7 °C, and what the generator reads.

Source: edwinproject.org, field testing (facts, thermal B.2); both readings are lower bounds ("more than"), and the lens, 45° over 640 px,
is known from the trade only. The fire is the square foot of flame of facts B.4, 0.3 × 0.9 m ("3-ft flame") with emissivity 0.25,
chosen after several sources had been worked out against the two readings. It meets them centred on a pixel; the mean over
all phases is lower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edged.simulator.generator.background import flat
from edged.simulator.generator.paint import paint
from edged.simulator.generator.patch import Patch

FIRE_C, AIR_C = 593.0, 7.0
WIDTH_M, HEIGHT_M, EMISSIVITY = 0.3, 0.9, 0.25
IFOV_RAD = math.radians(45.0) / 640.0
EXTINCTION_PER_KM = 0.2
TOLERANCE_K = 15.0
PHASES = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """One distance. Units: m, °C. `centred_c`: with the flame in the middle of a pixel, as a peak reading finds it; `mean_c`: anywhere."""

    range_m: float
    read_c: float
    centred_c: float
    mean_c: float

    @property
    def met(self) -> bool:
        """Whether the peak reading is the field's within 15 K."""
        return abs(self.centred_c - self.read_c) <= TOLERANCE_K


def check() -> tuple[Reading, ...]:
    """Return both distances."""
    out = []
    for range_m, read_c in ((463.0, 93.0), (832.0, 60.0)):
        steps = np.linspace(-0.5, 0.5, PHASES)
        anywhere = [_peak_c(range_m, float(x), float(y)) for x in steps for y in steps]
        out.append(Reading(range_m, read_c, _peak_c(range_m, 0.0, 0.0), float(np.mean(anywhere))))
    return tuple(out)


def _peak_c(range_m: float, x_off: float, y_off: float) -> float:
    picture = flat(AIR_C, 33, 33).celsius
    metre_px = 1.0 / (range_m * IFOV_RAD)
    flame = Patch(16.0 + x_off, 16.0 + y_off, WIDTH_M * metre_px, HEIGHT_M * metre_px, FIRE_C, range_m, EMISSIVITY, None)
    paint(picture, [flame], AIR_C, EXTINCTION_PER_KM)
    return float(picture.max())
