"""Several lookouts: one place from two or more bearings by weighted least squares, or the answer that they are not of one source.

Azimuths and elevations both weigh in; the ground under the place is a measurement too. A source may instead stand on a structure that the
bearings cross. A crossing that no lookout could see is tested against its mirror image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import hypot, radians

import numpy as np

from edged.geometry.earth import SEMI_MAJOR_M
from edged.geometry.place import (
    PLAN_SIGMA_M,
    SOURCE_HEIGHT_M,
    SOURCE_SIGMA_M,
    Aimed,
    aimed,
    ellipse_of,
    floor_of,
    locate,
    mirrored,
    side_of,
)
from edged.geometry.prisms import Array
from edged.geometry.site import FARTHEST_M, SiteModel
from edged.model.place import IgnitionPoint
from edged.model.site import Mount

ELLIPSE_SHARE = 0.12
"""1σ of the place over the nearest range from which on one bearing's own place is the better answer."""
LEAST_TURN = 0.01
NEAR_WALL_M = 15.0
HIDDEN_SIGMAS = 2.0
RAISED_SIGMAS = 2.0
"""A place counts as hidden only where it still is within these errors of its position and of the heights."""
ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Bearing:
    """One lookout's direction to a source, in head angles; `sigma_deg` 1σ of the picture, the mount's is added to it."""

    mount: Mount
    pan_deg: float
    tilt_deg: float
    sigma_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Fix:
    """One source's place by its bearings. `covariance`: (2, 2) metres² east, north; `chi2` of the fit with `freedom` degrees."""

    point: IgnitionPoint
    at: Array
    covariance: Array
    chi2: float
    freedom: int


@dataclass(frozen=True, slots=True, eq=False)
class _Solution:
    at: Array
    covariance: Array
    chi2: float
    structure: int | None = None


def fuse(site: SiteModel, bearings: Sequence[Bearing]) -> Fix | None:
    """Return the place of one source seen by two or more lookouts, or None when the bearings are not of one source.

    Where they meet at too flat an angle for an ellipse, the place is the best single lookout's. Raises ValueError with fewer than two.
    """
    if len(bearings) < 2:
        raise ValueError("fuse needs two bearings or more")
    ways = [aimed(site, b.mount, b.pan_deg, b.tilt_deg, b.sigma_deg) for b in bearings]
    for images, turned in _readings(site, ways):
        found = _solve(site, images)
        if found is None:
            continue
        freedom = 2 * len(ways) - 2
        worse = max(1.0, found.chi2 / chi2_limit(0.9, freedom))
        covariance = found.covariance[:2, :2] * worse
        ranges = [float(np.hypot(*(found.at[:2] - way.origin.at))) for way in images]
        if float(np.sqrt(np.linalg.eigvalsh(covariance)[1])) > ELLIPSE_SHARE * min(ranges):
            point = _best_single(site, bearings)
        else:
            point = _point(site, found, covariance, images)
        return Fix(replace(point, mirrored=True) if turned else point, found.at, covariance, found.chi2, freedom)
    return None


def chi2_limit(level: float, freedom: int) -> float:
    """Return the χ² that is not exceeded with probability `level`; 0.9, 0.95 or 0.99999. Source: Wilson and Hilferty 1931, within 5 %."""
    z = {0.9: 1.2816, 0.95: 1.6449, 0.99999: 4.2649}[level]
    a = 2.0 / (9.0 * freedom)
    return float(freedom * (1.0 - a + z * a**0.5) ** 3)


def _readings(site: SiteModel, ways: list[Aimed]) -> Iterator[tuple[list[Aimed], bool]]:
    """Yield the bearings as they are, then with mirror images in place of those that meet a mirror."""
    yield ways, False
    images = {n: image for n, way in enumerate(ways) if (image := mirrored(site, way, way.fan(site, way.azimuth_deg, way.elevation_deg)))}
    for n, image in images.items():
        yield [image if m == n else way for m, way in enumerate(ways)], True
    if len(images) > 1:
        yield [images.get(n, way) for n, way in enumerate(ways)], True


def _solve(site: SiteModel, ways: list[Aimed]) -> _Solution | None:
    start = _start(site, ways)
    if start is None:
        return None
    gate = chi2_limit(0.99999, 2 * len(ways) - 2)
    ground = _fit(site, ways, start, None)
    over = None if ground is None else site.structure_at(float(ground.at[0]), float(ground.at[1]))
    if ground is not None and ground.chi2 <= chi2_limit(0.95, 2 * len(ways) - 2) and over is None and _seen(site, ways, ground):
        return ground
    best = ground if ground is not None and ground.chi2 <= gate and over is None and _seen(site, ways, ground) else None
    for number in _candidates(site, start if ground is None else ground.at):
        raised = _fit(site, ways, start, number)
        if raised is None or raised.chi2 > gate or not _on(site, raised, number) or not _seen(site, ways, raised):
            continue
        if best is None or raised.chi2 + 2.0 < best.chi2:
            best = raised
    return best


def _start(site: SiteModel, ways: list[Aimed]) -> Array | None:
    """Return where the best-crossing pair of bearings meets ahead of both; else, of bearings in one line, the steepest one's ground."""
    azimuths = np.radians([way.azimuth_deg for way in ways])
    posts = np.array([way.origin.at for way in ways])
    rays = np.stack([np.sin(azimuths), np.cos(azimuths)], axis=1)
    best: tuple[float, Array] | None = None
    for i in range(len(ways)):
        for j in range(i + 1, len(ways)):
            turn = rays[i, 0] * rays[j, 1] - rays[i, 1] * rays[j, 0]
            if abs(turn) < LEAST_TURN:
                continue
            gap = posts[j] - posts[i]
            one = (gap[0] * rays[j, 1] - gap[1] * rays[j, 0]) / turn
            two = (gap[0] * rays[i, 1] - gap[1] * rays[i, 0]) / turn
            if (
                min(one - ways[i].beyond_m, two - ways[j].beyond_m) > 0.0
                and max(one, two) < FARTHEST_M
                and (best is None or abs(turn) > best[0])
            ):
                best = (abs(turn), posts[i] + one * rays[i])
    if best is not None:
        return best[1]
    if any(abs(float(np.sin(a - azimuths[0]))) > 3.0 * LEAST_TURN for a in azimuths):
        return None
    steep = min(ways, key=lambda way: way.elevation_deg)
    met = steep.fan(site, steep.azimuth_deg, steep.elevation_deg)
    ray = np.array([np.sin(radians(steep.azimuth_deg)), np.cos(radians(steep.azimuth_deg))])
    return np.asarray(steep.origin.at + float(met.along_m[0, 0]) * ray)


def _fit(site: SiteModel, ways: list[Aimed], start: Array, structure: int | None) -> _Solution | None:
    """Return the weighted least-squares place (3,), on the ground or anywhere on a structure's height."""
    posts = np.array([[way.origin.east_m, way.origin.north_m, way.origin.height_m] for way in ways])
    azimuths, elevations = np.radians([way.azimuth_deg for way in ways]), np.radians([way.elevation_deg for way in ways])
    across = np.radians([way.sigma_azimuth_deg for way in ways])
    along = np.radians([way.sigma_elevation_deg for way in ways])
    heights = np.array([way.sigma_height_m for way in ways])
    bend = site.plan.refraction_sigma / (2.0 * SEMI_MAJOR_M)
    at = np.array([start[0], start[1], 0.0])
    if structure is None:
        rise, wanted_sigma = site.ground.slope(at[0], at[1]), hypot(site.ground.sigma_m, SOURCE_SIGMA_M)
        at[2] = float(site.ground.height_m(at[0], at[1])) + SOURCE_HEIGHT_M
    else:
        base, top = site.span(structure)
        rise, wanted_sigma = (0.0, 0.0), max((top - base) / 12.0**0.5, 1.0)
        at[2] = (base + top) / 2.0
    count = 2 * len(ways) + 1
    residual, jacobian = np.empty(count), np.zeros((count, 3))
    for _ in range(ROUNDS):
        away = at - posts
        flat = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1.0)
        slope = away[:, 2] / flat - site.curvature * flat
        weight_az = 1.0 / np.hypot(across, PLAN_SIGMA_M / flat)
        weight_el = 1.0 / np.sqrt(along**2 + (heights / flat) ** 2 + (bend * flat) ** 2)
        off = azimuths - np.arctan2(away[:, 0], away[:, 1])
        residual[0:-1:2] = weight_az * ((off + np.pi) % (2.0 * np.pi) - np.pi)
        residual[1:-1:2] = weight_el * (elevations - np.arctan(slope))
        jacobian[0:-1:2, 0], jacobian[0:-1:2, 1] = weight_az * away[:, 1] / flat**2, -weight_az * away[:, 0] / flat**2
        stretch = weight_el / (1.0 + slope**2)
        by_range = stretch * (-away[:, 2] / flat**2 - site.curvature) / flat
        jacobian[1:-1:2, 0], jacobian[1:-1:2, 1] = by_range * away[:, 0], by_range * away[:, 1]
        jacobian[1:-1:2, 2] = stretch / flat
        if structure is None:
            level = float(site.ground.height_m(at[0], at[1])) + SOURCE_HEIGHT_M
            rise = site.ground.slope(at[0], at[1])
        else:
            level = (site.span(structure)[0] + site.span(structure)[1]) / 2.0
        residual[-1] = (level - at[2]) / wanted_sigma
        jacobian[-1] = np.array([-rise[0], -rise[1], 1.0]) / wanted_sigma
        normal = jacobian.T @ jacobian
        try:
            move = np.linalg.solve(normal, jacobian.T @ residual)
        except np.linalg.LinAlgError:
            return None
        length = float(np.hypot(move[0], move[1]))
        at = at + move * min(1.0, 1000.0 / max(length, 1e-9))
        if not np.all(np.isfinite(at)) or float(np.abs(at - posts).max()) > 3.0 * FARTHEST_M:
            return None
        if max(length, abs(float(move[2]))) < 1e-2:
            break
    if any(float((at[:2] - way.origin.at) @ _ray(way)) <= way.beyond_m for way in ways):
        return None
    return _Solution(at, np.asarray(np.linalg.inv(normal), np.float64), float(residual @ residual), structure)


def _ray(way: Aimed) -> Array:
    a = radians(way.azimuth_deg)
    return np.array([np.sin(a), np.cos(a)])


def _candidates(site: SiteModel, at: Array) -> list[int]:
    """Return the structures at or close to a place."""
    if len(site.structures) == 0:
        return []
    away = site.structures.middle - at[:2]
    return [int(n) for n in np.flatnonzero(np.hypot(away[:, 0], away[:, 1]) <= site.structures.radius_m + NEAR_WALL_M)]


def _on(site: SiteModel, found: _Solution, structure: int) -> bool:
    """Tell whether a place lies on a structure within its own error."""
    base, top = site.span(structure)
    sigma = float(np.sqrt(found.covariance[2, 2]))
    spread = 2.0 * float(np.sqrt(np.linalg.eigvalsh(found.covariance[:2, :2])[1]))
    ring = site.structures.rings[structure]
    inside = structure in site.structures.holding(float(found.at[0]), float(found.at[1]))
    near = inside or _distance(ring, found.at[:2]) <= max(spread, 3.0)
    return near and base - 2.0 * sigma <= found.at[2] <= top + 2.0 * sigma + SOURCE_HEIGHT_M


def _distance(ring: Array, at: Array) -> float:
    """Return the distance from a place to a ring's outline."""
    start, end = ring, np.roll(ring, -1, axis=0)
    way = end - start
    part = np.clip(((at - start) * way).sum(axis=1) / np.maximum((way**2).sum(axis=1), 1e-9), 0.0, 1.0)
    return float(np.hypot(*(start + part[:, None] * way - at).T).min())


def _seen(site: SiteModel, ways: list[Aimed], found: _Solution) -> bool:
    """Tell whether each lookout could see the place, or one within its error. A mirrored bearing is seen by its image."""
    values, vectors = np.linalg.eigh(found.covariance[:2, :2])
    offsets = [np.zeros(2)]
    for value, vector in zip(values, vectors.T, strict=True):
        reach = HIDDEN_SIGMAS * float(np.sqrt(max(value, 0.0)))
        offsets += [reach * vector, -reach * vector]
    for way in ways:
        if way.beyond_m > 0.0:
            continue
        spots = [found.at[:2] + offset for offset in offsets]
        height = float(found.at[2]) + RAISED_SIGMAS * hypot(site.ground.sigma_m, SOURCE_SIGMA_M)
        if found.structure is not None:
            back = way.origin.at - found.at[:2]
            toward = back / max(float(np.hypot(*back)), 1e-9)
            depth = float(site.structures.radius_m[found.structure])
            spots = [_outside(site, found.structure, found.at[:2], toward, depth)]
        if all(site.hides(way.origin, float(x), float(y), height) is not None for x, y in spots):
            return False
    return True


def _outside(site: SiteModel, structure: int, at: Array, toward: Array, depth_m: float) -> Array:
    """Return the wall's place before `at` on the way `toward` a lookout."""
    met = site.structures.crossings(at, toward, site.structures.edges_of(np.array([structure])))
    out = float(met.along_m.max()) if met.along_m.size else 0.0
    return np.asarray(at + min(out + 0.5, 2.0 * depth_m) * toward)


def _best_single(site: SiteModel, bearings: Sequence[Bearing]) -> IgnitionPoint:
    def width(point: IgnitionPoint) -> float:
        if point.ellipse is not None:
            return 2.0 * point.ellipse.semi_major_m
        return FARTHEST_M if point.interval is None else point.interval.far_m - point.interval.near_m

    return min((locate(site, b.mount, b.pan_deg, b.tilt_deg, b.sigma_deg) for b in bearings), key=width)


def _point(site: SiteModel, found: _Solution, covariance: Array, ways: list[Aimed]) -> IgnitionPoint:
    east, north, height = (float(v) for v in found.at)
    lat, lon = site.world(east, north)
    point = IgnitionPoint(lat, lon, "triangulated", ellipse=ellipse_of(covariance, site.turn_deg(east, north)), surface="ground")
    if found.structure is None:
        return point
    base, top = site.span(found.structure)
    structure = site.plan.structures[found.structure]
    above = min(max(height - base, 0.0), top - base)
    if above >= top - base - SOURCE_HEIGHT_M:
        return replace(point, surface="roof", structure_id=structure.structure_id, height_m=round(top - base, 1))
    back = sum(((way.origin.at - found.at[:2]) / max(float(np.hypot(*(way.origin.at - found.at[:2]))), 1.0) for way in ways), np.zeros(2))
    return replace(
        point,
        surface="facade",
        structure_id=structure.structure_id,
        height_m=round(above, 1),
        side=side_of(_wall(site, found.structure, found.at[:2], back)),
        floor=floor_of(above, structure.height_m, structure.floors) if structure.kind == "building" else None,
    )


def _wall(site: SiteModel, structure: int, at: Array, toward: Array) -> Array:
    """Return the outward normal of the nearest wall that faces the lookouts."""
    best, normal = np.inf, toward / max(float(np.hypot(*toward)), 1e-9)
    for edge in site.structures.edges_of(np.array([structure])):
        out = site.structures.facing(int(edge))
        if float(out @ toward) <= 0.0:
            continue
        start, way = site.structures.start[edge], site.structures.vector[edge]
        part = min(max(float((at - start) @ way) / max(float(way @ way), 1e-9), 0.0), 1.0)
        away = float(np.hypot(*(start + part * way - at)))
        if away < best:
            best, normal = away, out
    return normal
