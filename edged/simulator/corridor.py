"""A visible corridor of a mall: floor, walls, doors, lamps and one person who walks up and down. Pure."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from edged.simulator.head import Position
from edged.simulator.scene import VISIBLE_SIZE, World
from edged.simulator.settings import SimulatedCamera

Bytes = npt.NDArray[np.uint8]
LENGTH_M, HALF_WIDTH_M, HEIGHT_M, LENS_M = 40.0, 2.0, 3.2, 2.9


class Corridor:
    """One corridor camera's picture."""

    def __init__(self, world: World, camera: SimulatedCamera) -> None:
        self.width, self.height = VISIBLE_SIZE
        self._focal = self.width / 2.0 / math.tan(math.radians(camera.hfov_deg) / 2.0)
        self._speed = world.settings.speed
        self._rng = np.random.default_rng([world.settings.seed, sum(camera.id.encode())])
        noise = self._rng.normal(0.0, 1.5, (2, self.height + 32, self.width + 32)).astype(np.float32)
        self._noise = list(noise)
        self._still = self._paint()
        self._offset_s = float(self._rng.uniform(0.0, 60.0))

    def grey(self, now_s: float, where: Position, moving: bool) -> Bytes:
        """Return (H, W) uint8. A corridor camera does not turn, so `where` and `moving` change nothing."""
        picture = self._still.copy()
        far = 4.0 + abs((now_s * self._speed + self._offset_s) * 1.2 % 60.0 - 30.0)
        feet, top = self._at(0.4, 0.0, far), self._at(0.4, 1.72, far)
        wide = max(1, round(0.22 * self._focal / far))
        cv2.rectangle(picture, (feet[0] - wide, top[1]), (feet[0] + wide, feet[1]), 40.0, -1)
        cv2.circle(picture, (top[0], top[1]), wide // 2 + 1, 120.0, -1)
        y, x = (int(v) for v in self._rng.integers(0, 32, 2))
        grain = self._noise[int(self._rng.integers(0, 2))][y : y + self.height, x : x + self.width]
        return np.asarray(cv2.addWeighted(picture, 1.0, grain, 1.0, 0.0, dtype=cv2.CV_8U))

    def _paint(self) -> npt.NDArray[np.float32]:
        picture = np.full((self.height, self.width), 70.0, np.float32)
        near = 1.5
        for low, high, side, value in (
            (0.0, 0.0, None, 95.0),
            (HEIGHT_M, HEIGHT_M, None, 150.0),
            (0.0, HEIGHT_M, -1, 120.0),
            (0.0, HEIGHT_M, 1, 110.0),
        ):
            if side is None:
                corners = [
                    (-HALF_WIDTH_M, low, near),
                    (HALF_WIDTH_M, low, near),
                    (HALF_WIDTH_M, high, LENGTH_M),
                    (-HALF_WIDTH_M, high, LENGTH_M),
                ]
            else:
                x = side * HALF_WIDTH_M
                corners = [(x, low, near), (x, high, near), (x, high, LENGTH_M), (x, low, LENGTH_M)]
            cv2.fillConvexPoly(picture, np.array([self._at(*c) for c in corners]), value)
        for n in range(9):
            at = 3.0 + 4.0 * n
            lamp = [(-0.6, HEIGHT_M, at), (0.6, HEIGHT_M, at), (0.6, HEIGHT_M, at + 0.5), (-0.6, HEIGHT_M, at + 0.5)]
            door = [(HALF_WIDTH_M, 0.0, at), (HALF_WIDTH_M, 2.1, at), (HALF_WIDTH_M, 2.1, at + 1.0), (HALF_WIDTH_M, 0.0, at + 1.0)]
            cv2.fillConvexPoly(picture, np.array([self._at(*c) for c in lamp]), 250.0)
            cv2.fillConvexPoly(picture, np.array([self._at(*c) for c in door]), 60.0)
        return picture

    def _at(self, aside_m: float, up_m: float, far_m: float) -> tuple[int, int]:
        return (
            round(self.width / 2 + aside_m / far_m * self._focal),
            round(self.height * 0.35 + (LENS_M - up_m) / far_m * self._focal),
        )
