"""How strong a source is, over its surroundings and over what it was: whether being new is nearly enough, and by how much it has grown."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from edged.detector import ownlight
from edged.detector.body import grew_over_its_way
from edged.detector.course import course, grown_since, light_noise, may_creep
from edged.detector.track import Sample, Track
from edged.model.view import HeadPolygon

STRONG_RISE_K, STRONG_AREA_PX, STRONG_POINT_K = 20.0, 4, 60.0
"""From the bar for a staring head: ≥ 4 px and ≥ 20 K, or one pixel ≥ 60 K, over the clutter; or fewer pixels with the excess of four."""
STRONG_CLUTTER = 2.0
STRONG_GREY_PX, CROWD = 64, 5
"""Without temperatures a new source is strong when it outshines all else in the picture, and its surroundings by two gates, and is compact,
and the picture is not full of new things with so much of its excess: then it is the gain, or the scene, that is new."""
ENDED_PX, ENDED_CLUTTER, ENDED_GATES, COLLAPSE_GATES = 256, 2.5, 1.5, 4.0
"""At the end of the scale nothing is outshone; there it must exceed its surroundings by so many times their clutter, or its place by more
than a gate. What made the gain collapse outshone all else then, whatever a gain that spreads its levels makes of the rest afterwards; while
its curve is on its way only what rises highest is believed."""
LIVES, LIVES_STEP, NOISE_SIGMAS, GLEAMS, GLEAMS_T, HUNTED_S = 0.015, 0.0075, 3.0, 0.2, 3.0, 4.0
"""Light of a flame or of spreading embers varies by more than this share in 4 s even beyond the scale, and again and again, not in one step
of the gain, or grows by so much in 30 s; that of machinery varied by 0.3 %."""
CLIMBED_S, CLIMBED_PX = 15.0, 640
"""What grew brighter for so long, steadily, before the lens was not switched on and did not drive out from somewhere; at the end of the
scale it may be so large: a square metre at 250 m and 75 mm."""
SUDDEN = 1.3
"""What has not grown by this factor from its first frame until it stood out was strong at once: what burns grows."""
PASSING_PX = 2.0
"""So many pixels may pass the limit where hardly anything grew."""
SOAK_FACTOR, SOAK_LOOK_S, SOAK_SAMPLES = 3.0, 3.0, 8
"""Without the wind of driving, hubs, tyres and engine bays grow hotter for 10–30 min: the excess of what arrived may rise by so much over
that of its first seconds (or first look) before its growth says anything (facts, field A.14)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the view adds: is it learnt, gate and local clutter (robust sigma) in units of heat, the areas that the source lies in,
    the 99th percentile of the rest of the picture, how many like it are followed that were not there at the first look, by how much
    a source must exceed what its place had before it is looked at, a pixel's noise, whether an automatic gain, or the curve of one,
    is on its way, the end of a grey scale, whether no other that was not there at the first look rises higher, whether the view sways
    by a pixel or more, and by how much (px, 1σ).
    """

    learnt: bool
    gate: float
    clutter: float
    areas: tuple[HeadPolygon, ...] = ()
    brightest: float = 0.0
    fresh: int = 0
    room: float = 0.0
    noise: float = 0.0
    hunting: bool = False
    bending: bool = False
    end: float = float("inf")
    foremost: bool = True
    sways: bool = False
    sway_px: float = 0.0


def stands_out(track: Track, kind: str, context: Context) -> bool:
    """Tell whether a source stands out over its surroundings and over what its place had as what burns does, and little else."""
    rise = track.spot.peak - max(track.spot.background, track.known_level - context.room)
    if kind != "relative":
        over = rise - STRONG_CLUTTER * context.clutter
        wide = track.spot.area_px >= STRONG_AREA_PX or track.spot.excess >= STRONG_AREA_PX * (STRONG_RISE_K + rise - over)
        return (over >= STRONG_RISE_K and wide) or over >= STRONG_POINT_K
    over = track.over
    if _outshone(track, context):
        return track.spot.area_px <= STRONG_GREY_PX
    if context.fresh >= CROWD or over < context.gate or (context.bending and not context.foremost):
        return False
    clear = rise >= ENDED_CLUTTER * context.clutter or over >= ENDED_GATES * context.gate
    if track.spot.peak >= context.end and track.spot.area_px <= (CLIMBED_PX if track.climbed_s >= CLIMBED_S else ENDED_PX) and clear:
        return True
    outshines = track.spot.peak - max(track.spot.background + context.gate, context.brightest) >= context.gate
    return outshines and track.spot.area_px <= STRONG_GREY_PX


def is_strong(track: Track, kind: str, context: Context) -> bool:
    """Tell whether a source stands out so far that being new is nearly enough; without temperatures it must live, too."""
    return stands_out(track, kind, context) and (kind != "relative" or _outshone(track, context) or _lives(track, context))


def _outshone(track: Track, context: Context) -> bool:
    return track.taking is not None and context.foremost and track.taking.over >= COLLAPSE_GATES * context.gate


def _lives(track: Track, context: Context) -> bool:
    """Tell whether its light varies, by more than a pixel's noise makes of it, or grows, and not with the gain.

    What is beyond the scale from one picture to the next, and just as bright ever after, was switched on or drove out from somewhere.
    """
    if track.climbed_s >= CLIMBED_S:
        return True
    now = course(track)
    if _hunted(track):
        varies = track.spot.peak >= context.end and ownlight.varies(track, context.noise)
        return context.sway_px < ownlight.STILL_PX and (varies or ownlight.grew(track, now.gleam))
    grown, t_grown = now.gleam
    least = max(LIVES, NOISE_SIGMAS * light_noise(now.light, track.spot.area_px, context.noise))
    return (now.light.spread >= least and now.light.step >= LIVES_STEP) or (grown >= GLEAMS and t_grown >= GLEAMS_T)


def climbs(track: Track) -> bool:
    """Tell whether the light of a source grows in its place, and not with the gain."""
    now = course(track)
    grown, t_grown = now.gleam
    if grown < GLEAMS or t_grown < GLEAMS_T or now.creeps or not (now.in_place or grew_over_its_way(track, track.birth_px)):
        return False
    return not _hunted(track) or ownlight.grew(track, now.gleam)


def _hunted(track: Track) -> bool:
    return track.last_s - track.hunted_s < HUNTED_S


def burns_where_it_began(track: Track, kind: str, context: Context) -> bool:
    """Tell whether a source grew strong before the lens, in its place, and does not settle: all else that is strong has other causes."""
    if not is_strong(track, kind, context):
        return False
    if track.moved_in is None:
        track.moved_in = (
            track.after_another and not track.took_scale and track.spot.peak - track.spot.background < SUDDEN * track.birth_rise
        )
    moves = track.last_drift_s > track.born_s or track.crept or may_creep(track) or course(track).creeps
    return not (track.moved_in or track.unwatched or track.visits or track.pace.settles or track.twinkles or track.works or moves)


def since_it_stands(track: Track, *, moves: bool) -> float:
    """Return by what factor its excess, or its rise, is greater than when it came to stand, or than in the first look remembered.

    What stood at the end of a grey scale from the begin says that only by how far it spreads: where the scale ends moves with the gain.
    """
    last = track.samples[-1].mono_s
    if moves:
        track.stood_excess = track.stood_peak = None
    elif track.stood_excess is None and last - max(track.last_drift_s, track.followed_since_s) >= SOAK_LOOK_S:
        track.stood_excess, track.stood_peak = (
            median(getattr(s, what) for s in track.samples if last - s.mono_s <= SOAK_LOOK_S) for what in ("excess", "peak")
        )
        track.stood_ended = track.end is not None
    spread = track.end.factor if track.end is not None else 1.0
    if (track.end is not None and track.stood_ended) or (track.stood_excess is None and not track.visits):
        return spread
    here = 1.0
    if track.stood_excess is not None:
        surely = median(s.excess * max(0.0, 1.0 - PASSING_PX / max(1.0, s.area)) for s in _lately(track))
        here = max(surely / max(track.stood_excess, 1e-6), hotter_since_it_stands(track))
    return max(here, spread, grown_since(track))


def hotter_since_it_stands(track: Track) -> float:
    """Return by what factor its peak exceeds its surroundings by more than when it came to stand; 1 where nobody knows."""
    if track.stood_peak is None:
        return 1.0
    around = track.reference_background
    return (median(s.peak for s in _lately(track)) - around) / max(track.stood_peak - around, 1e-6)


def _lately(track: Track) -> list[Sample]:
    last = track.samples[-1].mono_s
    return [s for s in list(track.samples)[-SOAK_SAMPLES:] if last - s.mono_s <= 1.0]
