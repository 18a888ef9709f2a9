"""Hot spots linked over the frames of one view, and what their course over time says.

Quantities that grow, move and flicker are read from samples at least 0.15 s apart, so that they mean the same at 5 and at 30 frames
a second. A fragment beside a followed source (sparks, a torn flame) belongs to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edged.detector.life import Life
from edged.model.sighting import Hotspot, ReasonAgainst, ReasonFor

SPACING_S = 0.15
MEMORY = 400
LOST_S = 10.0
REACH_PX, REACH_SIZES = 8.0, 1.2
STOOD_S, STOOD_SIZES = 10.0, 1.0
STOOD_REACH_PX, STOOD_REACH_SIZES = 5.0, 0.8
WORTH_NATS = 2.3
"""From a suspect on, a track gives way to nothing."""
PEAK_TAU_S = 5.0
LIGHT_SHARE = 0.15
TREND_S = 30.0
COURSE_S = 0.25
PLACE_PX = 0.5
SPARK_S, SPARK_SHARE = 1.0, 0.1
REST_S, MOST_RESTING, MOST_VISITS = 4 * 3600.0, 40, 12
"""How long, of how many sources and of how many looks a view remembers what it followed before the head turned away."""
VISIT_SAMPLES = 5
PEAK_GROWN, AREA_GROWN = 1.2, 1.5
GONE_S, DRIVEN_PX, DRIVEN_PX_S = 15.0, 20.0, 25.0
"""How long a lost track may turn up farther on, and how far: something drives by so many pixels, and by so many more a second."""
AGAIN_PX, AGAIN_SIZES = 5.0, 0.6
"""How far, at least and in its sizes, a source may lie from where it was followed before: bad repeat of a preset, growth."""


class Visit(NamedTuple):
    """What a source showed while the head looked once: begin, medians of its place (px, sway removed), half-level area, rise of its peak
    over the surroundings, and excess."""

    mono_s: float
    x: float
    y: float
    area: float
    rise: float
    excess: float


class Sample(NamedTuple):
    """One look at a source: its place in the scene (px, sway removed), half-level area in a fixed window, peak, excess, and light: the sum
    over what exceeds a seventh of its rise."""

    mono_s: float
    x: float
    y: float
    area: float
    peak: float
    excess: float
    light: float


@dataclass(slots=True, eq=False)
class Track:
    """One source followed in one view. `first_look`: it was there before the view was learnt, so it cannot be called new."""

    track_id: int
    born_s: float
    first_look: bool
    born_at_edge: bool
    spot: Hotspot
    last_s: float
    radiance: float | None = None
    seen: int = 1
    looks: int = 1
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=MEMORY))
    recent: deque[Sample] = field(default_factory=lambda: deque(maxlen=8))
    window: tuple[int, int, int, int] = (0, 0, 0, 0)
    course: Course | None = None
    course_s: float = -1e9
    reference_peak: float = 0.0
    reference_background: float = 0.0
    value: float = 0.0
    velocity: tuple[float, float] = (0.0, 0.0)
    held_for: dict[ReasonFor, float] = field(default_factory=dict)
    held_against: dict[ReasonAgainst, float] = field(default_factory=dict)
    travelled_sizes: float = 0.0
    last_drift_s: float = -1e9
    over_since_s: float | None = None
    with_step: bool = False
    many_alike: bool = False
    reported: float = 0.0
    reported_s: float = -1e9
    pictured_s: float = -1e9
    ever_reported: bool = False
    fast_path: bool = False
    standing: bool = False
    standing_told: bool = False
    life: Life = field(default_factory=Life)
    visits: list[Visit] = field(default_factory=list)
    """Looks that ended before this one; the first and the latest are kept."""
    resumed_s: float | None = None
    """When the head looked here again; None while it has not turned away since the track began."""
    stood_excess: float | None = None
    """Excess when it came to stand."""
    birth_rise: float = 0.0
    """By how much its peak exceeded its surroundings in the first frame."""
    known_level: float = float("-inf")
    """The level that its place was known to have when it was first seen there."""
    after_another: bool = False
    """Whether another as hot had been lost near by just before it was first seen: then it may be that one, farther on."""
    moved_in: bool | None = None
    """Whether it stood out in its full strength from the first frame on, after another: None while it has not stood out."""
    unwatched: bool = False
    """Whether it began while the head looked elsewhere, so that nobody saw whether it drove in."""
    landed: bool = False
    """Whether it was there in its whole size at once, wide and even: a container, a plate, a warm roof that came out of the shade."""
    with_body: bool = False
    """Whether a body that the learnt view does not know came with it."""

    @property
    def size_px(self) -> float:
        """Return the mean side of its box, at least 3 px."""
        _, _, w, h = self.spot.box_px
        return max(3.0, 0.5 * (w + h))

    @property
    def stood_s(self) -> float:
        """Return how long it has stood where it was first seen, 0 when it has moved by its own size or more."""
        return self.age_s if self.travelled_sizes < STOOD_SIZES else 0.0

    @property
    def stood(self) -> bool:
        """Tell whether it has stood for 10 s: then it is where it is, and what passes is something else."""
        return self.stood_s >= STOOD_S

    @property
    def age_s(self) -> float:
        """Return how long it has been followed."""
        return self.last_s - self.born_s


class Tracks:
    """The followed sources of one view."""

    def __init__(self, first_id: int = 1) -> None:
        self.live: list[Track] = []
        self.displaced = 0
        self._next = first_id
        self._resting: list[Track] = []
        self._gone: list[Track] = []

    def rest(self) -> None:
        """The head turns away: what was followed is remembered, and resumed where it is found again."""
        for track in self.live:
            if (visit := _visit(track, 1)) is not None and (len(track.samples) >= VISIT_SAMPLES or not track.visits):
                track.visits = [*track.visits[:1], *track.visits[1:][-(MOST_VISITS - 2) :], visit]
            track.life.away()
            self._resting.append(track)
        self._resting = sorted(self._resting, key=lambda track: track.last_s)[-MOST_RESTING:]
        self.live, self._gone = [], []

    def _resume(self, spot: Hotspot, now: float, shift: tuple[float, float]) -> Track | None:
        """Return the remembered track of this place, ready to be followed again, or None."""
        self._resting = [track for track in self._resting if now - track.last_s <= REST_S]
        near = [(away, n) for n, track in enumerate(self._resting) if (away := _away(track, spot, shift)) <= 1.0]
        if not near:
            return None
        track = self._resting.pop(min(near)[1])
        track.samples.clear()
        track.recent.clear()
        track.course, track.course_s, track.velocity = None, -1e9, (0.0, 0.0)
        track.over_since_s = None
        track.fast_path = False
        track.spot, track.last_s, track.radiance = spot, now, spot.excess_radiance
        track.resumed_s = now
        track.seen += 1
        track.looks += 1
        return track

    @property
    def next_id(self) -> int:
        """Return the id that the next new track will get."""
        return self._next

    def link(
        self,
        spots: list[Hotspot],
        heat: npt.NDArray[np.float32],
        now: float,
        shift: tuple[float, float],
        first_look: Callable[[Hotspot], bool],
        most: int,
    ) -> list[Track]:
        """Hand the spots of one frame to their tracks, begin new ones, forget the lost. Returns the tracks seen in this frame.

        Over `most`, tracks of little value give way to what is new; `displaced` counts them.
        """
        self._gone = [track for track in self._gone if now - track.last_s <= GONE_S]
        self._gone += [track for track in self.live if now - track.last_s > LOST_S]
        self.live = [track for track in self.live if now - track.last_s <= LOST_S]
        pairs = sorted(
            (distance, i, j)
            for i, track in enumerate(self.live)
            for j, spot in enumerate(spots)
            if (distance := _distance(track, spot, now, shift)) <= 1.0
        )
        taken: dict[int, list[Hotspot]] = {}
        owner: dict[int, int] = {}
        for _, i, j in pairs:
            if j not in owner and i not in taken:
                owner[j] = i
                taken[i] = [spots[j]]
        for j, spot in enumerate(spots):
            if j in owner:
                continue
            for i in taken:
                if _beside(self.live[i], spot, shift):
                    owner[j] = i
                    taken[i].append(spot)
                    break
        seen = []
        for track in self.live:
            track.looks += 1
        for i, own in taken.items():
            _extend(self.live[i], _merged(own), heat, now, shift)
            seen.append(self.live[i])
        fresh = sorted(((first_look(spot), j) for j, spot in enumerate(spots) if j not in owner), key=lambda pair: pair[0])
        for first, j in fresh:
            spot = spots[j]
            if len(self.live) >= most and (first or not self._give_way(seen)):
                self.displaced += 1
                continue
            again = self._resume(spot, now, shift)
            track = again or Track(self._next, now, first, at_edge(spot, heat.shape), spot, now, spot.excess_radiance)
            track.window = _window(spot.box_px, heat.shape)
            track.reference_peak, track.reference_background = spot.peak, spot.background
            if again is None:
                track.after_another = any(_may_be(old, spot, now, shift) for old in (*self._gone, *self.live) if old.last_s < now)
                self._next += 1
            _sample(track, heat, now, shift)
            self.live.append(track)
            seen.append(track)
        return seen

    def stand_in(self, spot: Hotspot, now: float) -> Track:
        """Return a track that is not followed, to report a spot by."""
        track = Track(self._next, now, True, False, spot, now)
        self._next += 1
        return track

    def _give_way(self, seen: list[Track]) -> bool:
        """Give up the track that says least: known ones first, then of little value. False when all are worth more than a new one."""
        least = min(self.live, key=lambda track: (not track.first_look, not track.standing, track.value))
        if least.value >= WORTH_NATS or least.fast_path:
            return False
        self.displaced += 1
        self.live.remove(least)
        if least in seen:
            seen.remove(least)
        return True


def grown_since(track: Track) -> float:
    """Return by what factor the excess is greater than in the earliest look that is remembered; 1 where there is none, or too little.

    Near its limit the excess of a source that comes and goes varies by factors: only with its peak or its area is it believed.
    """
    now = _visit(track, VISIT_SAMPLES) if track.visits else None
    if now is None:
        return 1.0
    then = track.visits[0]
    grown = now.rise >= PEAK_GROWN * then.rise or (now.area >= AREA_GROWN * then.area and now.rise >= then.rise)
    ratio = now.excess / max(then.excess, 1e-6)
    return ratio if grown or ratio <= 1.0 else 1.0


def _visit(track: Track, least: int) -> Visit | None:
    if len(track.samples) < least:
        return None
    x, y, area, peak, excess = (float(np.median([s[n] for s in track.samples])) for n in (1, 2, 3, 4, 5))
    return Visit(track.samples[0].mono_s, x, y, area, peak - track.reference_background, excess)


def _away(track: Track, spot: Hotspot, shift: tuple[float, float]) -> float:
    """Return how far a spot lies from where a track was followed before, in units of the reach."""
    before = track.visits[-1]
    return float(np.hypot(spot.x_px - shift[0] - before.x, spot.y_px - shift[1] - before.y)) / max(AGAIN_PX, AGAIN_SIZES * track.size_px)


def _may_be(old: Track, spot: Hotspot, now: float, shift: tuple[float, float]) -> bool:
    """Tell whether a spot may be a track that was lost: as hot, and no farther than something drives meanwhile."""
    at, rise = old.recent[-1], spot.peak - spot.background
    was = old.spot.peak - old.spot.background
    away = float(np.hypot(spot.x_px - shift[0] - at.x, spot.y_px - shift[1] - at.y))
    return now - old.last_s <= GONE_S and 0.5 * was <= rise <= 2.0 * was and away <= DRIVEN_PX + DRIVEN_PX_S * (now - old.last_s)


def drift(track: Track, span_s: float) -> float:
    """Return the net displacement over the last `span_s` in its own sizes."""
    now = track.samples[-1]
    then = next((s for s in track.samples if now.mono_s - s.mono_s <= span_s), now)
    return float(np.hypot(now.x - then.x, now.y - then.y)) / track.size_px


class Variation(NamedTuple):
    """How a source's area varies, in shares of its mean: `spread` standard deviation, `half` that of the steadier half of the span,
    `step` median change between samples; `floor` is what the pixel grid alone makes of an outline of this length."""

    spread: float
    half: float
    step: float
    floor: float


def variation(track: Track, span_s: float = 4.0) -> Variation:
    """Return how the area varied over the last `span_s`; zeros where too little was seen."""
    last = track.samples[-1].mono_s
    areas = np.array([s.area for s in track.samples if last - s.mono_s <= span_s])
    times = [s.mono_s for s in track.samples if last - s.mono_s <= span_s]
    if len(areas) < 8 or times[-1] - times[0] < 1.2 or float(areas.mean()) < 4.0:
        return Variation(0.0, 0.0, 0.0, 1.0)
    mean = float(areas.mean())
    middle = len(areas) // 2
    half = min(float(areas[:middle].std()), float(areas[middle:].std())) / mean
    outline = 4.0 * float(np.sqrt(mean))
    return Variation(float(areas.std()) / mean, half, float(np.median(np.abs(np.diff(areas)))) / mean, 0.6 * float(np.sqrt(outline)) / mean)


def glow(track: Track, span_s: float = 4.0) -> Variation:
    """Return how the light of a small source varied about its trend over the last `span_s`; zeros where too little was seen.

    Where it is smaller than a few pixels a flame's area cannot be seen to vary; its light can.
    """
    last = track.samples[-1].mono_s
    part = [s for s in track.samples if last - s.mono_s <= span_s]
    if len(part) < 8 or part[-1].mono_s - part[0].mono_s < 1.2:
        return Variation(0.0, 0.0, 0.0, 1.0)
    t, light = np.array([(s.mono_s, s.light) for s in part]).T
    mean, t = float(light.mean()), t - t.mean()
    if mean <= 0.0:
        return Variation(0.0, 0.0, 0.0, 1.0)
    rest = (light - mean - t * float(t @ light) / float(t @ t)) / mean
    middle = len(rest) // 2
    half = min(float(rest[:middle].std()), float(rest[middle:].std()))
    return Variation(float(rest.std()), half, float(np.median(np.abs(np.diff(rest)))), 1.0 / mean)


class Course(NamedTuple):
    """How a source behaved: variation of its area and of its light, (relative change, t) of its excess, (change, t) of its peak, (relative
    change, t) of its area over 30 s; `in_place`: its centre moved no farther than growth from a fixed foot explains."""

    area: Variation
    light: Variation
    excess: tuple[float, float]
    peak: tuple[float, float]
    spread: tuple[float, float]
    in_place: bool


def course(track: Track) -> Course:
    """Return the course of a track, worked out anew when its samples have changed."""
    last = track.samples[-1].mono_s
    if track.course is None or last > track.course_s:
        excess, peak, spread = (trend(track, what, TREND_S) for what in ("excess", "peak", "area"))
        track.course = Course(variation(track), glow(track), excess, peak, spread, in_place(track, TREND_S))
        track.course_s = last + COURSE_S
    return track.course


def trend(track: Track, what: str, span_s: float) -> tuple[float, float]:
    """Return (relative change over the span, t of the slope) of `excess`, `area` or `peak`; zeros where under 4 s or 8 samples."""
    last = track.samples[-1].mono_s
    part = [s for s in track.samples if last - s.mono_s <= span_s]
    if len(part) < 8 or part[-1].mono_s - part[0].mono_s < 4.0:
        return 0.0, 0.0
    t = np.array([s.mono_s for s in part])
    v = np.array([getattr(s, what) for s in part], np.float64)
    t = t - t.mean()
    slope = float(t @ v) / float(t @ t)
    rest = v - v.mean() - slope * t
    error = float(np.sqrt(rest @ rest / max(1, len(v) - 2) / (t @ t)))
    # Samples of a source are correlated over about a second: the effective number is the span, not the count.
    error *= float(np.sqrt(max(1.0, len(v) / max(2.0, part[-1].mono_s - part[0].mono_s))))
    length = part[-1].mono_s - part[0].mono_s
    start = float(np.mean(v[: max(2, len(v) // 4)]))
    change = slope * length if what == "peak" else slope * length / max(start, 1e-6)
    return change, slope / error if error > 0 else 0.0


def in_place(track: Track, span_s: float) -> bool:
    """Tell whether the centre stayed where the source began, as far as growth leaves it there.

    What burns goes on burning where it began: a flame's foot stays while its centre rises by up to half its height, about the growth of
    the square root of its area. Something that drives away or comes nearer changes its size too, and leaves its place.
    """
    last = track.samples[-1].mono_s
    part = [s for s in track.samples if last - s.mono_s <= span_s]
    few = max(2, len(part) // 4)
    first, now = (np.mean([(s.x, s.y, s.area) for s in side], axis=0) for side in (part[:few], part[-few:]))
    moved = float(np.hypot(now[0] - first[0], now[1] - first[1]))
    return moved <= PLACE_PX + max(0.0, float(np.sqrt(max(now[2], 0.0)) - np.sqrt(max(first[2], 0.0))))


def _extend(track: Track, spot: Hotspot, heat: npt.NDArray[np.float32], now: float, shift: tuple[float, float]) -> None:
    dt = max(1e-3, now - track.last_s)
    before = track.samples[-1]
    track.spot, track.last_s, track.radiance = spot, now, spot.excess_radiance
    track.seen += 1
    pull = min(1.0, dt / PEAK_TAU_S)
    track.reference_peak += pull * (spot.peak - track.reference_peak)
    track.reference_background += pull * (spot.background - track.reference_background)
    x, y, w, h = _window(spot.box_px, heat.shape)
    ox, oy, ow, oh = track.window
    left, top = min(x, ox), min(y, oy)
    right, below = max(x + w, ox + ow), max(y + h, oy + oh)
    if (right - left) * (below - top) > 4.0 * max(w * h, 64):
        left, top, right, below = x, y, x + w, y + h
    track.window = (left, top, right - left, below - top)
    _sample(track, heat, now, shift)
    after = track.recent[-1]
    if after.mono_s > before.mono_s:
        pull = min(1.0, dt)
        track.velocity = (
            track.velocity[0] + pull * ((after.x - before.x) / (after.mono_s - before.mono_s) - track.velocity[0]),
            track.velocity[1] + pull * ((after.y - before.y) / (after.mono_s - before.mono_s) - track.velocity[1]),
        )
    first = track.samples[0]
    track.travelled_sizes = max(track.travelled_sizes, float(np.hypot(after.x - first.x, after.y - first.y)) / track.size_px)


def _sample(track: Track, heat: npt.NDArray[np.float32], now: float, shift: tuple[float, float]) -> None:
    spot = track.spot
    x, y, w, h = track.window
    rise, part = track.reference_peak - track.reference_background, heat[y : y + h, x : x + w]
    area = float(np.count_nonzero(part > track.reference_background + 0.5 * rise))
    light = float(np.maximum(part - np.float32(track.reference_background + LIGHT_SHARE * rise), np.float32(0.0)).sum())
    sample = Sample(now, spot.x_px - shift[0], spot.y_px - shift[1], area, spot.peak, spot.excess, light)
    track.recent.append(sample)
    if not track.samples or now - track.samples[-1].mono_s >= SPACING_S:
        track.samples.append(sample)


def _distance(track: Track, spot: Hotspot, now: float, shift: tuple[float, float]) -> float:
    """Return the distance in units of the reach; over 1 is somebody else's.

    A spark beside a source is not the source: what is far smaller and lies outside of its last outline does not take its name.
    """
    at = track.recent[-1]
    _, _, w, h = spot.box_px
    if track.age_s >= SPARK_S and spot.area_px < SPARK_SHARE * track.spot.area_px and not _overlaps(track, spot, shift):
        return float("inf")
    if track.stood:
        reach = max(STOOD_REACH_PX, STOOD_REACH_SIZES * track.size_px)
        return float(np.hypot(spot.x_px - shift[0] - at.x, spot.y_px - shift[1] - at.y)) / reach
    ahead = min(1.0, now - at.mono_s)
    x, y = at.x + track.velocity[0] * ahead + shift[0], at.y + track.velocity[1] * ahead + shift[1]
    reach = max(REACH_PX, REACH_SIZES * max(track.size_px, 0.5 * (w + h)))
    return (
        min(float(np.hypot(spot.x_px - x, spot.y_px - y)), float(np.hypot(spot.x_px - shift[0] - at.x, spot.y_px - shift[1] - at.y)))
        / reach
    )


def _overlaps(track: Track, spot: Hotspot, shift: tuple[float, float]) -> bool:
    """Tell whether a spot lies within the track's last outline, 2 px more on each side."""
    x, y, w, h = track.spot.box_px
    return x - 2.0 <= spot.x_px - shift[0] <= x + w + 2.0 and y - 2.0 <= spot.y_px - shift[1] <= y + h + 2.0


def _beside(track: Track, spot: Hotspot, shift: tuple[float, float]) -> bool:
    x, y, w, h = track.window
    margin = 0.3 * max(w, h) + 3.0
    return x - margin <= spot.x_px <= x + w + margin and y - margin <= spot.y_px <= y + h + margin


def _merged(own: list[Hotspot]) -> Hotspot:
    """Return one spot for a source and its fragments; place and box are the main one's."""
    main = max(own, key=lambda spot: spot.excess)
    if len(own) == 1:
        return main
    radiances = [spot.excess_radiance for spot in own if spot.excess_radiance is not None]
    return Hotspot(
        main.x_px, main.y_px, main.box_px, sum(s.area_px for s in own), max(s.peak for s in own), main.background,
        sum(s.excess for s in own), sum(radiances) if radiances else None, max(s.z for s in own), any(s.over_range for s in own),
    )  # fmt: skip


def _window(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    x, y, w, h = box
    left, top = max(0, x - 3), max(0, y - 3)
    return left, top, min(shape[1], x + w + 3) - left, min(shape[0], y + h + 3) - top


def at_edge(spot: Hotspot, shape: tuple[int, ...]) -> bool:
    """Tell whether a spot lies at the edge of a picture, where parts of it come and go."""
    x, y, w, h = spot.box_px
    return x <= 2 or y <= 2 or x + w >= shape[1] - 2 or y + h >= shape[0] - 2
