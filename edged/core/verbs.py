"""What people order: who may, what it needs, what it does, and the answer in words.

Every verb is journalled with its actor, accepted or not. A verb that comes twice acts once; an expired one never acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

from edged.core import hazards, life, weather
from edged.core.answers import answer, named
from edged.core.args import hours, moment, number, place_arg, text_arg, word
from edged.core.book import PERMIT, Permit
from edged.core.draft import Draft
from edged.core.ids import ulid
from edged.core.judge import activate
from edged.core.live import Fire
from edged.geometry.earth import distance_m
from edged.model.alarm import Alarm, Arming, ClearReason, FalseAlarmReason, Role, VerbName
from edged.model.command import Drill
from edged.model.errors import CommandRefused
from edged.model.event import Verb
from edged.model.place import IgnitionPoint

_ANSWERING: frozenset[Role] = frozenset({"duty", "shift_leader", "administrator"})
_LEADING: frozenset[Role] = frozenset({"shift_leader", "administrator"})
_SERVING: frozenset[Role] = frozenset({"shift_leader", "technician", "administrator"})
MAY: Mapping[VerbName, frozenset[Role]] = {
    "going": _ANSWERING,
    "on_scene": _ANSWERING,
    "no_fire_seen": _ANSWERING,
    "seen": _ANSWERING,
    "confirm": _ANSWERING,
    "raise": _ANSWERING,
    "clear": _ANSWERING,
    "false_alarm": _ANSWERING,
    "told_119": _ANSWERING,
    "permit": _ANSWERING,
    "shelve": _LEADING,
    "unshelve": _LEADING,
    "arm": _SERVING,
    "verify": _ANSWERING | _SERVING,
    "maintenance": _SERVING,
    "drill": _SERVING,
    "weather": _ANSWERING | _SERVING,
    "hazard": _ANSWERING | _SERVING,
}
TECHNICIAN_ARMS: tuple[Arming, ...] = ("shadow", "console")
PERSON_CLEARS: tuple[ClearReason, ...] = ("extinguished", "burnt_out", "no_fire_found", "false_alarm", "handed_over", "test_over", "other")
RAISE_MERGE_M = 50.0
ACTOR_CHARS = 64

Outcome = tuple[str, dict[str, Any]]


def verb(draft: Draft, event: Verb) -> None:
    """Carry out one verb, or refuse it with what to do instead."""
    cause_id = f"{event.actor}/{event.command_id}"
    done = draft.book.commands.get(cause_id) if event.command_id else None
    if done is not None:
        draft.reply(event.command_id, event.actor, done.accepted, done.text, repeated=True)
        return
    try:
        if event.expires_at is not None and event.expires_at <= draft.now.utc:
            raise CommandRefused(f"{event.verb} expired at {event.expires_at:%H:%M:%S}Z: send it again", f"{event.verb} 已过期：请重新下达")
        if event.role not in MAY[event.verb]:
            may = ", ".join(sorted(MAY[event.verb]))
            raise CommandRefused(
                f"{event.verb}: role {event.role} may not; ask one of: {may}", f"{event.verb}：角色 {event.role} 无权；请联系：{may}"
            )
        if not event.actor.strip() or len(event.actor) > ACTOR_CHARS:
            raise CommandRefused(f"{event.verb}: the actor has no usable name: log in with one", f"{event.verb}：缺少姓名，请先登录")
        said, data = _DO[event.verb](draft, event)
    except CommandRefused as fault:
        said = fault.said(draft.rules.language)
        expired = event.expires_at is not None and event.expires_at <= draft.now.utc
        kept = {"accepted": False, "text": said, "verb": event.verb, "role": event.role, "via": event.via}
        draft.append("verb", "expired" if expired else "refused", data=kept, actor=event.actor, cause_id=cause_id, publish=False)
        draft.reply(event.command_id, event.actor, False, said)
        return
    kept = {"accepted": True, "text": said, "verb": event.verb, "role": event.role, "via": event.via, **data}
    lane = "test" if data.get("test") else "real"
    draft.append("verb", event.verb, lane=lane, data=kept, actor=event.actor, cause_id=cause_id, publish=False)  # type: ignore[arg-type]
    draft.reply(event.command_id, event.actor, True, said, **data)


def target(draft: Draft, event: Verb) -> Alarm:
    """Return the open alarm that a verb names. Raises CommandRefused, saying which are open."""
    book = draft.book
    found: Alarm | None = None
    if event.alarm_id:
        found = book.heir(event.alarm_id)
    elif event.display_id:
        wanted = event.display_id.lstrip("#")
        both = [a for a in (*book.alarms.values(), *reversed(list(book.cleared.values()))) if a.display_id == wanted]
        found = book.heir(both[0].alarm_id) if both else None
    elif event.slot is not None:
        holders = sorted((a for a in book.alarms.values() if a.slot == event.slot), key=lambda a: a.test)
        freed = book.freed.get(event.slot)
        heir = book.heir(freed.alarm_id) if freed is not None else None
        found = holders[0] if holders else heir
    else:
        raise CommandRefused(f"{event.verb}: name the alarm; open: {_open(draft)}", f"{event.verb}：请指明警情；未结：{_open(draft)}")
    if found is None:
        raise CommandRefused(f"{event.verb}: no such alarm; open: {_open(draft)}", f"{event.verb}：没有该警情；未结：{_open(draft)}")
    if found.state == "cleared":
        when = f"{found.cleared_at:%H:%M}Z" if found.cleared_at is not None else "?"
        raise CommandRefused(
            f"{event.verb}: {found.display_id} was cleared at {when} by {found.cleared_by}; use raise for a new fire",
            f"{event.verb}：{found.display_id} 已于 {when} 由 {found.cleared_by} 解除；新火情请用 raise",
        )
    return found


def _open(draft: Draft) -> str:
    shown = [
        f"{a.display_id}{'' if a.slot is None else f'=#{a.slot}'}" for a in sorted(draft.book.alarms.values(), key=lambda a: a.alarm_id)
    ]
    return ", ".join(shown[:12]) or ("none" if draft.rules.language != "zh" else "无")


def _about(alarm: Alarm) -> dict[str, Any]:
    return {"alarm_id": alarm.alarm_id, "display_id": alarm.display_id, "slot": alarm.slot, "state": alarm.state, "test": alarm.test}


def _answer(draft: Draft, event: Verb) -> Outcome:
    written = answer(draft, target(draft, event), event.verb, event.actor, event.via, event.command_id)
    return named(draft, written, event.verb), _about(written)


def _confirm(draft: Draft, event: Verb) -> Outcome:
    alarm = target(draft, event)
    shown = replace(alarm, verified="person")
    if life.RANK[alarm.state] < life.RANK["active"]:
        level = alarm.arming if alarm.test else max(alarm.arming, "duty", key=lambda a: life.ORDER[a])
        written = activate(draft, replace(shown, arming=level), "active", actor=event.actor, cause_id=event.command_id)
    elif alarm.released_at is None and not alarm.test and life.ORDER[alarm.arming] >= life.ORDER["radio"]:
        written = life.release(draft, shown, event.actor, event.command_id)
    elif alarm.verified == "person":
        return named(draft, alarm, "confirm"), _about(alarm)
    else:
        written = draft.write(shown, "verified", actor=event.actor, cause_id=event.command_id)
    return named(draft, written, "confirm"), _about(written)


def _raise(draft: Draft, event: Verb) -> Outcome:
    lat, lon, spoken = place_arg(draft, event.args)
    near = None if event.args.get("new") is True else _nearest_open(draft, lat, lon)
    if near is not None:
        if life.RANK[near.state] < life.RANK["active"]:
            near = activate(draft, replace(near, verified="person", arming="radio"), "active", actor=event.actor, cause_id=event.command_id)
        else:
            shown = replace(near, verified="person", arming="radio")
            again = near.shelved_until is not None or near.arming != "radio"
            near = (
                life.announce_again(draft, shown, "confirmed")
                if again
                else draft.write(shown, "verified", actor=event.actor, cause_id=event.command_id)
            )
            if near.released_at is None:
                near = life.release(draft, near, event.actor, event.command_id)
        return named(draft, near, "raise"), {**_about(near), "joined": True}
    point = None if lat is None or lon is None else IgnitionPoint(lat, lon, "person")
    now = draft.now
    fire = Fire("raised", False, (), now.utc, now.utc, now.mono_s, reasons_for=("person",), point=point)
    alarm = life.new_alarm(draft, fire, "active", source="person")
    if spoken and (point is None or alarm.words.zone_id is None):
        alarm = replace(alarm, words=replace(alarm.words, place=spoken))
    draft.fires[alarm.alarm_id] = replace(fire, fire_id=alarm.alarm_id, alarm_id=alarm.alarm_id)
    written = activate(draft, replace(alarm, verified="person"), "active", actor=event.actor, cause_id=event.command_id)
    return named(draft, written, "raise"), {**_about(written), "joined": False}


def _nearest_open(draft: Draft, lat: float | None, lon: float | None) -> Alarm | None:
    if lat is None or lon is None:
        return None
    found = []
    for alarm in draft.book.real():
        point = alarm.ignition_point
        if point is not None and point.interval is None:
            found.append((distance_m(lat, lon, point.lat_wgs84, point.lon_wgs84), alarm.alarm_id, alarm))
    best = min(found, key=lambda f: f[:2], default=None)
    return best[2] if best is not None and best[0] <= RAISE_MERGE_M else None


def _clear(draft: Draft, event: Verb) -> Outcome:
    alarm = target(draft, event)
    reason = word(event.args, "reason", PERSON_CLEARS, event.verb)
    fire = draft.fires.pop(alarm.alarm_id, None)
    shown = alarm if fire is None or not fire.looks else replace(alarm, evidence=life.evidence(draft, fire, False))
    written = life.clear(draft, shown, reason, event.actor, "cleared", event.command_id)
    return named(draft, written, "clear"), _about(written)


def _false_alarm(draft: Draft, event: Verb) -> Outcome:
    alarm = target(draft, event)
    reasons: tuple[FalseAlarmReason, ...] = get_args(FalseAlarmReason)
    reason = word(event.args, "reason", reasons, event.verb)
    fire = draft.fires.pop(alarm.alarm_id, None)
    if fire is not None and fire.looks:
        sizes = {k.camera_id: max((*k.measures, 0.0)) for k in fire.looks}
        held = replace(fire, alarm_id=None, held_by=alarm.alarm_id, held_sizes=tuple(sorted(sizes.items())), held_zone=alarm.words.zone_id)
        draft.fires[fire.fire_id] = replace(held, fast=False)
        alarm = replace(alarm, evidence=life.evidence(draft, fire, False))
    written = life.clear(draft, alarm, "false_alarm", event.actor, "false_alarm", event.command_id, marked_false=reason)
    return named(draft, written, "false_alarm"), {**_about(written), "reason": reason}


def _shelve(draft: Draft, event: Verb) -> Outcome:
    alarm = target(draft, event)
    if life.RANK[alarm.state] < life.RANK["active"]:
        raise CommandRefused("shelve: the alarm is not active yet and calls nobody", "shelve：该警情尚未生效，无需搁置")
    until = draft.now.utc + timedelta(hours=hours(event.args, draft.rules.settings.shelve_longest_h, event.verb))
    written = draft.write(alarm, "shelved", actor=event.actor, cause_id=event.command_id, shelved_until=until, shelved_by=event.actor)
    return named(draft, written, "shelve"), {**_about(written), "until": until.isoformat()}


def _unshelve(draft: Draft, event: Verb) -> Outcome:
    alarm = target(draft, event)
    if alarm.shelved_until is None:
        raise CommandRefused(f"unshelve: {alarm.display_id} is not shelved", f"unshelve：{alarm.display_id} 未被搁置")
    written = end_shelf(draft, alarm, event.actor, event.command_id)
    return named(draft, written, "unshelve"), _about(written)


def end_shelf(draft: Draft, alarm: Alarm, actor: str | None = None, cause_id: str | None = None) -> Alarm:
    """End a shelf: the alarm calls again from the start of its repeats, if nobody answered it."""
    ledger = replace(draft.ledger(alarm.alarm_id), announced_at=draft.now.utc, repeats=0)
    return draft.write(alarm, "unshelved", ledger=ledger, actor=actor, cause_id=cause_id, shelved_until=None, shelved_by=None)


def _verify(draft: Draft, event: Verb) -> Outcome:
    alarm = target(draft, event)
    camera_id = life.verify(draft, alarm, asked=True)
    if camera_id is None:
        raise CommandRefused("verify: no place is known and no camera sees it", "verify：位置不明且无镜头可用")
    return named(draft, alarm, "verify"), {**_about(alarm), "camera_id": camera_id}


def _permit(draft: Draft, event: Verb) -> Outcome:
    lat, lon, spoken = place_arg(draft, event.args)
    zone = text_arg(event.args, "zone")
    now, settings = draft.now.utc, draft.rules.settings
    begins = moment(event.args, "from", event.verb) or now
    ends = moment(event.args, "to", event.verb)
    if ends is None:
        ends = begins + timedelta(hours=hours(event.args, settings.permit_longest_h, event.verb))
    if not now < ends or not begins < ends or ends - begins > timedelta(hours=settings.permit_longest_h):
        raise CommandRefused(
            f"permit: must end in the future and last at most {settings.permit_longest_h:g} h",
            f"permit：须在未来结束，且不超过 {settings.permit_longest_h:g} 小时",
        )
    zone_id = next((z.zone_id for z in draft.rules.plan.zones if zone in (z.zone_id, z.name, z.code)), None) if zone else None
    if zone_id is None and lat is None:
        raise CommandRefused("permit: name a zone of the plan or lat_wgs84 and lon_wgs84", "permit：请指明平面图区域或经纬度")
    permit = Permit(
        permit_id=ulid(now, draft.rules.station_id, draft.epoch, draft.book.count, "permit"),
        place=spoken or zone,
        zone_id=zone_id,
        lat_wgs84=lat,
        lon_wgs84=lon,
        begins_at=begins,
        ends_at=ends,
        number=text_arg(event.args, "number"),
        phone=text_arg(event.args, "phone"),
        actor=event.actor,
    )
    data = {"permit": PERMIT.dump_python(permit, mode="json")}
    draft.append("permit", "opened", data=data, actor=event.actor, cause_id=event.command_id)
    return f"permit {permit.number} {permit.place}", {"permit_id": permit.permit_id, "until": ends.isoformat()}


def _arm(draft: Draft, event: Verb) -> Outcome:
    level = word(event.args, "level", get_args(Arming), event.verb)
    camera, zone = text_arg(event.args, "camera"), text_arg(event.args, "zone")
    if event.role == "technician" and level not in TECHNICIAN_ARMS:
        raise CommandRefused(
            f"arm: a technician may arm up to console; {level} needs a shift leader", f"arm：技术员只能到 console；{level} 需值班长"
        )
    zones = {z.zone_id for z in draft.rules.plan.zones}
    known = set(draft.rules.lookouts) | set(draft.rules.mounts) | set(draft.rules.arming)
    if bool(camera) == bool(zone) or (camera and camera not in known) or (zone and zone not in zones):
        have = ", ".join(sorted(known | zones)) or "-"
        raise CommandRefused(f"arm: name one camera or one zone of: {have}", f"arm：请指明一个镜头或区域：{have}")
    what = f"camera:{camera}" if camera else f"zone:{zone}"
    before = draft.book.arming.get(what, draft.rules.arming.get(camera, draft.rules.settings.arming) if camera else None)
    data = {"what": what, "level": level, "before": before}
    draft.append("armed", level, data=data, actor=event.actor, cause_id=event.command_id)
    rearm(draft, event.actor, event.command_id)
    return f"{what} {level}", data


def rearm(draft: Draft, actor: str | None = None, cause_id: str | None = None) -> None:
    """Let open alarms follow a raised level. What is active never falls back."""
    for alarm in draft.book.real():
        if alarm.source == "person":
            continue
        level = life.arming_of(draft, sorted({s.camera_id for s in alarm.seen_by}), alarm.words.zone_id)
        if alarm.active_at is None:
            if level != alarm.arming:
                draft.write(alarm, "armed", actor=actor, cause_id=cause_id, arming=level)
        elif life.ORDER[level] > life.ORDER[alarm.arming]:
            due = draft.now.utc if alarm.release_due_at is None and level == "radio" else alarm.release_due_at
            shown = replace(alarm, arming=level, release_due_at=due)
            ledger = replace(draft.ledger(alarm.alarm_id), announced_at=draft.now.utc, repeats=0)
            if not any(t.path == "duty" for t in ledger.told) and life.ORDER[level] >= life.ORDER["duty"] and alarm.shelved_until is None:
                ledger = life.tell_duty(draft, shown, ledger, "fire")
            draft.write(shown, "armed", ledger=ledger, actor=actor, cause_id=cause_id)


def _maintenance(draft: Draft, event: Verb) -> Outcome:
    camera = _camera(draft, event)
    until = draft.now.utc + timedelta(hours=hours(event.args, draft.rules.settings.maintenance_longest_h, event.verb))
    data = {"camera_id": camera, "until": until.isoformat(), "reason": text_arg(event.args, "reason")}
    draft.append("maintenance", "began", topic="camera", data=data, actor=event.actor, cause_id=event.command_id)
    return f"maintenance {camera}", data


def _camera(draft: Draft, event: Verb) -> str:
    camera = text_arg(event.args, "camera")
    known = sorted(set(draft.rules.lookouts) | set(draft.rules.mounts))
    if camera not in known:
        raise CommandRefused(
            f"{event.verb}: no camera {camera!r}; there are: {', '.join(known)}",
            f"{event.verb}：没有镜头 {camera!r}；现有：{', '.join(known)}",
        )
    return camera


def _told_119(draft: Draft, event: Verb) -> Outcome:
    alarm = target(draft, event)
    if alarm.test:
        raise CommandRefused("told_119: this is a drill, nobody calls 119 for it", "told_119：这是演练，不得拨打119")
    if alarm.told_119_at is None:
        alarm = draft.write(alarm, "told_119", actor=event.actor, cause_id=event.command_id, told_119_at=draft.now.utc)
    return named(draft, alarm, "told_119"), _about(alarm)


def _drill(draft: Draft, event: Verb) -> Outcome:
    camera = _camera(draft, event)
    longest = draft.rules.settings.drill_longest_s
    duration_s = number(event.args, "duration_s", event.verb)
    duration_s = longest if duration_s is None else duration_s
    if not 0.0 < duration_s <= longest:
        raise CommandRefused(f"drill: lasts more than 0 and at most {longest:g} s", f"drill：时长须大于 0 且不超过 {longest:g} 秒")
    drill_id = ulid(draft.now.utc, draft.rules.station_id, draft.epoch, draft.book.count, "drill", camera)
    draft.out.append(Drill(camera, drill_id, duration_s))
    return f"drill {camera}", {"camera_id": camera, "drill_id": drill_id, "test": True}


_DO: Mapping[VerbName, Callable[[Draft, Verb], Outcome]] = {
    "going": _answer,
    "on_scene": _answer,
    "no_fire_seen": _answer,
    "seen": _answer,
    "confirm": _confirm,
    "raise": _raise,
    "clear": _clear,
    "false_alarm": _false_alarm,
    "shelve": _shelve,
    "unshelve": _unshelve,
    "verify": _verify,
    "permit": _permit,
    "arm": _arm,
    "maintenance": _maintenance,
    "told_119": _told_119,
    "drill": _drill,
    "weather": weather.said,
    "hazard": hazards.ordered,
}
