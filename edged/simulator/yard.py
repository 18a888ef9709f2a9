"""The simulated port yard: boxes, a ground map and what moves on it, fixed in the world. Pure and the same for one seed.

Frame: metres east, north, up of the station's origin. Thermal values are °C on a clear night, visible ones brightness 0–255.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
CELL_M = 250.0
"""Roads run along the multiples of this."""
HALF_M = 3000.0
MAP_M = 2.5
"""Ground metres per pixel of the ground maps."""
MAP_ZERO_C, MAP_STEP_C = -10.0, 0.2
"""Ground map: °C = zero + step × byte."""
RIVER_NORTH_M = 1900.0


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Axis-parallel boxes. Shapes: `low`, `high` (N, 3) metres; `thermal`, `visible` (N, 3) values of top, sides along x, sides along y."""

    low: Array
    high: Array
    thermal: Array
    visible: Array

    def __len__(self) -> int:
        return len(self.low)


_TRUCK = (
    (-9.0, 4.5, 1.25, 1.1, 3.9, -1.0, 90.0),
    (-8.0, -4.0, 1.2, 0.0, 1.1, 5.0, 10.0),
    (5.0, 8.0, 1.25, 0.4, 3.3, 4.0, 130.0),
    (6.2, 8.05, 1.0, 0.5, 1.5, 14.0, 200.0),
    (5.0, 5.3, 1.35, 1.2, 3.4, 40.0, 60.0),
)
_WALKER = ((-0.2, 0.2, 0.25, 0.0, 1.45, 8.0, 70.0), (-0.12, 0.12, 0.12, 1.45, 1.75, 17.0, 110.0))
"""Parts of a mover: back, front, half width, bottom, top (m), K over the air, brightness."""


@dataclass(frozen=True, slots=True, eq=False)
class Mover:
    """A truck or a walker on a rectangular loop. Units: m, m/s."""

    kind: str
    corner: tuple[float, float]
    side: tuple[float, float]
    speed: float
    start_m: float

    def place(self, t_s: float) -> tuple[float, float, int, float]:
        """Return x, y, the axis it runs along (0 east, 1 north) and the sign of its way at scene time `t_s`."""
        w, d = self.side
        s = (self.start_m + self.speed * t_s) % (2 * (w + d))
        x0, y0 = self.corner
        if s < w:
            return x0 + s, y0, 0, 1.0
        if s < w + d:
            return x0 + w, y0 + s - w, 1, 1.0
        if s < 2 * w + d:
            return x0 + w - (s - w - d), y0 + d, 0, -1.0
        return x0, y0 + d - (s - 2 * w - d), 1, -1.0

    def boxes(self, t_s: float, air: float) -> Boxes:
        """Return its boxes: a truck has a trailer, a warm engine, hot exhaust and tyres; a walker is one body with a head."""
        x, y, along, sign = self.place(t_s)
        low, high, heat, light = [], [], [], []
        for back, front, half, bottom, top, over, bright in _TRUCK if self.kind == "truck" else _WALKER:
            a, b = sorted((sign * back, sign * front))
            span = (a, b, -half, half) if along == 0 else (-half, half, a, b)
            low.append([x + span[0], y + span[2], bottom])
            high.append([x + span[1], y + span[3], top])
            heat.append([air + over - 1.0, air + over, air + over])
            light.append([bright * 0.6, bright, bright * 0.8])
        return Boxes(np.array(low), np.array(high), np.array(heat), np.array(light))


@dataclass(frozen=True, slots=True, eq=False)
class Yard:
    """The whole yard. `ground_thermal`, `ground_visible`: (M, M) uint8, row 0 the southern edge, column 0 the western."""

    boxes: Boxes
    ground_thermal: npt.NDArray[np.uint8]
    ground_visible: npt.NDArray[np.uint8]
    movers: tuple[Mover, ...]
    air_temp_c: float

    def hit_m(self, origin: Array, ray: Array) -> float | None:
        """Return the distance to the first surface along the unit vector `ray`, None for the sky."""
        ground = -origin[2] / ray[2] if ray[2] < -1e-9 else np.inf
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = (self.boxes.low - origin) / ray, (self.boxes.high - origin) / ray
        near, far = np.nanmax(np.minimum(a, b), axis=1), np.nanmin(np.maximum(a, b), axis=1)
        struck = near[(near <= far) & (near > 0.1)]
        first = min(float(ground), float(struck.min()) if struck.size else np.inf)
        return first if np.isfinite(first) and first < 3 * HALF_M else None

    def sees(self, origin: Array, point: Array, slack_m: float = 1.5) -> bool:
        """Tell whether nothing stands between `origin` and `point`."""
        way = point - origin
        far = float(np.linalg.norm(way))
        struck = self.hit_m(origin, way / far)
        return struck is None or struck >= far - slack_m

    def near(self, at: Array, reach_m: float) -> Yard:
        """Return the part of the yard within `reach_m` of a place."""
        middle = (self.boxes.low[:, :2] + self.boxes.high[:, :2]) / 2.0 - at[:2]
        kept = np.hypot(middle[:, 0], middle[:, 1]) < reach_m
        boxes = Boxes(self.boxes.low[kept], self.boxes.high[kept], self.boxes.thermal[kept], self.boxes.visible[kept])
        movers = tuple(m for m in self.movers if math.hypot(m.corner[0] - at[0], m.corner[1] - at[1]) < reach_m)
        return replace(self, boxes=boxes, movers=movers)


def build_yard(seed: int, air_temp_c: float) -> Yard:
    """Return the yard of a seed."""
    rng = np.random.default_rng(seed)
    parts: list[list[float]] = []
    movers: list[Mover] = []
    cells = int(HALF_M // CELL_M)
    for i in range(-cells, cells):
        for j in range(-cells, int(RIVER_NORTH_M // CELL_M)):
            west, south = i * CELL_M, j * CELL_M
            use = rng.random()
            if use < 0.5:
                _stacks(parts, rng, west, south, air_temp_c)
            elif use < 0.68:
                _trailers(parts, rng, west, south, air_temp_c)
            elif use < 0.78:
                _shed(parts, rng, west, south, air_temp_c)
            for x, y in ((west + 12.0, south + 125.0), (west + 125.0, south + 12.0)):
                _box(parts, (x, y, 0.0), (0.4, 0.4, 11.0), (air_temp_c, air_temp_c - 1, air_temp_c - 1), (60, 60, 60))
                _box(parts, (x - 0.4, y - 0.4, 11.0), (1.2, 1.2, 0.5), (air_temp_c + 16, air_temp_c + 14, air_temp_c + 14), (255, 255, 255))
            if rng.random() < 0.35:
                pace = rng.uniform(6.0, 11.0)
                movers.append(Mover("truck", (west + 3.0, south + 3.0), (CELL_M - 2.0, CELL_M - 2.0), pace, rng.uniform(0, 900)))
            if rng.random() < 0.3:
                at = (west + rng.uniform(15, 25), south + rng.uniform(15, 25))
                movers.append(Mover("walker", at, (CELL_M - 50.0, rng.uniform(8, 60)), rng.uniform(0.9, 1.5), rng.uniform(0, 300)))
    for x in np.arange(-2000.0, 2001.0, 400.0):
        _crane(parts, float(x), RIVER_NORTH_M - 30.0, air_temp_c)
    table = np.array(parts)
    boxes = Boxes(table[:, 0:3], table[:, 3:6], table[:, 6:9], table[:, 9:12])
    thermal, visible = _ground(rng, air_temp_c)
    return Yard(boxes, thermal, visible, tuple(movers), air_temp_c)


def _box(
    parts: list[list[float]], at: tuple[float, float, float], size: tuple[float, float, float],
    thermal: tuple[float, float, float], visible: tuple[float, float, float],
) -> None:  # fmt: skip
    parts.append([*at, at[0] + size[0], at[1] + size[1], at[2] + size[2], *thermal, *visible])


def _stacks(parts: list[list[float]], rng: np.random.Generator, west: float, south: float, air: float) -> None:
    """Two blocks of container stacks, 12.2 × 2.44 m, one to five high; one in twelve is a running reefer."""
    for block in range(2):
        for bay in range(13):
            for row in range(6):
                tiers = int(rng.integers(0, 5))
                if tiers == 0:
                    continue
                at = (west + 30.0 + bay * 14.5, south + 55.0 + block * 90.0 + row * 3.0, 0.0)
                shade = float(rng.uniform(-1.2, 1.2))
                grey = float(rng.uniform(25, 75))
                _box(
                    parts, at, (12.2, 2.44, 2.6 * tiers),
                    (air - 4.5 + shade, air - 0.5 + shade, air - 1.4 + shade), (grey * 0.6, grey, grey * 0.8),
                )  # fmt: skip
                if rng.random() < 1 / 12:
                    end = (at[0] - 0.15, at[1] + 0.3, 2.6 * (tiers - 1) + 0.3)
                    _box(parts, end, (0.15, 1.8, 0.9), (air + 9, air + 11, air + 9), (60, 60, 60))


def _trailers(parts: list[list[float]], rng: np.random.Generator, west: float, south: float, air: float) -> None:
    """Rows of parked trailers; some have a tractor, of which some are still warm."""
    for line in range(3):
        for place in range(38):
            if rng.random() < 0.35:
                continue
            x, y = west + 30.0 + place * 5.0, south + 50.0 + line * 55.0
            shade, grey = float(rng.uniform(-1, 1)), float(rng.uniform(40, 120))
            _box(parts, (x, y, 1.1), (2.5, 13.6, 2.8), (air - 5 + shade, air - 1 + shade, air - 1.5 + shade), (grey * 0.7, grey, grey))
            _box(parts, (x + 0.2, y + 1.0, 0.0), (2.1, 3.5, 1.1), (air, air + 0.8, air + 0.8), (10, 10, 10))
            if rng.random() < 0.3:
                warm = float(rng.choice([0.0, 0.0, 6.0, 14.0]))
                _box(parts, (x, y - 5.0, 0.5), (2.5, 4.5, 2.9), (air - 3 + warm, air + warm, air + warm), (grey, grey, grey))


def _shed(parts: list[list[float]], rng: np.random.Generator, west: float, south: float, air: float) -> None:
    """A warehouse with warm vents on its roof and doors along its sides."""
    _box(parts, (west + 40, south + 70, 0), (170, 90, 12), (air - 6, air + 1.5, air + 1.0), (18, 40, 34))
    for n in range(6):
        _box(parts, (west + 55 + n * 25.0, south + 110, 12), (2, 2, 1.5), (air + 3, air + 5, air + 5), (50, 50, 50))
        warm = float(rng.uniform(1, 6))
        _box(parts, (west + 50 + n * 26.0, south + 69.8, 0), (5, 0.2, 5), (air, air + warm, air + warm), (90, 150, 150))


def _crane(parts: list[list[float]], x: float, y: float, air: float) -> None:
    """A quay crane: four legs, a boom and a machine house that is warm."""
    cold, dim = (air - 3, air - 1, air - 1), (35.0, 55.0, 45.0)
    for dx in (0.0, 24.0):
        for dy in (0.0, 20.0):
            _box(parts, (x + dx, y + dy, 0), (1.6, 1.6, 38), cold, dim)
    _box(parts, (x + 11, y - 20, 38), (3, 80, 3), cold, dim)
    _box(parts, (x + 7, y + 4, 41), (10, 8, 5), (air + 1, air + 7, air + 6), dim)


def _ground(rng: np.random.Generator, air: float) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Paint asphalt, roads with lane marks, patches and the river."""
    n = int(2 * HALF_M / MAP_M)
    rough = rng.normal(0.0, 1.0, (n // 8, n // 8)).astype(np.float32)
    fine = rng.normal(0.0, 0.35, (n, n)).astype(np.float32)
    patches = np.kron(rough, np.ones((8, 8), np.float32))[:n, :n]
    heat = air + 1.0 + 0.5 * patches + fine
    light = 26.0 + 4.0 * patches + 4.0 * fine
    metres = np.arange(n) * MAP_M - HALF_M
    off = np.abs((metres + CELL_M / 2) % CELL_M - CELL_M / 2)
    for rows in (True, False):
        road = (off <= 7.0)[:, None] if rows else (off <= 7.0)[None, :]
        mark = (off <= 1.25)[:, None] if rows else (off <= 1.25)[None, :]
        heat = np.where(road, air + 3.2 + 0.6 * fine, heat)
        light = np.where(road, 44.0 + 4.0 * fine, light)
        light = np.where(mark, 90.0, light)
    river = metres >= RIVER_NORTH_M
    heat[river] = air + 2.4 + 0.25 * fine[river]
    light[river] = 10.0
    as_bytes = np.clip((heat - MAP_ZERO_C) / MAP_STEP_C, 0, 255).astype(np.uint8)
    return as_bytes, np.clip(light, 0, 255).astype(np.uint8)
