"""Lorries, cars and lifting trucks: what is warm in them, and how it soaks after a stop. Trade knowledge, facts field.md A.14. Pure.

After a stop, without the air stream, the heat of brake and hub goes into rim and tyre, and the engine bay soaks: up for 10–30 min, then
down. What the parts are heated to is the law's: `rim_k`, `hidden_rim_k`, `engine_k`, `hidden_engine_k`, `exhaust_k`, kelvin over the air.
"""

from __future__ import annotations

import math

from edged.simulator.generator.clutter.body import Body, Happening, Leg, Part, Spot, box
from edged.simulator.generator.clutter.course import Course, Pulse, Soak, Steady, Summed, Unsteady
from edged.simulator.generator.clutter.draw import Draw
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.clutter.way import Way, parking, passing, shuttling

LORRY_M, CAR_M, STACKER_M = 16.5, 4.5, 11.0
LORRY_AXLES_M = (6.6, 3.0, 1.7, -4.2, -5.5, -6.8)
"""Axles before the middle; the last three are the trailer's."""
LAMP_UP_M = 1.1
TYRE_SHARE = 0.4
"""How much of the rim's excess the tyre's wall shows."""


def wheel(draw: Draw, outlook: Outlook, way: Way, across_m: float, extra_k: float = 0.0) -> list[Part]:
    """Return tyre and rim. `extra_k`: how much hotter this one's hidden mass is than the law's others."""
    spread = float(draw.rng.normal(1.0, 0.12))
    moving, hidden = draw("rim_k") * spread + 0.5 * extra_k, draw("hidden_rim_k") * spread + extra_k
    rim = Soak(outlook.air_c, moving, max(moving, hidden), draw("rim_fast_s"), draw("rim_slow_s"), way.stop_s, way.go_s)
    tyre = Soak(
        outlook.air_c, 4.0 + TYRE_SHARE * moving, 4.0 + TYRE_SHARE * max(moving, hidden), 2.0 * rim.fast_s, rim.slow_s, way.stop_s, way.go_s
    )
    return [
        Part(across_m, 0.5, 1.0, 1.0, tyre, shape="disc", nearer_m=0.1),
        Part(across_m, 0.5, 0.5, 0.5, rim, emissivity=0.8, shape="disc", nearer_m=0.2),
    ]


def engine(draw: Draw, outlook: Outlook, way: Way) -> Course:
    """Return the course of the engine bay's skin."""
    moving = draw("engine_k")
    return Soak(
        outlook.air_c, moving, max(moving, draw("hidden_engine_k")), draw("engine_fast_s"), draw("engine_slow_s"), way.stop_s, way.go_s
    )


def exhaust(draw: Draw, outlook: Outlook, way: Way) -> Soak:
    """Return the course of the silencer's skin: hottest while driving, then it only cools."""
    hot = draw("exhaust_k")
    return Soak(outlook.air_c, hot, hot, 60.0, draw("exhaust_slow_s"), way.stop_s, way.go_s)


def lorry_parts(draw: Draw, outlook: Outlook, way: Way, hot_wheel_k: float = 0.0) -> list[Part]:
    """Return a lorry with its trailer from the side."""
    air, ahead = outlook.air_c, way.heading
    hot = draw.rng.integers(3, 6) if hot_wheel_k else -1
    parts = [
        box(-ahead * 1.3, 2.7, 13.6, 2.6, air + draw("skin_k")),
        box(ahead * 7.0, 2.1, 2.3, 3.0, air + draw("cab_k"), nearer_m=0.05),
        Part(ahead * 6.9, 1.0, 1.5, 0.7, engine(draw, outlook, way), nearer_m=0.1),
        Part(ahead * 4.6, 0.9, 0.6, 0.5, exhaust(draw, outlook, way), emissivity=0.7, nearer_m=0.1),
    ]
    for number, across in enumerate(LORRY_AXLES_M):
        parts += wheel(draw, outlook, way, ahead * across, hot_wheel_k if number == hot else 0.0)
    return parts


def car_parts(draw: Draw, outlook: Outlook, way: Way) -> list[Part]:
    """Return a car or van from the side."""
    ahead = way.heading
    parts = [
        box(0.0, 0.9, CAR_M, 1.3, outlook.air_c + draw("skin_k")),
        Part(ahead * 1.5, 0.8, 1.2, 0.6, engine(draw, outlook, way), nearer_m=0.05),
        Part(-ahead * 2.0, 0.35, 0.25, 0.15, exhaust(draw, outlook, way), emissivity=0.7, nearer_m=0.1),
    ]
    return parts + wheel(draw, outlook, way, 1.35) + wheel(draw, outlook, way, -1.35)


def _of(kind: str, outlook: Outlook, way: Way, parts: list[Part], more_moments: tuple[float, ...] = ()) -> Happening:
    body = Body(outlook, way.legs, tuple(parts), way.between_px)
    return Happening(kind, (body,), (*way.moments_s, *more_moments), way.legs[0].from_s, way.legs[-1].until_s)


def lorry_parks(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A lorry arrives, parks and leaves."""
    way = parking(draw, outlook, at_s, LORRY_M)
    return _of("lorry_parks", outlook, way, lorry_parts(draw, outlook, way))


def hot_wheel(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A lorry of which one wheel is much hotter than its neighbours, and does not burn: an advisory, no alarm."""
    way = parking(draw, outlook, at_s, LORRY_M)
    return _of("hot_wheel", outlook, way, lorry_parts(draw, outlook, way, draw("hot_wheel_k")))


def lorry_passes(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A lorry drives through."""
    way = passing(draw, outlook, at_s, LORRY_M)
    return _of("lorry_passes", outlook, way, lorry_parts(draw, outlook, way))


def car_parks(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A car or van arrives, parks and leaves; its bonnet soaks."""
    way = parking(draw, outlook, at_s, CAR_M)
    return _of("car_parks", outlook, way, car_parts(draw, outlook, way))


def dpf_regeneration(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A parked lorry burns its particle filter clean: outlet gas at 400–600 °C, the pipe's end a little less, for 20–40 min."""
    way = parking(draw, outlook, at_s, LORRY_M)
    begins = way.stop_s + draw("waits_s")
    hot = Pulse(outlook.air_c, draw("outlet_c"), begins, draw("burns_s"), draw("outlet_rise_s"), draw("outlet_cool_s"))
    side = draw("outlet_m")
    parts = lorry_parts(draw, outlook, way)
    parts.append(Part(way.heading * 4.6, 0.6, side, side, hot, emissivity=0.85, nearer_m=0.3))
    shield = Pulse(outlook.air_c, outlook.air_c + draw("shield_k"), begins, hot.on_s, 2.0 * hot.rise_s, 1.5 * hot.cool_s)
    parts.append(Part(way.heading * 4.6, 0.9, 0.7, 0.6, Summed(outlook.air_c, (exhaust(draw, outlook, way), shield)), nearer_m=0.25))
    return _of("dpf_regeneration", outlook, way, parts, (begins, begins + hot.on_s))


def gate_queue(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """Lorries creep through a queue one place at a time; each stop heats discs and drums anew."""
    first = passing(draw, outlook, at_s, LORRY_M)
    scale = outlook.metre_px(first.range_m)
    place_px, bodies, moments = (LORRY_M + 2.5) * scale, [], [at_s]
    span = outlook.width_px + 2 * LORRY_M * scale
    advance = [draw("advance_s") for _ in range(int(span / place_px) + 1)]
    for number in range(draw.whole("lorries")):
        t, x = at_s + sum(advance[:2]) * number, -first.heading * 0.5 * LORRY_M * scale
        x += 0.0 if first.heading > 0 else outlook.width_px
        legs = []
        for wait in advance:
            to = x + first.heading * place_px
            move = min(wait * 0.6, place_px / scale / draw("speed_m_s") * 2.0)
            legs += [
                Leg(t, t + move, Spot(x, first.range_m), Spot(to, first.range_m), "braking"),
                Leg(t + move, t + wait, Spot(to, first.range_m), Spot(to, first.range_m)),
            ]
            t, x = t + wait, to
        air, ahead = outlook.air_c, first.heading
        swing = [draw.even(0.0, 6.3) for _ in LORRY_AXLES_M]
        period = 2.0 * sum(advance) / len(advance)
        parts = [
            box(-ahead * 1.3, 2.7, 13.6, 2.6, air + draw("skin_k")),
            box(ahead * 7.0, 2.1, 2.3, 3.0, air + draw("cab_k"), nearer_m=0.05),
            box(ahead * 6.9, 1.0, 1.5, 0.7, air + draw("engine_k"), nearer_m=0.1),
            box(ahead * 4.6, 0.9, 0.6, 0.5, air + draw("exhaust_k"), nearer_m=0.1),
        ]
        parts += [
            Part(ahead * across, 0.5, 0.5, 0.5, Unsteady(Steady(air + draw("brake_k")), air, 0.3, 1.0 / period, phase), nearer_m=0.2)
            for across, phase in zip(LORRY_AXLES_M, swing, strict=True)
        ]
        bodies.append(Body(outlook, tuple(legs), tuple(parts)))
        moments.append(legs[-1].until_s)
    return Happening("gate_queue", tuple(bodies), tuple(moments), at_s, max(moments))


def reach_stacker(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A reach stacker works to and fro; exhaust, engine and brakes are far hotter than a lorry's."""
    way = shuttling(draw, outlook, at_s, STACKER_M)
    air, ahead = outlook.air_c, way.heading
    until = way.legs[-1].until_s
    warm = [
        Pulse(air, air + draw(name), at_s, until - at_s, tau, 3000.0)
        for name, tau in (("exhaust_k", 120.0), ("engine_k", 500.0), ("brake_k", 400.0), ("brake_k", 400.0))
    ]
    parts = [
        box(0.0, 1.8, 7.5, 2.2, air + draw("skin_k")),
        Part(-ahead * 2.4, 3.6, 0.25, 1.2, Unsteady(warm[0], air, 0.2, 0.05, 1.0), emissivity=0.8, nearer_m=0.2),
        Part(-ahead * 2.8, 2.0, 1.8, 1.3, warm[1], nearer_m=0.1),
        Part(ahead * 2.6, 0.9, 0.8, 0.8, warm[2], shape="disc", nearer_m=0.2),
        Part(-ahead * 2.9, 0.8, 0.6, 0.6, warm[3], shape="disc", nearer_m=0.2),
    ]
    return _of("reach_stacker", outlook, way, parts)


def comes_nearer(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A lorry drives towards the lens: grille, cab and the warm glass of its lamps grow where they are seen, and hardly drift."""
    far, near = sorted((outlook.clamped_m(draw("range_m")), outlook.clamped_m(draw("near_m"))), reverse=True)
    speed, x = draw("speed_m_s"), draw.even(0.2, 0.8) * outlook.width_px
    drift = draw.even(-40.0, 40.0)
    stop_s = at_s + (far - near) / speed
    legs: list[Leg] = []
    steps = 12
    for n in range(steps):
        a, b = (far * (near / far) ** (k / steps) for k in (n, n + 1))
        spots = [Spot(x + drift * k / steps, r) for k, r in ((n, a), (n + 1, b))]
        legs.append(Leg(at_s + (far - a) / speed, at_s + (far - b) / speed, spots[0], spots[1]))
    go_s = stop_s + draw("stay_s")
    legs.append(Leg(stop_s, go_s, legs[-1].end, legs[-1].end))
    legs.append(
        Leg(go_s, go_s + 20.0, legs[-1].end, Spot(-60.0 if x < outlook.width_px / 2 else outlook.width_px + 60.0, near), "starting")
    )
    way = Way(tuple(legs), 1.0, near, stop_s, go_s, (-math.inf, math.inf))
    air = outlook.air_c
    parts = [
        box(0.0, 2.0, 2.5, 3.6, air + draw("skin_k")),
        Part(0.0, 1.1, 1.8, 0.9, engine(draw, outlook, way), nearer_m=0.1),
        *(box(side, LAMP_UP_M, 0.25, 0.2, air + draw("lamp_k"), nearer_m=0.2) for side in (-0.95, 0.95)),
        *(part for side in (-1.0, 1.0) for part in wheel(draw, outlook, way, side)),
    ]
    return _of("comes_nearer", outlook, way, parts)
