"""Things made of warm parts that stand, drive or fly: from metres and courses to patches. Pure functions of time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from edged.simulator.generator.clutter.course import Course, Steady, chance
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.patch import Patch, Shape

Ease = Literal["even", "braking", "starting"]


class Spot(NamedTuple):
    """Where a body is: column, pixels; range and height of its foot over the ground, metres."""

    x_px: float
    range_m: float
    height_m: float = 0.0


class Leg(NamedTuple):
    """One movement. Before the first leg and after the last the body is not there; between two it rests."""

    from_s: float
    until_s: float
    start: Spot
    end: Spot
    ease: Ease = "even"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a body, upright. Metres from the body's foot: `across_m` right, `up_m` its centre, `nearer_m` before the foot."""

    across_m: float
    up_m: float
    width_m: float
    height_m: float
    course: Course
    emissivity: float = 0.95
    reflected_c: float | None = 10.0
    shape: Shape = "box"
    nearer_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Body:
    """Parts that move together. `between_px`: the columns between which it can be seen, where stacks hide the rest of its way."""

    outlook: Outlook
    legs: tuple[Leg, ...]
    parts: tuple[Part, ...]
    between_px: tuple[float, float] = (-math.inf, math.inf)

    def spot(self, t_s: float) -> Spot | None:
        """Return where it is, or None while it is not there."""
        if not self.legs[0].from_s <= t_s < self.legs[-1].until_s:
            return None
        leg = next((leg for leg in reversed(self.legs) if leg.from_s <= t_s), self.legs[0])
        u = min(1.0, (t_s - leg.from_s) / max(1e-9, leg.until_s - leg.from_s))
        share = {"even": u, "braking": 2.0 * u - u * u, "starting": u * u}[leg.ease]
        return Spot(*(a + share * (b - a) for a, b in zip(leg.start, leg.end, strict=True)))

    def patches(self, t_s: float) -> list[Patch]:
        """Return its parts as the lens sees them."""
        spot = self.spot(t_s)
        if spot is None:
            return []
        scale = self.outlook.metre_px(spot.range_m)
        out = []
        for part in self.parts:
            x, width = spot.x_px + part.across_m * scale, part.width_m * scale
            left, right = max(x - width / 2.0, self.between_px[0]), min(x + width / 2.0, self.between_px[1])
            if right <= left or right < -1.0 or left > self.outlook.width_px:
                continue
            y = self.outlook.row(spot.range_m, spot.height_m + part.up_m)
            out.append(
                Patch(
                    (left + right) / 2.0, y, right - left, part.height_m * scale, part.course.at(t_s), spot.range_m - part.nearer_m,
                    part.emissivity, part.reflected_c, part.shape,
                )
            )  # fmt: skip
        return out


@dataclass(frozen=True, slots=True)
class Happening:
    """A stimulus: bodies, and the moments at which something begins, stops or ends.

    `on_window`: it keeps its pixels while the head turns.
    """

    kind: str
    bodies: tuple[Body | Drawn | Sprite, ...]
    moments_s: tuple[float, ...]
    from_s: float
    until_s: float
    burns: bool = False
    on_window: bool = False

    def patches(self, t_s: float) -> Sequence[Patch]:
        """Return what the picture shows of it."""
        if not self.from_s <= t_s < self.until_s:
            return ()
        return [patch for body in self.bodies for patch in body.patches(t_s)]


class Sprite(NamedTuple):
    """One patch that moves evenly over the picture itself, from one place to the other: what flies, and what is on the window."""

    from_s: float
    until_s: float
    start_px: tuple[float, float]
    end_px: tuple[float, float]
    start_size_px: tuple[float, float]
    end_size_px: tuple[float, float]
    course: Course
    range_m: float
    emissivity: float = 0.95
    reflected_c: float | None = 10.0
    shape: Shape = "box"

    def patches(self, t_s: float) -> list[Patch]:
        """Return it where it is now."""
        if not self.from_s <= t_s < self.until_s:
            return []
        u = (t_s - self.from_s) / (self.until_s - self.from_s)
        x, y, width, height = (
            a + u * (b - a) for a, b in zip((*self.start_px, *self.start_size_px), (*self.end_px, *self.end_size_px), strict=True)
        )
        return [Patch(x, y, width, height, self.course.at(t_s), self.range_m, self.emissivity, self.reflected_c, self.shape)]


class Drawn(NamedTuple):
    """A swarm of like specks that are drawn anew in each `step_s`: rain, spatter, sparks. Pixels, °C, metres.

    `many` on average in a box of ±`reach_px` around (x_px, y_px); each lasts one step.
    """

    seed: int
    from_s: float
    until_s: float
    step_s: float
    many: float
    x_px: float
    y_px: float
    reach_px: tuple[float, float]
    size_px: tuple[float, float]
    course: Course
    range_m: float
    emissivity: float = 0.95
    reflected_c: float | None = None

    def patches(self, t_s: float) -> list[Patch]:
        """Return the specks of this step."""
        if not self.from_s <= t_s < self.until_s:
            return []
        number = math.floor(t_s / self.step_s)
        specks = math.floor(self.many + _unit(self, number, 0))
        out = []
        for speck in range(specks):
            dx, dy, big = (_unit(self, number, 3 * speck + i) for i in (1, 2, 3))
            x, y = self.x_px + (2.0 * dx - 1.0) * self.reach_px[0], self.y_px + (2.0 * dy - 1.0) * self.reach_px[1]
            width, height = (side * (0.5 + big) for side in self.size_px)
            out.append(Patch(x, y, width, height, self.course.at(t_s), self.range_m, self.emissivity, self.reflected_c))
        return out


def _unit(drawn: Drawn, number: int, which: int) -> float:
    return chance(drawn.seed, number * 1009 + which)


def stands(spot: Spot, from_s: float, until_s: float) -> tuple[Leg, ...]:
    """Return the way of something that stays where it is."""
    return (Leg(from_s, until_s, spot, spot),)


def box(across_m: float, up_m: float, width_m: float, height_m: float, temp_c: float, **more: float) -> Part:
    """Return a part of one temperature."""
    return Part(across_m, up_m, width_m, height_m, Steady(temp_c), **more)  # type: ignore[arg-type]
