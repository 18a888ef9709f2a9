"""One head of the station with its eye: it tours, stays and is lent, and judges the pictures of the views that may show the fire."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from edged.core.rules import Rules
from edged.core.stops import PatrolStop
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.command import Glance, WatchOn
from edged.model.event import Event, HeadMoved, Sighted, ViewHeld, WatchedView
from edged.model.frame import Frame
from edged.model.view import Pose, View, Watched
from edged.simulator.generator.sensor import Imager
from edged.survey import NOT_IN_GREY
from station.backdrop import Mood
from station.draws import LAW, Case
from station.fires import Fire
from station.pictures import SHAPE, Window, camera
from station.sight import Lookout, Seen, in_picture
from station.taught import Taught
from station.things import Thing
from station.tour import Tour, Visit

REPORT_S = 0.5
"""How often an eye reports what it looked at."""
ELSEWHERE_S = 2.0
"""How often it does while it looks where the fire is not: core hears that it sees, and no more."""
STAY_S = 2.0
"""A visit that goes on longer is drawn in parts of so many seconds."""
ROUND_S = 49.5
"""More than one round of the example's tour; used only to place the start of the simulation."""


@dataclass(frozen=True, slots=True)
class Station:
    """The station as it is configured."""

    rules: Rules
    lookouts: tuple[Lookout, ...]
    detection: DetectionSettings


class Head:
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
        imager = Imager(made_by.sensor, SHAPE, float(LAW["fps"]), int(rng.integers(1 << 31)))

        def window(seen: Seen) -> Window:
            return Window(station.rules.site, case, fire, seen, made_by, how, near, imager, self.begin_s - 1.0)

        self._seen, self._window = views[0], window
        self.windows = {seen.stop.view_id: window(seen) for seen in views}
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
        self.stayed_s = 0.0
        self.lent = 0

    def watch(self, order: WatchOn) -> None:
        """Keep open suspects out of the backgrounds, and stop for them."""
        self.tour.watch(order.points)
        self._detector.watch(order.points)

    def look(self, alarm_id: str, glance: Glance, longest_s: float) -> bool:
        """Look at another head's suspect, where this one is free."""
        done = self.tour.look(alarm_id, glance, longest_s)
        self.lent += done
        return done

    def events(self) -> Iterator[tuple[float, Event | None]]:
        """Yield what reaches core from this head, in the order of time; None: only time passed, by a beat of the daemon's clock for heads.

        Core hears of the last round before the fire; what stood in the first pictures was told when the station began, days ago. The
        eye has an old station's backgrounds then, as after a restart: standing heats are part of them, and they follow slowly.
        """
        look: _Look | None = None
        while self.tour.now_s < float(LAW["horizon_s"]):
            beat_s = self.tour.now_s
            yield beat_s, None
            done = self.tour.step()
            self.stayed_s += (self.tour.now_s - beat_s) * (self.tour.doing in ("stays", "looks_again"))
            if look is not None:
                yield from ((max(t_s, beat_s), event) for t_s, event in self._seen_until(look, done.until_s if done else self.tour.now_s))
                if done is not None:
                    self._leave(look, done)
                    look = None
            visit = self.tour.standing
            if look is None and visit is not None:
                look = self._arrive(visit)
                if look.told:
                    yield self.tour.now_s, ViewHeld(visit.view)
                    yield self.tour.now_s, self._moved(visit.view)
        if look is not None and (done := self.tour.end(float(LAW["horizon_s"]))) is not None:
            self._leave(look, done)

    def cause(self, pan_deg: float, tilt_deg: float, t_s: float) -> str | None:
        """Return what stands at a direction of the view that is held, None where that is in none of the windows."""
        window = self.windows.get(self.last.view.view_id) if self.last is not None else None
        return window.cause(self.last.view, pan_deg, tilt_deg, t_s) if window is not None and self.last is not None else None

    def _moved(self, view: View) -> HeadMoved:
        return HeadMoved(view.camera_id, Pose(view.pan_deg, view.tilt_deg, view.hfov_deg), False, "patrol", view.valid_from_mono_s)

    def _arrive(self, visit: Visit) -> _Look:
        self.last, told = visit, visit.from_s >= self._hears_s
        if told and not self._cold:
            self._cold = True
            saved = self._detector.saved().items()
            kept = {name: self._taught.aged(name, one, self._settings.contrast_levels) for name, one in saved}
            self._detector = Detector(self._settings, self.lookout.camera.id)
            self._detector.restore(kept)
        view = visit.view
        if view.passing and (at := in_picture(self._passing(view), self._seen.pan_deg, self._seen.tilt_deg)) is not None:
            seen = replace(self._seen, stop=self._passing(view), x_px=at[0], y_px=at[1])
            self.windows[view.view_id] = self._window(seen)
        window = self.windows.get(view.view_id)
        if window is not None:
            self._detector.hold(window.view(view))
            self._detector.watched(visit.from_s)
        return _Look(visit, window, told, visit.from_s, window.frames(visit) if window is not None else iter(()), visit.until_s)

    def _passing(self, view: View) -> PatrolStop:
        return PatrolStop(view.view_id, view.pan_deg, view.tilt_deg, view.hfov_deg, 0.0, lens=view.lens, passing=True)

    def _seen_until(self, look: _Look, until_s: float) -> Iterator[tuple[float, Event]]:
        """Judge the pictures that came until then."""
        if look.window is None:
            if look.told and until_s - look.told_s >= ELSEWHERE_S:
                view, since_s, look.told_s = look.visit.view, look.told_s, until_s
                report = Watched(view.camera_id, view.view_id, view.generation, since_s, until_s, 16, until_s, key_interval_s=2.0)
                yield until_s, WatchedView(report)
            return
        while look.drawn_s < until_s:
            look.due = look.due or next(look.frames, None)
            if look.due is None:
                more = replace(look.visit, from_s=look.ends_s, until_s=look.ends_s + STAY_S)
                look.frames, look.ends_s = look.window.frames(more), more.until_s
                continue
            frame, look.due = look.due, None
            if frame.mono_s >= until_s:
                look.due = frame
                return
            yield from (pair for pair in self._judged(look, look.window, frame) if look.told)

    def _judged(self, look: _Look, window: Window, frame: Frame) -> Iterator[tuple[float, Event]]:
        look.drawn_s = frame.mono_s
        thermogram = self._scalar.thermogram(frame)
        if look.visit.until_s < self._hears_s:
            self._taught.look(look.visit.view.view_id, thermogram.heat)
        for sighting in self._detector.judge(thermogram, frame):
            look.count += 1
            yield frame.mono_s, Sighted(window.true(sighting, look.visit.view))
        if frame.mono_s - look.told_s >= REPORT_S:
            look.told_s = frame.mono_s
            self.heard_s += REPORT_S * look.told
            yield frame.mono_s, WatchedView(replace(self._detector.watched(frame.mono_s), key_interval_s=2.0))
        if frame.mono_s > 0.0 and self.visible_s is None and window.rise_k(frame.mono_s) >= self.lookout.gate_k:
            self.visible_s = frame.mono_s

    def _leave(self, look: _Look, visit: Visit) -> None:
        if look.window is None:
            return
        rise = look.window.rise_k(visit.until_s - 0.5)
        if rise >= self.lookout.gate_k:
            self.watched_s += max(0.0, visit.until_s - max(visit.from_s, 0.0))
        self._detector.drop(visit.dropped)
        self._taught.left(visit.view.view_id)
        self.log.append((visit, rise, look.count))


@dataclass(slots=True)
class _Look:
    """A visit that is on. `window` None: its view does not show the fire. `told_s`: its last report; `ends_s`: up to when it is planned."""

    visit: Visit
    window: Window | None
    told: bool
    told_s: float
    frames: Iterator[Frame]
    ends_s: float
    drawn_s: float = -math.inf
    due: Frame | None = None
    count: int = 0
