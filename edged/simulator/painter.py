"""Projects the yard into a lens: ground and sky by rays, boxes by painter's order. Pure.

It has a projection of its own, apart from `edged.geometry`, so that an error there does not cancel out here.
Frame: pixel centres on whole numbers; the optical axis at ((W − 1)/2, (H − 1)/2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from edged.simulator.yard import HALF_M, MAP_M, MAP_STEP_C, MAP_ZERO_C, Array, Boxes, Yard

Skin = Literal["thermal", "visible"]
Picture = npt.NDArray[np.float32]
REACH_M = 1800.0
"""Boxes farther away are not drawn."""
_SUB = 4
"""Bits of sub-pixel position given to the polygon filler."""


@dataclass(frozen=True, slots=True, eq=False)
class Eyepoint:
    """A lens in the world. `at`: (3,) metres; azimuth clockwise from north, elevation up; `focal_px`, picture size."""

    at: Array
    azimuth_deg: float
    elevation_deg: float
    focal_px: float
    width: int
    height: int

    @property
    def axes(self) -> Array:
        """Rows: the lens's right, down and forward axes in the world."""
        a, e = math.radians(self.azimuth_deg), math.radians(self.elevation_deg)
        ahead = [math.cos(e) * math.sin(a), math.cos(e) * math.cos(a), math.sin(e)]
        right = [math.cos(a), -math.sin(a), 0.0]
        down = [math.sin(e) * math.sin(a), math.sin(e) * math.cos(a), -math.cos(e)]
        return np.array([right, down, ahead])

    def project(self, points: Array) -> tuple[Array, Array]:
        """Return pixels (…, 2) and distances ahead (…) of world points (…, 3)."""
        local = (points - self.at) @ self.axes.T
        ahead = local[..., 2]
        safe = np.where(ahead > 0.5, ahead, 0.5)
        centre = np.array([(self.width - 1) / 2.0, (self.height - 1) / 2.0])
        return local[..., :2] / safe[..., None] * self.focal_px + centre, ahead

    def ray(self, x_px: float, y_px: float) -> Array:
        """Return the unit vector through a pixel."""
        local = np.array([x_px - (self.width - 1) / 2.0, y_px - (self.height - 1) / 2.0, self.focal_px])
        world = local @ self.axes
        return np.asarray(world / np.linalg.norm(world))


def focal_px(width: int, hfov_deg: float) -> float:
    """Return the focal length in pixels."""
    return width / 2.0 / math.tan(math.radians(hfov_deg) / 2.0)


def paint_still(yard: Yard, eye: Eyepoint, skin: Skin, extinction_per_km: float) -> Picture:
    """Return (H, W) float32 of all that does not move: °C apparent, or brightness."""
    picture = _ground_and_sky(yard, eye, skin, extinction_per_km)
    paint_boxes(picture, yard.boxes, eye, skin, yard.air_temp_c, extinction_per_km)
    return picture


def paint_boxes(picture: Picture, boxes: Boxes, eye: Eyepoint, skin: Skin, air_temp_c: float, extinction_per_km: float) -> int:
    """Draw boxes, far ones first. Returns how many were in view."""
    middle = (boxes.low + boxes.high) / 2.0 - eye.at
    flat = np.hypot(middle[:, 0], middle[:, 1])
    a = math.radians(eye.azimuth_deg)
    ahead = middle[:, 0] * math.sin(a) + middle[:, 1] * math.cos(a)
    aside = np.abs(middle[:, 0] * math.cos(a) - middle[:, 1] * math.sin(a))
    spread = eye.width / 2.0 / eye.focal_px / max(0.2, math.cos(math.radians(eye.elevation_deg)))
    near = (flat < REACH_M) & (ahead > -10.0) & (aside < np.maximum(ahead, 0.0) * spread * 1.3 + 25.0)
    chosen = np.flatnonzero(near)
    if chosen.size == 0:
        return 0
    low, high = boxes.low[chosen], boxes.high[chosen]
    corners = np.stack(
        [
            np.stack([(low, high)[x][:, 0], (low, high)[y][:, 1], (low, high)[z][:, 2]], axis=1)
            for z in (0, 1)
            for y in (0, 1)
            for x in (0, 1)
        ],
        axis=1,
    )
    pixels, depth = eye.project(corners)
    inside = (
        (depth.min(axis=1) > 1.0)
        & (pixels[..., 0].max(axis=1) > -1) & (pixels[..., 0].min(axis=1) < eye.width)
        & (pixels[..., 1].max(axis=1) > -1) & (pixels[..., 1].min(axis=1) < eye.height)
    )  # fmt: skip
    values = (boxes.thermal if skin == "thermal" else boxes.visible)[chosen]
    if skin == "thermal":
        through = np.exp(-extinction_per_km * flat[chosen] / 1000.0)[:, None]
        values = air_temp_c + through * (values - air_temp_c)
    fixed = np.round(pixels * (1 << _SUB)).astype(np.int32)
    drawn = np.flatnonzero(inside)
    order = drawn[np.lexsort(((low[drawn, 2]), -np.round(flat[chosen][drawn], 1)))]
    for n in order:
        quad, value = fixed[n], values[n]
        if eye.at[0] < low[n, 0]:
            _fill(picture, quad[[0, 2, 6, 4]], value[1])
        elif eye.at[0] > high[n, 0]:
            _fill(picture, quad[[1, 3, 7, 5]], value[1])
        if eye.at[1] < low[n, 1]:
            _fill(picture, quad[[0, 1, 5, 4]], value[2])
        elif eye.at[1] > high[n, 1]:
            _fill(picture, quad[[2, 3, 7, 6]], value[2])
        if eye.at[2] > high[n, 2]:
            _fill(picture, quad[[4, 5, 7, 6]], value[0])
    return int(order.size)


def _fill(picture: Picture, quad: npt.NDArray[np.int32], value: float) -> None:
    cv2.fillConvexPoly(picture, quad, float(value), cv2.LINE_8, _SUB)


def _ground_and_sky(yard: Yard, eye: Eyepoint, skin: Skin, extinction_per_km: float) -> Picture:
    xs = (np.arange(eye.width, dtype=np.float32) - (eye.width - 1) / 2.0) / eye.focal_px
    ys = (np.arange(eye.height, dtype=np.float32) - (eye.height - 1) / 2.0) / eye.focal_px
    right, down, ahead = eye.axes.astype(np.float32)
    east = xs[None, :] * right[0] + ys[:, None] * down[0] + ahead[0]
    north = xs[None, :] * right[1] + ys[:, None] * down[1] + ahead[1]
    up = xs[None, :] * right[2] + ys[:, None] * down[2] + ahead[2]
    far = np.where(up < -1e-4, -eye.at[2] / np.minimum(up, -1e-4), 1e6).astype(np.float32)
    map_x = ((eye.at[0] + far * east + HALF_M) / MAP_M).astype(np.float32)
    map_y = ((eye.at[1] + far * north + HALF_M) / MAP_M).astype(np.float32)
    ground = yard.ground_thermal if skin == "thermal" else yard.ground_visible
    seen = cv2.remap(ground, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    flat = np.hypot(east, north)
    elevation = np.degrees(np.arctan2(up, flat))
    bearing = np.arctan2(east, north)
    ridge = 0.9 + 0.5 * np.sin(5.0 * bearing + 0.4) + 0.25 * np.sin(17.0 * bearing)
    if skin == "visible":
        sky = 14.0 + 6.0 * np.exp(-np.maximum(elevation, 0.0) / 6.0)
        return np.asarray(np.where(up < -1e-4, seen * np.exp(-far * flat / 2500.0), np.where(elevation < ridge, 6.0, sky)), np.float32)
    air = yard.air_temp_c
    through = np.exp(-extinction_per_km * np.minimum(far * flat, 6000.0) / 1000.0)
    grounded = air + through * (MAP_ZERO_C + MAP_STEP_C * seen - air)
    sky = air - 3.0 - 22.0 * (1.0 - np.exp(-np.maximum(elevation, 0.0) / 9.0)) + 0.8 * np.sin(9.0 * bearing + 0.5 * elevation)
    hills = air - 0.6 + 0.3 * np.sin(40.0 * bearing)
    return np.asarray(np.where(up < -1e-4, grounded, np.where(elevation < ridge, hills, sky)), np.float32)
