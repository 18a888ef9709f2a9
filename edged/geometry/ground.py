"""From directions to a place on the ground, with its doubt.

The ground is level at the mounts' foot; it falls away with the earth's curvature less refraction. Where mast height / range < 1/50 the
range from tilt is skewed beyond use (bias 0.13–0.46 of the range at 2–3 km), so a range interval stands for the ellipse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edged.geometry.earth import SEMI_MAJOR_M, enu_m, from_enu
from edged.geometry.head import to_world, wrap_deg
from edged.model.place import Ellipse, IgnitionPoint, RangeInterval
from edged.model.site import Mount

REFRACTION_K = 0.13
"""Usual coefficient of terrestrial refraction; its spread of ± 0.5 is part of the calibration issue."""
CURVATURE = (1.0 - REFRACTION_K) / (2.0 * SEMI_MAJOR_M)
CHI2_2D_95 = 5.991
Z_95 = 1.96
STEEPEST_INTERVAL = 1.0 / 50.0
FARTHEST_M = 6_000.0
GATE_CHI2 = 16.27
"""99.9 % of χ² with 3 degrees of freedom: bearings that miss by more do not belong to one source."""


@dataclass(frozen=True, slots=True)
class Bearing:
    """One lookout's direction to a source, in head angles; `sigma_deg` 1σ of the picture, the mount's is added to it."""

    mount: Mount
    pan_deg: float
    tilt_deg: float
    sigma_deg: float


def slant(height_m: float, elevation_deg: float) -> float | None:
    """Return the horizontal range at which a ray from `height_m` meets the ground, or None when it passes over it."""
    slope = float(np.tan(np.radians(elevation_deg)))
    if slope >= 0.0:
        return None
    root = slope * slope - 4.0 * CURVATURE * height_m
    if root < 0.0:
        return None
    return 2.0 * height_m / (-slope + float(np.sqrt(root)))


def locate(mount: Mount, pan_deg: float, tilt_deg: float, sigma_deg: float) -> IgnitionPoint:
    """Return the ground point of one lookout's direction, with an ellipse, or a range interval where an ellipse would lie."""
    azimuth, elevation = to_world(mount, pan_deg, tilt_deg)
    sigma = float(np.hypot(sigma_deg, mount.sigma_deg))
    range_m = slant(mount.height_m, elevation)
    if range_m is None or range_m > FARTHEST_M or mount.height_m / range_m < STEEPEST_INTERVAL:
        near = slant(mount.height_m, elevation - Z_95 * sigma)
        far = slant(mount.height_m, elevation + Z_95 * sigma)
        near_m = min(near, FARTHEST_M) if near is not None else FARTHEST_M
        far_m = min(far, FARTHEST_M) if far is not None else FARTHEST_M
        shown = min(range_m, far_m) if range_m is not None else far_m
        return _point(mount, azimuth, shown, "bearing_only", None, RangeInterval(azimuth, sigma, near_m, far_m))
    slope = float(np.tan(np.radians(elevation)))
    along = abs(range_m / (slope + 2.0 * CURVATURE * range_m)) * float(np.radians(sigma)) / float(np.cos(np.radians(elevation)) ** 2)
    across = range_m * float(np.radians(sigma))
    scale = float(np.sqrt(CHI2_2D_95))
    wide = along >= across
    ellipse = Ellipse(
        semi_major_m=scale * max(along, across),
        semi_minor_m=scale * min(along, across),
        azimuth_deg=(azimuth if wide else azimuth + 90.0) % 180.0,
    )
    return _point(mount, azimuth, range_m, "single_lookout", ellipse, None)


def fuse(bearings: Sequence[Bearing]) -> IgnitionPoint | None:
    """Return the weighted least-squares place of one source seen from two or more mounts, or None when the bearings do not meet.

    Azimuths and elevations both weigh in. One mount alone gives `locate`. Raises ValueError without bearings.
    """
    if not bearings:
        raise ValueError("fuse needs at least one bearing")
    first = bearings[0]
    if len({b.mount.camera_id for b in bearings}) == 1:
        return locate(first.mount, first.pan_deg, first.tilt_deg, first.sigma_deg)
    lat0, lon0 = first.mount.lat_wgs84, first.mount.lon_wgs84
    posts = np.array([enu_m(lat0, lon0, b.mount.lat_wgs84, b.mount.lon_wgs84)[:2] for b in bearings])
    world = [to_world(b.mount, b.pan_deg, b.tilt_deg) for b in bearings]
    azimuths = np.radians([w[0] - _convergence_deg(lat0, lon0, b.mount) for w, b in zip(world, bearings, strict=True)])
    start = _crossing(posts, azimuths)
    if start is None:
        return None
    sigmas = np.radians([float(np.hypot(b.sigma_deg, b.mount.sigma_deg)) for b in bearings])
    heights = np.array([b.mount.height_m for b in bearings])
    elevations = np.radians([w[1] for w in world])
    solved = _gauss_newton(start, posts, azimuths, elevations, heights, sigmas)
    if solved is None:
        return None
    place, covariance, chi2 = solved
    if chi2 > GATE_CHI2 * max(1.0, (2 * len(bearings) - 2) / 2.0):
        return None
    values, vectors = np.linalg.eigh(covariance)
    major = vectors[:, 1]
    scale = float(np.sqrt(CHI2_2D_95))
    ellipse = Ellipse(
        semi_major_m=scale * float(np.sqrt(values[1])),
        semi_minor_m=scale * float(np.sqrt(max(values[0], 0.0))),
        azimuth_deg=float(np.degrees(np.arctan2(major[0], major[1]))) % 180.0,
    )
    lat, lon = from_enu(lat0, lon0, float(place[0]), float(place[1]))
    return IgnitionPoint(lat, lon, "triangulated", ellipse=ellipse)


def _convergence_deg(lat0: float, lon0: float, mount: Mount) -> float:
    """Return by how much north at a mount is turned against north at the origin (0.015° over 3 km at 30° N)."""
    return (mount.lon_wgs84 - lon0) * float(np.sin(np.radians((lat0 + mount.lat_wgs84) / 2.0)))


def _point(
    mount: Mount, azimuth: float, range_m: float, method: str, ellipse: Ellipse | None, interval: RangeInterval | None
) -> IgnitionPoint:
    a = np.radians(azimuth)
    lat, lon = from_enu(mount.lat_wgs84, mount.lon_wgs84, range_m * float(np.sin(a)), range_m * float(np.cos(a)))
    return IgnitionPoint(lat, lon, "single_lookout" if method == "single_lookout" else "bearing_only", ellipse=ellipse, interval=interval)


def _crossing(posts: npt.NDArray[np.float64], azimuths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """Return where the best-crossing pair of bearings meets ahead of both mounts."""
    best: tuple[float, npt.NDArray[np.float64]] | None = None
    rays = np.stack([np.sin(azimuths), np.cos(azimuths)], axis=1)
    for i in range(len(posts)):
        for j in range(i + 1, len(posts)):
            turn = abs(float(np.sin(azimuths[i] - azimuths[j])))
            if turn < 1e-3:
                continue
            along = np.linalg.solve(np.stack([rays[i], -rays[j]], axis=1), posts[j] - posts[i])
            if along[0] <= 0.0 or along[1] <= 0.0 or max(along) > 2.0 * FARTHEST_M:
                continue
            if best is None or turn > best[0]:
                best = (turn, posts[i] + along[0] * rays[i])
    return None if best is None else best[1]


def _gauss_newton(
    place: npt.NDArray[np.float64],
    posts: npt.NDArray[np.float64],
    azimuths: npt.NDArray[np.float64],
    elevations: npt.NDArray[np.float64],
    heights: npt.NDArray[np.float64],
    sigmas: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float] | None:
    weights = np.repeat(1.0 / sigmas**2, 2)
    normal, chi2 = np.eye(2), np.inf
    for _ in range(12):
        away = place - posts
        range_m = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1.0)
        slope = -(heights / range_m + CURVATURE * range_m)
        residual = np.empty(2 * len(posts))
        residual[0::2] = np.radians([wrap_deg(d) for d in np.degrees(azimuths - np.arctan2(away[:, 0], away[:, 1]))])
        residual[1::2] = elevations - np.arctan(slope)
        jacobian = np.empty((2 * len(posts), 2))
        jacobian[0::2] = np.stack([away[:, 1], -away[:, 0]], axis=1) / range_m[:, None] ** 2
        by_range = (heights / range_m**2 - CURVATURE) / (1.0 + slope**2)
        jacobian[1::2] = by_range[:, None] * away / range_m[:, None]
        normal = jacobian.T @ (weights[:, None] * jacobian)
        chi2 = float(residual @ (weights * residual))
        if np.linalg.cond(normal) > 1e12:
            return None
        move = np.linalg.solve(normal, jacobian.T @ (weights * residual))
        place = place + move
        if not np.all(np.isfinite(place)):
            return None
        if float(np.hypot(*move)) < 1e-3:
            break
    return place, np.asarray(np.linalg.inv(normal), dtype=np.float64), chi2
