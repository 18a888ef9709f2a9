"""The three fires of laws/site.yaml in metres: what burns at a time, apart from any lens. Pure functions of time, t = 0 the first heat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from station.draws import LAW, Case, Rng, even, log_even

Shape = str


@dataclass(frozen=True, slots=True)
class Heat:
    """One flat part. Metres; `up_m` of its middle above the fire's middle. `clear`: it lets through what lies behind it (a flame)."""

    width_m: float
    height_m: float
    up_m: float
    temp_c: float
    emissivity: float
    clear: bool = False


class Fire(Protocol):
    """What burns."""

    def heats(self, t_s: float) -> tuple[Heat, ...]: ...

    def heat_kw(self, t_s: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A brazier or a warm skin: a square that comes to light from t = 0 on, whose excess over `cold_c` breathes a little."""

    side_m: float
    temp_c: float
    cold_c: float
    emissivity: float
    uncover_s: float
    breath: float = 0.0
    period_s: float = 1.0
    phase: float = 0.0

    def heats(self, t_s: float) -> tuple[Heat, ...]:
        """Return the part that is uncovered."""
        if t_s <= 0.0:
            return ()
        shown = min(1.0, t_s / self.uncover_s)
        breath = 1.0 + self.breath * math.sin(2.0 * math.pi * t_s / self.period_s + self.phase)
        temp = self.cold_c + (self.temp_c - self.cold_c) * breath
        return (Heat(self.side_m, self.side_m * shown, 0.5 * self.side_m * (shown - 1.0), temp, self.emissivity),)

    def heat_kw(self, t_s: float) -> float:
        """Return what it gives off, by its own radiation alone."""
        kelvin, cold = self.temp_c + 273.15, self.cold_c + 273.15
        return 5.67e-11 * self.side_m**2 * (kelvin**4 - cold**4) if t_s > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle fire: a smoulder that spreads and warms for `slow_s`, then flames by t² over it."""

    slow_s: float
    area_m2: tuple[float, float]
    temp_c: tuple[float, float]
    emissivity: float
    kw_per_s2: float
    flicker_hz: float

    def heats(self, t_s: float) -> tuple[Heat, ...]:
        """Return the smouldering bed and, later, the flame that stands on it."""
        if t_s <= 0.0:
            return ()
        share = min(1.0, t_s / self.slow_s)
        side = math.sqrt(self.area_m2[0] * (self.area_m2[1] / self.area_m2[0]) ** share)
        bed = Heat(side, side, 0.0, self.temp_c[0] + share * (self.temp_c[1] - self.temp_c[0]), self.emissivity)
        kw = self.flame_kw(t_s)
        if kw <= 0.0:
            return (bed,)
        law = LAW["vehicle"]["flame"]
        wide = math.sqrt(kw / float(law["kw_per_m2"]) / 1.5)
        puff = math.sin(2.0 * math.pi * self.flicker_hz * t_s) + 0.6 * math.sin(2.0 * math.pi * 2.7 * self.flicker_hz * t_s + 1.3)
        tall = 1.5 * wide * (1.0 + float(law["flicker"]["share"]) * puff / 1.6)
        emissivity = 1.0 - math.exp(-float(law["soot_per_m"]) * max(0.2, 0.5 * wide))
        return bed, Heat(wide, tall, 0.5 * tall - 0.5 * side, float(law["temp_c"]), emissivity, True)

    def flame_kw(self, t_s: float) -> float:
        """Return the heat of the flame by t² growth."""
        after = max(0.0, t_s - self.slow_s)
        return float(min(float(LAW["vehicle"]["flame"]["most_kw"]), self.kw_per_s2 * after * after))

    def heat_kw(self, t_s: float) -> float:
        """Return the heat of the flame."""
        return self.flame_kw(t_s)


def fire_of(case: Case) -> Fire:
    """Return the fire of a case."""
    rng = case.rng(1)
    return {"brazier": _brazier, "skin": _skin, "vehicle": _vehicle}[case.kind](rng, case)


def _brazier(rng: Rng, case: Case) -> Fire:
    law = LAW["brazier"]
    return Uncovered(
        float(law["size_m"]), even(rng, law["temp_c"]), case.weather.air_c, float(law["emissivity"]), even(rng, law["uncover_s"]),
        float(law["breath"]["share"]), even(rng, law["breath"]["period_s"]), even(rng, (0.0, 6.28)),
    )  # fmt: skip


def _skin(rng: Rng, case: Case) -> Fire:
    law = LAW["skin"]
    cold = case.weather.surface_c("roof" if case.on_top else "ground")
    return Uncovered(float(law["size_m"]), float(law["temp_c"]), cold, float(law["emissivity"]), even(rng, law["uncover_s"]))


def _vehicle(rng: Rng, case: Case) -> Fire:
    slow, flame = LAW["vehicle"]["slow"], LAW["vehicle"]["flame"]
    area = tuple(log_even(rng, ends) for ends in slow["area_m2"])
    temp = tuple(even(rng, ends) for ends in slow["temp_c"])
    return Vehicle(
        log_even(rng, slow["last_s"]), (area[0], area[1]), (temp[0], temp[1]), float(slow["emissivity"]), log_even(rng, flame["kw_per_s2"]),
        even(rng, flame["flicker"]["hz"]),
    )  # fmt: skip
