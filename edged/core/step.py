"""The one door of core: `step(state, event, now) -> (state, commands)`. Values in, values out.

`state.book` is durable: exactly the fold of the rows that were ordered, so `restore(rules, epoch, rows)` gives it back. `state.live` is
what eyes and clocks said lately and is rebuilt. An event that makes no sense changes nothing; only a programming error raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from edged.core import aims, rounds, secondlook, sight, weather, wheels
from edged.core.answers import radio_reported, radio_status
from edged.core.book import Book, apply
from edged.core.confirm import levels, total
from edged.core.draft import Draft
from edged.core.judge import drop, sighted
from edged.core.live import Fire, Live, Look, Watching
from edged.core.rules import Rules
from edged.core.settle import settle
from edged.core.verbs import rearm, verb
from edged.model.alarm import Alarm
from edged.model.command import Command
from edged.model.event import (
    AimMeasured,
    CameraEvent,
    DutyPresence,
    Event,
    EyeChanged,
    HeadLent,
    HeadMoved,
    HealthChanged,
    HotWheelSeen,
    Noticed,
    OutputChanged,
    RadioReported,
    RadioStatus,
    Sighted,
    SpotsMeasured,
    SpotsRecalled,
    Tick,
    Verb,
    ViewHeld,
    WatchedView,
    Weathered,
)
from edged.model.instant import Instant
from edged.model.journal import Entry, Row

_SELDOM_MATTERS = (Sighted, HotWheelSeen, WatchedView, AimMeasured, SpotsMeasured, SpotsRecalled, HeadMoved, CameraEvent)
"""Events that come often; what time alone does waits for the next tick unless they changed the book."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything core knows. `book` is durable, `live` is not."""

    rules: Rules
    epoch: str
    book: Book = field(default_factory=Book)
    live: Live = field(default_factory=Live)


def start(rules: Rules, epoch: str) -> State:
    """Return the state of a station with an empty journal."""
    return State(rules, epoch)


def restore(rules: Rules, epoch: str, rows: Iterable[Row | Entry]) -> State:
    """Return the state after a restart: the fold of the journal's rows (both lanes, in order of commit)."""
    book = Book()
    for item in rows:
        book = apply(book, item.row if isinstance(item, Entry) else item)
    return State(rules, epoch, book)


def with_rules(state: State, rules: Rules) -> State:
    """Return the state under other rules, after a reload. Alarms that are active keep the level that they have."""
    return replace(state, rules=rules, live=replace(state.live, reloaded=True))


def step(state: State, event: Event, now: Instant) -> tuple[State, tuple[Command, ...]]:
    """Return the state after one event, and what to do: commit the rows and tells first, in one transaction, then the rest."""
    draft = Draft(state.rules, state.epoch, state.book, state.live, now)
    if not draft.live.awake:
        _wake(draft)
    if draft.live.reloaded:
        draft.live = replace(draft.live, reloaded=False)
        rearm(draft)
    _take(draft, event)
    if draft.book is not state.book or not isinstance(event, _SELDOM_MATTERS):
        settle(draft)
    return State(state.rules, state.epoch, draft.book, draft.settled()), tuple(draft.out)


def _take(draft: Draft, event: Event) -> None:
    match event:
        case Sighted(sighting=s):
            sighted(draft, s)
        case WatchedView(watched=report):
            aims.watched(draft, report)
            for fire in sight.watched(draft, report):
                _doubt(draft, fire)
        case AimMeasured():
            aims.measured(draft, event.aims)
        case ViewHeld(view=view):
            draft.generations[view.camera_id] = max(view.generation, draft.generations.get(view.camera_id, view.generation))
            draft.live = replace(draft.live, held_from={**draft.live.held_from, view.camera_id: view.valid_from_mono_s})
        case HeadMoved():
            draft.live = replace(draft.live, heads={**draft.live.heads, event.camera_id: event})
        case HeadLent():
            secondlook.lent(draft, event)
        case EyeChanged():
            sight.eye_changed(draft, event)
            weather.eye_changed(draft, event)
        case HealthChanged():
            sight.health_changed(draft, event)
        case Verb():
            verb(draft, event)
        case RadioStatus():
            radio_status(draft, event)
        case RadioReported():
            radio_reported(draft, event)
        case DutyPresence(people=people):
            draft.live = replace(draft.live, duty=tuple(people))
        case OutputChanged():
            _output(draft, event)
        case Weathered():
            weather.weathered(draft, event)
        case SpotsMeasured(measures=measures):
            rounds.measured(draft, measures)
        case SpotsRecalled():
            rounds.recalled(draft, event)
        case HotWheelSeen(wheel=wheel):
            wheels.seen(draft, wheel)
        case Noticed():
            data = {**event.data, "code": event.code, "message": event.message}
            draft.append("notice", event.code, topic=event.topic, severity=event.severity_level, data=data)
        case CameraEvent() | Tick():
            pass


def _doubt(draft: Draft, fire: Fire) -> None:
    if total(fire, draft.rules.settings) > levels(draft.rules.settings).drop:
        return
    alarm = draft.book.alarms.get(fire.alarm_id or "")
    if alarm is not None and alarm.active_at is None:
        drop(draft, fire, alarm)
    elif alarm is None and fire.held_by is None:
        draft.fires.pop(fire.fire_id, None)


def _output(draft: Draft, event: OutputChanged) -> None:
    before = draft.live.outputs.get(event.output)
    draft.live = replace(draft.live, outputs={**draft.live.outputs, event.output: event.up})
    if before is event.up or (before is None and event.up):
        return
    data = {"code": "output", "output": event.output, "up": event.up, "message": event.detail}
    draft.append("notice", "output_up" if event.up else "output_down", severity=4 if event.up else 2, data=data)


def _wake(draft: Draft) -> None:
    """Rebuild the fires of open alarms, and of sources marked false a moment ago, from the book; nothing has been seen yet."""
    now, settings = draft.now, draft.rules.settings
    draft.live = replace(draft.live, awake=True)
    aims.wake(draft)
    weather.wake(draft)
    for camera_id in draft.rules.lookouts:
        draft.watching[camera_id] = Watching(judged_mono_s=now.mono_s)
    for alarm in draft.book.alarms.values():
        draft.fires[alarm.alarm_id] = _fire_of(alarm, now)
    for alarm in draft.book.cleared.values():
        age_s = (now.utc - alarm.cleared_at).total_seconds() if alarm.cleared_at is not None else settings.false_memory_s
        held = alarm.clear_reason == "false_alarm" and alarm.marked_false is not None and bool(alarm.seen_by)
        if held and 0.0 <= age_s < settings.false_memory_s:
            fire = _fire_of(alarm, now)
            size = alarm.evidence.excess_radiance if alarm.evidence.excess_radiance is not None else alarm.evidence.excess
            sizes = tuple(sorted({(seen.camera_id, size) for seen in alarm.seen_by}))
            draft.fires[alarm.alarm_id] = replace(
                fire, alarm_id=None, held_by=alarm.alarm_id, held_sizes=sizes, held_zone=alarm.words.zone_id
            )
    rearm(draft)


def _fire_of(alarm: Alarm, now: Instant) -> Fire:
    looks = tuple(
        Look(
            camera_id=seen.camera_id,
            view_id=seen.view_id,
            generation=-1,
            track_id=-1,
            pan_deg=seen.pan_deg,
            tilt_deg=seen.tilt_deg,
            sigma_deg=0.1,
            first_mono_s=now.mono_s,
            last_mono_s=now.mono_s - min(max((now.utc - seen.captured_at).total_seconds(), 0.0), 1e6),
            captured_at=seen.captured_at,
            log_likelihood=alarm.evidence.log_likelihood if index == 0 else 0.0,
            measures=(),
            stationary="stationary" in alarm.evidence.reasons_for,
        )
        for index, seen in enumerate(alarm.seen_by)
    )
    return Fire(
        fire_id=alarm.alarm_id,
        test=alarm.test,
        looks=tuple(sorted(looks, key=lambda k: (k.camera_id, k.view_id))),
        first_seen_at=alarm.evidence.first_seen_at,
        last_seen_at=alarm.evidence.last_seen_at,
        last_mono_s=now.mono_s,
        alarm_id=alarm.alarm_id,
        reasons_for=alarm.evidence.reasons_for,
        reasons_against=tuple(r for r in alarm.evidence.reasons_against if r != "permit"),
        temperature=alarm.evidence.temperature,
        excess=alarm.evidence.excess,
        excess_radiance=alarm.evidence.excess_radiance,
        area_px=alarm.evidence.area_px,
        point=alarm.ignition_point,
    )
