"""A head of the port's benches on tour: core's patrol, with the law's dwell, and turns that last what the law draws.

Suspects lengthen a visit and bring the head back, as in the daemon; without any it is the law's fixed round, to the second.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from edged.core import patrol
from edged.core.patrol import HeadPlan, Hold, Patrol, PatrolStop, TurnTo
from edged.core.settings import CoreSettings
from edged.model.view import WatchPoint

SLACK_S = 1e-6


class Tour:
    """Begins with its first stop held. Between `leaves` and `arrives` it turns. Seconds of the watch."""

    def __init__(self, stops: tuple[PatrolStop, ...], turn_s: Callable[[], float], begin_s: float = 0.0) -> None:
        settings = CoreSettings()
        plan = HeadPlan("th-01", stops, turns=True, linger_s=settings.linger_s, linger_share=settings.linger_share)
        self._turn_s, self._left_s, self._asked_s = turn_s, begin_s, begin_s
        self._patrol, _ = patrol.tick(Patrol(plan), begin_s)
        self._arrive(begin_s)

    @property
    def stop(self) -> PatrolStop:
        """What is held."""
        return self._patrol.stop

    @property
    def number(self) -> int:
        """Which stop of the tour that is."""
        return self._patrol.plan.stops.index(self.stop)

    def watch(self, points: tuple[WatchPoint, ...]) -> None:
        """Keep these directions watched, and stop for the unconfirmed ones."""
        self._patrol = patrol.watched(self._patrol, points)

    def leaves(self, t_s: float) -> bool:
        """Tell whether the head has left by `t_s`; a visit that nothing lengthens ends when its time is over, whenever it is asked."""
        due_s = self._due_s()
        for moment in (due_s, t_s) if self._asked_s < due_s <= t_s + SLACK_S else (t_s,):
            self._asked_s = moment
            self._patrol, orders = patrol.tick(self._patrol, moment)
            if any(isinstance(order, TurnTo) for order in orders):
                self._left_s = moment
                return True
        return False

    def arrives(self) -> float:
        """Return when the head stands again; it has just left."""
        at_s = self._left_s + self._turn_s()
        self._arrive(at_s)
        return at_s

    def passes(self) -> float:
        """Return when the head leaves a view that nobody looks at, so that nothing holds it there."""
        left = self.leaves(self._due_s())
        assert left
        return self._left_s

    def _due_s(self) -> float:
        """Return the first moment at which the visit's time is over: (since + dwell) − since may round to less than the dwell."""
        since_s, dwell_s = self._patrol.since_mono_s, self._patrol.dwell_s
        due_s = since_s + dwell_s
        while due_s - since_s < dwell_s:
            due_s = math.nextafter(due_s, math.inf)
        return due_s

    def _arrive(self, at_s: float) -> None:
        self._patrol, orders = patrol.turned(self._patrol, self._patrol.request_id, True, at_s, "")
        assert any(isinstance(order, Hold) for order in orders)
