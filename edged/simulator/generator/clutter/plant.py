"""What the port itself heats: cranes, gensets, reefers, ships, flues, stacks, steam, machines, road works, lamps, boxes. Pure.

Sources: facts thermal.md A.3.1 (working excavator 175 °C, steam 188 °C, stack beside port cranes 77 °C), field.md B; else trade knowledge.
"""

from __future__ import annotations

from edged.simulator.generator.clutter.body import Body, Happening, Leg, Part, Spot, box, stands
from edged.simulator.generator.clutter.course import Course, Cycle, Pulse, Steady, Summed, Unsteady
from edged.simulator.generator.clutter.draw import Draw
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.clutter.way import shuttling, standing


def brake_resistor(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A quay crane works: each lowering heats the resistor bank on its house to 150–400 °C; it cools between, every 90–150 s."""
    spot, works = standing(draw, outlook, 6.0), draw("works_s")
    air, until = outlook.air_c, at_s + works
    on = Cycle(air + draw("warm_k"), draw("hot_c"), draw("period_s"), draw("lowers_s"), draw("tau_s"), at_s)
    grille = Part(0.0, draw("up_m"), 2.4, 1.2, on, emissivity=0.8)
    house = box(0.0, grille.up_m - 2.2, 7.0, 3.0, air + 3.0, nearer_m=-0.2)
    bodies = (Body(outlook, stands(spot, at_s - 3600.0, at_s), (house,)), Body(outlook, stands(spot, at_s, until), (house, grille)))
    return Happening("brake_resistor", bodies, (at_s, until), at_s - 3600.0, until)


def rtg_genset(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A yard crane starts its diesel and drives from slot to slot: radiator +20–45 K, exhaust 200–400 °C."""
    way = shuttling(draw, outlook, at_s, 12.0)
    air, until = outlook.air_c, way.legs[-1].until_s
    up = draw("up_m")
    radiator = Pulse(air, air + draw("radiator_k"), at_s, until - at_s, 300.0, 900.0)
    pipe = Unsteady(Pulse(air, draw("exhaust_c"), at_s, until - at_s, 90.0, 300.0), air, 0.25, 0.03, draw.even(0.0, 6.3))
    parts = (
        box(0.0, up, 4.5, 2.4, air + 4.0),
        Part(1.2, up, 1.5, 1.5, radiator, nearer_m=0.1),
        Part(-1.5, up + 1.6, 0.2, 0.7, pipe, emissivity=0.8, nearer_m=0.1),
    )
    return Happening("rtg_genset", (Body(outlook, way.legs, parts),), (at_s, until), at_s, until)


def reefer_rack(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A rack of cooled boxes: condensers cycle at +6–15 K; now and then one defrosts and then blows warm air out."""
    spot, until = standing(draw, outlook, 20.0), at_s + draw("stays_s")
    air, many = outlook.air_c, draw.whole("boxes")
    parts, moments = [], [at_s]
    for n in range(many):
        across, up = (n % 6 - 2.5) * 2.9, 1.3 + 2.7 * (n // 6)
        period = draw("period_s")
        hum = Cycle(air + 1.0, air + draw("condenser_k"), period, draw.even(0.4, 0.7) * period, 90.0, draw.even(0.0, period))
        defrost = at_s + draw.even(0.1, 1.0) * draw("defrost_every_s")
        blow: Course = Pulse(air, air + draw("defrost_k"), defrost, draw("defrost_s"), 240.0, 500.0)
        if defrost < until and len(moments) < 5:
            moments.append(defrost)
        parts += [
            box(across, up, 2.4, 2.6, air + draw("skin_k")),
            Part(across, up - 0.2, 1.6, 1.0, Summed(air, (hum, blow)), nearer_m=0.1),
        ]
    return Happening("reefer_rack", (Body(outlook, stands(spot, at_s, until), tuple(parts)),), (*moments, until), at_s, until)


def funnel(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A berthed ship starts an auxiliary: the funnel's casing goes to 50–110 °C in 20 min, under a thin plume of gas at 150–300 °C."""
    spot, runs = standing(draw, outlook, 30.0), draw("runs_s")
    air, up = outlook.air_c, draw("up_m")
    until = at_s + runs + 3600.0
    casing = Pulse(air + 3.0, draw("casing_c"), at_s, runs, draw("rise_s"), 1800.0)
    pipe = Pulse(air + 3.0, draw("pipe_c"), at_s, runs, 240.0, 900.0)
    gas = Unsteady(Pulse(air, draw("gas_c"), at_s, runs, 60.0, 60.0), air, 0.4, 0.6, draw.even(0.0, 6.3))
    parts = (
        box(0.0, up - 4.0, 9.0, 7.0, air + 2.0, nearer_m=-0.2),
        Part(0.0, up, 3.0, 2.0, casing),
        Part(0.5, up + 1.5, 0.8, 1.0, pipe, emissivity=0.85, nearer_m=0.1),
        Part(0.8, up + 4.0, 1.6, 4.0, gas, emissivity=draw("plume"), reflected_c=None, nearer_m=0.2),
    )
    return Happening("funnel", (Body(outlook, stands(spot, at_s - 1800.0, until), parts),), (at_s, at_s + runs), at_s - 1800.0, until)


def kitchen_flue(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A canteen cooks: the hood's outlet goes to 45–90 °C within minutes and swings with the woks; 1–3 h."""
    spot, cooks = standing(draw, outlook, 4.0), draw("cooks_s")
    air = outlook.air_c
    outlet = Unsteady(Pulse(air, draw("outlet_c"), at_s, cooks, draw("rise_s"), 600.0), air, 0.15, 0.01, draw.even(0.0, 6.3))
    gas = Unsteady(Pulse(air, draw("outlet_c"), at_s, cooks, 60.0, 60.0), air, 0.5, 0.9, draw.even(0.0, 6.3))
    side, up = draw("outlet_m"), draw("up_m")
    parts = (
        Part(0.0, up, side, side, outlet),
        Part(0.2, up + side, side, 1.5 * side, gas, emissivity=0.08, reflected_c=None, nearer_m=0.1),
    )
    until = at_s + cooks + 1800.0
    return Happening("kitchen_flue", (Body(outlook, stands(spot, at_s, until), parts),), (at_s, at_s + cooks), at_s, until)


def stack(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A boiler's stack: 77 °C at the top beside port cranes, warming over tens of minutes; standing high."""
    spot, runs = standing(draw, outlook, 5.0), draw("runs_s")
    air, up = outlook.air_c, draw("up_m")
    top = Pulse(air, draw("top_c"), at_s, runs, draw("rise_s"), 2400.0)
    parts = (Part(0.0, up, draw("wide_m"), 4.0, top), box(0.0, up - 6.0, 1.5, 8.0, air + 4.0, nearer_m=-0.1))
    until = at_s + runs + 3600.0
    return Happening("stack", (Body(outlook, stands(spot, at_s, until), parts),), (at_s, at_s + runs), at_s, until)


def steam(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A valve opens: a pipe at 188 °C and swirling wet steam, half opaque, at 60–95 °C, for seconds to minutes, again and again."""
    spot = standing(draw, outlook, 4.0)
    air, bodies, moments, t = outlook.air_c, [], [at_s], at_s
    for _ in range(draw.whole("blows")):
        lasts = draw("blows_s")
        pipe = Pulse(air + 20.0, draw("pipe_c"), t, lasts, 10.0, 300.0)
        puffs = [
            Part(
                0.3 * n * draw.even(-1, 1), 1.5 + 0.8 * n, 0.6 + 0.5 * n, 0.9 + 0.3 * n,
                Unsteady(Steady(draw("steam_c")), air, 0.45, draw.even(0.5, 2.0), draw.even(0.0, 6.3)),
                emissivity=0.5 - 0.12 * n, reflected_c=None, nearer_m=0.2,
            )
            for n in range(3)
        ]  # fmt: skip
        bodies.append(Body(outlook, stands(spot, t, t + lasts), tuple(puffs)))
        bodies.append(Body(outlook, stands(spot, t, t + lasts + 300.0), (Part(0.0, 1.2, 0.3, 0.4, pipe, nearer_m=0.1),)))
        moments.append(t)
        t += lasts + draw("pause_s")
    return Happening("steam", tuple(bodies), tuple(moments), at_s, t + 300.0)


def machine(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """An excavator or mobile crane is started and works on the spot: engine cover up to 175 °C (measured), body warm."""
    way = shuttling(draw, outlook, at_s, 9.0)
    air, until = outlook.air_c, way.legs[-1].until_s
    cover = Pulse(air, draw("cover_c"), at_s, until - at_s, draw("rise_s"), 1500.0)
    body = Pulse(air, air + draw("body_k"), at_s, until - at_s, 1200.0, 3000.0)
    parts = (
        Part(0.0, 1.8, 3.5, 2.2, body),
        Part(-1.3, 2.2, draw("cover_m"), draw("cover_m"), cover, nearer_m=0.1),
        Part(-1.0, 3.3, 0.15, 0.6, cover, nearer_m=0.15),
    )
    return Happening("machine", (Body(outlook, way.legs, parts),), (at_s, until), at_s, until)


def bitumen(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """Road works: slab after slab of asphalt laid at 130–165 °C behind a paver, cooling over an hour."""
    start, slabs = standing(draw, outlook, 10.0), draw.whole("slabs")
    air, scale = outlook.ground_c, outlook.metre_px(start.range_m)
    each, laid_c, cools = draw("slab_s"), draw("laid_c"), draw("cool_s")
    heading = draw.sign()
    until = at_s + slabs * each + 2.0 * cools
    bodies = []
    for n in range(slabs):
        t = at_s + n * each
        spot = Spot(start.x_px + heading * n * 5.0 * scale, start.range_m)
        bodies.append(Body(outlook, stands(spot, t, until), (Part(0.0, 0.0, 5.0, 1.0, Pulse(laid_c, air, t, 1e9, cools, 1.0)),)))
    end = Spot(start.x_px + heading * slabs * 5.0 * scale, start.range_m)
    paver = (box(0.0, 1.5, 4.5, 2.4, air + 12.0, nearer_m=1.0), box(-1.0, 1.2, 1.5, 0.8, air + draw("paver_k"), nearer_m=1.1))
    bodies.append(Body(outlook, (Leg(at_s, at_s + slabs * each, start, end),), paver))
    return Happening("bitumen", tuple(bodies), (at_s, at_s + slabs * each), at_s, until)


def landed_box(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A container is set down: uniform, box-shaped, warmer from the sun or colder from a clear night, and not rising."""
    spot, stays = standing(draw, outlook, 12.0), draw("stays_s")
    length = 12.2 if draw.even(0, 1) < 0.6 else 6.1
    lowers, tier = draw("lowers_s"), float(draw.whole("tier"))
    high = Spot(spot.x_px, spot.range_m, 2.6 * tier + 8.0)
    low = Spot(spot.x_px, spot.range_m, 2.6 * tier)
    legs = (
        Leg(at_s, at_s + lowers, high, low, "braking"),
        Leg(at_s + lowers, at_s + lowers + stays, low, low),
        Leg(at_s + lowers + stays, at_s + 2 * lowers + stays, low, high, "starting"),
    )
    excess = draw("skin_k") * (1.0 if draw.even(0, 1) < 0.6 else -0.5)
    skin = Pulse(outlook.air_c + excess, outlook.air_c + 0.5 * excess, at_s, 1e9, 7200.0, 1.0)
    body = Body(outlook, legs, (Part(0.0, 1.3, length, 2.6, skin),))
    return Happening("landed_box", (body,), (at_s, legs[1].until_s), at_s, legs[-1].until_s)


def floodlights(draw: Draw, outlook: Outlook, at_s: float) -> Happening:
    """A mast's lamps are switched on: housings of 0.5 m go to 50–110 °C within 10–20 min, all alike."""
    spot, shines = standing(draw, outlook, 6.0), draw("shines_s")
    air, up = outlook.air_c, draw("up_m")
    parts = tuple(
        Part((n % 4 - 1.5) * 1.2, up + 0.9 * (n // 4), 0.5, 0.4, Pulse(air, draw("lamp_c"), at_s, shines, draw("rise_s"), 900.0))
        for n in range(draw.whole("lamps"))
    )
    until = at_s + shines + 1800.0
    return Happening("floodlights", (Body(outlook, stands(spot, at_s, until), parts),), (at_s, at_s + shines), at_s, until)
