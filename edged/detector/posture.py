"""How a source stands: whether it moves, came with something, shows whole, and stands out clearly."""

from __future__ import annotations

from typing import NamedTuple

from edged.detector.body import BOX_RISE, SAME_AREA, grew_over_its_way
from edged.detector.course import CREEP_S, TREND_S, course, drift, slide
from edged.detector.life import Life
from edged.detector.strength import Context
from edged.detector.track import Track, at_edge
from edged.model.frame import Thermogram
from edged.model.sighting import ReasonAgainst

DRIFT_SIZES, DRIFT_SPAN_S = 1.5, 4.0
YOUNG_S, STAND_SIZES = 1.0, 0.6
ARRIVED_SIZES, CREPT_SIZES = 2.0, 0.5
CLEAR_GATES = 2.0
"""The area is taken at half level; from two gates on that level is a gate above the surroundings, and noise does not move it."""
BOXED_S = 10.0
"""What was seen to be a landed box for so long came as one, whatever of it is still warm; unless it grows hotter or wider than it came."""


class Posture(NamedTuple):
    """`drifting`: it moves by its own size; `stays`: it does not; `standing`: it has stayed for a second; `creeps`: it moves evenly;
    `arrived`: it came from elsewhere or over the edge; `came`: that, or with a body, or it landed, or it shows again where it was learnt
    just after it drove there; `whole`: the edge of the picture does not cut it; `over`: by how much, in units of heat, it exceeds all that
    was known there; `clear`: that is two gates; `seen`: in at least half of the pictures; `held`: a replay repeats the picture, which says
    nothing about the course of anything."""

    drifting: bool
    stays: bool
    standing: bool
    creeps: bool
    arrived: bool
    came: bool
    whole: bool
    over: float
    clear: bool
    seen: bool
    held: bool


def _spread_out(track: Track) -> bool:
    """Tell whether what seemed to move passed the limit in bits: it has grown over its whole way, and hotter."""
    drifted = track.last_drift_s > track.born_s
    if not drifted and (not track.crept or course(track).creeps):
        return False
    from_px = track.drift_px if drifted else track.birth_px
    return grew_over_its_way(track, from_px)


MOTION: tuple[ReasonAgainst, ...] = ("drifting", "arrived_warm", "edge_entry")


def take(track: Track, thermogram: Thermogram, context: Context, now: float, dt_s: float, *, held: bool) -> Posture:
    """Return how a track stands that was seen in this frame, `dt_s` after the one before. What drifts begins a new life."""
    drifted = drift(track, DRIFT_SPAN_S)
    drifting = track.age_s >= YOUNG_S and drifted > DRIFT_SIZES
    if drifting:
        track.last_drift_s, track.drift_px = now, track.spot.area_px
        track.life, track.end, track.rim, track.visits = Life(), None, None, []
    elif _spread_out(track):
        track.last_drift_s, track.travelled_sizes, track.crept = -1e9, 0.0, False
        for reason in MOTION:
            track.held_against.pop(reason, None)
    creeps = course(track).creeps
    if creeps and not track.crept:
        track.crept = slide(track, TREND_S, CREEP_S).moved_px >= CREPT_SIZES * track.size_px
    if creeps and track.crept:
        track.life, track.end, track.visits = Life(), None, []
    ahead = DRIFT_SPAN_S / min(DRIFT_SPAN_S, max(1.0, track.age_s))
    stays = ahead * drifted < STAND_SIZES
    whole = not at_edge(track.spot, thermogram.shape)
    rise = track.spot.peak - track.spot.background
    entered = track.born_at_edge and (track.crept or track.travelled_sizes > DRIFT_SIZES)
    arrived = entered or track.travelled_sizes > ARRIVED_SIZES
    track.landed_s += dt_s if track.landed else 0.0
    boxed = track.landed_s >= BOXED_S and rise <= BOX_RISE * track.birth_rise and track.spot.area_px <= SAME_AREA * track.birth_px
    return Posture(
        drifting=drifting,
        stays=stays,
        standing=stays and track.age_s >= 1.0,
        creeps=creeps,
        arrived=arrived,
        came=arrived or track.with_body or track.landed or boxed or (track.first_look and track.after_another),
        whole=whole,
        over=track.over,
        clear=whole and track.over >= CLEAR_GATES * context.gate,
        seen=track.seen >= 0.5 * track.looks,
        held=held,
    )
