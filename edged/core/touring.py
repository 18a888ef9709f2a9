"""The state of one head's tour, and what it orders. Values only; `patrol` moves from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from edged.core.linger import Account
from edged.core.stops import HeadPlan, PatrolStop
from edged.model.lens import Lens
from edged.model.view import View, WatchPoint

Doing = Literal["patrol", "stays", "looks_again", "verifies", "yields", "stuck", "stares"]


@dataclass(frozen=True, slots=True)
class TurnTo:
    """Turn the head to this stop; `request_id` comes back with the answer."""

    request_id: str
    stop: PatrolStop
    by: Literal["patrol", "verification"] = "patrol"


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
class Errand:
    """A stop out of turn, held for `longest_s`: a suspect of this head is looked at again, or (a lease) another head's is verified."""

    by: Literal["patrol", "verification"]
    stop: PatrolStop
    longest_s: float
    alarm_id: str = ""
    until_mono_s: float | None = None


@dataclass(frozen=True, slots=True)
class Patrol:
    """The state of one head's tour. `index`: the stop of the tour that is held or comes next; `rest_s`: what is left of its visit.

    `left`: when each view was last left. `counted_mono_s`: up to when the account is kept.
    """

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
    errand: Errand | None = None
    rest_s: float | None = None
    account: Account = field(default_factory=Account)
    left: Mapping[str, float] = field(default_factory=dict)
    counted_mono_s: float | None = None

    @property
    def request_id(self) -> str:
        """The reference of the turn that is under way."""
        return f"{self.plan.camera_id}/{self.generation}/{self.tries}"

    @property
    def stop(self) -> PatrolStop:
        """The stop that is held or turned to."""
        return self.errand.stop if self.errand is not None else self.plan.stops[self.index % len(self.plan.stops)]

    @property
    def dwell_s(self) -> float:
        """How long the present visit lasts where nothing lengthens it."""
        if self.errand is not None:
            return self.errand.longest_s
        return self.stop.dwell_s if self.rest_s is None else self.rest_s

    def suspects(self, stop: PatrolStop) -> frozenset[str]:
        """Return the unconfirmed alarms in a stop's picture."""
        return frozenset(point.alarm_id for point in self.watch if point.open and stop.holds(point))

    def is_new(self, alarm_ids: frozenset[str]) -> bool:
        """Tell whether one of these has not had its time yet."""
        return bool(alarm_ids) and self.account.had_s(alarm_ids) < self.plan.linger_s

    @property
    def doing(self) -> tuple[Doing, tuple[str, ...]]:
        """What the head does, and the alarms that it does so for."""
        if self.phase == "yielded" or self.phase == "paused" or not self.plan.turns:
            return ("yields" if self.phase == "yielded" else "stuck" if self.phase == "paused" else "stares"), ()
        if self.errand is not None:
            mine = (self.errand.alarm_id,) if self.errand.by == "verification" else tuple(sorted(self.suspects(self.stop)))
            return ("verifies" if self.errand.by == "verification" else "looks_again"), mine
        over = (self.counted_mono_s or self.since_mono_s) - self.since_mono_s - self.dwell_s
        mine = tuple(sorted(self.suspects(self.stop))) if self.phase == "held" and over > 0.0 and len(self.plan.stops) > 1 else ()
        return ("stays" if mine else "patrol"), mine
