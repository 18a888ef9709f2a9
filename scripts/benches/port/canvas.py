"""The noiseless picture of one view, painted anew only where something changed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass
from math import ceil, floor

import cv2
import numpy as np
import numpy.typing as npt

from edged.simulator.generator.paint import paint
from edged.simulator.generator.patch import Patch, Stimulus

Picture = npt.NDArray[np.float32]
Rect = tuple[int, int, int, int]
MARGIN_PX = 4
MOST_RECTS = 10
MOVED_PX, WARMED_K, WARMED_SHARE = 0.02, 0.08, 0.004
REST_S = 0.5
"""What did not change is looked at again so much later at the latest."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A stimulus with the span in which it can be seen."""

    stimulus: Stimulus
    from_s: float
    until_s: float


class Canvas:
    """One view. `still(t_s)`: the picture without stimuli, asked every `redraw_s` and after `arrive`."""

    def __init__(
        self, still: Callable[[float], Picture], redraw_s: float, things: Many[Timed], air_c: float, extinction_per_km: float, psf_px: float
    ) -> None:
        self._still, self._redraw_s, self._things = still, redraw_s, things
        self._air = (air_c, extinction_per_km, psf_px)
        self._shift = (0.0, 0.0)
        self._base: Picture | None = None
        self._out: Picture | None = None
        self._drawn_s = 0.0
        self._shown: dict[int, Many[Patch]] = {}
        self._due: dict[int, tuple[float, float]] = {}

    def arrive(self, shift: tuple[float, float]) -> None:
        """The head looks here anew, `shift` pixels beside the first time."""
        self._shift, self._base = shift, None

    def present(self, t_s: float) -> list[tuple[int, Timed]]:
        """Return what can be seen now, with its numbers."""
        return [(n, thing) for n, thing in enumerate(self._things) if thing.from_s <= t_s < thing.until_s]

    def picture(self, t_s: float) -> Picture:
        """Return (H, W) float32, °C apparent; valid until the next call, not to be written to. Times must not go back within a visit."""
        if self._base is None or self._out is None or t_s - self._drawn_s >= self._redraw_s:
            return self._redrawn(t_s)
        dirty: list[Rect] = []
        now = dict(self.present(t_s))
        for gone in [n for n in self._shown if n not in now]:
            dirty += self._rects(self._shown.pop(gone))
        for number, thing in now.items():
            due_s, gap_s = self._due.get(number, (t_s, 0.0))
            if t_s < due_s and number in self._shown:
                continue
            new, old = thing.stimulus.patches(t_s), self._shown.get(number, ())
            if _alike(old, new):
                gap_s = min(REST_S, max(0.12, 2.0 * gap_s))
            else:
                dirty += self._rects([*old, *new])
                self._shown[number], gap_s = new, 0.0
            self._due[number] = (t_s + gap_s, gap_s)
        self._repaint(_merged(dirty))
        return self._out

    def _redrawn(self, t_s: float) -> Picture:
        self._base = self._still(t_s)
        if self._shift != (0.0, 0.0):
            way = np.array([[1.0, 0.0, self._shift[0]], [0.0, 1.0, self._shift[1]]])
            size = (self._base.shape[1], self._base.shape[0])
            self._base = np.asarray(cv2.warpAffine(self._base, way, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        self._out, self._drawn_s = self._base.copy(), t_s
        self._shown = {n: thing.stimulus.patches(t_s) for n, thing in self.present(t_s)}
        paint(self._out, [patch for patches in self._shown.values() for patch in patches], *self._air, shift_px=self._shift)
        return self._out

    def _repaint(self, rects: list[Rect]) -> None:
        if not rects:
            return
        assert self._base is not None
        assert self._out is not None
        every = [patch for patches in self._shown.values() for patch in patches]
        if len(rects) > MOST_RECTS:
            self._out[:] = self._base
            paint(self._out, every, *self._air, shift_px=self._shift)
            return
        placed = [(self._rect(patch), patch) for patch in every]
        for left, top, right, bottom in rects:
            part = self._out[top:bottom, left:right]
            part[:] = self._base[top:bottom, left:right]
            here = [patch for (x0, y0, x1, y1), patch in placed if x0 < right and left < x1 and y0 < bottom and top < y1]
            paint(part, here, *self._air, shift_px=(self._shift[0] - left, self._shift[1] - top))

    def _rects(self, patches: Many[Patch]) -> list[Rect]:
        return [rect for patch in patches if (rect := self._rect(patch))[0] < rect[2] and rect[1] < rect[3]]

    def _rect(self, patch: Patch) -> Rect:
        assert self._base is not None
        high, wide = self._base.shape
        x, y = patch.x_px + self._shift[0], patch.y_px + self._shift[1]
        left, right = floor(x - patch.width_px / 2) - MARGIN_PX, ceil(x + patch.width_px / 2) + MARGIN_PX + 1
        top, bottom = floor(y - patch.height_px / 2) - MARGIN_PX, ceil(y + patch.height_px / 2) + MARGIN_PX + 1
        return max(0, left), max(0, top), min(wide, right), min(high, bottom)


def _alike(old: Many[Patch], new: Many[Patch]) -> bool:
    return len(old) == len(new) and all(
        abs(a.x_px - b.x_px) < MOVED_PX and abs(a.y_px - b.y_px) < MOVED_PX
        and abs(a.width_px - b.width_px) < MOVED_PX and abs(a.height_px - b.height_px) < MOVED_PX
        and abs(a.temp_c - b.temp_c) < WARMED_K + WARMED_SHARE * abs(a.temp_c - 20.0)
        for a, b in zip(old, new, strict=True)
    )  # fmt: skip


def _merged(rects: list[Rect]) -> list[Rect]:
    out: list[Rect] = []
    for rect in rects:
        whole = rect
        while touching := [r for r in out if r[0] < whole[2] and whole[0] < r[2] and r[1] < whole[3] and whole[1] < r[3]]:
            out = [r for r in out if r not in touching]
            for r in touching:
                whole = min(whole[0], r[0]), min(whole[1], r[1]), max(whole[2], r[2]), max(whole[3], r[3])
        out.append(whole)
    return out
