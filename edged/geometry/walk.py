"""A carried heat source: the stops of a GPS track against the hot things that a lookout saw meanwhile.

At each stop the head also sees other warm things. One mount explains the source at many stops; other things agree with it only by chance,
and that chance is worked out before anything is believed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np

from edged.geometry.earth import distance_m
from edged.geometry.landmark import AZIMUTH, TILT_ZERO, Array, Mask, Observation, Sights
from edged.geometry.lens import pixel
from edged.model.errors import CalibrationError
from edged.model.lens import Lens
from edged.model.site import Mount

STILL_M = 5.0
STILL_S = 20.0
WIDTH_PX, HEIGHT_PX = 640, 512
"""Sightings carry head angles; they are laid out on a picture of this size, which the fit then sees."""
SAME_DEG = 0.15
"""Sightings of one stop and view that lie closer than this are one thing."""
REACH_DEG = 0.6
"""How far lens, lean and roll that are not yet fitted may move a bearing."""
TILT_REACH_DEG = 5.0
BY_CHANCE = 1e-3
FEWEST_STOPS = 4
Why = Literal["used", "not_in_view", "nothing_hot", "left_out"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """One point of a track, WGS-84."""

    at: datetime
    lat_wgs84: float
    lon_wgs84: float


@dataclass(frozen=True, slots=True)
class Stop:
    """A place where the carrier stood still: mean position, from and until."""

    name: str
    lat_wgs84: float
    lon_wgs84: float
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A view as a head held it: head angles of its axis, field of view, from and until."""

    view_id: str
    pan_deg: float
    tilt_deg: float
    hfov_deg: float
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Warm:
    """A sighting: direction in head angles as the eye gave it, and the view it was in."""

    at: datetime
    pan_deg: float
    tilt_deg: float
    view: Held


@dataclass(frozen=True, slots=True)
class Found:
    """The source at the stops where it was seen, and what became of every stop. `chance`: that other things agree as well."""

    observations: tuple[Observation, ...]
    fates: tuple[tuple[Stop, Why], ...]
    chance: float


def stops_of(track: Sequence[Fixed]) -> tuple[Stop, ...]:
    """Return where the track stands still for 20 s within 5 m, in order of time."""
    points = sorted(track, key=lambda p: p.at)
    out: list[Stop] = []
    first = 0
    while first < len(points):
        last = first
        lat, lon = points[first].lat_wgs84, points[first].lon_wgs84
        while last + 1 < len(points) and distance_m(lat, lon, points[last + 1].lat_wgs84, points[last + 1].lon_wgs84) <= STILL_M:
            last += 1
            count = last - first + 1
            lat, lon = lat + (points[last].lat_wgs84 - lat) / count, lon + (points[last].lon_wgs84 - lon) / count
        if (points[last].at - points[first].at).total_seconds() >= STILL_S:
            out.append(Stop(str(len(out) + 1), lat, lon, points[first].at, points[last].at))
            first = last + 1
        else:
            first += 1
    return tuple(out)


def find_source(
    mount: Mount, stops: Sequence[Stop], warm: Sequence[Warm], held: Sequence[Held], heights_m: Sequence[float], *, gps_sigma_m: float,
    prior_sigma_deg: float | None, refraction_k: float = 0.13,
) -> Found:  # fmt: skip
    """Return the sightings that are the source. `prior_sigma_deg` 1σ of the mount's azimuth and tilt zero; None: the azimuth is unknown.

    `heights_m`: of the source at each stop above the ground at the mount's foot. Raises CalibrationError where no set of sightings agrees
    better than chance.
    """
    seen = [_things([w for w in warm if stop.since <= w.at <= stop.until]) for stop in stops]
    pairs = [(s, _observed(mount, stop, heights_m[s], thing, gps_sigma_m)) for s, stop in enumerate(stops) for thing in seen[s]]
    if not pairs:
        raise CalibrationError(
            f"nothing hot was seen by {mount.camera_id} at any of the {len(stops)} stops: is the source hot enough, the time zone of the "
            "track right, and does the head look there?",
            zh=f"{mount.camera_id} 在 {len(stops)} 个停留点均未看到热源: 请检查热源温度、轨迹时间和巡视方向",
        )
    sights = Sights(mount, [o for _, o in pairs], refraction_k)
    azimuth, tilt = sights.implied(sights.start(mount))
    at_stop = np.array([s for s, _ in pairs])
    reach_az, reach_tilt = _reaches(sights, gps_sigma_m, heights_m, mount)
    allowed_az = 180.0 if prior_sigma_deg is None else min(180.0, 3.0 * prior_sigma_deg + REACH_DEG)
    allowed_tilt = TILT_REACH_DEG if prior_sigma_deg is None else min(TILT_REACH_DEG, 3.0 * prior_sigma_deg + REACH_DEG)
    off = np.abs((azimuth - mount.azimuth_deg + 180.0) % 360.0 - 180.0)
    possible = (off <= allowed_az) & (np.abs(tilt - mount.tilt_zero_deg) <= allowed_tilt)
    best = _consensus(azimuth, tilt, at_stop, possible, reach_az, reach_tilt)
    agreeing = len({int(at_stop[i]) for i in best})
    spread_az = min(allowed_az, _half_width((azimuth - mount.azimuth_deg + 180.0) % 360.0 - 180.0))
    chance = _chance(at_stop, possible, agreeing, reach_az / spread_az, reach_tilt / min(allowed_tilt, _half_width(tilt)))
    if agreeing < FEWEST_STOPS or chance > BY_CHANCE:
        raise CalibrationError(
            f"the hot things that {mount.camera_id} saw at {len(stops)} stops do not give one place of pan zero: at most {agreeing} stops "
            f"agree, which chance does as well ({chance:.2g}): take more stops (a dozen), farther apart, with a hotter source, "
            "at a quiet hour",
            zh=f"{mount.camera_id} 在 {len(stops)} 个停留点看到的热源给不出一致的零位: 至多 {agreeing} 个一致, 与偶然无异 ({chance:.2g}): "
            "请增加停留点 (约 12 个) 并拉开距离, 用更热的热源, 选清静时段",
        )
    chosen = [pairs[i] for i in best]
    theta = sights.start(mount)
    theta[[AZIMUTH, TILT_ZERO]] = mount.azimuth_deg + _middle(azimuth[best], mount.azimuth_deg), float(np.median(tilt[best]))
    used = {s for s, _ in chosen}
    fates = tuple(
        (stop, "used" if s in used else _why(mount, stop, heights_m[s], theta, held, bool(seen[s]), refraction_k))
        for s, stop in enumerate(stops)
    )
    return Found(tuple(o for _, o in chosen), fates, chance)


def _things(warm: Sequence[Warm]) -> list[Warm]:
    """Return one mean sighting for each thing in each view."""
    groups: list[list[Warm]] = []
    for one in warm:
        for group in groups:
            if group[0].view == one.view and max(abs(group[0].pan_deg - one.pan_deg), abs(group[0].tilt_deg - one.tilt_deg)) <= SAME_DEG:
                group.append(one)
                break
        else:
            groups.append([one])
    return [replace(g[0], pan_deg=sum(w.pan_deg for w in g) / len(g), tilt_deg=sum(w.tilt_deg for w in g) / len(g)) for g in groups]


def _observed(mount: Mount, stop: Stop, height_m: float, thing: Warm, gps_sigma_m: float) -> Observation:
    """Lay a sighting out on an ideal picture about its view's axis; the mount's roll is already taken out of it."""
    view = thing.view
    x, y = pixel(view.pan_deg, view.tilt_deg, thing.pan_deg, thing.tilt_deg, WIDTH_PX, HEIGHT_PX, view.hfov_deg) or (math.nan, math.nan)
    return Observation(
        stop.name, stop.lat_wgs84, stop.lon_wgs84, height_m, view.pan_deg, view.tilt_deg, view.hfov_deg, x, y, 1.0, gps_sigma_m, 0.5,
        WIDTH_PX, HEIGHT_PX, Lens(roll_deg=-mount.roll_deg),
    )  # fmt: skip


def _reaches(sights: Sights, gps_sigma_m: float, heights_m: Sequence[float], mount: Mount) -> tuple[Array, Array]:
    """Return how far the right bearing may lie from the right mount's, (n,) degrees each: 3σ of GPS, and what is not yet fitted."""
    range_m = np.maximum(sights.range_m, 1.0)
    drop = abs(mount.height_m - float(np.mean(heights_m)))
    across = 3.0 * np.degrees(gps_sigma_m / range_m)
    upright = 3.0 * np.degrees(np.hypot(gps_sigma_m * drop / range_m, 0.5) / range_m)
    return REACH_DEG + across, REACH_DEG + upright


def _consensus(azimuth: Array, tilt: Array, stop: Array, possible: Mask, reach_az: Array, reach_tilt: Array) -> list[int]:
    """Return one pair for each stop that agrees with the best hypothesis; every possible pair is one."""
    best: list[int] = []
    cost = math.inf
    for i in np.flatnonzero(possible):
        centre_az, centre_tilt = float(azimuth[i]), float(tilt[i])
        for _ in range(3):
            far = ((azimuth - centre_az + 180.0) % 360.0 - 180.0) ** 2 / reach_az**2 + (tilt - centre_tilt) ** 2 / reach_tilt**2
            far = np.where(possible, far, np.inf)
            nearest = [int(members[np.argmin(far[members])]) for s in np.unique(stop) if len(members := np.flatnonzero(stop == s))]
            chosen = [j for j in nearest if far[j] <= 1.0]
            if not chosen:
                break
            centre_az += _middle(azimuth[chosen], centre_az)
            centre_tilt = float(np.median(tilt[chosen]))
        if not chosen:
            continue
        total = float(np.minimum(far[nearest], 1.0).sum())
        if total < cost:
            best, cost = chosen, total
    return best


def _middle(azimuth: Array, about_deg: float) -> float:
    return float(np.median((azimuth - about_deg + 180.0) % 360.0 - 180.0))


def _half_width(values: Array) -> float:
    """Return half the width of the middle nine tenths, and never nothing."""
    low, high = np.quantile(values, (0.05, 0.95))
    return max(1e-3, float(high - low) / 2.0)


def _chance(stop: Array, possible: Mask, agreeing: int, share_az: Array, share_tilt: Array) -> float:
    """Return the expected number of hypotheses that as many stops agree with by chance. Shares of reach in the spread of all things."""
    hit = np.minimum(1.0, share_az) * np.minimum(1.0, share_tilt)
    counts = np.array([1.0])
    for s in np.unique(stop):
        single = 1.0 - float(np.prod(1.0 - hit[(stop == s) & possible]))
        counts = np.convolve(counts, [1.0 - single, single])
    return float(possible.sum()) * float(counts[max(0, agreeing - 1) :].sum())


def _why(mount: Mount, stop: Stop, height_m: float, theta: Array, held: Sequence[Held], hot: bool, refraction_k: float) -> Why:
    """Return why a stop gave nothing: no view looked there then, or one did and saw nothing hot, or other things only."""
    for view in held:
        if view.since <= stop.until and view.until >= stop.since:
            there = Observation(stop.name, stop.lat_wgs84, stop.lon_wgs84, height_m, view.pan_deg, view.tilt_deg, view.hfov_deg)
            x, y = Sights(mount, [there], refraction_k).pixels(theta)[0]
            if 0 <= x < WIDTH_PX and 0 <= y < HEIGHT_PX:
                return "left_out" if hot else "nothing_hot"
    return "not_in_view"
