"""Whether each lookout and the station see, judged by pictures that changed and were judged, never by a living process.

A turning head is blind time and becomes `blind` only when it lasts. Maintenance and drills do not hide blindness; maintenance only spares
the text.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from edged.core import text
from edged.core.book import SIGHT
from edged.core.draft import Draft
from edged.core.fire import apart_deg
from edged.core.live import Fire, Watching
from edged.core.settings import CoreSettings
from edged.model.alarm import Arming, LostCause
from edged.model.event import EyeChanged, HealthChanged
from edged.model.health import CameraHealth, Sight
from edged.model.view import BlindCause, Watched

STATION = "station"
KEY_FRAMES_FAR_S = 4.0
LONGEST_REPORT_S = 5.0
STILL_SEEN_S = 2.0
"""An eye tells of a source that it sees once a second and of its watching twice: one report without the source says nothing."""
PASSING: frozenset[BlindCause] = frozenset(
    {"moving", "head_taken", "no_view", "starting", "level_step", "wiper", "heater", "warm_up", "drill"}
)
PASSES_S = 20.0
"""What passes by itself explains blindness only where nothing else was found since the last sight, or when it lasted for so long."""
_FAULT_CAUSES: dict[str, BlindCause] = {
    "auth_failed": "auth_failed",
    "no_stream": "no_stream",
    "no_profile": "no_stream",
    "frozen": "frozen",
    "dark": "dark",
    "blurred": "defocus",
    "garbled": "garbled",
    "crashed": "stopped",
}


def limit_s(settings: CoreSettings, key_interval_s: float | None) -> float:
    """Return the seconds without sight after which a lookout is blind; two key intervals + 2 s where its key frames are far apart."""
    if key_interval_s is not None and key_interval_s > KEY_FRAMES_FAR_S:
        return 2.0 * key_interval_s + 2.0
    return settings.blind_after_s


def watched(draft: Draft, report: Watched) -> list[Fire]:
    """Take in what an eye looked at. Returns the unconfirmed fires that it looked for and did not see, with less evidence."""
    now = draft.now.mono_s
    before = draft.watching.get(report.camera_id) or Watching(judged_mono_s=now)
    sees = report.judged_frames > 0 and report.last_distinct_mono_s is not None
    judged = before.judged_mono_s
    fresh = before.fresh_since_mono_s
    if sees and report.last_distinct_mono_s is not None:
        newest = min(report.last_distinct_mono_s, now)
        if newest > judged or fresh is None:
            judged = max(judged, newest) if fresh is not None else newest
            fresh = newest if fresh is None else fresh
    causes = dict(before.causes) if judged == before.judged_mono_s else {}
    for name, seconds in report.blind_s:
        causes[name] = causes.get(name, 0.0) + seconds
    draft.watching[report.camera_id] = replace(
        before,
        judged_mono_s=judged,
        fresh_since_mono_s=fresh,
        limit_s=limit_s(draft.rules.settings, report.key_interval_s),
        cause=max(causes, key=lambda name: causes[name] - (PASSES_S if name in PASSING else 0.0)) if report.blind_s else before.cause,
        causes=tuple(causes.items()),
        view_id=report.view_id,
        range_reduced=report.range_reduced,
        learning=report.learning,
        waiting_sources=report.waiting_sources,
        eye_down=False,
        watched_mono_s=now if sees else before.watched_mono_s,
    )
    if not sees or report.view_id is None:
        return []
    return _unseen(draft, report)


def _unseen(draft: Draft, report: Watched) -> list[Fire]:
    seconds = report.until_mono_s - report.from_mono_s - sum(s for _, s in report.blind_s)
    seconds = min(max(seconds, 0.0), LONGEST_REPORT_S)
    lost = []
    for fire in list(draft.fires.values()):
        look = next((k for k in fire.looks if k.camera_id == report.camera_id and k.view_id == report.view_id), None)
        if look is None or not seconds:
            continue
        if look.last_mono_s >= report.from_mono_s or report.until_mono_s - look.last_mono_s < STILL_SEEN_S:
            continue
        alarm = draft.book.alarms.get(fire.alarm_id or "")
        if alarm is not None and alarm.active_at is not None:
            continue
        less = 0.0 if report.range_reduced else draft.rules.settings.unseen_per_s * seconds
        looks = tuple(k.less(less) if k is look else k for k in fire.looks)
        changed = replace(fire, looks=looks, watched_unseen_s=fire.watched_unseen_s + seconds)
        draft.fires[fire.fire_id] = changed
        lost.append(changed)
    return lost


def eye_changed(draft: Draft, event: EyeChanged) -> None:
    """Take in that an eye started, died or was parked. Sight is judged by its pictures; only the cause is learnt here."""
    before = draft.watching.get(event.camera_id) or Watching(judged_mono_s=draft.now.mono_s)
    down = event.state != "started"
    draft.watching[event.camera_id] = replace(before, eye_down=down, cause="stopped" if down else "starting", causes=())
    if event.state == "started":
        draft.watch_sent.pop(event.camera_id, None)
        for fire in list(draft.fires.values()):
            if any(k.camera_id == event.camera_id for k in fire.looks):
                looks = tuple(replace(k, track_id=-1) if k.camera_id == event.camera_id else k for k in fire.looks)
                draft.fires[fire.fire_id] = replace(fire, looks=looks)
    if event.state == "parked":
        data = {"code": "eye_parked", "camera_id": event.camera_id, "message": event.detail}
        draft.append("notice", "eye_parked", topic="camera", severity=2, data=data)


def health_changed(draft: Draft, event: HealthChanged) -> None:
    """Journal a step on the ladder, once; remember the cause for the case that the lookout goes blind."""
    health: CameraHealth = event.health
    cause = _FAULT_CAUSES.get(health.fault) or ("unreachable" if health.rung == "unreachable" else None)
    if cause is not None and health.camera_id in draft.watching:
        draft.watching[health.camera_id] = replace(draft.watching[health.camera_id], cause=cause, causes=())
    if draft.book.health.get(health.camera_id) == f"{health.rung}/{health.fault}":
        return
    well = health.fault == "none" and health.rung in ("fresh", "scene_ok", "stream_ok", "login_ok")
    data = {
        "camera_id": health.camera_id,
        "rung": health.rung,
        "fault": health.fault,
        "message": health.message,
        "zh": health.zh,
        "clock_offset_s": health.clock_offset_s,
        "manufacturer": health.manufacturer,
        "model": health.model,
        "firmware": health.firmware,
    }
    severity = 4 if well else 2 if health.camera_id in draft.rules.lookouts else 3
    draft.append("health", health.rung if well else "fault", topic="camera", severity=severity, data=data)  # type: ignore[arg-type]


def settle(draft: Draft) -> None:
    """Say who went blind and who sees again."""
    for camera_id in draft.rules.lookouts:
        _lookout(draft, camera_id)
    _station(draft)


def _lookout(draft: Draft, camera_id: str) -> None:
    now = draft.now
    watching = draft.watching.get(camera_id)
    if watching is None:
        watching = draft.watching[camera_id] = Watching(judged_mono_s=now.mono_s)
    settings, known = draft.rules.settings, draft.book.sight.get(camera_id)
    age = now.mono_s - watching.judged_mono_s
    if age >= (watching.limit_s or settings.blind_after_s):
        draft.watching[camera_id] = replace(watching, fresh_since_mono_s=None)
        cause: BlindCause = "maintenance" if camera_id in draft.book.maintenance else watching.cause
        if known is None or known.sees:
            _write(draft, Sight(camera_id, False, cause, now.utc - timedelta(seconds=max(age, 0.0))))
        elif _explains(cause, known.cause):
            _write(draft, replace(known, cause=cause))
        return
    fresh = watching.fresh_since_mono_s
    if fresh is not None and now.mono_s - fresh >= settings.see_again_s and (known is None or not known.sees):
        _write(draft, Sight(camera_id, True, None, now.utc))


def _station(draft: Draft) -> None:
    found = [draft.book.sight.get(c) for c in draft.rules.lookouts]
    known = draft.book.sight.get(STATION)
    if not found or (any(s is None for s in found) and not any(s is not None and s.sees for s in found)):
        return
    seeing = [s for s in found if s is not None and s.sees]
    last = max((s for s in found if s is not None), key=lambda s: s.since)
    if not seeing and (known is None or known.sees):
        _write(draft, Sight(STATION, False, last.cause, last.since))
    elif not seeing and known is not None and _explains(last.cause, known.cause):
        _write(draft, replace(known, cause=last.cause))
    elif seeing and (known is None or not known.sees):
        _write(draft, Sight(STATION, True, None, draft.now.utc))


def _explains(cause: BlindCause | None, before: BlindCause | None) -> bool:
    """Tell whether a cause found later says more of the same blindness than what was told of it."""
    return before in PASSING and cause is not None and cause not in PASSING


def _write(draft: Draft, sight: Sight) -> None:
    before = draft.book.sight.get(sight.camera_id)
    station = sight.camera_id == STATION
    same = before is not None and not before.sees and not sight.sees
    told = not same and _tell(draft, sight, before, station)
    data = {
        "sight": SIGHT.dump_python(sight, mode="json"),
        "camera_id": sight.camera_id,
        "sees": sight.sees,
        "cause": sight.cause,
        "told": told,
    }
    severity = 4 if sight.sees else 1 if station else 2
    draft.append("sight", "sees" if sight.sees else "blind", topic="system" if station else "camera", severity=severity, data=data)  # type: ignore[arg-type]


def _tell(draft: Draft, sight: Sight, before: Sight | None, station: bool) -> bool:
    """Tell the duty post of an armed lookout, and the talkgroup too of the whole station. A flapping lookout is told at intervals."""
    rules, book = draft.rules, draft.book
    armed = [
        book.arming.get(f"camera:{c}", rules.arming.get(c, rules.settings.arming))
        for c in rules.lookouts
        if station or c == sight.camera_id
    ]
    levels: set[Arming] = set(armed)
    if not levels & {"duty", "radio"} or (sight.camera_id in book.maintenance and not station):
        return False
    last = book.sight_told.get(sight.camera_id)
    if sight.sees:
        if before is None or last is None or last < before.since:
            return False
    elif (
        last is not None
        and not station
        and draft.now.utc - last < timedelta(seconds=rules.settings.sight_tell_pause_s)
        and draft.now.utc >= last
    ):
        return False
    said = text.blind(rules.name(sight.camera_id), sight.since, rules.tz, sight.sees, station, rules.language)
    severity = 4 if sight.sees else 1 if station else 2
    draft.tell("duty", rules.duty, said, severity=severity)  # type: ignore[arg-type]
    groups = rules.groups(None)
    if station and "radio" in levels and groups:
        down = not all(draft.live.outputs.get(name, True) for name in ("mqtt", "gateway"))
        if "gateway" in rules.paths:
            draft.tell("gateway", groups, said, severity=severity)  # type: ignore[arg-type]
        if "serial" in rules.paths and (down or "gateway" not in rules.paths):
            draft.tell("serial", groups, said, severity=severity)  # type: ignore[arg-type]
    return True


def lost_cause(draft: Draft, fire: Fire) -> LostCause:
    """Return why an active fire is not seen: looked for and hidden, or not looked for and why."""
    causes: list[LostCause] = []
    for look in fire.looks:
        watching, head = draft.watching.get(look.camera_id), draft.live.heads.get(look.camera_id)
        known = draft.book.sight.get(look.camera_id)
        away = head is not None and (
            head.moving or apart_deg(head.pose.pan_deg, head.pose.tilt_deg, look.pan_deg, look.tilt_deg) > head.pose.hfov_deg / 2.0
        )
        if watching is None or watching.eye_down:
            causes.append("eye_down")
        elif watching.cause in ("fog", "defocus") and known is not None and not known.sees:
            causes.append("fog")
        elif away and head is not None and head.by in ("foreign", "operator"):
            causes.append("head_taken")
        elif away or (watching.view_id is not None and watching.view_id != look.view_id):
            causes.append("out_of_view")
        elif draft.now.mono_s - watching.watched_mono_s > draft.rules.settings.not_seen_s:
            causes.append("eye_down")
        else:
            causes.append("fog" if watching.range_reduced else "occluded")
    looked = [c for c in causes if c == "occluded"]
    if len({k.camera_id for k in fire.looks}) >= 2 and len(looked) == len(causes):
        return "gone"
    order: tuple[LostCause, ...] = ("occluded", "fog", "head_taken", "out_of_view", "eye_down")
    return next((c for c in order if c in causes), "eye_down")
