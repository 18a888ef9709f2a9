"""Detector and core over the pictures of one head, and what they said: suspects and alarms by what stood there."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edged.core.rules import Rules
from edged.core.step import start, step
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.geometry.lens import pixel
from edged.model.alarm import Alarm
from edged.model.command import Append, WatchOn
from edged.model.event import Sighted, Tick, ViewHeld, WatchedView
from edged.model.frame import Frame
from edged.model.instant import Instant
from edged.model.sighting import Sighting
from edged.model.view import View, WatchPoint
from edged.model.weather import ASSUMED
from edged.simulator.generator.patch import Patch, Stimulus
from edged.simulator.generator.sensor import Shot

START = datetime(2026, 3, 20, tzinfo=UTC)
BEGIN_S = 100.0
REACH_PX = 12.0
Standing = Callable[[], list[tuple[Stimulus, Patch]]]
LINES, LOG_S, SUN_S = 14, 10.0, 60.0


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm's first arrival at a state. `kind` of what stood there, None where nothing did. Seconds of the watch."""

    alarm_id: str
    state: str
    at_s: float
    view_id: str
    x_px: float
    y_px: float
    kind: str | None
    burns: bool
    reasons_for: tuple[str, ...]
    reasons_against: tuple[str, ...]
    log_likelihood: float
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class Said:
    """What came of a watch. `log`: one sighting every 10 s of each track at the place that was asked about."""

    told: list[Told] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    blind_s: Counter[str] = field(default_factory=Counter)
    sightings: int = 0
    frames: int = 0
    detector_s: float = 0.0


class Witness:
    """One detector and one core. `arrive` and `leave` as the head moves, `see` with each picture. `near_px`: see `Said`.

    `watched` is told the directions that core has watched, as the detector is: a tour stops for them. `sun` says where the sun stands at a
    second of the watch, (pan_deg, tilt_deg) or None, as control tells the detector with the air. `aloft_deg`: see `View`.
    """

    def __init__(self, output: str, begin_at: datetime = START, near_px: tuple[float, float] | None = None) -> None:
        self.said = Said()
        self._detector = Detector(DetectionSettings(), "th-01")
        self._scalar = Scalar(output)  # type: ignore[arg-type]
        self._state = start(Rules.build("bench", lookouts=(), paths=(), simulated=True), "bench")
        self.begin_at, self._tick_s, self._index = begin_at, -1e9, 0
        self._generation = 0
        self._near_px, self._logged_s = near_px, dict[int, float]()
        self._states: dict[str, set[str]] = {}
        self._views: dict[str, View] = {}
        self._shape = (0, 0)
        self._sums: Counter[tuple[str, int]] = Counter()
        self._paths: dict[tuple[str, int], deque[str]] = {}
        self._track_at: dict[tuple[str, float, float], tuple[str, int]] = {}
        self.watched: Callable[[tuple[WatchPoint, ...]], None] = lambda _: None
        self.sun: Callable[[float], tuple[float, float] | None] = lambda _: None
        self._sun_asked_s = -1e9
        self.aloft_deg: float | None = None

    def arrive(self, t_s: float, view_id: str, pan_deg: float, tilt_deg: float, hfov_deg: float) -> None:
        """The head holds a view from now on."""
        self._generation += 2
        view = View("th-01", view_id, self._generation, pan_deg, tilt_deg, hfov_deg, BEGIN_S + t_s, aloft_deg=self.aloft_deg)
        self._detector.hold(view)
        self._views[view_id] = view
        self._step([ViewHeld(view)], t_s, list)

    def leave(self) -> None:
        """The head turns away."""
        self._detector.drop("moving")

    def see(self, shot: Shot, t_s: float, patches: Standing) -> None:
        """Judge one picture. `patches`: what stands in it, asked only when an alarm changes."""
        mono_s = BEGIN_S + t_s
        frame = Frame(shot.pixels, self._index, mono_s, self.begin_at + timedelta(seconds=t_s), key=shot.key)
        self._index += 1
        self._shape = shot.pixels.shape[:2]
        if t_s - self._sun_asked_s >= SUN_S:
            self._sun_asked_s = t_s
            self._detector.air(replace(ASSUMED, sun=self.sun(t_s)))
        clock = time.process_time()
        found = self._detector.judge(self._scalar.thermogram(frame), frame)
        self.said.detector_s += time.process_time() - clock
        self.said.frames += 1
        self.said.sightings += len(found)
        events: list[Any] = [Sighted(sighting) for sighting in found]
        if t_s - self._tick_s >= 1.0:
            self._tick_s, watched = t_s, self._detector.watched()
            self.said.blind_s.update(dict(watched.blind_s))
            events += [WatchedView(watched), Tick()]
        self._step(events, t_s, patches)

    def _step(self, events: list[Any], t_s: float, patches: Standing) -> None:
        now = Instant(BEGIN_S + t_s, self.begin_at + timedelta(seconds=t_s))
        for event in events:
            if isinstance(event, Sighted):
                here = event.sighting
                track = (here.view_id, here.track_id)
                self._track_at[here.view_id, round(here.pan_deg, 3), round(here.tilt_deg, 3)] = track
                self._sums[track] += here.log_likelihood  # type: ignore[assignment]
                self._paths.setdefault(track, deque(maxlen=LINES)).append(_line(here, self._sums[track], t_s))
                near = self._near_px is not None and math.dist((here.x_px, here.y_px), self._near_px) <= REACH_PX
                if near and t_s - self._logged_s.get(here.track_id, -1e9) >= LOG_S:
                    self._logged_s[here.track_id] = t_s
                    self.said.log.append(_line(here, self._sums[track], t_s))
            self._state, commands = step(self._state, event, now)
            for command in commands:
                if isinstance(command, Append) and command.row.alarm is not None:
                    self._book(command.row.alarm, t_s, patches)
                elif isinstance(command, WatchOn):
                    self._detector.watch(command.points)
                    self.watched(command.points)
        if len(self._track_at) > 2000:
            self._track_at.clear()
        if len(self._paths) > 400:
            for old in list(self._paths)[:200]:
                del self._paths[old]

    def _book(self, alarm: Alarm, t_s: float, patches: Standing) -> None:
        """Note a state that an alarm is in for the first time. Its place is its own, not that of what was sighted last."""
        known = self._states.setdefault(alarm.alarm_id, set())
        if alarm.state in known or not alarm.seen_by:
            return
        known.add(alarm.state)
        seen = alarm.seen_by[-1]
        view, (height, width) = self._views[seen.view_id], self._shape
        place = pixel(view.pan_deg, view.tilt_deg, seen.pan_deg, seen.tilt_deg, width, height, view.hfov_deg, view.lens) or (-1e3, -1e3)
        cause = nearest(patches(), *place)
        path = self._paths.get(self._track_at.get((seen.view_id, round(seen.pan_deg, 3), round(seen.tilt_deg, 3)), ("", 0)), ())
        self.said.told.append(
            Told(
                alarm.alarm_id, alarm.state, round(t_s, 3), seen.view_id, round(place[0], 1), round(place[1], 1),
                None if cause is None else cause.kind, cause is not None and cause.burns, tuple(alarm.evidence.reasons_for),
                tuple(alarm.evidence.reasons_against), round(alarm.evidence.log_likelihood, 2),
                tuple(path) if alarm.state == "active" else (),
            )
        )  # fmt: skip


def nearest(patches: list[tuple[Stimulus, Patch]], x_px: float, y_px: float) -> Stimulus | None:
    """Return what stands at or within 12 px of a place: what burns first, then the nearest, then the hottest."""
    near = []
    for n, (stimulus, patch) in enumerate(patches):
        across = max(0.0, abs(x_px - patch.x_px) - patch.width_px / 2)
        gap = math.hypot(across, max(0.0, abs(y_px - patch.y_px) - patch.height_px / 2))
        if gap <= REACH_PX:
            near.append((not stimulus.burns, round(gap / 3.0), -patch.temp_c, n))
    return patches[min(near)[-1]][0] if near else None


def _line(s: Sighting, summed: float, t_s: float) -> str:
    what = f"tr{s.track_id} ({s.x_px:.0f},{s.y_px:.0f}) {s.area_px:.0f} px {s.excess:.0f}"
    return f"{t_s:8.2f} {what} {summed:.1f} {'+'.join(s.reasons_for)} - {'+'.join(s.reasons_against)}"


def as_json(told: Told) -> dict[str, Any]:
    """Return it for a result file."""
    return asdict(told)


def as_line(told: dict[str, Any]) -> str:
    """Return one of a result file as a line of text."""
    where = f"{told['view_id']} ({told['x_px']:.0f},{told['y_px']:.0f})"
    why = f"{'+'.join(told['reasons_for'])} - {'+'.join(told['reasons_against'])}"
    return f"{told['at_s']:9.2f} s {told['state']:9} {told['kind'] or '(nothing near)'} {where} {told['log_likelihood']:.1f}: {why}"
