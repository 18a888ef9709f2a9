"""Several fires at once among other warm things, seen by three heads: which bearings are joined, and rightly?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from edged.geometry.associate import Detection, associate
from edged.geometry.earth import from_enu
from edged.geometry.fuse import Bearing
from edged.geometry.site import SiteModel
from edged.model.site import Mount, SitePlan
from synthetic.site import LAT, LON

EARTH_M = 6_378_137.0


def several(law: dict[str, Any], seed: int, draws: int, onsets: bool = True, strengths: bool = True) -> dict[str, float]:
    """Return the shares of draws with a wrongly joined fire, and of fires placed by two heads or more."""
    rng = np.random.default_rng(seed)
    site = SiteModel(SitePlan(), (LAT, LON))
    wrong, placed, single, fires, whole = 0, 0, 0, 0, 0
    for _ in range(draws):
        detections, truth, count = one_draw(law, rng, site, onsets, strengths)
        found = associate(site, detections, law["warm_per_km2"])
        mixed = [group for group in found.groups if len({truth[n] for n in group}) > 1 and any(truth[n] < count for n in group)]
        wrong += bool(mixed)
        fires += count
        for fire in range(count):
            groups = [group for group in found.groups if all(truth[n] == fire for n in group)]
            placed += bool(groups)
            whole += any(len(group) == law["heads"] for group in groups)
            single += not groups
    return {"wrong_share": wrong / draws, "placed_share": placed / fires, "single_share": single / fires, "all_heads_share": whole / fires}


def one_draw(
    law: dict[str, Any], rng: np.random.Generator, site: SiteModel, onsets: bool, strengths: bool
) -> tuple[list[Detection], list[int], int]:
    """Return what the heads see, whose each detection is (fires first), and how many fires there are."""
    count = int(rng.integers(law["fires"][0], law["fires"][1] + 1))
    spots = [np.zeros(2)]
    while len(spots) < count:
        base = spots[int(rng.integers(len(spots)))]
        a, away = rng.uniform(0, 2 * math.pi), rng.uniform(*law["spacing_m"])
        new = base + away * np.array([math.sin(a), math.cos(a)])
        if min(float(np.hypot(*(new - s))) for s in spots) >= law["spacing_m"][0]:
            spots.append(new)
    fires = np.array(spots)
    warm = rng.uniform(-3500, 3500, (rng.poisson(law["warm_per_km2"] * 49.0), 2))
    places = np.vstack([fires, warm])
    power = np.concatenate([log_even(rng, law["fire_w_sr"], count), log_even(rng, law["warm_w_sr"], len(warm))])
    began = -np.concatenate([rng.uniform(0, law["onset"]["fires_last_s"], count), rng.uniform(0, law["onset"]["warm_last_s"], len(warm))])
    height = np.maximum(0.0, rng.normal(1.0, 1.0, len(places)))
    detections, truth = [], []
    first = rng.uniform(0, 360)
    for number in range(law["heads"]):
        a = math.radians(first + 120.0 * number + rng.uniform(-40, 40))
        range_m = rng.uniform(*law["range_m"])
        post = np.array([range_m * math.sin(a), range_m * math.cos(a)])
        mount = Mount(f"h{number}", *from_enu(LAT, LON, *post), law["mast_m"], sigma_deg=law["mount_share"] * law["sigma_deg"])
        own = law["sigma_deg"] * math.sqrt(1.0 - law["mount_share"] ** 2)
        common = rng.normal(0, mount.sigma_deg, 2)
        away = places - post
        flat = np.hypot(away[:, 0], away[:, 1])
        azimuth = np.degrees(np.arctan2(away[:, 0], away[:, 1]))
        middle = math.degrees(math.atan2(*(fires.mean(axis=0) - post)))
        seen = (np.abs((azimuth - middle + 180) % 360 - 180) < law["field_deg"] / 2) & (flat < 3000)
        k = 0.13 + rng.normal(0, 0.5)
        elevation = np.degrees(np.arctan((height - law["mast_m"]) / flat - (1 - k) / (2 * EARTH_M) * flat))
        turned = site.post(mount).convergence_deg
        for n in np.flatnonzero(seen):
            noise = rng.normal(0, own, 2)
            bearing = Bearing(mount, azimuth[n] + turned + common[0] + noise[0], elevation[n] + common[1] + noise[1], own)
            strength = math.log(power[n] / flat[n] ** 2) + rng.normal(0, law["intensity_sigma"])
            onset = began[n] + rng.exponential(law["onset"]["seen_after_s"])
            detections.append(Detection(mount.camera_id, bearing, strength if strengths else None, onset if onsets else None))
            truth.append(int(n))
    return detections, truth, count


def log_even(rng: np.random.Generator, ends: list[float], count: int) -> np.ndarray:
    """Return draws even in the logarithm."""
    return np.exp(rng.uniform(math.log(ends[0]), math.log(ends[1]), count))
