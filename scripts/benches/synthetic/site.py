"""A site with known truth: hills, boxes, heads, and their errors by the laws of laws/locate.yaml.

The truth bends rays and meets ground by its own sums (a march in 1 m steps), apart from edged.geometry.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from edged.geometry.earth import from_enu
from edged.model.site import Mount, SitePlan, Structure
from edged.model.terrain import Terrain

LAT, LON = 29.61, 106.60
EARTH_M = 6_378_137.0
CELL_M, HALF_M = 10.0, 4_500.0
LAWS: dict[str, Any] = yaml.safe_load((Path(__file__).parent.parent / "laws" / "locate.yaml").read_text(encoding="utf-8"))
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Draw:
    """Draws errors by one law."""

    rng: np.random.Generator
    share: float = 0.0
    factor: float = 1.0

    def __call__(self, sigma: float, size: int | None = None) -> Any:
        """Return normal errors of `sigma`, contaminated where the law is heavy."""
        wide = np.where(self.rng.random(size) < self.share, self.factor, 1.0)
        return self.rng.normal(0.0, 1.0, size) * sigma * wide


def law(name: str, rng: np.random.Generator) -> Draw:
    """Return the draw of `assumed` or `heavy`."""
    heavy = LAWS["heavy"]
    return Draw(rng, heavy["share"], heavy["factor"]) if name == "heavy" else Draw(rng)


@dataclass(slots=True)
class Head:
    """A head as the station knows it, and the truth: where its lens is, and its zeros' errors, degrees."""

    mount: Mount
    at: Array
    azimuth_off: float
    tilt_off: float


@dataclass(slots=True)
class Day:
    """One day of a site: what is true and what the station believes."""

    truth: npt.NDArray[np.float64]
    plan: SitePlan
    boxes: Array
    k: float
    draw: Draw
    sigma_deg: float

    def ground(self, east: Any, north: Any) -> Any:
        """Return the true height of the ground."""
        return bilinear(self.truth, east, north)

    def clear(self, start: Array, end: Array) -> bool:
        """Tell whether the true bent ray between two points is free."""
        flat = float(np.hypot(*(end - start)[:2]))
        s = np.arange(2.0, flat - 3.0, 1.0)
        if not s.size:
            return True
        c = (1.0 - self.k) / (2.0 * EARTH_M)
        slope = (end[2] - start[2]) / flat - c * flat
        e, n = start[0] + s / flat * (end[0] - start[0]), start[1] + s / flat * (end[1] - start[1])
        z = start[2] + slope * s + c * s**2
        if (z < self.ground(e, n)).any():
            return False
        inside = ((e > e0) & (e < e1) & (n > n0) & (n < n1) & (z < top) for e0, e1, n0, n1, top in self.boxes)
        return not any(part.any() for part in inside)

    def head(self, name: str, east: float, north: float, mast_m: float, mount_deg: float) -> Head:
        """Return a head at a believed place, with errors drawn."""
        assumed = LAWS["assumed"]
        lat, lon = from_enu(LAT, LON, east, north)
        mount = Mount(name, lat, lon, mast_m, sigma_deg=mount_deg, sigma_height_m=assumed["mast_height_m"])
        e, n = east + float(self.draw(assumed["position_m"])), north + float(self.draw(assumed["position_m"]))
        height = float(self.ground(e, n)) + mast_m + float(self.draw(assumed["mast_height_m"]))
        return Head(mount, np.array([e, n, height]), float(self.draw(mount_deg)), float(self.draw(mount_deg)))

    def aim(self, head: Head, source: Array) -> tuple[float, float]:
        """Return the head angles at which a head sees a source, all errors in."""
        away = source - head.at
        flat = float(np.hypot(away[0], away[1]))
        slope = away[2] / flat - (1.0 - self.k) / (2.0 * EARTH_M) * flat
        turn = (head.mount.lon_wgs84 - LON) * math.sin(math.radians(LAT))
        azimuth = math.degrees(math.atan2(away[0], away[1])) + turn
        picture = self.draw(self.sigma_deg, 2)
        return azimuth + head.azimuth_off + float(picture[0]), math.degrees(math.atan(slope)) + head.tilt_off + float(picture[1])

    def source_height(self) -> float:
        """Return a drawn height of the heat over the ground."""
        mean, sigma = LAWS["assumed"]["source_height_m"]
        return max(0.0, mean + float(self.draw(sigma)))


def bilinear(grid: Array, east: Any, north: Any) -> Any:
    """Return heights of a grid whose cell [0, 0] lies at (−HALF, −HALF)."""
    x = np.clip((np.asarray(east) + HALF_M) / CELL_M, 0, grid.shape[1] - 1.001)
    y = np.clip((np.asarray(north) + HALF_M) / CELL_M, 0, grid.shape[0] - 1.001)
    i, j = x.astype(int), y.astype(int)
    u, v = x - i, y - j
    return (grid[j, i] * (1 - u) + grid[j, i + 1] * u) * (1 - v) + (grid[j + 1, i] * (1 - u) + grid[j + 1, i + 1] * u) * v


def day(name: str, rng: np.random.Generator, hills: bool, boxes: bool) -> Day:
    """Return a day under a law; with hills and boxes, or on level open ground."""
    draw, geometry, assumed = law(name, rng), LAWS["geometry"], LAWS["assumed"]
    count = int(2 * HALF_M / CELL_M) + 1
    truth = smooth(rng, count, 40, geometry["terrain_rms_m"]) if hills else np.zeros((count, count))
    error = smooth(rng, count, 20, assumed["terrain_m"]) * (draw.factor if rng.random() < draw.share else 1.0)
    believed = (truth + error).astype(np.float32)
    terrain = Terrain(believed, -HALF_M, -HALF_M, CELL_M, LAT, LON, assumed["terrain_m"], str(rng.integers(1 << 60)))
    built, solid = [], []
    for number in range(geometry["structures"] if boxes else 0):
        e, n = rng.uniform(-3000, 3000, 2)
        w, d, h = rng.uniform(5, 60), rng.uniform(5, 60), rng.uniform(3, 25)
        corners = [(e, n), (e + w, n), (e + w, n + d), (e, n + d)]
        ring = tuple((p[1], p[0]) for p in (from_enu(LAT, LON, *corner) for corner in corners))
        built.append(Structure(f"s{number}", f"S{number}", "stack", ring, h))
        solid.append([e, e + w, n, n + d, float(np.mean([bilinear(truth, *corner) for corner in corners])) + h])
    k = 0.13 + float(draw(assumed["refraction"]))
    plan = SitePlan(structures=tuple(built), terrain=terrain)
    return Day(truth, plan, np.array(solid).reshape(-1, 5), k, draw, assumed["picture_deg"])


def smooth(rng: np.random.Generator, count: int, cells: int, rms: float) -> Array:
    """Return a smooth random field (count, count) of this rms; `cells` is its grain."""
    coarse = rng.normal(0, 1, (count // cells + 4, count // cells + 4))
    x = np.linspace(1, coarse.shape[0] - 3, count)
    i = x.astype(int)
    u = x - i
    weight = np.stack([(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3]) / 6.0
    rows = sum(weight[m][:, None] * coarse[i - 1 + m] for m in range(4))
    field = sum(weight[m][None, :] * rows[:, i - 1 + m] for m in range(4))
    return np.asarray((field - field.mean()) * (rms / field.std()))


def with_mounts(plan: SitePlan, *mounts: Mount) -> SitePlan:
    """Return the plan with these masts."""
    return replace(plan, mounts=mounts)
