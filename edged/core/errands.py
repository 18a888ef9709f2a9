"""Stops out of turn and longer visits, for suspects: what they may take, which comes next, what they took. Pure; `patrol` carries them out.

No stop of the tour is ever left out: between two errands lies a whole stop, and the account bounds what all of them take.
"""

from __future__ import annotations

from dataclasses import replace

from edged.core.stops import PatrolStop
from edged.core.touring import Errand, Patrol
from edged.model.command import Glance

AGAIN_S = 30.0
"""A view with a suspect is seen again after the next stop, or in the middle of that one after so many seconds."""
TURN_S = 4.0
"""What a turn is thought to cost before it is made; what it did cost is what is counted."""


def counted(patrol: Patrol, now_mono_s: float) -> Patrol:
    """Keep the account up to now: a share of the tour's time goes in, what suspects took of it comes out."""
    last, plan = patrol.counted_mono_s, patrol.plan
    if last is not None and now_mono_s <= last:
        return patrol
    patrol = replace(patrol, counted_mono_s=now_mono_s)
    if last is None or not plan.turns or patrol.phase not in ("turning", "held"):
        return patrol
    passed_s, over_s, took = now_mono_s - last, 0.0, frozenset[str]()
    if patrol.errand is not None:
        over_s, took = passed_s, frozenset() if patrol.errand.by == "verification" else patrol.suspects(patrol.stop)
    elif patrol.phase == "held" and len(plan.stops) > 1 and (took := patrol.suspects(patrol.stop)):
        over_s = min(passed_s, max(0.0, now_mono_s - patrol.since_mono_s - patrol.dwell_s))
    known = {point.alarm_id for point in patrol.watch if point.open}
    account = patrol.account.passed(passed_s - over_s, plan.linger_share, None, known)
    return replace(patrol, account=account.passed(over_s, plan.linger_share, took, known) if over_s > 0.0 else account)


def stays(patrol: Patrol, stayed_s: float) -> bool:
    """Tell whether a visit goes on for the sake of a suspect that has not had its time, its part left to those of other views."""
    mine = patrol.suspects(patrol.stop)
    if not patrol.is_new(mine):
        return False
    had_s = max(patrol.account.had_s(mine) - stayed_s, 0.0)
    others = [patrol.suspects(stop) - mine for stop in patrol.plan.stops if stop.view_id != patrol.stop.view_id]
    rivals = sum(patrol.is_new(theirs) and patrol.account.had_s(theirs) <= had_s for theirs in others)
    left_s = patrol.account.left_s
    return left_s > 0.0 and stayed_s < (left_s + stayed_s) / (1 + rivals)


def back_to(patrol: Patrol, just_seen: str) -> Errand | None:
    """Return the view with a suspect that waited longest, new ones first, where it is neither just seen nor next, and can be paid.

    A suspect that just had its time counts as new once more, so that the first way back to it may be paid from the reserve.
    """
    due: list[tuple[bool, float, int, PatrolStop]] = []
    following = patrol.plan.stops[patrol.index % len(patrol.plan.stops)].view_id
    for number, stop in enumerate(patrol.plan.stops):
        if stop.view_id in (just_seen, following) or not (inside := patrol.suspects(stop)):
            continue
        new = patrol.account.had_s(inside) < patrol.plan.linger_s + TURN_S
        if patrol.account.affords(min(stop.dwell_s, AGAIN_S) + TURN_S, new=new):
            due.append((not new, patrol.left.get(stop.view_id, float("-inf")), number, stop))
    if not due or patrol.plan.linger_s <= 0.0:
        return None
    stop = min(due, key=lambda one: one[:3])[3]
    return Errand("patrol", stop, min(stop.dwell_s, AGAIN_S))


def glanced(patrol: Patrol, alarm_id: str, glance: Glance, longest_s: float) -> PatrolStop | None:
    """Return where a glance goes. A passing view has a name that no other direction ever had, and none of the settings can have."""
    plan = patrol.plan
    if not plan.turns or not plan.stops:
        return None
    if glance.view_id is not None:
        return next((stop for stop in plan.stops if stop.view_id == glance.view_id), None)
    name, areas = f"@{alarm_id[-8:]}-{patrol.generation + 1}", plan.stops[0].areas
    return PatrolStop(name, glance.pan_deg, glance.tilt_deg, glance.hfov_deg, longest_s, areas=areas, lens=glance.lens, passing=True)
