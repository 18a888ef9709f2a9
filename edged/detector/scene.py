"""One view being watched: its background, AGC, sway and tracks. The stages of a frame in their order.

A quiet frame ends after one comparison; everything dearer happens only when a pixel exceeds its limit, or once a second.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector import bearing, body, candidates, driveby, evidence, gates, registration, standing
from edged.detector.background import BROAD_SHARE, CELL, Background, Saved
from edged.detector.births import ALIKE_S, Births
from edged.detector.ceiling import Ceiling
from edged.detector.endplace import share_out
from edged.detector.ends import UNSEEN_S, Ends
from edged.detector.fastpath import ARRIVAL_S
from edged.detector.gaincontrol import GainControl
from edged.detector.gates import noise_of
from edged.detector.health import Verdict
from edged.detector.knownground import KnownGround
from edged.detector.levelled import Levelled
from edged.detector.middles import upper_median
from edged.detector.mirror import Mirrors
from edged.detector.osd import BurntIn
from edged.detector.rims import STILL_PX, Rims
from edged.detector.scaletop import CLIPPED, ScaleTop
from edged.detector.scenechange import SceneChanges
from edged.detector.settings import DetectionSettings
from edged.detector.standing import Look, Standing
from edged.detector.steadiness import BUSY_LOOK_S, IDLE_LOOK_S, SWAYS_PX, Steadiness
from edged.detector.strength import Context
from edged.detector.sway import Offset
from edged.detector.takenscale import TakenScale, has_it_still, lives_on
from edged.detector.track import Track
from edged.detector.tracks import Tracks
from edged.detector.viewcells import areas_at, cells_in, cells_of
from edged.model.frame import Frame, Thermogram
from edged.model.sighting import Hotspot, ReasonAgainst, ReasonFor
from edged.model.view import BlindCause, View

ONSET_S = 30.0
"""What is found so soon after the head came back may have begun while it looked elsewhere: at its limit a source comes and goes."""
TEMPORAL_SIGMA = 4.0
MAX_STEP_S = 1.0
WARM_GATES, WARM_SIGMAS = 1.0, 4.0
"""A place that was known to exceed what is warm round it by so much stood there, warm: what exceeds it is not new."""
LEARNING_SHARE = 0.5
"""While a view is learnt its sway is not known: what its place had so much of was there, a part of a cell beside."""
CLEARLY_BELOW = 12.0
"""Levels by which a place must have been below the end of a grey scale for its reaching it to be looked at."""
BLIND_S, AWAY_S = 10.0, 60.0
"""After so long without a picture that could be judged nobody saw who drove in, but what stood there stands there; after so long the head
might as well have looked elsewhere."""
WAITED_S = 3.0
"""What showed for so long before it was followed may have driven in."""
DOUBT_SIGMAS = 4.0
"""Sway that cannot be measured may move a source by so many sigmas from one look to another."""
FIRST_S = 1.5
"""What is seen within this time of the first picture was there at the first look."""

Stage = Literal["registration", "osd_mask", "frame_health"]
"""Stages that an evaluation may switch off, to see what each is worth."""
Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """A track seen in this frame with what speaks for and against it."""

    track: Track
    value: float
    reasons_for: tuple[ReasonFor, ...]
    reasons_against: tuple[ReasonAgainst, ...]


class ViewScene:
    """What is known of one view. `judge` is its only verb."""

    def __init__(
        self,
        settings: DetectionSettings,
        saved: Saved | None = None,
        first_track_id: int = 1,
        without: frozenset[ReasonFor | ReasonAgainst] = frozenset(),
        off: frozenset[Stage] = frozenset(),
    ) -> None:
        self._settings, self._without, self._off = settings, without, off
        self.background: Background | None = Background.restore(saved) if saved is not None else None
        self.tracks = Tracks(first_track_id)
        self._learnt = saved is not None and saved.seen_s >= settings.learn_s
        self._agc = GainControl()
        self._steady = Steadiness()
        self._learnt_s: float | None = None
        self._judged_s: float | None = None
        self._births = Births()
        self._mirrors, self._scene_changes = Mirrors(), SceneChanges()
        self._standing: Standing | None = None
        self._ends, self._rims, self._scale_top = Ends(), Rims(), ScaleTop()
        self._began_s: float | None = None
        self._spots: list[Hotspot] = []
        self._text = BurntIn()
        self._mask: npt.NDArray[np.uint8] | None = None
        self._limit: Array | None = None
        self._ceiling = Ceiling()
        self._taken = TakenScale()
        self._shown: Levelled | None = None
        self._shape = (0, 0)
        self._arrived = False
        self._back_s: float | None = None
        self._end = float("inf")

    @property
    def learning(self) -> bool:
        """Tell whether nothing can be called new yet."""
        return not self._learnt

    @property
    def mean_px(self) -> tuple[float, float]:
        """Return how far the pose that bearings are counted from lies from the background, pixels: x right, y down."""
        return self._steady.sway.mean_px

    @property
    def osd_px(self) -> int:
        """Return how many pixels lie under burnt-in text and are not looked at."""
        return int(np.count_nonzero(self.osd)) if self.osd is not None else 0

    @property
    def osd(self) -> Mask | None:
        """Return where text is burnt in, (H, W), or None."""
        return self._text.mask

    def crushed(self, now: float) -> bool:
        """Tell whether something that lives has taken the scale, so that little of the rest can be seen, nor its noise."""
        return any(lives_on(track, now) for track in self.tracks.live)

    def twin(self, x_px: float, y_px: float, reach_px: float) -> ViewScene:
        """Return a copy with the same background and no tracks, for a drill: it looks only within the reach of this place.

        Elsewhere the view's open places would take the twin's few tracks.
        """
        copy = ViewScene(self._settings, first_track_id=1_000_000 + self.tracks.next_id, without=self._without, off=self._off)
        copy.background = self.background.copy() if self.background is not None else None
        copy._learnt, copy._agc = self._learnt, replace(self._agc)
        copy._scale_top.level = top = self._scale_top.level
        copy._ends, copy._rims = Ends(top), Rims(top)
        copy._steady.follow(self._steady)
        copy._learnt_s, copy._judged_s = self._learnt_s, self._judged_s
        copy._began_s = self._began_s
        ys, xs = np.ogrid[: self._shape[0], : self._shape[1]]
        copy._text = BurntIn.only(np.hypot(ys - y_px, xs - x_px) > reach_px)
        return copy

    def arrive(self) -> None:
        """The head looks here again: the background stays, and what was followed is resumed where it is found."""
        self.tracks.rest()
        self._ends.rest()
        self._rims.rest()
        self._taken = TakenScale()
        self._judged_s = None
        self._arrived = self.background is not None
        self._steady.arrive()

    def judge(
        self, thermogram: Thermogram, frame: Frame, verdict: Verdict, view: View, watch: Mask | None
    ) -> tuple[BlindCause | None, list[Judged]]:
        """Judge one healthy picture. Returns (why it could not be judged, or None; the tracks seen in it).

        `watch`: cells never to be learnt, (H // 4, W // 4), or None.
        """
        now = frame.mono_s
        blind_s = 0.0 if self._judged_s is None else now - self._judged_s
        if blind_s > AWAY_S:
            self.arrive()
        elif blind_s > BLIND_S:
            self._back_s = now
            self.tracks.bridge(blind_s)
        gate = gates.contrast(thermogram, self._settings)
        self._shape = thermogram.shape
        if self.background is None or self.background.mean.shape != tuple(side // CELL for side in self._shape):
            self._begin(thermogram, gate)
        if self._moves(thermogram, verdict, view, now, idle=not (self.tracks.live or self.learning)):
            return "moving", []
        dt = 0.0 if self._judged_s is None else min(MAX_STEP_S, max(0.0, now - self._judged_s))
        self._judged_s = now
        if self._began_s is None:
            self._began_s = now
        if "osd_mask" not in self._off:
            self._text.look(thermogram, now - self._began_s)
        shown = self._showing(thermogram)
        self._take_out_gain(shown)
        if self._arrived:
            self._catch_up(shown, now)
        mask = self._exceeding(shown, now)
        if mask is not None and not self.tracks.live and self._steady.sways(now):
            if self._moves(thermogram, verdict, view, now, idle=False):
                return "moving", []
            self._shown = None
            shown = self._showing(thermogram)
            self._take_out_gain(shown)
            mask = self._exceeding(shown, now)
        self._taken.look(self._agc, now)
        judged: list[Judged] = []
        self._spots = []
        if mask is not None or any(track.took_scale for track in self.tracks.live):
            judged = self._follow(thermogram, shown.heat, mask, gate, verdict, view, frame, dt)
        elif self.tracks.live:
            self.tracks.link([], shown.heat, now, self._steady.shift, self._was_there(now, gate), self._settings.max_tracks)
        self.tracks.looked_s = now
        judged += self._learn(shown, now, judged, watch, gate, frame.held)
        return None, judged

    def _showing(self, thermogram: Thermogram) -> Levelled:
        """Return what has been made of a picture already."""
        if self._shown is None or self._shown.thermogram is not thermogram:
            self._shown = Levelled(thermogram)
        return self._shown

    def _take_out_gain(self, shown: Levelled) -> None:
        """Level a picture by the gain that it has where it lies now, and see where its scale ends then."""
        assert self.background is not None
        self._agc.level(shown, self.background, self._steady.shift)
        self._end = self._agc.clip if gates.is_grey(shown.thermogram) else float("inf")

    def _exceeding(self, shown: Levelled, now: float) -> npt.NDArray[np.uint8] | None:
        """Return the mask of pixels to look at, (H, W), or None where there is none."""
        background, thermogram = self.background, shown.thermogram
        assert background is not None
        gate, lies = gates.temporal(thermogram, self._settings), (self._steady.shift, self._steady.slack_px)
        below, top = self._agc.clip + gate - CLEARLY_BELOW, self._agc.top
        followed = thermogram.levels is not None and bool(self._ends.open or self._rims.open)
        if not followed and self._ceiling.holds(shown, background.level(gate, TEMPORAL_SIGMA, *lies), below, self._text.mask, top):
            return None
        self._limit = limit = background.limit(self._shape, gate, TEMPORAL_SIGMA, *lies)
        self._mask = mask = candidates.above(shown.heat, limit, thermogram.over_range, self._mask)
        if gates.is_grey(thermogram):
            candidates.add_clipped(mask, thermogram.heat, limit, below, top)
        if followed and thermogram.levels is not None:
            self._ends.add(mask, thermogram.levels, self._steady.shift, now)
            self._rims.add(mask, thermogram.levels, self._steady.shift)
        if self._text.mask is not None:
            mask[self._text.mask] = 0
        return mask if cv2.countNonZero(mask) else None

    def _catch_up(self, shown: Levelled, now: float) -> None:
        """Follow what changed broadly while the head looked elsewhere, before anything is called new."""
        self._arrived, self._back_s = False, now
        if self.background is None or self._learnt_s is None:
            return
        quarter = shown.quarter
        if self._steady.shift != (0.0, 0.0):
            quarter = registration.moved(quarter, -self._steady.shift[0] / CELL, -self._steady.shift[1] / CELL)
        unlike = np.abs(quarter - self.background.mean) > 3.0 * self._spread(quarter)
        self.background.drift(quarter, unlike | self.background.held_out, now - self._learnt_s)

    def _spread(self, quarter: Array) -> float:
        """Return the robust sigma of a picture's change against the background."""
        assert self.background is not None
        change = np.abs(quarter - self.background.mean)[::2, ::2].ravel()
        return 1.4826 * upper_median(change)

    def _begin(self, thermogram: Thermogram, gate: float) -> None:
        end = CLIPPED if gates.is_grey(thermogram) else float("inf")
        self.background = background = Background(thermogram.heat, gate, end)
        self._standing = Standing(background, thermogram, self._settings)
        self._began_s, self._text = None, BurntIn()
        self.tracks = Tracks(self.tracks.next_id)
        self._learnt, self._agc = False, GainControl()
        self._learnt_s = None
        self._steady, self._taken = Steadiness(), TakenScale()
        self._ends, self._rims, self._scale_top = Ends(), Rims(), ScaleTop()

    def offset(self, thermogram: Thermogram, now: float) -> Offset:
        """Return how far a picture, one that was just judged, lies off the view's mean pose."""
        assert self.background is not None
        return self._steady.offset(self._showing(thermogram).raw_quarter, self.background, noise_of(thermogram), now)

    def _moves(self, thermogram: Thermogram, verdict: Verdict, view: View, now: float, *, idle: bool) -> bool:
        """Register when due. True while the picture moves; after it has settled elsewhere this view is learnt again."""
        if "registration" in self._off:
            return False
        if not self._steady.due(now, idle=idle, busy=verdict.busy):
            return False
        assert self.background is not None
        most = self._settings.sway_deg / bearing.ifov_deg(view, thermogram.heat.shape)
        quarter, noise = self._showing(thermogram).raw_quarter, noise_of(thermogram)
        stands = self._steady.look(
            quarter, self.background, noise, now, most_px=most, idle=idle, busy=verdict.busy, crushed=self.crushed(now)
        )
        if stands == "elsewhere":
            self._begin(thermogram, gates.contrast(thermogram, self._settings))
        return stands == "moving"

    def _follow(
        self, thermogram: Thermogram, heat: Array, mask: npt.NDArray[np.uint8] | None, gate: float, verdict: Verdict, view: View,
        frame: Frame, dt: float,
    ) -> list[Judged]:  # fmt: skip
        settings, now = self._settings, frame.mono_s
        noise = noise_of(thermogram)
        end = self._end if thermogram.over_range is None else float("inf")
        if mask is not None:
            most, known = 2 * settings.max_tracks, None if self.learning else self._limit
            if known is not None:
                known = self._rims.let_in(known, self._steady.shift)
            self._spots, _ = candidates.find(thermogram, heat, mask, gate, settings.spatial_sigma, noise, most, end, known)
        before = self.tracks.next_id
        doubt_px = DOUBT_SIGMAS * self._steady.doubt_px
        seen = self.tracks.link(self._spots, heat, now, self._steady.shift, self._was_there(now, gate), settings.max_tracks, doubt_px)
        hidden = self._hidden(thermogram, now)
        self.tracks.hold_on(hidden, now)
        births = [track for track in seen if track.track_id >= before]
        back, ground = self._back_s is not None and now - self._back_s < ONSET_S, self._ground
        for track in births:
            track.birth_rise, track.birth_px = track.spot.peak - track.spot.background, track.spot.area_px
            track.known_level = ground.before(track.spot, gate)
            track.unlearnt = self.learning
            track.unwatched = back or (track.waited_s >= WAITED_S and not track.first_look)
            stood = track.first_look and not (back or track.after_another)
            track.known_since_s = self._began_s if stood and self._began_s is not None else track.born_s
        if not self.learning:
            self._births.look(births, now, stepped=verdict.stepped or self._agc.collapsed)
        self._births.part(self.tracks.live)
        self._look_for_bodies(births, noise)
        self._scene_changes.look(now)
        self._mirrors.look(self.tracks.live, now)
        out = []
        others = [track for track in self.tracks.live if not (track.first_look or track.standing)]
        highest = max((track.greatest_over for track in others), default=0.0)
        strengths = sorted(track.greatest_excess for track in others)
        brightest = self._brightest(heat) if seen and thermogram.kind == "relative" else 0.0
        room = gates.temporal(thermogram, settings)
        driving = [track.spot for track in self.tracks.live if now - track.last_drift_s <= body.COMES_S]
        for track in seen:
            body.joins(track, driving)
            body.again(track, self._end)
            self._see_end(track)
        share_out(seen)
        driveby.mark(seen, now)
        seen += hidden
        for track in self._taken.alone(seen, self._agc, end):
            self._outshone(track, gate)
        for track in seen:
            if not (frame.held or track in hidden or driveby.blurs(track, now)):
                spot = track.spot
                track.life.add(
                    now, spot.peak - spot.background, track.recent[-1].light, spot.area_px, ended=spot.over_range or spot.peak >= self._end
                )
            areas = areas_at(track, view, heat.shape)
            clutter = (track.spot.peak - track.spot.background) / max(track.spot.z, 1e-3)
            crowd = len(strengths) - bisect_left(strengths, body.CROWD_SHARE * track.greatest_excess)
            context = Context(
                not self.learning, gate, clutter, areas, brightest, crowd, room, noise, self._agc.hunting, self._agc.bending, end,
                foremost=track.greatest_over >= highest,
                sways=ground.sways, sway_px=self._steady.sway.spread_px,
            )  # fmt: skip
            if self._agc.hunting or self._agc.switched:
                track.hunted_s = now
            if self._agc.curve is not None:
                track.bent_s = now
            evidence.weigh(track, thermogram, context, settings, now, dt, frame.held or track in hidden)
            value, reasons, against = evidence.total(track, thermogram.kind, context, self._without)
            track.value = value
            out.append(Judged(track, value, reasons, against))
        return out

    def _hidden(self, thermogram: Thermogram, now: float) -> list[Track]:
        """Return what has the scale still and is not found in this picture."""
        levels, shift = thermogram.levels, self._steady.shift
        if levels is None:
            return []
        return [track for track in self.tracks.live if track.last_s < now and has_it_still(track, self._agc, levels, shift, now)]

    def _outshone(self, track: Track, gate: float) -> None:
        """What outshone all else as it took the scale was not there before on ground that had ended it: else it had had the scale."""
        ended = track.first_look and self._began_s is not None and track.born_s - self._began_s >= FIRST_S
        if ended and not self._was_there(track.last_s, gate, ended=False)(track.spot):
            track.first_look, track.known_since_s = False, track.born_s

    @property
    def _ground(self) -> KnownGround:
        """Return what was learnt, as it lies in this picture."""
        assert self.background is not None
        return KnownGround(self.background, self._steady.shift, self._steady.sway.spread_px >= SWAYS_PX, self._end, self._agc.top)

    def _see_end(self, track: Track) -> None:
        """Find the place at the end of a grey scale that a source is; one that has ended no more says nothing of it."""
        if track.end is not None and track.last_s - track.end.seen_s > UNSEEN_S:
            track.end = None
        track.rim = None
        if track.spot.peak >= self._end and (track.first_look or track.rests):
            at = track.spot.x_px - self._steady.shift[0], track.spot.y_px - self._steady.shift[1]
            track.end, track.rim = self._ends.at(*at), self._rims.of(track.spot, self._steady.shift)

    def _brightest(self, heat: Array) -> float:
        """Return the 99th percentile of what is not followed."""
        sample = heat[CELL // 2 :: 2 * CELL, CELL // 2 :: 2 * CELL]
        keep = self._kept_out((heat.shape[0] // CELL, heat.shape[1] // CELL), None)[::2, ::2]
        h, w = min(sample.shape[0], keep.shape[0]), min(sample.shape[1], keep.shape[1])
        rest = sample[:h, :w][~keep[:h, :w]]
        return float(np.partition(rest, int(0.99 * (rest.size - 1)))[int(0.99 * (rest.size - 1))]) if rest.size else 0.0

    def _look_for_bodies(self, births: list[Track], noise: float) -> None:
        fresh = [track for track in births if not track.first_look]
        if self.learning or not fresh or self.background is None:
            return
        begun = fresh[0].born_s - ALIKE_S
        drove = fresh[0].born_s - ARRIVAL_S
        lately = [
            track.spot for track in self.tracks.live
            if track.with_body or track.last_drift_s > drove or (not track.first_look and track.born_s >= begun)
        ] + [track.spot for track in self.tracks.resting if track.with_body and track.last_s > drove]  # fmt: skip
        assert self._shown is not None
        changed = self.background.differs(self._shown.quarter, self._steady.shift, noise)
        for track in fresh:
            body.look(track, changed, lately, self._end)
        quarter, (x, y) = self._shown.quarter, self._steady.shift
        quarter = registration.moved(quarter, -x / CELL, -y / CELL) if (x, y) != (0.0, 0.0) else quarter
        self._scene_changes.born(fresh, self.background, quarter, noise, fresh[0].born_s)

    def _learn(self, shown: Levelled, now: float, judged: list[Judged], watch: Mask | None, gate: float, held: bool) -> list[Judged]:
        """Learn one picture when due. Returns the places of the first look that are now reported as standing."""
        background = self.background
        assert background is not None
        last = self._learnt_s
        if last is not None and 0.0 <= now - last < (BUSY_LOOK_S if self.learning else IDLE_LOOK_S):
            return []
        quarter, peak = shown.cells()
        shift = self._steady.shift_at(now)
        if shift != (0.0, 0.0):
            back = (-shift[0] / CELL, -shift[1] / CELL)
            quarter, peak = registration.moved(quarter, *back), registration.moved(peak, *back)
        past = 0.0 if last is None else max(0.0, now - last)
        look = Look(quarter, peak, watch, self._steady.shift, now, gate)
        levels = shown.thermogram.levels
        if levels is not None and not held:
            if self._scale_top.look(levels, self._text.mask):
                self._agc.top = top = self._scale_top.level
                self._ends, self._rims = Ends(top), Rims(top)
            self._ends.look(levels, shift, now, self._agc.end, self._text.mask)
            if self._steady.sway.spread_px < STILL_PX:
                self._rims.look(levels, self._agc.heats, shift, now, self._ends.places, self._steady.pose_px)
        told: list[Track] = []
        if self._standing is not None and self._began_s is not None:
            told = self._standing.turn(look, self.tracks, past, now - self._began_s)
        keep = self._kept_out(quarter.shape, watch)
        standing.absorb([each.track for each in judged], look, background, self._settings)
        background.update(quarter, peak, keep, past, self._settings.background_s, self._end)
        self._learnt_s = now
        if not self._learnt and background.seen_s >= self._settings.learn_s and not held:
            self._learnt = True
        return [Judged(track, track.reported, ("hot",), ("learning",)) for track in told]

    def _kept_out(self, shape: tuple[int, ...], watch: Mask | None) -> Mask:
        keep = np.zeros(shape, np.bool_)
        for track in self.tracks.live:
            if not track.standing:
                keep[cells_of(track, self._steady.shift)] = True
        for spot in self._spots:
            x, y, w, h = spot.box_px
            if w * h <= BROAD_SHARE * CELL * CELL * keep.size:
                keep[cells_in((x, y, w, h), self._steady.shift)] = True
        for place in self._standing.open if self._standing is not None else ():
            keep[place.cells] = True
        return keep | watch if watch is not None else keep

    def _was_there(self, now: float, gate: float, *, ended: bool = True) -> Callable[[Hotspot], bool]:
        """Return the test whether a spot cannot be called new: it was hot at the first look, or its place was known to be warm, or the
        scale had ended there already, or the sway lets it in from beyond the rim of what was learnt."""
        standing, (x_px, y_px), (high, wide), ground = self._standing, self._steady.shift, self._shape, self._ground
        first = standing is not None and self._began_s is not None and now - self._began_s < FIRST_S

        def known(spot: Hotspot) -> bool:
            row, col = round((spot.y_px - y_px) / CELL - 0.5), round((spot.x_px - x_px) / CELL - 0.5)
            beyond = not (0.0 <= spot.y_px - y_px < high and 0.0 <= spot.x_px - x_px < wide)
            if first or beyond or (standing is not None and standing.at(row, col, spot.area_px)):
                return True
            if ended and ground.ended(row, col, gate):
                return True
            clutter = (spot.peak - spot.background) / max(spot.z, 1e-3)
            if self.learning and ground.level(spot) - spot.background >= LEARNING_SHARE * (spot.peak - spot.background):
                return True
            return ground.stood_out(spot) >= max(WARM_GATES * gate, WARM_SIGMAS * clutter)

        return known
