"""Temperature over time as pure functions: soak after a stop, thermostats, heating and cooling, arcs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


class Course(Protocol):
    """The temperature of one part of a thing, °C, at a time of the sequence."""

    def at(self, t_s: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Steady:
    """Always the same."""

    temp_c: float

    def at(self, t_s: float) -> float:
        """Return the temperature."""
        return self.temp_c


@dataclass(frozen=True, slots=True)
class Soak:
    """A skin over a hidden hot mass, cooled by the air stream until `stop_s` and again from `go_s` on.

    Two lumped masses: when the stream ends, heat from within reaches the skin with `fast_s`, and both cool with `slow_s`:
    `hidden_k`·exp(−d/slow) − (`hidden_k` − `moving_k`)·exp(−d/fast). With fast 4–12 min and slow 40–120 min it peaks 10–30 min
    after the stop. Units: kelvin over the air.
    """

    air_c: float
    moving_k: float
    hidden_k: float
    fast_s: float
    slow_s: float
    stop_s: float
    go_s: float = math.inf
    stream_s: float = 150.0

    def at(self, t_s: float) -> float:
        """Return the temperature."""
        if t_s <= self.go_s:
            return self.air_c + self._standing(t_s - self.stop_s)
        left = self._standing(self.go_s - self.stop_s)
        return self.air_c + self.moving_k + (left - self.moving_k) * math.exp(-(t_s - self.go_s) / self.stream_s)

    def _standing(self, stood_s: float) -> float:
        if stood_s <= 0.0:
            return self.moving_k
        gone = math.exp(-stood_s / self.slow_s)
        return self.hidden_k * gone - (self.hidden_k - self.moving_k) * math.exp(-stood_s / self.fast_s)


@dataclass(frozen=True, slots=True)
class Cycle:
    """A thermostat's steady rhythm: towards `high_c` for `on_s` of each `period_s`, else towards `low_c`, with one time constant."""

    low_c: float
    high_c: float
    period_s: float
    on_s: float
    tau_s: float
    phase_s: float = 0.0

    def at(self, t_s: float) -> float:
        """Return the temperature."""
        on, off = math.exp(-self.on_s / self.tau_s), math.exp(-(self.period_s - self.on_s) / self.tau_s)
        span = self.high_c - self.low_c
        top = span * (1.0 - on) / (1.0 - on * off)
        u = (t_s - self.phase_s) % self.period_s
        if u < self.on_s:
            return self.high_c - (span - top * off) * math.exp(-u / self.tau_s)
        return self.low_c + top * math.exp(-(u - self.on_s) / self.tau_s)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Heated towards `hot_c` from `at_s` for `on_s`, then cooling back towards `rest_c`."""

    rest_c: float
    hot_c: float
    at_s: float
    on_s: float
    rise_s: float
    cool_s: float

    def at(self, t_s: float) -> float:
        """Return the temperature."""
        u = t_s - self.at_s
        if u <= 0.0:
            return self.rest_c
        top = (self.hot_c - self.rest_c) * (1.0 - math.exp(-min(u, self.on_s) / self.rise_s))
        return self.rest_c + top * math.exp(-max(0.0, u - self.on_s) / self.cool_s)


@dataclass(frozen=True, slots=True)
class Summed:
    """Several courses over one level: `base_c` + Σ(course − base_c)."""

    base_c: float
    courses: tuple[Course, ...]

    def at(self, t_s: float) -> float:
        """Return the temperature."""
        return self.base_c + sum(course.at(t_s) - self.base_c for course in self.courses)


@dataclass(frozen=True, slots=True)
class Chopped:
    """By chance one of two temperatures in each `step_s`, `hot_c` in a share of them: arcs, flames too small to draw, swirling gas."""

    rest_c: float
    hot_c: float
    step_s: float
    share: float
    seed: int

    def at(self, t_s: float) -> float:
        """Return the temperature."""
        return self.hot_c if chance(self.seed, math.floor(t_s / self.step_s)) < self.share else self.rest_c


@dataclass(frozen=True, slots=True)
class Bursts:
    """A chopped course in bursts: each `burst_s` is at work with probability `duty`, at rest else."""

    inner: Chopped
    burst_s: float
    duty: float

    def at(self, t_s: float) -> float:
        """Return the temperature."""
        working = chance(self.inner.seed + 1, math.floor(t_s / self.burst_s)) < self.duty
        return self.inner.at(t_s) if working else self.inner.rest_c


@dataclass(frozen=True, slots=True)
class Unsteady:
    """A course that swings about its own rest by up to ± `swing` of its excess over `rest_c`, at `hertz`."""

    course: Course
    rest_c: float
    swing: float
    hertz: float
    phase: float

    def at(self, t_s: float) -> float:
        """Return the temperature."""
        turn = 2.0 * math.pi * self.hertz
        wave = 0.6 * math.sin(turn * t_s + self.phase) + 0.4 * math.sin(2.7 * turn * t_s + 2.1 * self.phase)
        return self.rest_c + (self.course.at(t_s) - self.rest_c) * (1.0 + self.swing * wave)


def chance(seed: int, number: int) -> float:
    """Return a number in [0, 1) that looks random and is the same for the same arguments (splitmix64)."""
    z = (seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return ((z ^ (z >> 31)) >> 11) / float(1 << 53)
