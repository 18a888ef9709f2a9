"""One fire: which sighting belongs to which source, by head angles for one camera and by ground position for several.

Sources that one head resolves (two tracks of one view at the same time) never become one. Tests and real fires never meet.
"""

from __future__ import annotations

import math
from dataclasses import replace

from edged.core.confirm import CEILING, levels, shares_cause
from edged.core.draft import Draft
from edged.core.live import Fire, Look
from edged.core.mounts import mount_of
from edged.geometry.earth import azimuth_deg
from edged.geometry.ground import Bearing, fuse, locate
from edged.geometry.head import to_world, wrap_deg
from edged.geometry.plan import distance_m
from edged.model.place import IgnitionPoint
from edged.model.sighting import Sighting
from edged.model.site import Mount

SIGMAS = 3.0
SAME_TRACK_DEG = 3.0
"""A track that jumps further than this is another source, whatever its number says (an eye restarted)."""
BEARINGS_APART_S = 10.0
FACING_SIN = 0.02
CANDIDATES_LIMIT = 200
REASONS_LIMIT = 12


def apart_deg(pan_a: float, tilt_a: float, pan_b: float, tilt_b: float) -> float:
    """Return the angle between two head directions, small-angle."""
    return math.hypot(wrap_deg(pan_a - pan_b) * math.cos(math.radians(tilt_a)), tilt_a - tilt_b)


def gate_deg(draft: Draft, sigma_a: float, sigma_b: float) -> float:
    """Return how far apart two directions of one head may be and still be one source."""
    return max(draft.rules.settings.merge_deg, SIGMAS * math.hypot(sigma_a, sigma_b))


def take(draft: Draft, sighting: Sighting) -> tuple[Fire, bool]:
    """Return the fire that the sighting belongs to with its evidence added, a new one where none fits, and whether its place moved."""
    before = _same_camera(draft, sighting) or _same_ground(draft, sighting)
    fire = _add(draft, before or _begin(draft, sighting), sighting)
    draft.fires[fire.fire_id] = fire
    return fire, before is None or fire.point is not before.point


def _same_camera(draft: Draft, s: Sighting) -> Fire | None:
    best: tuple[float, Fire] | None = None
    for fire in draft.fires.values():
        if fire.test is not s.test:
            continue
        for look in fire.looks:
            if look.camera_id != s.camera_id:
                continue
            away = apart_deg(s.pan_deg, s.tilt_deg, look.pan_deg, look.tilt_deg)
            same_view = look.view_id == s.view_id and look.generation == s.generation
            if same_view and look.track_id == s.track_id and away <= SAME_TRACK_DEG:
                return fire
            if resolved(look, s) or away > gate_deg(draft, s.bearing_sigma_deg, look.sigma_deg):
                continue
            if best is None or away < best[0]:
                best = (away, fire)
    if best is not None and any(resolved(look, s) for look in best[1].looks):
        return None
    return None if best is None else best[1]


def resolved(look: Look, s: Sighting) -> bool:
    """Tell whether one view shows both at the same time as two tracks."""
    same_view = look.camera_id == s.camera_id and look.view_id == s.view_id and look.generation == s.generation
    return same_view and look.track_id >= 0 and look.track_id != s.track_id and s.first_seen_mono_s <= look.last_mono_s


def _same_ground(draft: Draft, s: Sighting) -> Fire | None:
    mount = mount_of(draft, s.camera_id)
    if mount is None:
        return None
    best: tuple[float, Fire] | None = None
    for fire in draft.fires.values():
        if fire.test is not s.test or fire.point is None or s.camera_id in fire.cameras():
            continue
        off = _misses_m(draft, mount, s.pan_deg, s.tilt_deg, s.bearing_sigma_deg, fire)
        if off is None or (best is not None and off >= best[0]):
            continue
        if _bearings_meet(draft, fire, s):
            best = (off, fire)
    return None if best is None else best[1]


def _misses_m(draft: Draft, mount: Mount, pan_deg: float, tilt_deg: float, sigma_deg: float, fire: Fire) -> float | None:
    """Return by how many metres a direction passes a fire's place, or None when that is beyond both errors."""
    point = fire.point
    if point is None:
        return None
    mine = locate(mount, pan_deg, tilt_deg, sigma_deg)
    merge = draft.rules.settings.merge_m
    off = distance_m(mine.lat_wgs84, mine.lon_wgs84, point.lat_wgs84, point.lon_wgs84)
    if off <= merge + _radius_m(mine) + _radius_m(point):
        return off
    return None


def _radius_m(point: IgnitionPoint) -> float:
    if point.ellipse is not None:
        return point.ellipse.semi_major_m
    if point.interval is not None:
        return max(point.interval.far_m - point.interval.near_m, 0.0)
    return 0.0


def _bearings_meet(draft: Draft, fire: Fire, s: Sighting) -> bool:
    """Tell whether the new bearing and the fire's own cross in one place; bearings far apart in time only of a stationary source."""
    if not fire.looks:
        return _on_bearing(draft, fire, s)
    bearings = _bearings(draft, fire)
    mount = mount_of(draft, s.camera_id)
    if not bearings or mount is None:
        return False
    newest = max(look.last_mono_s for look in fire.looks)
    stationary = "stationary" in s.reasons_for and all(look.stationary for look in fire.looks)
    if abs(s.mono_s - newest) > BEARINGS_APART_S and not stationary:
        return False
    return _meet([*bearings, Bearing(mount, s.pan_deg, s.tilt_deg, s.bearing_sigma_deg)])


def _meet(bearings: list[Bearing]) -> bool:
    """Tell whether bearings belong to one source. Heads that face each other across it cross nowhere: their ranges from tilt must agree."""
    if fuse(bearings) is not None:
        return True
    azimuths = [to_world(b.mount, b.pan_deg, b.tilt_deg)[0] for b in bearings]
    if any(abs(math.sin(math.radians(a - azimuths[0]))) > FACING_SIN for a in azimuths):
        return False
    points = [locate(b.mount, b.pan_deg, b.tilt_deg, b.sigma_deg) for b in bearings]
    first = points[0]
    return all(
        p.ellipse is not None
        and first.ellipse is not None
        and distance_m(p.lat_wgs84, p.lon_wgs84, first.lat_wgs84, first.lon_wgs84) <= _radius_m(p) + _radius_m(first)
        for p in points
    )


def _on_bearing(draft: Draft, fire: Fire, s: Sighting) -> bool:
    """Tell whether a place that a person named lies on a bearing."""
    mount, point = mount_of(draft, s.camera_id), fire.point
    if mount is None or point is None:
        return False
    range_m = distance_m(mount.lat_wgs84, mount.lon_wgs84, point.lat_wgs84, point.lon_wgs84)
    azimuth, _ = to_world(mount, s.pan_deg, s.tilt_deg)
    off = abs(wrap_deg(azimuth - azimuth_deg(mount.lat_wgs84, mount.lon_wgs84, point.lat_wgs84, point.lon_wgs84)))
    sigma = math.hypot(s.bearing_sigma_deg, mount.sigma_deg)
    return math.radians(off) * range_m <= draft.rules.settings.merge_m + math.radians(SIGMAS * sigma) * range_m


def _bearings(draft: Draft, fire: Fire) -> list[Bearing]:
    found = []
    for camera_id in fire.cameras():
        mount, look = mount_of(draft, camera_id), fire.look(camera_id)
        if mount is not None and look is not None:
            found.append(Bearing(mount, look.pan_deg, look.tilt_deg, look.sigma_deg))
    return found


def _begin(draft: Draft, s: Sighting) -> Fire:
    crowd = sorted((f for f in draft.fires.values() if f.alarm_id is None and f.test is s.test), key=lambda f: f.last_mono_s)
    for oldest in crowd[: max(0, len(crowd) - CANDIDATES_LIMIT + 1)]:
        del draft.fires[oldest.fire_id]
    draft.live = replace(draft.live, candidates=draft.live.candidates + 1)
    return Fire(
        fire_id=f"{'t' if s.test else 'c'}{draft.live.candidates}",
        test=s.test,
        looks=(),
        first_seen_at=s.captured_at,
        last_seen_at=s.captured_at,
        last_mono_s=min(s.mono_s, draft.now.mono_s),
        bonus=0.0 if s.test else watch_bonus(draft, s),
    )


def watch_bonus(draft: Draft, s: Sighting) -> float:
    """Return what a watched place starts with: where a fire was cleared lately, or hot work just ended."""
    settings = draft.rules.settings
    for alarm in draft.book.cleared.values():
        if alarm.test or alarm.active_at is None or alarm.cleared_at is None or alarm.marked_false is not None:
            continue
        if (draft.now.utc - alarm.cleared_at).total_seconds() > settings.watch_h * 3600.0:
            continue
        for seen in alarm.seen_by:
            same = seen.camera_id == s.camera_id
            if same and apart_deg(s.pan_deg, s.tilt_deg, seen.pan_deg, seen.tilt_deg) <= 2.0 * settings.merge_deg:
                return settings.watch_bonus
    mount = mount_of(draft, s.camera_id)
    if mount is not None and draft.book.permits:
        point = locate(mount, s.pan_deg, s.tilt_deg, s.bearing_sigma_deg)
        for permit in draft.book.permits.values():
            ended_s = (draft.now.utc - permit.ends_at).total_seconds()
            near = permit.lat_wgs84 is not None and permit.lon_wgs84 is not None
            if 0.0 <= ended_s <= settings.permit_watch_min * 60.0 and near:
                off = distance_m(point.lat_wgs84, point.lon_wgs84, permit.lat_wgs84 or 0.0, permit.lon_wgs84 or 0.0)
                if off <= 50.0 + _radius_m(point):
                    return settings.watch_bonus
    return 0.0


def measure(s: Sighting) -> float:
    """Return the size that growth is judged by; one camera always uses one of the two."""
    value = s.excess_radiance if s.excess_radiance is not None else s.excess
    return value if math.isfinite(value) else 0.0


def _add(draft: Draft, fire: Fire, s: Sighting) -> Fire:
    settings = draft.rules.settings
    before = next((k for k in fire.looks if k.camera_id == s.camera_id and k.view_id == s.view_id), None)
    gain = s.log_likelihood if math.isfinite(s.log_likelihood) else 0.0
    common = fire.common_cause
    if shares_cause(s):
        common = min(common + gain, settings.common_cause_cap) if gain > 0.0 else common + gain
        gain = 0.0
    top = CEILING * levels(settings).active
    summed = min((0.0 if before is None else before.log_likelihood) + gain, top)
    mono_s = min(s.mono_s, draft.now.mono_s)
    size = measure(s)
    look = Look(
        camera_id=s.camera_id,
        view_id=s.view_id,
        generation=s.generation,
        track_id=s.track_id,
        pan_deg=s.pan_deg,
        tilt_deg=s.tilt_deg,
        sigma_deg=max(s.bearing_sigma_deg, 0.0) if math.isfinite(s.bearing_sigma_deg) else settings.merge_deg,
        first_mono_s=s.first_seen_mono_s,
        last_mono_s=mono_s,
        captured_at=s.captured_at,
        log_likelihood=summed,
        measures=((() if before is None else before.measures) + (size,))[-3:],
        stationary="stationary" in s.reasons_for,
    )
    looks = tuple(sorted((*(k for k in fire.looks if k is not before), look), key=lambda k: (k.camera_id, k.view_id)))
    moved = before is None or apart_deg(look.pan_deg, look.tilt_deg, before.pan_deg, before.tilt_deg) > max(look.sigma_deg, 0.05)
    fire = replace(
        fire,
        looks=looks,
        first_seen_at=min(fire.first_seen_at, s.captured_at),
        last_seen_at=max(fire.last_seen_at, s.captured_at),
        last_mono_s=max(fire.last_mono_s, mono_s),
        common_cause=common,
        reasons_for=tuple(dict.fromkeys((*s.reasons_for, *fire.reasons_for)))[:REASONS_LIMIT],
        reasons_against=s.reasons_against,
        temperature=s.temperature,
        excess=s.excess if math.isfinite(s.excess) else fire.excess,
        excess_radiance=s.excess_radiance,
        area_px=s.area_px,
        fast=fire.fast or s.fast_path,
        watched_unseen_s=0.0,
    )
    return replace(fire, point=place(draft, fire)) if moved else fire


def place(draft: Draft, fire: Fire) -> IgnitionPoint | None:
    """Return where a fire burns by all its bearings, else by its newest; a place that a person named stays where no bearing is."""
    bearings = _bearings(draft, fire)
    if not bearings:
        return fire.point
    if len(bearings) == 1 and fire.point is not None and fire.point.method == "person":
        return fire.point
    met = fuse(bearings)
    if met is not None:
        return met
    newest = max(fire.looks, key=lambda k: k.last_mono_s)
    mount = mount_of(draft, newest.camera_id)
    return fire.point if mount is None else locate(mount, newest.pan_deg, newest.tilt_deg, newest.sigma_deg)


def twins(draft: Draft, fire: Fire) -> list[Fire]:
    """Return the other fires that are this one: places that agree, no head that resolves them."""
    found = []
    for other in draft.fires.values():
        if other.fire_id == fire.fire_id or other.test is not fire.test or other.point is None or fire.point is None:
            continue
        if set(other.cameras()) & set(fire.cameras()):
            continue
        off = distance_m(other.point.lat_wgs84, other.point.lon_wgs84, fire.point.lat_wgs84, fire.point.lon_wgs84)
        if off > draft.rules.settings.merge_m + _radius_m(other.point) + _radius_m(fire.point):
            continue
        bearings = [*_bearings(draft, other), *_bearings(draft, fire)]
        if not fire.looks or not other.looks:
            if off <= draft.rules.settings.merge_m:
                found.append(other)
            continue
        gap_s = abs(max(k.last_mono_s for k in fire.looks) - max(k.last_mono_s for k in other.looks))
        stationary = all(k.stationary for k in (*fire.looks, *other.looks))
        if (gap_s <= BEARINGS_APART_S or stationary) and _meet(bearings):
            found.append(other)
    return found


def joined(draft: Draft, keep: Fire, gone: Fire) -> Fire:
    """Return one fire of two, with the evidence of both."""
    one = replace(
        keep,
        looks=tuple(sorted((*keep.looks, *gone.looks), key=lambda k: (k.camera_id, k.view_id))),
        first_seen_at=min(keep.first_seen_at, gone.first_seen_at),
        last_seen_at=max(keep.last_seen_at, gone.last_seen_at),
        last_mono_s=max(keep.last_mono_s, gone.last_mono_s),
        common_cause=max(keep.common_cause, gone.common_cause),
        bonus=max(keep.bonus, gone.bonus),
        reasons_for=tuple(dict.fromkeys((*keep.reasons_for, *gone.reasons_for)))[:REASONS_LIMIT],
        excess=max(keep.excess, gone.excess),
        excess_radiance=keep.excess_radiance if keep.excess_radiance is not None else gone.excess_radiance,
        temperature=keep.temperature or gone.temperature,
        area_px=max(keep.area_px, gone.area_px),
        fast=keep.fast or gone.fast,
        watched_unseen_s=0.0,
        alarm_id=keep.alarm_id or gone.alarm_id,
        held_by=None,
    )
    return replace(one, point=place(draft, one))
