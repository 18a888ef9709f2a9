"""Where to look at a place from: what each mast's head would do, what stands in the way, and what the sun says to it. It moves nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import acos, asin, atan2, cos, degrees, hypot, radians, sin

import numpy as np
import numpy.typing as npt

from edged.geometry import sky
from edged.geometry.head import all_to_head, to_head, wrap_deg
from edged.geometry.lens import focal_px, head_pixels, head_rays, unit
from edged.geometry.site import Obstacle, SiteModel
from edged.geometry.sky import SkyDirection
from edged.model.lens import IDEAL, Lens
from edged.model.site import Mount

FIRE_M = 1.0
"""A fire is looked for this high above the ground or the roof it stands on."""
CLEAR_STEP = timedelta(minutes=5)
CLEAR_WITHIN = timedelta(hours=24)
SURELY = 1.05
"""A direction is asked of the lens only this many times nearer to the head's axis than the corners of its picture."""
_WIDE_DEG = 90.0

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stop:
    """One direction of a head's tour, or the one that a camera stares at. Units: degrees, of the head's axis."""

    view_id: str
    pan_deg: float
    tilt_deg: float
    hfov_deg: float
    lens: Lens = IDEAL


@dataclass(frozen=True, slots=True)
class Lookout:
    """One camera on its mast, its lens at the widest zoom. `turns` false: it sees its `stops` and nothing else.

    `hfov_tele_deg`: at the longest zoom; None: no zoom.
    """

    mount: Mount
    hfov_deg: float
    turns: bool
    stops: tuple[Stop, ...] = ()
    hfov_tele_deg: float | None = None
    lens: Lens = IDEAL
    width_px: int = 640
    height_px: int = 512

    def view_of(self, pan_deg: float, tilt_deg: float) -> str | None:
        """Return the first view whose picture holds a head direction."""
        ray = unit(pan_deg, tilt_deg)[None]
        return next((one.view_id for one in self.stops if self._held(one, ray).size), None)

    def holds(self, toward_deg: Array) -> Flags:
        """Return which head directions lie in the picture of any view. Shapes: (N, 2) pan, tilt → (N,)."""
        pan, tilt = np.radians(toward_deg).T
        rays = np.stack([np.cos(tilt) * np.sin(pan), np.cos(tilt) * np.cos(pan), np.sin(tilt)], axis=1)
        held = np.zeros(len(rays), np.bool_)
        for one in self.stops:
            held[self._held(one, rays)] = True
        return held

    def _held(self, stop: Stop, rays: Array) -> Index:
        return in_picture(stop.pan_deg, stop.tilt_deg, rays, self.width_px, self.height_px, stop.hfov_deg, stop.lens)

    def pixel_rad(self, hfov_deg: float) -> float:
        """Return the angle of the middle pixel at a field of view."""
        return 1.0 / focal_px(self.width_px, hfov_deg, self.lens.projection)


@dataclass(frozen=True, slots=True)
class Vantage:
    """A place as one lookout would see it.

    `pan_deg`, `tilt_deg`: of the head, with its optical axis on the place. `range_m` along the ground; `pixel_m`, `tele_pixel_m` across the
    line of sight, at the widest and at the longest zoom. `view_id`: the direction of the tour that holds the place. `reachable`: the head
    turns, or the place lies in its picture. `hidden_by` None: the line of sight is clear. `may_aim` false: a thermal lens would look too
    near to the sun. `glints`: level water, roofs and wet ground there mirror the sun into the lens. `glint_from`: (facing azimuth, slope)
    of the surface that would, None by night.
    """

    mount: Mount
    range_m: float
    azimuth_deg: float
    elevation_deg: float
    pan_deg: float
    tilt_deg: float
    view_id: str | None
    reachable: bool
    within_radius: bool
    hidden_by: Obstacle | None
    pixel_m: float
    tele_pixel_m: float | None
    sun: SkyDirection
    sun_off_deg: float
    may_aim: bool
    glints: bool
    glint_from: tuple[float, float] | None

    @property
    def usable(self) -> bool:
        """Whether this lookout can show the place now."""
        return self.reachable and self.within_radius and self.hidden_by is None and self.may_aim


def in_picture(pan_deg: float, tilt_deg: float, rays: Array, width: int, height: int, hfov_deg: float, lens: Lens = IDEAL) -> Index:
    """Return the numbers of the directions (N, 3) of the head frame that a picture holds while the head's axis lies at (pan, tilt)."""
    near = np.flatnonzero(rays @ unit(pan_deg, tilt_deg) >= _least_cosine(width, height, hfov_deg, lens))
    if not near.size:
        return near
    x, y = head_pixels(pan_deg, tilt_deg, rays[near], width, height, hfov_deg, lens).T
    with np.errstate(invalid="ignore"):
        inside = (np.abs(x - (width - 1) / 2.0) <= width / 2.0) & (np.abs(y - (height - 1) / 2.0) <= height / 2.0)
    return np.asarray(near[inside], np.intp)


def toward(site: SiteModel, mount: Mount, points: Array) -> Array:
    """Return the head directions at which points lie from a mount. Shapes: (N, 3) east, north, height in the plane → (N, 2) pan, tilt."""
    post = site.post(mount)
    aims = np.array([site.aim(post, *point)[:2] for point in points.tolist()]).reshape(-1, 2)
    aims[:, 0] += post.convergence_deg
    return all_to_head(mount, aims)


def stands_m(site: SiteModel, east_m: float, north_m: float) -> float:
    """Return the height in the plane of what a source at a place stands on: the roof that covers it, else the ground."""
    over = site.structure_at(east_m, north_m)
    return float(site.ground.height_m(east_m, north_m)) if over is None else site.span(over)[1]


def level_m(site: SiteModel, lat_wgs84: float, lon_wgs84: float, above_m: float, on_roof: bool = True) -> float:
    """Return the height in the plane of a point `above_m` over the ground, or over the roof that covers it."""
    east, north = site.plane(lat_wgs84, lon_wgs84)
    return above_m + (stands_m(site, east, north) if on_roof else float(site.ground.height_m(east, north)))


def vantage(site: SiteModel, lookout: Lookout, lat_wgs84: float, lon_wgs84: float, height_m: float, at: datetime) -> Vantage:
    """Return a place as one lookout would see it at a time; `height_m` in the site's plane. Raises ValueError for a time without zone."""
    mount = lookout.mount
    post = site.post(mount)
    east, north = site.plane(lat_wgs84, lon_wgs84)
    in_plane, elevation, range_m = site.aim(post, east, north, height_m)
    azimuth = (in_plane + post.convergence_deg) % 360.0
    toward = to_head(mount, azimuth, elevation)
    pan, tilt = axis_on(lookout.lens, *toward)
    view = lookout.view_of(*toward)
    body = sky.sun(mount.lat_wgs84, mount.lon_wgs84, post.height_m, at)
    slant_m = hypot(range_m, height_m - post.height_m)
    return Vantage(
        mount=mount,
        range_m=range_m,
        azimuth_deg=azimuth,
        elevation_deg=elevation,
        pan_deg=pan,
        tilt_deg=tilt,
        view_id=view,
        reachable=lookout.turns or view is not None,
        within_radius=range_m <= site.plan.radius_m,
        hidden_by=site.hides(post, east, north, height_m),
        pixel_m=slant_m * lookout.pixel_rad(lookout.hfov_deg),
        tele_pixel_m=None if lookout.hfov_tele_deg is None else slant_m * lookout.pixel_rad(lookout.hfov_tele_deg),
        sun=body,
        sun_off_deg=sky.sun_off_deg(azimuth, elevation, body),
        may_aim=mount.lens != "thermal" or sky.sun_clear(azimuth, elevation, lookout.hfov_deg, body),
        glints=sky.is_glint(azimuth, elevation, sky.UP, body),
        glint_from=sky.glinting(azimuth, elevation, body),
    )


def ranked(found: Iterable[Vantage]) -> list[Vantage]:
    """Return the most useful first: what can show the place now, without glint, from a calibrated mast, in the finest pixels."""
    return sorted(found, key=lambda one: (*_lacks(one), one.glints, not one.mount.calibrated, one.pixel_m, one.mount.camera_id))


def aimed_from(lookout: Lookout, found: Vantage, at: datetime) -> datetime | None:
    """Return the first time from `at` on, in steps of 5 minutes, at which the sun lets the lens be aimed there; None within a day."""
    mount, when = found.mount, at
    while when <= at + CLEAR_WITHIN:
        body = sky.sun(mount.lat_wgs84, mount.lon_wgs84, mount.height_m, when)
        if mount.lens != "thermal" or sky.sun_clear(found.azimuth_deg, found.elevation_deg, lookout.hfov_deg, body):
            return when
        when += CLEAR_STEP
    return None


def axis_on(lens: Lens, pan_deg: float, tilt_deg: float) -> tuple[float, float]:
    """Return the head's (pan_deg, tilt_deg) that lays the optical axis on a direction of the head frame; the nearest one over the head."""
    po, to = radians(lens.pan_off_deg), radians(lens.tilt_off_deg)
    ahead, up = cos(to) * cos(po), sin(to)
    tilt = asin(min(1.0, max(-1.0, sin(radians(tilt_deg)) / hypot(ahead, up)))) - atan2(up, ahead)
    aside = atan2(cos(to) * sin(po), cos(tilt) * ahead - sin(tilt) * up)
    return wrap_deg(pan_deg - degrees(aside)), degrees(tilt)


@lru_cache(maxsize=256)
def _least_cosine(width: int, height: int, hfov_deg: float, lens: Lens) -> float:
    """Return the cosine of the angle from the head's axis beyond which nothing can lie in the picture; −1 where all must be asked."""
    corners = np.array([[x, y] for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)])
    ahead = float(head_rays(0.0, 0.0, corners, width, height, hfov_deg, lens)[:, 1].min())
    return cos(SURELY * acos(ahead)) if hfov_deg < _WIDE_DEG and ahead > 0.0 else -1.0


def _lacks(one: Vantage) -> tuple[bool, bool, bool, bool, bool]:
    return not one.usable, not one.reachable, one.hidden_by is not None, not one.within_radius, not one.may_aim
