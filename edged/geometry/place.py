"""One lookout: from a direction to the place, with its doubt.

A bundle of rays through the direction's own error is cast into the site. Where it meets one surface and the range is known to 10 %, an
ellipse from the bundle's derivatives stands; else the interval along the bearing that holds 95 % of the bundle. Nothing is located on water
or glass: there the rays are mirrored and followed on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan, cos, degrees, hypot, radians, sin, sqrt, tan
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from edged.geometry.earth import SEMI_MAJOR_M
from edged.geometry.head import to_world
from edged.geometry.prisms import Array
from edged.geometry.site import FARTHEST_M, GROUND, NOTHING, ROOF, WALL, Fan, Post, SiteModel
from edged.model.place import Ellipse, IgnitionPoint, RangeInterval
from edged.model.site import Mount

CHI2_2D_95 = 6.25
"""χ² of two degrees is 5.991 at 95 %; a little more, since real errors have longer tails than normal ones."""
TAIL = 0.022
"""What is left out of an interval at either end; 0.025 with normal tails."""
Z_95 = 1.96
STEEPEST_INTERVAL = 1.0 / 50.0
ELLIPSE_RANGE_SHARE = 0.10
"""From this 1σ of the range over the range on, a range from tilt is so skewed that an ellipse no longer holds 95 %."""
MOST_SKEW, MOST_SPREAD = 0.35, 1.2
"""By how many σ the middle of the bundle's 95 % may lie off its centre, and how much wider than its derivative says it may be."""
SOURCE_HEIGHT_M, SOURCE_SIGMA_M = 1.0, 1.0
"""Embers lie on the ground; the heat of a burning trailer is 1–3 m above it."""
PLAN_SIGMA_M = 0.7
"""1σ of a mast's and of a wall's position, each axis."""
FLOOR_M = 3.5
"""Height of a floor where the plan does not count them."""
ONE_SURFACE = 0.97
"""Share of the bundle that must meet the same surface before one ellipse can stand for it."""
MIRRORS = 2
BANK_STEP_M = 10.0
COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
SIGMA_SETTLED = 0.1
_ASIDE = sqrt(3.0)
_ASIDE_WEIGHTS = np.array([1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0])
"""Gauss–Hermite nodes 0, ± √3 σ of the azimuth."""
_COUNT = 40
_NODES = np.array([NormalDist().inv_cdf((n + 0.5) / _COUNT) for n in range(_COUNT)] + [-1.0, 0.0, 1.0])
"""Elevations of equal probability in σ; the last three give the derivative."""


@dataclass(frozen=True, slots=True)
class Aimed:
    """A direction in the plane. `origin` may lie behind a mirror: then meetings before `beyond_m` do not count.

    Units: degrees; 1σ of azimuth and of elevation, the latter without the heights' share.
    """

    origin: Post
    azimuth_deg: float
    elevation_deg: float
    sigma_azimuth_deg: float
    sigma_elevation_deg: float
    sigma_height_m: float
    beyond_m: float = 0.0
    through: int | None = None

    def fan(self, site: SiteModel, azimuths_deg: npt.ArrayLike, elevations_deg: npt.ArrayLike, lift_m: float = SOURCE_HEIGHT_M) -> Fan:
        """Return what rays near this direction meet."""
        return site.fan(self.origin, azimuths_deg, elevations_deg, beyond_m=self.beyond_m, lift_m=lift_m, through=self.through)


def aimed(site: SiteModel, mount: Mount, pan_deg: float, tilt_deg: float, sigma_deg: float) -> Aimed:
    """Return a head direction in the site's plane; the mount's own 1σ is added to `sigma_deg` of the picture."""
    azimuth, elevation = to_world(mount, pan_deg, tilt_deg)
    origin = site.post(mount)
    sigma = hypot(sigma_deg, mount.sigma_deg)
    across = sigma / max(cos(radians(elevation)), 0.05)
    return Aimed(origin, azimuth - origin.convergence_deg, elevation, across, sigma, mount.sigma_height_m)


def locate(site: SiteModel, mount: Mount, pan_deg: float, tilt_deg: float, sigma_deg: float) -> IgnitionPoint:
    """Return where one lookout's direction meets the site: with an ellipse, or with a range interval where an ellipse would lie.

    Frame: head angles in; WGS-84 out. Units: `sigma_deg` 1σ of the direction in the picture.
    """
    return _follow(site, aimed(site, mount, pan_deg, tilt_deg, sigma_deg), MIRRORS)


def _follow(site: SiteModel, way: Aimed, mirrors: int) -> IgnitionPoint:
    azimuths = way.azimuth_deg + way.sigma_azimuth_deg * _ASIDE * np.array([-1.0, 0.0, 1.0])
    along, what = _guess(way), GROUND
    for _ in range(3):
        sigma = _sigma_elevation(site, way, along, what)
        bundle = way.fan(site, azimuths, way.elevation_deg + sigma * _NODES)
        centre = bundle.one(1, -2)
        along, what = float(centre.along_m[0, 0]), int(centre.what[0, 0])
        if abs(_sigma_elevation(site, way, along, what) - sigma) <= SIGMA_SETTLED * sigma:
            break
    mirror = mirrored(site, way, centre)
    if mirror is not None:
        return _beyond_mirror(site, way, centre, mirror, mirrors)
    same = (bundle.what[:, :_COUNT] == what) & (bundle.owner[:, :_COUNT] == centre.owner[0, 0])
    share = float(_ASIDE_WEIGHTS @ same.mean(axis=1))
    spots = _spots(way.origin, azimuths, bundle)
    by_elevation = (spots[1, -1] - spots[1, -3]) / 2.0
    by_azimuth = (spots[2, -2] - spots[0, -2]) / (2.0 * _ASIDE)
    near, far = _ends(bundle.along_m[:, :_COUNT])
    sigma_m = float(np.hypot(*by_elevation))
    even = abs((near + far) / 2.0 - along) <= MOST_SKEW * sigma_m + 1.0 and far - near <= 2.0 * Z_95 * MOST_SPREAD * sigma_m + 2.0
    steep = what == WALL or way.origin.height_m - float(centre.height_m[0, 0]) >= STEEPEST_INTERVAL * along
    if what != NOTHING and steep and even and share >= ONE_SURFACE and sigma_m <= ELLIPSE_RANGE_SHARE * along:
        covariance = np.outer(by_elevation, by_elevation) + np.outer(by_azimuth, by_azimuth) + PLAN_SIGMA_M**2 * np.eye(2)
        lat, lon = site.world(*spots[1, -2])
        found = IgnitionPoint(lat, lon, "single_lookout", ellipse=ellipse_of(covariance, site.turn_deg(*spots[1, -2])))
    else:
        shown = along if near <= along <= far else (near + far) / 2.0
        interval = RangeInterval((way.azimuth_deg + way.origin.convergence_deg) % 360.0, way.sigma_azimuth_deg, near, far)
        a = radians(way.azimuth_deg)
        lat, lon = site.world(way.origin.east_m + shown * sin(a), way.origin.north_m + shown * cos(a))
        found = IgnitionPoint(lat, lon, "bearing_only", interval=interval)
        if share < ONE_SURFACE:
            return found
    return _on_surface(site, found, centre)


def _guess(way: Aimed) -> float:
    """Return about how far a direction reaches: to level ground at the mast's foot."""
    slope = -tan(radians(way.elevation_deg))
    return min(abs(way.origin.height_m) / max(slope, 1e-3), FARTHEST_M)


def _sigma_elevation(site: SiteModel, way: Aimed, along_m: float, what: int) -> float:
    """Return 1σ of the elevation in degrees with the share of all heights: mast, ground, source, refraction."""
    heights = hypot(way.sigma_height_m, 0.0 if what == WALL else hypot(site.ground.sigma_m, SOURCE_SIGMA_M))
    refraction = along_m * site.plan.refraction_sigma / (2.0 * SEMI_MAJOR_M)
    return hypot(way.sigma_elevation_deg, degrees(heights / max(along_m, 1.0)), degrees(refraction))


def ellipse_of(covariance: Array, turn_deg: float = 0.0) -> Ellipse:
    """Return the 95 % ellipse of a (2, 2) covariance in metres east and north; `turn_deg`: the plane's north against true north there."""
    values, vectors = np.linalg.eigh(covariance)
    scale = sqrt(CHI2_2D_95)
    major = vectors[:, 1]
    return Ellipse(
        semi_major_m=scale * sqrt(float(values[1])),
        semi_minor_m=scale * sqrt(max(float(values[0]), 0.0)),
        azimuth_deg=(degrees(float(np.arctan2(major[0], major[1]))) + turn_deg) % 180.0,
    )


def side_of(normal: Array) -> str:
    """Return the compass point that a wall faces, from its outward unit vector east, north."""
    return COMPASS[round(degrees(float(np.arctan2(normal[0], normal[1]))) / 45.0) % 8]


def floor_of(height_m: float, structure_height_m: float, floors: int | None) -> int:
    """Return the floor, counted from 1, of a height above a building's foot."""
    each = structure_height_m / floors if floors else FLOOR_M
    most = floors or max(1, round(structure_height_m / FLOOR_M))
    return min(max(int(height_m // each) + 1, 1), most)


def _on_surface(site: SiteModel, point: IgnitionPoint, met: Fan) -> IgnitionPoint:
    what, owner = int(met.what[0, 0]), int(met.owner[0, 0])
    if what == NOTHING:
        return point
    if what == GROUND:
        return replace(point, surface="ground")
    structure = site.plan.structures[owner]
    base, top = site.span(owner)
    if what == ROOF:
        return replace(point, surface="roof", structure_id=structure.structure_id, height_m=round(top - base, 1))
    height = float(met.height_m[0, 0]) - base
    return replace(
        point,
        surface="facade",
        structure_id=structure.structure_id,
        height_m=round(height, 1),
        side=side_of(site.structures.facing(int(met.edge[0, 0]))),
        floor=floor_of(height, structure.height_m, structure.floors) if structure.kind == "building" else None,
    )


def _spots(origin: Post, azimuths_deg: Array, bundle: Fan) -> Array:
    """Return metres east, north of each meeting, (A, B, 2)."""
    a = np.radians(azimuths_deg)[:, None]
    return np.stack([origin.east_m + bundle.along_m * np.sin(a), origin.north_m + bundle.along_m * np.cos(a)], axis=-1)


def _ends(along_m: Array) -> tuple[float, float]:
    """Return the ranges between which 95 % of a bundle (3, N) lie."""
    flat = along_m.reshape(-1)
    weights = np.repeat(_ASIDE_WEIGHTS / along_m.shape[1], along_m.shape[1])
    order = np.argsort(flat)
    total = np.cumsum(weights[order]) - weights[order] / 2.0
    near, far = np.interp([TAIL, 1.0 - TAIL], total, flat[order])
    return float(near), float(far)


def mirrored(site: SiteModel, way: Aimed, met: Fan) -> Aimed | None:
    """Return the direction behind the mirror that a ray meets, or None where it meets none."""
    what, along = int(met.what[0, 0]), float(met.along_m[0, 0])
    a = radians(way.azimuth_deg)
    ray = np.array([sin(a), cos(a)])
    if what == GROUND:
        flat = way.fan(site, way.azimuth_deg, way.elevation_deg, 0.0)
        along = float(flat.along_m[0, 0])
        east, north = way.origin.at + along * ray
        if site.surface_at(float(east), float(north), "water") is None:
            return None
        level = float(flat.height_m[0, 0])
        slope = -(tan(radians(way.elevation_deg)) + 2.0 * site.curvature * along)
        behind = replace(way.origin, height_m=level - along * slope - site.curvature * along**2)
        return replace(way, origin=behind, elevation_deg=degrees(atan(slope)), beyond_m=along + 1.0)
    if what == WALL and site.plan.structures[int(met.owner[0, 0])].glass:
        edge = int(met.edge[0, 0])
        normal = site.structures.facing(edge)
        off = float((way.origin.at - site.structures.start[edge]) @ normal)
        east, north = way.origin.at - 2.0 * off * normal
        turned = ray - 2.0 * float(ray @ normal) * normal
        behind = replace(way.origin, east_m=float(east), north_m=float(north))
        azimuth = degrees(float(np.arctan2(turned[0], turned[1])))
        return replace(way, origin=behind, azimuth_deg=azimuth, beyond_m=along + 0.5, through=int(met.owner[0, 0]))
    return None


def _beyond_mirror(site: SiteModel, way: Aimed, met: Fan, mirror: Aimed, mirrors: int) -> IgnitionPoint:
    """Return the source of a mirror image; where the mirrored ray meets nothing, a bearing whose point is not on the mirror."""
    on_water = int(met.what[0, 0]) == GROUND
    found = _follow(site, mirror, mirrors - 1) if mirrors > 0 else None
    if found is not None and found.interval is not None and found.interval.far_m >= FARTHEST_M:
        found = None
    if found is not None and found.interval is not None and not on_water:
        found = _spread_out(site, mirror, found, found.interval)
    if found is not None and (found.surface is not None or found.ellipse is not None):
        return replace(found, mirrored=True)
    a, along = radians(way.azimuth_deg), float(met.along_m[0, 0])
    azimuth = (way.azimuth_deg + way.origin.convergence_deg) % 360.0
    near, far = (mirror.beyond_m, FARTHEST_M) if on_water else (0.0, along)
    shown = max(along - 2.0, 0.0)
    if on_water:
        steps = np.arange(along, FARTHEST_M, BANK_STEP_M)
        dry = (s for s in steps if site.surface_at(way.origin.east_m + s * sin(a), way.origin.north_m + s * cos(a), "water") is None)
        shown = float(next(dry, FARTHEST_M))
    lat, lon = site.world(way.origin.east_m + shown * sin(a), way.origin.north_m + shown * cos(a))
    return IgnitionPoint(lat, lon, "bearing_only", interval=RangeInterval(azimuth, way.sigma_azimuth_deg, near, far), mirrored=True)


def _spread_out(site: SiteModel, way: Aimed, point: IgnitionPoint, interval: RangeInterval) -> IgnitionPoint:
    """Return an interval along a mirrored ray, which starts at no mast, as an ellipse."""
    near, far = max(interval.near_m, way.beyond_m), max(interval.far_m, way.beyond_m + 1.0)
    a, middle = radians(way.azimuth_deg), (near + far) / 2.0
    east, north = way.origin.east_m + middle * sin(a), way.origin.north_m + middle * cos(a)
    lat, lon = site.world(east, north)
    across = 2.45 * middle * radians(way.sigma_azimuth_deg)
    turn = way.azimuth_deg + site.turn_deg(east, north)
    shape = Ellipse(max((far - near) / 2.0, across), min((far - near) / 2.0, across), turn % 180.0)
    return replace(point, lat_wgs84=lat, lon_wgs84=lon, method="single_lookout", ellipse=shape, interval=None)
