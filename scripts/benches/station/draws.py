"""Fires drawn by laws/site.yaml: what burns, where on the example station, when, and in what weather. The same number, the same fire."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from edged.geometry import sky
from edged.geometry.site import SiteModel
from edged.model.site import Zone

LAW_FILE = Path(__file__).parent.parent / "laws" / "site.yaml"
LAW: dict[str, Any] = yaml.safe_load(LAW_FILE.read_text(encoding="utf-8"))
LOCAL_H = 7.1
"""Local solar time of the example station before UTC."""
HIDDEN_BY_CLOUD = 0.9
TRIES = 1000
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Weather:
    """What the air and the sun do. Units: °C, 1/km, W/m², degrees. Surfaces have the air's temperature plus what sun and sky add."""

    at: datetime
    sky_name: str
    extinction_per_km: float
    air_c: float
    cloud: float
    sun_w_m2: float
    sun_azimuth_deg: float
    sun_elevation_deg: float

    @property
    def day(self) -> bool:
        """Whether the sun is up."""
        return self.sun_elevation_deg > 0.0

    def surface_c(self, what: str, share: float = 1.0) -> float:
        """Return the temperature of `ground`, `wall` or `roof`; `share` of the sun that meets it."""
        law = LAW["weather"]
        if self.day:
            return self.air_c + float(law["sun_k_per_w_m2"][what]) * self.sun_w_m2 * share
        return self.air_c + float(law["night_k"][what]) * (1.0 - HIDDEN_BY_CLOUD * self.cloud)


@dataclass(frozen=True, slots=True)
class Case:
    """One fire. Metres in the site's plane; `height_m` of its middle; `seed` for everything drawn later."""

    number: int
    kind: str
    zone: Zone
    east_m: float
    north_m: float
    height_m: float
    on_top: bool
    weather: Weather
    seed: int

    def rng(self, what: int) -> Rng:
        """Return a generator of its own for one part of the case."""
        return np.random.default_rng((self.seed, what))


def even(rng: Rng, ends: Any) -> float:
    """Return a number between two ends."""
    return float(rng.uniform(float(ends[0]), float(ends[1])))


def log_even(rng: Rng, ends: Any) -> float:
    """Return a number between two ends, evenly in the logarithm."""
    return math.exp(float(rng.uniform(math.log(float(ends[0])), math.log(float(ends[1])))))


def case(number: int, seed: int, site: SiteModel) -> Case:
    """Return fire `number` of the bench of this seed."""
    rng = np.random.default_rng((seed, number))
    kind = str(LAW["kinds"][number % len(LAW["kinds"])])
    weather = weather_of(rng, site.lat0, site.lon0)
    zone, east, north, on_top = place(rng, site, kind)
    over = site.structure_at(east, north)
    foot = site.span(over)[1] if over is not None else float(site.ground.height_m(east, north))
    return Case(
        number, kind, zone, east, north, foot + float(LAW["place"]["above_m"][kind]), on_top, weather, int(rng.integers(1, 1 << 62))
    )


def place(rng: Rng, site: SiteModel, kind: str) -> tuple[Zone, float, float, bool]:
    """Return zone, east, north, and whether it lies on a structure; even over the zones' area, by weight for a vehicle."""
    weights = np.array([area_m2(ring) for ring in site.zones.rings])
    if kind == "vehicle":
        weights *= [float(LAW["place"]["vehicle_weight"][zone.policy]) for zone in site.plan.zones]
    chosen = int(rng.choice(len(weights), p=weights / weights.sum()))
    low, high = site.zones.rings[chosen].min(axis=0), site.zones.rings[chosen].max(axis=0)
    for _ in range(TRIES):
        east, north = (float(v) for v in rng.uniform(low, high))
        on_top = site.structure_at(east, north) is not None
        if chosen in site.zones.holding(east, north) and (kind == "skin" or not on_top):
            return site.plan.zones[chosen], east, north, on_top
    raise ValueError(f"zone {site.plan.zones[chosen].zone_id} has no open ground: is it all under structures?")


def area_m2(ring: Any) -> float:
    """Return the area of a ring (K, 2)."""
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2.0


def weather_of(rng: Rng, lat: float, lon: float) -> Weather:
    """Return the weather of an hour of the year."""
    law, hours = LAW["weather"], LAW["hours"]
    day, hour = even(rng, hours["day_of_year"]), even(rng, hours["hour"])
    at = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=math.floor(day), hours=hour - LOCAL_H)
    classes = law["extinction_per_km"]
    chosen = classes[int(rng.choice(len(classes), p=[float(one["share"]) for one in classes]))]
    air = law["air_c"]
    season = float(air["season"]) * math.cos(2 * math.pi * (day - float(air["warmest_day"])) / 365.0)
    daily = float(air["day"]) * math.cos(2 * math.pi * (hour - float(air["warmest_hour"])) / 24.0)
    cloud = even(rng, law["cloud"])
    sun = sky.sun(lat, lon, 200.0, at)
    strength = max(0.0, math.sin(math.radians(sun.elevation_deg))) * float(law["sun_w_m2"]) * (1.0 - HIDDEN_BY_CLOUD * cloud)
    return Weather(
        at, str(chosen["name"]), log_even(rng, chosen["range"]), float(air["mean"]) + season + daily + float(rng.normal(0.0, air["sigma"])),
        cloud, strength, sun.azimuth_deg, sun.elevation_deg,
    )  # fmt: skip
