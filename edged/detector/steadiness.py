"""Whether a view stands still: how far its pictures lie off what was learnt, and when they show another scene.

Pure; times are monotonic seconds, shifts full-size pixels, x right, y down.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from edged.detector import registration
from edged.detector.background import CELL, Background
from edged.detector.registration import Shift
from edged.detector.sway import Offset, Sway

IDLE_LOOK_S, BUSY_LOOK_S = 1.0, 0.25
"""How often the shift is measured: while nothing happens, and while something is followed or learnt."""
SWAYS_PX = 1.0
"""Where a view sways by more (1σ), each picture is looked at while something is followed or begins: by the shift of a quarter second ago a
fire wanders, and seems to have driven here."""
REFINE_S = 4.0
"""How often the shift is refined while nothing happens and it stays where it is, once the sway of this visit is known."""
SLACK_LEAST_PX, SLACK_STEP_PX = 0.1, 0.1
"""By so much more than any of the last ones a picture of a view that stands still may lie off what was learnt, in steps, so that limits
need not be made anew."""
SETTLED_S, TURN_PX = 1.5, 1.5
"""A picture that has lain elsewhere for so long, moving by less, stays there."""

Array = npt.NDArray[np.float32]
Stands = Literal["still", "moving", "elsewhere"]


class Steadiness:
    """The pose of one view against its background. `shift`: of the picture, none below half a pixel; `sway`: its spread and mean."""

    def __init__(self) -> None:
        self.shift = (0.0, 0.0)
        self.sway = Sway()
        self._known = True
        self._refined: tuple[float, Shift] | None = None
        self._looked_s = -1e9
        self._moving_since_s: float | None = None
        self._moving_from: Array | None = None

    def arrive(self) -> None:
        """The head looks here again."""
        self._looked_s, self._refined, self._moving_since_s = -1e9, None, None
        self.sway.arrive()

    def follow(self, other: Steadiness) -> None:
        """Take over the shift of another view of the same pictures."""
        self.shift, self._looked_s = other.shift, other._looked_s

    @property
    def doubt_px(self) -> float:
        """Return 1σ of what is not known of the shift: the spread of the sway, where the last picture told nothing of it."""
        return 0.0 if self._known else self.sway.spread_px

    @property
    def slack_px(self) -> float:
        """Return how far a picture may lie off what was learnt, at most a pixel: as far where nobody knows, or it is moved back."""
        if self.shift != (0.0, 0.0) or not (self._known and self.sway.known):
            return 1.0
        steps = math.ceil((SLACK_LEAST_PX + self.sway.farthest_px) / SLACK_STEP_PX)
        return min(1.0, steps * SLACK_STEP_PX)

    @property
    def pose_px(self) -> tuple[float, float]:
        """Return how far the view was last known to lie off its background, parts of a pixel as well."""
        return (0.0, 0.0) if self._refined is None or not self._refined[1].known else (self._refined[1].x_px, self._refined[1].y_px)

    def due(self, now_s: float, *, idle: bool, busy: bool) -> bool:
        """Tell whether a picture must be looked at. `idle`: nothing is followed or learnt; `busy`: the whole picture changed."""
        passed = now_s - self._looked_s
        if busy or self._moving_since_s is not None or passed >= (IDLE_LOOK_S if idle else BUSY_LOOK_S):
            return True
        return not idle and self.sways(now_s)

    def sways(self, now_s: float) -> bool:
        """Tell whether a view sways so far that the shift of an earlier picture is none of this one."""
        return now_s > self._looked_s and self.sway.spread_px >= SWAYS_PX

    def look(
        self, quarter: Array, background: Background, noise: float, now_s: float, *, most_px: float, idle: bool, busy: bool,
        crushed: bool = False,
    ) -> Stands:  # fmt: skip
        """Register a picture at quarter size. `noise` of a pixel; `most_px`: more is no sway; `crushed`: something has taken the scale, and
        that the rest looks unlike says nothing."""
        self._looked_s = now_s
        quarter = _comparable(quarter, background)
        shift = registration.measure(quarter, background.mean, CELL, noise)
        away = shift.other or float(np.hypot(shift.x_px, shift.y_px)) > most_px
        if away and crushed:
            shift = Shift()
        elif away:
            if self._moving_since_s is None or self._moving_from is None or busy or _turned(quarter, self._moving_from, noise):
                self._moving_since_s, self._moving_from = now_s, quarter
            elif now_s - self._moving_since_s >= SETTLED_S:
                return "elsewhere"
            return "moving"
        self._moving_since_s, self._known = None, shift.known
        quiet = self.sway.known and idle and _beyond_half(shift) == self.shift
        if not quiet or self._refined is None or now_s - self._refined[0] >= REFINE_S:
            self._refine(quarter, background, shift, now_s)
        self.shift = _beyond_half(shift)
        return "still"

    def shift_at(self, now_s: float) -> tuple[float, float]:
        """Return the shift as it is best known: the refined one where it was refined just now."""
        if self._refined is not None and self._refined[0] == now_s and self._refined[1].known:
            return _beyond_half(self._refined[1])
        return self.shift

    def offset(self, quarter: Array, background: Background, noise: float, now_s: float) -> Offset:
        """Return how far a picture at quarter size lies off the view's mean pose."""
        if self._refined is None or self._refined[0] != now_s:
            quarter = _comparable(quarter, background)
            rough = registration.measure(quarter, background.mean, CELL, noise)
            self._refine(quarter, background, rough, now_s)
        assert self._refined is not None
        return self.sway.offset(self._refined[1])

    def _refine(self, quarter: Array, background: Background, rough: Shift, now_s: float) -> None:
        fine = registration.refine(quarter, background.mean, rough, CELL, ~background.held_out)
        self._refined = (now_s, fine)
        self.sway.look(fine, now_s)


def _comparable(quarter: Array, background: Background) -> Array:
    """Return a picture with the background in place of what is kept out of it."""
    return np.where(background.held_out, background.mean, quarter) if background.held_out.any() else quarter


def _turned(quarter: Array, before: Array, noise: float) -> bool:
    """Tell whether a picture moved since it was last found elsewhere."""
    since = registration.measure(quarter, before, CELL, noise)
    return since.other or float(np.hypot(since.x_px, since.y_px)) >= TURN_PX


def _beyond_half(shift: Shift) -> tuple[float, float]:
    """Return a shift in pixels that is worth moving a picture for, else none."""
    return (round(shift.x_px, 1), round(shift.y_px, 1)) if float(np.hypot(shift.x_px, shift.y_px)) >= 0.5 else (0.0, 0.0)
