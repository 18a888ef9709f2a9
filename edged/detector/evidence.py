"""What speaks for and against a fire, in nats per second of watching, capped by common cause.

Each reason that holds gains at its rate up to its cap and fades at a quarter of its rate when it ceases. Sums are per group of common
cause, because heat seen in many frames is still one observation of heat. Scale: core calls 2.3 a suspect, 4.6 a pre-alarm and
9.2 = ln((1−β)/α) an alarm. So heat alone, newness alone or both together never alarm; an absolute limit, growth or sustained
variation of a standing source do, and a strong new standing source in a learnt radiometric view does.
"""

from __future__ import annotations

import numpy as np

from edged.detector import fastpath
from edged.detector.body import BOX_RISE, SAME_AREA
from edged.detector.course import Variation, course, drift, falls, grown_since
from edged.detector.life import Life
from edged.detector.settings import DetectionSettings
from edged.detector.strength import SOAK_FACTOR, Context, burns_where_it_began, is_strong, since_it_stands
from edged.detector.track import Track, at_edge
from edged.detector.weights import AGAINST, FOR, GROUP_CAP, STRONG_GREY_CAP, STRONG_HOT_CAP, hold
from edged.model.frame import Thermogram
from edged.model.sighting import ReasonAgainst, ReasonFor

OWN_WAY: tuple[ReasonFor, ...] = ("flickering", "growing")
OWN_WAY_S = 1.0
"""What began with many alike and flickers or grows for so long is one by itself."""
BEYOND: tuple[ReasonFor, ...] = ("over_range", "absolute_limit")
LIVELY_S, TAME_CAP = 0.3, 2.8
"""Exhausts are beyond every limit too, and that nobody arrived is known only of what began before the lens. All else must flicker or grow
for so long before the absolute rule makes an alarm of it; until then it is a pre-alarm. A still picture cannot flicker."""
FIRST_LOOK_CAP = {"hot": 1.2, "stationary": 0.6}
"""Heat that was there at the first look says little: machinery, chimneys and sun are hot too."""
FIRST_LOOK_NOT_HOTTEST = 4.0
"""Cap of the course at the first look of a picture without temperatures, when other things there are as bright: a flame sets the AGC's
span and outshines everything else, while roofs, engines and a hovering aircraft share the top of the scale. One that spreads at its end is
told by that."""
LASTING_S, LASTING_SHARE, STAYED_S, STAYED_CAP = 600.0, 0.8, 90.0, 0.6
"""What began before a lens that stares, came with no body and after ten minutes neither settles nor cools burns, or stays until somebody
looks. Something that began while the head looked elsewhere may have driven in: that it is strong and stays says a little, enough where
another lens sees it too and neither sees a body; else it must grow, flicker or be beyond the limit."""
NEW_S = 1.5
DRIFT_SIZES, DRIFT_SPAN_S = 1.5, 4.0
STAND_SIZES = 0.6
ARRIVED_SIZES = 2.0
VARIATION, VARIATION_HALF, VARIATION_STEP = 0.16, 0.10, 0.06
"""Area of a flame: CV 0.36, step 0.27; of a man standing 0.06 and 0.02 (facts A.3.6)."""
GLOW, GLOW_HALF, GLOW_STEP, GLOW_PX = 0.10, 0.07, 0.04, 12
"""Light of a flame of few pixels: its puffs at 1–3 Hz move it by 15–30 % (facts B.4)."""
GLINT_S = 15.0
"""The sun mirrored in water twinkles as a flame does; so long in sight it has slid far enough to be told."""
PUFF_SHARE = 0.15
"""A puff of a plume stays in the span that flicker is read from; what a head finds that comes and goes must flicker longer, in one look."""
PLUMES = ((6.0, 40.0), (12.0, 60.0), (20.0, 100.0))
"""A flame so wide, in pixels at half its level, that the lens resolves it is so many kelvins over its surroundings, as it is the deeper
the wider it is; steam and exhaust flicker as well."""
FLICKER_GATES = 2.0
"""The area is taken at half level; from two gates on that level is a gate above the surroundings, and noise does not move it."""
GROWTH, GROWTH_T = 0.35, 4.0
GROWTH_RELATIVE = 1.0
"""Without temperatures gain and gate move the excess by tens of per cent; a doubling is none of theirs."""
SPREAD_S, SPREAD, SPREAD_T = 6.0, 0.2, 3.5
"""A new source that has stood for 6 s may spread more slowly: gain moves its excess, but not its excess and its half-level area alike."""
RISE_K = 4.0
END_FACTOR = 1.5
"""What has spread by this factor of its strength at the end of a grey scale has surely grown hotter."""
EXCUSED_RISE_SHARE, EXCUSED_RISE_CAP = 0.5, 0.6
"""What stood there before, or came with something, is a suspect once it surely rises and does not settle: half as fast is enough."""
SOAK_S, SETTLED_S, LATE_FACTOR = 300.0, 1800.0, 1.5
"""What came, or may have come, soaks from its stop on, evenly at first: a rise counts where it gains; by a smaller factor where it began or
gains so long after, or has kept its pace for so long that soak would have settled."""
BOXED_S = 10.0
"""What was seen to be a landed box for so long came as one, whatever of it is still warm; unless it grows hotter or wider than it came."""
GROWN_BETWEEN = 1.5
"""Growth from look to look of a patrol, by sampling and gain never so much; one step of it may be something else that drove there."""


def weigh(
    track: Track, thermogram: Thermogram, context: Context, settings: DetectionSettings, now: float, dt_s: float, held: bool = False
) -> None:
    """Add `dt_s` of watching to the reasons of a track that was seen in this frame, and try the fast path.

    `held`: a replay repeats the picture, which says nothing about the course of anything.
    """
    drifting = drift(track, DRIFT_SPAN_S) > DRIFT_SIZES
    if drifting:
        track.last_drift_s = now
        track.life, track.end, track.visits = Life(), None, []
    ahead = DRIFT_SPAN_S / min(DRIFT_SPAN_S, max(1.0, track.age_s))
    stays = ahead * drift(track, DRIFT_SPAN_S) < STAND_SIZES
    standing = stays and track.age_s >= 1.0
    area, light, (grown, t_grown), (risen, t_risen), (spread, t_spread), kept, crept = course(track)
    whole = not at_edge(track.spot, thermogram.shape)
    clear = whole and track.spot.peak - max(track.spot.background, track.known_level) >= FLICKER_GATES * context.gate
    rise = track.spot.peak - track.spot.background
    plume = thermogram.kind != "relative" and any(track.samples[-1].area >= px and rise < k for px, k in PLUMES)
    flickering = standing and clear and not (held or context.bending or plume) and _flickers(area)
    licks = whole and standing and not held and track.end is not None and _flickers(track.end.flicker(now))
    flickering = flickering or licks
    spreads = whole and track.end is not None and (track.end.grown or licks)
    least = GROWTH if thermogram.kind != "relative" else GROWTH_RELATIVE
    growing = standing and not held and grown >= least and t_grown >= GROWTH_T and clear
    if not track.first_look and track.stood_s >= SPREAD_S and clear and not held:
        growing = growing or (grown >= SPREAD and spread >= SPREAD and min(t_grown, t_spread) >= SPREAD_T)
    pace = track.pace
    growing = growing and kept and not (crept or pace.settles)
    risen = 0.0 if pace.settles else risen
    arrived = track.travelled_sizes > ARRIVED_SIZES or (track.born_at_edge and track.travelled_sizes > DRIFT_SIZES)
    track.landed_s += dt_s if track.landed else 0.0
    whole_box = track.spot.peak - track.spot.background <= BOX_RISE * track.birth_rise and track.spot.area_px <= SAME_AREA * track.birth_px
    boxed = track.landed_s >= BOXED_S and whole_box
    since, came = since_it_stands(track, drifting), arrived or track.with_body or track.landed or boxed
    lively = max(track.held_for.get(reason, 0.0) for reason in OWN_WAY) >= LIVELY_S
    track.tame = not (held or lively) and (came or track.first_look or track.unwatched or bool(track.visits))
    beyond = fastpath.absolute(track, thermogram, settings)
    track.fast_path = fastpath.holds(track, beyond, now, settings) and not track.tame
    in_sight_s = now - (track.born_s if track.resumed_s is None else track.resumed_s)
    if not (came or track.first_look or held or crept or (track.may_glint and in_sight_s < GLINT_S)):
        flickering = flickering or (standing and clear and _glows(track, light, context))
    seen = track.seen >= 0.5 * track.looks
    soaked_s = max(track.known_since_s, track.last_drift_s) + SOAK_S
    late = pace.begun_s >= soaked_s or (pace.gains and now >= soaked_s) or now - pace.begun_s >= SETTLED_S
    burns_on = standing and seen and not held and pace.keeps and since >= (LATE_FACTOR if late else SOAK_FACTOR) and not crept
    burns_on = burns_on and (clear or spreads)
    if came or track.unwatched:
        burns_on = burns_on and (pace.gains or late)
    if came:
        growing = burns_on
    elif track.unwatched:
        growing = burns_on or (growing and pace.gains and seen)
    elif track.first_look:
        growing = burns_on or (growing and pace.keeps and seen)
    elif standing and clear and seen and not held and grown_since(track) >= GROWN_BETWEEN:
        growing = pace.keeps
    growing = growing or burns_on
    if track.visits and growing:
        growing = falls(track) is False
    track.excused = (came or track.unwatched or track.first_look) and not growing
    hotter = thermogram.kind != "relative" and risen >= (EXCUSED_RISE_SHARE if track.excused else 1.0) * RISE_K and t_risen >= GROWTH_T
    if track.end is not None:
        hotter = track.excused and track.end.factor >= END_FACTOR and not pace.settles
    reasons: dict[ReasonFor, bool] = {
        "hot": track.seen >= 2,
        "over_range": beyond and track.spot.over_range and stays,
        "absolute_limit": beyond and stays and not track.spot.over_range,
        "gain_collapse": track.with_step and not track.unwatched,
        "new": not track.first_look and standing and track.age_s >= NEW_S,
        "stationary": standing and track.age_s >= 2.0,
        "growing": growing,
        "rising": standing and hotter,
        "flickering": flickering,
        "lasting": standing
        and not (track.first_look or came or pace.settles or track.moved_in or crept)
        and since >= LASTING_SHARE
        and (_stayed(track, thermogram, context) if track.unwatched or track.visits else track.age_s >= LASTING_S),
    }
    counter: dict[ReasonAgainst, bool] = {
        "drifting": drifting,
        "arrived_warm": arrived and not drifting,
        "parked_vehicle": track.with_body,
        "landed": track.landed,
        "edge_entry": track.born_at_edge and track.travelled_sizes > DRIFT_SIZES,
        "many_alike": track.many_alike,
        "scene_change": track.scene_change,
        "mirror": track.mirrored,
        "glint": track.glints,
        "broad_heating": _broad(track, thermogram),
        "brief": track.looks >= 10 and not seen,
        "cooling": standing and grown <= -GROWTH and t_grown <= -GROWTH_T,
        "steady": standing
        and (track.first_look or came)
        and track.age_s >= 20.0
        and not (flickering or growing or hotter)
        and area.spread < 0.5 * VARIATION,
    }
    if track.many_alike and max(track.held_for.get(reason, 0.0) for reason in OWN_WAY) >= OWN_WAY_S:
        track.many_alike = False
        track.held_against.pop("many_alike", None)
    for reason, holds in reasons.items():
        slow = reason == "flickering" and not licks and (track.unwatched or track.visits)
        hold(track.held_for, reason, holds, PUFF_SHARE * dt_s if slow and holds else dt_s, FOR[reason])
    if growing or hotter or licks:
        track.held_against.pop("steady", None)
    for against, holds in counter.items():
        hold(track.held_against, against, holds, dt_s, AGAINST[against])


def total(
    track: Track, thermogram_kind: str, context: Context, without: frozenset[ReasonFor | ReasonAgainst] = frozenset()
) -> tuple[float, tuple[ReasonFor, ...], tuple[ReasonAgainst, ...]]:
    """Return (log-likelihood ratio in nats, reasons for, reasons against) as they stand."""
    groups: dict[str, float] = {}
    reasons = []
    for reason, held in track.held_for.items():
        if reason in without:
            continue
        weight = FOR[reason]
        gain = min(_cap(track, reason, weight.cap, thermogram_kind, context), weight.rate * held)
        groups[weight.group] = groups.get(weight.group, 0.0) + gain
        if gain > 0.2:
            reasons.append(reason)
    caps = GROUP_CAP
    spreads = track.end is not None and (track.end.grown or track.end.stirs)
    if track.first_look and thermogram_kind == "relative" and not spreads and track.spot.peak < context.brightest + context.gate:
        caps = {**GROUP_CAP, "course": FIRST_LOOK_NOT_HOTTEST}
    value = sum(min(caps[group], gain) for group, gain in groups.items())
    losses: dict[str, float] = {}
    against: list[ReasonAgainst] = []
    for counter, held in track.held_against.items():
        if counter in without:
            continue
        weight = AGAINST[counter]
        loss = min(weight.cap, weight.rate * held)
        losses[weight.group] = losses.get(weight.group, 0.0) + loss
        if loss > 0.2:
            against.append(counter)
    value -= sum(min(GROUP_CAP[group], loss) for group, loss in losses.items())
    for area in context.areas:
        value -= area.extra_evidence
        against.append("masked" if area.kind == "mask" else area.kind)
    if track.first_look:
        against.append("learning")
    return value, tuple(reasons), tuple(dict.fromkeys(against))


def _flickers(area: Variation) -> bool:
    """Tell whether an area varies as that of a flame does, beyond what the pixel grid makes."""
    over = area.spread - VARIATION, area.half - VARIATION_HALF, area.step - VARIATION_STEP
    return min(over) >= area.floor


def _glows(track: Track, light: Variation, context: Context) -> bool:
    """Tell whether a source too small for its area to be seen to vary varies in its light, beyond what noise and sampling make."""
    if track.spot.area_px > GLOW_PX:
        return False
    if context.hunting:
        return False
    noise = context.noise * float(np.sqrt(2.0 * track.spot.area_px + 8.0)) * light.floor
    return light.spread >= GLOW + 3.0 * noise and light.half >= GLOW_HALF + 2.0 * noise and light.step >= GLOW_STEP + 1.5 * noise


def _stayed(track: Track, thermogram: Thermogram, context: Context) -> bool:
    return track.age_s >= STAYED_S and is_strong(track, thermogram.kind, context)


def _cap(track: Track, reason: ReasonFor, cap: float, kind: str, context: Context) -> float:
    if track.first_look and reason in FIRST_LOOK_CAP:
        return FIRST_LOOK_CAP[reason]
    if reason == "hot" and context.learnt and burns_where_it_began(track, kind, context):
        return STRONG_GREY_CAP if kind == "relative" else STRONG_HOT_CAP
    if reason in BEYOND and track.tame:
        return TAME_CAP if track.first_look else 0.0
    if reason == "lasting" and (track.unwatched or track.visits):
        return STAYED_CAP
    if reason == "rising" and track.excused:
        return EXCUSED_RISE_CAP
    return cap


def _broad(track: Track, thermogram: Thermogram) -> bool:
    _, _, w, h = track.spot.box_px
    return w * h > 0.06 * thermogram.heat.size and not track.spot.over_range
