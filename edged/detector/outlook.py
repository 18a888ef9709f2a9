"""How far one camera can see, apart from whether its pictures live: warm-up, wiper, fog, focus, dirt. Looks every other second.

What is gated is not judged. What only blinds (a lens out of focus) is blind time too, but is judged on: a fire may shine through.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from edged.detector.background import Background, quarter_of
from edged.detector.focus import Focus
from edged.detector.fog import Structure
from edged.detector.gates import noise_of
from edged.detector.warmup import WarmUp
from edged.detector.window import LEAST_VIEWS, Fixed, fixed_spots
from edged.model.frame import Thermogram
from edged.model.view import BlindCause

LOOK_S, FOCUS_S, WINDOW_S = 2.0, 15.0, 120.0
SETTLE_S = 3.0
"""Edges are not measured sooner after the head arrived."""
MAX_VIEWS = 48
TOLD_MOST_S = 60.0
"""What a camera announces counts at most so long at a time; then its pictures are judged again."""
Announced = Literal["warm_up", "wiper", "heater"]


@dataclass(frozen=True, slots=True)
class Seen:
    """`gated`: why the picture is not judged. `blinds`: why its time is blind although it is. `reduced`: fires must be nearer or larger."""

    gated: BlindCause | None = None
    blinds: BlindCause | None = None
    reduced: bool = False


@dataclass(slots=True)
class _ViewOutlook:
    structure: Structure = field(default_factory=Structure)
    focus: Focus = field(default_factory=Focus)
    focused_s: float = -1e9


class Outlook:
    """Follows the pictures of one camera, view by view."""

    def __init__(self) -> None:
        self.window = Fixed()
        self._views: OrderedDict[str, _ViewOutlook] = OrderedDict()
        self._warm_up = WarmUp()
        self._announced: tuple[Announced, float] | None = None
        self._last = Seen()
        self._usable: npt.NDArray[np.bool_] | None = None
        self._looked_s = -1e9
        self._window_s = -1e9
        self._arrived_s = 0.0
        self._view_id = ""

    def announce(self, cause: Announced, now: float, seconds: float) -> None:
        """The camera says that it wipes, heats its window, or was switched on (which is then watched for half an hour)."""
        if cause == "warm_up":
            self._warm_up.arm(now)
        else:
            self._announced = cause, now + min(seconds, TOLD_MOST_S)

    def look(self, view_id: str, thermogram: Thermogram, now: float, *, stepped: bool) -> Seen:
        """Take a healthy picture of a held view; `stepped`: its level jumped lately."""
        if view_id != self._view_id:
            self._view_id, self._arrived_s, self._looked_s = view_id, now, -1e9
            if (known := self._views.get(view_id)) is not None:
                known.structure.fine = None
        if self._announced is not None and now < self._announced[1]:
            return Seen(self._announced[0], None, self._last.reduced)
        if now - self._looked_s < LOOK_S:
            return self._last
        self._looked_s = now
        view = self._views.setdefault(view_id, _ViewOutlook())
        self._views.move_to_end(view_id)
        while len(self._views) > MAX_VIEWS:
            self._views.popitem(last=False)
        view.structure.look(quarter_of(thermogram.heat), now)
        if now - view.focused_s >= FOCUS_S and now - self._arrived_s >= SETTLE_S and not view.structure.reduced:
            view.focused_s = now
            view.focus.look(thermogram.heat, noise_of(thermogram))
        if stepped:
            self._warm_up.stepped(view_id)
        gated: BlindCause | None = "warm_up" if self._warm_up.look(view_id, _level_k(thermogram), now) else None
        if gated is None and view.structure.blind:
            gated = "fog"
        blinds: BlindCause | None = "defocus" if view.focus.blunt else None
        self._last = Seen(gated, blinds, view.structure.reduced or view.focus.soft)
        return self._last

    def compare_views(self, backgrounds: Sequence[Background], now: float | None) -> None:
        """Look for spots that keep their pixel while the head turns, in what was learnt of several views; now and then."""
        if now is None or len(backgrounds) < LEAST_VIEWS or now - self._window_s < WINDOW_S:
            return
        self._window_s = now
        self.window = fixed_spots(backgrounds)
        self._usable = None

    def without_window(self, thermogram: Thermogram) -> Thermogram:
        """Return the thermogram with the spots of window and sensor marked as not usable."""
        if self.window.cells is None:
            return thermogram
        shape = thermogram.heat.shape
        if self._usable is None or self._usable.shape != shape:
            self._usable = self.window.usable(shape)
        if self._usable is None:
            return thermogram
        return replace(thermogram, usable=self._usable if thermogram.usable is None else thermogram.usable & self._usable)


def _level_k(thermogram: Thermogram) -> float | None:
    """Return the level of a picture in kelvins; None behind a gain control."""
    if thermogram.kind == "relative" and thermogram.levels_per_k <= 10.0:
        return None
    return float(np.median(thermogram.heat[4::16, 4::16])) / (thermogram.levels_per_k if thermogram.kind == "relative" else 1.0)
