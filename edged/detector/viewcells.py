"""Between pixels of a picture and cells of a background: watched places, tracks, spots, and the areas that a track lies in."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector import bearing
from edged.detector.background import CELL
from edged.detector.places import Place
from edged.detector.track import Track
from edged.model.sighting import Hotspot
from edged.model.view import HeadPolygon, View

FAR_PX = 30_000
"""Pixels farther away than this are nowhere near a picture, and not drawn: the filler counts in 16 bits."""
Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def watched_cells(view: View, heat_shape: tuple[int, ...]) -> Mask | None:
    """Return the cells of a view's watch points, (H // 4, W // 4), or None when none of them lies in the picture."""
    height, width = heat_shape[:2]
    mask = np.zeros((height // CELL, width // CELL), np.uint8)
    for point in view.watch:
        at = bearing.pixel(view, point.pan_deg, point.tilt_deg, heat_shape)
        if at is not None and max(map(abs, at)) < FAR_PX:
            radius = max(2, round(point.radius_deg / bearing.ifov_deg(view, heat_shape) / CELL))
            cv2.circle(mask, (round(at[0] / CELL), round(at[1] / CELL)), radius, 1, -1)
    return mask > 0 if mask.any() else None


def cells_of(track: Track, shift: tuple[float, float], margin: int = 1) -> tuple[slice, slice]:
    """Return the cells of a track while the picture is shifted."""
    return cells_in(track.window if margin else track.spot.box_px, shift, margin)


def cells_in(box: tuple[int, int, int, int], shift: tuple[float, float], margin: int = 1) -> tuple[slice, slice]:
    """Return the cells of a box (x, y, w, h) of pixels while the picture is shifted."""
    x, y, w, h = box
    left, top = x - round(shift[0]), y - round(shift[1])
    return (
        slice(max(0, top // CELL - margin), (top + h) // CELL + 1 + margin),
        slice(max(0, left // CELL - margin), (left + w) // CELL + 1 + margin),
    )


def spot_of(place: Place, over: Array, local: float, shift: tuple[float, float]) -> Hotspot:
    """Return a place that no track has followed as a spot, from its cells. Frame and units as `Hotspot`."""
    rows, cols = place.cells
    weight = np.maximum(over, np.float32(1e-3))
    x = float(np.average(cols + 0.5, weights=weight)) * CELL - 0.5 + shift[0]
    y = float(np.average(rows + 0.5, weights=weight)) * CELL - 0.5 + shift[1]
    box = (int(cols.min()) * CELL, int(rows.min()) * CELL, int(np.ptp(cols) + 1) * CELL, int(np.ptp(rows) + 1) * CELL)
    hot = int(np.count_nonzero(over > 0.5 * over.max()))
    return Hotspot(x, y, box, hot, local + float(over.max()), local, float(over.clip(0.0).sum()), None, 0.0)


def areas_at(track: Track, view: View, shape: tuple[int, ...]) -> tuple[HeadPolygon, ...]:
    """Return the areas of a view that a track lies in."""
    if not view.areas:
        return ()
    at = bearing.direction(view, track.spot.x_px, track.spot.y_px, shape)
    return tuple(area for area in view.areas if cv2.pointPolygonTest(np.array(area.points, np.float32).reshape(-1, 1, 2), at, False) >= 0)
