"""The wheels of one vehicle in a picture with temperatures, and the one that is far hotter than its neighbours.

An advisory, no evidence for a fire. The eye knows no ranges: axles of a bogie tell the scale themselves, three at equal spacing, or two and
a second pair as far apart, about level, each a peak of its own that is small against the spacing. Other rows of warm things may look so
too; core, which knows places, throws out what is too large. Where axles are under 3 px apart nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector import bearing
from edged.detector.gates import noise_of
from edged.detector.scene import ViewScene
from edged.detector.sighting import POINTING_SIGMA_DEG
from edged.detector.sway import Offset
from edged.model.frame import Frame, Thermogram
from edged.model.view import View
from edged.model.wheel import HotWheel

OVER_K = 30.0
"""From the issue, and facts field A.14: one wheel so much above its neighbours is the precursor of a trailer's fire."""
SCALES = (1, 2, 4)
LEAST_PX, MOST_PX = 3.0, 8.0
"""Spacing of axles in pixels of a scale: below they cannot be told apart, above the next scale sees them better."""
REACH_SPACINGS = 9.0
"""So far along the row, in spacings of 1.3 m, lie the other axles of a vehicle."""
SPACING_PX, SPACING_SHARE = 0.5, 0.08
LEVEL_PX, LEVEL_SHARE = 0.5, 0.12
"""How evenly spaced and how level the wheels are, whichever is more: an exhaust or a silencer between them is neither."""
CLOSEST_SHARE = 0.75
"""No two wheels of a vehicle are closer than those of a bogie; where two peaks are, the spacing is another one's."""
PEAK_K = 1.5
"""By so much a wheel stands out from between it and the next one."""
COMPACT_SHARE = 0.5
"""At half a spacing above, below and beside the hot one so much of its rise is gone: a rim is small against the spacing."""
BLUR_PX = 0.6
MARGIN_PX = 8
LOOK_S, HOLDS_S, LOOKS = 1.0, 3.5, 4
GAP_S, AGAIN_S, AGAIN_K = 2.5, 60.0, 10.0
"""One look in a second, in so many seconds and looks; told again after a minute, or sooner when it is so much hotter."""
MOST_TRACKS = 8
STANDS_S = 4.0

Array = npt.NDArray[np.float32]
_TRI = ((-2, -1), (-1, 1), (1, 2))


class Found(NamedTuple):
    """A hot wheel in one picture: place and spacing in px, apparent °C of it and of the middle of the others, how many there are."""

    x_px: float
    y_px: float
    spacing_px: float
    wheel_c: float
    neighbours_c: float
    wheels: int


class _Peak(NamedTuple):
    x: float
    y: float
    level: float
    """Height of the blurred peak; `celsius` is the hottest pixel there."""
    celsius: float


@dataclass(slots=True)
class _Course:
    since_s: float
    last_s: float
    looks: int
    x_px: float
    y_px: float
    told_s: float = -1e9
    told_k: float = 0.0


class Wheels:
    """Looks once a second at what is followed in the held view, and says when a hot wheel has been one for some seconds."""

    def __init__(self) -> None:
        self._looked_s = -1e9
        self._courses: list[_Course] = []
        self._told: list[HotWheel] = []

    def forget(self) -> None:
        """The head looks elsewhere."""
        self._looked_s, self._courses = -1e9, []

    def due(self, scene: ViewScene, frame: Frame) -> bool:
        """Tell whether it is time to look at this picture: something is followed in it, and the last look was a second ago."""
        return bool(scene.tracks.live) and not frame.held and frame.mono_s - self._looked_s >= LOOK_S - 0.05

    def look(self, scene: ViewScene, thermogram: Thermogram, celsius: Thermogram, frame: Frame, view: View) -> None:
        """Look at what is followed in a picture that was just judged. `celsius`: the same in °C; without temperatures nothing is said."""
        now = frame.mono_s
        if celsius.kind == "relative":
            return
        self._looked_s = now
        still = [track for track in scene.tracks.live if track.last_s == now and now - track.last_drift_s >= STANDS_S]
        seen: list[Found] = []
        for track in sorted(still, key=lambda track: -track.spot.peak)[:MOST_TRACKS]:
            found = hot_wheel(celsius.heat, track.spot.box_px, noise_of(celsius))
            if found is not None and all(_apart(found, other) > other.spacing_px for other in seen):
                seen.append(found)
        self._courses = [course for course in self._courses if now - course.last_s <= AGAIN_S]
        due = [found for found in seen if self._follow(found, now)]
        self._told += [_told(found, celsius, frame, view, scene.offset(thermogram, now)) for found in due]

    def take(self) -> list[HotWheel]:
        """Return what is to be told since the last call."""
        told, self._told = self._told, []
        return told

    def _follow(self, found: Found, now: float) -> bool:
        reach = max(1.5, 0.5 * found.spacing_px)
        course = next((one for one in self._courses if abs(one.x_px - found.x_px) <= reach and abs(one.y_px - found.y_px) <= reach), None)
        if course is None or now - course.last_s > GAP_S:
            told = (-1e9, 0.0) if course is None else (course.told_s, course.told_k)
            self._courses = [one for one in self._courses if one is not course]
            course = _Course(now, now, 0, found.x_px, found.y_px, *told)
            self._courses.append(course)
        course.last_s, course.looks, course.x_px, course.y_px = now, course.looks + 1, found.x_px, found.y_px
        over = found.wheel_c - found.neighbours_c
        if course.looks < LOOKS or now - course.since_s < HOLDS_S - 0.5:
            return False
        if now - course.told_s < AGAIN_S and over < course.told_k + AGAIN_K:
            return False
        course.told_s, course.told_k = now, over
        return True


def _told(found: Found, thermogram: Thermogram, frame: Frame, view: View, offset: Offset) -> HotWheel:
    shape = thermogram.heat.shape
    pan, tilt = bearing.direction(view, found.x_px - offset.x_px, found.y_px - offset.y_px, shape)
    ifov = bearing.ifov_deg(view, shape)
    return HotWheel(
        camera_id=view.camera_id, view_id=view.view_id, generation=view.generation, captured_at=frame.captured_at, mono_s=frame.mono_s,
        pan_deg=pan, tilt_deg=tilt, bearing_sigma_deg=float(np.hypot(POINTING_SIGMA_DEG, ifov * (0.5 + offset.doubt_px))),
        kind=thermogram.kind, wheel_c=found.wheel_c, neighbours_c=found.neighbours_c, wheels=found.wheels,
        spacing_deg=ifov * found.spacing_px,
    )  # fmt: skip


def hot_wheel(heat: Array, box: tuple[int, int, int, int], noise: float) -> Found | None:
    """Return the wheel within a spot's box that is at least 30 K hotter than the middle of its neighbours, or None.

    `heat`: °C, (H, W); `box`: x, y, w, h; `noise`: of a pixel, K.
    """
    x, y, w, h = box
    best: Found | None = None
    if float(heat[y : y + h, x : x + w].max()) - float(np.median(heat[max(0, y - 2) : y + h + 2, max(0, x - 40) : x + w + 40])) < OVER_K:
        return None
    for scale in SCALES:
        reach, high = round(REACH_SPACINGS * MOST_PX * scale), MARGIN_PX * scale
        top, left = max(0, y - high), max(0, x - reach)
        crop = heat[top : y + h + high, left : x + w + reach]
        size = (crop.shape[1] // scale, crop.shape[0] // scale)
        if min(size) < 3:
            continue
        crop = crop[: size[1] * scale, : size[0] * scale]
        small = crop if scale == 1 else np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.float32)
        small = np.asarray(cv2.GaussianBlur(small, (0, 0), BLUR_PX), np.float32)
        peaks = _peaks(small, crop, scale, noise)
        inside = [
            peak
            for peak in peaks
            if x - scale <= left + scale * peak.x <= x + w + scale and y - scale <= top + scale * peak.y <= y + h + scale
        ]
        for peak in sorted(inside, key=lambda one: -one.celsius)[:4]:
            found = _compared(peak, peaks, small, noise)
            if found is not None and (best is None or found.wheel_c - found.neighbours_c > best.wheel_c - best.neighbours_c):
                best = found._replace(
                    x_px=left + scale * (found.x_px + 0.5) - 0.5,
                    y_px=top + scale * (found.y_px + 0.5) - 0.5,
                    spacing_px=scale * found.spacing_px,
                )
    return best


def _peaks(small: Array, crop: Array, scale: int, noise: float) -> list[_Peak]:
    """Return the local maxima of a blurred picture that stand out, with places to a part of a pixel."""
    around = cv2.dilate(small, np.ones((3, 3), np.uint8))
    low = cv2.erode(small, np.ones((3, 7), np.uint8))
    rows, cols = np.nonzero((small >= around) & (small - low > max(PEAK_K, 6.0 * noise)))
    height, width = small.shape
    out = []
    for row, col in zip(rows.tolist(), cols.tolist(), strict=True):
        if 1 <= row < height - 1 and 1 <= col < width - 1:
            own = crop[row * scale : (row + 1) * scale, col * scale : (col + 1) * scale]
            if scale == 1:
                own = crop[row - 1 : row + 2, col - 1 : col + 2]
            x = col + _vertex(small[row, col - 1 : col + 2])
            y = row + _vertex(small[row - 1 : row + 2, col])
            out.append(_Peak(x, y, float(small[row, col]), float(own.max())))
    return out


def _vertex(three: Array) -> float:
    """Return where the parabola through three values has its top, from the middle one."""
    a, b, c = (float(v) for v in three)
    bend = a - 2.0 * b + c
    return 0.5 * (a - c) / bend if bend < 0.0 else 0.0


def _compared(hot: _Peak, peaks: list[_Peak], small: Array, noise: float) -> Found | None:
    """Return the hot peak against the wheels beside it, None where they are none or it is no hotter."""
    level = [peak for peak in peaks if peak is not hot]
    best: Found | None = None
    for spacing, others in _bogies(hot, level):
        wheels = [hot, *others]
        middle = median(other.celsius for other in others)
        if hot.celsius - middle < OVER_K or max(other.celsius for other in others) >= hot.celsius:
            continue
        row = sorted(wheels, key=lambda one: one.x)
        if not all(_apart_in(small, a, b, noise) for a, b in pairwise(row)) or not _compact(small, hot, spacing):
            continue
        if best is None or len(wheels) > best.wheels:
            best = Found(hot.x, hot.y, spacing, hot.celsius, middle, len(wheels))
    return best


def _bogies(hot: _Peak, others: list[_Peak]) -> Iterator[tuple[float, list[_Peak]]]:
    """Yield spacings and the wheels that go with them: three at equal spacing, or two and another pair as far apart."""
    for near in others:
        spacing = abs(near.x - hot.x)
        if not LEAST_PX <= spacing < MOST_PX or not _level(near, hot, spacing):
            continue
        along = [peak for peak in others if abs(peak.x - hot.x) <= REACH_SPACINGS * spacing and _level(peak, hot, spacing)]
        places = sorted([hot.x, *(peak.x for peak in along)])
        if any(b - a < CLOSEST_SHARE * spacing for a, b in pairwise(places)):
            continue
        for one, two in _TRI:
            sides = [_at(along, hot.x + step * spacing, spacing) for step in (one, two)]
            if all(side is not None for side in sides):
                yield spacing, [side for side in sides if side is not None]
        pair = next(
            (
                [near, a, b]
                for a in along for b in along
                if a.x < b.x and near not in (a, b) and abs(b.x - a.x - spacing) <= _even(spacing)
            ),
            None,
        )  # fmt: skip
        if pair is not None:
            yield spacing, pair


def _even(spacing: float) -> float:
    return max(SPACING_PX, SPACING_SHARE * spacing)


def _level(peak: _Peak, hot: _Peak, spacing: float) -> bool:
    return abs(peak.y - hot.y) <= max(LEVEL_PX, LEVEL_SHARE * spacing)


def _at(peaks: list[_Peak], x: float, spacing: float) -> _Peak | None:
    near = [peak for peak in peaks if abs(peak.x - x) <= _even(spacing)]
    return min(near, key=lambda peak: abs(peak.x - x)) if near else None


def _apart_in(small: Array, a: _Peak, b: _Peak, noise: float) -> bool:
    """Tell whether each of two wheels stands out from what lies between them."""
    row = round(0.5 * (a.y + b.y))
    between = small[row, round(a.x) : round(b.x) + 1]
    return min(a.level, b.level) - float(between.min()) >= max(PEAK_K, 6.0 * noise)


def _compact(small: Array, hot: _Peak, spacing: float) -> bool:
    """Tell whether the hot one is small against the spacing on all four sides."""
    x, y, step = round(hot.x), round(hot.y), max(2, round(0.5 * spacing))
    height, width = small.shape
    sides = [(y, x - step), (y, x + step), (y - step, x), (y + step, x)]
    values = [float(small[row, col]) for row, col in sides if 0 <= row < height and 0 <= col < width]
    rise = hot.level - min(values, default=hot.level)
    return len(values) >= 3 and all(hot.level - value >= COMPACT_SHARE * rise for value in values) and rise > 0.0


def _apart(one: Found, other: Found) -> float:
    return float(np.hypot(one.x_px - other.x_px, one.y_px - other.y_px))
