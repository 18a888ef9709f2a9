"""What a sighting does: association, merges, promotion, growth. Evidence of a real fire is never touched by a drill."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from edged.core import life, secondlook
from edged.core.confirm import levels, total, weighed
from edged.core.draft import Draft
from edged.core.fire import apart_deg, joined, parted, take
from edged.core.live import Fire
from edged.core.places import twins
from edged.geometry.earth import distance_m
from edged.model.alarm import Alarm, AlarmState
from edged.model.sighting import Sighting

STANDING_BIN_DEG = 0.5
STANDING_AGAIN_S = 6 * 3600.0
COMPANY_M = 100.0
COMPANY_DEG = 2.0
PAIR_S = 2.0
"""Seconds after which a fire is compared with those of other heads again: bearings far apart in time become comparable."""
UPDATE_S = 60.0
UPDATE_RATIO = 1.25
RELIABLE_M = 100.0


def sighted(draft: Draft, s: Sighting) -> None:
    """Take one sighting in. Stale generations, repeated deliveries and garbage change nothing."""
    if s.generation < draft.generations.get(s.camera_id, s.generation):
        return
    if not all(map(math.isfinite, (s.pan_deg, s.tilt_deg, s.mono_s, s.first_seen_mono_s, s.log_likelihood))):
        return
    if any(
        k.camera_id == s.camera_id and k.view_id == s.view_id and k.generation == s.generation and k.track_id == s.track_id
        and s.mono_s <= k.last_mono_s
        for f in draft.fires.values() if f.test is s.test for k in f.looks
    ):  # fmt: skip
        return
    if s.standing and not s.test:
        _standing(draft, s)
    fire, moved = take(draft, s)
    if moved or draft.now.mono_s - fire.paired_mono_s >= PAIR_S:
        fire = parted(draft, fire, s.camera_id)
        fire = draft.fires[fire.fire_id] = replace(fire, paired_mono_s=draft.now.mono_s)
        for other in twins(draft, fire):
            fire = _merge(draft, fire, other)
    weigh(draft, fire, s.camera_id)


def weigh(draft: Draft, fire: Fire, camera_id: str) -> None:
    """Let the evidence of a fire take effect."""
    settings = draft.rules.settings
    if fire.held_by is not None:
        if not _breaks_hold(draft, fire):
            return
        fire = replace(fire, held_sizes=(), held_zone=None)
    alarm = draft.book.alarms.get(fire.alarm_id or "")
    if alarm is not None and life.RANK[alarm.state] >= life.RANK["active"]:
        _follow(draft, fire, alarm, camera_id)
        return
    place = life.place_words(draft, fire)
    permit = life.open_permit(draft, place.zone_id, fire.point) is not None and not fire.test
    reached = weighed(fire, settings, settings.permit_extra if permit else 0.0)
    if alarm is None:
        if reached != "none":
            born(draft, fire, reached)
        elif total(fire, settings) <= levels(settings).drop:
            draft.fires.pop(fire.fire_id, None)
        return
    shown = refreshed(draft, fire, alarm)
    if reached != "none" and life.RANK[reached] > life.RANK[alarm.state]:
        if reached == "active":
            activate(draft, shown, "active")
        else:
            life.verify(draft, draft.write(replace(shown, state=reached), "pre_alarm"))
    elif total(fire, settings) <= levels(settings).drop:
        drop(draft, fire, shown)
    elif set(fire.cameras()) != {seen.camera_id for seen in alarm.seen_by}:
        draft.write(shown, "updated")


def born(draft: Draft, fire: Fire, state: AlarmState) -> Alarm:
    """Give a fire its alarm."""
    alarm = life.new_alarm(draft, fire, state, supersedes=(fire.held_by,) if fire.held_by else ())
    draft.fires.pop(fire.fire_id, None)
    draft.fires[alarm.alarm_id] = replace(fire, fire_id=alarm.alarm_id, alarm_id=alarm.alarm_id, held_by=None)
    if fire.held_by:
        old = draft.book.known(fire.held_by)
        alarm = replace(alarm, marked_false=None if old is None else old.marked_false)
    if state == "active":
        return activate(draft, alarm, "active")
    written = draft.write(alarm, "raised")
    if state == "pre_alarm":
        life.verify(draft, written)
    return written


def activate(draft: Draft, alarm: Alarm, change: str, *, actor: str | None = None, cause_id: str | None = None) -> Alarm:
    """Make an alarm active, and wake the quiet alarms beside it: a second source announces again."""
    written = life.activate(draft, alarm, change, actor=actor, cause_id=cause_id)
    if written.test:
        return written
    for other in draft.book.real():
        quiet = other.state == "acknowledged" or (other.state == "active" and other.shelved_until is not None)
        if other.alarm_id != written.alarm_id and quiet and _beside(other, written):
            ledger = replace(draft.ledger(other.alarm_id), announced_at=draft.now.utc, repeats=0)
            draft.write(other, "second_source", ledger=ledger, state="active", shelved_until=None, shelved_by=None)
    return written


def drop(draft: Draft, fire: Fire, alarm: Alarm) -> None:
    """Clear a suspect or pre-alarm whose evidence speaks against it."""
    draft.fires.pop(fire.fire_id, None)
    life.clear(draft, alarm, "no_fire_found", "core", "cleared")


def refreshed(draft: Draft, fire: Fire, alarm: Alarm) -> Alarm:
    """Return the alarm with what the fire shows now. A place that was announced keeps its words while the new ones are vaguer."""
    place = life.place_words(draft, fire)
    if alarm.words.zone_id is not None and place.zone_id is None:
        place = alarm.words
    permit = not fire.test and life.open_permit(draft, place.zone_id, fire.point) is not None
    verified = alarm.verified
    if verified == "no" and ("second_lens" in fire.reasons_for or secondlook.saw(draft, alarm, fire)):
        verified = "second_lens"
    if verified in ("no", "second_lens") and life.is_second_head(draft, fire):
        verified = "second_head"
    level = life.arming_of(draft, fire.cameras(), place.zone_id)
    return replace(
        alarm,
        evidence=life.evidence(draft, fire, permit),
        seen_by=life.seen_by(draft, fire),
        ignition_point=fire.point or alarm.ignition_point,
        words=place,
        verified=verified,
        arming=max(alarm.arming, level, key=lambda a: life.ORDER[a]) if alarm.active_at is not None else level,
    )


def _follow(draft: Draft, fire: Fire, alarm: Alarm, camera_id: str) -> None:
    """Follow a fire that is announced already."""
    now, settings = draft.now, draft.rules.settings
    ledger = draft.ledger(alarm.alarm_id)
    look = fire.look(camera_id)
    base = dict(ledger.announced).get(camera_id, 0.0)
    full = look is not None and len(look.measures) >= 3
    grown = full and look is not None and base > 0.0 and look.steady_measure >= settings.growth_factor * base
    if grown and now.mono_s - fire.grown_mono_s >= settings.growth_pause_s:
        draft.fires[fire.fire_id] = replace(fire, grown_mono_s=now.mono_s, updated_mono_s=now.mono_s)
        life.announce_again(draft, refreshed(draft, fire, alarm), "grown", not_seen_since=None, not_seen_cause=None)
        return
    others = bool(fire.looks) and {seen.camera_id for seen in alarm.seen_by} != set(fire.cameras())
    due = now.mono_s - fire.updated_mono_s >= UPDATE_S and _differs(alarm.evidence.excess, fire.excess)
    learn = full and look is not None and base <= 0.0 < look.steady_measure
    place = life.place_words(draft, fire)
    zoned = place.zone_id is not None and place.zone_id not in ledger.zones and not fire.test
    placed = zoned and not ledger.zones
    if zoned and not placed and fire.point is not None and _reliable(fire):
        life.announce_again(draft, refreshed(draft, fire, alarm), "new_zone", not_seen_since=None, not_seen_cause=None)
        return
    lens = alarm.verified == "no" and ("second_lens" in fire.reasons_for or secondlook.saw(draft, alarm, fire))
    head = alarm.verified in ("no", "second_lens") and len(fire.looks) > 1 and life.is_second_head(draft, fire)
    if not (alarm.not_seen_since is not None or others or due or learn or placed or lens or head):
        return
    shown = refreshed(draft, fire, alarm)
    if learn and look is not None:
        ledger = replace(ledger, announced=tuple(sorted({**dict(ledger.announced), camera_id: look.steady_measure}.items())))
    if placed and place.zone_id is not None:
        ledger = replace(ledger, zones=(place.zone_id,))
    change = "seen_again" if alarm.not_seen_since is not None else "verified" if shown.verified != alarm.verified else "updated"
    draft.fires[fire.fire_id] = replace(fire, updated_mono_s=now.mono_s)
    draft.write(shown, change, ledger=ledger, not_seen_since=None, not_seen_cause=None)


def _differs(a: float, b: float) -> bool:
    low, high = sorted((abs(a), abs(b)))
    return high > UPDATE_RATIO * low


def _reliable(fire: Fire) -> bool:
    point = fire.point
    return point is not None and point.ellipse is not None and point.ellipse.semi_major_m <= RELIABLE_M


def _breaks_hold(draft: Draft, fire: Fire) -> bool:
    """Tell whether a source that a person marked false outgrew the mark."""
    base = dict(fire.held_sizes)
    factor = draft.rules.settings.growth_factor
    for look in fire.looks:
        if base.get(look.camera_id, 0.0) > 0.0 and len(look.measures) >= 3 and look.steady_measure >= factor * base[look.camera_id]:
            return True
    zone = life.place_words(draft, fire).zone_id
    return zone is not None and fire.held_zone is not None and zone != fire.held_zone and _reliable(fire)


def _beside(a: Alarm, b: Alarm) -> bool:
    for x in a.seen_by:
        for y in b.seen_by:
            if x.camera_id == y.camera_id and apart_deg(x.pan_deg, x.tilt_deg, y.pan_deg, y.tilt_deg) <= COMPANY_DEG:
                return True
    p, q = a.ignition_point, b.ignition_point
    return p is not None and q is not None and distance_m(p.lat_wgs84, p.lon_wgs84, q.lat_wgs84, q.lon_wgs84) <= COMPANY_M


def _standing(draft: Draft, s: Sighting) -> None:
    spot = (s.camera_id, round(s.pan_deg / STANDING_BIN_DEG), round(s.tilt_deg / STANDING_BIN_DEG))
    near = [(s.camera_id, spot[1] + i, spot[2] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    if any(draft.now.mono_s - draft.standing.get(n, -1e9) < STANDING_AGAIN_S for n in near):
        return
    draft.standing = {k: v for k, v in draft.standing.items() if draft.now.mono_s - v < STANDING_AGAIN_S}
    draft.standing[spot] = draft.now.mono_s
    draft.append(
        "notice",
        "standing_source",
        topic="analytics",
        data={
            "code": "standing_source",
            "camera_id": s.camera_id,
            "view_id": s.view_id,
            "pan_deg": s.pan_deg,
            "tilt_deg": s.tilt_deg,
            "excess": s.excess,
            "reasons_for": list(s.reasons_for),
            "reasons_against": list(s.reasons_against),
        },
    )


def _merge(draft: Draft, a: Fire, b: Fire) -> Fire:
    """Make one fire of two. The older alarm lives, the other is cleared with `superseded_by`; nobody is told twice."""
    one, two = draft.book.alarms.get(a.alarm_id or ""), draft.book.alarms.get(b.alarm_id or "")
    if one is not None and two is not None:
        old, young = sorted((one, two), key=lambda x: x.alarm_id)
        keep, gone = (a, b) if old is one else (b, a)
        draft.fires.pop(gone.fire_id, None)
        fire = joined(draft, keep, gone)
        draft.fires[fire.fire_id] = fire
        merge_alarms(draft, fire, old, young)
        return draft.fires[fire.fire_id]
    keep, gone = (a, b) if one is not None or (two is None and (a.held_by or a.fire_id < b.fire_id)) else (b, a)
    draft.fires.pop(gone.fire_id, None)
    fire = joined(draft, keep, gone)
    if keep.alarm_id is None and keep.held_by is not None:
        fire = replace(fire, held_by=keep.held_by)
    draft.fires[fire.fire_id] = fire
    return fire


def merge_alarms(draft: Draft, fire: Fire, old: Alarm, young: Alarm) -> Alarm:
    """Write the end of the younger alarm and the older one's next revision."""
    mine, theirs = draft.ledger(old.alarm_id), draft.ledger(young.alarm_id)
    life.clear(draft, young, "superseded", "core", "superseded", superseded_by=old.alarm_id)
    shown = refreshed(draft, fire, old)
    level = max(shown.arming, young.arming, key=lambda x: life.ORDER[x])
    common: dict[str, Any] = {
        "arming": level,
        "supersedes": (*old.supersedes, young.alarm_id),
        "answers": tuple(sorted((*old.answers, *young.answers), key=lambda x: x.at)),
        "told_119_at": old.told_119_at or young.told_119_at,
        "verified": young.verified if shown.verified == "no" else shown.verified,
    }
    if life.RANK[young.state] < life.RANK["active"]:
        state = max(old.state, young.state, key=lambda x: life.RANK[x])
        return draft.write(replace(shown, state=state, **common), "merged")
    if life.RANK[old.state] < life.RANK["active"]:
        taken: dict[str, Any] = {
            name: getattr(young, name)
            for name in (
                "state", "slot", "active_at", "released_at", "release_due_at", "released_by", "announced_excess", "announcements",
                "shelved_until", "shelved_by",
            )
        }  # fmt: skip
        return draft.write(replace(shown, **common, **taken), "merged", ledger=theirs)
    both = old.state == young.state == "acknowledged"
    shelved = old.shelved_until is not None and young.shelved_until is not None
    due = [x.release_due_at for x in (old, young) if x.release_due_at is not None]
    ledger = replace(
        mine,
        told=tuple(sorted((*mine.told, *theirs.told), key=lambda t: t.at))[-16:],
        zones=tuple(dict.fromkeys((*mine.zones, *theirs.zones))),
        announced=tuple(sorted({**dict(theirs.announced), **dict(mine.announced)}.items())),
    )
    return draft.write(
        replace(shown, **common),
        "merged",
        ledger=ledger,
        state="acknowledged" if both else "active",
        released_at=old.released_at or young.released_at,
        released_by=old.released_by or young.released_by,
        release_due_at=min(due) if due else None,
        shelved_until=old.shelved_until if shelved else None,
        shelved_by=old.shelved_by if shelved else None,
    )
