"""Draws for bench calibrate: a mast with known truth, its landmarks as a technician takes them, a walk with a carried heat source.

Made with the shared lens and head frames, not with the solver's own model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from edged.geometry.earth import SEMI_MAJOR_M, enu_m, from_enu
from edged.geometry.head import to_head
from edged.geometry.landmark import Observation
from edged.geometry.lens import direction, pixel
from edged.geometry.walk import Held, Stop, Warm
from edged.model.lens import Lens
from edged.model.site import Mount

LAWS: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "laws" / "calibrate.yaml").read_text())
WIDTH, HEIGHT = LAWS["picture"]["width_px"], LAWS["picture"]["height_px"]
REFRACTION_K = 0.13
START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so: mount and field of view."""

    mount: Mount
    hfov_deg: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """One draw: truth, the mount as the files have it, what was observed, names that are wrong."""

    truth: Truth
    before: Mount
    observations: tuple[Observation, ...]
    wrong: frozenset[str]


def truth_of(rng: np.random.Generator, claimed_deg: float, lean: bool) -> Truth:
    law = LAWS["truth"]
    mount = Mount(
        "bench", law["lat_wgs84"], law["lon_wgs84"], float(rng.uniform(*law["mast_height_m"])), float(rng.uniform(0, 360)),
        float(rng.normal(0, law["tilt_zero_sigma_deg"])), float(rng.normal(0, law["roll_sigma_deg"])),
    )  # fmt: skip
    if lean:
        mount = replace(mount, lean_deg=float(rng.uniform(*law["lean_deg"])), lean_azimuth_deg=float(rng.uniform(0, 360)))
    return Truth(mount, claimed_deg * (1.0 + float(rng.normal(0, law["hfov_sigma"]))))


def head_angles(mount: Mount, lat: float, lon: float, height_m: float) -> tuple[float, float]:
    """Return the true pan and tilt of a point, with curvature and refraction."""
    east, north, up = enu_m(mount.lat_wgs84, mount.lon_wgs84, lat, lon, height_m)
    far = math.hypot(east, north)
    rise = up - mount.height_m + REFRACTION_K * far * far / (2.0 * SEMI_MAJOR_M)
    return to_head(mount, math.degrees(math.atan2(east, north)), math.degrees(math.atan2(rise, far)))


def falls(truth: Truth, pan: float, tilt: float, at: tuple[float, float]) -> tuple[float, float]:
    """Return the true pixel of a point while the head reads (pan, tilt)."""
    to = head_angles_of(truth, at)
    found = pixel(pan, tilt, *to, WIDTH, HEIGHT, truth.hfov_deg, Lens(roll_deg=truth.mount.roll_deg))
    assert found is not None
    return found


def head_angles_of(truth: Truth, at: tuple[float, float]) -> tuple[float, float]:
    """Return head angles of a world direction."""
    return to_head(truth.mount, *at)


def pose_for(truth: Truth, to: tuple[float, float], target: tuple[float, float]) -> tuple[float, float]:
    """Return the pan and tilt at which a head direction falls on a pixel."""
    pan, tilt = to
    lens = Lens(roll_deg=truth.mount.roll_deg)
    for _ in range(12):
        got_pan, got_tilt = direction(pan, tilt, *target, WIDTH, HEIGHT, truth.hfov_deg, lens)
        pan, tilt = pan + (to[0] - got_pan + 180.0) % 360.0 - 180.0, tilt + to[1] - got_tilt
    return (pan + 180.0) % 360.0 - 180.0, tilt


def draw(rng: np.random.Generator, scenario: dict[str, Any]) -> Drawn:
    """Draw one scenario of the law."""
    law, picture = LAWS["landmarks"], LAWS["picture"]
    claimed = picture["tele_hfov_deg"] if scenario.get("tele") else picture["wide_hfov_deg"]
    truth = truth_of(rng, claimed, bool(scenario.get("lean")))
    if hidden := scenario.get("hidden"):
        claimed = truth.hfov_deg * (1.0 + hidden * float(rng.choice([-1, 1])))
    count, pictures = scenario["landmarks"], scenario.get("pictures", 1)
    first = float(rng.uniform(0, 360))
    out: list[Observation] = []
    for number in range(count):
        range_m = math.exp(rng.uniform(*np.log(law["range_m"])))
        azimuth = math.radians(first + float(rng.uniform(0, law["sector_deg"])))
        place = from_enu(truth.mount.lat_wgs84, truth.mount.lon_wgs84, range_m * math.sin(azimuth), range_m * math.cos(azimuth))
        height = float(rng.uniform(*law["height_m"]))
        to = head_angles(truth.mount, *place, height)
        for turn in range(pictures):
            round_ = 2.0 * math.pi * (number + 0.5 * turn * count) / count
            share = rng.uniform(*law["edge_share"])
            x, y = math.cos(round_), math.sin(round_)
            most = max(abs(x), abs(y))
            target = ((WIDTH - 1) / 2 * (1 + share * x / most), (HEIGHT - 1) / 2 * (1 + share * y / most))
            pan, tilt = pose_for(truth, to, target)
            found = pixel(pan, tilt, *to, WIDTH, HEIGHT, truth.hfov_deg, Lens(roll_deg=truth.mount.roll_deg))
            assert found is not None
            noise = rng.standard_t(3, 2) / math.sqrt(3.0) if scenario.get("heavy") else rng.normal(0, 1, 2)
            seen = np.asarray(found) + law["noise_px"] * noise
            out.append(
                Observation(f"L{number + 1}", *place, height, pan, tilt, claimed, float(seen[0]), float(seen[1]), law["noise_px"],
                            width_px=WIDTH, height_px=HEIGHT)
            )  # fmt: skip
    wrong: set[str] = set()
    if moved := scenario.get("moved_m"):
        one = out[int(rng.integers(len(out)))]
        way = float(rng.uniform(0, 2 * math.pi))
        place = from_enu(one.lat_wgs84, one.lon_wgs84, moved * math.sin(way), moved * math.cos(way))
        out = [replace(o, lat_wgs84=place[0], lon_wgs84=place[1]) if o.name == one.name else o for o in out]
        wrong = {one.name}
    if scenario.get("swapped"):
        pairs = [(a, b) for a in out for b in out if a.name < b.name and _apart(truth, a, b) >= 2.0]
        a, b = pairs[int(rng.integers(len(pairs)))]
        out = [_placed(o, b) if o is a else _placed(o, a) if o is b else o for o in out]
        wrong = {a.name, b.name}
    off = (truth.mount.azimuth_deg + float(rng.uniform(-180, 180))) % 360.0
    before = replace(truth.mount, azimuth_deg=off, tilt_zero_deg=0.0, roll_deg=0.0, lean_deg=0.0, lean_azimuth_deg=0.0, calibrated=False)
    return Drawn(truth, before, tuple(out), frozenset(wrong))


def _apart(truth: Truth, a: Observation, b: Observation) -> float:
    pan_a, pan_b = (head_angles(truth.mount, o.lat_wgs84, o.lon_wgs84, o.height_m)[0] for o in (a, b))
    return abs((pan_a - pan_b + 180.0) % 360.0 - 180.0)


def _placed(one: Observation, other: Observation) -> Observation:
    return replace(one, lat_wgs84=other.lat_wgs84, lon_wgs84=other.lon_wgs84, height_m=other.height_m)


def bounds(drawn: Drawn, lean: bool, fov: bool = True) -> tuple[float, float, float]:
    """Return the Cramér–Rao 1σ of azimuth and tilt zero (degrees) and of the field of view (share), for normal noise."""
    truth = drawn.truth

    def all_px(x: Sequence[float]) -> np.ndarray:
        a, b = math.radians(truth.mount.lean_azimuth_deg), truth.mount.lean_deg
        e, n = b * math.sin(a) + x[4], b * math.cos(a) + x[5]
        mount = replace(
            truth.mount, azimuth_deg=truth.mount.azimuth_deg + x[0], tilt_zero_deg=truth.mount.tilt_zero_deg + x[1],
            roll_deg=truth.mount.roll_deg + x[2], lean_deg=math.hypot(e, n), lean_azimuth_deg=math.degrees(math.atan2(e, n)),
        )  # fmt: skip
        moved = Truth(mount, truth.hfov_deg * (1.0 + x[3]))
        lens = Lens(roll_deg=mount.roll_deg)
        out = []
        for o in drawn.observations:
            to = head_angles(mount, o.lat_wgs84, o.lon_wgs84, o.height_m)
            out.append(pixel(o.pan_deg, o.tilt_deg, *to, WIDTH, HEIGHT, moved.hfov_deg, lens) or (0.0, 0.0))
        return np.asarray(out).ravel()

    columns = [0, 1, 2, *([3] if fov else []), *([4, 5] if lean else [])]
    steps = np.diag([1e-3, 1e-3, 1e-3, 1e-5, 1e-3, 1e-3])[columns]
    slopes = np.stack([(all_px(s) - all_px(-s)) / (2.0 * s.max()) for s in steps], axis=1) / LAWS["landmarks"]["noise_px"]
    sigma = np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes)))
    return float(sigma[0]), float(sigma[1]), float(sigma[3]) if fov else math.nan


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk: truth, stops as the GPS has them, what the head saw and held."""

    truth: Truth
    before: Mount
    stops: tuple[Stop, ...]
    warm: tuple[Warm, ...]
    held: tuple[Held, ...]


def walk(rng: np.random.Generator) -> Walked:
    """Draw a walk. The views lie side by side 5° below the horizon; turning takes 2 s."""
    law, claimed = LAWS["walk"], LAWS["picture"]["wide_hfov_deg"]
    truth = truth_of(rng, claimed, False)
    middle = float(rng.uniform(-180, 180))
    pans = [middle + claimed * (i - (law["views"] - 1) / 2.0) for i in range(law["views"])]
    standing = [_somewhere(rng, middle, law["sector_deg"]) for _ in range(law["warm_things"])]
    lens = Lens(roll_deg=truth.mount.roll_deg)
    now, view = START, 0
    stops, warm, held = [], [], []
    for number in range(law["stops"]):
        range_m = math.exp(rng.uniform(*np.log(law["range_m"])))
        azimuth = math.radians(truth.mount.azimuth_deg + middle + float(rng.uniform(-0.5, 0.5)) * law["sector_deg"])
        east, north = range_m * math.sin(azimuth), range_m * math.cos(azimuth)
        place = from_enu(truth.mount.lat_wgs84, truth.mount.lon_wgs84, east, north)
        fixed = from_enu(truth.mount.lat_wgs84, truth.mount.lon_wgs84, *(v + rng.normal(0, law["gps_sigma_m"]) for v in (east, north)))
        source = head_angles(truth.mount, *place, law["source_height_m"])
        passing = [_somewhere(rng, middle, law["sector_deg"]) for _ in range(law["passing_things_per_stop"])]
        since, until = now, now + timedelta(seconds=float(rng.uniform(*law["stand_s"])))
        while now < until:
            pan, end = pans[view % law["views"]], now + timedelta(seconds=law["dwell_s"])
            one = Held(f"v{view % law['views']}", pan, -5.0, claimed, now, end)
            held.append(one)
            for things, chance in (([source], law["detection"]), (standing, law["detection"]), (passing, law["detection"])):
                for thing in things:
                    found = pixel(pan, -5.0, *thing, WIDTH, HEIGHT, truth.hfov_deg, lens)
                    if found and 0 <= found[0] < WIDTH and 0 <= found[1] < HEIGHT and rng.uniform() < chance:
                        x, y = (v + rng.normal(0, 0.5) for v in found)
                        warm.append(Warm(now + timedelta(seconds=3), *direction(pan, -5.0, x, y, WIDTH, HEIGHT, claimed), one))
            view += 1
            now = end + timedelta(seconds=2)
        stops.append(Stop(str(number + 1), *fixed, since, until))
        now = until + timedelta(seconds=60)
    off = replace(truth.mount, azimuth_deg=float(rng.uniform(0, 360)), tilt_zero_deg=0.0, roll_deg=0.0, calibrated=False)
    return Walked(truth, off, tuple(stops), tuple(warm), tuple(held))


def _somewhere(rng: np.random.Generator, middle: float, sector: float) -> tuple[float, float]:
    return middle + float(rng.uniform(-0.5, 0.5)) * sector, float(rng.uniform(-11, 1))
