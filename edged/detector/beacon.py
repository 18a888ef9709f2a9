"""Where a known steady heat stands in a picture, how strong and how sharp it is. Pure; nothing is claimed where nothing stands out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

LEAST_NOISES, CLUTTER_SIGMAS = 5.0, 6.0
"""A beacon must exceed what is around it by so much noise and so many robust sigmas of the small structure there."""
WIDEST = 0.55
"""Greatest RMS radius as a share of the greatest radius: what is wider is a block or a roof."""
RIVAL = 0.4
"""The nearest counts among those whose peak is at least this share of the strongest."""
FOOT, FOOT_NOISES = 0.1, 3.0
"""What is over this share of the peak, and over the noise, belongs to it."""
MAD_SIGMA = 1.4826

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spot:
    """A small steady heat. Frame: full-size pixels. `excess` Σ(heat − surroundings), units of heat·px; `width_px` RMS radius."""

    x_px: float
    y_px: float
    excess: float
    width_px: float
    noises: float
    """Peak over the pixel's noise."""


def find(
    heat: Array, x_px: float, y_px: float, reach_px: float, size_px: float, noise: float, excess: tuple[float, float] | None = None
) -> Spot | None:
    """Return the small heat at a place, within `reach_px` of it; None where nothing stands out.

    Shapes: heat (H, W). `size_px`: greatest radius of a beacon, blurred or not; wider things are surroundings. `excess`: its least and
    greatest, where it is known; what is weaker or stronger is something else.
    """
    size = max(4, round(size_px))
    margin = round(reach_px) + 2 * size
    left, top = max(0, round(x_px) - margin), max(0, round(y_px) - margin)
    part = np.ascontiguousarray(heat[top : round(y_px) + margin + 1, left : round(x_px) + margin + 1])
    if min(part.shape) <= 2 * size:
        return None
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * size + 1, 2 * size + 1))
    smooth = np.asarray(cv2.GaussianBlur(part, (0, 0), 1.0), np.float32)
    over = part - np.asarray(cv2.blur(cv2.morphologyEx(smooth, cv2.MORPH_OPEN, kernel), (size, size)), np.float32)
    over = over - np.float32(np.median(over))
    clutter = MAD_SIGMA * float(np.median(np.abs(over)))
    gate = max(LEAST_NOISES * noise, CLUTTER_SIGMAS * clutter)
    peaks = (over >= gate) & (over >= np.asarray(cv2.dilate(over, np.ones((5, 5), np.uint8)), np.float32))
    found: list[tuple[float, Spot]] = []
    for row, col in zip(*np.nonzero(peaks), strict=True):
        spot = _measured(over, int(row), int(col), size, max(noise, clutter), noise)
        if spot is None or spot.width_px > WIDEST * size or (excess is not None and not excess[0] <= spot.excess <= excess[1]):
            continue
        spot = Spot(spot.x_px + left, spot.y_px + top, spot.excess, spot.width_px, spot.noises)
        away = float(np.hypot(spot.x_px - x_px, spot.y_px - y_px))
        if away <= reach_px:
            found.append((away, spot))
    strongest = max((spot.noises for _, spot in found), default=0.0)
    return min(((away, spot) for away, spot in found if spot.noises >= RIVAL * strongest), key=lambda pair: pair[0], default=(0.0, None))[1]


def _measured(over: Array, row: int, col: int, size: int, scatter: float, noise: float) -> Spot | None:
    """Return centroid, sum and width of what belongs to a peak, corrected for the foot that is cut off (of a Gaussian)."""
    top, left = max(0, row - size), max(0, col - size)
    part = over[top : row + size + 1, left : col + size + 1]
    peak = float(over[row, col])
    foot = max(FOOT * peak, FOOT_NOISES * scatter)
    count, labels = cv2.connectedComponents((part >= foot).astype(np.uint8))
    label = int(labels[row - top, col - left])
    if count < 2 or label == 0:
        return None
    rows, cols = np.nonzero(labels == label)
    weight = part[rows, cols].astype(np.float64)
    if float(weight.max()) > 1.0001 * peak:
        return None
    total = float(weight.sum())
    y, x = float(weight @ rows) / total, float(weight @ cols) / total
    square = float(weight @ ((rows - y) ** 2 + (cols - x) ** 2)) / total
    cut = min(foot / peak, 0.9)
    kept = 1.0 - cut
    narrower = (1.0 - cut * (1.0 - np.log(cut))) / kept
    return Spot(x + left, y + top, total / kept, float(np.sqrt(square / narrower)), peak / noise)
