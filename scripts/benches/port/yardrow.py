"""A night view of parked and moving lorries 1.2 km away, one of which may ignite by itself: drawn from laws/trailer.yaml."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from edged.simulator.fire import KW_PER_S2
from edged.simulator.generator.background import rendered
from edged.simulator.generator.clutter.bank import build
from edged.simulator.generator.clutter.body import Body, Happening
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.clutter.trailer import TrailerFire, rim_parts
from edged.simulator.generator.paint import paint
from edged.simulator.generator.sensor import Output
from port.canvas import Timed
from port.law import HOUR_S, between, read

PITCH_MM = 0.012
CROP_PX = 48
STEP_S = 0.25
ROOM_S = 1e6


@dataclass(frozen=True, slots=True)
class Row:
    """What stands and drives in the view. `fire` None: nothing burns."""

    outlook: Outlook
    lorries: tuple[Happening, ...]
    others: tuple[Happening, ...]
    fire: TrailerFire | None
    lasts_s: float
    extinction_per_km: float
    arrivals: int

    def timed(self) -> list[Timed]:
        """Return everything with its span."""
        out = [Timed(each, each.from_s, each.until_s) for each in (*self.lorries, *self.others)]
        return out if self.fire is None else [*out, Timed(self.fire, self.fire.smoulder_s, self.lasts_s)]

    def place(self) -> tuple[float, float]:
        """Return the pixel of the wheel that burns."""
        assert self.fire is not None
        lorry = self.fire.lorry.bodies[0]
        assert isinstance(lorry, Body)
        spot, part = lorry.spot(self.fire.smoulder_s), lorry.parts[self.fire.rim_part]
        assert spot is not None
        return spot.x_px + part.across_m * self.outlook.metre_px(spot.range_m), self.outlook.row(spot.range_m, part.up_m)


@dataclass(frozen=True, slots=True)
class Truth:
    """When the fire could be seen: 1 px by `suspect_k`; the alarm's condition; a megawatt. Seconds; infinite if never."""

    suspect_s: float
    alarm_s: float
    big_s: float


def outlook_of(lens_mm: float, air_c: float, sky_k: float) -> Outlook:
    """Return the lens, aimed at the row of slots."""
    hfov = math.degrees(2.0 * math.atan(320 * PITCH_MM / lens_mm))
    return Outlook(640, 512, hfov, 45.0, -math.degrees(math.atan2(45.0, 1200.0)), air_c, air_c - 1.0, air_c + sky_k)


@dataclass(frozen=True, slots=True)
class Numbered:
    """One sequence of bench trailer. `rng`: for what is drawn after the row."""

    number: int
    lens_mm: float
    output: Output
    row: Row
    rng: np.random.Generator

    def still(self) -> npt.NDArray[np.float32]:
        """Return the picture of the yard without the row, (H, W) °C."""
        outlook = self.row.outlook
        return rendered(self.number + 1, outlook.air_c, outlook.hfov_deg, 0.0, outlook.tilt_deg).celsius


def numbered(law: dict[str, Any], number: int, *, burns: bool) -> Numbered:
    """Draw sequence `number`: lenses and outputs in turn, all else by its seed."""
    port, _ = read("quiet")
    rng = np.random.default_rng([law["seed"], 0 if burns else 1, number])
    lens_mm = law["lenses_mm"][number % len(law["lenses_mm"])]
    draws = (port["kinds"][kind]["draw"] for kind in ("lorry_parks", "walker"))
    return Numbered(number, lens_mm, output_of(law, number), drawn(law, *draws, rng, lens_mm, burns), rng)


def output_of(law: dict[str, Any], number: int) -> Output:
    """Return what the camera of sequence `number` puts out."""
    output: Output = law["outputs"][number // len(law["lenses_mm"]) % len(law["outputs"])]
    return output


def drawn(law: dict[str, Any], lorry: dict[str, Any], walker: dict[str, Any], rng: np.random.Generator, lens_mm: float, burns: bool) -> Row:
    """Draw one sequence."""
    night, yard = law["night"], law["yard"]
    outlook = outlook_of(lens_mm, between(rng, night["air_c"]), between(rng, night["sky_k"]))
    ranges = {**lorry, "skin_k": night["skin_k"], "stay_s": yard["stay_s"], "range_m": yard["rows_m"]}

    def parks(at_s: float, hot: bool = False, **more: Any) -> Happening:
        of = {**ranges, "hot_wheel_k": law["quiet"]["hot_wheel_k"], **more}
        return build("hot_wheel" if hot else "lorry_parks", np.random.default_rng(int(rng.integers(1 << 62))), outlook, of, at_s)

    target: Happening | None = None
    blaze: TrailerFire | None = None
    lasts_s = float(law["quiet"]["lasts_s"])
    if burns:
        target, blaze, lasts_s = ignites(law, rng, parks)
    hot = law["quiet"]["hot_wheel"]
    lorries = []
    for _ in range(int(rng.integers(yard["parked_before"][0], yard["parked_before"][1] + 1))):
        lorries.append(
            parks(-between(rng, yard["before_s"]), bool(rng.random() < hot), stay_s=[2 * yard["before_s"][1], 3 * yard["before_s"][1]])
        )
    per_hour, arrivals = between(rng, yard["arrivals_per_hour"]), 0
    for _ in range(int(rng.poisson(per_hour * lasts_s / HOUR_S))):
        lorries.append(parks(float(rng.uniform(0.0, lasts_s)), bool(rng.random() < hot)))
        arrivals += 1
    others = []
    for kind, name in (("lorry_passes", "passes_per_hour"), ("walker", "walkers_per_hour")):
        of = {**ranges, "speed_m_s": [3, 12]} if kind == "lorry_passes" else {**walker, "range_m": yard["rows_m"]}
        for _ in range(int(rng.poisson(between(rng, yard[name]) * lasts_s / HOUR_S))):
            others.append(build(kind, np.random.default_rng(int(rng.integers(1 << 62))), outlook, of, float(rng.uniform(0.0, lasts_s))))
    lorries = [each for each in lorries if target is None or not _hides(each, target)]
    row = Row(outlook, tuple(lorries), tuple(others), blaze, lasts_s, between(rng, night["extinction_per_km"]), arrivals)
    return row if target is None else replace(row, lorries=(*row.lorries, target))


def ignites(law: dict[str, Any], rng: np.random.Generator, parks: Any) -> tuple[Happening, TrailerFire, float]:
    """Draw the lorry that burns, its fire, and how long the sequence is."""
    fire = law["fire"]
    in_sight = bool(rng.random() < fire["arrives_in_sight"])
    at_s = float(rng.uniform(60.0, 300.0)) if in_sight else -between(rng, law["yard"]["before_s"]) - 300.0
    target = parks(at_s, range_m=law["range_m"], stay_s=[ROOM_S, ROOM_S])
    body = target.bodies[0]
    stop_s = next(leg.from_s for leg in body.legs if leg.until_s - leg.from_s > 0.5 * ROOM_S)
    smoulder_s = stop_s + between(rng, fire["parked_s"]) if in_sight else between(rng, fire["first_look_s"])
    ignition_s = smoulder_s + between(rng, fire["smoulder_s"])
    growth = str(rng.choice(list(fire["growth"]), p=list(fire["growth"].values())))
    rim = int(rng.choice(rim_parts(target)))
    blaze = TrailerFire(
        target, rim, smoulder_s, ignition_s, growth, fire["max_kw"], between(rng, fire["rim_c"]), between(rng, fire["tyre_c"]),  # type: ignore[arg-type]
        between(rng, fire["bend"]),
    )  # fmt: skip
    return target, blaze, ignition_s + fire["watched_s"]


def truth_of(row: Row, law: dict[str, Any]) -> Truth:
    """Return when the fire could be seen, by the noiseless picture with it less the one without it."""
    fire, visible = row.fire, law["visible"]
    assert fire is not None
    suspect = alarm = math.inf
    start = fire.smoulder_s
    step = max(STEP_S, (fire.ignition_s - start) / 240.0)
    t = start
    while t < row.lasts_s and alarm == math.inf:
        rise = risen(row, t)
        if suspect == math.inf and rise.max() >= visible["suspect_k"]:
            suspect = t
        if int((rise >= visible["alarm_k"]).sum()) >= visible["alarm_px"] or rise.max() >= visible["point_k"]:
            alarm = t
        t += step if t + step < fire.ignition_s else STEP_S
    return Truth(suspect, alarm, fire.ignition_s + math.sqrt(law["bars"]["big_kw"] / KW_PER_S2[fire.growth]))


def risen(row: Row, t_s: float) -> np.ndarray:
    """Return by how many kelvin the fire raises the pixels round it."""
    x, y = (round(v) for v in row.place())
    shift = (CROP_PX - x, CROP_PX - y)
    still = np.full((2 * CROP_PX, 2 * CROP_PX), row.outlook.ground_c, np.float32)
    with_fire = still.copy()
    patches = [patch for each in (*row.lorries, *row.others) for patch in each.patches(t_s)]
    air = (row.outlook.air_c, row.extinction_per_km)
    paint(still, patches, *air, shift_px=shift)
    assert row.fire is not None
    paint(with_fire, [*patches, *row.fire.patches(t_s)], *air, shift_px=shift)
    return with_fire - still


def _hides(other: Happening, target: Happening) -> bool:
    """Tell whether a lorry parks before or behind the one that burns: nothing of it could be seen, or nothing told apart."""
    a, b = (each.bodies[0] for each in (other, target))
    assert isinstance(a, Body)
    assert isinstance(b, Body)
    rests = [leg.start for leg in a.legs if leg.start == leg.end]
    stands = next(leg.start for leg in b.legs if leg.start == leg.end)
    scale = b.outlook.metre_px(stands.range_m)
    return any(
        abs(spot.x_px - stands.x_px) < 17.0 * scale and abs(a.outlook.row(spot.range_m) - b.outlook.row(stands.range_m)) < 5.0 * scale
        for spot in rests
    )
