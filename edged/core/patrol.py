"""Where one head looks next. Pure: what the fleet reports goes in, what the head and its eye are to do comes out.

A head is never fought over: a movement that edged did not order is yielded to, and taken back after `foreign_idle_s` in at most two tries
before a fault is told. Frames count only between `Hold` and `Drop`. A view with a suspect is held longer and seen again soon, another
head's suspect is looked at for a while; both are paid from one account (`linger`), and no stop of the tour is ever left out for them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from edged.core import errands
from edged.core.stops import HeadPlan, PatrolStop
from edged.core.touring import Doing, Drop, Errand, HeadFault, Hold, Order, Patrol, TurnTo
from edged.geometry.lens import separation_deg
from edged.model.calendar import ALWAYS
from edged.model.command import Glance
from edged.model.lens import Lens
from edged.model.view import HeadPolygon, View, WatchPoint

__all__ = [
    "Doing", "Drop", "Errand", "HeadFault", "HeadPlan", "Hold", "Order", "Patrol", "PatrolStop", "TurnTo", "afresh", "again", "at",
    "look", "moved", "taken", "tick", "turned", "watched",
]  # fmt: skip

SAME_VIEW_DEG = 0.3
"""A held head that reports a pose farther than this from its view was moved by somebody."""
MAX_TRIES = 2
LEAST_REST_S = 2.0
"""Less than this of a visit is not gone back for."""


def tick(patrol: Patrol, now_mono_s: float) -> tuple[Patrol, tuple[Order, ...]]:
    """Let time pass."""
    plan = patrol.plan
    if not plan.stops:
        return patrol, ()
    patrol = errands.counted(patrol, now_mono_s)
    waited_s = now_mono_s - patrol.since_mono_s
    match patrol.phase:
        case "idle" if not plan.turns:
            return _hold(replace(patrol, index=0), now_mono_s)
        case "idle":
            return _turn(_onward(patrol), now_mono_s)
        case "held" if plan.turns:
            return _held(patrol, now_mono_s)
        case "turning" if waited_s >= plan.arrive_timeout_s:
            return _missed(patrol, now_mono_s, f"no arrival in {plan.arrive_timeout_s:.0f} s")
        case "yielded" if waited_s >= plan.foreign_idle_s:
            return _turn(replace(patrol, tries=0), now_mono_s)
        case "paused" if waited_s >= plan.pause_s:
            return _turn(_onward(patrol), now_mono_s)
    return patrol, ()


def turned(
    patrol: Patrol, request_id: str, arrived: bool, settled_mono_s: float, reason: str, seen: tuple[float, Lens] | None = None
) -> tuple[Patrol, tuple[Order, ...]]:
    """Take the fleet's answer to a turn; an answer to an older turn is dropped. `seen`: see `Patrol`."""
    if patrol.phase != "turning" or request_id != patrol.request_id:
        return patrol, ()
    patrol = errands.counted(patrol, settled_mono_s)
    if arrived:
        return _hold(replace(patrol, seen=seen), settled_mono_s)
    return _missed(patrol, settled_mono_s, reason)


def moved(
    patrol: Patrol, pan_deg: float, tilt_deg: float, moving: bool, foreign: bool, now_mono_s: float
) -> tuple[Patrol, tuple[Order, ...]]:
    """Take a reported pose: a movement nobody here ordered is yielded to."""
    if not patrol.plan.turns or patrol.phase not in ("held", "yielded", "paused"):
        return patrol, ()
    stop = patrol.stop
    away = stop.preset is None and separation_deg(pan_deg, tilt_deg, stop.pan_deg, stop.tilt_deg) > SAME_VIEW_DEG
    if patrol.phase == "held" and (foreign or moving or away):
        return taken(patrol, now_mono_s)
    if patrol.phase == "yielded" and (foreign or moving):
        return replace(patrol, since_mono_s=now_mono_s), ()
    return patrol, ()


def taken(patrol: Patrol, now_mono_s: float) -> tuple[Patrol, tuple[Order, ...]]:
    """Yield to a person, whatever is under way; a turn's late answer and a lease for a suspect count no more."""
    if not patrol.plan.turns or not patrol.plan.stops:
        return patrol, ()
    on = replace(errands.counted(patrol, now_mono_s), phase="yielded", since_mono_s=now_mono_s, errand=None, index=max(patrol.index, 0))
    return on, (Drop(on.generation, "head_taken"),)


def look(patrol: Patrol, alarm_id: str, glance: Glance, longest_s: float, now_mono_s: float) -> tuple[Patrol, tuple[Order, ...]] | None:
    """Lend the head for another head's suspect: it looks there for `longest_s` at most and goes on where it was.

    None where it is not free: it stares, yields, is out of order, looks at a suspect already, or has no seconds left for it.
    """
    patrol = errands.counted(patrol, now_mono_s)
    held = patrol.phase == "held"
    stop = errands.glanced(patrol, alarm_id, glance, longest_s)
    busy = patrol.errand is not None or patrol.tries > 0 or (held and patrol.is_new(patrol.suspects(patrol.stop)))
    if stop is None or busy or not (held or patrol.phase == "turning") or not patrol.account.affords(longest_s, new=True):
        return None
    lease = Errand("verification", stop, longest_s, alarm_id)
    if stop.view_id == patrol.stop.view_id:
        return replace(_onward(patrol), errand=replace(lease, until_mono_s=now_mono_s + longest_s if held else None)), ()
    if held:
        rest_s = patrol.dwell_s - (now_mono_s - patrol.since_mono_s)
        patrol = replace(patrol, rest_s=rest_s) if rest_s >= LEAST_REST_S else _onward(patrol)
    return _turn(replace(patrol, errand=lease, tries=0), now_mono_s)


def at(patrol: Patrol, local: datetime) -> tuple[Patrol, tuple[Order, ...]]:
    """Take the local time. Where other areas count from now on, the view that is held is told anew under its own generation."""
    patrol = replace(patrol, local=local)
    view = patrol.view
    if view is None or patrol.phase != "held" or (areas := applying(patrol.stop.areas, local)) == view.areas:
        return patrol, ()
    renewed = replace(view, areas=areas, watch=patrol.watch)
    return replace(patrol, view=renewed), (Hold(renewed),)


def applying(areas: tuple[HeadPolygon, ...], local: datetime | None) -> tuple[HeadPolygon, ...]:
    """Return the areas that count at a local time, without their calendars."""
    return tuple(replace(area, when=ALWAYS) for area in areas if area.when.holds(local))


def watched(patrol: Patrol, points: tuple[WatchPoint, ...]) -> Patrol:
    """Remember the directions that views of this head must keep out of their background."""
    return replace(patrol, watch=points)


def again(patrol: Patrol, now_mono_s: float) -> tuple[Patrol, tuple[Order, ...]]:
    """Hold the same view anew after its eye was replaced; nothing while the head turns."""
    return _hold(patrol, now_mono_s) if patrol.phase == "held" else (patrol, ())


def afresh(patrol: Patrol) -> Patrol:
    """Begin the present stop again: its camera was not there to hear the order. A lease is over then."""
    if patrol.phase != "turning":
        return patrol
    return replace(patrol, phase="idle", index=max(patrol.index - 1, -1), tries=0, errand=None)


def _held(patrol: Patrol, now_mono_s: float) -> tuple[Patrol, tuple[Order, ...]]:
    errand, waited_s = patrol.errand, now_mono_s - patrol.since_mono_s
    if errand is not None and errand.by == "verification":
        over = errand.until_mono_s is None or now_mono_s >= errand.until_mono_s
        return _turn(replace(patrol, errand=None, tries=0), now_mono_s) if over else (patrol, ())
    if errand is None and len(patrol.plan.stops) == 1:
        return patrol, ()
    rest_s = patrol.dwell_s - waited_s
    if rest_s > 0.0:
        early = errand is None and waited_s >= errands.AGAIN_S and rest_s >= LEAST_REST_S
        if early and (back := errands.back_to(patrol, patrol.stop.view_id)) is not None:
            return _turn(replace(patrol, errand=back, rest_s=rest_s, tries=0), now_mono_s)
        return patrol, ()
    if errands.stays(patrol, -rest_s):
        return patrol, ()
    patrol = replace(patrol, left={**patrol.left, patrol.stop.view_id: now_mono_s})
    if errand is not None:
        return _turn(replace(patrol, errand=None, tries=0), now_mono_s)
    on = _onward(patrol)
    return _turn(replace(on, errand=errands.back_to(on, patrol.stop.view_id)), now_mono_s)


def _onward(patrol: Patrol) -> Patrol:
    """Return the tour with its next stop to come, whole."""
    return replace(patrol, index=(patrol.index + 1) % len(patrol.plan.stops), rest_s=None, errand=None, tries=0)


def _turn(patrol: Patrol, now_mono_s: float) -> tuple[Patrol, tuple[Order, ...]]:
    on = replace(patrol, phase="turning", generation=patrol.generation + 1, since_mono_s=now_mono_s, seen=None)
    return on, (Drop(on.generation, "moving"), TurnTo(on.request_id, on.stop, on.errand.by if on.errand is not None else "patrol"))


def _hold(patrol: Patrol, from_mono_s: float) -> tuple[Patrol, tuple[Order, ...]]:
    held = replace(patrol, phase="held", generation=patrol.generation + 1, since_mono_s=from_mono_s, tries=0)
    stop, errand = held.stop, held.errand
    if errand is not None and errand.until_mono_s is None:
        held = replace(held, errand=replace(errand, until_mono_s=from_mono_s + errand.longest_s))
    hfov_deg, lens = held.seen or (stop.hfov_deg, stop.lens)
    view = View(
        patrol.plan.camera_id,
        stop.view_id,
        held.generation,
        stop.pan_deg,
        stop.tilt_deg,
        hfov_deg,
        from_mono_s,
        applying(stop.areas, patrol.local),
        patrol.watch,
        lens,
        stop.beacons,
        stop.commission_id,
        stop.passing,
        stop.aloft_deg,
    )
    return replace(held, view=view), (Hold(view),)


def _missed(patrol: Patrol, now_mono_s: float, reason: str) -> tuple[Patrol, tuple[Order, ...]]:
    if patrol.errand is not None:
        return _turn(replace(patrol, errand=None, tries=0), now_mono_s)
    if patrol.tries + 1 < MAX_TRIES:
        return _turn(replace(patrol, tries=patrol.tries + 1), now_mono_s)
    name, stop = patrol.plan.camera_id, patrol.stop
    fault = HeadFault(
        name,
        f"camera {name}: the head did not reach view {stop.view_id} in {MAX_TRIES} tries ({reason}): look whether it is blocked, "
        f"whether its park action or a tour of its own is on, and try `edged probe {name}`",
        f"摄像机 {name}: 云台{MAX_TRIES}次未到达视图 {stop.view_id} ({reason}): "
        f"请检查是否卡住、自身守望或巡航是否开启, 然后运行 edged probe {name}",
    )
    return replace(patrol, phase="paused", since_mono_s=now_mono_s), (fault,)
