"""Where one head looks next. Pure: what the fleet reports goes in, what the head and its eye are to do comes out.

A head is never fought over: a movement that edged did not order is yielded to, and taken back after `foreign_idle_s` in at most two tries
before a fault is told. Frames count only between `Hold` and `Drop`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from edged.geometry.lens import separation_deg
from edged.model.aim import Beacon
from edged.model.calendar import ALWAYS
from edged.model.lens import IDEAL, Lens
from edged.model.view import HeadPolygon, View, WatchPoint

SAME_VIEW_DEG = 0.3
"""A held head that reports a pose farther than this from its view was moved by somebody."""
MAX_TRIES = 2


@dataclass(frozen=True, slots=True)
class PatrolStop:
    """One direction of a tour, in head angles or by the camera's preset; `dwell_s` is how long it is watched.

    `hfov_deg`, `lens`: as the settings have them; what the camera reports on arrival stands for them.
    """

    view_id: str
    pan_deg: float
    tilt_deg: float
    hfov_deg: float
    dwell_s: float
    preset: str | None = None
    areas: tuple[HeadPolygon, ...] = ()
    lens: Lens = IDEAL
    beacons: tuple[Beacon, ...] = ()
    commission_id: str = ""


@dataclass(frozen=True, slots=True)
class HeadPlan:
    """The tour of one head. `turns` false: a fixed lens, whose only stop is held for ever."""

    camera_id: str
    stops: tuple[PatrolStop, ...]
    turns: bool
    foreign_idle_s: float = 60.0
    arrive_timeout_s: float = 25.0
    pause_s: float = 10.0


@dataclass(frozen=True, slots=True)
class TurnTo:
    """Turn the head to this stop; `request_id` comes back with the answer."""

    request_id: str
    stop: PatrolStop


@dataclass(frozen=True, slots=True)
class Hold:
    """Tell the eye that the view stands."""

    view: View


@dataclass(frozen=True, slots=True)
class Drop:
    """Tell the eye that what it sees from now on is blind time."""

    generation: int
    cause: Literal["moving", "head_taken", "no_view", "maintenance"]


@dataclass(frozen=True, slots=True)
class HeadFault:
    """A head that does not arrive: its bearings are not used."""

    camera_id: str
    message: str
    zh: str


Order = TurnTo | Hold | Drop | HeadFault


@dataclass(frozen=True, slots=True)
class Patrol:
    """The state of one head's tour."""

    plan: HeadPlan
    phase: Literal["idle", "turning", "held", "yielded", "paused"] = "idle"
    index: int = -1
    generation: int = 0
    since_mono_s: float = float("-inf")
    tries: int = 0
    watch: tuple[WatchPoint, ...] = ()
    seen: tuple[float, Lens] | None = None
    """Field of view and lens that the camera reported for the present stop."""
    local: datetime | None = None
    """The station's local time, by which areas with hours count; None: unknown, they do not."""
    view: View | None = None
    """The view that is held, None while none is."""

    @property
    def request_id(self) -> str:
        """The reference of the turn that is under way."""
        return f"{self.plan.camera_id}/{self.generation}/{self.tries}"

    @property
    def stop(self) -> PatrolStop:
        """The stop that is held or turned to."""
        return self.plan.stops[self.index % len(self.plan.stops)]


def tick(patrol: Patrol, now_mono_s: float) -> tuple[Patrol, tuple[Order, ...]]:
    """Let time pass."""
    plan, waited_s = patrol.plan, now_mono_s - patrol.since_mono_s
    if not plan.stops:
        return patrol, ()
    if patrol.phase == "idle":
        if not plan.turns:
            return _hold(replace(patrol, index=0), now_mono_s)
        return _turn(replace(patrol, index=(patrol.index + 1) % len(plan.stops), tries=0), now_mono_s)
    if patrol.phase == "held" and plan.turns and len(plan.stops) > 1 and waited_s >= patrol.stop.dwell_s:
        return _turn(replace(patrol, index=(patrol.index + 1) % len(plan.stops), tries=0), now_mono_s)
    if patrol.phase == "turning" and waited_s >= plan.arrive_timeout_s:
        return _missed(patrol, now_mono_s, f"no arrival in {plan.arrive_timeout_s:.0f} s")
    if patrol.phase == "yielded" and waited_s >= plan.foreign_idle_s:
        return _turn(replace(patrol, tries=0), now_mono_s)
    if patrol.phase == "paused" and waited_s >= plan.pause_s:
        return _turn(replace(patrol, index=(patrol.index + 1) % len(plan.stops), tries=0), now_mono_s)
    return patrol, ()


def turned(
    patrol: Patrol, request_id: str, arrived: bool, settled_mono_s: float, reason: str, seen: tuple[float, Lens] | None = None
) -> tuple[Patrol, tuple[Order, ...]]:
    """Take the fleet's answer to a turn; an answer to an older turn is dropped. `seen`: see `Patrol`."""
    if patrol.phase != "turning" or request_id != patrol.request_id:
        return patrol, ()
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
        return replace(patrol, phase="yielded", since_mono_s=now_mono_s), (Drop(patrol.generation, "head_taken"),)
    if patrol.phase == "yielded" and (foreign or moving):
        return replace(patrol, since_mono_s=now_mono_s), ()
    return patrol, ()


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
    """Begin the present stop again: its camera was not there to hear the order."""
    return replace(patrol, phase="idle", index=max(patrol.index - 1, -1), tries=0) if patrol.phase == "turning" else patrol


def _turn(patrol: Patrol, now_mono_s: float) -> tuple[Patrol, tuple[Order, ...]]:
    on = replace(patrol, phase="turning", generation=patrol.generation + 1, since_mono_s=now_mono_s, seen=None)
    return on, (Drop(on.generation, "moving"), TurnTo(on.request_id, on.stop))


def _hold(patrol: Patrol, from_mono_s: float) -> tuple[Patrol, tuple[Order, ...]]:
    held = replace(patrol, phase="held", generation=patrol.generation + 1, since_mono_s=from_mono_s, tries=0)
    stop = held.stop
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
    )
    return replace(held, view=view), (Hold(view),)


def _missed(patrol: Patrol, now_mono_s: float, reason: str) -> tuple[Patrol, tuple[Order, ...]]:
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
