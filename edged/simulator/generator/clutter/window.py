"""What is on or right before the window: insects, rain, drops, a web. It keeps its pixels while the head turns. Pure.

Far out of focus: a blurred disc that covers only a part of each pixel's light, told by a low emissivity that lets the rest through.
"""

from __future__ import annotations

from edged.simulator.generator.clutter.body import Drawn, Happening, Sprite
from edged.simulator.generator.clutter.course import Pulse, Steady, Unsteady
from edged.simulator.generator.clutter.draw import Draw
from edged.simulator.generator.clutter.outlook import Outlook

NEAR_M = 2.0


def insect(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """An insect crosses the window: blurred over 20–90 px, < 1 s (facts field.md B)."""
    lasts, side = draw("lasts_s"), draw("side_px")
    start = (draw.even(0.0, 1.0) * outlook.width_px, draw.even(0.0, 1.0) * outlook.height_px)
    end = (start[0] + draw.sign() * draw("moves_px"), start[1] + draw.sign() * draw("moves_px"))
    size = (side, side)
    warm = Steady(outlook.air_c + draw("warm_k"))
    body = Sprite(at_s, at_s + lasts, start, end, size, size, warm, NEAR_M, draw("cover"), None, "disc")
    return Happening("insect", (body,), (at_s,), at_s, at_s + lasts, on_window=True)


def crawler(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A spider or beetle walks over the window for minutes, stops and walks on: a large soft spot warmer than a cold sky or ground."""
    bodies, t = [], at_s
    x, y = draw.even(0.1, 0.9) * outlook.width_px, draw.even(0.1, 0.9) * outlook.height_px
    side, cover, warm = draw("side_px"), draw("cover"), Steady(outlook.air_c + draw("warm_k"))
    for _ in range(draw.whole("steps")):
        for lasts, moves in ((draw("rests_s"), 0.0), (draw("walks_s"), 1.0)):
            to = (x + moves * draw.even(-120.0, 120.0), y + moves * draw.even(-100.0, 100.0))
            bodies.append(Sprite(t, t + lasts, (x, y), to, (side, side), (side, side), warm, NEAR_M, cover, None, "disc"))
            t, (x, y) = t + lasts, to
    return Happening("crawler", tuple(bodies), (at_s, t), at_s, t, on_window=True)


def rain(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """Rain: streaks of colder drops before the lens, new in each picture."""
    lasts = draw("lasts_s")
    middle = (outlook.width_px / 2.0, outlook.height_px / 2.0)
    cold = Steady(outlook.air_c - draw("cold_k"))
    streaks = Drawn(
        draw.seed,
        at_s,
        at_s + lasts,
        0.125,
        draw("streaks"),
        *middle,
        middle,
        (draw("wide_px"), draw("long_px")),
        cold,
        NEAR_M,
        draw("cover"),
    )
    return Happening("rain", (streaks,), (at_s, at_s + lasts), at_s, at_s + lasts, on_window=True)


def drop(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A drop stands on the window and dries: colder, or warmer than a cold sky; it keeps its pixels for minutes to an hour."""
    dries, side = draw("dries_s"), draw("side_px")
    at = (draw.even(0.05, 0.95) * outlook.width_px, draw.even(0.05, 0.95) * outlook.height_px)
    course = Pulse(outlook.air_c + draw("warm_k"), outlook.air_c, at_s, 1e9, dries, 1.0)
    body = Sprite(at_s, at_s + dries, at, at, (side, side), (0.3 * side, 0.3 * side), course, NEAR_M, draw("cover"), None, "disc")
    return Happening("drop", (body,), (at_s, at_s + dries), at_s, at_s + dries, on_window=True)


def moth(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A moth sits in the heater's warmth at the window's edge and flutters: warm, blurred, unsteady, for a minute or two."""
    lasts, side = draw("lasts_s"), draw("side_px")
    at = (draw.even(0.0, 1.0) * outlook.width_px, draw.sign() * 0.48 * outlook.height_px + 0.5 * outlook.height_px)
    warm = Unsteady(Steady(outlook.air_c + draw("warm_k")), outlook.air_c, 0.4, draw.even(1.0, 3.5), 0.3)
    body = Sprite(at_s, at_s + lasts, at, at, (side, side), (side, side), warm, NEAR_M, draw("cover"), None, "disc")
    return Happening("moth", (body,), (at_s, at_s + lasts), at_s, at_s + lasts, on_window=True)
