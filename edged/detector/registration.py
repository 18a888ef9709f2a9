"""How far a picture is shifted against the learnt one: sway of the mast, bad repeat of a preset, or a head that moves.

Phase correlation at quarter size; its peak has to stand out, else nothing is claimed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.middles import upper_median

Quarter = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
QUALITY = 0.06
"""Least phase-correlation response that is believed. Same scene with noise: 0.2–0.9; unrelated scenes: below 0.04."""
ALIKE, UNLIKE = 0.97, 0.4
"""Correlation of the fine structure from which no shift is looked for; and below which it is another scene, unless a shift explains it."""
FINE_CELLS = 9
"""Structure wider than this (sky against ground) says nothing about a shift along it."""
SHARP = 3.0
"""Fine structure must exceed the noise of a cell by this factor, else nothing is claimed."""
EDGE, ENOUGH_CELLS, LEAST_CELLS = 4, 6_000, 200
"""Cells at the rim that are left out of a refinement; how many do, of more only each nth; fewer say nothing."""
CUT, REACHES = 4.0, (1.5, 0.5)
"""Cells that differ by more robust sigmas than this, and by more than so many cells of shift explain (at first, and when nearly settled),
do not take part: a lorry that drove through is no sway."""
ROUNDS, FARTHEST, NEARLY, SETTLED = 8, 2.0, 0.1, 0.03
"""Most rounds of a refinement; cells that it may lie from its start; its step when it is nearly settled, and its last one."""
WORST_CONDITION = 1e4
"""Structure in one direction only says nothing of a shift along it."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Picture minus reference in full-size pixels, x right, y down. Unless `known`, nothing is claimed; `other`: another scene."""

    x_px: float = 0.0
    y_px: float = 0.0
    known: bool = False
    other: bool = False


def measure(picture: Quarter, reference: Quarter, scale: int, noise: float) -> Shift:
    """Return the shift of `picture` against `reference`, both (h, w) at 1/`scale` size; under 3 × `noise` nothing is structure."""
    a, b = _fine(picture), _fine(reference)
    power_a, power_b = float(np.vdot(a, a)), float(np.vdot(b, b))
    if power_b < (SHARP * noise / scale) ** 2 * b.size or power_a == 0.0:
        return Shift()
    alike = float(np.vdot(a, b)) / float(np.sqrt(power_a * power_b))
    if alike >= ALIKE:
        return Shift(known=True)
    window = cv2.createHanningWindow((a.shape[1], a.shape[0]), cv2.CV_32F)
    (x, y), response = cv2.phaseCorrelate(b, a, window)
    if response < QUALITY:
        return Shift(other=alike < UNLIKE and not _washed_out(a, scale, noise))
    if _overlap(a, b, x, y) < max(alike, UNLIKE):
        return Shift(known=alike >= UNLIKE, other=alike < UNLIKE and not _washed_out(a, scale, noise))
    return Shift(x * scale, y * scale, known=True)


def _washed_out(fine: Quarter, scale: int, noise: float) -> bool:
    """Tell whether the scene has sunk into the noise, as when a gain makes room for something very hot: then it cannot be another one."""
    return 1.4826 * upper_median(np.abs(fine).ravel()) < noise / scale


def refine(picture: Quarter, reference: Quarter, start: Shift, scale: int, free: Mask | None = None) -> Shift:
    """Return the shift to a tenth of a pixel, by least squares over gradients from a `start` that is within a cell or two of it.

    Gain and offset of the picture are fitted along. `free`: cells that may be compared, or None. Unless it settles, nothing is claimed.
    """
    if not start.known or min(reference.shape) < 4 * EDGE:
        return Shift()
    inner, nth = (slice(EDGE, -EDGE), slice(EDGE, -EDGE)), _nth(reference.shape)
    across = np.asarray(cv2.Sobel(reference, cv2.CV_32F, 1, 0, ksize=3, scale=0.125), np.float32)[inner].ravel()[::nth]
    down = np.asarray(cv2.Sobel(reference, cv2.CV_32F, 0, 1, ksize=3, scale=0.125), np.float32)[inner].ravel()[::nth]
    level = reference[inner].ravel()[::nth]
    level = level - level.mean()
    parts = np.stack([across, down, level, np.ones_like(level)])
    steep = np.abs(across) + np.abs(down)
    some = np.ones(level.size, np.bool_) if free is None else free[inner].ravel()[::nth]
    x, y, step = start.x_px / scale, start.y_px / scale, 1.0
    seen = _inner_moved(picture, -x, -y)[::nth]
    known = np.array([0.0, 0.0, float(np.vdot(level, seen)) / max(float(np.vdot(level, level)), 1e-9), float(seen.mean())], np.float32)
    for _ in range(ROUNDS):
        reach = REACHES[step < NEARLY]
        rest = np.abs(seen - known @ parts)
        weighted = parts * (some & (rest <= CUT * 1.4826 * upper_median(rest[::7]) + reach * steep))
        normal = weighted @ parts.T
        if (
            normal[0, 0] * normal[1, 1] - normal[0, 1] ** 2 <= (normal[0, 0] + normal[1, 1]) ** 2 / WORST_CONDITION
            or normal[3, 3] < LEAST_CELLS
        ):
            return Shift()
        try:
            known = np.linalg.solve(normal.astype(np.float64), weighted @ seen).astype(np.float32)
        except np.linalg.LinAlgError:
            return Shift()
        if known[2] <= 0.0:
            return Shift()
        x, y, step = x - float(known[0] / known[2]), y - float(known[1] / known[2]), float(np.hypot(*known[:2]) / known[2])
        if np.hypot(x - start.x_px / scale, y - start.y_px / scale) > FARTHEST:
            return Shift()
        if step <= SETTLED and reach == REACHES[True]:
            return Shift(x * scale, y * scale, known=True)
        seen = _inner_moved(picture, -x, -y)[::nth]
        known[:2] = 0.0
    return Shift()


def moved(picture: Quarter, x_px: float, y_px: float) -> Quarter:
    """Return the picture shifted by (x, y) pixels, edges repeated."""
    matrix = np.array([[1.0, 0.0, x_px], [0.0, 1.0, y_px]], np.float32)
    return np.asarray(cv2.warpAffine(picture, matrix, (picture.shape[1], picture.shape[0]), borderMode=cv2.BORDER_REPLICATE), np.float32)


def _nth(shape: tuple[int, ...]) -> int:
    """Return a stride through the inner cells that keeps about `ENOUGH_CELLS` and visits all rows and columns alike."""
    nth = max(1, round(shape[0] * shape[1] / ENOUGH_CELLS))
    while nth > 1 and np.gcd(nth, shape[1] - 2 * EDGE) != 1:
        nth -= 1
    return nth


def _inner_moved(picture: Quarter, x: float, y: float) -> Quarter:
    """Return the shifted picture without its rim, flat. OpenCV's own interpolation knows only 1/32 of a cell."""
    right, below = math.floor(x), math.floor(y)
    across, down = np.float32(x - right), np.float32(y - below)
    if max(abs(right), abs(below)) < EDGE:
        whole = picture
    else:
        whole, right, below = moved(picture, right, below), 0, 0
    h, w = picture.shape
    left, top = EDGE - right, EDGE - below
    rows = whole[top - 1 : top + h - 2 * EDGE]
    side = (1 - across) * rows[:, left : left + w - 2 * EDGE] + across * rows[:, left - 1 : left + w - 2 * EDGE - 1]
    return np.asarray((1 - down) * side[1:] + down * side[:-1], np.float32).ravel()


def _fine(picture: Quarter) -> Quarter:
    """Return the structure finer than 9 cells, with single bright things clipped so that they do not outvote the scene."""
    fine = picture - np.asarray(cv2.blur(picture, (FINE_CELLS, FINE_CELLS)), np.float32)
    most = 4.0 * float(np.sqrt(np.vdot(fine, fine) / fine.size))
    return np.asarray(fine.clip(-most, most), np.float32)


def _overlap(a: Quarter, b: Quarter, x: float, y: float) -> float:
    """Return the correlation of the part that both pictures share after the shift."""
    dx, dy = round(x), round(y)
    h, w = a.shape
    if abs(dx) > w // 2 or abs(dy) > h // 2:
        return -1.0
    one = a[max(0, dy) : h + min(0, dy), max(0, dx) : w + min(0, dx)]
    two = b[max(0, -dy) : h + min(0, -dy), max(0, -dx) : w + min(0, -dx)]
    one, two = one - one.mean(), two - two.mean()
    power = float(np.vdot(one, one)) * float(np.vdot(two, two))
    return float(np.vdot(one, two)) / float(np.sqrt(power)) if power > 0 else -1.0
