"""A plan made ready for rays: prisms and ground in one local plane, and what a ray from a mast meets first.

A ray rises with the earth's curvature less refraction: z = z0 + s·tan(elevation) + (1 − k)/2R · s². Frames: edged/geometry/NOTE.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, degrees, hypot, radians, sin, sqrt, tan
from typing import Literal

import numpy as np
import numpy.typing as npt

from edged.geometry.earth import SEMI_MAJOR_M, enu_m, from_enu
from edged.geometry.prisms import Array, Rings
from edged.geometry.terrain import Ground
from edged.model.site import Mount, SitePlan, Structure, Surface, Zone

FARTHEST_M = 6_000.0
"""No ray is followed farther."""
LEAST_STEP_M = 2.0
WIDE_RAD = 1.0
"""Half a fan's width from which on all structures are asked."""
NOTHING, GROUND, WALL, ROOF = 0, 1, 2, 3
"""What a ray met."""
_OWN_M = 1.0
"""A mast's own roof or wall is not what it looks at."""
SLACK_M = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Fan:
    """First meetings of rays from one origin. Shapes: all (A, B) over azimuths × elevations.

    Units: `along_m` horizontal metres from the origin (`reach` where nothing was met), `height_m` in the plane; `what` as NOTHING…ROOF;
    `owner` the structure's number, `edge` the wall's, −1 where none.
    """

    along_m: Array
    height_m: Array
    what: npt.NDArray[np.intp]
    owner: npt.NDArray[np.intp]
    edge: npt.NDArray[np.intp]

    def one(self, azimuth: int, elevation: int) -> Fan:
        """Return one ray of the fan, by its numbers."""
        a, b = azimuth % self.what.shape[0], elevation % self.what.shape[1]
        here = (slice(a, a + 1), slice(b, b + 1))
        return Fan(self.along_m[here], self.height_m[here], self.what[here], self.owner[here], self.edge[here])


@dataclass(frozen=True, slots=True)
class Post:
    """Where rays start: metres in the plane, and by how much true north there is turned against the plane's north."""

    east_m: float
    north_m: float
    height_m: float
    convergence_deg: float

    @property
    def at(self) -> Array:
        """The foot (2,)."""
        return np.array([self.east_m, self.north_m])


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What hides a place: a structure, or the ground itself, `along_m` from the mast."""

    what: Literal["structure", "ground"]
    structure: Structure | None
    along_m: float


class SiteModel:
    """One plan. Immutable after it is built; posts are remembered.

    Frame: metres east and north of (`lat0`, `lon0`), heights above the terrain file's level, or above the level ground.
    """

    def __init__(self, plan: SitePlan, origin: tuple[float, float] | None = None) -> None:
        self.plan = plan
        self.lat0, self.lon0 = origin or _origin(plan)
        self.curvature = (1.0 - plan.refraction_k) / (2.0 * SEMI_MAJOR_M)
        self.ground = Ground(plan.terrain, self.lat0, self.lon0, plan.ground_sigma_m)
        self.structures = Rings([self._ring(one.ring) for one in plan.structures])
        self.surfaces = Rings([self._ring(one.ring) for one in plan.surfaces])
        self.zones = Rings([self._ring(one.ring) for one in plan.zones])
        feet = [self.ground.height_m(ring[:, 0], ring[:, 1]) for ring in self.structures.rings]
        self._base = np.array([float(f.min()) for f in feet])
        self._top = np.array([float(f.mean()) + one.height_m for f, one in zip(feet, plan.structures, strict=True)])
        self._posts: dict[tuple[float, float, float], Post] = {}

    # Plane and world.

    def plane(self, lat_wgs84: float, lon_wgs84: float) -> tuple[float, float]:
        """Return metres east and north of the origin."""
        east, north, _ = enu_m(self.lat0, self.lon0, lat_wgs84, lon_wgs84)
        return east, north

    def world(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Return (lat, lon) WGS-84 of a place in the plane."""
        return from_enu(self.lat0, self.lon0, east_m, north_m)

    def post(self, mount: Mount) -> Post:
        """Return where a mount's rays start: `height_m` above the ground at its foot."""
        where = (mount.lat_wgs84, mount.lon_wgs84, mount.height_m)
        known = self._posts.get(where)
        if known is None:
            east, north = self.plane(mount.lat_wgs84, mount.lon_wgs84)
            foot = float(self.ground.height_m(east, north))
            turned = (mount.lon_wgs84 - self.lon0) * sin(radians((self.lat0 + mount.lat_wgs84) / 2.0))
            known = self._posts[where] = Post(east, north, foot + mount.height_m, turned)
        return known

    def turn_deg(self, east_m: float, north_m: float) -> float:
        """Return by how much an azimuth in the plane must be raised to be one against true north at a place."""
        lat, lon = self.world(east_m, north_m)
        return (lon - self.lon0) * sin(radians((self.lat0 + lat) / 2.0))

    # What is where.

    def structure_at(self, east_m: float, north_m: float) -> int | None:
        """Return the number of the highest structure over a place."""
        found = self.structures.holding(east_m, north_m)
        return int(found[np.argmax(self._top[found])]) if found.size else None

    @property
    def corners(self) -> tuple[Array, Array]:
        """Return the corners of all structures, (N, 2) metres, and the heights of their tops, (N,)."""
        return self.structures.start, self._top[self.structures.owner]

    def surface_at(self, east_m: float, north_m: float, kind: str) -> Surface | None:
        """Return the first flat surface of a kind under a place; a structure there covers it."""
        found = [self.plan.surfaces[i] for i in self.surfaces.holding(east_m, north_m)]
        return next((one for one in found if one.kind == kind), None)

    def zone_at(self, east_m: float, north_m: float) -> Zone | None:
        """Return the first zone of the plan that holds a place."""
        found = self.zones.holding(east_m, north_m)
        return self.plan.zones[int(found[0])] if found.size else None

    def span(self, structure: int) -> tuple[float, float]:
        """Return the heights of a structure's foot and top in the plane."""
        return float(self._base[structure]), float(self._top[structure])

    # Rays.

    def fan(
        self, origin: Post, azimuths_deg: npt.ArrayLike, elevations_deg: npt.ArrayLike, *, beyond_m: float = 0.0, lift_m: float = 0.0,
        reach_m: float = FARTHEST_M, through: int | None = None,
    ) -> Fan:  # fmt: skip
        """Return what rays meet first. Azimuths (A,) are clockwise from the *plane's* north, elevations (B,) above the horizon.

        Meetings nearer than `beyond_m` do not count (mirrored rays start behind the mirror). `lift_m`: a falling ray meets its source this
        high above ground or roof. `through`: the structure behind whose wall a mirrored ray starts; it stops none of them.
        """
        azimuths, elevations = np.atleast_1d(np.asarray(azimuths_deg, np.float64)), np.atleast_1d(np.asarray(elevations_deg, np.float64))
        slopes = np.tan(np.radians(np.clip(elevations, -89.9, 89.9)))
        shape = (len(azimuths), len(elevations))
        along = np.full(shape, reach_m)
        what, owner, edge = (np.full(shape, start, np.intp) for start in (NOTHING, -1, -1))
        turned = np.radians(azimuths)
        rays = np.stack([np.sin(turned), np.cos(turned)], axis=1)
        self._ground(origin, rays, slopes, beyond_m, lift_m if slopes[0] < 0.0 else 0.0, reach_m, along, what)
        half = radians(float(np.ptp(azimuths))) / 2.0
        if half < WIDE_RAD:
            axis = radians(float(azimuths.min() + azimuths.max()) / 2.0)
            near = self.structures.near_line(origin.at, np.array([np.sin(axis), np.cos(axis)]), float(along.max()), tan(half) + 1e-9)
        else:
            near = np.arange(len(self.structures))
        near = near[near != through] if through is not None else near
        edges = self.structures.edges_of(near)
        for row, ray in enumerate(rays if edges.size else ()):
            self._prisms(origin, ray, slopes, edges, beyond_m, lift_m, along[row], what[row], owner[row], edge[row])
        height = origin.height_m + along * slopes + self.curvature * along**2
        return Fan(along, height, what, owner, edge)

    def sees(self, mount: Mount, lat_wgs84: float, lon_wgs84: float, above_m: float = 1.0) -> Obstacle | None:
        """Return what hides a place `above_m` over its ground (or roof) from a mount; None: the line of sight is clear."""
        east, north = self.plane(lat_wgs84, lon_wgs84)
        over = self.structure_at(east, north)
        level = float(self._top[over]) if over is not None else float(self.ground.height_m(east, north))
        return self.hides(self.post(mount), east, north, level + above_m)

    def hides(self, origin: Post, east_m: float, north_m: float, height_m: float) -> Obstacle | None:
        """Return what stands between a post and a point of the plane, or None."""
        azimuth, elevation, range_m = self.aim(origin, east_m, north_m, height_m)
        met = self.fan(origin, azimuth, elevation, beyond_m=_OWN_M, reach_m=max(range_m - SLACK_M, 1.0))
        if met.what[0, 0] == NOTHING:
            return None
        number, along = int(met.owner[0, 0]), float(met.along_m[0, 0])
        if number < 0:
            return Obstacle("ground", None, along)
        return Obstacle("structure", self.plan.structures[number], along)

    def direction_to(self, mount: Mount, lat_wgs84: float, lon_wgs84: float, above_m: float = 0.0) -> tuple[float, float]:
        """Return (true azimuth, elevation) in degrees at which a mount sees a place `above_m` over its ground."""
        origin = self.post(mount)
        east, north = self.plane(lat_wgs84, lon_wgs84)
        azimuth, elevation, _ = self.aim(origin, east, north, float(self.ground.height_m(east, north)) + above_m)
        return (azimuth + origin.convergence_deg) % 360.0, elevation

    def aim(self, origin: Post, east_m: float, north_m: float, height_m: float) -> tuple[float, float, float]:
        """Return (azimuth in the plane, elevation, horizontal range) of a point from a post; the inverse of the ray."""
        dx, dy = east_m - origin.east_m, north_m - origin.north_m
        range_m = max(hypot(dx, dy), 1e-6)
        slope = (height_m - origin.height_m) / range_m - self.curvature * range_m
        return float(degrees(np.arctan2(dx, dy))), degrees(atan(slope)), range_m

    def _ground(
        self, origin: Post, rays: Array, slopes: Array, beyond_m: float, lift_m: float, reach_m: float, along: Array,
        what: npt.NDArray[np.intp],
    ) -> None:  # fmt: skip
        c = self.curvature
        if self.ground.level:
            over = origin.height_m - lift_m
            if over <= 0.0:
                return
            root = slopes**2 - 4.0 * c * over
            first = 2.0 * over / np.maximum(-slopes + np.sqrt(np.maximum(root, 0.0)), 1e-12)
            met = (root >= 0.0) & (slopes < 0.0) & (first > beyond_m) & (first < reach_m)
            along[:, met], what[:, met] = first[met], GROUND
            return
        step = max(self.ground.cell_m or LEAST_STEP_M, LEAST_STEP_M)
        lowest, shallow = origin.height_m - self.ground.lowest_m, float(slopes.max())
        bend = shallow * shallow - 4.0 * c * lowest
        if shallow < 0.0 < lowest and bend > 0.0:
            reach_m = min(reach_m, 2.0 * lowest / (sqrt(bend) - shallow) + step)
        s = np.arange(beyond_m + step if beyond_m > 0.0 else step / 4.0, reach_m + step, step)
        profiles = self.ground.height_m(origin.east_m + np.outer(rays[:, 0], s), origin.north_m + np.outer(rays[:, 1], s))
        profiles += lift_m - origin.height_m - c * s**2
        horizons = np.maximum.accumulate(profiles / s, axis=1)
        for row, (profile, horizon) in enumerate(zip(profiles, horizons, strict=True)):
            index = np.searchsorted(horizon, slopes)
            met = index < len(s)
            after = np.minimum(index, len(s) - 1)
            before = np.maximum(after - 1, 0)
            a, b = profile[before] - slopes * s[before], profile[after] - slopes * s[after]
            part = np.clip(-a / np.where(b == a, 1.0, b - a), 0.0, 1.0)
            at = np.where(index == 0, s[0], s[before] + part * (s[after] - s[before]))
            met &= (at > beyond_m) & (at < reach_m)
            along[row, met], what[row, met] = at[met], GROUND

    def _prisms(
        self, origin: Post, ray: Array, slopes: Array, edges: npt.NDArray[np.intp], beyond_m: float, lift_m: float, along: Array,
        what: npt.NDArray[np.intp], owner: npt.NDArray[np.intp], edge: npt.NDArray[np.intp],
    ) -> None:  # fmt: skip
        met = self.structures.crossings(origin.at, ray, edges)
        if met.along_m.size == 0:
            return
        c = self.curvature
        s = met.along_m[:, None]
        z = origin.height_m + s * slopes[None, :] + c * s**2
        struck = (z >= self._base[met.owner][:, None]) & (z <= self._top[met.owner][:, None]) & (s > max(beyond_m, _OWN_M))
        walls = np.where(struck, s, np.inf)
        nearest = np.argmin(walls, axis=0)
        at = walls[nearest, np.arange(len(slopes))]
        better = at < along
        along[better], what[better] = at[better], WALL
        owner[better], edge[better] = met.owner[nearest][better], met.edge[nearest][better]
        tops = self._top[met.owner][:, None] + lift_m
        around = np.bincount(met.owner)[met.owner] % 2 == 1
        over_it, under_it = (z > tops).any(axis=1) | around, (z < tops).any(axis=1)
        for one in np.intersect1d(met.owner[over_it], met.owner[under_it]):
            over = origin.height_m - float(self._top[one]) - lift_m
            if over <= 0.0:
                continue
            root = slopes**2 - 4.0 * c * over
            with np.errstate(divide="ignore", invalid="ignore"):
                roof = 2.0 * over / (-slopes + np.sqrt(np.maximum(root, 0.0)))
            outer = met.along_m[met.owner == one]
            inside = (outer[:, None] > roof[None, :]).sum(axis=0) % 2 == 1
            better = (slopes < 0.0) & (root >= 0.0) & inside & (roof > max(beyond_m, _OWN_M)) & (roof < along)
            along[better], what[better], owner[better], edge[better] = roof[better], ROOF, one, -1

    def _ring(self, ring: tuple[tuple[float, float], ...]) -> Array:
        return np.array([self.plane(lat, lon) for lon, lat in ring])


def _origin(plan: SitePlan) -> tuple[float, float]:
    """Return the middle of the masts, else of the plan."""
    if plan.mounts:
        spots = [(m.lat_wgs84, m.lon_wgs84) for m in plan.mounts]
    else:
        rings = [*(one.ring for one in plan.zones), *(one.ring for one in plan.structures)]
        spots = [(lat, lon) for ring in rings for lon, lat in ring] or [(0.0, 0.0)]
    lats, lons = [s[0] for s in spots], [s[1] for s in spots]
    return (min(lats) + max(lats)) / 2.0, (min(lons) + max(lons)) / 2.0
