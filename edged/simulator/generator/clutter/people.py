"""People, and the small fires that they light: walkers, a cigarette, joss paper, a barbecue, fireworks. Trade knowledge. Pure.

Joss paper, barbecue and fireworks burn and nobody wants the fire brigade: an alarm for them is a nuisance, counted apart.
"""

from __future__ import annotations

import math

from edged.simulator.generator.clutter.body import Body, Drawn, Happening, Leg, Part, Spot, box, stands
from edged.simulator.generator.clutter.course import Chopped, Pulse, Steady, Summed, Unsteady
from edged.simulator.generator.clutter.draw import Draw
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.clutter.way import standing

PERSON_M = 0.6


def person(draw: Draw, outlook: Outlook, across_m: float = 0.0) -> list[Part]:
    """Return head, trunk and legs, dressed: skin 30–34 °C, clothes some kelvin over the air."""
    air = outlook.air_c
    return [
        box(across_m, 1.62, 0.18, 0.24, max(air + 2.0, draw("skin_c"))),
        box(across_m, 1.15, 0.5, 0.7, air + draw("clothes_k")),
        box(across_m, 0.4, 0.35, 0.8, air + 0.6 * draw("clothes_k")),
    ]


def walker(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """One to four people walk, stop for a while, and walk on. Skin 30–34 °C; 1.2 m/s."""
    range_m = outlook.clamped_m(draw("range_m"))
    scale, speed = outlook.metre_px(range_m), draw("speed_m_s")
    bodies, moments = [], {at_s}
    heading, start = draw.sign(), draw.even(0.1, 0.9) * outlook.width_px
    hidden = draw.chance("behind_stack")
    if not hidden:
        start = -8.0 if heading > 0 else outlook.width_px + 8.0
    t, x = at_s, start
    legs: list[Leg] = []
    for _ in range(draw.whole("stretches")):
        to = x + heading * draw("stretch_m") * scale
        lasts, rest = abs(to - x) / (speed * scale), draw("rest_s")
        legs += [
            Leg(t, t + lasts, Spot(x, range_m), Spot(to, range_m)),
            Leg(t + lasts, t + lasts + rest, Spot(to, range_m), Spot(to, range_m)),
        ]
        moments |= {t, t + lasts}
        t, x = t + lasts + rest, to
    between = ((start, math.inf) if heading > 0 else (-math.inf, start)) if hidden else (-math.inf, math.inf)
    for n in range(draw.whole("people")):
        bodies.append(Body(outlook, tuple(legs), tuple(person(draw, outlook, n * draw.even(0.6, 1.5))), between))
    return Happening("walker", tuple(bodies), tuple(sorted(moments | {t})), at_s, t)


def cigarette(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """Somebody stands and smokes: an 8 mm coal at 500–800 °C that glows up at each draw; facts field.md B: 20 K at 300 m through 75 mm."""
    spot, lasts = standing(draw, outlook, PERSON_M), draw("smokes_s")
    air = outlook.air_c
    coal = Unsteady(Steady(draw("coal_c")), air, 0.25, 0.08, draw.even(0.0, 6.3))
    parts = [*person(draw, outlook), Part(0.25, 1.5, 0.008, 0.008, coal, shape="disc", nearer_m=0.3)]
    body = Body(outlook, stands(spot, at_s, at_s + lasts), tuple(parts))
    return Happening("cigarette", (body,), (at_s, at_s + lasts), at_s, at_s + lasts)


def joss_paper(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """Joss paper on the ground: up in a minute, flames for some minutes fed by hand, then ash for half an hour. People stand by."""
    spot = standing(draw, outlook, 2.0)
    burns = draw("burns_s")
    until = at_s + burns + draw("ash_s")
    side, air = draw("bed_m"), outlook.air_c
    bed = Pulse(air, draw("bed_c"), at_s, burns, 25.0, 400.0)
    flame = Pulse(air, draw("flame_c"), at_s, burns, 8.0, 15.0)
    parts = [Part(0.0, 0.1, side, 0.25 * side, bed, emissivity=0.9, nearer_m=0.1)]
    parts += [
        Part(
            draw.even(-0.2, 0.2) * side, 0.2 + (0.3 + 0.35 * n) * side, (0.8 - 0.25 * n) * side, 0.4 * side,
            Unsteady(flame, air, 0.5, draw.even(0.8, 2.5), draw.even(0.0, 6.3)), emissivity=0.25, reflected_c=None, nearer_m=0.2,
        )
        for n in range(3)
    ]  # fmt: skip
    legs = stands(spot, at_s, until)
    people = Body(outlook, stands(spot, at_s - 40.0, at_s + burns), tuple(person(draw, outlook, 1.2)))
    return Happening(
        "joss_paper", (Body(outlook, legs, tuple(parts)), people), (at_s - 40.0, at_s, at_s + burns, until), at_s - 40.0, until
    )


def barbecue(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """Charcoal: lit with flames for some minutes, then a bed at 400–600 °C for an hour or two."""
    spot = standing(draw, outlook, 2.0)
    lit, burns = draw("lit_s"), draw("burns_s")
    side, air = draw("bed_m"), outlook.air_c
    bed = Unsteady(Pulse(air, draw("bed_c"), at_s, burns, 400.0, 900.0), air, 0.06, 0.02, 0.4)
    flame = Unsteady(Pulse(air, draw("flame_c"), at_s, lit, 15.0, 30.0), air, 0.5, 1.7, draw.even(0.0, 6.3))
    until = at_s + burns + 1800.0
    parts = [
        Part(0.0, 0.8, side, 0.3 * side, bed, emissivity=0.9, nearer_m=0.1),
        Part(0.0, 1.0, 0.6 * side, 0.5 * side, flame, emissivity=0.2, reflected_c=None, nearer_m=0.2),
    ]
    people = Body(outlook, stands(spot, at_s - 120.0, at_s + burns), (*person(draw, outlook, 1.1), *person(draw, outlook, -1.4)))
    body = Body(outlook, stands(spot, at_s, until), tuple(parts))
    return Happening("barbecue", (body, people), (at_s - 120.0, at_s, at_s + lit, at_s + burns), at_s - 120.0, until)


def fireworks(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """Shells over the site: each a burst of stars at 800–1,500 °C, centimetres large, that spread and are out in 2 s; a hot tube below."""
    range_m = draw("range_m")
    scale = outlook.metre_px(range_m)
    x, lasts = draw.even(0.15, 0.85) * outlook.width_px, draw("lasts_s")
    bodies: list[Body | Drawn] = []
    t = at_s
    while t < at_s + lasts:
        t += draw("pause_s")
        height, wide = draw("height_m"), draw("spread_m")
        y = outlook.row(range_m, height)
        star = draw("star_m") * scale
        heat = Steady(draw("star_c"))
        for n in range(3):
            reach = wide * scale * (0.4 + 0.3 * n)
            begin = t + 0.5 * n
            bodies.append(
                Drawn(
                    draw.seed, begin, begin + 0.5, 0.125, draw("stars") * (1.0 - 0.3 * n), x, y, (reach, reach), (star, star), heat, range_m
                )
            )
    ground = Spot(x, outlook.clamped_m(range_m))
    tube = Summed(
        outlook.air_c,
        tuple(Pulse(outlook.air_c, outlook.air_c + 60.0, b.from_s, 0.5, 0.5, 60.0) for b in bodies[::3] if isinstance(b, Drawn)),
    )
    bodies.append(Body(outlook, stands(ground, at_s, t + 120.0), (Part(0.0, 0.3, 0.15, 0.5, tube),)))
    return Happening("fireworks", tuple(bodies), (at_s, t), at_s, t + 120.0)


def welding(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """Arc welding: bursts of a pool of 1 cm² at 1,500–2,200 °C with spatter, and a seam that stays at 200–700 °C; facts field.md A.6."""
    spot, works = standing(draw, outlook, 2.0), draw("works_s")
    air, until = outlook.air_c, at_s + works
    up = draw("up_m")
    seed = draw.seed
    bursts = [at_s + n * 45.0 + draw.even(0.0, 20.0) for n in range(int(works / 45.0))]
    burst = draw("burst_s")
    side, pool_c, seam_c = draw("pool_m"), draw("pool_c"), draw("seam_c")
    seam = Summed(air, tuple(Pulse(air, seam_c, b, burst, 5.0, 40.0) for b in bursts))
    plate = Pulse(air, air + draw("plate_k"), at_s, works, 900.0, 1200.0)
    legs = stands(spot, at_s, until + 600.0)
    parts = [
        Part(0.0, up, 0.4, 0.3, plate, nearer_m=0.1),
        Part(0.0, up, 0.15, 0.02, seam, emissivity=0.7, nearer_m=0.2),
        *person(draw, outlook, 0.5),
    ]
    bodies: list[Body | Drawn] = [Body(outlook, legs, tuple(parts))]
    scale, y = outlook.metre_px(spot.range_m), outlook.row(spot.range_m, up)
    for b in bursts:
        arc = Chopped(air, pool_c, 0.125, 0.7, seed)
        bodies.append(Body(outlook, stands(spot, b, b + burst), (Part(0.05, up, side, side, arc, emissivity=0.5, nearer_m=0.3),)))
        bodies.append(
            Drawn(seed + 7, b, b + burst, 0.125, draw("spatter"), spot.x_px, y + 0.4 * scale, (0.6 * scale, 0.5 * scale),
                  (0.006 * scale, 0.006 * scale), Steady(1200.0), spot.range_m - 0.4)
        )  # fmt: skip
    return Happening("welding", tuple(bodies), (at_s, until), at_s, until + 600.0)
