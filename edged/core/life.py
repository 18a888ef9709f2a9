"""The life of an alarm: raised, announced, released, grown, answered, cleared. One function a transition; each writes its row.

Expiry and automatic clear exist only before `active`. What a person must decide is only ever decided by a verb.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from edged.core import text
from edged.core.book import LEDGER, Ledger, Permit, Told
from edged.core.confirm import levels, total
from edged.core.draft import Draft
from edged.core.ids import ulid
from edged.core.live import Fire
from edged.core.mounts import mount_of
from edged.geometry.earth import distance_m
from edged.geometry.head import to_head, to_world
from edged.geometry.plan import words
from edged.model.alarm import Alarm, AlarmState, Arming, ClearReason, SeenBy
from edged.model.alarm import Evidence as Why
from edged.model.command import Verify
from edged.model.journal import Address
from edged.model.place import IgnitionPoint, PlaceWords
from edged.model.sighting import ReasonAgainst

ORDER: dict[Arming, int] = {"shadow": 0, "console": 1, "duty": 2, "radio": 3}
RANK: dict[AlarmState, int] = {"suspect": 0, "pre_alarm": 1, "active": 2, "acknowledged": 2, "cleared": 3}
PERMIT_M = 50.0
REPEAT_DEADLINE_S = 300.0
SECOND_HEAD_SHARE = 0.3
"""A second head verifies once it alone adds this share of the active threshold."""


def arming_of(draft: Draft, cameras: Sequence[str], zone_id: str | None) -> Arming:
    """Return how far an alarm goes: the most that one of its heads allows, no further than its zone allows."""
    book, rules = draft.book, draft.rules
    heads = [book.arming.get(f"camera:{c}", rules.arming.get(c, rules.settings.arming)) for c in cameras]
    level: Arming = max(heads, key=lambda a: ORDER[a], default=rules.settings.arming)
    zone = next((z.arming for z in rules.plan.zones if z.zone_id == zone_id), None)
    zone = book.arming.get(f"zone:{zone_id}", zone) if zone_id else zone
    return level if zone is None else min(level, zone, key=lambda a: ORDER[a])


def open_permit(draft: Draft, zone_id: str | None, point: IgnitionPoint | None) -> Permit | None:
    """Return the hot-work permit that covers a place now."""
    for permit in draft.book.permits.values():
        if not permit.begins_at <= draft.now.utc < permit.ends_at:
            continue
        if permit.zone_id is not None and permit.zone_id == zone_id:
            return permit
        if point is not None and permit.lat_wgs84 is not None and permit.lon_wgs84 is not None:
            near = distance_m(point.lat_wgs84, point.lon_wgs84, permit.lat_wgs84, permit.lon_wgs84)
            if near <= PERMIT_M:
                return permit
    return None


def place_words(draft: Draft, fire: Fire) -> PlaceWords:
    """Return the plan's words for a fire; a bearing from its mast where no place is known."""
    rules = draft.rules
    newest = max(fire.looks, key=lambda k: k.last_mono_s, default=None)
    azimuth = mast = None
    if newest is not None:
        mast = rules.name(newest.camera_id)
        mount = mount_of(draft, newest.camera_id)
        azimuth = None if mount is None else to_world(mount, newest.pan_deg, newest.tilt_deg)[0]
    found = words(rules.plan, fire.point, azimuth, mast, rules.language)
    if fire.point is not None and fire.point.method == "bearing_only" and azimuth is not None and found.zone_id is None:
        return words(rules.plan, None, azimuth, mast, rules.language)
    return found


def evidence(draft: Draft, fire: Fire, permit: bool) -> Why:
    """Return the evidence of a fire as the alarm shows it."""
    against: tuple[ReasonAgainst, ...] = tuple(r for r in fire.reasons_against if r != "permit")
    return Why(
        reasons_for=fire.reasons_for,
        reasons_against=(*against, "permit") if permit else against,
        log_likelihood=round(total(fire, draft.rules.settings), 3),
        first_seen_at=fire.first_seen_at,
        last_seen_at=fire.last_seen_at,
        temperature=fire.temperature,
        excess=fire.excess,
        excess_radiance=fire.excess_radiance,
        area_px=fire.area_px,
    )


def seen_by(draft: Draft, fire: Fire) -> tuple[SeenBy, ...]:
    """Return the views that see a fire, one a camera and view."""
    found = []
    for look in fire.looks:
        mount = mount_of(draft, look.camera_id)
        world = (None, None) if mount is None else to_world(mount, look.pan_deg, look.tilt_deg)
        found.append(SeenBy(look.camera_id, look.view_id, look.pan_deg, look.tilt_deg, world[0], world[1], look.captured_at))
    return tuple(found)


def new_alarm(draft: Draft, fire: Fire, state: AlarmState, source: str = "detector", supersedes: tuple[str, ...] = ()) -> Alarm:
    """Return an alarm that has not been written yet."""
    lane = "test" if fire.test else "real"
    last = int((draft.book.last_test if fire.test else draft.book.last_real)[1].lstrip("T"))
    display = f"T{(last + 1) % 1000:03d}" if fire.test else f"{last % 9999 + 1:04d}"
    place = place_words(draft, fire)
    return Alarm(
        alarm_id=ulid(draft.now.utc, draft.rules.station_id, draft.epoch, draft.book.count, "alarm", lane),
        display_id=display,
        slot=None,
        state=state,
        revision=0,
        source="person" if source == "person" else "detector",
        test=fire.test,
        raised_at=draft.now.utc,
        updated_at=draft.now.utc,
        evidence=evidence(draft, fire, open_permit(draft, place.zone_id, fire.point) is not None),
        seen_by=seen_by(draft, fire),
        ignition_point=fire.point,
        words=place,
        arming="radio" if source == "person" else arming_of(draft, fire.cameras(), place.zone_id),
        supersedes=supersedes,
    )


def free_slot(draft: Draft, test: bool) -> int | None:
    """Return the slot that rested longest. A test takes none that a real alarm may be meant by; a real one never waits for a test."""
    real = {a.slot for a in draft.book.alarms.values() if not a.test}
    tests = {a.slot for a in draft.book.alarms.values() if a.test}
    free = [n for n in range(1, 10) if n not in real and n not in tests]
    if not free and not test:
        free = [n for n in range(1, 10) if n not in real]
    if not free:
        return None
    rested = sorted(free, key=lambda n: (draft.book.freed[n].at.timestamp() if n in draft.book.freed else 0.0, -n if test else n))
    return rested[0]


def hold_s(draft: Draft, alarm: Alarm) -> float:
    """Return for how long the duty post may hold an alarm back from the talkgroup."""
    at_once = alarm.words.hazard is not None or not draft.live.duty or alarm.verified == "person" or alarm.source == "person"
    return 0.0 if at_once else draft.rules.settings.hold_s


def activate(draft: Draft, alarm: Alarm, change: str, *, actor: str | None = None, cause_id: str | None = None, **fields: object) -> Alarm:
    """Make an alarm active and announce it: the duty post at once, the talkgroup when released."""
    now = draft.now.utc
    shown = replace(alarm, state="active", active_at=now, slot=free_slot(draft, alarm.test), **fields)  # type: ignore[arg-type]
    ledger = draft.ledger(alarm.alarm_id)
    if ORDER[shown.arming] >= ORDER["radio"] and not shown.test:
        shown = replace(shown, release_due_at=now + timedelta(seconds=hold_s(draft, shown)))
    shown, ledger = _announced(draft, shown, ledger)
    if shown.test:
        ledger = tell_radios(draft, shown, ledger, "fire", draft.rules.test_radios)
    elif ORDER[shown.arming] >= ORDER["duty"]:
        ledger = tell_duty(draft, shown, ledger, "fire")
    written = draft.write(shown, change, ledger=ledger, actor=actor, cause_id=cause_id)
    verify(draft, written)
    if written.release_due_at is not None and written.release_due_at <= now:
        written = release(draft, written, actor or "core", cause_id)
    return written


def _announced(draft: Draft, alarm: Alarm, ledger: Ledger) -> tuple[Alarm, Ledger]:
    fire = draft.fires.get(alarm.alarm_id)
    sizes = sorted({k.camera_id: k.steady_measure for k in fire.looks}.items()) if fire is not None else ()
    zone = alarm.words.zone_id
    zones = ledger.zones if zone is None or zone in ledger.zones else (*ledger.zones, zone)
    ledger = replace(ledger, announced_at=draft.now.utc, repeats=0, zones=zones, announced=tuple(sizes), quiet=())
    return replace(alarm, announced_excess=alarm.evidence.excess, announcements=alarm.announcements + 1), ledger


def _deadline_s(repeat: int) -> float | None:
    """A repeat that is late is worth nothing: the next one follows."""
    return REPEAT_DEADLINE_S if repeat else None


def tell_duty(draft: Draft, alarm: Alarm, ledger: Ledger, kind: text.Kind, repeat: int = 0) -> Ledger:
    """Tell the duty post."""
    said = draft.say(alarm, kind, alarm.slot)
    return ledger.with_told(
        draft.tell("duty", draft.rules.duty, said, alarm_ids=(alarm.alarm_id,), repeat=repeat, deadline_s=_deadline_s(repeat))
    )


def tell_radios(draft: Draft, alarm: Alarm, ledger: Ledger, kind: text.Kind, to: Sequence[Address], repeat: int = 0) -> Ledger:
    """Tell talkgroups or radios; over the serial radio as well while the gateway is known to be down."""
    to = tuple(a for a in to if a.kind == "group" or a.id not in ledger.quiet)
    if not to:
        return ledger
    said, lane = draft.say(alarm, kind, alarm.slot), ("test" if alarm.test else "real")
    down = not all(draft.live.outputs.get(name, True) for name in ("mqtt", "gateway"))
    serial = "serial" in draft.rules.paths and (down or "gateway" not in draft.rules.paths)
    if "gateway" in draft.rules.paths:
        told = draft.tell("gateway", to, said, alarm_ids=(alarm.alarm_id,), lane=lane, repeat=repeat, deadline_s=_deadline_s(repeat))  # type: ignore[arg-type]
        ledger = ledger.with_told(replace(told, rescued=serial))
    if serial:
        told = draft.tell("serial", to, said, alarm_ids=(alarm.alarm_id,), lane=lane, repeat=repeat, deadline_s=_deadline_s(repeat))  # type: ignore[arg-type]
        ledger = ledger.with_told(replace(told, rescued=True))
    return ledger


def rescue(draft: Draft, alarm: Alarm, ledger: Ledger, told: Told) -> Ledger:
    """Send over the serial radio what the gateway did not, once. Without a serial radio nothing changes."""
    if "serial" not in draft.rules.paths or told.path != "gateway" or told.rescued:
        return ledger
    ledger = replace(ledger, told=tuple(replace(t, rescued=True) if t.tell_id == told.tell_id else t for t in ledger.told))
    kinds = [to.split(":", 1) for to in told.to]
    to = tuple(Address("group" if kind == "group" else "individual", number) for kind, number in kinds)
    lane = "test" if alarm.test else "real"
    again = draft.tell("serial", to, draft.say(alarm, "fire", alarm.slot), alarm_ids=(alarm.alarm_id,), lane=lane)  # type: ignore[arg-type]
    return ledger.with_told(replace(again, rescued=True))


def report(draft: Draft, alarm: Alarm, change: str, ledger: Ledger, data: dict[str, object] | None = None) -> None:
    """Write what was told or reported without a new revision of the alarm: only the fold needs it."""
    kept = {"alarm_id": alarm.alarm_id, "ledger": LEDGER.dump_python(ledger, mode="json"), **(data or {})}
    draft.append("report", change, lane="test" if alarm.test else "real", data=kept, publish=False)


def release(draft: Draft, alarm: Alarm, by: str, cause_id: str | None = None) -> Alarm:
    """Send the talkgroup text. Repeats count from here."""
    shown = replace(alarm, released_at=draft.now.utc, released_by=by)
    ledger = replace(draft.ledger(alarm.alarm_id), announced_at=draft.now.utc, repeats=0)
    ledger = tell_radios(draft, shown, ledger, "fire", draft.rules.groups(alarm.words.zone_id))
    return draft.write(shown, "released", ledger=ledger, actor=by, cause_id=cause_id)


def announce_again(draft: Draft, alarm: Alarm, change: str, **fields: object) -> Alarm:
    """Announce an alarm again whatever was acknowledged or shelved: it grew, entered a new zone or got company."""
    shown = replace(alarm, state="active", shelved_until=None, shelved_by=None, **fields)  # type: ignore[arg-type]
    shown, ledger = _announced(draft, shown, draft.ledger(alarm.alarm_id))
    if not shown.test and ORDER[shown.arming] >= ORDER["duty"]:
        ledger = tell_duty(draft, shown, ledger, "grown")
        waits = shown.released_at is None and alarm.shelved_until is None
        if ORDER[shown.arming] >= ORDER["radio"] and not waits:
            shown = replace(shown, released_at=draft.now.utc, released_by=shown.released_by or "core")
            ledger = tell_radios(draft, shown, ledger, "grown", draft.rules.groups(shown.words.zone_id))
    return draft.write(shown, change, ledger=ledger, kind="grown")


def clear(draft: Draft, alarm: Alarm, reason: ClearReason, by: str, change: str, cause_id: str | None = None, **fields: object) -> Alarm:
    """End an alarm. Those who were told of it are told of the end, unless another alarm lives on for it."""
    ledger = draft.ledger(alarm.alarm_id)
    shown = replace(alarm, **fields)  # type: ignore[arg-type]
    said = draft.say(shown, "cleared", alarm.slot)
    if reason != "superseded":
        lane = "test" if alarm.test else "real"
        paths = {t.path for t in ledger.told}
        groups = draft.rules.test_radios if alarm.test else draft.rules.groups(alarm.words.zone_id)
        for path in ("duty", "gateway", "serial"):
            to = draft.rules.duty if path == "duty" else groups
            if path in paths and (to or path == "duty"):
                draft.tell(path, to, said, alarm_ids=(alarm.alarm_id,), lane=lane, severity=4)  # type: ignore[arg-type]
    written = draft.write(
        shown,
        change,
        kind="cleared",
        actor=by,
        cause_id=cause_id,
        state="cleared",
        slot=None,
        cleared_at=draft.now.utc,
        cleared_by=by,
        clear_reason=reason,
        shelved_until=None,
        release_due_at=None,
    )
    for key in [k for k in draft.due if k[0] == alarm.alarm_id]:
        del draft.due[key]
    return written


def verify(draft: Draft, alarm: Alarm, asked: bool = False) -> str | None:
    """Show the place to another lens: once by itself, and whenever a person asks. Returns the camera, None when there is none."""
    if alarm.test or (alarm.alarm_id in draft.live.verified and not asked) or not (alarm.seen_by or alarm.ignition_point):
        return None
    draft.live = replace(draft.live, verified=(draft.live.verified | {alarm.alarm_id}))
    own = {s.camera_id for s in alarm.seen_by}
    point = alarm.ignition_point
    if point is not None:
        free = [
            (distance_m(m.lat_wgs84, m.lon_wgs84, point.lat_wgs84, point.lon_wgs84), m.camera_id)
            for m in draft.rules.mounts.values()
            if m.lens == "thermal" and m.camera_id not in own and not _busy(draft, m.camera_id) and mount_of(draft, m.camera_id)
        ]
        if free:
            camera_id = min(free)[1]
            pan, tilt = aim(draft, camera_id, point)
            draft.out.append(Verify(alarm.alarm_id, point.lat_wgs84, point.lon_wgs84, camera_id, pan, tilt))
            return camera_id
    if not alarm.seen_by:
        return None
    seen = alarm.seen_by[0]
    lat, lon = (point.lat_wgs84, point.lon_wgs84) if point is not None else (None, None)
    draft.out.append(Verify(alarm.alarm_id, lat, lon, seen.camera_id, seen.pan_deg, seen.tilt_deg))
    return seen.camera_id


def _busy(draft: Draft, camera_id: str) -> bool:
    watching = draft.watching.get(camera_id)
    return camera_id in draft.book.maintenance or (watching is not None and watching.eye_down)


def aim(draft: Draft, camera_id: str, point: IgnitionPoint) -> tuple[float, float]:
    """Return the head angles that show a place to a camera."""
    mount = mount_of(draft, camera_id) or draft.rules.mounts[camera_id]
    return to_head(mount, *draft.rules.site.direction_to(mount, point.lat_wgs84, point.lon_wgs84, point.height_m or 0.0))


def is_second_head(draft: Draft, fire: Fire) -> bool:
    """Tell whether two heads each hold evidence of their own for this fire."""
    enough = SECOND_HEAD_SHARE * levels(draft.rules.settings).active
    by_camera: dict[str, float] = {}
    for look in fire.looks:
        by_camera[look.camera_id] = by_camera.get(look.camera_id, 0.0) + look.log_likelihood
    return sum(value >= enough for value in by_camera.values()) >= 2
