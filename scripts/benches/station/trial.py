"""One fire on the station: true tours, real detectors on rendered pictures, the real core. What came of it, and why where nothing did.

Heads that hold the place in no view, or that it cannot reach in this air, are not simulated: they would see nothing of it.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from edged.core.confirm import total
from edged.core.fire import apart_deg
from edged.core.step import State, start, step
from edged.model.alarm import Alarm
from edged.model.command import SecondLook, WatchOn
from edged.model.event import Event, HeadLent, Sighted, Tick
from edged.model.instant import Instant
from edged.model.sighting import Sighting
from station.backdrop import mood
from station.draws import LAW, Case
from station.fires import Fire, fire_of
from station.head import REPORT_S, Head, Station
from station.sight import HOPELESS, Sight, sight
from station.things import Thing, things

TICK_S = 1.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one fire. Seconds from t = 0, None where it did not come to it; `reason` of a fire that was not found.

    `stayed_s`: what the heads gave to suspects of their own, beyond the tour; `lent`: how often one was turned to another's.
    """

    number: int
    kind: str
    zone: str
    range_m: float | None
    extinction_per_km: float
    sky: str
    day: bool
    on_top: bool
    views: int
    peak_k: float
    gate_k: float
    visible_s: float | None
    sighted_s: float | None
    suspect_s: float | None
    pre_alarm_s: float | None
    found_s: float | None
    kw: float
    nats: float
    watched_s: float
    heads: int
    others: tuple[str, ...]
    arrivals: int
    heard_s: float
    already: bool
    reason: str | None
    stayed_s: float
    lent: int
    cpu_s: float

    def row(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(self).items()}


def trial(station: Station, case: Case, say: Say | None = None, cold: bool = False) -> Outcome:
    """Let one fire burn. `say` is told every visit and sighting. `cold`: the station began only four rounds before the fire."""
    began = time.process_time()
    fire = fire_of(case)
    who = sight(station.rules, station.lookouts, case, fire)
    hopeful = [seen for seen in who.views if seen.peak_k >= HOPELESS * seen.lookout.gate_k]
    how, near = mood(case), things(station.rules.site, case) if hopeful else ()
    heads = []
    for lookout in station.lookouts:
        views = [seen for seen in hopeful if seen.lookout is lookout]
        if views:
            heads.append(Head(station, case, fire, views, how, near, cold))
    run = _Run(station, case, who, heads, say)
    run.go()
    return run.outcome(fire, time.process_time() - began)


class _Run:
    """Core, fed by heads."""

    def __init__(self, station: Station, case: Case, who: Sight, heads: list[Head], say: Say | None) -> None:
        self._case, self._who, self._heads, self._say = case, who, heads, say
        self._state: State = start(station.rules, "bench")
        self._ticked = -math.inf
        self._aims = {
            head.lookout.camera.id: (w.seen.pan_deg, w.seen.tilt_deg, 3.0 * math.degrees(w.seen.ifov_mrad / 1000.0))
            for head in heads
            for w in head.windows.values()
        }
        self.sighted_s: float | None = None
        self.suspect_s: float | None = None
        self.pre_alarm_s: float | None = None
        self.found_s: float | None = None
        self.nats = 0.0
        self.others: dict[str, str] = {}
        self.already = False
        self._mine: set[tuple[str, datetime]] = set()
        self._own: set[str] = set()

    def go(self) -> None:
        """Run to the alarm or to the end."""
        by_id = {head.lookout.camera.id: head for head in self._heads}
        for t_s, event in heapq.merge(*(head.events() for head in self._heads), key=lambda pair: pair[0]):
            now = Instant(t_s, self._case.weather.at + timedelta(seconds=t_s))
            if t_s - self._ticked >= TICK_S:
                self._ticked = t_s
                self._step(Tick(), now, by_id)
            if event is None:
                continue
            self._step(event, now, by_id)
            if isinstance(event, Sighted):
                self._sighted(t_s, event.sighting, by_id[event.sighting.camera_id])
            if self.found_s is not None:
                return

    def _step(self, event: Event, now: Instant, by_id: dict[str, Head]) -> None:
        self._state, commands = step(self._state, event, now)
        for command in commands:
            if isinstance(command, WatchOn) and command.camera_id in by_id:
                by_id[command.camera_id].watch(command)
            if isinstance(command, SecondLook):
                self._lend(command, now, by_id)

    def _lend(self, order: SecondLook, now: Instant, by_id: dict[str, Head]) -> None:
        """Let the first head that is free look, as the daemon does; one that sees the fire in no view is not there to be asked."""
        known = [glance for glance in order.glances if glance.camera_id in by_id]
        gone = next((glance for glance in known if by_id[glance.camera_id].look(order.alarm_id, glance, order.longest_s)), None)
        if self._say is not None:
            asked = " ".join(f"{glance.camera_id}/{glance.view_id or 'passing'}" for glance in order.glances)
            self._say(f"{now.mono_s:8.2f} a second look at {order.alarm_id[-6:]}: {gone.camera_id if gone else 'none free'} of {asked}")
        if gone is not None:
            self._step(HeadLent(gone.camera_id, order.alarm_id), now, by_id)

    def _sighted(self, t_s: float, s: Sighting, head: Head) -> None:
        cause = head.cause(s.pan_deg, s.tilt_deg, t_s) or "unknown"
        mine = cause == "fire" and self._near(s.camera_id, s.pan_deg, s.tilt_deg)
        if self._say is not None:
            self._say(
                f"{t_s:8.2f} {s.camera_id} {s.view_id} {cause:11} track {s.track_id} {s.log_likelihood:+.2f} "
                f"excess {s.excess:.0f} area {s.area_px:.0f} px at {s.x_px:.1f},{s.y_px:.1f} for {' '.join(s.reasons_for)} "
                f"against {' '.join(s.reasons_against)}"
            )
        if mine:
            self.sighted_s = t_s if self.sighted_s is None else self.sighted_s
            self._mine.add((s.camera_id, s.captured_at))
        for alarm in self._state.book.alarms.values():
            if self._is_fire(alarm):
                if (known := self._state.live.fires.get(alarm.alarm_id)) is not None:
                    self.nats = max(self.nats, total(known, self._state.rules.settings))
                self.suspect_s = t_s if self.suspect_s is None else self.suspect_s
                if self.pre_alarm_s is None and alarm.state != "suspect":
                    self.pre_alarm_s = t_s
                if alarm.active_at is not None:
                    self.found_s, self.already = t_s, alarm.alarm_id in self.others
            elif alarm.active_at is not None and alarm.alarm_id not in self.others:
                self.others[alarm.alarm_id] = cause
                if self._say is not None:
                    looks = " ".join(f"{x.camera_id} {x.pan_deg:.2f}/{x.tilt_deg:.2f}" for x in alarm.seen_by)
                    why = " ".join(alarm.evidence.reasons_for)
                    self._say(f"{t_s:8.2f} an alarm of something else ({cause}): {looks} for {why}")

    def _is_fire(self, alarm: Alarm) -> bool:
        """Tell whether what was seen of the fire itself is part of an alarm."""
        fire = self._state.live.fires.get(alarm.alarm_id)
        if fire is not None and any((look.camera_id, look.captured_at) in self._mine for look in fire.looks):
            self._own.add(alarm.alarm_id)
        return alarm.alarm_id in self._own

    def _near(self, camera_id: str, pan_deg: float, tilt_deg: float) -> bool:
        aim = self._aims.get(camera_id)
        return aim is not None and apart_deg(pan_deg, tilt_deg, aim[0], aim[1]) <= max(float(LAW["found"]["within_deg"]), aim[2])

    def outcome(self, fire: Fire, cpu_s: float) -> Outcome:
        """Return what came of it."""
        case = self._case
        visible = [head.visible_s for head in self._heads if head.visible_s is not None]
        peak = max((seen.peak_k for seen in self._who.views), default=0.0)
        gate = min((seen.lookout.gate_k for seen in self._who.views), default=0.0)
        if self._say is not None:
            for head in self._heads:
                for visit, rise, count in head.log:
                    self._say(
                        f"visit {head.lookout.camera.id} {visit.view.view_id} {visit.from_s:7.1f}…{visit.until_s:7.1f} "
                        f"peak {rise:5.1f} K, {count} sightings, then {visit.dropped}"
                    )
        return Outcome(
            case.number, case.kind, case.zone.zone_id, self._who.nearest_m(), case.weather.extinction_per_km, case.weather.sky_name,
            case.weather.day, case.on_top, len(self._who.views), peak, gate, min(visible, default=None), self.sighted_s, self.suspect_s,
            self.pre_alarm_s, self.found_s, fire.heat_kw(self.found_s) if self.found_s is not None else 0.0, self.nats,
            sum(head.watched_s for head in self._heads), len(self._heads), tuple(self.others.values()),
            len(self._arrivals()), sum(head.heard_s for head in self._heads), self.already, self._reason(peak, gate),
            sum(head.stayed_s for head in self._heads), sum(head.lent for head in self._heads), cpu_s,
        )  # fmt: skip

    def _arrivals(self) -> set[Thing]:
        """Return the warm vehicles that came to stand in sight of the windows since their backgrounds are learnt."""
        end_s = self.found_s if self.found_s is not None else float(LAW["horizon_s"])
        return {thing for head in self._heads for window in head.windows.values() for thing in window.arrived(head.begin_s, end_s)}

    def _reason(self, peak_k: float, gate_k: float) -> str | None:
        if self.found_s is not None:
            return None
        if (hidden := self._who.reason()) is not None:
            return hidden
        if peak_k < gate_k:
            return "below_gate"
        if sum(head.watched_s for head in self._heads) < REPORT_S:
            return "head_taken" if any(visit.dropped == "head_taken" for head in self._heads for visit, _, _ in head.log) else "not_visited"
        if self.sighted_s is None:
            return "not_sighted"
        return "too_little_evidence"
