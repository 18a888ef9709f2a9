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
from edged.core.places import on_bearing, place, radius_m, stranger
from edged.geometry.earth import distance_m
from edged.geometry.head import wrap_deg
from edged.geometry.place import locate
from edged.model.sighting import Sighting

SIGMAS = 3.0
SAME_TRACK_DEG = 3.0
"""A track that jumps further than this is another source, whatever its number says (an eye restarted)."""
PART_S = 10.0
"""Seconds after which what one head sees elsewhere than the others leaves a fire."""
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
    before = _same_camera(draft, sighting) or _named_place(draft, sighting)
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


def _named_place(draft: Draft, s: Sighting) -> Fire | None:
    """Return the fire that a person named and nobody has seen yet, where the sighting's bearing passes it."""
    named = [f for f in draft.fires.values() if not f.looks and f.test is s.test and f.point is not None]
    return next((fire for fire in named if on_bearing(draft, fire, s)), None)


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
        point = locate(draft.rules.site, mount, s.pan_deg, s.tilt_deg, s.bearing_sigma_deg)
        for permit in draft.book.permits.values():
            ended_s = (draft.now.utc - permit.ends_at).total_seconds()
            near = permit.lat_wgs84 is not None and permit.lon_wgs84 is not None
            if 0.0 <= ended_s <= settings.permit_watch_min * 60.0 and near:
                off = distance_m(point.lat_wgs84, point.lon_wgs84, permit.lat_wgs84 or 0.0, permit.lon_wgs84 or 0.0)
                if off <= 50.0 + radius_m(point):
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
    own, earlier = _summed(before, s, gain)
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
        log_likelihood=min(max(own, earlier), top),
        own=min(own, top),
        earlier=earlier,
        measures=((() if before is None else before.measures) + (size,))[-3:],
        stationary="stationary" in s.reasons_for,
        irradiance_w_m2=s.irradiance_w_m2 if s.irradiance_w_m2 is not None and 0.0 < s.irradiance_w_m2 < math.inf else None,
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


def _summed(before: Look | None, s: Sighting, gain: float) -> tuple[float, float]:
    """Return (what the present track says, what those before it in this view said).

    A track that takes over shows the same heat again, so the two are not added; only increments of unknown begin are.
    """
    told = None if s.evidence is None or not math.isfinite(s.evidence) or shares_cause(s) else s.evidence
    if before is None:
        return gain if told is None else told, float("-inf")
    if before.track_id == s.track_id:
        return before.own + gain if told is None else told, before.earlier
    if told is not None:
        return told, before.log_likelihood
    return (before.log_likelihood + gain, float("-inf")) if before.track_id < 0 else (gain, before.log_likelihood)


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


def parted(draft: Draft, fire: Fire, camera_id: str) -> Fire:
    """Return the fire that a camera's looks belong to, once they have not met the others' for a while: a fire of their own."""
    if not stranger(draft, fire, camera_id):
        if fire.apart_mono_s is not None:
            fire = draft.fires[fire.fire_id] = replace(fire, apart_mono_s=None)
        return fire
    since = fire.apart_mono_s if fire.apart_mono_s is not None else draft.now.mono_s
    if draft.now.mono_s - since < PART_S:
        draft.fires[fire.fire_id] = replace(fire, apart_mono_s=since)
        return draft.fires[fire.fire_id]
    own = tuple(look for look in fire.looks if look.camera_id == camera_id)
    rest = tuple(look for look in fire.looks if look.camera_id != camera_id)
    draft.live = replace(draft.live, candidates=draft.live.candidates + 1)
    kept = replace(fire, looks=rest, apart_mono_s=None, last_mono_s=max(look.last_mono_s for look in rest))
    kept = draft.fires[fire.fire_id] = replace(kept, point=place(draft, kept))
    name = f"{'t' if fire.test else 'c'}{draft.live.candidates}"
    new = replace(
        fire, fire_id=name, looks=own, alarm_id=None, held_by=None, held_sizes=(), held_zone=None, bonus=0.0, common_cause=0.0, point=None,
        apart_mono_s=None, first_seen_at=min(look.captured_at for look in own), fast=False,
    )  # fmt: skip
    draft.fires[name] = replace(new, point=place(draft, new))
    return draft.fires[name]
