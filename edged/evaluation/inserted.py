"""The tiers beyond recordings: fires and clutter of the generator in real or rendered radiometric pictures, by the law.

The same seed is the same case. A case with a fire asks whether and when it is found, one without asks for silence. Time to alarm counts
from `first visible`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from edged.core.rules import Rules
from edged.evaluation.law import Law
from edged.evaluation.outcome import Outcome, Tier
from edged.evaluation.record import Without, play
from edged.evaluation.staring import Staring
from edged.model.sighting import Sighting
from edged.simulator.generator.background import HEIGHT, WIDTH, Background, rendered
from edged.simulator.generator.clutter.bank import build
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.fires import EmberBed, GrowingFire, Seen, Smoulder
from edged.simulator.generator.patch import Stimulus
from edged.simulator.generator.sensor import Sensor
from edged.simulator.generator.sequence import Sequence

AFTER_S = 20.0
"""What is seen so long after the alarm still counts in a sweep of the threshold."""
RENDERED = 8
"""So many rendered yards, each a site of its own."""
SLOW_FPS, SLOW_STEP_S = 2.0, 5.0
"""Slower sequences are searched for the first visible moment in such steps."""


@dataclass(frozen=True, slots=True)
class Case:
    """One sequence to be. `kind` and `range_m` None: nothing burns. `number` counts the cases of a tier and of its truth."""

    tier: Tier
    number: int
    kind: str | None
    range_m: float | None
    seed: int

    @property
    def name(self) -> str:
        """A name for files and tables."""
        return f"{self.tier}-{'quiet' if self.kind is None else 'fire'}-{self.number:04d}"


def cases(law: Law, tier: Tier, fires: int, seed: int) -> list[Case]:
    """Return the cases of a tier: kinds and ranges of the law in turn, then the quiet ones."""
    grid = [(kind, float(range_m)) for kind, fire in law["fires"].items() for range_m in fire["ranges_m"]]
    order = np.random.default_rng([seed, 1]).permutation(len(grid))
    drawn = [grid[int(order[n % len(grid)])] for n in range(fires)]
    burning = [Case(tier, n, kind, range_m, seed) for n, (kind, range_m) in enumerate(drawn)]
    return burning + [Case(tier, n, None, None, seed) for n in range(math.ceil(law["quiet"]["share"] * fires))]


def sequence_of(law: Law, case: Case, real: list[Background]) -> Sequence:
    """Return the sequence of a case. `real`: backgrounds of the semi-synthetic tier, at least one there."""
    rng = np.random.default_rng([case.seed, case.number, case.tier == "synthetic", case.kind is None])
    air_c = float(rng.uniform(*law["air_c"]))
    extinction = float(rng.uniform(*law["extinction_per_km"]))
    if case.tier == "semi-synthetic":
        background = real[case.number % len(real)]
        background = background.mirrored() if rng.random() < 0.5 else background
        air_c = float(np.median(background.celsius))
    else:
        yard = case.number % RENDERED
        background = rendered(100 + yard, air_c, azimuth_deg=float(rng.uniform(0, 360)), extinction_per_km=extinction)
    fire = law["fires"].get(case.kind, {})
    stimuli: list[Stimulus] = []
    if case.kind is not None and case.range_m is not None:
        stimuli.append(_fire(law, case, fire, rng, background))
    else:
        stimuli += _clutter(law, rng, air_c)
    seconds = float(fire.get("seconds", law["quiet"]["seconds"]))
    fps = float(fire.get("fps", law["fps"]))
    return Sequence(
        background, stimuli, _sensor(law, rng), fps, seconds, int(rng.integers(1 << 31)), extinction, air_c, psf_sigma_px=law["psf_px"]
    )


def run(law: Law, case: Case, real: list[Background], rules: Rules, withouts: dict[str, Without]) -> dict[str, Outcome]:
    """Play a case. A fire's sequence ends a while after its alarm."""
    sequence = sequence_of(law, case, real)

    def truth(sighting: Sighting, at_s: float) -> tuple[bool, str | None]:
        cause = sequence.cause(sighting.x_px, sighting.y_px, at_s)
        return cause is not None and cause.burns, None if cause is None else cause.kind

    hfov = math.degrees(2 * math.atan(WIDTH / 2 * law["ifov_mrad"] / 1000))
    who = Staring("evaluate", rules, picture="white-hot" if sequence.sensor.grey else "centikelvin", hfov_deg=hfov)
    visible_s: float | None = None
    if case.kind is not None:
        bar = law["visible"]
        seen = sequence.first_visible_s(bar["px"], bar["kelvin"], SLOW_STEP_S if sequence.fps < SLOW_FPS else 0.5)
        visible_s = seen if math.isfinite(seen) else None
    base = Outcome(
        case.tier, case.kind or "quiet", sequence.background.site, case.name, case.kind is not None, 0.0, kind=case.kind,
        range_m=case.range_m, visible_s=visible_s, output=f"{sequence.sensor.output}{' H.264' if sequence.sensor.kbps else ''}",
    )  # fmt: skip
    return play(sequence, who, None, truth, base, withouts, stop_after_s=None if case.kind is None else AFTER_S)


def _fire(law: Law, case: Case, fire: dict[str, Any], rng: np.random.Generator, background: Background) -> Stimulus:
    margin, begins = law["margin_px"], float(law["begins_s"])
    x, y = float(rng.uniform(margin, WIDTH - margin)), float(rng.uniform(HEIGHT / 3, HEIGHT - margin))
    around_c = float(background.celsius[round(y), round(x)])
    seen = Seen(x, y, float(case.range_m or 0.0), law["ifov_mrad"])
    if fire["form"] == "flame":
        return GrowingFire(seen, begins, fire["growth"], surroundings_c=around_c)
    if fire["form"] == "embers":
        return EmberBed(seen, begins, fire["side_m"], fire["temp_c"], surroundings_c=around_c)
    return Smoulder(seen, begins, fire["k_per_min"], fire["width_m"], fire["height_m"], around_c, fire["to_c"], case.kind or "")


def _clutter(law: Law, rng: np.random.Generator, air_c: float) -> list[Stimulus]:
    outlook = Outlook(WIDTH, HEIGHT, air_c=air_c, ground_c=air_c - 1.0, sky_c=air_c - 30.0, **law["mast"])
    names = list(law["clutter"])
    count = int(rng.integers(law["quiet"]["things"][0], law["quiet"]["things"][1] + 1))
    out: list[Stimulus] = []
    for name in rng.choice(names, count, replace=False):
        at_s = float(rng.uniform(0.0, 0.6 * law["quiet"]["seconds"]))
        out.append(build(str(name), rng, outlook, law["clutter"][str(name)], at_s))
    return out


def _sensor(law: Law, rng: np.random.Generator) -> Sensor:
    said, sway = law["sensor"], law["sway"]
    weights = np.array([float(output["weight"]) for output in law["outputs"]])
    output = law["outputs"][int(rng.choice(len(weights), p=weights / weights.sum()))]
    swings = rng.random() < sway["share"]
    return Sensor(
        output["output"], netd_mk=float(rng.uniform(*said["netd_mk"])), pattern_mk=float(rng.uniform(*said["pattern_mk"])),
        pause_s=said["pause_s"], step_k=said["step_k"], flat_field_s=300.0, sway_deg=float(rng.uniform(*sway["deg"])) if swings else 0.0,
        ifov_mrad=law["ifov_mrad"], range_end_c=said["range_end_c"], kbps=output.get("kbps"),
    )  # fmt: skip
