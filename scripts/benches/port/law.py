"""A bench's law: read, hashed, and its weather, sensors and things drawn."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from edged.simulator.generator.clutter.bank import build
from edged.simulator.generator.clutter.body import Happening
from edged.simulator.generator.clutter.day import Weather
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.sensor import Sensor

LAWS = Path(__file__).resolve().parents[1] / "laws"
WINDOW = ("insect", "crawler", "moth", "rain", "drop")
"""Kinds that are on the window, so that their rate is the lens's and not a view's."""
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Sky:
    """The weather of a day as the law names it."""

    kind: str
    weather: Weather
    extinction_per_km: float
    zenith_k: float


def read(name: str) -> tuple[dict[str, Any], str]:
    """Return (the law, its SHA-256). Raises SystemExit where it is not the one that was fixed."""
    raw = (LAWS / f"{name}.yaml").read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    fixed = dict(reversed(line.split()) for line in (LAWS / "SHA256SUMS").read_text().splitlines() if line.strip())
    if fixed.get(f"{name}.yaml") != digest:
        raise SystemExit(
            f"laws/{name}.yaml is not the law that SHA256SUMS fixes: a changed law is a new bench; fix it in a commit of its own"
        )
    return yaml.safe_load(raw), digest


def between(rng: np.random.Generator, ends: Any) -> float:
    """Return a number between two ends, log-even where they differ by ten times or more."""
    low, high = float(ends[0]), float(ends[1])
    return math.exp(rng.uniform(math.log(low), math.log(high))) if low > 0 and high / low >= 10 else float(rng.uniform(low, high))


def sky_of(law: dict[str, Any], rng: np.random.Generator) -> Sky:
    """Draw the weather of one day."""
    of, ground = law["weather"], law["background"]
    kind = str(rng.choice(list(of["kinds"]), p=list(of["kinds"].values())))
    waves = tuple((between(rng, ground["cloud_period_s"]), float(rng.uniform(0, 6.28))) for _ in range(3))
    load_k = between(rng, ground["load_k"][kind])
    weather = Weather(
        between(rng, of["air_c"]), between(rng, of["swing_k"]), of["warmest_h"], tuple(ground["sun_h"]), load_k,
        ground["night_k"][kind], ground["lag_s"], ground["clouds"][kind], waves,
    )  # fmt: skip
    return Sky(kind, weather, between(rng, of["extinction_per_km"][kind]), between(rng, of["sky_k"][kind]))


def sensor_of(law: dict[str, Any], rng: np.random.Generator, ifov_rad: float, sway_deg: float) -> Sensor:
    """Draw a sensor."""
    weights = np.array([each["weight"] for each in law["sensors"]], float)
    chosen, of = law["sensors"][int(rng.choice(len(weights), p=weights / weights.sum()))], law["sensor"]
    return Sensor(
        output=chosen["output"], control=chosen.get("control", "percentile"), netd_mk=between(rng, of["netd_mk"]),
        pattern_mk=between(rng, of["pattern_mk"]), flat_field_s=between(rng, of["flat_field_s"]), pause_s=between(rng, of["pause_s"]),
        step_k=of["step_k"], range_end_c=of["range_end_c"], sway_deg=sway_deg, ifov_mrad=1000.0 * ifov_rad,
    )  # fmt: skip


def things(
    law: dict[str, Any], rng: np.random.Generator, outlook: Outlook, sky: Sky, begin_h: float, lasts_s: float, on_window: bool
) -> list[Happening]:
    """Draw what happens in one view, or on the window, in a watch that begins at an hour of the day. Seconds of the watch."""
    out = []
    for kind, of in law["kinds"].items():
        if (kind in WINDOW) is not on_window or sky.kind not in of.get("only", (sky.kind,)):
            continue
        hours = law["hours"][of["hours"]]
        for hour in range(-int(law["before_h"]), math.ceil(lasts_s / HOUR_S)):
            rate = of["per_day"] * hours[int(begin_h + hour) % 24] / sum(hours)
            for _ in range(int(rng.poisson(rate))):
                at_s = (hour + float(rng.uniform(0, 1))) * HOUR_S
                here = build(kind, np.random.default_rng(int(rng.integers(1 << 62))), outlook, of["draw"], at_s)
                if here.until_s > 0.0 and here.from_s < lasts_s:
                    out.append(here)
    return sorted(out, key=lambda each: each.from_s)


def busy_spans(things_of_view: list[Happening], around_s: float) -> list[tuple[float, float]]:
    """Return the spans of full rate, apart and in order."""
    out: list[tuple[float, float]] = []
    for moment in sorted(moment for thing in things_of_view for moment in thing.moments_s):
        if out and moment - around_s <= out[-1][1]:
            out[-1] = (out[-1][0], moment + around_s)
        else:
            out.append((moment - around_s, moment + around_s))
    return out
