"""Whether a source grows as what burns does: what soaks, settles, steps, creeps or falls while it is looked at does not."""

from __future__ import annotations

from edged.detector.course import course, falls, grown_since
from edged.detector.life import Pace
from edged.detector.posture import Posture
from edged.detector.strength import CLIMBED_S, PASSING_PX, SOAK_FACTOR, hotter_since_it_stands
from edged.detector.track import Track
from edged.model.frame import Thermogram

GROWTH, GROWTH_T = 0.35, 4.0
GROWTH_RELATIVE = 1.0
"""Without temperatures gain and gate move the excess by tens of per cent; a doubling is none of theirs."""
SPREAD_S, SPREAD, SPREAD_T = 6.0, 0.2, 3.5
"""A new source that has stood for 6 s may spread more slowly: gain moves its excess, but not its excess and its half-level area alike."""
RISE_K = 4.0
END_FACTOR = 1.5
"""What has spread by this factor of its strength at the end of a grey scale has surely grown hotter."""
EXCUSED_RISE_SHARE = 0.5
"""What stood there before, or came with something, is a suspect once it surely rises and does not settle: half as fast is enough."""
SOAK_S, SETTLED_S, LATE_FACTOR = 300.0, 1800.0, 1.5
"""What came, or may have come, soaks from its stop on, evenly at first: a rise counts where it gains; by a smaller factor where it began or
gains so long after, or has kept its pace for so long that soak would have settled."""
TURNS_S = 60.0
"""What came turns its hot parts to the lens and from behind its own: so soon after it stands its rise is no heat."""
GROWN_BETWEEN = 1.5
"""Growth from look to look of a patrol, by sampling and gain never so much; one step of it may be something else that drove there."""


def grows(track: Track, thermogram: Thermogram, posture: Posture, since: float, now: float, *, licks: bool) -> bool:
    """Tell whether a track that was seen in this frame grows. `since`: factor by which it is stronger than when it came to stand;
    `licks`: flames stand out of it at the end of a grey scale."""
    if posture.held or not posture.standing or track.works or (track.twinkles and not track.visits):
        return False
    burns_on = _departs(track, thermogram, posture, since, now, licks=licks)
    if posture.came:
        growing = burns_on
    elif track.unwatched:
        growing = burns_on or (track.pace.gains and posture.seen and _swells(track, thermogram, posture))
    elif track.first_look:
        growing = burns_on or (track.pace.keeps and posture.seen and _swells(track, thermogram, posture))
    elif posture.clear and posture.seen and grown_since(track) >= GROWN_BETWEEN:
        growing = burns_on or track.pace.keeps
    else:
        growing = burns_on or _swells(track, thermogram, posture)
    return (growing and (not track.visits or falls(track) is False)) or _outgrows_soak(track, posture, now)


def rises(track: Track, thermogram: Thermogram, posture: Posture) -> bool:
    """Tell whether a track surely grows hotter; `track.excused` says whether half as fast is enough."""
    if posture.standing and track.excused and track.rim is not None and track.rim.factor >= END_FACTOR and not track.rim.life.pace.settles:
        return True
    if not posture.standing or track.works or track.pace.settles or (track.twinkles and not track.visits):
        return False
    if track.end is not None:
        return track.excused and track.end.factor >= END_FACTOR
    risen, t_risen = course(track).peak
    return thermogram.kind != "relative" and risen >= (EXCUSED_RISE_SHARE if track.excused else 1.0) * RISE_K and t_risen >= GROWTH_T


def _swells(track: Track, thermogram: Thermogram, posture: Posture) -> bool:
    """Tell whether its excess grew over the last 30 s, in its place, without settling, by more than pixels that pass the limit."""
    (grown, t_grown), (spread, t_spread) = course(track).excess, course(track).spread
    if not _measurable(track, thermogram, posture) or not course(track).in_place or posture.creeps or track.pace.settles:
        return False
    passing = PASSING_PX * (1.0 + max(0.0, spread)) / max(1.0, track.samples[-1].area)
    grown, spread = grown - passing, spread - passing
    if grown >= (GROWTH if thermogram.kind != "relative" else GROWTH_RELATIVE) and t_grown >= GROWTH_T:
        return True
    stood = not track.first_look and track.stood_s >= SPREAD_S
    return stood and grown >= SPREAD and spread >= SPREAD and min(t_grown, t_spread) >= SPREAD_T


def _began_here(track: Track, posture: Posture) -> bool:
    """Tell whether it was seen to begin where it stands."""
    return not (posture.came or track.unwatched or track.first_look or track.visits)


def _measurable(track: Track, thermogram: Thermogram, posture: Posture) -> bool:
    """Tell whether noise and limit do not make its strength: it stands out clearly, or has grown hotter where it was seen to begin."""
    if posture.clear:
        return True
    if not (_began_here(track, posture) and posture.whole):
        return False
    if thermogram.kind == "relative":
        return track.climbed_s >= CLIMBED_S
    return hotter_since_it_stands(track) >= LATE_FACTOR


def _outgrows_soak(track: Track, posture: Posture, now: float) -> bool:
    """Tell whether the rim of what is beyond a grey scale says that it departs from the course of what soaks. The rim knows since when the
    place is what it is, whoever is followed there."""
    if track.rim is None or not posture.seen or not track.rim.life.pace.keeps:
        return False
    pace, stands_s = track.rim.life.pace, max(track.last_drift_s, track.rim.began_s)
    late = _is_late(pace, stands_s + SOAK_S, now)
    if track.rim.factor < (LATE_FACTOR if late else SOAK_FACTOR) or (posture.came and now - stands_s < TURNS_S):
        return False
    return pace.gains or late or not (posture.came or track.unwatched)


def _is_late(pace: Pace, soaked_s: float, now: float) -> bool:
    """Tell whether a rise comes too late, or lasts too long, for what has soaked by `soaked_s`."""
    return pace.begun_s >= soaked_s or (pace.gains and now >= soaked_s) or now - pace.begun_s >= SETTLED_S


def _departs(track: Track, thermogram: Thermogram, posture: Posture, since: float, now: float, *, licks: bool) -> bool:
    """Tell whether it departs from the course of what soaks: it keeps its pace beyond what soak makes, or began long after its stop."""
    pace = track.pace
    soaked_s = max(track.known_since_s, track.last_drift_s) + SOAK_S
    late = _is_late(pace, soaked_s, now)
    spreads = posture.whole and track.end is not None and (track.end.grown or licks)
    if not (posture.seen and pace.keeps) or posture.creeps or not (_measurable(track, thermogram, posture) or spreads):
        return False
    if since < (LATE_FACTOR if late or _began_here(track, posture) else SOAK_FACTOR):
        return False
    if posture.came and now - max(track.born_s, track.last_drift_s) < TURNS_S:
        return False
    return pace.gains or late or not (posture.came or track.unwatched)
