"""What a view looks like without a fire: mean, cell peaks and their scatter at quarter size.

Hot places of the first look, live candidates and watch points are kept out, so a fire is never learnt silently. Saved as compact arrays,
so that a restart does not learn a fire either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector import registration

CELL = 4
BOX = 31
"""Surroundings in cells that the first look compares with."""
BROAD_SHARE = 0.06
"""A hot region wider than this share of the picture is scenery (sky against ground, a roof), not a source."""
FIRST_SIGMA = 5.0
BROAD_BOX = 21
"""Side of the box, in cells, that is averaged over twice for broad changes. A single box of the same reach answers waves somewhat narrower
than itself with the wrong sign, and what is learnt would swing itself up, e-fold in three minutes."""
BROAD_TAU_S, LEAST_FREE = 30.0, 0.2
"""Time constant of broad changes; share of the surroundings that must be free, else they are followed more slowly."""
STEEP_SHARE, UNLIKE_NOISE, UNLIKE_USUAL = 0.35, 5.0, 2.0
"""A cell is not as learnt from so large a part of the edge it lies on, so many times a pixel's noise, and so many times the 90th percentile
of all changes."""
END_ROOM = 1.0
"""So close to the end of a grey scale, in its levels, it has ended."""
ENDED_SHARE = 0.5
"""Where a scale ended for more than this share of the time, what is there cannot be called new."""
MOST_SEEN_S = 5.0
"""Of a pause between two looks no more counts as watched."""

Array = npt.NDArray[np.float32]
Value = TypeVar("Value", np.float32, np.uint8)
Mask = npt.NDArray[np.bool_]
Cells = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """A background at rest: 16-bit means and peaks, 8-bit scatter, each with offset and step. `seen_s`: how long it was learnt."""

    mean16: npt.NDArray[np.uint16]
    peak16: npt.NDArray[np.uint16]
    mad8: npt.NDArray[np.uint8]
    offset: float
    step: float
    mad_step: float
    seen_s: float


class Background:
    """The learnt background of one view. Units as `Thermogram.heat`; shapes (h, w) = (H // 4, W // 4)."""

    def __init__(self, heat: Array, gate: float, end: float = np.inf) -> None:
        """`end`: of a grey scale."""
        quarter, peak = cells(heat)
        hot, local = first_look(quarter, peak, gate)
        self.local: Array = local
        self.mean: Array = np.where(hot, local, quarter)
        self.peak: Array = np.where(hot, local, peak)
        self.mad: Array = np.zeros_like(quarter)
        self.held_out: Mask = hot
        self.ended: Array = (peak >= end - END_ROOM).astype(np.float32)
        """Share of the learnt time for which a grey scale ended in these cells: how hot they were is not known."""
        self.seen_s = 0.0
        self.updates = 1
        self._before: Array | None = None
        self._level: Array | None = None
        self._level_key: tuple[float, float, float, float, int] = (0.0, 0.0, 0.0, 1.0, 0)
        self._limit: tuple[Array, Array] | None = None

    def drift(self, quarter: Array, keep_out: Mask, dt_s: float) -> None:
        """Follow what changes broadly, `dt_s` after the last learnt picture: sun, clouds, rain. A compact source is no part of it."""
        change = quarter - self.mean
        if keep_out.any():
            free = (~keep_out).astype(np.float32)
            broad = np.asarray(_broadly(change * free) / np.maximum(_broadly(free), np.float32(LEAST_FREE)), np.float32)
        else:
            broad = _broadly(change)
        step = np.float32(min(1.0, dt_s / BROAD_TAU_S)) * broad
        self.mean += step
        self.peak += step
        self._level = None

    def update(self, quarter: Array, peak: Array, keep_out: Mask, dt_s: float, tau_s: float, end: float = np.inf) -> None:
        """Learn one picture that lies `dt_s` after the last learnt one; `keep_out` cells keep what they have. `end`: of a grey scale.

        Scatter is what comes and goes from look to look, not what rises steadily: a smoulder must not widen its own limit.
        """
        self.updates += 1
        self.seen_s += min(dt_s, MOST_SEEN_S)
        self.drift(quarter, keep_out, dt_s)
        share = np.float32(max(1.0 / self.updates, min(1.0, dt_s / tau_s)))
        learn = np.where(keep_out, np.float32(0.0), share) if keep_out.any() else share
        self.mean += learn * (quarter - self.mean)
        away = np.abs(peak - self.peak)
        deviation = away if self._before is None else np.minimum(away, np.abs(peak - self._before))
        self._before = peak
        self.peak += learn * (peak - self.peak)
        self.mad += learn * (deviation - self.mad)
        self.ended += learn * ((peak >= end - END_ROOM) - self.ended)
        self.held_out = keep_out
        self._level = None

    def absorb(self, where: Mask | Cells, quarter: Array, peak: Array) -> None:
        """Take these cells as they are now: their heat is known, and published where it stands."""
        self.mean[where] = quarter[where]
        self.peak[where] = peak[where]
        self.held_out[where] = False
        self._level = None

    def differs(self, quarter: Array, shift: tuple[float, float], noise: float) -> Mask:
        """Return the cells of a picture shifted by pixels that are not as learnt, hotter or colder, beyond noise, edges and broad changes.

        `noise`: usual noise of a pixel. Kept-out cells are never among them.
        """
        back = (shift[0] / CELL, shift[1] / CELL)
        mean = registration.moved(self.mean, *back) if shift != (0.0, 0.0) else self.mean
        change = np.abs(quarter - mean)
        kernel = np.ones((3, 3), np.uint8)
        steep = cv2.dilate(mean, kernel) - cv2.erode(mean, kernel)
        sample = change[::2, ::2].ravel()
        most = int(0.9 * (sample.size - 1))
        usual = float(np.partition(sample, most)[most])
        limit = np.maximum(np.float32(STEEP_SHARE) * steep, np.float32(max(noise * UNLIKE_NOISE, UNLIKE_USUAL * usual)))
        return np.asarray((change > limit) & ~self.held_out)

    def expose(self, where: Mask | Cells) -> None:
        """Take the level of the surroundings for these cells, so that whatever is hot in them is looked at."""
        self.mean[where] = np.minimum(self.mean[where], self.local[where])
        self.peak[where] = np.minimum(self.peak[where], self.local[where])
        self.held_out[where] = True
        self._level = None

    def level(self, gate: float, sigma: float, shift: tuple[float, float] = (0.0, 0.0), slack_px: float = 1.0) -> Array:
        """Return the level that a pixel of each cell must exceed to be looked at, (h, w). The same array until the background changes.

        `slack_px`: how far a picture may lie off what was learnt; an edge that moves by a part of a pixel brings that part of what is
        beyond it.
        """
        key = (gate, *shift, slack_px, self.updates)
        if self._level is None or self._level_key != key:
            around = np.asarray(cv2.dilate(self.peak, np.ones((3, 3), np.uint8)), np.float32)
            if slack_px < 1.0:
                around = np.float32(slack_px) * around + np.float32(1.0 - slack_px) * self.peak
            room = np.maximum(np.float32(sigma * 1.4826) * self.mad, np.float32(gate))
            level = registration.moved(around + room, shift[0] / CELL, shift[1] / CELL) if shift != (0.0, 0.0) else around + room
            self._level, self._level_key = level, key
        return self._level

    def limit(
        self, shape: tuple[int, int], gate: float, sigma: float, shift: tuple[float, float] = (0.0, 0.0), slack_px: float = 1.0
    ) -> Array:
        """Return `level` for each pixel, (H, W)."""
        level = self.level(gate, sigma, shift, slack_px)
        if self._limit is None or self._limit[0] is not level or self._limit[1].shape != shape:
            self._limit = level, spread(level, shape)
        return self._limit[1]

    def copy(self) -> Background:
        """Return an independent copy."""
        twin = Background.__new__(Background)
        twin.mean, twin.peak, twin.mad, twin.held_out = self.mean.copy(), self.peak.copy(), self.mad.copy(), self.held_out.copy()
        twin.local, twin._before, twin.ended = self.local, None, self.ended.copy()
        twin.seen_s, twin.updates = self.seen_s, self.updates
        twin._level, twin._level_key, twin._limit = None, self._level_key, None
        return twin

    def save(self) -> Saved:
        """Return the compact form."""
        low, high = float(min(self.mean.min(), self.peak.min())), float(max(self.mean.max(), self.peak.max()))
        step, mad_step = max((high - low) / 65535.0, 1e-6), max(float(self.mad.max()) / 255.0, 1e-6)
        return Saved(
            np.round((self.mean - low) / step).astype(np.uint16),
            np.round((self.peak - low) / step).astype(np.uint16),
            np.ceil(self.mad / mad_step).clip(0, 255).astype(np.uint8),
            low, step, mad_step, self.seen_s,
        )  # fmt: skip

    @classmethod
    def restore(cls, saved: Saved) -> Background:
        """Return a background as it was saved."""
        twin = cls.__new__(cls)
        twin.mean = (saved.mean16 * np.float32(saved.step) + np.float32(saved.offset)).astype(np.float32)
        twin.peak = (saved.peak16 * np.float32(saved.step) + np.float32(saved.offset)).astype(np.float32)
        twin.mad = (saved.mad8 * np.float32(saved.mad_step)).astype(np.float32)
        twin.held_out = np.zeros(twin.mean.shape, np.bool_)
        twin.local, twin._before, twin.ended = twin.mean, None, np.zeros_like(twin.mean)
        twin.seen_s, twin.updates = saved.seen_s, 1000
        twin._level, twin._level_key, twin._limit = None, (0.0, 0.0, 0.0, 1.0, 0), None
        return twin


def _broadly(change: Array) -> Array:
    """Return the average over a triangle, (h, w). No wave comes out of it with the opposite sign."""
    side = min(BROAD_BOX, (min(change.shape) // 2) * 2 - 1)
    return np.asarray(cv2.blur(cv2.blur(change, (side, side)), (side, side)), np.float32)


def quarter_of(heat: Array) -> Array:
    """Return the mean of each 4 × 4 cell. Shapes: (H, W) → (H // 4, W // 4)."""
    h, w = heat.shape[0] // CELL * CELL, heat.shape[1] // CELL * CELL
    half = cv2.resize(heat[:h, :w], (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(half, (w // CELL, h // CELL), interpolation=cv2.INTER_AREA), np.float32)


def cells(heat: Array) -> tuple[Array, Array]:
    """Return mean and maximum of each 4 × 4 cell. Shapes: (H, W) → two of (H // 4, W // 4)."""
    return quarter_of(heat), peaks(heat)


def peaks(picture: npt.NDArray[Value]) -> npt.NDArray[Value]:
    """Return the maximum of each 4 × 4 cell. Shapes: (H, W) float32 or uint8 → (H // 4, W // 4)."""
    h, w = picture.shape[0] // CELL * CELL, picture.shape[1] // CELL * CELL
    rows = np.maximum(picture[0:h:CELL, :w], picture[1:h:CELL, :w])
    for n in range(2, CELL):
        np.maximum(rows, picture[n:h:CELL, :w], out=rows)
    return np.ascontiguousarray(cv2.dilate(rows, np.ones((1, CELL), np.uint8), anchor=(0, 0))[:, ::CELL], picture.dtype)


def spread(cells: npt.NDArray[Value], shape: tuple[int, int]) -> npt.NDArray[Value]:
    """Return the value of its cell for each pixel, (H, W); rows and columns beyond the last cell take that of the last."""
    full = np.repeat(np.repeat(cells, CELL, axis=1), CELL, axis=0)
    below, right = shape[0] - full.shape[0], shape[1] - full.shape[1]
    return np.pad(full, ((0, below), (0, right)), "edge") if right or below else full


def first_look(quarter: Array, peak: Array, gate: float) -> tuple[Mask, Array]:
    """Return (hot cells, level of their surroundings) of a picture without a past.

    Hot cells leave the surroundings' mean and scatter in two rounds. Regions over 6 % of the picture are scenery.
    """
    side = min(BOX, (min(quarter.shape) // 2) * 2 - 1)
    clipped: Array = quarter
    local: Array = quarter
    sigma: Array = np.zeros_like(quarter)
    for _ in range(3):
        local = np.asarray(cv2.blur(clipped, (side, side)), np.float32)
        sigma = np.sqrt(np.maximum(np.asarray(cv2.blur(clipped * clipped, (side, side)), np.float32) - local * local, np.float32(0.0)))
        clipped = np.minimum(quarter, local + np.float32(2.0) * sigma)
    hot = (peak > local + np.maximum(FIRST_SIGMA * sigma, np.float32(gate))).astype(np.uint8)
    grown = cv2.dilate(hot, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(grown)
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] > BROAD_SHARE * quarter.size:
            grown[labels == label] = 0
    return grown > 0, local
