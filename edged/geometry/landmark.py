"""Landmarks as a lookout sees them: where each should fall in the picture, for a mount and lens that are a little different.

This is the model that calibration fits: the parameters of the mount and the field of view, and beside them what else may be wrong
(`PARAMETERS`), so that a residual pattern can be named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from edged.geometry.earth import SEMI_MAJOR_M, enu_m
from edged.geometry.lens import angles, head_rays
from edged.geometry.projection import to_pixels
from edged.model.lens import IDEAL, Lens
from edged.model.site import Mount

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
BEHIND_PX = 1e5
SAME_ZOOM = 0.02
"""Fields of view that differ by less than this share are one zoom."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One landmark in one picture.

    `height_m` above the ground at the mount's foot; `pan_deg`, `tilt_deg` what the head reads; `hfov_deg` as claimed at that zoom.
    `x_px` None: the landmark lies in the middle of the picture. 1σ: `sigma_px` of the pixel, `sigma_m` of the landmark's place on the
    ground, `sigma_height_m` of its height. `lens` without the mount's roll.
    """

    name: str
    lat_wgs84: float
    lon_wgs84: float
    height_m: float
    pan_deg: float
    tilt_deg: float
    hfov_deg: float
    x_px: float | None = None
    y_px: float | None = None
    sigma_px: float = 1.0
    sigma_m: float = 0.0
    sigma_height_m: float = 0.0
    width_px: int = 640
    height_px: int = 512
    lens: Lens = IDEAL


PARAMETERS = (
    "azimuth_deg", "tilt_zero_deg", "roll_deg", "lean_east_deg", "lean_north_deg",
    "east_m", "north_m", "up_m", "distortion", "aspect", "pan_scale",
)  # fmt: skip
"""Then one share of the field of view per zoom, then the axis of each zoom but the widest.

`east_m`, `north_m`, `up_m`: how far the lens stands from where the files put it; `distortion`: radial, as a share at half the picture's
width; `aspect`: how much wider than high a pixel is seen; `pan_scale`: share by which the head turns further than it says."""
AZIMUTH, TILT_ZERO, ROLL, LEAN_EAST, LEAN_NORTH, EAST, NORTH, UP, DISTORTION, ASPECT, PAN_SCALE = range(len(PARAMETERS))
FIELD = len(PARAMETERS)
_STEPS = (1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-2, 1e-2, 1e-2, 1e-5, 1e-5, 1e-5)


class Sights:
    """All observations of one mount as arrays; index i is the observation, `group[i]` its landmark, `zoom[i]` its field of view."""

    def __init__(self, mount: Mount, observations: Sequence[Observation], refraction_k: float) -> None:
        self.names = tuple(dict.fromkeys(o.name for o in observations))
        self.group = np.array([self.names.index(o.name) for o in observations], dtype=np.intp)
        self.fields = _zooms([o.hfov_deg for o in observations])
        self.zoom = np.array([_nearest(self.fields, o.hfov_deg) for o in observations], dtype=np.intp)
        self._enu = np.array([enu_m(mount.lat_wgs84, mount.lon_wgs84, o.lat_wgs84, o.lon_wgs84, o.height_m) for o in observations]).T
        self._enu[2] -= mount.height_m
        self._bend = refraction_k / (2.0 * SEMI_MAJOR_M)
        self.pan = np.array([o.pan_deg for o in observations])
        self._tilt = np.radians([o.tilt_deg for o in observations])
        self.hfov = np.array([o.hfov_deg for o in observations])
        self._observations = tuple(observations)
        self._lens_roll = np.array([o.lens.roll_deg for o in observations])
        self._boresight = np.radians([(o.lens.pan_off_deg, o.lens.tilt_off_deg) for o in observations]).T
        self._pinhole = np.array([o.lens.projection == "pinhole" for o in observations])
        bare = [replace(o.lens, roll_deg=0.0, pan_off_deg=0.0, tilt_off_deg=0.0) for o in observations]
        kinds = [(lens, o.width_px, o.height_px, o.hfov_deg) for lens, o in zip(bare, observations, strict=True)]
        self._alike = {kind: np.array([i for i, k in enumerate(kinds) if k == kind], dtype=np.intp) for kind in dict.fromkeys(kinds)}
        self.size = np.array([(o.width_px, o.height_px) for o in observations], dtype=np.float64)
        middle = (self.size - 1.0) / 2.0
        given = [
            (m[0] if o.x_px is None else o.x_px, m[1] if o.y_px is None else o.y_px) for o, m in zip(observations, middle, strict=True)
        ]
        self.seen = np.array(given)
        self.offset = self.seen - middle
        self.range_m = np.hypot(self._enu[0], self._enu[1])
        self.count = FIELD + len(self.fields) + 2 * (len(self.fields) - 1)
        self.ifov_rad = 2.0 / self._focal(np.zeros(self.count)) / self.size[:, 0]
        self.sigma = self._sigmas(observations)

    def axis(self, zoom: int) -> tuple[int, int]:
        """Return the parameters of the optical axis at a zoom, 1 and on: degrees right of and above the axis at the widest."""
        first = FIELD + len(self.fields) + 2 * (zoom - 1)
        return first, first + 1

    def start(self, mount: Mount) -> Array:
        """Return the parameters as the files have them, (P,)."""
        theta = np.zeros(self.count)
        theta[[AZIMUTH, TILT_ZERO, ROLL]] = mount.azimuth_deg, mount.tilt_zero_deg, mount.roll_deg
        towards = np.radians(mount.lean_azimuth_deg)
        theta[[LEAN_EAST, LEAN_NORTH]] = mount.lean_deg * np.sin(towards), mount.lean_deg * np.cos(towards)
        return theta

    def pixels(self, theta: Array) -> Array:
        """Return where the landmarks fall; far outside the picture what lies behind the lens. theta: (…, P); the result (…, n, 2) px."""
        p = np.moveaxis(theta, -1, 0)[..., None]
        head_az, head_el = self._head(p)
        pan = np.radians(head_az - p[AZIMUTH] - self.pan * (1.0 + p[PAN_SCALE]))
        tilt = np.radians(head_el - p[TILT_ZERO])
        flat, rise = np.cos(tilt) * np.cos(pan), np.sin(tilt)
        ahead = np.cos(self._tilt) * flat + np.sin(self._tilt) * rise
        right, ahead, up = self._bored(np.cos(tilt) * np.sin(pan), ahead, np.cos(self._tilt) * rise - np.sin(self._tilt) * flat)
        roll = np.radians(p[ROLL] + self._lens_roll)
        right, up = np.cos(roll) * right - np.sin(roll) * up, np.sin(roll) * right + np.cos(roll) * up
        flat_px = self._on_picture(np.stack([right, ahead, up], axis=-1))
        flat_px *= (self._focal(theta) / self._focal(np.zeros(self.count)))[..., None]
        for zoom in range(1, len(self.fields)):
            rows = np.flatnonzero(self.zoom == zoom)
            per_deg = np.radians(self._focal(theta)[..., rows] * self.size[rows, 0] / 2.0)
            for side, at, sign in zip((0, 1), self.axis(zoom), (-1.0, 1.0), strict=True):
                flat_px[..., rows, side] += sign * theta[..., at, None] * per_deg
        bent = 1.0 + p[DISTORTION] * (flat_px**2).sum(axis=-1) / (self.size[:, 0] / 2.0) ** 2
        stretch = np.stack([1.0 + p[ASPECT] / 2.0, 1.0 - p[ASPECT] / 2.0], axis=-1)
        return np.asarray(flat_px * bent[..., None] * stretch + (self.size - 1.0) / 2.0)

    def slopes(self, theta: Array) -> Array:
        """Return the derivatives of `pixels`, (n, 2, P), by central differences in one call."""
        steps = np.array([*_STEPS, *[1e-5] * len(self.fields), *[1e-3] * (2 * len(self.fields) - 2)])
        moved = np.concatenate([theta + np.diag(steps), theta - np.diag(steps)])
        there = self.pixels(moved)
        return np.moveaxis((there[: self.count] - there[self.count :]) / (2.0 * steps[:, None, None]), 0, -1)

    def implied(self, theta: Array) -> tuple[Array, Array]:
        """Return the azimuth of pan zero and the elevation of tilt zero that each observation by itself asks for, (n,) degrees each."""
        head_az, head_el = self._head(np.moveaxis(theta, -1, 0)[..., None])
        share = 1.0 + theta[FIELD + self.zoom]
        out = np.empty((len(self.pan), 2))
        for i, o in enumerate(self._observations):
            lens = replace(o.lens, roll_deg=o.lens.roll_deg + float(theta[ROLL]))
            rays = head_rays(0.0, o.tilt_deg, self.seen[i : i + 1], o.width_px, o.height_px, o.hfov_deg * float(share[i]), lens)
            out[i] = angles(rays)[0]
        out = np.nan_to_num(out)
        return 180.0 - (180.0 - (head_az - self.pan - out[:, 0])) % 360.0, np.asarray(head_el - out[:, 1])

    def _bored(self, right: Array, ahead: Array, up: Array) -> tuple[Array, Array, Array]:
        """Turn rays from the head's axis to the optical axis."""
        if not self._boresight.any():
            return right, ahead, up
        (p, t) = self._boresight
        right, onward = np.cos(p) * right - np.sin(p) * ahead, np.sin(p) * right + np.cos(p) * ahead
        return right, np.cos(t) * onward + np.sin(t) * up, np.cos(t) * up - np.sin(t) * onward

    def _on_picture(self, rays: Array) -> Array:
        """Return where rays of the lens fall from the middle of the picture at the claimed field, (…, n, 2) px, right and down."""
        out = np.empty((*rays.shape[:-1], 2))
        for (lens, width, height, hfov), at in self._alike.items():
            middle = np.array([(width - 1) / 2.0, (height - 1) / 2.0])
            fallen = to_pixels(rays[..., at, :].reshape(-1, 3), width, height, hfov, lens) - middle
            out[..., at, :] = np.where(np.isnan(fallen), BEHIND_PX, fallen).reshape(*rays.shape[:-2], len(at), 2)
        return out

    def _focal(self, theta: Array) -> Array:
        """Return the focal lengths but for the picture's width, (…, n)."""
        half = np.radians(self.hfov * (1.0 + theta[..., FIELD + self.zoom])) / 2.0
        return np.where(self._pinhole, 1.0 / np.tan(np.where(self._pinhole, half, 1.0)), 1.0 / half)

    def _head(self, p: Array) -> tuple[Array, Array]:
        """Return azimuth and elevation in the frame of the leaning pan axis, degrees."""
        east, north, up = self._enu[0] - p[EAST], self._enu[1] - p[NORTH], self._enu[2] - p[UP]
        up = up + self._bend * (east**2 + north**2)
        a, b = -np.radians(p[LEAN_NORTH]), np.radians(p[LEAN_EAST])
        lean = np.hypot(a, b)
        s, c = np.sinc(lean / np.pi), np.sinc(lean / (2.0 * np.pi)) ** 2 / 2.0
        along = c * (a * east + b * north)
        x = np.cos(lean) * east - s * b * up + along * a
        y = np.cos(lean) * north + s * a * up + along * b
        z = np.cos(lean) * up - s * (a * north - b * east)
        return np.degrees(np.arctan2(x, y)), np.degrees(np.arctan2(z, np.hypot(x, y)))

    def _sigmas(self, observations: Sequence[Observation]) -> Array:
        """Return 1σ of each pixel with the doubt of the landmark's own place, (n, 2)."""
        pixel = np.array([o.sigma_px for o in observations])
        per_m = 1.0 / (self.range_m * self.ifov_rad)
        place, height = np.array([o.sigma_m for o in observations]), np.array([o.sigma_height_m for o in observations])
        slope = np.abs(self._enu[2]) / self.range_m
        return np.stack([np.hypot(pixel, place * per_m), np.sqrt(pixel**2 + (place * slope * per_m) ** 2 + (height * per_m) ** 2)], axis=-1)


def _zooms(claimed: list[float]) -> tuple[float, ...]:
    """Return one claimed field of view per zoom, widest first."""
    out: list[float] = []
    for hfov in sorted(claimed, reverse=True):
        if not out or abs(hfov / out[-1] - 1.0) > SAME_ZOOM:
            out.append(hfov)
    return tuple(out)


def _nearest(fields: tuple[float, ...], hfov_deg: float) -> int:
    return min(range(len(fields)), key=lambda i: abs(fields[i] / hfov_deg - 1.0))
