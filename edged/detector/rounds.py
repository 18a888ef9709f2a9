"""Measures named spots at each visit of a view that holds them: the middle of a few pictures, once the head has settled.

What stands before a spot, text and blind pictures are said instead of a number. Spots follow the sway of the picture and the drift of the
head, as beacons do. A view that is held on is measured again every ten minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector import bearing
from edged.detector.scene import ViewScene
from edged.geometry.measurement import Path, clamped_transmittance, object_temp_c
from edged.geometry.radiance import HIGH_C, LOW_C
from edged.model.aim import REFERENCE, Aim
from edged.model.frame import Frame, TemperatureKind, Thermogram
from edged.model.rounds import Spot, SpotCause, SpotMeasure
from edged.model.view import BlindCause, View
from edged.model.weather import Air

SETTLE_S, APART_S, LOOKS = 1.5, 0.3, 5
AGAIN_S, PATIENCE_S = 600.0, 20.0
"""A spot is measured again after this time; one that cannot be seen for so long once it is due is said to be unseen."""
VALID_SIDE_PX = 5
POINT_HALF_PX = 3
"""A point is measured over at least 7 × 7 px."""
LEAST_FREE = 0.5
"""Share of a spot that must be free of what covers it."""
TOGETHER = 50
"""Spots in one message, which has a limit in bytes."""
OWN_HEAT = 0.8
"""A hot track that lies within a spot by this share is the spot's own heat and covers nothing; nor does what was hot at the first look."""

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


class _Sample(NamedTuple):
    px: int
    large: bool
    median: float
    high: float
    over_range: bool


@dataclass(slots=True)
class _Visit:
    """What was gathered of one view since it was last due."""

    view: View
    due_s: float
    samples: dict[str, list[_Sample]] = field(default_factory=dict)
    causes: dict[str, SpotCause] = field(default_factory=dict)
    looks: int = 0
    last_s: float = -1e9
    shown_s: float = 0.0
    at: datetime | None = None
    kind: TemperatureKind = "relative"
    blind: BlindCause | None = None

    @property
    def key(self) -> tuple[str, int]:
        return self.view.view_id, self.view.generation


class Rounder:
    """Measures the spots of one camera. `look` with each judged picture, `lost` with each that could not be judged."""

    def __init__(self) -> None:
        self.spots: tuple[Spot, ...] = ()
        self._visit: _Visit | None = None
        self._drift: dict[str, _Drift] = {}
        self._done: list[tuple[SpotMeasure, ...]] = []

    def aimed(self, aims: Sequence[Aim], scene: ViewScene) -> None:
        """Take how far a view's mean pose lies from commissioning, when the spots' angles were read."""
        for aim in aims:
            if aim.source == REFERENCE and aim.seen and aim.shows is None:
                self._drift[aim.view_id] = _Drift(aim.pan_off_deg, aim.tilt_off_deg, scene.mean_px)

    def look(self, scene: ViewScene, thermogram: Thermogram, frame: Frame, view: View, air: Air) -> None:
        """Take a judged picture of a held view."""
        if not self.spots:
            return
        visit = self._visiting(view, frame.mono_s, air)
        if frame.mono_s < visit.due_s or frame.mono_s - visit.last_s < APART_S:
            return
        visit.last_s = visit.shown_s = frame.mono_s
        visit.at, visit.kind = frame.captured_at, thermogram.kind
        visit.looks += 1
        drift = self._drift.get(view.view_id, _NO_DRIFT)
        sway = scene.offset(thermogram, frame.mono_s)
        off = sway.x_px + scene.mean_px[0] - drift.mean_px[0], sway.y_px + scene.mean_px[1] - drift.mean_px[1]
        for spot in self.spots:
            region = _region(spot, view, thermogram.heat.shape, off, drift)
            if region is None:
                continue
            sample = _measured(region, scene, thermogram)
            if isinstance(sample, _Sample):
                visit.samples.setdefault(spot.name, []).append(sample)
            else:
                visit.causes[spot.name] = sample
        if visit.looks >= LOOKS:
            self._finish(visit, air, frame.mono_s + AGAIN_S)

    def lost(self, cause: BlindCause, frame: Frame, view: View, air: Air) -> None:
        """Take a picture of a held view that could not be judged, and why."""
        if not self.spots:
            return
        visit = self._visiting(view, frame.mono_s, air)
        visit.blind, visit.at, visit.shown_s = cause, frame.captured_at, frame.mono_s
        if frame.mono_s >= visit.due_s + PATIENCE_S:
            self._finish(visit, air, frame.mono_s + AGAIN_S)

    def take(self) -> list[tuple[SpotMeasure, ...]]:
        """Return what was measured since the last call, each visit's together."""
        done, self._done = self._done, []
        return done

    def _visiting(self, view: View, now: float, air: Air) -> _Visit:
        visit = self._visit
        if visit is None or visit.key != (view.view_id, view.generation):
            if visit is not None:
                self._finish(visit, air, now)
            visit = self._visit = _Visit(view, now + SETTLE_S)
        visit.view = view
        return visit

    def _finish(self, visit: _Visit, air: Air, due_s: float) -> None:
        """Tell what was gathered, and begin to gather anew."""
        self._visit = _Visit(visit.view, due_s)
        if visit.at is None or (not visit.looks and visit.blind is None):
            return
        told = []
        for spot in self.spots:
            samples, cause = visit.samples.get(spot.name, []), visit.causes.get(spot.name)
            if not visit.looks and _near(spot, visit.view):
                cause = visit.blind
            if not samples and cause is None:
                continue
            made = SpotMeasure(
                spot.name, visit.view.camera_id, visit.view.view_id, visit.view.generation, visit.shown_s, visit.at, visit.kind,
                looks=len(samples), cause=cause if 2 * len(samples) < max(visit.looks, 1) else None,
            )  # fmt: skip
            told.append(made if made.cause is not None else _with_values(made, samples, spot, air))
        self._done += [tuple(told[first : first + TOGETHER]) for first in range(0, len(told), TOGETHER)]


def _with_values(made: SpotMeasure, samples: Sequence[_Sample], spot: Spot, air: Air) -> SpotMeasure:
    middle, high = median(s.median for s in samples), median(s.high for s in samples)
    valid = made.kind == "radiometric" and all(s.large and not s.over_range for s in samples)
    objects: tuple[float | None, float | None] = (None, None)
    if made.kind != "relative":
        path = _path(spot, air)
        objects = _celsius(middle, path), _celsius(high, path)
    return SpotMeasure(
        made.name, made.camera_id, made.view_id, made.generation, made.mono_s, made.at, made.kind,
        px=round(median(s.px for s in samples)), looks=made.looks, valid=valid, median=round(middle, 2), high=round(high, 2),
        object_median_c=objects[0], object_high_c=objects[1], air_assumed=spot.range_m is not None and bool(air.assumed),
    )  # fmt: skip


def _path(spot: Spot, air: Air) -> Path:
    """Return what lies between a spot and the lens. What is reflected is as warm as the air where nothing else is known."""
    reflected = air.air_temp_c if spot.reflected_temp_c is None else spot.reflected_temp_c
    through = 1.0 if spot.range_m is None else float(clamped_transmittance(spot.range_m, air.extinction_per_km))
    return Path(spot.emissivity, min(max(reflected, LOW_C), HIGH_C), through, min(max(air.air_temp_c, LOW_C), HIGH_C))


def _celsius(apparent: float, path: Path) -> float | None:
    found = float(object_temp_c(apparent, path))
    return None if np.isnan(found) else round(found, 2)


class _Drift(NamedTuple):
    """How far a view's mean pose lay from commissioning when it was compared, and where against the background it was then."""

    pan_deg: float = 0.0
    tilt_deg: float = 0.0
    mean_px: tuple[float, float] = (0.0, 0.0)


_NO_DRIFT = _Drift()


class _Region(NamedTuple):
    """A spot in a picture: the rows and columns of its box, and what of the box it covers."""

    rows: slice
    cols: slice
    mask: Mask


def _region(spot: Spot, view: View, shape: tuple[int, ...], off_px: tuple[float, float], drift: _Drift) -> _Region | None:
    """Return where a spot lies in this picture; None where it does not lie wholly inside."""
    corners = [bearing.pixel(view, pan + drift.pan_deg, tilt + drift.tilt_deg, shape) for pan, tilt in spot.points]
    if any(at is None for at in corners):
        return None
    at = np.array(corners, np.float64) + np.array(off_px)
    height, width = shape[:2]
    half = 0
    if len(at) == 1:
        half = max(POINT_HALF_PX, round(spot.radius_deg / bearing.ifov_deg(view, shape)))
    low, high = at.min(axis=0) - half, at.max(axis=0) + half
    if low.min() < 0.0 or high[0] > width - 1 or high[1] > height - 1:
        return None
    left, top = (int(v) for v in np.floor(low))
    mask = np.zeros((int(np.ceil(high[1])) - top + 1, int(np.ceil(high[0])) - left + 1), np.uint8)
    if len(at) == 1:
        x, y = round(float(at[0, 0])) - left, round(float(at[0, 1])) - top
        mask[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1] = 1
    else:
        cv2.fillPoly(mask, [np.round(at - (left, top)).astype(np.int32).reshape(-1, 1, 2)], 1)
    return _Region(slice(top, top + mask.shape[0]), slice(left, left + mask.shape[1]), mask > 0)


def _near(spot: Spot, view: View) -> bool:
    """Tell whether a spot may lie in a view of which no picture was judged: in its field, four by three."""
    return _region(spot, view, (480, 640), (0.0, 0.0), _NO_DRIFT) is not None


def _measured(region: _Region, scene: ViewScene, thermogram: Thermogram) -> _Sample | SpotCause:
    """Return what one picture says of a spot, or what keeps it from saying anything."""
    if thermogram.degraded:
        return "degraded"
    rows, cols, mask = region
    free = mask.copy()
    for hidden in (None if thermogram.usable is None else ~thermogram.usable, scene.osd):
        if hidden is not None:
            free &= ~hidden[rows, cols]
    if np.count_nonzero(free) < LEAST_FREE * np.count_nonzero(mask):
        return "text"
    for box in _hot_before(scene, region):
        free[box] = False
    count = int(np.count_nonzero(free))
    if count < max(LEAST_FREE * np.count_nonzero(mask), 1):
        return "hot_track"
    heat = thermogram.heat[rows, cols]
    values = heat[free]
    middle = float(np.median(values))
    smooth = cv2.blur(np.where(free, heat, np.float32(middle)), (3, 3), borderType=cv2.BORDER_REPLICATE)
    over = thermogram.over_range
    return _Sample(
        count, _is_large(free), middle, float(smooth[free].max()), over is not None and bool((over[rows, cols] & free).any())
    )  # fmt: skip


def _is_large(free: Mask) -> bool:
    """Tell whether 5 × 5 px lie in it as a square: below that the lens's point spread sets the reading."""
    kernel = np.ones((VALID_SIDE_PX, VALID_SIDE_PX), np.uint8)
    return bool(cv2.erode(free.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0).any())


def _hot_before(scene: ViewScene, region: _Region) -> list[tuple[slice, slice]]:
    """Return the boxes, within the region's own, of hot tracks that stand before a spot and are not its own heat."""
    found = []
    top, left = region.rows.start, region.cols.start
    for track in scene.tracks.live:
        x, y, w, h = track.spot.box_px
        box = (slice(max(0, y - top - 1), max(0, y + h - top + 1)), slice(max(0, x - left - 1), max(0, x + w - left + 1)))
        inside = (slice(max(0, y - top), max(0, y + h - top)), slice(max(0, x - left), max(0, x + w - left)))
        own = np.count_nonzero(region.mask[inside]) >= OWN_HEAT * w * h
        if not (track.standing or track.first_look or own):
            found.append(box)
    return found
