"""Hot spots linked over the frames of one view: births, losses, and what is resumed when the head comes back.

A fragment beside a followed source (sparks, a torn flame) belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from edged.detector import driveby, lost
from edged.detector.resting import Resting, Waiting
from edged.detector.track import Sample, Track, at_edge, middle, moved_px
from edged.detector.weights import ALARM_NATS, PRE_ALARM_NATS, SUSPECT_NATS
from edged.model.sighting import Hotspot

SPACING_S = 0.15
LOST_S = 10.0
REACH_PX, REACH_SIZES = 8.0, 1.2
FRAGMENT_SHARE, FRAGMENT_PX = 0.3, 8.0
STOOD_REACH_PX, STOOD_REACH_SIZES = 5.0, 0.8
NEW_TURN_S, TURN_S, FAR_STRONGER = 5.0, 30.0, 4.0
"""For how long a source has been followed before it gives way to what is new, where it is not long known, and to one whose turn it is; but
to nothing so many times weaker, and at once to what is so many times stronger."""
ENDS_S = 0.6
"""The middle of so long at each end tells how far a source has come: sway moves single looks."""
PASSES_PX, JUST_S = 3.0, 4.0
"""What has moved so far in its last looks passes by; what shows for so long had just shown."""
MOVES_S = 1.0
"""What drifted just now takes its window along."""
PEAK_TAU_S = 5.0
LIGHT_SHARE = 0.15
SPARK_S, SPARK_SHARE, TORN_S, TORN_SHARE = 1.0, 0.1, 1.0, 0.01
"""What is smaller than this share of a source is none of it beside it; nor within its outline, once it was not seen for so long, or where
it is smaller than a torn part of it would be: then it is something on it."""


class Tracks:
    """The followed sources of one view."""

    def __init__(self, first_id: int = 1) -> None:
        self.live: list[Track] = []
        self.looked_s: float | None = None
        """When the view was last judged."""
        self._next = first_id
        self._resting, self._waiting = Resting(), Waiting()
        self._gone: list[Track] = []

    def rest(self) -> None:
        """The head turns away: what was followed is remembered, and resumed where it is found again."""
        self.give_up(self.live)
        self._gone = []

    def give_up(self, tracks: list[Track]) -> None:
        """Follow these no longer, and resume them where they are found again."""
        self._resting.keep(tracks)
        self.live = [track for track in self.live if track not in tracks]

    @property
    def resting(self) -> Iterable[Track]:
        """Return what is remembered and not followed now."""
        return self._resting

    def waiting(self, now: float) -> int:
        """Return how many sources show and are not followed, because more show than a view follows."""
        return self._waiting.count(now)

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
        doubt_px: float = 0.0,
    ) -> list[Track]:
        """Hand the spots of one frame to their tracks, begin new ones, forget the lost. Returns the tracks seen in this frame.

        Over `most` they take turns. `doubt_px`: how far sway that nobody could measure may have moved them.
        """
        for track in self.live:
            track.doubt_px = max(track.doubt_px, doubt_px)
        self._gone = [track for track in self._gone if now - track.last_s <= lost.NEAR_S]
        unseen = [track for track in self.live if now - track.last_s > LOST_S]
        self._gone += unseen
        self._resting.forget(now)
        self.give_up([track for track in unseen if track.standing])
        back = [track for track in unseen if (track.visits or track.unwatched or driveby.hid(track)) and not track.standing]
        for track in back:
            track.vanished = True
        self.give_up(back)
        self.live = [track for track in self.live if now - track.last_s <= LOST_S]
        passing = {i for i, track in enumerate(self.live) if _passes(track)}
        stands = [track for i, track in enumerate(self.live) if i not in passing and track.rests]
        known = {
            j for j, spot in enumerate(spots) if self._rests(spot, shift) or any(_stands_there(each, spot, now, shift) for each in stands)
        } if passing else set()  # fmt: skip
        pairs = sorted(
            (distance, i, j)
            for i, track in enumerate(self.live)
            for far_px in (_farthest_px(track, max(doubt_px, track.placed_px)),)
            for j, spot in enumerate(spots)
            if abs(spot.x_px - shift[0] - track.recent[-1].x) <= far_px + REACH_SIZES * (spot.box_px[2] + spot.box_px[3])
            and (distance := _distance(track, spot, now, shift, max(doubt_px, track.placed_px))) <= 1.0
            and not (i in passing and j in known)
        )
        taken: dict[int, list[Hotspot]] = {}
        owner: dict[int, int] = {}
        for i, j in [*self._merging(pairs, spots, now, shift), *((i, j) for _, i, j in pairs)]:
            if j not in owner and i not in taken:
                owner[j] = i
                taken[i] = [spots[j]]
        for j, spot in enumerate(spots):
            if j in owner:
                continue
            for i in taken:
                if _beside(taken[i][0], spot) or _overlaps(self.live[i], spot, shift):
                    owner[j] = i
                    taken[i].append(spot)
                    break
        seen = []
        for track in self.live:
            track.looks += 1
        for i, own in taken.items():
            track = self.live[i]
            rise, spot = track.spot.peak - track.spot.background, _merged(own)
            if driveby.hides(track, spot, now):
                track.last_s, track.seen, track.looked = now, track.seen + 1, track.looks
            else:
                _extend(track, spot, heat, now, shift)
            track.placed_px = doubt_px
            if lost.turns_into_another(track, rise, (*self._gone, *self.live), now, shift):
                track.after_another, track.moved_in, track.birth_rise = True, None, track.spot.peak - track.spot.background
            seen.append(track)
        fresh = sorted(((first_look(spot), j) for j, spot in enumerate(spots) if j not in owner), key=lambda pair: pair[0])
        for first, j in fresh:
            spot = spots[j]
            again = self._resting.find(spot, shift)
            if len(self.live) >= most and (first or not self._give_way(spot, seen, now, new=again is None)):
                self._waiting.add(spot, now, shift)
                continue
            if again is not None:
                self._resting.resume(again, spot, now, self.looked_s)
            track = again or Track(self._next, now, first, at_edge(spot, heat.shape), spot, now, spot.excess_radiance)
            track.window = _window(spot.box_px, heat.shape)
            track.reference_peak, track.reference_background = spot.peak, spot.background
            if again is None:
                track.waited_s = self._waiting.take(spot, now, shift)
                track.after_another = lost.is_another((*self._gone, *self.live), self._resting, spot, now, shift)
                self._next += 1
            _sample(track, heat, now, shift)
            self.live.append(track)
            seen.append(track)
        return seen

    def hold_on(self, hidden: list[Track], now: float) -> None:
        """Follow these on, which are not found in this picture, where they are."""
        for track in hidden:
            track.last_s = now
            track.seen, track.looked = track.seen + 1, track.looks

    def bridge(self, blind_s: float) -> None:
        """Follow on as if the time without pictures had not been."""
        for track in self.live:
            track.last_s += blind_s

    def stand_in(self, spot: Hotspot, now: float) -> Track:
        """Return a track that is not followed, to report a spot by."""
        track = Track(self._next, now, True, False, spot, now)
        self._next += 1
        return track

    def _merging(
        self, pairs: list[tuple[float, int, int]], spots: list[Hotspot], now: float, shift: tuple[float, float]
    ) -> list[tuple[int, int]]:
        """Return which track has a spot that several have become: the strongest of them, if it moves and the others had just shown."""
        within: dict[int, list[int]] = {}
        for _, i, j in pairs:
            x, y, w, h = spots[j].box_px
            at_x, at_y = _expected(self.live[i], now, shift)
            if now - self.live[i].last_s <= TORN_S and x <= at_x <= x + w and y <= at_y <= y + h:
                within.setdefault(j, []).append(i)
        strongest = [(max(those, key=lambda i: self.live[i].spot.excess), j) for j, those in within.items() if len(those) > 1]
        return [
            (i, j) for i, j in strongest
            if _passes(self.live[i]) and all(other == i or self.live[other].age_s <= JUST_S for other in within[j])
        ]  # fmt: skip

    def _rests(self, spot: Hotspot, shift: tuple[float, float]) -> bool:
        """Tell whether a spot is one that rests there, about as strong as it was."""
        old = self._resting.find(spot, shift)
        return old is not None and spot.excess < FAR_STRONGER * old.visits[-1].excess

    def _give_way(self, to: Hotspot, seen: list[Track], now: float, *, new: bool) -> bool:
        """Let the source that says least rest: known ones first, then of little value. False when none has had its turn."""
        had = [track for track in self.live if _gives_way(track, to, now, new=new)]
        if not had:
            return False
        least = min(had, key=lambda track: (not track.first_look, not track.standing, track.value))
        self._gone.append(least)
        self.give_up([least])
        if least in seen:
            seen.remove(least)
        return True


def _stands_there(track: Track, spot: Hotspot, now: float, shift: tuple[float, float]) -> bool:
    """Tell whether a spot is a source that stands there, about as strong as it was."""
    return _distance(track, spot, now, shift, 0.0) <= 1.0 and spot.excess < FAR_STRONGER * driveby.usual(track)


def _passes(track: Track) -> bool:
    """Tell whether a source moves now: what stands where it passes is not it."""
    return moved_px(track.recent[0], track.recent[-1], track.doubt_px) > PASSES_PX


def _gives_way(track: Track, to: Hotspot, now: float, *, new: bool) -> bool:
    """Tell whether a source has had its turn and would say no more if it were followed on. `new`: `to` was never followed.

    From a suspect on, a source that has no excuse, or rises, keeps its turn, from a pre-alarm on any does; to one far stronger all give way
    that are no alarm.
    """
    if track.fast_path or track.spot.excess >= FAR_STRONGER * to.excess:
        return False
    if FAR_STRONGER * track.spot.excess <= to.excess:
        return track.value < ALARM_NATS
    turn_s = TURN_S if not new else 0.0 if track.first_look or track.standing else NEW_TURN_S
    excused = track.excused and "rising" not in track.held_for
    return now - track.followed_since_s >= turn_s and track.value < (PRE_ALARM_NATS if excused else SUSPECT_NATS)


def _extend(track: Track, spot: Hotspot, heat: npt.NDArray[np.float32], now: float, shift: tuple[float, float]) -> None:
    dt = max(1e-3, now - track.last_s)
    before = track.samples[-1]
    track.spot, track.last_s, track.radiance = spot, now, spot.excess_radiance
    track.seen, track.looked = track.seen + 1, track.looks
    pull = min(1.0, dt / PEAK_TAU_S)
    track.reference_peak += pull * (spot.peak - track.reference_peak)
    track.reference_background += pull * (spot.background - track.reference_background)
    x, y, w, h = _window(spot.box_px, heat.shape)
    ox, oy, ow, oh = track.window
    left, top = min(x, ox), min(y, oy)
    right, below = max(x + w, ox + ow), max(y + h, oy + oh)
    moves = now - track.last_drift_s <= MOVES_S
    if moves or (right - left) * (below - top) > 4.0 * max(w * h, 64):
        left, top, right, below = x, y, x + w, y + h
    window = (left, top, right - left, below - top)
    if moves:
        track.window, track.beside = window, (0.0, 0.0)
    elif window != track.window:
        (area, light), (wider, brighter) = _within(track, heat, track.window), _within(track, heat, window)
        track.beside = track.beside[0] + wider - area, track.beside[1] + brighter - light
        track.window = window
    _sample(track, heat, now, shift)
    after = track.recent[-1]
    if after.mono_s > before.mono_s:
        pull = min(1.0, dt)
        track.velocity = (
            track.velocity[0] + pull * ((after.x - before.x) / (after.mono_s - before.mono_s) - track.velocity[0]),
            track.velocity[1] + pull * ((after.y - before.y) / (after.mono_s - before.mono_s) - track.velocity[1]),
        )
    if driveby.blurs(track, now):
        return
    west, north, east, south = track.path or (after.x, after.y, after.x, after.y)
    track.path = (min(west, after.x), min(north, after.y), max(east, after.x), max(south, after.y))
    born, now = track.samples[0].mono_s, after.mono_s
    first = middle([*takewhile(lambda look: look.mono_s - born <= ENDS_S, track.samples)])
    last = middle([*takewhile(lambda look: now - look.mono_s <= ENDS_S, reversed(track.recent))])
    track.travelled_sizes = max(track.travelled_sizes, moved_px(first, last, track.doubt_px) / track.size_px)


def _sample(track: Track, heat: npt.NDArray[np.float32], now: float, shift: tuple[float, float]) -> None:
    spot = track.spot
    area, light = (max(0.0, seen - beside) for seen, beside in zip(_within(track, heat, track.window), track.beside, strict=True))
    sample = Sample(now, spot.x_px - shift[0], spot.y_px - shift[1], area, spot.peak, spot.excess, light)
    track.recent.append(sample)
    if not track.samples or (now - track.samples[-1].mono_s >= SPACING_S and not driveby.blurs(track, now)):
        track.samples.append(sample)


def _within(track: Track, heat: npt.NDArray[np.float32], window: tuple[int, int, int, int]) -> tuple[float, float]:
    """Return half-level area and light of what a window shows."""
    x, y, w, h = window
    rise, part = track.reference_peak - track.reference_background, heat[y : y + h, x : x + w]
    area = float(np.count_nonzero(part > track.reference_background + 0.5 * rise))
    return area, float(np.maximum(part - np.float32(track.reference_background + LIGHT_SHARE * rise), np.float32(0.0)).sum())


def _distance(track: Track, spot: Hotspot, now: float, shift: tuple[float, float], doubt_px: float) -> float:
    """Return the distance in units of the reach; over 1 is somebody else's.

    A spark beside a source is not the source: what is far smaller and lies outside of its last outline does not take its name.
    """
    at = track.recent[-1]
    _, _, w, h = spot.box_px
    torn = now - track.last_s <= TORN_S and spot.area_px >= TORN_SHARE * track.spot.area_px
    if track.age_s >= SPARK_S and spot.area_px < SPARK_SHARE * track.spot.area_px and not (torn and _overlaps(track, spot, shift)):
        return float("inf")
    if track.stood:
        reach = max(STOOD_REACH_PX, STOOD_REACH_SIZES * track.size_px) + doubt_px
        return float(np.hypot(spot.x_px - shift[0] - at.x, spot.y_px - shift[1] - at.y)) / reach
    x, y = _expected(track, now, shift)
    reach = max(REACH_PX, REACH_SIZES * max(track.size_px, 0.5 * (w + h))) + doubt_px
    return (
        min(float(np.hypot(spot.x_px - x, spot.y_px - y)), float(np.hypot(spot.x_px - shift[0] - at.x, spot.y_px - shift[1] - at.y)))
        / reach
    )


def _farthest_px(track: Track, doubt_px: float) -> float:
    """Return how far to the side a small spot may lie that is still this source."""
    return REACH_PX + STOOD_REACH_PX + REACH_SIZES * track.size_px + abs(track.velocity[0]) + doubt_px


def _expected(track: Track, now: float, shift: tuple[float, float]) -> tuple[float, float]:
    """Return where a track should be in a picture, if it moves on as it did."""
    at = track.recent[-1]
    ahead = min(1.0, now - at.mono_s)
    return at.x + track.velocity[0] * ahead + shift[0], at.y + track.velocity[1] * ahead + shift[1]


def _overlaps(track: Track, spot: Hotspot, shift: tuple[float, float]) -> bool:
    """Tell whether a spot lies within the track's last outline, 2 px more on each side."""
    (x, y, w, h), at = track.spot.box_px, track.recent[-1]
    x_px, y_px = spot.x_px - shift[0] + track.spot.x_px - at.x, spot.y_px - shift[1] + track.spot.y_px - at.y
    return x - 2.0 <= x_px <= x + w + 2.0 and y - 2.0 <= y_px <= y + h + 2.0


def _beside(main: Hotspot, spot: Hotspot) -> bool:
    """Tell whether a spot is a fragment of another one in the same picture: it lies within its outline, or hardly beside it."""
    x, y, w, h = main.box_px
    margin = FRAGMENT_SHARE * max(w, h) + FRAGMENT_PX
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
