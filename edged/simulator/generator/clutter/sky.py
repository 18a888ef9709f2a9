"""Sun, clouds and what flies: roofs at sunrise, glint, clouds, aircraft, helicopters, birds. Pure."""

from __future__ import annotations

import math

from edged.simulator.generator.clutter.body import Body, Happening, Part, Sprite, stands
from edged.simulator.generator.clutter.course import Pulse, Steady, Unsteady
from edged.simulator.generator.clutter.draw import Draw
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.clutter.way import standing

GLINT_DEG_PER_MIN = 0.25
"""How fast the sun, and with it a reflection in a fixed pane, moves."""


def sunrise_roofs(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """The sun reaches the roofs: broad, slow (an hour), many alike, +10–35 K (facts: sun-heated roofs at 54–56 °C)."""
    until, bodies = at_s + draw("shines_s"), []
    rise_s, warm_k = draw("rise_s"), draw("warm_k")
    for _ in range(draw.whole("roofs")):
        spot = standing(draw, outlook, 40.0)
        begins = at_s + draw("lag_s")
        course = Pulse(outlook.ground_c, outlook.ground_c + warm_k * draw.even(0.7, 1.2), begins, until - begins, rise_s, 3000.0)
        bodies.append(Body(outlook, stands(spot, at_s, until + 7200.0), (Part(0.0, draw("up_m"), draw("long_m"), draw("deep_m"), course),)))
    return Happening("sunrise_roofs", tuple(bodies), (at_s,), at_s, until + 7200.0)


def cloud_gap(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """The sun comes out on one patch of bare metal roof or road: some kelvin a minute over tens of metres, and back."""
    spot = standing(draw, outlook, 40.0)
    shines = draw("shines_s")
    course = Pulse(outlook.ground_c, outlook.ground_c + draw("warm_k"), at_s, shines, draw("rise_s"), draw("cool_s"))
    body = Body(outlook, stands(spot, at_s, at_s + shines + 1800.0), (Part(0.0, draw("up_m"), draw("long_m"), draw("deep_m"), course),))
    return Happening("cloud_gap", (body,), (at_s, at_s + shines), at_s, at_s + shines + 1800.0)


def cloud(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A warm cloud crosses the cold sky: 10–30 K over it, degrees wide, 0.05–0.3°/s."""
    pixels_s = math.radians(draw("turn_deg_s")) / outlook.ifov_rad * draw.sign()
    wide, high = draw("wide_px"), draw("high_px")
    y = min(outlook.row(6000.0) - high, draw.even(0.0, 100.0))
    start = -wide if pixels_s > 0 else outlook.width_px + wide
    end = outlook.width_px + wide if pixels_s > 0 else -wide
    until = at_s + abs((end - start) / pixels_s)
    course = Steady(outlook.sky_c + draw("warm_k"))
    veil = draw("veil")
    bodies = tuple(
        Sprite(
            at_s, until, (start + dx * wide, y + dy * high), (end + dx * wide, y + dy * high), (size * wide, size * high),
            (size * wide, size * high), course, 5900.0, veil, None, "disc",
        )
        for dx, dy, size in ((0.0, 0.0, 1.0), (0.35, 0.2, 0.6), (-0.4, 0.1, 0.5))
    )  # fmt: skip
    return Happening("cloud", bodies, (at_s, until), at_s, until)


def glint(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """The sun in a pane, a windscreen or on water: 5–60 K in a spot that slides at 0.25°/min until the pane ends; water glitters."""
    spot, lasts = standing(draw, outlook, 3.0), draw("lasts_s")
    moved = math.radians(GLINT_DEG_PER_MIN) / 60.0 / outlook.ifov_rad * lasts
    angle = draw.even(0.0, 2.0 * math.pi)
    y, side = outlook.row(spot.range_m, draw("up_m")), draw("side_px")
    steady = Pulse(outlook.ground_c, outlook.ground_c + draw("warm_k"), at_s, 0.8 * lasts, 0.15 * lasts, 0.1 * lasts)
    course = Unsteady(steady, outlook.ground_c, 0.4, draw.even(0.3, 2.0), draw.even(0.0, 6.3)) if draw.chance("on_water") else steady
    end = (spot.x_px + moved * math.cos(angle), y + 0.5 * moved * math.sin(angle))
    body = Sprite(at_s, at_s + lasts, (spot.x_px, y), end, (side, side), (side, side), course, spot.range_m, shape="disc")
    return Happening("glint", (body,), (at_s, at_s + lasts), at_s, at_s + lasts)


def aircraft(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """An airliner crosses or approaches: body near the air's temperature before a cold sky, engines 60–150 °C, 1–2 m, at 3–9 km."""
    far, lasts = draw("range_m"), draw("lasts_s")
    turn = math.radians(draw("turn_deg_s")) / outlook.ifov_rad * draw.sign()
    y = draw.even(8.0, max(12.0, outlook.row(6000.0) - 25.0))
    x = draw.even(0.2, 0.8) * outlook.width_px
    begin = x if abs(turn) * lasts < 200.0 else (-30.0 if turn > 0 else outlook.width_px + 30.0)
    near = far * draw.even(0.5, 1.0)
    bodies = []
    for width, height, course, ahead, emissivity in (
        (35.0, 4.0, Steady(outlook.air_c - 10.0), 0.0, 0.6),
        (2.0, 2.0, Steady(draw("engine_c")), 0.0, 0.9),
    ):
        first, last = outlook.metre_px(far), outlook.metre_px(near)
        ends = ((begin, y), (begin + turn * lasts, y + draw.even(-5.0, 5.0)))
        sizes = ((width * first, height * first), (width * last, height * last))
        bodies.append(Sprite(at_s, at_s + lasts, *ends, *sizes, course, near - ahead, emissivity, outlook.sky_c))
    return Happening("aircraft", tuple(bodies), (at_s, at_s + lasts), at_s, at_s + lasts)


def helicopter(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A helicopter comes, hovers for minutes and goes: exhausts at 150–400 °C, 0.5 m, cabin +10 K."""
    range_m, hovers = draw("range_m"), draw("hovers_s")
    scale, air = outlook.metre_px(range_m), outlook.air_c
    x, y = draw.even(0.2, 0.8) * outlook.width_px, outlook.row(range_m, draw("height_m"))
    side = -20.0 if draw.sign() < 0 else outlook.width_px + 20.0
    comes = abs(x - side) / scale / 30.0
    ways = (
        (at_s, at_s + comes, (side, y - 15.0), (x, y)),
        (at_s + comes, at_s + comes + hovers, (x, y), (x + draw.even(-3, 3), y + draw.even(-2, 2))),
        (at_s + comes + hovers, at_s + 2 * comes + hovers, (x, y), (side, y - 25.0)),
    )
    pipe = Unsteady(Steady(draw("exhaust_c")), air, 0.1, 0.5, 1.0)
    bodies = []
    for begins, ends, start, end in ways:
        for size, course, nearer in (((9.0 * scale, 2.5 * scale), Steady(air + 8.0), 0.0), ((0.5 * scale, 0.5 * scale), pipe, 1.0)):
            bodies.append(Sprite(begins, ends, start, end, size, size, course, range_m - nearer))
    until = ways[-1][1]
    return Happening("helicopter", tuple(bodies), (at_s, at_s + comes, at_s + comes + hovers, until), at_s, until)


def birds(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """Birds cross at 8–18 m/s, 60–400 m away, 5–15 K over the air with their plumage; or perch in sight for a while."""
    bodies: list[Sprite] = []
    range_m = draw("range_m")
    scale, air = outlook.metre_px(range_m), outlook.air_c
    heading, speed = draw.sign(), draw("speed_m_s") * scale
    lasts = (outlook.width_px + 40.0) / speed
    y, perches = draw.even(0.1, 0.8) * outlook.height_px, draw.chance("perches")
    perched = draw("perched_s")
    for _ in range(1 if perches else draw.whole("birds")):
        side = (draw("span_m") * scale, 0.3 * draw("span_m") * scale)
        start = (-20.0 if heading > 0 else outlook.width_px + 20.0) - heading * draw.even(0.0, 60.0)
        dy, warm = draw.even(-25.0, 25.0), Steady(air + draw("warm_k"))
        if perches:
            at = (draw.even(0.1, 0.9) * outlook.width_px, y)
            small = (0.15 * scale, 0.2 * scale)
            bodies.append(Sprite(at_s, at_s + perched, at, at, small, small, warm, range_m))
        else:
            ends = ((start, y + dy), (start + heading * speed * lasts, y + dy + draw.even(-40.0, 40.0)))
            bodies.append(Sprite(at_s, at_s + lasts, *ends, side, side, warm, range_m))
    until = at_s + (perched if perches else lasts)
    return Happening("birds", tuple(bodies), (at_s, until), at_s, until)
