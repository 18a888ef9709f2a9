"""Every lookout's tour, joined to its eye and to the fleet.

Patrol's orders become messages; reports become patrol's inputs and core's events.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo

from edged.clock import Clock
from edged.core import patrol
from edged.core.patrol import Drop, HeadFault, HeadPlan, Hold, Order, Patrol, TurnTo
from edged.messages import DropView, HoldView, Message, Turn, Turned
from edged.model.command import SecondLook, WatchOn
from edged.model.event import Event, HeadLent, HeadMoved, HealthChanged, Noticed, ViewHeld
from edged.model.health import RUNGS

log = logging.getLogger("edged.heads")
AREAS_S = 20.0
"""How often the clock is looked at for the areas of the views that are held."""


class Heads:
    """The heads of the station. Runs in the loop's thread; `to_eye(camera_id, message)` and `to_fleet(message)` must not block."""

    def __init__(
        self,
        clock: Clock,
        to_eye: Callable[[str, Message], None],
        to_fleet: Callable[[Message], None],
        post: Callable[[Event], None],
        tz: tzinfo = UTC,
        stands: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        """`tz`: the station's time zone, by which areas with hours count. `stands(camera_id, alarm_id)`: a lent head has arrived."""
        self.tz, self._stands = tz, stands
        self._clock, self._to_eye, self._to_fleet, self._post = clock, to_eye, to_fleet, post
        self._areas_mono_s = float("-inf")
        self._tours: dict[str, Patrol] = {}
        self._answering: set[str] = set()

    def set_plans(self, plans: Iterable[HeadPlan]) -> None:
        """Take new tours: an unchanged head goes on undisturbed, a changed one starts over, a head that left is forgotten."""
        wanted = {plan.camera_id: plan for plan in plans}
        for camera_id in [c for c in self._tours if c not in wanted]:
            del self._tours[camera_id]
        for camera_id, plan in wanted.items():
            known = self._tours.get(camera_id)
            if known is None:
                self._tours[camera_id] = Patrol(plan, local=self._local())
            elif known.plan != plan:
                self._tours[camera_id] = Patrol(plan, generation=known.generation + 1, watch=known.watch, local=self._local())
                self._to_eye(camera_id, DropView(known.generation + 1, "no_view"))

    def tick(self) -> None:
        """Let time pass for every head."""
        now = self._clock().mono_s
        if now - self._areas_mono_s >= AREAS_S:
            self._areas_mono_s = now
            local = self._local()
            for camera_id, tour in self._tours.items():
                self._do(camera_id, patrol.at(tour, local))
        for camera_id, tour in self._tours.items():
            if camera_id in self._answering or not tour.plan.turns:
                self._do(camera_id, patrol.tick(tour, now))

    def health(self, event: HealthChanged) -> None:
        """A head is turned only while its camera answers; an order that went into the void is given again."""
        camera_id, rung = event.health.camera_id, event.health.rung
        if RUNGS.index(rung) < RUNGS.index("login_ok"):
            self._answering.discard(camera_id)
        elif camera_id not in self._answering:
            self._answering.add(camera_id)
            if tour := self._tours.get(camera_id):
                self._tours[camera_id] = patrol.afresh(tour)

    def turned(self, answer: Turned) -> None:
        """Take the fleet's answer to a turn."""
        if tour := self._tours.get(answer.camera_id):
            seen = (answer.hfov_deg, answer.lens) if answer.hfov_deg is not None and answer.lens is not None else None
            reason = answer.reason or "no reason"
            self._do(answer.camera_id, patrol.turned(tour, answer.request_id, answer.arrived, answer.settled_mono_s, reason, seen))

    def moved(self, event: HeadMoved) -> None:
        """Take a pose that the fleet read."""
        if tour := self._tours.get(event.camera_id):
            now = self._clock().mono_s
            pose = event.pose
            self._do(event.camera_id, patrol.moved(tour, pose.pan_deg, pose.tilt_deg, event.moving, event.by == "foreign", now))

    def taken(self, camera_id: str) -> None:
        """Yield a head to an operator, whatever it does; the tour takes it back when nobody has moved it for `foreign_idle_s`."""
        if tour := self._tours.get(camera_id):
            self._do(camera_id, patrol.taken(tour, self._clock().mono_s))

    def second_look(self, order: SecondLook) -> None:
        """Lend the first head that is free for another head's suspect; an order that comes twice turns no second one."""
        if any(tour.errand is not None and tour.errand.alarm_id == order.alarm_id for tour in self._tours.values()):
            return
        now = self._clock().mono_s
        for glance in order.glances:
            tour = self._tours.get(glance.camera_id)
            if tour is None or glance.camera_id not in self._answering:
                continue
            if (lent := patrol.look(tour, order.alarm_id, glance, order.longest_s, now)) is not None:
                log.info("head %s is turned to alarm %s", glance.camera_id, order.alarm_id, extra={"alarm_id": order.alarm_id})
                self._post(HeadLent(glance.camera_id, order.alarm_id))
                self._do(glance.camera_id, lent)
                return
        names = ", ".join(glance.camera_id for glance in order.glances)
        log.debug("no head is free to look at alarm %s: %s", order.alarm_id, names, extra={"alarm_id": order.alarm_id})

    def lent_to(self, alarm_id: str) -> str | None:
        """Return the head that looks at another head's alarm now."""
        tours = self._tours.items()
        return next((c for c, tour in tours if tour.phase == "held" and tour.errand is not None and tour.errand.alarm_id == alarm_id), None)

    def shown(self) -> dict[str, dict[str, object]]:
        """Return what each head does, in which view and for which alarms, for `edged status`."""
        found: dict[str, dict[str, object]] = {}
        for camera_id, tour in self._tours.items():
            if tour.plan.stops:
                doing, alarm_ids = tour.doing
                found[camera_id] = {"doing": doing, "view_id": tour.stop.view_id, "alarm_ids": list(alarm_ids)}
        return found

    def eye_started(self, camera_id: str) -> None:
        """Give a new eye the view that stands, with the open suspects in `watch`."""
        if tour := self._tours.get(camera_id):
            self._do(camera_id, patrol.again(tour, self._clock().mono_s))

    def watch(self, order: WatchOn) -> None:
        """Keep these directions out of the head's backgrounds, from now on and in later views."""
        if tour := self._tours.get(order.camera_id):
            self._tours[order.camera_id] = patrol.watched(tour, order.points)
        self._to_eye(order.camera_id, order)

    def _local(self) -> datetime:
        return self._clock().utc.astimezone(self.tz)

    def _do(self, camera_id: str, result: tuple[Patrol, tuple[Order, ...]]) -> None:
        self._tours[camera_id], orders = result
        for order in orders:
            match order:
                case Hold(view):
                    self._to_eye(camera_id, HoldView(view))
                    self._post(ViewHeld(view))
                    if (errand := self._tours[camera_id].errand) is not None and errand.alarm_id:
                        self._stands(camera_id, errand.alarm_id)
                case Drop(generation, cause):
                    self._to_eye(camera_id, DropView(generation, cause))
                case TurnTo(request_id, stop, by):
                    if stop.preset is not None:
                        self._to_fleet(Turn(request_id, camera_id, by, preset=stop.preset))
                    else:
                        self._to_fleet(Turn(request_id, camera_id, by, stop.pan_deg, stop.tilt_deg, stop.hfov_deg))
                case HeadFault(name, message, _):
                    log.error("%s", message)
                    self._post(Noticed("camera", "stuck_head", message, 2, {"camera_id": name}))
