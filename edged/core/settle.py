"""What time alone does: release, repeats, escalation, arrival, shelves, expiry, the serial radio, watches. Run with every tick and change.

Silence sends: each of these errs towards telling. Nothing here ends an alarm that was ever active, except a drill's own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from edged.core import hazards, life, secondlook, sight, weather, wheels
from edged.core.draft import Draft
from edged.core.fire import apart_deg
from edged.core.verbs import end_shelf
from edged.model.alarm import Alarm
from edged.model.command import WatchOn
from edged.model.view import WatchPoint

LONGEST_S = 86_400.0
UNWATCHED_EXPIRY_S = 86_400.0
CANDIDATE_EXPIRY_S = 3600.0
CAUSE_PAUSE_S = 60.0


def settle(draft: Draft) -> None:
    """Carry out everything that is due."""
    for alarm_id in sorted(draft.book.alarms):
        alarm = draft.book.alarms.get(alarm_id)
        if alarm is None:
            continue
        if alarm.active_at is None:
            _expire(draft, alarm)
        elif alarm.test:
            _end_test(draft, alarm)
        else:
            _active(draft, alarm)
        _rescue(draft, alarm_id)
    _maintenance(draft)
    sight.settle(draft)
    weather.settle(draft)
    hazards.settle(draft)
    _forget(draft)
    secondlook.settle(draft)
    watch(draft)


def _expire(draft: Draft, alarm: Alarm) -> None:
    fire, settings = draft.fires.get(alarm.alarm_id), draft.rules.settings
    if alarm.test:
        _end_test(draft, alarm)
        return
    if fire is None:
        return
    unseen_s = draft.now.mono_s - fire.last_mono_s
    longest = settings.suspect_expiry_s if alarm.state == "suspect" else settings.pre_alarm_expiry_s
    if (unseen_s >= longest and fire.watched_unseen_s > 0.0) or unseen_s >= UNWATCHED_EXPIRY_S:
        draft.fires.pop(fire.fire_id, None)
        life.clear(draft, alarm, "expired", "core", "expired")


def _end_test(draft: Draft, alarm: Alarm) -> None:
    fire = draft.fires.get(alarm.alarm_id)
    if fire is None or draft.now.mono_s - fire.last_mono_s >= draft.rules.settings.test_over_s:
        draft.fires.pop(alarm.alarm_id, None)
        life.clear(draft, alarm, "test_over", "core", "cleared")


def _active(draft: Draft, alarm: Alarm) -> None:
    alarm = _slot(draft, alarm)
    alarm = _seen(draft, alarm)
    if alarm.shelved_until is not None:
        if not draft.reached(alarm.alarm_id, "shelf", alarm.shelved_until, draft.rules.settings.shelve_longest_h * 3600.0):
            return
        alarm = end_shelf(draft, alarm)
    alarm = _raised(draft, alarm)
    alarm = _release(draft, alarm)
    alarm = _arrival(draft, alarm)
    if alarm.state == "active":
        _repeat(draft, alarm)


def _slot(draft: Draft, alarm: Alarm) -> Alarm:
    if alarm.slot is not None:
        return alarm
    slot = life.free_slot(draft, False)
    return alarm if slot is None else draft.write(replace(alarm, slot=slot), "slot")


def _seen(draft: Draft, alarm: Alarm) -> Alarm:
    fire = draft.fires.get(alarm.alarm_id)
    if fire is None or not fire.looks or draft.now.mono_s - fire.last_mono_s < draft.rules.settings.not_seen_s:
        return alarm
    cause = sight.lost_cause(draft, fire)
    if alarm.not_seen_since is None:
        return draft.write(alarm, "not_seen", not_seen_since=fire.last_seen_at, not_seen_cause=cause)
    settled = draft.reached(alarm.alarm_id, "cause", alarm.updated_at + timedelta(seconds=CAUSE_PAUSE_S), CAUSE_PAUSE_S)
    if cause != alarm.not_seen_cause and settled:
        return draft.write(alarm, "not_seen", not_seen_cause=cause)
    return alarm


def _raised(draft: Draft, alarm: Alarm) -> Alarm:
    """Let an alarm reach whom its level means, where a head or zone that joined it later raised that level."""
    level, ledger = life.ORDER[alarm.arming], draft.ledger(alarm.alarm_id)
    duty = level >= life.ORDER["duty"] and bool(draft.rules.duty) and not any(told.path == "duty" for told in ledger.told)
    group = level >= life.ORDER["radio"] and alarm.release_due_at is None and alarm.released_at is None
    if not (duty or group):
        return alarm
    if group:
        alarm = replace(alarm, release_due_at=draft.now.utc + timedelta(seconds=life.hold_s(draft, alarm)))
    ledger = replace(ledger, announced_at=draft.now.utc, repeats=0)
    return draft.write(alarm, "armed", ledger=life.tell_duty(draft, alarm, ledger, "fire") if duty else ledger)


def _release(draft: Draft, alarm: Alarm) -> Alarm:
    if alarm.released_at is not None or alarm.release_due_at is None:
        return alarm
    due = draft.reached(alarm.alarm_id, "release", alarm.release_due_at, draft.rules.settings.hold_s)
    if due or draft.live.duty == ():
        return life.release(draft, alarm, "core")
    return alarm


def _arrival(draft: Draft, alarm: Alarm) -> Alarm:
    """Resume escalation where somebody is going and nobody arrived."""
    if alarm.state != "acknowledged":
        return alarm
    ledger, settings = draft.ledger(alarm.alarm_id), draft.rules.settings
    begun = ledger.announced_at or alarm.raised_at
    answers = [a for a in alarm.answers if a.at >= begun]
    going = [a.at for a in answers if a.verb == "going"]
    if not going or any(a.verb == "on_scene" for a in answers):
        return alarm
    due = max(going) + timedelta(seconds=settings.arrive_timeout_s)
    if not draft.reached(alarm.alarm_id, "arrive", due, settings.arrive_timeout_s):
        return alarm
    ledger = replace(ledger, announced_at=draft.now.utc, repeats=0)
    if life.ORDER[alarm.arming] >= life.ORDER["duty"]:
        ledger = life.tell_duty(draft, alarm, ledger, "no_arrival", 1)
    if alarm.released_at is not None:
        ledger = life.tell_radios(draft, alarm, ledger, "no_arrival", draft.rules.groups(alarm.words.zone_id), 1)
    return draft.write(alarm, "no_arrival", ledger=ledger, kind="no_arrival", state="active")


def _repeat(draft: Draft, alarm: Alarm) -> None:
    """Tell again what nobody answers: the same people at `repeats_s`, then the shift leader and the station's group too.

    Repeats that an outage or a stepped clock made overdue go one at a time, each its usual pause after the last text.
    """
    ledger, settings, rules = draft.ledger(alarm.alarm_id), draft.rules.settings, draft.rules
    level = life.ORDER[alarm.arming]
    waiting = alarm.release_due_at is not None and alarm.released_at is None
    if ledger.announced_at is None or level < life.ORDER["duty"] or waiting:
        return
    after_s = _repeat_after_s(settings.repeats_s, settings.escalate_every_s, ledger.repeats)
    before_s = _repeat_after_s(settings.repeats_s, settings.escalate_every_s, ledger.repeats - 1) if ledger.repeats else 0.0
    last = max((told.at for told in ledger.told), default=ledger.announced_at)
    due = max(ledger.announced_at + timedelta(seconds=after_s), last + timedelta(seconds=after_s - before_s))
    if not draft.reached(alarm.alarm_id, "repeat", due, after_s):
        return
    number = ledger.repeats + 1
    ledger = replace(ledger, repeats=number)
    ledger = life.tell_duty(draft, alarm, ledger, "fire", number)
    if level >= life.ORDER["radio"]:
        escalated = number > len(settings.repeats_s)
        to = (*rules.groups(alarm.words.zone_id), *(rules.groups(None) if escalated else ()), *(rules.escalation if escalated else ()))
        ledger = life.tell_radios(draft, alarm, ledger, "fire", tuple(dict.fromkeys(to)), number)
        if escalated and "siren" in rules.paths:
            ledger = ledger.with_told(
                draft.tell("siren", (), draft.say(alarm, "fire", alarm.slot), alarm_ids=(alarm.alarm_id,), repeat=number)
            )
    life.report(draft, alarm, "repeated", ledger, {"repeat": number})


def _repeat_after_s(repeats_s: tuple[float, ...], every_s: float, done: int) -> float:
    if done < len(repeats_s):
        return sorted(repeats_s)[done]
    return max(repeats_s) + every_s * (done - len(repeats_s) + 1)


def _rescue(draft: Draft, alarm_id: str) -> None:
    """Send over the serial radio what the gateway did not report in time."""
    alarm = draft.book.alarms.get(alarm_id)
    if alarm is None or "serial" not in draft.rules.paths:
        return
    ledger, wait_s = draft.ledger(alarm_id), draft.rules.settings.serial_after_s
    changed = ledger
    for told in ledger.told:
        if told.path != "gateway" or told.reported or told.rescued:
            continue
        if draft.reached(alarm_id, f"serial {told.tell_id}", told.at + timedelta(seconds=wait_s), wait_s):
            changed = life.rescue(draft, alarm, changed, told)
    if changed is not ledger:
        life.report(draft, alarm, "rescued", changed)


def _maintenance(draft: Draft) -> None:
    for camera_id, until in sorted(draft.book.maintenance.items()):
        if draft.reached(camera_id, "maintenance", until, LONGEST_S):
            draft.append("maintenance", "ended", topic="camera", data={"camera_id": camera_id, "until": until.isoformat()})


def _forget(draft: Draft) -> None:
    settings, now = draft.rules.settings, draft.now.mono_s
    for fire in list(draft.fires.values()):
        if fire.alarm_id is not None:
            continue
        longest = settings.false_memory_s if fire.held_by else settings.test_over_s if fire.test else CANDIDATE_EXPIRY_S
        if now - fire.last_mono_s >= longest:
            del draft.fires[fire.fire_id]


def watch(draft: Draft) -> None:
    """Keep open fires, and for a day the places of cleared ones, out of the eyes' backgrounds."""
    wanted = watch_points(draft)
    for camera_id in sorted({*wanted, *draft.watch_sent}):
        points = wanted.get(camera_id, ())
        if draft.watch_sent.get(camera_id, ()) != points:
            draft.watch_sent[camera_id] = points
            draft.out.append(WatchOn(camera_id, points))


def watch_points(draft: Draft) -> dict[str, tuple[WatchPoint, ...]]:
    """Return what each camera must keep watching; `open` what it stops for: suspects and pre-alarms, of the views that saw them."""
    settings, book = draft.rules.settings, draft.book
    until: datetime = draft.now.utc - timedelta(hours=settings.watch_h)
    lately = [
        a for a in book.cleared.values()
        if not a.test and a.active_at is not None and a.superseded_by is None and a.marked_false is None
        and a.cleared_at is not None and a.cleared_at > until
    ]  # fmt: skip
    found: dict[str, list[WatchPoint]] = {}
    for alarm in (*book.real(), *lately):
        unsure = alarm.state in ("suspect", "pre_alarm")
        for seen in alarm.seen_by:
            points = found.setdefault(seen.camera_id, [])
            near = any(
                apart_deg(p.pan_deg, p.tilt_deg, seen.pan_deg, seen.tilt_deg) < settings.merge_deg and p.view_id == seen.view_id
                for p in points
            )
            if not (near and any(p.alarm_id == alarm.alarm_id for p in points)):
                radius_deg = 2.0 * settings.merge_deg
                points.append(WatchPoint(alarm.alarm_id, seen.pan_deg, seen.tilt_deg, radius_deg, unsure, seen.view_id))
    for camera_id, wheel_points in wheels.watched(book, draft.now.utc, settings.merge_deg).items():
        found.setdefault(camera_id, []).extend(wheel_points)
    return {camera_id: tuple(points) for camera_id, points in found.items()}
