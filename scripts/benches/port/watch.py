"""One watch of a camera-day without fire: the port's day from the law, a head that stares or tours, and what the detector made of it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import cv2
import numpy as np

from edged.core.stops import PatrolStop
from edged.geometry.site import SiteModel
from edged.geometry.sky import sun
from edged.geometry.skyline import skyline_deg
from edged.model.site import Mount, SitePlan
from edged.simulator.generator.background import rendered
from edged.simulator.generator.clutter.day import Day
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.patch import Patch, Stimulus
from edged.simulator.generator.sensor import Imager
from port.canvas import Canvas, Timed
from port.law import HOUR_S, Sky, busy_spans, read, sensor_of, sky_of, things
from port.tour import Tour
from port.witness import START, Witness, as_json

MODES = ("patrolling", "staring")
LAT, COVERED = 31.0, 0.8
"""Latitude of the port, whose clock is its sun's; the share of the sun that clouds take when it is covered."""


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


def tour_of(law: dict[str, Any], rng: np.random.Generator) -> Tour:
    """Return the head's tour of its views."""
    head, hfov = law["head"], law["camera"]["hfov_deg"]
    stops = tuple(PatrolStop(f"sector-{n + 1}", pan, head["tilt_deg"], hfov, head["dwell_s"]) for n, pan in enumerate(head["pans_deg"]))
    return Tour(stops, lambda: float(rng.uniform(*head["turn_s"])))


def sun_at(sky: Sky, begin_at: datetime, begin_s: float, t_s: float) -> tuple[float, float] | None:
    """Return where the sun is, in head angles, at a second of a watch that begins at `begin_s` of the day; None when down or covered."""
    weather = sky.weather
    if weather.sun(begin_s + t_s) <= 0.0 or weather.shade(begin_s + t_s) > COVERED:
        return None
    found = sun(LAT, 0.0, 0.0, begin_at + timedelta(seconds=t_s))
    return found.azimuth_deg, found.elevation_deg


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
    witness.aloft_deg = skyline_deg(SiteModel(SitePlan()), Mount("th-01", 0.0, 0.0, lens["mast_m"]))
    witness.sun = lambda t_s: sun_at(sky, witness.begin_at, begin_h * HOUR_S, t_s)
    full_s = watched_s = 0.0
    tour = tour_of(law, rng) if case.mode == "patrolling" else None
    if tour is not None:
        witness.watched = tour.watch
    t = 0.0
    while t < case.lasts_s:
        held = tour.number if tour is not None else 0
        canvas, spans = canvases[held], busy[held]
        x, y = rng.normal(0.0, head["repeat_px"], 2) if tour is not None else (0.0, 0.0)
        canvas.arrive((float(x), float(y)))
        witness.arrive(t, f"sector-{held + 1}", pans[held], head["tilt_deg"], lens["hfov_deg"])
        spans = [span for span in spans if span[1] >= t]
        while t < case.lasts_s - 1e-6 and not (tour is not None and tour.leaves(t)):
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
        t = max(t, case.lasts_s) if tour is None or t >= case.lasts_s - 1e-6 else tour.arrives()
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
