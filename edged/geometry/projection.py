"""Pixels of one lens and rays: pinhole with Brown's radial distortion, fisheye, cylindrical, equirectangular.

Frame: pixel (0, 0) is the centre of the upper-left pixel, x right, y down, the axis in the middle of the picture; rays are unit vectors
(right, ahead, up) of the lens. Beyond the range in which a distortion grows with the angle nothing is claimed: NaN.
Source: OpenCV `calib3d` (projectPoints with k1, k2, k3; fisheye with k1…k4), of which the pinhole and the fisheye are the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from edged.model.lens import IDEAL, Lens, Projection

Array = npt.NDArray[np.float64]
MOST_DEG: dict[Projection, float] = {"pinhole": 180.0, "fisheye": 360.0, "cylindrical": 360.0, "equirectangular": 360.0}
COEFFICIENTS: dict[Projection, int] = {"pinhole": 3, "fisheye": 4, "cylindrical": 0, "equirectangular": 0}
"""How many coefficients `k` of each projection may have."""
AHEAD = 1e-6
"""A pinhole sees nothing closer than this to 90° from its axis."""
_ROUNDS = 60
_NEGLIGIBLE, _FARTHEST = 1e-15, 1e3
"""A coefficient below the first bends no picture; a radius beyond the second (89.94°) is in none."""


@dataclass(frozen=True, slots=True)
class _Radial:
    """An odd polynomial r → r(1 + k1 r² + …) that grows up to `most`, where it reaches `most_bent`."""

    k: tuple[float, ...]
    most: float
    most_bent: float

    def bend(self, r: Array) -> Array:
        """Return the bent radius."""
        s, total = r * r, 0.0 * r
        for factor in reversed(self.k):
            total = (total + factor) * s
        return r * (1.0 + total)

    def slope(self, r: Array) -> Array:
        """Return by how much the bent radius grows with the radius."""
        s, total = r * r, 0.0 * r
        for n in range(len(self.k), 0, -1):
            total = (total + (2 * n + 1) * self.k[n - 1]) * s
        return 1.0 + total

    def straighten(self, bent: Array) -> Array:
        """Return the radius whose bent one is given, to 1e-12; NaN where there is none."""
        if not any(self.k):
            return np.where(bent <= self.most_bent, bent, np.nan)
        goal = np.where(bent <= self.most_bent, bent, 0.0)
        low, high = 0.0 * goal, np.minimum(goal + 1.0, self.most)
        while np.any((self.bend(high) < goal) & (high < self.most)):
            high = np.minimum(2.0 * high, self.most)
        r = np.minimum(goal, high)
        for _ in range(_ROUNDS):
            off, slope = self.bend(r) - goal, self.slope(r)
            low, high = np.where(off < 0.0, r, low), np.where(off < 0.0, high, r)
            newton = r - off / np.maximum(slope, 1e-12)
            stepped = np.where((newton >= low) & (newton <= high), newton, 0.5 * (low + high))
            done = np.abs(stepped - r).max(initial=0.0) <= 1e-12
            r = stepped
            if done:
                break
        return np.where(bent <= self.most_bent, r, np.nan)


def focal_px(width: int, hfov_deg: float, projection: Projection = "pinhole") -> float:
    """Return the focal length in pixels, before distortion. Raises ValueError for a field that the projection cannot have."""
    most = MOST_DEG[projection]
    if not 0.0 < hfov_deg <= most or (projection == "pinhole" and hfov_deg == most):
        raise ValueError(f"hfov_deg of a {projection} lens must lie between 0 and {most:g}, got {hfov_deg}")
    if projection == "pinhole":
        return width / 2.0 / float(np.tan(np.radians(hfov_deg) / 2.0))
    return width / float(np.radians(hfov_deg))


def is_one_to_one(lens: Lens, hfov_deg: float, tallest: float = 1.0) -> bool:
    """Tell whether the distortion grows out to the corners of a picture of this field, up to `tallest` = height / width, and 5 % on."""
    reach = float(np.tan(np.radians(hfov_deg) / 2.0)) if lens.projection == "pinhole" else float(np.radians(hfov_deg) / 2.0)
    corner = 1.05 * reach * float(np.hypot(1.0, tallest))
    return not any(lens.k) or corner <= _radial(lens.projection, lens.k).most_bent


def to_rays(pixels: Array, width: int, height: int, hfov_deg: float, lens: Lens = IDEAL) -> Array:
    """Return the unit vectors through pixels, roll and boresight apart. Shapes: (N, 2) → (N, 3); NaN where the lens has no ray."""
    f = focal_px(width, hfov_deg, lens.projection)
    right = (pixels[:, 0] - (width - 1) / 2.0) / f
    up = ((height - 1) / 2.0 - pixels[:, 1]) / f
    if lens.projection == "cylindrical":
        return _unit(np.stack([np.sin(right), np.cos(right), up], axis=1))
    if lens.projection == "equirectangular":
        flat = np.where(np.abs(up) <= np.pi / 2.0, np.cos(up), np.nan)
        return np.stack([np.sin(right) * flat, np.cos(right) * flat, np.sin(up)], axis=1)
    if lens.projection == "pinhole" and not lens.k:
        return _unit(np.stack([right, np.ones_like(right), up], axis=1))
    bent = np.hypot(right, up)
    r = _radial(lens.projection, lens.k).straighten(bent)
    if lens.projection == "pinhole":
        part = np.where(bent > 0.0, r / np.where(bent > 0.0, bent, 1.0), 1.0)
        return _unit(np.stack([right * part, np.where(np.isnan(r), np.nan, 1.0), up * part], axis=1))
    part = np.where(bent > 0.0, np.sin(r) / np.where(bent > 0.0, bent, 1.0), 1.0)
    return np.stack([right * part, np.cos(r), up * part], axis=1)


def to_pixels(rays: Array, width: int, height: int, hfov_deg: float, lens: Lens = IDEAL) -> Array:
    """Return where rays (of any length) of the lens fall, inside the picture or not. Shapes: (N, 3) → (N, 2); NaN where nowhere."""
    f = focal_px(width, hfov_deg, lens.projection)
    right, ahead, up = rays[:, 0], rays[:, 1], rays[:, 2]
    aside = np.hypot(right, up)
    if lens.projection in ("cylindrical", "equirectangular"):
        flat = np.hypot(right, ahead)
        x = np.arctan2(right, ahead)
        y = np.arctan2(up, flat) if lens.projection == "equirectangular" else up / np.where(flat > 1e-12, flat, np.nan)
    elif lens.projection == "pinhole":
        seen = ahead > AHEAD * np.hypot(aside, ahead)
        depth = np.where(seen, ahead, np.nan)
        x, y = right / depth, up / depth
        if lens.k:
            r = np.hypot(x, y)
            part = np.where(r > 0.0, _within(r, lens) / np.where(r > 0.0, r, 1.0), 1.0)
            x, y = x * part, y * part
    else:
        bent = _within(np.arctan2(aside, ahead), lens)
        part = np.where(aside > 0.0, bent / np.where(aside > 0.0, aside, 1.0), np.where(ahead > 0.0, 1.0, np.nan))
        x, y = right * part, up * part
    return np.stack([f * x + (width - 1) / 2.0, (height - 1) / 2.0 - f * y], axis=1)


def _within(r: Array, lens: Lens) -> Array:
    radial = _radial(lens.projection, lens.k)
    return radial.bend(np.where(r <= radial.most, r, np.nan))


def _unit(rays: Array) -> Array:
    return np.asarray(rays / np.sqrt(np.einsum("ij,ij->i", rays, rays))[:, None])


@lru_cache(maxsize=256)
def _radial(projection: Projection, k: tuple[float, ...]) -> _Radial:
    """Return the polynomial with the end of its growth. Raises ValueError for coefficients that the projection does not have."""
    if len(k) > COEFFICIENTS[projection]:
        raise ValueError(f"a {projection} lens has at most {COEFFICIENTS[projection]} coefficients k, got {len(k)}")
    slope = [(2 * n + 1) * factor for n, factor in enumerate(k, 1)]
    while slope and abs(slope[-1]) < _NEGLIGIBLE:
        slope.pop()
    roots = np.roots([*reversed(slope), 1.0])
    ends = [float(np.sqrt(root.real)) for root in roots if abs(root.imag) < 1e-9 and root.real > 0.0]
    most = min([np.pi if projection == "fisheye" else np.inf, *(end for end in ends if end < _FARTHEST)])
    return _Radial(k, most, float(_Radial(k, most, np.inf).bend(np.array(most))) if np.isfinite(most) else np.inf)
