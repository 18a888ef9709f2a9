"""How far a view lies from its reference picture, and where a beacon stands in it. Pure measures of one look; nothing is claimed in doubt.

The whole picture gives a first shift, then many small windows vote: those whose content changed (a landed container) do not match and have
no vote, those with structure in one direction only (the skyline) neither. Compared once as it is and, where that fails, by its edges,
which outlast the change from day to night.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

WINDOW, STRIDE = 24, 12
"""Side of a voting window and their distance, cells."""
TRIES = 4
"""First shifts that are tried."""
ROOM = 3
"""Cells about the first shift in which a window looks for its own."""
MATCH, DROP = 0.5, 0.15
"""Least correlation of a window that votes, and by how much it must fall off within `ROOM` along both axes."""
AGREE_CELLS = 0.75
LEAST_VOTES, LEAST_OF_WINDOWS, LEAST_OF_VOTES = 5, 0.09, 0.6
"""Votes that must agree: so many, this share of all windows, and this share of all votes."""
STILL_CELLS, STILL_OF_WINDOWS = 0.5, 0.13
"""For no shift at all more windows must vote: dust on the window and the sensor's own pattern say so of any scene."""
FINE_CELLS = 9
ROUND_CELLS = 0.1
"""1σ of what the windows' common rounding leaves."""

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Offset:
    """Picture minus reference in cells, x right, y down; its 1σ; the share of all windows that agree."""

    x: float
    y: float
    sigma: float
    share: float


def offset(picture: Array, reference: Array, noise: float, reach: float) -> Offset | None:
    """Return how far a picture is shifted against its reference, at most `reach` cells; None where that cannot be said.

    Shapes: both (h, w), cells. `noise`: 1σ of a cell, units of heat.
    """
    if picture.shape != reference.shape or min(picture.shape) < 2 * WINDOW:
        return None
    for a, b in ((picture, reference), (_edges(picture), _edges(reference))):
        one, two = _even(a, noise), _even(b, noise)
        for first in _first(one, two, reach):
            found = _agreed(*_votes(one, two, first))
            if found is not None:
                return found
    return None


def _edges(picture: Array) -> Array:
    """Return the size of the gradient: where things end, whichever side is the warmer. Units of heat per cell."""
    dx = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    dy = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.asarray(cv2.magnitude(dx, dy), np.float32)


def _even(picture: Array, noise: float) -> Array:
    """Return the fine structure with its contrast made even, so that a few bright things do not outvote the scene; noise stays small."""
    side = (FINE_CELLS, FINE_CELLS)
    fine = picture - np.asarray(cv2.blur(picture, side), np.float32)
    power = np.asarray(cv2.blur(fine * fine, side), np.float32)
    return np.asarray((fine / np.sqrt(power + np.float32((3.0 * noise) ** 2))).clip(-2.0, 2.0), np.float32)


def _first(one: Array, two: Array, reach: float) -> list[tuple[int, int]]:
    """Return the whole-cell shifts at which most of the two pictures agrees, the best first."""
    h, w = one.shape
    hann = np.asarray(cv2.createHanningWindow((w, h), cv2.CV_32F), np.float32)
    surface = np.fft.irfft2(np.fft.rfft2(one * hann) * np.conj(np.fft.rfft2(two * hann)), s=(h, w))
    most = int(min(np.ceil(reach), h // 3, w // 3))
    part = np.roll(surface, (most, most), (0, 1))[: 2 * most + 1, : 2 * most + 1]
    out = []
    for _ in range(TRIES):
        row, col = divmod(int(np.argmax(part)), part.shape[1])
        out.append((col - most, row - most))
        part[max(0, row - ROOM) : row + ROOM + 1, max(0, col - ROOM) : col + ROOM + 1] = -np.inf
    return out


def _votes(one: Array, two: Array, shift: tuple[int, int]) -> tuple[npt.NDArray[np.float64], int]:
    """Return the shift of every window that matches, (n, 2): x, y in cells; and how many windows were compared."""
    dx, dy = shift
    h, w = one.shape
    out, windows = [], 0
    for top in range(ROOM, h - WINDOW - ROOM + 1, STRIDE):
        for left in range(ROOM, w - WINDOW - ROOM + 1, STRIDE):
            y, x = top - dy, left - dx
            if not (0 <= y <= h - WINDOW and 0 <= x <= w - WINDOW):
                continue
            windows += 1
            around = one[top - ROOM : top + WINDOW + ROOM, left - ROOM : left + WINDOW + ROOM]
            match = cv2.matchTemplate(around, two[y : y + WINDOW, x : x + WINDOW], cv2.TM_CCOEFF_NORMED)
            vote = _peak(np.asarray(match, np.float64))
            if vote is not None:
                out.append((dx + vote[0], dy + vote[1]))
    return np.array(out, np.float64).reshape(-1, 2), windows


def _peak(match: npt.NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the place of a clear peak inside a small surface, by a parabola along each axis, against its centre."""
    row, col = divmod(int(np.argmax(match)), match.shape[1])
    top = float(match[row, col])
    if top < MATCH or not (0 < row < match.shape[0] - 1 and 0 < col < match.shape[1] - 1):
        return None
    if top - max(float(match[row].min()), float(match[:, col].min())) < DROP:
        return None
    return col - ROOM + _parabola(match[row, col - 1 : col + 2]), row - ROOM + _parabola(match[row - 1 : row + 2, col])


def _parabola(three: npt.NDArray[np.float64]) -> float:
    bend = float(three[0] - 2.0 * three[1] + three[2])
    return 0.0 if bend >= -1e-9 else 0.5 * float(three[0] - three[2]) / bend


def _agreed(votes: npt.NDArray[np.float64], windows: int) -> Offset | None:
    """Return what the votes say where most of them say the same."""
    if len(votes) < LEAST_VOTES:
        return None
    middle = np.median(votes, axis=0)
    near = votes[np.hypot(*(votes - middle).T) <= AGREE_CELLS]
    if len(near) < max(LEAST_VOTES, LEAST_OF_WINDOWS * windows, LEAST_OF_VOTES * len(votes)):
        return None
    x, y = np.median(near, axis=0)
    if float(np.hypot(x, y)) < STILL_CELLS and len(near) < STILL_OF_WINDOWS * windows:
        return None
    spread = 1.4826 * float(np.median(np.abs(near - (x, y)), axis=0).max())
    return Offset(float(x), float(y), float(np.hypot(ROUND_CELLS, 2.0 * spread / np.sqrt(len(near)))), len(near) / windows)
