"""How things move over the ground of a picture: they come from an edge or from behind a stack, stop, and leave. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

from edged.simulator.generator.clutter.body import Leg, Spot
from edged.simulator.generator.clutter.draw import Draw
from edged.simulator.generator.clutter.outlook import Outlook

BRAKING_M_S2 = 0.8
MARGIN_PX = 12.0


class Way(NamedTuple):
    """Where something goes. `heading`: 1 to the right, −1 to the left. `stop_s`, `go_s`: when it stands; infinite where it does not."""

    legs: tuple[Leg, ...]
    heading: float
    range_m: float
    stop_s: float
    go_s: float
    between_px: tuple[float, float]

    @property
    def moments_s(self) -> tuple[float, ...]:
        """The moments at which it comes, stops, goes and has left."""
        ends = (self.legs[0].from_s, self.stop_s, self.go_s, self.legs[-1].until_s)
        return tuple(sorted({t for t in ends if math.isfinite(t)}))


def passing(draw: Draw, outlook: Outlook, at_s: float, length_m: float) -> Way:
    """Return a way from one edge to the other. Draws `range_m`, `speed_m_s`."""
    range_m, heading = outlook.clamped_m(draw("range_m")), draw.sign()
    scale = outlook.metre_px(range_m)
    half = 0.5 * length_m * scale + MARGIN_PX
    start, end = -half, outlook.width_px + half
    if heading < 0:
        start, end = end, start
    lasts = abs(end - start) / (draw("speed_m_s") * scale)
    legs = (Leg(at_s, at_s + lasts, Spot(start, range_m), Spot(end, range_m)),)
    return Way(legs, heading, range_m, math.inf, math.inf, (-math.inf, math.inf))


def parking(draw: Draw, outlook: Outlook, at_s: float, length_m: float) -> Way:
    """Return a way to a place in the picture, a stay, and the way on or back.

    Draws `range_m`, `speed_m_s`, `stay_s` and, with the chance `behind_stack`, a stack's edge from behind which it comes and to which it
    goes back, so that it is never seen at the edge of the picture.
    """
    range_m, heading = outlook.clamped_m(draw("range_m")), draw.sign()
    scale, speed = outlook.metre_px(range_m), draw("speed_m_s")
    half = 0.5 * length_m * scale
    inset = min(0.3 * outlook.width_px, half + 20.0)
    place = draw.even(inset, outlook.width_px - inset)
    braking_m = min(speed * speed / (2.0 * BRAKING_M_S2), 60.0)
    braking_px = braking_m * scale
    hidden = draw.chance("behind_stack")
    way_px = half + 10.0 + (draw.even(1.0, 3.0) * (braking_px + half) if hidden else (place if heading > 0 else outlook.width_px - place))
    start = place - heading * max(way_px, braking_px + half)
    between = ((start + half, math.inf) if heading > 0 else (-math.inf, start - half)) if hidden else (-math.inf, math.inf)
    even_px = max(0.0, abs(place - start) - braking_px)
    brakes_s = at_s + even_px / (speed * scale)
    stop_s = brakes_s + 2.0 * braking_m / speed
    go_s = stop_s + draw("stay_s")
    back = hidden or draw.even(0, 1) < 0.3
    out = -heading if back else heading
    away = start if back else (outlook.width_px + half + MARGIN_PX if heading > 0 else -half - MARGIN_PX)
    first = place + out * braking_px if abs(away - place) > braking_px else away
    started_s = go_s + 2.0 * abs(first - place) / scale / speed
    gone_s = started_s + abs(away - first) / (speed * scale)
    spots = [Spot(x, range_m) for x in (start, place - heading * braking_px if even_px else start, place, first, away)]
    legs = [
        Leg(at_s, brakes_s, spots[0], spots[1]),
        Leg(brakes_s, stop_s, spots[1], spots[2], "braking"),
        Leg(stop_s, go_s, spots[2], spots[2]),
        Leg(go_s, started_s, spots[2], spots[3], "starting"),
        Leg(started_s, gone_s, spots[3], spots[4]),
    ]
    return Way(tuple(leg for leg in legs if leg.until_s > leg.from_s), heading, range_m, stop_s, go_s, between)


def shuttling(draw: Draw, outlook: Outlook, at_s: float, length_m: float) -> Way:
    """Return a way to and fro: drives of `drive_m` at `speed_m_s`, rests of `rest_s`, for `works_s`; it begins and ends in the picture.

    It starts up where it stands: a machine that is switched on arrives from nowhere.
    """
    range_m, heading = outlook.clamped_m(draw("range_m")), draw.sign()
    scale, speed = outlook.metre_px(range_m), draw("speed_m_s")
    half = 0.5 * length_m * scale + 10.0
    x = draw.even(min(half, 0.4 * outlook.width_px), max(outlook.width_px - half, 0.6 * outlook.width_px))
    t, until, legs, way = at_s, at_s + draw("works_s"), [], heading
    while t < until:
        rest = draw("rest_s")
        legs.append(Leg(t, t + rest, Spot(x, range_m), Spot(x, range_m)))
        t += rest
        step = draw("drive_m") * scale
        if not half <= x + way * step <= outlook.width_px - half:
            way = -way
        to = min(max(x + way * step, half), outlook.width_px - half)
        lasts = max(1.0, abs(to - x) / (speed * scale))
        legs.append(Leg(t, t + lasts, Spot(x, range_m), Spot(to, range_m)))
        t, x, way = t + lasts, to, -way
    return Way(tuple(legs), heading, range_m, math.inf, math.inf, (-math.inf, math.inf))


def standing(draw: Draw, outlook: Outlook, length_m: float) -> Spot:
    """Return a place on the ground in the picture. Draws `range_m`."""
    range_m = outlook.clamped_m(draw("range_m"))
    half = min(0.4 * outlook.width_px, 0.5 * length_m * outlook.metre_px(range_m) + 12.0)
    return Spot(draw.even(half, outlook.width_px - half), range_m)
