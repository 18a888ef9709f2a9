"""The true tour of one head as a discrete simulation: core's patrol orders, a head that takes time to turn, a person who takes it.

It stays for suspects and is lent to other heads' as in the daemon. The head is the simulator's, the decision that it stands is the camera
room's, both as the daemon uses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edged.camera.base import HeadStatus
from edged.camera.onvif.ptz import Arrival
from edged.camera.quirks.policies import Quirks
from edged.camera.settings import FleetSettings
from edged.core import patrol
from edged.core.patrol import Doing, Drop, HeadPlan, Hold, Order, Patrol, TurnTo
from edged.model.command import Glance
from edged.model.view import BlindCause, View, WatchPoint
from edged.simulator.head import Head, Position
from station.draws import LAW, Rng, even, log_even

HEADS_S = 0.2
"""How often the daemon lets time pass for its heads."""
POSE_S = 1.0
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Visit:
    """A view that stands from `from_s` on until `until_s`; `dropped`: why. `off_deg`: where the head really stands."""

    view: View
    from_s: float
    until_s: float
    dropped: BlindCause
    off_deg: tuple[float, float]


class Tour:
    """One head from `start_s` on. `step` runs it one beat on, up to `now_s`; `standing` is the visit that is on then."""

    def __init__(self, plan: HeadPlan, rng: Rng, start_s: float) -> None:
        self._plan, self._rng = plan, rng
        self._patrol = Patrol(plan, index=int(rng.integers(len(plan.stops))) - 1)
        stop = plan.stops[self._patrol.index % len(plan.stops)]
        self._head = Head.resting(Position(stop.pan_deg, stop.tilt_deg, 0.0))
        self.now_s = start_s + float(rng.uniform(0.0, stop.dwell_s))
        self._taken = taken(rng, start_s)
        self._held: tuple[View, float, tuple[float, float]] | None = None
        self._dropped: Visit | None = None
        self._answers: list[tuple[float, str, float]] = []

    def watch(self, points: tuple[WatchPoint, ...]) -> None:
        """Keep these directions out of the backgrounds of later views."""
        self._patrol = patrol.watched(self._patrol, points)

    def look(self, alarm_id: str, glance: Glance, longest_s: float) -> bool:
        """Lend the head for another head's suspect, where it is free."""
        lent = patrol.look(self._patrol, alarm_id, glance, longest_s, self.now_s)
        if lent is not None:
            self._dropped = self._do(lent) or self._dropped
        return lent is not None

    @property
    def doing(self) -> Doing:
        """What the head does."""
        return self._patrol.doing[0]

    @property
    def standing(self) -> Visit | None:
        """The visit that is on, as it ends within a beat where nothing lengthens it or breaks it off."""
        if self._held is None:
            return None
        view, from_s, off = self._held
        return Visit(view, from_s, from_s + self._patrol.dwell_s + HEADS_S, "moving", off)

    def visits(self, until_s: float) -> Iterator[Visit]:
        """Yield the visits that begin before `until_s`; one that a person or the end breaks off is shorter."""
        while self.now_s < until_s:
            if (visit := self.step()) is not None:
                yield visit
        if (visit := self.end(until_s)) is not None:
            yield visit

    def end(self, until_s: float) -> Visit | None:
        """Return the visit that is on at the end of time."""
        return self._ended("moving", until_s) if self._held is not None and self._held[1] < until_s else None

    def step(self) -> Visit | None:
        """Go on by one beat of the daemon's clock for heads, through what the fleet reports up to then. Returns a visit that ended."""
        self.now_s += HEADS_S
        done, self._dropped = self._dropped, None
        done = self._take() or done
        while self._answers and self._answers[0][0] <= self.now_s:
            _, request_id, settled_s = self._answers.pop(0)
            self._do(patrol.turned(self._patrol, request_id, True, settled_s, ""))
        return self._do(patrol.tick(self._patrol, self.now_s)) or done

    def _take(self) -> Visit | None:
        """Let a person move the head where it is their time; the fleet reads poses once a second."""
        if not self._taken or self.now_s < self._taken[0][0] or not self._plan.turns:
            return None
        stop = self._patrol.stop
        done = self._do(patrol.moved(self._patrol, stop.pan_deg + 30.0, stop.tilt_deg, True, True, self.now_s))
        if self.now_s + POSE_S >= self._taken[0][1]:
            self._taken.pop(0)
        return done

    def _do(self, result: tuple[Patrol, tuple[Order, ...]]) -> Visit | None:
        self._patrol, orders = result
        ended: Visit | None = None
        for order in orders:
            match order:
                case Hold(view):
                    off = self._rng.normal(0.0, float(LAW["heads"]["repeat_deg"]), 2)
                    self._held = (view, view.valid_from_mono_s, (float(off[0]), float(off[1])))
                case Drop(_, cause):
                    if self._held is not None:
                        ended = self._ended(cause, self.now_s)
                case TurnTo(request_id, stop):
                    self._turn(request_id, stop.pan_deg, stop.tilt_deg)
                case _:
                    pass
        return ended

    def _ended(self, cause: BlindCause, now_s: float) -> Visit:
        assert self._held is not None
        (view, since, off), self._held = self._held, None
        return Visit(view, since, now_s, cause, off)

    def _turn(self, request_id: str, pan_deg: float, tilt_deg: float) -> None:
        """Find when the fleet will say that the head stands: it polls while the head turns."""
        heads, fleet = LAW["heads"], FleetSettings()
        begin = self.now_s + even(self._rng, heads["order_s"])
        self._head = self._head.turn_to(begin, pan_deg, tilt_deg, None)
        arrival, asked = Arrival((pan_deg, tilt_deg), Quirks()), begin
        while asked < begin + fleet.turn_timeout_s:
            asked += fleet.moving_period_s
            answered = asked + even(self._rng, heads["call_s"])
            middle = (asked + answered) / 2.0
            at = self._head.at(middle)
            if arrival.feed(HeadStatus(at.pan_deg, at.tilt_deg, 0.0, None, middle)):
                self._answers = [(answered, request_id, middle)]
                return
            asked = answered
        raise AssertionError("a head of the law always arrives")


def taken(rng: Rng, start_s: float) -> list[tuple[float, float]]:
    """Return when somebody moves the head, (from, until) in order."""
    law = LAW["heads"]["taken"]
    end = float(LAW["horizon_s"])
    count = int(rng.poisson(float(law["per_day"]) * (end - start_s) / DAY_S))
    begins = np.sort(rng.uniform(start_s, end, count))
    return [(float(t), float(t) + log_even(rng, law["last_s"])) for t in begins]


def period_s(plan: HeadPlan, rng: Rng) -> float:
    """Return how long one round of the tour takes, visits and turns."""
    tour = Tour(plan, rng, 0.0)
    starts = [visit.from_s for visit in tour.visits(100.0 * len(plan.stops)) if visit.view.view_id == plan.stops[0].view_id]
    return float(np.median(np.diff(starts))) if len(starts) > 2 else 0.0
