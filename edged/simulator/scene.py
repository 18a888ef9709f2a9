"""The rendered night: what a thermal or a visible lens on a mast shows of the yard, with noise, gain control, flat-field pauses and fires.

A still view is painted once and kept; each picture adds what moves, the fires and the noise. While the head turns the view is painted
at a quarter of the size. One scene belongs to one stream thread.
Units: seconds since the station's start; °C apparent; grey 0–255 white-hot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from edged.geometry.earth import enu_m
from edged.simulator.fire import Size, paint, size_at
from edged.simulator.head import Position, zoomed_hfov_deg
from edged.simulator.painter import REACH_M, Eyepoint, Picture, Skin, focal_px, paint_boxes, paint_still
from edged.simulator.settings import SITE_LAT, SITE_LON, Growth, SimulatedCamera, SimulatorSettings
from edged.simulator.yard import Array, Yard

Bytes = npt.NDArray[np.uint8]
NETD_C, PATTERN_C = 0.06, 0.02
"""Noise of a sensor of 60 mK, and its fixed pattern after a flat-field correction."""
FLAT_FIELD_PAUSE_S = 0.6
MOVER_REACH_M = 900.0
VISIBLE_SIZE = (640, 360)
VISIBLE_FIELD = 1.8
"""Field of the visible lens of a lookout over that of its thermal lens."""
_ROUGH = 4


@dataclass(frozen=True, slots=True, eq=False)
class Blaze:
    """A fire in the world. `point`: (3,) metres; `only` names the camera whose line of sight put it there: that camera always sees it."""

    point: Array
    start_s: float
    growth: Growth
    max_kw: float
    only: str | None = None


@dataclass(slots=True)
class World:
    """What all cameras share: the yard and its fires."""

    settings: SimulatorSettings
    yard: Yard
    fires: list[Blaze] = field(default_factory=list)

    def sizes(self, now_s: float) -> list[tuple[Blaze, Size, float]]:
        """Return the burning fires with size and age."""
        ages = [(b, (now_s - b.start_s) * self.settings.speed) for b in tuple(self.fires)]
        return [(b, size_at(age, b.growth, b.max_kw), age) for b, age in ages if age > 0]


def mast(camera: SimulatedCamera) -> Array:
    """Return where a camera's lens is, metres east, north, up of the yard's origin."""
    east, north, _ = enu_m(SITE_LAT, SITE_LON, camera.lat_wgs84, camera.lon_wgs84)
    return np.array([east, north, camera.height_m])


class Scene:
    """One lens."""

    def __init__(self, world: World, camera: SimulatedCamera, skin: Skin) -> None:
        self.world, self.camera, self.skin = world, camera, skin
        self.width, self.height = (camera.width, camera.height) if skin == "thermal" else VISIBLE_SIZE
        self._at = mast(camera)
        self._yard = world.yard.near(self._at, REACH_M)
        self._near = world.yard.near(self._at, MOVER_REACH_M)
        self._rng = np.random.default_rng([world.settings.seed, sum(camera.id.encode()), len(skin)])
        noise = self._rng.normal(0.0, 1.0, (3, self.height + 64, self.width + 64)).astype(np.float32)
        self._noise: list[Picture] = list(noise)
        self._pattern = self._new_pattern()
        self._still: tuple[Position, Picture] | None = None
        self._seen: dict[int, tuple[float, bool]] = {}
        self._span: tuple[float, float] | None = None
        self._last: Bytes | None = None
        self._flat_field = 0

    def eyepoint(self, where: Position, shrink: int = 1) -> Eyepoint:
        """Return the lens at a head position."""
        wide = self.camera.hfov_deg
        if self.skin == "visible" and self.camera.kind == "lookout":
            wide = min(90.0, VISIBLE_FIELD * wide)
        hfov = zoomed_hfov_deg(wide, self.camera.max_zoom, where.zoom_norm) if self.camera.has_head else wide
        width, height = self.width // shrink, self.height // shrink
        azimuth = self.camera.azimuth_deg + where.pan_deg
        return Eyepoint(self._at, azimuth, where.tilt_deg, focal_px(width, hfov), width, height)

    def clean(self, now_s: float, where: Position, moving: bool) -> Picture:
        """Return (H, W) float32 without noise: °C apparent, or brightness."""
        settings = self.world.settings
        eye = self.eyepoint(where)
        picture = self._rough(where) if moving else self._kept(where).copy()
        scene_s = now_s * settings.speed
        points = np.array([(*m.place(scene_s)[:2], 1.5) for m in self._near.movers]).reshape(-1, 3)
        pixels, ahead = eye.project(points)
        inside = ((pixels > -80) & (pixels < (self.width + 80, self.height + 80))).all(axis=1)
        for n in np.flatnonzero(inside & (ahead > 5.0) & (ahead < MOVER_REACH_M)):
            if self._clear(int(n), points[n], now_s):
                boxes = self._near.movers[n].boxes(scene_s, self._yard.air_temp_c)
                paint_boxes(picture, boxes, eye, self.skin, self._yard.air_temp_c, settings.extinction_per_km)
        if self.skin == "thermal":
            self._burn(picture, eye, now_s)
        return picture

    def grey(self, now_s: float, where: Position, moving: bool) -> Bytes:
        """Return (H, W) uint8, white-hot after gain control, with noise. During a flat-field pause the picture before stays."""
        due = int(now_s // self.world.settings.flat_field_s)
        if self._last is not None and self.skin == "thermal" and due and now_s % self.world.settings.flat_field_s < FLAT_FIELD_PAUSE_S:
            if due != self._flat_field:
                self._flat_field, self._pattern, self._still = due, self._new_pattern(), None
            return self._last
        picture = self.clean(now_s, where, moving)
        if self.skin == "thermal":
            low, high = self._follow(picture)
            gain, sigma = 230.0 / (high - low), NETD_C
        else:
            low, gain, sigma = 0.0, 1.0, 2.2
        self._last = np.asarray(cv2.addWeighted(picture, gain, self._grain(), gain * sigma, 12.0 - gain * low, dtype=cv2.CV_8U))
        return self._last

    def centikelvin(self, now_s: float, where: Position, moving: bool) -> npt.NDArray[np.uint16]:
        """Return (H, W) uint16, hundredths of a kelvin, as a radiometric camera would store it."""
        kelvin = self.clean(now_s, where, moving) + self._grain() * NETD_C + 273.15
        return np.asarray(np.clip(kelvin * 100.0, 0, 65535), np.uint16)

    def glow(self, now_s: float, where: Position, least_kw: float = 0.0) -> list[tuple[float, float, float]]:
        """Return (x, y, radius) in pixels of the flames in sight that burn with at least `least_kw`."""
        eye = self.eyepoint(where)
        out = []
        for blaze, size, _ in self.world.sizes(now_s):
            (px, py), ahead = eye.project(blaze.point)
            if ahead > 1.0 and size.heat_kw >= least_kw and self._sees(blaze):
                reach = max(0.6, 0.5 * size.height_m / float(np.linalg.norm(blaze.point - self._at)) * eye.focal_px)
                out.append((float(px), float(py) - reach, reach))
        return out

    def surface(self, pan_deg: float, tilt_deg: float) -> Array | None:
        """Return the first point of the yard in a direction of the head, None for the sky."""
        eye = self.eyepoint(Position(pan_deg, tilt_deg, 0.0))
        ray = eye.ray((eye.width - 1) / 2.0, (eye.height - 1) / 2.0)
        far = self.world.yard.hit_m(self._at, ray)
        return None if far is None else np.asarray(self._at + (far - 0.5) * ray)

    def _burn(self, picture: Picture, eye: Eyepoint, now_s: float) -> None:
        for blaze, size, age_s in self.world.sizes(now_s):
            (px, py), ahead = eye.project(blaze.point)
            if ahead <= 2.0 or not (-400 < px < self.width + 400 and -400 < py < self.height + 400) or not self._sees(blaze):
                continue
            far = float(np.linalg.norm(blaze.point - self._at))
            through = math.exp(-self.world.settings.extinction_per_km * far / 1000.0)
            paint(picture, float(px), float(py), far / eye.focal_px, size, age_s, through)

    def _sees(self, blaze: Blaze) -> bool:
        if blaze.only == self.camera.id:
            return True
        known = self._seen.get(id(blaze))
        if known is None:
            known = (0.0, self.world.yard.sees(self._at, blaze.point + np.array([0.0, 0.0, 0.3])))
            self._seen[id(blaze)] = known
        return known[1]

    def _clear(self, mover: int, point: Array, now_s: float) -> bool:
        """Tell whether a mover is in sight; asked again each half second."""
        known = self._seen.get(-1 - mover)
        if known is None or not 0.0 <= now_s - known[0] < 0.5:
            known = (now_s, self._near.sees(self._at, point))
            self._seen[-1 - mover] = known
        return known[1]

    def _kept(self, where: Position) -> Picture:
        if self._still is None or self._still[0] != where:
            still = paint_still(self._yard, self.eyepoint(where), self.skin, self.world.settings.extinction_per_km)
            self._still = (where, np.asarray(cv2.GaussianBlur(still, (3, 3), 0.5)) + self._pattern)
        return self._still[1]

    def _rough(self, where: Position) -> Picture:
        small = paint_still(self._near, self.eyepoint(where, _ROUGH), self.skin, self.world.settings.extinction_per_km)
        return np.asarray(cv2.resize(small, (self.width, self.height), interpolation=cv2.INTER_LINEAR), np.float32)

    def _follow(self, picture: Picture) -> tuple[float, float]:
        """Let the span follow the scene: ends at the 1st and 99.6th percentile, at least 12 K, a tenth of the way a picture."""
        low, high = (float(v) for v in np.percentile(picture[::7, ::7], (1.0, 99.6)))
        high = max(high + 2.0, low + 12.0)
        if self._span is not None:
            low, high = (0.9 * old + 0.1 * new for old, new in zip(self._span, (low, high), strict=True))
        self._span = (low, high)
        return low, high

    def _grain(self) -> Picture:
        """Return a window of the noise bank."""
        y, x = self._rng.integers(0, 64, 2)
        return self._noise[int(self._rng.integers(0, len(self._noise)))][y : y + self.height, x : x + self.width]

    def _new_pattern(self) -> Picture:
        columns = self._rng.normal(0.0, 1.0, (1, self.width))
        if self.skin == "visible":
            return np.zeros((self.height, self.width), np.float32)
        return np.asarray(PATTERN_C * (self._rng.normal(0.0, 1.0, (self.height, self.width)) + columns), np.float32)
