"""A synthetic fire in a copy of the heat, judged by a twin of the scene.

The real scene never sees the copy: a real fire one pixel and one second away from a drill is judged exactly as without it. Only tracks
at the injected place are reported, and each of their sightings carries `test`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import CELL
from edged.detector.scene import ViewScene
from edged.geometry.radiance import radiance, temperature
from edged.model.frame import Thermogram

FLAME_C = 800.0
START_FILL, END_FILL = 0.02, 0.9
GROWTH_PX_S, MAX_RADIUS_PX = 0.25, 5.0
FLICKER_HZ = (1.3, 2.1, 3.7)
FLICKER = 0.35
FULL_SCALE = 255.0
REACH_PX = 14.0
ROOM_LEVELS = 100.0
"""Room that a fire needs above its place: two gates, and as much again for its growth."""
CALM = ((REACH_PX, ROOM_LEVELS), (REACH_PX / 2.0, ROOM_LEVELS), (REACH_PX / 2.0, 0.6 * ROOM_LEVELS))
"""What a place for a drill must offer, strictest first: calm within so many pixels, and room on the scale."""
COST_OF_STRUCTURE = 0.1

Array = npt.NDArray[np.float32]


@dataclass(slots=True)
class Drill:
    """A drill that runs: where, since when, how long, and the twin that judges it."""

    drill_id: str
    x_px: float
    y_px: float
    from_s: float
    duration_s: float
    twin: ViewScene

    def over(self, now: float) -> bool:
        """Tell whether its time is up."""
        return now - self.from_s > self.duration_s

    def inserted(self, thermogram: Thermogram, now: float) -> Array:
        """Return a copy of the heat with the fire as it burns at `now`. Mixed pixels by band radiance, point spread 0.8 px."""
        return insert(thermogram, self.x_px, self.y_px, now - self.from_s)

    def near(self, x_px: float, y_px: float) -> bool:
        """Tell whether a track belongs to the injected place."""
        return float(np.hypot(x_px - self.x_px, y_px - self.y_px)) <= REACH_PX


def insert(thermogram: Thermogram, x_px: float, y_px: float, age_s: float) -> Array:
    """Return a copy of the heat with a fire of this age. In grey pictures the nominal slope stands for the unknown one."""
    heat = thermogram.heat.copy()
    age = max(0.0, age_s)
    wave = sum(np.sin(2 * np.pi * hz * age + 2.0 * hz) for hz in FLICKER_HZ) / len(FLICKER_HZ)
    radius = min(MAX_RADIUS_PX, 0.8 + GROWTH_PX_S * age) * (1.0 + FLICKER * float(wave))
    fill = min(END_FILL, START_FILL + 0.03 * age)
    reach = int(MAX_RADIUS_PX * 2 + 4)
    rows = slice(max(0, round(y_px) - reach), round(y_px) + reach + 1)
    cols = slice(max(0, round(x_px) - reach), round(x_px) + reach + 1)
    part = heat[rows, cols]
    ys = np.arange(rows.start, rows.start + part.shape[0])[:, None] - y_px
    xs = np.arange(cols.start, cols.start + part.shape[1])[None] - x_px
    edge = (radius - np.hypot(xs, ys)) / 0.8
    share = fill / (1.0 + np.exp(-2.0 * np.clip(edge, -15.0, 15.0)))
    if thermogram.kind == "relative":
        base_c = 20.0
        mixed = temperature((1 - share) * radiance(base_c) + share * radiance(FLAME_C)) - base_c
        raised = part + mixed * thermogram.levels_per_k
        heat[rows, cols] = np.minimum(raised, max(FULL_SCALE, float(part.max())) if thermogram.levels_per_k <= 10.0 else raised)
    else:
        heat[rows, cols] = temperature((1 - share) * radiance(part) + share * radiance(FLAME_C))
    return heat


def quiet_place(scene: ViewScene, grey: bool) -> tuple[float, float] | None:
    """Return the calmest place in the middle of the view, pixels, or None where there is none or the view is not learnt.

    Calm: within the reach of a fire nothing varies much, nothing is kept out of the background, no text lies, and in a `grey` picture
    (0–255) the scale has room above. A lamp at the end of the scale has no scatter at all, and no fire would show on it.
    """
    for reach_px, room in CALM:
        place = _calmest(scene, grey, reach_px, room)
        if place is not None:
            return place
    return None


def _calmest(scene: ViewScene, grey: bool, reach_px: float, room: float) -> tuple[float, float] | None:
    background = scene.background
    if background is None or scene.learning:
        return None
    side = 2 * round(reach_px / CELL) + 1
    around = np.ones((side, side), np.uint8)
    blocked = background.held_out.astype(np.uint8)
    if scene.osd is not None:
        rows, cols = (n * CELL for n in blocked.shape)
        text = scene.osd[:rows, :cols].reshape(rows // CELL, CELL, cols // CELL, CELL).any(axis=(1, 3))
        blocked |= text.astype(np.uint8)
    top = cv2.dilate(background.peak, around)
    cost = cv2.dilate(background.mad, around) + COST_OF_STRUCTURE * (top + cv2.dilate(-background.mean, around))
    closed = cv2.dilate(blocked, around) > 0
    if grey:
        closed |= top > FULL_SCALE - room
    h, w = cost.shape
    part = np.where(closed, np.inf, cost)[h // 4 : 3 * h // 4, w // 4 : 3 * w // 4]
    row, col = np.unravel_index(int(part.argmin()), part.shape)
    if not np.isfinite(part[row, col]):
        return None
    return float((col + w // 4) * CELL + 2), float((row + h // 4) * CELL + 2)
