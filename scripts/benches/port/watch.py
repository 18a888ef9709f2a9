"""One watch of a camera-day without fire: the port's day from the law, a head that stares or tours, and what the detector made of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import cv2
import numpy as np

from edged.simulator.generator.background import rendered
from edged.simulator.generator.clutter.day import Day
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.patch import Patch, Stimulus
from edged.simulator.generator.sensor import Imager
from port.canvas import Canvas, Timed
from port.law import HOUR_S, busy_spans, read, sensor_of, sky_of, things
from port.witness import START, Witness, as_json

MODES = ("patrolling", "staring")


@dataclass(frozen=True, slots=True)
class Case:
    """One watch. `part`: which quarter of the day. `lasts_s` shorter for a look."""

    mode: str
    day: int
    part: int
    lasts_s: float
    begin_s: float = 0.0

    @property
    def name(self) -> str:
        """As it is given on the command line."""
        return f"{self.mode}:{self.day}:{self.part}" + (f":{self.begin_s:.0f}" if self.begin_s else "")


@dataclass(frozen=True, slots=True)
class Held:
    """A visit of one view."""

    view: int
    from_s: float
    until_s: float
    shift: tuple[float, float]


def visits(law: dict[str, Any], case: Case, rng: np.random.Generator) -> Iterator[Held]:
    """Yield where the head looks."""
    if case.mode == "staring":
        yield Held(0, 0.0, case.lasts_s, (0.0, 0.0))
        return
    head, t, view = law["head"], 0.0, 0
    while t < case.lasts_s:
        x, y = rng.normal(0.0, head["repeat_px"], 2)
        yield Held(view % len(head["pans_deg"]), t, min(case.lasts_s, t + head["dwell_s"]), (float(x), float(y)))
        t += head["dwell_s"] + rng.uniform(*head["turn_s"])
        view += 1


def run(case: Case) -> dict[str, Any]:
    """Play one watch and return its result for a file."""
    cv2.setNumThreads(1)
    law, digest = read("quiet")
    clock = time.process_time()
    of_mode = [law["seed"], MODES.index(case.mode), case.day]
    day_rng, rng = np.random.default_rng(of_mode), np.random.default_rng([*of_mode, case.part])
    sky = sky_of(law, day_rng)
    begin_h = case.part * law["watch_h"] + case.begin_s / HOUR_S
    lens, head = law["camera"], law["head"]
    air = sky.weather.air((begin_h + 0.5 * law["watch_h"]) * HOUR_S)
    ground = air + 0.6 * sky.weather.load((begin_h + 0.5 * law["watch_h"]) * HOUR_S)
    outlook = Outlook(
        lens["width_px"], lens["height_px"], lens["hfov_deg"], lens["mast_m"], head["tilt_deg"], air, ground, air + sky.zenith_k * 0.6
    )
    sway_deg = float(rng.uniform(*law["sway"]["deg"])) if rng.random() < law["sway"]["share"] else 0.0
    sensor = sensor_of(law, day_rng, outlook.ifov_rad, sway_deg)
    pans = head["pans_deg"] if case.mode == "patrolling" else [float(day_rng.choice(head["pans_deg"]))]
    window = things(law, rng, outlook, sky, begin_h, case.lasts_s, on_window=True)
    in_views = [things(law, rng, outlook, sky, begin_h, case.lasts_s, on_window=False) for _ in pans]
    canvases, busy = [], []
    yard_seed = int(day_rng.integers(1, 1 << 20))
    for view, pan in enumerate(pans):
        still = rendered(yard_seed, sky.weather.air_c, lens["hfov_deg"], pan, head["tilt_deg"]).celsius
        day = Day(still, sky.weather, outlook.row(6000.0), yard_seed * 8 + view)
        all_of_view = [*in_views[view], *window]
        timed = [Timed(each, each.from_s, each.until_s) for each in all_of_view]

        def at(t_s: float, of: Day = day) -> Any:
            return of.celsius(begin_h * HOUR_S + t_s)

        canvases.append(Canvas(at, law["background"]["redraw_s"], timed, air, sky.extinction_per_km, lens["psf_px"]))
        busy.append(busy_spans(all_of_view, law["around_s"]))
    imager = Imager(sensor, (lens["height_px"], lens["width_px"]), law["fps"]["full"], int(rng.integers(1 << 31)))
    witness = Witness(sensor.output, START + timedelta(days=case.day, hours=begin_h))
    full_s = watched_s = 0.0
    for held in visits(law, case, rng):
        canvas, spans = canvases[held.view], busy[held.view]
        canvas.arrive(held.shift)
        witness.arrive(held.from_s, f"sector-{held.view + 1}", pans[held.view], head["tilt_deg"], lens["hfov_deg"])
        t = held.from_s
        spans = [span for span in spans if span[1] >= t]
        while t < held.until_s - 1e-6:
            while spans and spans[0][1] < t:
                spans = spans[1:]
            full = bool(spans) and spans[0][0] <= t
            picture = canvas.picture(t)
            if sway_deg:
                dx, dy = imager.shift(t)
                way = np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])
                size = (picture.shape[1], picture.shape[0])
                picture = np.asarray(
                    cv2.warpAffine(picture, way, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
                )

            def standing(of: Canvas = canvas, now: float = t) -> list[tuple[Stimulus, Patch]]:
                return [(thing.stimulus, patch) for _, thing in of.present(now) for patch in thing.stimulus.patches(now)]

            for shot in imager.image(picture, t):
                witness.see(shot, shot.taken_s, standing)
            dt = 1.0 / law["fps"]["full" if full else "dull"]
            full_s, watched_s = full_s + dt * full, watched_s + dt
            t += dt
        witness.leave()
    said, spent = witness.said, time.process_time() - clock
    return {
        "case": case.name, "law": digest, "tier": "synthetic", "camera_days": case.lasts_s / 86400.0,
        "begin_s": case.begin_s, "sensor": sensor.output, "control": sensor.control,
        "sky": sky.kind, "air_c": round(air, 1), "sway_deg": round(sway_deg, 3), "extinction_per_km": round(sky.extinction_per_km, 2),
        "kinds": dict(Counter(each.kind for view in [*in_views, window] for each in view)), "frames": said.frames,
        "full_share": round(full_s / max(1.0, watched_s), 3), "cpu_s": round(spent, 1), "detector_s": round(said.detector_s, 1),
        "sightings": said.sightings, "blind_s": {cause: round(s, 1) for cause, s in said.blind_s.items()},
        "told": [as_json(told) for told in said.told],
    }  # fmt: skip
