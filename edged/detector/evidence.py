"""What speaks for and against a fire, in nats per second of watching, capped by common cause.

Each reason that holds gains at its rate up to its cap and fades at a quarter of its rate when it ceases. Sums are per group of common
cause, because heat seen in many frames is still one observation of heat. Scale: core calls 2.3 a suspect, 4.6 a pre-alarm and
9.2 = ln((1−β)/α) an alarm. So heat alone, newness alone or both together never alarm; growth or sustained variation of a standing
source do, an absolute limit with one of them or of what began before the lens, and a strong new standing source in a learnt view.
"""

from __future__ import annotations

from edged.detector import fastpath, flicker, growth, posture
from edged.detector.course import course
from edged.detector.settings import DetectionSettings
from edged.detector.strength import Context, burns_where_it_began, climbs, since_it_stands, stands_out
from edged.detector.track import Track
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
PUFF_SHARE = 0.15
"""A puff of a plume stays in the span that flicker is read from; what a head finds that comes and goes must flicker longer, in one look."""
EXCUSED_RISE_CAP = 0.6
STEADY_S, STEADY_SHARE = 20.0, 0.5
"""What is watched for so long and varies by less than this share of a flame's is steady."""


def weigh(
    track: Track, thermogram: Thermogram, context: Context, settings: DetectionSettings, now: float, dt_s: float, held: bool = False
) -> None:
    """Add `dt_s` of watching to the reasons of a track that was seen in this frame, and try the fast path.

    `held`: a replay repeats the picture.
    """
    stance = posture.take(track, thermogram, context, now, dt_s, held=held)
    standing, came = stance.standing, stance.came
    since = since_it_stands(track, moves=stance.drifting or (stance.creeps and track.crept))
    flickering, licks = flicker.look(track, thermogram, context, stance, now)
    growing = growth.grows(track, thermogram, stance, since, now, licks=licks)
    track.excused = (came or track.unwatched or track.first_look or track.crept or track.moved_in is True) and not growing
    hotter = growth.rises(track, thermogram, stance)
    climbing = not (held or stance.drifting) and climbs(track)
    track.climbed_s = 0.0 if stance.drifting else track.climbed_s + dt_s * climbing
    lively = max(track.held_for.get(reason, 0.0) for reason in OWN_WAY) >= LIVELY_S
    track.tame = not (held or lively) and (came or track.works or track.first_look or track.unwatched or bool(track.visits))
    beyond = fastpath.absolute(track, thermogram, settings)
    track.fast_path = fastpath.holds(track, beyond, now, settings) and not track.tame
    grown, t_grown = course(track).excess
    ended = thermogram.kind == "relative" and track.spot.peak >= context.end
    causes = track.took_scale and context.foremost
    reasons: dict[ReasonFor, bool] = {
        "hot": track.seen >= 2,
        "over_range": beyond and track.spot.over_range and stance.stays,
        "absolute_limit": beyond and stance.stays and not track.spot.over_range,
        "gain_collapse": track.with_step and not track.unwatched,
        "new": not track.first_look and standing and track.age_s >= NEW_S,
        "stationary": standing and track.age_s >= 2.0,
        "growing": growing,
        "rising": hotter,
        "flickering": flickering,
        "lasting": standing
        and not (track.first_look or came or track.pace.settles or track.moved_in or track.crept or track.unlearnt or stance.creeps)
        and stance.over >= context.gate
        and since >= LASTING_SHARE
        and (_stayed(track, thermogram, context) if track.unwatched or track.visits else track.age_s >= LASTING_S),
    }
    counter: dict[ReasonAgainst, bool] = {
        "drifting": stance.drifting,
        "arrived_warm": stance.arrived and not stance.drifting,
        "parked_vehicle": track.with_body,
        "landed": track.landed,
        "edge_entry": track.born_at_edge and track.travelled_sizes > posture.DRIFT_SIZES,
        "many_alike": track.many_alike and not causes,
        "scene_change": track.scene_change and not causes,
        "mirror": track.mirrored,
        "glint": track.glints,
        "broad_heating": _broad(track, thermogram),
        "brief": track.looks >= 10 and not stance.seen,
        "cooling": standing and not ended and grown <= -growth.GROWTH and t_grown <= -growth.GROWTH_T,
        "steady": standing
        and (track.first_look or came)
        and track.age_s >= STEADY_S
        and not (flickering or growing or hotter or climbing)
        and course(track).area.spread < STEADY_SHARE * flicker.VARIATION,
    }
    if track.many_alike and max(track.held_for.get(reason, 0.0) for reason in OWN_WAY) >= OWN_WAY_S:
        track.goes_its_own_way()
    for reason, holds in reasons.items():
        slow = reason == "flickering" and not licks and (track.unwatched or track.visits)
        hold(track.held_for, reason, holds, PUFF_SHARE * dt_s if slow and holds else dt_s, FOR[reason])
    if growing or hotter or licks or climbing:
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
    if track.first_look and thermogram_kind == "relative" and not track.spreads and track.spot.peak < context.brightest + context.gate:
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


def _stayed(track: Track, thermogram: Thermogram, context: Context) -> bool:
    return track.age_s >= STAYED_S and stands_out(track, thermogram.kind, context)


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
