"""From sightings to what is kept of them: one visit a track, and what core made of it. Nothing is decided here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from edged.core import life
from edged.core.confirm import levels, total
from edged.core.draft import Draft
from edged.core.live import Fire
from edged.core.mounts import mount_of
from edged.core.places import radius_m
from edged.core.step import State
from edged.geometry.head import to_world
from edged.geometry.place import locate
from edged.geometry.plan import inside, words
from edged.model.alarm import Alarm
from edged.model.instant import Instant
from edged.model.sighting import Sighting
from edged.model.view import HeadPolygon
from edged.model.visit import InArea, Judgement, Visit

RANK = ("none", "suspect", "pre_alarm", "active", "acknowledged", "cleared")
FIRE_REASONS = ("extinguished", "burnt_out", "handed_over")
"""A person who clears an alarm so says that it burnt."""
Key = tuple[str, str, int, int]


def key_of(s: Sighting) -> Key:
    """Return what names a track while its head's generations last."""
    return s.camera_id, s.view_id, s.generation, s.track_id


def usable(s: Sighting) -> bool:
    """Tell whether a sighting's figures are figures; others are not kept."""
    return all(map(math.isfinite, (s.pan_deg, s.tilt_deg, s.mono_s, s.first_seen_mono_s, s.log_likelihood, s.area_px)))


def begun(s: Sighting) -> Visit:
    """Return the visit that a track's first sighting begins; `add` takes the sighting itself in."""
    before = max(0.0, s.mono_s - s.first_seen_mono_s)
    first = s.captured_at - timedelta(seconds=min(before, 86_400.0))
    return Visit(
        f"{s.camera_id}/{s.view_id}/{s.generation}/{s.track_id}/{first.timestamp():.1f}",
        s.camera_id, s.view_id, s.generation, s.track_id, first, s.captured_at, s.pan_deg, s.tilt_deg, s.bearing_sigma_deg, s.area_px,
        s.temperature.kind, greatest=-math.inf, reported=False, test=s.test,
    )  # fmt: skip


def add(visit: Visit, s: Sighting, areas: tuple[HeadPolygon, ...], *, held: bool = False) -> Visit:
    """Return the visit with one more sighting. `held`: the eye held it back, and its evidence is no increment."""
    summed = visit.log_likelihood + (0.0 if held else s.log_likelihood)
    evidence = s.log_likelihood if held else summed
    strongest = visit.peak_k is None
    warm, cold = s.temperature.apparent_temp_c, s.temperature.background_temp_c
    rise = warm - cold if warm is not None and cold is not None else None
    if rise is not None:
        strongest = visit.peak_k is None or rise > visit.peak_k
    lies_in = tuple(InArea(a.name, a.kind, a.extra_evidence) for a in areas if inside(a.points, s.tilt_deg, s.pan_deg))
    return replace(
        visit,
        last_seen_at=max(visit.last_seen_at, s.captured_at),
        pan_deg=s.pan_deg,
        tilt_deg=s.tilt_deg,
        sigma_deg=s.bearing_sigma_deg,
        area_px=max(visit.area_px, s.area_px),
        apparent_temp_c=warm if strongest else visit.apparent_temp_c,
        peak_k=rise if strongest else visit.peak_k,
        log_likelihood=summed,
        evidence=evidence,
        greatest=max(visit.greatest, evidence),
        reasons_for=tuple(dict.fromkeys((*visit.reasons_for, *s.reasons_for))),
        reasons_against=tuple(dict.fromkeys((*visit.reasons_against, *s.reasons_against))),
        areas=tuple(dict.fromkeys((*visit.areas, *lies_in))),
        reported=visit.reported or not held,
        standing=visit.standing or s.standing,
    )


def judged(state: State, now: Instant, visits: Mapping[Key, Visit]) -> dict[Key, Visit]:
    """Return the visits with what core makes of them now: sum, furthest state, alarm, place, and what is asked on top."""
    draft = Draft(state.rules, state.epoch, state.book, state.live, now)
    owners: dict[Key, Fire] = {}
    for fire in state.live.fires.values():
        for look in fire.looks:
            owners[(look.camera_id, look.view_id, look.generation, look.track_id)] = fire
    return {key: _judged(draft, visit, owners.get(key)) for key, visit in visits.items()}


def _judged(draft: Draft, visit: Visit, fire: Fire | None) -> Visit:
    if visit.azimuth_deg is None or (fire is not None and fire.point is not None and fire.point.lat_wgs84 != visit.lat_wgs84):
        visit = _placed(draft, visit, fire)
    limits = levels(draft.rules.settings)
    if fire is None:
        return visit if visit.needed else replace(visit, needed=limits.suspect)
    alarm = draft.book.alarms.get(fire.alarm_id or "")
    reached = visit.state
    if alarm is not None and RANK.index(alarm.state) > RANK.index(reached):
        reached = alarm.state
    needed = {"none": limits.suspect, "suspect": limits.pre_alarm}.get(reached, limits.active)
    permit = not fire.test and life.open_permit(draft, visit.zone_id, fire.point) is not None
    fire_evidence = total(fire, draft.rules.settings)
    if visit.fire_evidence is not None:
        fire_evidence = max(fire_evidence, visit.fire_evidence)
    return replace(
        visit,
        state=reached,
        alarm_id=alarm.alarm_id if alarm is not None else visit.alarm_id,
        display_id=alarm.display_id if alarm is not None else visit.display_id,
        held_by=fire.held_by,
        fire_evidence=fire_evidence,
        needed=needed,
        extra=draft.rules.settings.permit_extra if permit else visit.extra,
    )


def _placed(draft: Draft, visit: Visit, fire: Fire | None) -> Visit:
    mount = mount_of(draft, visit.camera_id)
    if mount is None:
        return visit
    azimuth, elevation = to_world(mount, visit.pan_deg, visit.tilt_deg)
    point = fire.point if fire is not None else None
    if point is None:
        point = locate(draft.rules.site, mount, visit.pan_deg, visit.tilt_deg, max(visit.sigma_deg, 1e-3))
    known = point.method != "bearing_only"
    named = words(draft.rules.plan, point if known else None, azimuth, draft.rules.name(visit.camera_id), draft.rules.language)
    return replace(
        visit,
        azimuth_deg=azimuth % 360.0,
        elevation_deg=elevation,
        lat_wgs84=point.lat_wgs84 if known else None,
        lon_wgs84=point.lon_wgs84 if known else None,
        doubt_m=radius_m(point) if known else 0.0,
        zone_id=named.zone_id,
        place=named.place,
    )


def judgement(alarm: Alarm) -> Judgement:
    """Return what people said of an alarm so far."""
    seen = alarm.seen_by[0] if alarm.seen_by else None
    fire = alarm.verified == "person" or alarm.source == "person" or alarm.clear_reason in FIRE_REASONS
    return Judgement(
        alarm.alarm_id, alarm.display_id, alarm.raised_at, alarm.marked_false, alarm.clear_reason, fire, alarm.test,
        seen.camera_id if seen else None, seen.view_id if seen else None, seen.pan_deg if seen else 0.0, seen.tilt_deg if seen else 0.0,
        alarm.words.place,
    )  # fmt: skip
