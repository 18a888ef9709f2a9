"""What the course of a source over time says: how it grows, moves and flickers.

All is read from samples at least 0.15 s apart, so that it means the same at 5 and at 30 frames a second.
"""

from __future__ import annotations

import math
from itertools import takewhile
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edged.detector.middles import median
from edged.detector.track import Sample, Track, Visit, middle, moved_px

Series = npt.NDArray[np.float64]

TREND_S = 30.0
COURSE_S = 0.25
FALL_S, FALL_T = 1.5, 4.0
ONE_WAY = 0.5
"""What goes by more than this share of its steps in one direction does not flicker: it grows, or comes out from behind something."""
PLACE_PX = 0.5
VISIT_SAMPLES = 5
PEAK_GROWN, AREA_GROWN, AREA_LEAST_PX = 1.2, 1.5, 6.0
CREEP_S, CREEP_SAMPLES, CREEP_PX, CREEP_SURE = 5.0, 10, 1.0, 12.0
"""In so long and so many looks it can be told that a source creeps: it has moved so far, evenly, by so many standard errors. Looks at
one place share their errors, so that there must be many."""


def drift(track: Track, span_s: float) -> float:
    """Return the net displacement over the last `span_s` in its own sizes, without what growth from its first pixels makes of it."""
    last = track.samples[-1].mono_s
    part = [*takewhile(lambda s: last - s.mono_s <= span_s, reversed(track.samples))]
    few = max(1, len(part) // 4)
    now, then = middle(part[:few]), middle(part[-few:])
    ahead = (last - part[-1].mono_s) / max(1e-9, now.mono_s - then.mono_s)
    return ahead * moved_px(then, now, track.doubt_px) / track.size_px


class Variation(NamedTuple):
    """How a source's area varies, in shares of its mean: `spread` standard deviation, `half` that of the steadier half of the span,
    `step` median change between samples; `floor` is what the pixel grid alone makes of an outline of this length."""

    spread: float
    half: float
    step: float
    floor: float


STEADY = Variation(0.0, 0.0, 0.0, 1.0)


def variation(track: Track, span_s: float = 4.0) -> Variation:
    """Return how the area varied over the last `span_s`; zeros where too little was seen."""
    t, _, _, area, *_ = track.since(span_s)
    return varied(t, area)


def varied(times: Series, areas: Series, known_px: float = 0.0, floor_px: float = math.inf, sway_px: float = 0.0) -> Variation:
    """Return how areas, (N,), varied as shares of what they have over `known_px`; zeros where too little was seen. `floor_px`: by how much
    such an outline is known to vary at most; less than the pixel grid might make of it. `sway_px`: by how much sway makes it vary."""
    if len(areas) < 8 or times[-1] - times[0] < 1.2 or (whole := float(areas.mean())) - known_px < 4.0:
        return STEADY
    mean, steps = whole - known_px, np.abs(np.diff(areas))
    if abs(float(areas[-1] - areas[0])) > ONE_WAY * float(steps.sum()):
        return STEADY
    middle = len(areas) // 2
    half = min(float(areas[:middle].std()), float(areas[middle:].std())) / mean
    floor = max(sway_px, min(floor_px, grid_px(whole))) / mean
    return Variation(float(areas.std()) / mean, half, median(steps) / mean, floor)


def grid_px(area_px: float) -> float:
    """Return by how many pixels (σ) the grid alone makes a compact area vary that moves by parts of a pixel."""
    return 0.6 * math.sqrt(4.0 * math.sqrt(area_px))


def glow(track: Track, span_s: float = 4.0) -> Variation:
    """Return how the light of a small source varied about its trend over the last `span_s`; zeros where too little was seen.

    Where it is smaller than a few pixels a flame's area cannot be seen to vary; its light can.
    """
    t, *_, light = track.since(span_s)
    if len(t) < 8 or t[-1] - t[0] < 1.2:
        return STEADY
    mean, t = float(light.mean()), t - t.mean()
    if mean <= 0.0:
        return STEADY
    rest = (light - mean - t * float(t @ light) / float(t @ t)) / mean
    middle = len(rest) // 2
    half = min(float(rest[:middle].std()), float(rest[middle:].std()))
    return Variation(float(rest.std()), half, median(np.abs(np.diff(rest))), 1.0 / mean)


def light_noise(light: Variation, area_px: int, noise: float) -> float:
    """Return by what share noise alone makes a light vary (σ). `noise`: a pixel's, in units of heat."""
    return noise * math.sqrt(2.0 * area_px + 8.0) * light.floor


class Course(NamedTuple):
    """How a source behaved: variation of its area and of its light, (relative change, t) of its excess, (change, t) of its peak, (relative
    change, t) of its area and of its light over 30 s; `in_place`: its centre moved no farther than growth from a fixed foot explains;
    `creeps`: it moves; `wander_px`: rms by which its centre lies off its mean over 4 s."""

    area: Variation
    light: Variation
    excess: tuple[float, float]
    peak: tuple[float, float]
    spread: tuple[float, float]
    gleam: tuple[float, float]
    in_place: bool
    creeps: bool
    wander_px: float


def course(track: Track) -> Course:
    """Return the course of a track, worked out anew when its samples have changed."""
    last = track.samples[-1].mono_s
    if track.course is None or last > track.course_s:
        excess, peak, spread, gleam = (trend(track, what, TREND_S) for what in ("excess", "peak", "area", "light"))
        still = in_place(track, TREND_S)
        track.course = Course(variation(track), glow(track), excess, peak, spread, gleam, still, creeps(track), wander(track))
        track.course_s = last + COURSE_S
    return track.course


def trend(track: Track, what: str, span_s: float, least_s: float = 4.0) -> tuple[float, float]:
    """Return (relative change over the span, t of the slope) of a part of `Sample`, absolute of `peak`; zeros where under `least_s` or 8
    samples."""
    rows = track.since(span_s)
    times, v = rows[0], rows[Sample._fields.index(what)]
    if len(times) < 8 or (length := float(times[-1] - times[0])) < least_s:
        return 0.0, 0.0
    t = times - times.mean()
    square = float(t @ t)
    slope = float(t @ v) / square
    rest = v - v.mean() - slope * t
    error = math.sqrt(float(rest @ rest) / max(1, len(v) - 2) / square)
    # Samples of a source are correlated over about a second: the effective number is the span, not the count.
    error *= math.sqrt(max(1.0, len(v) / max(2.0, length)))
    start = float(np.mean(v[: max(2, len(v) // 4)]))
    change = slope * length if what == "peak" else slope * length / max(start, 1e-6)
    return change, slope / error if error > 0 else 0.0


def in_place(track: Track, span_s: float) -> bool:
    """Tell whether the centre stayed where the source began, as far as growth leaves it there.

    What burns goes on burning where it began: a flame's foot stays while its centre rises by up to half its height, about the growth of
    the square root of its area. Something that drives away or comes nearer changes its size too, and leaves its place.
    """
    part = track.since(span_s)[1:4]
    few = max(2, part.shape[1] // 4)
    (x, y, area), (now_x, now_y, now_area) = part[:, :few].mean(axis=1).tolist(), part[:, -few:].mean(axis=1).tolist()
    grown = math.sqrt(max(now_area, 0.0)) - math.sqrt(max(area, 0.0))
    return math.hypot(now_x - x, now_y - y) <= PLACE_PX + max(0.0, grown)


class Slide(NamedTuple):
    """An even movement on a line: how far it went beyond what growth moves the middle by (px), how fast (px a second), how many standard
    errors that is, and how far the looks lie off the line (px, rms)."""

    moved_px: float = 0.0
    speed_px_s: float = 0.0
    sigmas: float = 0.0
    rms_px: float = 0.0


def slide(track: Track, span_s: float, least_s: float) -> Slide:
    """Return how a source moved over the last `span_s`; zeros where under ten looks or less than `least_s` were seen."""
    times, x, y, area, *_ = track.since(span_s)
    if len(times) < CREEP_SAMPLES or times[-1] - times[0] < least_s:
        return Slide()
    t = times - times.mean()
    square = float(t @ t)
    pace = np.array([float(t @ x), float(t @ y)]) / square
    off = np.hypot(x - x.mean() - pace[0] * t, y - y.mean() - pace[1] * t)
    rms = float(np.sqrt(off @ off / (len(t) - 2)))
    few = max(2, len(t) // 4)
    grown = max(0.0, float(np.sqrt(area[-few:].mean()) - np.sqrt(area[:few].mean())))
    speed = float(np.hypot(*pace))
    return Slide(speed * float(t[-1] - t[0]) - grown, speed, speed / max(1e-9, rms / float(np.sqrt(square))), rms)


def wander(track: Track, span_s: float = 4.0) -> float:
    """Return by how many pixels (rms) the centre lay off its mean over the last `span_s`."""
    _, x, y, *_ = track.since(span_s)
    return float(np.hypot(x.std(), y.std()))


def may_creep(track: Track) -> bool:
    """Tell whether a source has been followed for too short, or in too few looks, to tell that it does not creep."""
    return track.age_s < CREEP_S or len(track.samples) < CREEP_SAMPLES


def creeps(track: Track) -> bool:
    """Tell whether a source moves on evenly, less than its size in the span that tells a drift: far off, or towards the lens."""
    seen = slide(track, TREND_S, CREEP_S)
    return seen.moved_px >= CREEP_PX and seen.sigmas >= CREEP_SURE


def falls(track: Track) -> bool | None:
    """Tell whether a source surely grows weaker in this look; None before that could be told."""
    if track.samples[-1].mono_s - track.samples[0].mono_s < FALL_S:
        return None
    return trend(track, "light", TREND_S, FALL_S)[1] <= -FALL_T


def grown_since(track: Track) -> float:
    """Return by what factor the excess is greater than in the earliest look that is remembered; 1 where there is none, or too little.

    Near its limit the excess of a source that comes and goes varies by factors: only with its peak or its area is it believed.
    """
    now = visit(track, VISIT_SAMPLES) if track.visits else None
    if now is None:
        return 1.0
    then = track.visits[0]
    wider = now.area >= AREA_GROWN * max(then.area, AREA_LEAST_PX) and now.rise >= then.rise
    grown = now.rise >= PEAK_GROWN * then.rise or wider
    ratio = now.excess / max(then.excess, 1e-6)
    return ratio if grown or ratio <= 1.0 else 1.0


def visit(track: Track, least: int) -> Visit | None:
    """Return what a source showed since it last moved; None where that are fewer than `least` samples."""
    stood = [s for s in track.samples if s.mono_s > track.last_drift_s]
    if len(stood) < least:
        return None
    x, y, area, peak, excess, light = (float(np.median([s[n] for s in stood])) for n in (1, 2, 3, 4, 5, 6))
    return Visit(stood[0].mono_s, x, y, area, peak - track.reference_background, excess, light)
