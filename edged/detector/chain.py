"""The detector of one camera: pictures in, sightings out.

It keeps the scenes of the camera's views, decides which pictures count, and accounts for every second: judged, or blind and why.
Time comes from the frames; nothing here reads a clock.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from edged.detector import drill as drills
from edged.detector import sighting
from edged.detector.aiming import Aimer, Reference
from edged.detector.aloft import Aloft
from edged.detector.background import Saved
from edged.detector.glint import Glints
from edged.detector.gradation import Gradation
from edged.detector.health import Health
from edged.detector.heldback import HeldBack
from edged.detector.outlook import Announced, Outlook, Seen
from edged.detector.rounds import Rounder
from edged.detector.scene import Judged, Stage, ViewScene
from edged.detector.settings import DetectionSettings
from edged.detector.viewcells import watched_cells
from edged.detector.wheels import Wheels
from edged.model.aim import Aim
from edged.model.frame import Frame, Thermogram
from edged.model.heatread import HeatRead
from edged.model.rounds import Spot, SpotMeasure
from edged.model.sighting import ReasonAgainst, ReasonFor, Sighting
from edged.model.view import BlindCause, View, Watched, WatchPoint
from edged.model.weather import ASSUMED, Air
from edged.model.wheel import HotWheel

MAX_VIEWS = 24
REPORT_NATS = 1.5
REPORT_STEP_NATS = 0.5
CROP_S = 5.0
GAP_S = 2.0
"""Without a picture for longer than this the time counts as `no_stream`."""


class Detector:
    """Judges the pictures of one camera. Call `hold` when the head has arrived, `judge` with each picture, `watched` once a second."""

    def __init__(
        self,
        settings: DetectionSettings,
        camera_id: str,
        view: View | None = None,
        without: frozenset[ReasonFor | ReasonAgainst] = frozenset(),
        off: frozenset[Stage] = frozenset(),
    ) -> None:
        """`without`: reasons that count for nothing, `off`: stages that do nothing, to see in an evaluation what each is worth."""
        self._settings, self._without, self._off = settings, without, off
        self._camera_id = camera_id
        self._health = Health(settings)
        self._scenes: OrderedDict[str, ViewScene] = OrderedDict()
        self._saved: dict[str, Saved] = {}
        self._view: View | None = None
        self._passing: str | None = None
        self._no_view: BlindCause = "no_view"
        self._points: tuple[WatchPoint, ...] = ()
        self._watch: npt.NDArray[np.bool_] | None = None
        self._watch_shape: tuple[int, ...] = ()
        self._drill: drills.Drill | None = None
        self._from_s: float | None = None
        self._last_s: float | None = None
        self._distinct_s: float | None = None
        self._judged = 0
        self._blind: dict[BlindCause, float] = {}
        self._aimer = Aimer()
        self._aims: list[tuple[Aim, ...]] = []
        self._holding = HeldBack()
        self._held: list[Sighting] = []
        self._outlook = Outlook()
        self._gradation = Gradation()
        self._shown: tuple[Thermogram, Frame] | None = None
        self._degraded = self._grey = self._assumed = False
        self._at: datetime | None = None
        self._air = ASSUMED
        self._rounder = Rounder()
        self._wheels, self._glints, self._aloft = Wheels(), Glints(), Aloft()
        if view is not None:
            self.hold(view)

    @property
    def view(self) -> View | None:
        """The view that is held, or None while pictures are blind time."""
        return self._view

    @property
    def calm(self) -> bool:
        """Tell whether the held view is learnt and nothing is followed in it: its next picture may wait for another one."""
        if self._view is None or self._drill is not None:
            return False
        scene = self._scenes[self._view.view_id]
        return not (scene.tracks.live or scene.learning)

    def hold(self, view: View) -> None:
        """The head has arrived: judge pictures from `view.valid_from_mono_s` on. The same generation again only renews areas and watch."""
        same = self._view is not None and (self._view.view_id, self._view.generation) == (view.view_id, view.generation)
        self._view = view
        self._points, self._watch_shape = view.watch, ()
        if same:
            return
        if self._passing is not None:
            self._scenes.pop(self._passing, None)
        self._passing = view.view_id if view.passing else None
        scene = self._scenes.pop(view.view_id, None) or ViewScene(
            self._settings, self._saved.pop(view.view_id, None), without=self._without, off=self._off
        )
        self._scenes[view.view_id] = scene
        while len(self._scenes) > MAX_VIEWS:
            gone, old = self._scenes.popitem(last=False)
            if old.background is not None:
                self._saved[gone] = old.background.save()
        scene.arrive()
        self._gradation.forget()
        self._outlook.compare_views([each.background for each in self._scenes.values() if each.background is not None], self._last_s)
        self._health.forget()
        self._holding.forget()
        self._wheels.forget()
        self._drill = None

    def drop(self, cause: BlindCause) -> None:
        """The head moves or is not ours: pictures from now on are blind time of this cause."""
        self._view, self._no_view, self._drill = None, cause, None

    def watch(self, points: tuple[WatchPoint, ...]) -> None:
        """Keep these directions out of every background (the whole list replaces the one before)."""
        self._points, self._watch_shape = points, ()
        if self._view is not None:
            self._view = replace(self._view, watch=points)

    def air(self, air: Air) -> None:
        """Take the air before this camera to be like this from now on."""
        self._air = air

    def heat_read(self, read: HeatRead) -> None:
        """Take readings of the camera's own thermometry; they calibrate an 8-bit picture that was judged within a second of them."""
        if self._shown is not None and self._grey and self._view is not None:
            thermogram, frame = self._shown
            self._gradation.take(read, thermogram.heat, frame.captured_at, frame.mono_s)

    def announced(self, cause: Announced, now_s: float, seconds: float) -> None:
        """The camera says that it wipes or heats its window for `seconds`, or that it was switched on."""
        self._outlook.announce(cause, now_s, seconds)

    def judge(self, thermogram: Thermogram, frame: Frame) -> tuple[Sighting, ...]:
        """Judge one picture of the held view. Shapes and units: see `Thermogram`. Older pictures than the last are ignored."""
        now = frame.mono_s
        passed = 0.0 if self._last_s is None else now - self._last_s
        if passed < 0.0:
            return ()
        self._from_s = now if self._from_s is None else self._from_s
        self._last_s, self._at = now, frame.captured_at
        if passed > GAP_S:
            self._lose("no_stream", passed - GAP_S)
            passed = GAP_S
        view = self._view
        crushed = view is not None and self._scenes[view.view_id].crushed(now)
        verdict = self._health.check(thermogram, frame, crushed=crushed)
        if "frame_health" in self._off:
            verdict = replace(verdict, cause=None, stepped=False)
        if verdict.changed:
            self._distinct_s = now
        if view is None or now < view.valid_from_mono_s:
            self._lose(self._no_view if view is None else "moving", passed)
            return ()
        seen = self._outlook.look(view.view_id, thermogram, now, stepped=verdict.stepped) if verdict.cause is None else Seen()
        if (gated := verdict.cause or seen.gated) is not None:
            self._lose(gated, passed)
            self._rounder.lost(gated, frame, view, self._air)
            return ()
        self._degraded, self._assumed = thermogram.degraded or seen.reduced, thermogram.assumed
        self._grey = thermogram.kind == "relative" and thermogram.levels_per_k <= 10.0
        scene = self._scenes[view.view_id]
        if self._watch_shape != thermogram.shape:
            self._watch, self._watch_shape = watched_cells(view, thermogram.shape), thermogram.shape
        thermogram = self._outlook.without_window(thermogram)
        cause, judged = scene.judge(thermogram, frame, verdict, view, self._watch)
        if cause is not None:
            self._lose(cause, passed)
            self._rounder.lost(cause, frame, view, self._air)
            return ()
        if seen.blinds is not None:
            self._lose(seen.blinds, passed)
        else:
            self._judged += verdict.changed
        if aims := self._aimer.look(scene, thermogram, frame, view):
            self._aims.append(aims)
            self._rounder.aimed(aims, scene)
        self._shown = thermogram, frame
        self._rounder.look(scene, thermogram, frame, view, self._air)
        self._aloft.look(scene.tracks.live, view, thermogram.shape, now)
        self._glints.look(scene.tracks.live, view, thermogram.shape, self._air.sun, now)
        if self._wheels.due(scene, frame):
            self._wheels.look(scene, thermogram, self._gradation.calibrated(thermogram, now), frame, view)
        out: list[Sighting] = []
        for each in judged:
            if (done := self._report(each, view, frame, thermogram, test=False)) is not None:
                out.append(done)
            elif not each.track.ever_reported and self._holding.due(each.track, now):
                self._held.append(self._as_held(each, view, frame, thermogram))
        if self._drill is not None:
            run = self._drill
            if run.over(now):
                self._drill = None
            else:
                copy = replace(thermogram, heat=run.inserted(thermogram, now), levels=None)
                _, twins = run.twin.judge(copy, frame, verdict, view, self._watch)
                near = [each for each in twins if run.near(each.track.spot.x_px, each.track.spot.y_px)]
                out += [done for each in near if (done := self._report(each, view, frame, copy, test=True)) is not None]
        return tuple(out)

    def drill(self, drill_id: str, duration_s: float, place_px: tuple[float, float] | None = None) -> bool:
        """Begin a drill in the held view, at the calmest place unless one is given. False: no learnt view, or no calm place."""
        view = self._view
        if view is None or self._last_s is None:
            return False
        scene = self._scenes[view.view_id]
        place = place_px or drills.quiet_place(scene, self._grey)
        if place is None or scene.background is None:
            return False
        self._drill = drills.Drill(drill_id, place[0], place[1], self._last_s, duration_s, scene.twin(*place, drills.REACH_PX))
        return True

    def watched(self, now_s: float | None = None) -> Watched:
        """Return what was judged and what was blind since the last call, and begin again.

        `now_s`: the caller's monotonic time; where given, time without pictures up to it is counted as well.
        """
        last = self._last_s if self._last_s is not None else now_s or 0.0
        until = last if now_s is None else max(last, now_s)
        if until - last > GAP_S:
            self._lose("no_stream", until - last)
            self._last_s = until
        view = self._view
        report = Watched(
            camera_id=self._camera_id, view_id=view.view_id if view else None, generation=view.generation if view else 0,
            from_mono_s=until if self._from_s is None else self._from_s, until_mono_s=until, judged_frames=self._judged,
            last_distinct_mono_s=self._distinct_s, blind_s=tuple((cause, round(s, 3)) for cause, s in self._blind.items()),
            learning=view is not None and self._scenes[view.view_id].learning, range_reduced=self._degraded, at=self._at,
            osd_px=self._scenes[view.view_id].osd_px if view else 0, window_spots=self._outlook.window.window_spots,
            pixel_spots=self._outlook.window.pixel_spots, assumed=self._assumed,
            waiting_sources=self._scenes[view.view_id].tracks.waiting(until) if view else 0,
            fit_error_k=self._gradation.error_k(until),
        )  # fmt: skip
        self._from_s, self._judged, self._blind = until, 0, {}
        return report

    def saved(self) -> dict[str, Saved]:
        """Return the backgrounds of all views but a passing one, compact, to be kept over a restart."""
        lasting = [(view_id, scene.background) for view_id, scene in self._scenes.items() if view_id != self._passing]
        return {**self._saved, **{view_id: background.save() for view_id, background in lasting if background is not None}}

    def restore(self, saved: dict[str, Saved]) -> None:
        """Take backgrounds kept from before, for views that are held from now on."""
        self._saved.update(saved)

    def aims(self) -> list[tuple[Aim, ...]]:
        """Return what was measured of the head's aim since the last call, each look's together."""
        aims, self._aims = self._aims, []
        return aims

    def rounds(self, spots: tuple[Spot, ...]) -> None:
        """Measure these spots at each visit from now on."""
        self._rounder.spots = spots

    def spots(self) -> list[tuple[SpotMeasure, ...]]:
        """Return what was measured of spots since the last call, each visit's together."""
        return self._rounder.take()

    def hot_wheels(self) -> list[HotWheel]:
        """Return the hot wheels found since the last call. They are advisories: nothing of them is evidence."""
        return self._wheels.take()

    def held(self) -> list[Sighting]:
        """Return the tracks held back since the last call. Their `log_likelihood` is how it stands, no increment; core never sees them."""
        held, self._held = self._held, []
        return held

    def references(self) -> dict[str, Reference] | None:
        """Return the commissioned pictures where they changed since the last call, to be kept over years; else None."""
        changed, self._aimer.changed = self._aimer.changed, False
        return dict(self._aimer.references) if changed else None

    def commissioned(self, references: dict[str, Reference]) -> None:
        """Take the commissioned pictures kept from before, by view id."""
        self._aimer.references.update(references)

    def _lose(self, cause: BlindCause, seconds: float) -> None:
        if seconds > 0.0:
            self._blind[cause] = self._blind.get(cause, 0.0) + seconds

    def _as_held(self, each: Judged, view: View, frame: Frame, thermogram: Thermogram) -> Sighting:
        off = self._scenes[view.view_id].offset(thermogram, frame.mono_s)
        return sighting.build(each.track, view, frame, thermogram, each.value, each.reasons_for, each.reasons_against, off, crop=False)

    def _report(self, each: Judged, view: View, frame: Frame, thermogram: Thermogram, *, test: bool) -> Sighting | None:
        track, now = each.track, frame.mono_s
        first_standing = track.standing and not track.standing_told
        if each.value < REPORT_NATS and not (track.ever_reported or track.fast_path or first_standing):
            return None
        step = abs(each.value - track.reported) >= REPORT_STEP_NATS
        urgent = track.fast_path and track.reported_s < now - 0.5
        if not (step or urgent or first_standing) and now - track.reported_s < self._settings.report_s:
            return None
        crop = now - track.pictured_s >= CROP_S
        reasons = each.reasons_for + (("long_standing",) if track.standing else ())
        increment = each.value - track.reported
        track.reported, track.reported_s, track.ever_reported = each.value, now, True
        track.standing_told = track.standing
        if crop:
            track.pictured_s = now
        against, off = each.reasons_against, self._scenes[view.view_id].offset(thermogram, now)
        told = sighting.build(track, view, frame, thermogram, increment, reasons, against, off, crop=crop, test=test)
        shows = self._gradation.temperature(thermogram, track.spot.box_px, now)
        return told if shows is None else replace(told, temperature=shows)
