"""One fire on the station: true tours, real detectors on rendered pictures, the real core. What came of it, and why where nothing did.

Heads that hold the place in no view, or that it cannot reach in this air, are not simulated: they would see nothing of it.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from edged.core.confirm import total
from edged.core.fire import apart_deg
from edged.core.rules import Rules
from edged.core.step import State, start, step
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.alarm import Alarm
from edged.model.command import WatchOn
from edged.model.event import Event, Sighted, Tick, ViewHeld, WatchedView
from edged.model.instant import Instant
from edged.model.sighting import Sighting
from edged.simulator.generator.sensor import Imager
from edged.survey import NOT_IN_GREY
from station.backdrop import Mood, mood
from station.draws import LAW, Case
from station.fires import Fire, fire_of
from station.pictures import SHAPE, Window, camera
from station.sight import HOPELESS, Lookout, Seen, Sight, sight
from station.taught import Taught
from station.things import Thing, things
from station.tour import Tour, Visit

REPORT_S = 0.5
"""How often an eye reports what it looked at."""
TICK_S = 1.0
ROUND_S = 49.5
"""More than one round of the example's tour; used only to place the start of the simulation."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Station:
    """The station as it is configured."""

    rules: Rules
    lookouts: tuple[Lookout, ...]
    detection: DetectionSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one fire. Seconds from t = 0, None where it did not come to it; `reason` of a fire that was not found."""

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
    cpu_s: float

    def row(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(self).items()}


class _Head:
    """One head that may see the fire, with its eye."""

    def __init__(
        self, station: Station, case: Case, fire: Fire, views: list[Seen], how: Mood, near: tuple[Thing, ...], cold: bool
    ) -> None:  # fmt: skip
        self.lookout = views[0].lookout
        number = [one.camera.id for one in station.lookouts].index(self.lookout.camera.id)
        rng = case.rng(100 + number)
        self.begin_s = -float(LAW["heads"]["tours_before"]) * ROUND_S
        self.tour = Tour(self.lookout.plan, rng, self.begin_s)
        made_by = camera(rng, case)
        self._imager = Imager(made_by.sensor, SHAPE, float(LAW["fps"]), int(rng.integers(1 << 31)))
        site = station.rules.site
        self.windows = {
            seen.stop.view_id: Window(site, case, fire, seen, made_by, how, near, self._imager, self.begin_s - 1.0) for seen in views
        }
        thermal = self.lookout.camera.thermal
        assert thermal is not None
        self._settings = station.detection
        self._detector = Detector(self._settings, self.lookout.camera.id)
        self._gate = self._settings.contrast_k if thermal.picture in NOT_IN_GREY else self._settings.contrast_levels
        self._scalar = Scalar(thermal.picture, station.detection.range_end_c)
        self._cold, self._hears_s = cold, self.begin_s if cold else -ROUND_S
        self.watched_s = 0.0
        self.visible_s: float | None = None
        self.heard_s = 0.0
        self.last: Visit | None = None
        self._taught = Taught()
        self.log: list[tuple[Visit, float, int]] = []

    def watch(self, order: WatchOn) -> None:
        """Keep open suspects out of the backgrounds."""
        self.tour.watch(order.points)
        self._detector.watch(order.points)

    def events(self) -> Iterator[tuple[float, Event]]:
        """Yield what reaches core from this head, in the order of time.

        Core hears of the last round before the fire; what stood in the first pictures was told when the station began, days ago. The
        eye has an old station's backgrounds then, as after a restart: standing heats are part of them, and they follow slowly.
        """
        aged = self._cold
        for visit in self.tour.visits(float(LAW["horizon_s"])):
            told, self.last = visit.from_s >= self._hears_s, visit
            if told and not aged:
                aged, kept = (
                    True,
                    {
                        name: self._taught.aged(name, saved, self._settings.contrast_levels)
                        for name, saved in self._detector.saved().items()
                    },
                )
                self._detector = Detector(self._settings, self.lookout.camera.id)
                self._detector.restore(kept)
            if told:
                yield visit.from_s, ViewHeld(visit.view)
            if (window := self.windows.get(visit.view.view_id)) is not None:
                yield from (pair for pair in self._visit(visit, window) if told)

    def cause(self, pan_deg: float, tilt_deg: float, t_s: float) -> str | None:
        """Return what stands at a direction of the view that is held, None where that is in none of the windows."""
        window = self.windows.get(self.last.view.view_id) if self.last is not None else None
        return window.cause(self.last.view, pan_deg, tilt_deg, t_s) if window is not None and self.last is not None else None

    def _visit(self, visit: Visit, window: Window) -> Iterator[tuple[float, Event]]:
        detector = self._detector
        detector.hold(window.view(visit.view))
        detector.watched(visit.from_s)
        told, count = visit.from_s, 0
        rise = window.rise_k(visit.until_s - 0.5)
        for frame in window.frames(visit):
            thermogram = self._scalar.thermogram(frame)
            if visit.until_s < self._hears_s:
                self._taught.look(visit.view.view_id, thermogram.heat)
            for sighting in detector.judge(thermogram, frame):
                count += 1
                yield frame.mono_s, Sighted(window.true(sighting, visit.view))
            if frame.mono_s - told >= REPORT_S:
                told = frame.mono_s
                self.heard_s += REPORT_S * (visit.from_s >= self._hears_s)
                yield told, WatchedView(replace(detector.watched(told), key_interval_s=2.0))
            if frame.mono_s > 0.0 and self.visible_s is None and rise > 0.0 and window.rise_k(frame.mono_s) >= self.lookout.gate_k:
                self.visible_s = frame.mono_s
        if rise >= self.lookout.gate_k:
            self.watched_s += max(0.0, visit.until_s - max(visit.from_s, 0.0))
        detector.drop(visit.dropped)
        self._taught.left(visit.view.view_id)
        self.log.append((visit, rise, count))


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
            heads.append(_Head(station, case, fire, views, how, near, cold))
    run = _Run(station, case, who, heads, say)
    run.go()
    return run.outcome(fire, time.process_time() - began)


class _Run:
    """Core, fed by heads."""

    def __init__(self, station: Station, case: Case, who: Sight, heads: list[_Head], say: Say | None) -> None:
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
            self._step(event, now, by_id)
            if isinstance(event, Sighted):
                self._sighted(t_s, event.sighting, by_id[event.sighting.camera_id])
            if self.found_s is not None:
                return

    def _step(self, event: Event, now: Instant, by_id: dict[str, _Head]) -> None:
        self._state, commands = step(self._state, event, now)
        for command in commands:
            if isinstance(command, WatchOn) and command.camera_id in by_id:
                by_id[command.camera_id].watch(command)

    def _sighted(self, t_s: float, s: Sighting, head: _Head) -> None:
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
            self.found_s, fire.heat_kw(self.found_s) if self.found_s is not None else 0.0, self.nats,
            sum(head.watched_s for head in self._heads), len(self._heads), tuple(self.others.values()),
            len(self._arrivals()), sum(head.heard_s for head in self._heads), self.already, self._reason(peak, gate), cpu_s,
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
