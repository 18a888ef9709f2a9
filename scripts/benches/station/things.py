"""What else is warm near a fire: walkers, vehicles that pass or stand and cool, lamps, machines. In the plane, the same for all heads."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edged.geometry.site import Post, SiteModel
from station.draws import LAW, Case

HALF_M = 800.0
"""Things are drawn within this of the fire, east and north."""
BEFORE_S = 250.0
FOREVER_S = 1e9
MIDDLE_M = 1.0
LONG_M, SKIN_K = (3.0, 14.0), 4.0
"""How long a vehicle looks, turned as it stands, and how far its skin is from a wall's temperature."""
WALKER_M_S, WALKER_S = 1.2, 300.0
DRIVE_M_S, DRIVE_S = 5.0, 60.0
SOAK_FAST_S, SOAK_SLOW_S = (240.0, 720.0), (2400.0, 7200.0)
"""Heat soak after a stop (facts field A.14): up for 10–30 min, then down."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a thing, upright: metres, `up_m` and `across_m` of its middle; °C."""

    width_m: float
    height_m: float
    up_m: float
    temp_c: float
    across_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Thing:
    """Something warm. It stands or moves evenly from (`east_m`, `north_m`) at `from_s` until `until_s`."""

    kind: str
    east_m: float
    north_m: float
    velocity: tuple[float, float]
    from_s: float
    until_s: float
    air_c: float
    heat_k: float
    size_m: float = 1.0
    fast_s: float = 300.0
    slow_s: float = 3600.0
    skin_c: float = 0.0
    long_m: float = 0.0

    @property
    def moves(self) -> bool:
        """Whether it changes its place."""
        return self.velocity != (0.0, 0.0)

    def there(self, t_s: float) -> tuple[float, float] | None:
        """Return where it is, or None while it is not there."""
        if not self.from_s <= t_s < self.until_s:
            return None
        gone = t_s - self.from_s
        return self.east_m + self.velocity[0] * gone, self.north_m + self.velocity[1] * gone

    def pieces(self, t_s: float) -> tuple[Piece, ...]:
        """Return its parts at a time."""
        air = self.air_c
        match self.kind:
            case "walkers":
                return (Piece(0.5, 1.4, 0.7, air + 0.5 * max(0.0, 30.0 - air)), Piece(0.22, 0.28, 1.6, air + 0.8 * max(0.0, 33.0 - air)))
            case "driving":
                bay = Piece(min(2.0, self.long_m), 0.8, 0.9, air + 14.0, 0.35 * self.long_m)
                return self._body(), bay, Piece(0.3, 0.8, 1.5, air + self.heat_k, 0.3 * self.long_m)
            case "parked_warm":
                stood = t_s - self.from_s
                soak = math.exp(-stood / self.slow_s) - 0.7 * math.exp(-stood / self.fast_s)
                bay = Piece(min(2.0, self.long_m), 0.8, 0.9, air + 6.0 + 0.3 * self.heat_k * soak, 0.35 * self.long_m)
                return self._body(), bay, Piece(0.6, 0.6, 0.5, air + self.heat_k * max(0.05, soak), -0.3 * self.long_m)
            case "machines":
                on = 0.5 + 0.5 * math.tanh(4.0 * math.sin(2.0 * math.pi * (t_s + 1000.0) / self.slow_s))
                return (Piece(self.size_m, self.size_m, 3.0, air + self.heat_k * (0.4 + 0.6 * on)),)
            case _:
                return (Piece(self.size_m, self.size_m, 8.0, air + self.heat_k),)

    def _body(self) -> Piece:
        return Piece(self.long_m, 2.6, 1.8, self.skin_c)


def things(site: SiteModel, case: Case) -> tuple[Thing, ...]:
    """Return what is warm round a fire, from before the first visit to the end."""
    rng, law = case.rng(3), LAW["clutter"]
    time = "day" if case.weather.day else "night"
    area_km2 = (2.0 * HALF_M / 1000.0) ** 2
    end = float(LAW["horizon_s"])
    out: list[Thing] = []
    for kind, rates in law.items():
        lasts = {"walkers": WALKER_S, "driving": DRIVE_S}.get(kind)
        density = float(rates[time]) * area_km2
        count = int(rng.poisson(density if lasts is None else density * (end + BEFORE_S + lasts) / lasts))
        draws = rng.uniform(0.0, 1.0, (count, 9))
        out += [_moving(case, kind, lasts, row) if lasts is not None else _standing(case, kind, row) for row in draws.tolist()]
    return tuple(thing for thing in out if thing.moves or _on_ground(site, thing))


def _moving(case: Case, kind: str, lasts: float, row: list[float]) -> Thing:
    speed = WALKER_M_S if kind == "walkers" else DRIVE_M_S
    way, begins = 2.0 * math.pi * row[2], _between(-BEFORE_S - lasts, float(LAW["horizon_s"]), row[3])
    velocity = (speed * math.cos(way), speed * math.sin(way))
    heat, skin, long = _between(30.0, 60.0, row[4]), _skin(case, row[5]), _between(*LONG_M, row[6])
    return Thing(kind, *_place(case, row), velocity, begins, begins + lasts, case.weather.air_c, heat, skin_c=skin, long_m=long)


def _standing(case: Case, kind: str, row: list[float]) -> Thing:
    air, still = case.weather.air_c, (0.0, 0.0)
    east, north = _place(case, row)
    if kind == "parked_warm":
        begins = _between(-5400.0, float(LAW["horizon_s"]), row[2])
        heat, fast, slow = _between(30.0, 130.0, row[4]), _between(*SOAK_FAST_S, row[5]), _between(*SOAK_SLOW_S, row[6])
        leaves, skin, long = begins + _between(1200.0, 7200.0, row[3]), _skin(case, row[7]), _between(*LONG_M, row[8])
        return Thing(kind, east, north, still, begins, leaves, air, heat, 1.0, fast, slow, skin, long)
    size, temp = (0.3, _between(50.0, 90.0, row[4])) if kind == "lamps" else (_between(0.7, 1.0, row[5]), _between(80.0, 180.0, row[4]))
    return Thing(kind, east, north, still, -FOREVER_S, FOREVER_S, air, temp - air, size, slow_s=_between(60.0, 300.0, row[6]))


def _skin(case: Case, share: float) -> float:
    return case.weather.surface_c("wall", 0.6) + _between(-SKIN_K, SKIN_K, share)


def _place(case: Case, row: list[float]) -> tuple[float, float]:
    return case.east_m + _between(-HALF_M, HALF_M, row[0]), case.north_m + _between(-HALF_M, HALF_M, row[1])


def _between(low: float, high: float, share: float) -> float:
    return low + share * (high - low)


def _on_ground(site: SiteModel, thing: Thing) -> bool:
    """Whether it may stand there: on open dry ground; machines in machinery zones."""
    if site.structure_at(thing.east_m, thing.north_m) is not None or site.surface_at(thing.east_m, thing.north_m, "water") is not None:
        return False
    zone = site.zone_at(thing.east_m, thing.north_m) if thing.kind == "machines" else None
    return thing.kind != "machines" or (zone is not None and zone.policy == "machinery")


def in_sight(site: SiteModel, post: Post, thing: Thing, t_s: float | None = None) -> bool:
    """Tell whether a thing is there at a time, outside of structures and on dry ground, and the plan does not hide it from a post.

    Without a time: whether the place where it stands is in sight.
    """
    at = (thing.east_m, thing.north_m) if t_s is None else thing.there(t_s)
    if at is None or (thing.moves and (site.structure_at(*at) is not None or site.surface_at(*at, "water") is not None)):
        return False
    return site.hides(post, *at, float(site.ground.height_m(*at)) + MIDDLE_M) is None
