"""The pictures of one view round a fire: a window of the true size of pixel, as the camera's core, gain and encoder make it.

The window is a part of the 640 × 512 picture; the gain is the whole picture's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from edged.core.patrol import PatrolStop
from edged.detector import bearing
from edged.geometry.coverage import HEIGHT_PX, WIDTH_PX
from edged.geometry.lens import direction, focal_px
from edged.geometry.radiance import peak_rise_k
from edged.geometry.site import SiteModel
from edged.model.frame import Frame
from edged.model.sighting import Sighting
from edged.model.site import Mount
from edged.model.view import View
from edged.simulator.generator.codec import RoundTrip
from edged.simulator.generator.paint import PSF_SIGMA_PX, paint
from edged.simulator.generator.patch import Patch
from edged.simulator.generator.sensor import Imager, Sensor
from station.backdrop import WHOLE, Mood, Picture, Rays, backdrop, box_at, rays, span_c
from station.draws import LAW, Case, Rng, even, log_even
from station.fires import Fire
from station.sight import Seen, rise_k
from station.things import MIDDLE_M, Thing, in_sight
from station.tour import Visit

SIDE_PX, MARGIN_PX = 128, 6
BESIDE_PX = 80
SHAPE = (SIDE_PX, SIDE_PX + BESIDE_PX)
"""Beside the window stands the whole view, shrunk: gain, offset and steps of a picture are read from its great contrasts."""
KBPS = 2000
"""Of the whole picture; a window has its share by area."""
LEARN_FPS = 4.0
"""Before the fire half of the pictures do: they only teach the background."""
SWING = (1.0, 0.6)
CAUSE_PX = 8.0
ATTRIBUTED = 0.5
"""What is seen is the fire where nothing else is nearer, while its noiseless rise in that view is at least this share of the gate."""
SOAKED_S = 120.0
FAINT_K = 0.3
"""Parts of things that show less than this are not painted."""
Places = Any
"""A number or an array of metres or pixels."""


@dataclass(frozen=True, slots=True)
class Camera:
    """One head's camera in one case: its noise, its mast's sway, whether its stream is coded."""

    sensor: Sensor
    sway_deg: float
    sway_s: float
    coded: bool

    def swing_deg(self, t_s: float) -> tuple[float, float]:
        """Return by how much the mast stands off its mean, pan and tilt."""
        phase = 2.0 * math.pi * t_s / self.sway_s
        return SWING[0] * math.sqrt(2.0) * self.sway_deg * math.sin(phase), SWING[1] * math.sqrt(2.0) * self.sway_deg * math.sin(
            0.83 * phase
        )


def camera(rng: Rng, case: Case) -> Camera:
    """Draw a head's camera."""
    law, sway = LAW["camera"], LAW["heads"]["sway_deg"]
    flat = law["flat_field"]
    sensor = Sensor(
        output="celsius", netd_mk=1000.0 * even(rng, law["netd_k"]), pattern_mk=1000.0 * even(rng, law["fixed_k"]),
        flat_field_s=sum(flat["every_s"]) / 2.0, pause_s=even(rng, flat["freeze_s"]), step_k=float(flat["level_k"]), range_end_c=550.0,
    )  # fmt: skip
    coded = bool(case.rng(4).random() < float(law["codec_share"]))
    return Camera(sensor, log_even(rng, sway["sigma"]), even(rng, sway["period_s"]), coded)


class Window:
    """The window of one view. `frames(visit)` yields the pictures of a visit; visits must come in the order of time."""

    def __init__(
        self, site: SiteModel, case: Case, fire: Fire, seen: Seen, made_by: Camera, how: Mood, near: Sequence[Thing], imager: Imager,
        begin_s: float,
    ) -> None:  # fmt: skip
        self.seen, self._case, self._fire, self._camera, self._imager, self._begin_s = seen, case, fire, made_by, imager, begin_s
        self.left, self.top, box = box_at(seen, SIDE_PX, MARGIN_PX)
        mount = seen.lookout.mount
        self._rays: Rays = rays(site, mount, seen.stop, box)
        still = backdrop(site, self._rays, case.weather, how)
        self._still: Picture = np.asarray(cv2.GaussianBlur(still, (0, 0), float(LAW["camera"]["psf_px"])), np.float32)
        whole = backdrop(site, _whole(site, mount, seen.stop), case.weather, how)
        self._span = span_c(whole)
        self._beside = cv2.resize(whole, (BESIDE_PX, SIDE_PX + 2 * MARGIN_PX), interpolation=cv2.INTER_LINEAR)
        self._site, self._post = site, site.post(mount)
        self._movers = [thing for thing in near if thing.moves]
        self._ways = np.array([(m.east_m, m.north_m, *m.velocity, m.from_s, m.until_s) for m in self._movers]).reshape(-1, 6)
        self._standing = [t for t in near if not t.moves and self._inside(t.east_m, t.north_m) and in_sight(site, self._post, t)]
        self._index = 0
        self._coder: tuple[int, RoundTrip] | None = None

    def view(self, real: View) -> View:
        """Return the view whose picture is the window. Its middle is exact; `true` takes the rest back to the whole picture."""
        middle = (self.left + (SHAPE[1] - 1) / 2.0, self.top + (SHAPE[0] - 1) / 2.0)
        pan, tilt = direction(real.pan_deg, real.tilt_deg, *middle, WIDTH_PX, HEIGHT_PX, real.hfov_deg, real.lens)
        field = 2.0 * math.degrees(math.atan(SHAPE[1] / 2.0 / focal_px(WIDTH_PX, real.hfov_deg, real.lens.projection)))
        return replace(real, pan_deg=pan, tilt_deg=tilt, hfov_deg=field, beacons=(), commission_id="")

    def true(self, sighting: Sighting, real: View) -> Sighting:
        """Return a sighting of the window as one of the whole picture."""
        at = bearing.pixel(self.view(real), sighting.pan_deg, sighting.tilt_deg, SHAPE)
        assert at is not None
        pan, tilt = bearing.direction(real, at[0] + self.left, at[1] + self.top, (HEIGHT_PX, WIDTH_PX))
        return replace(sighting, pan_deg=pan, tilt_deg=tilt, x_px=sighting.x_px + self.left, y_px=sighting.y_px + self.top)

    def frames(self, visit: Visit) -> Iterator[Frame]:
        """Yield the pictures that arrive while a visit lasts; `mono_s` is their arrival. A longer visit goes on with the same coder."""
        fps = float(LAW["fps"]) if visit.until_s > 0.0 else LEARN_FPS
        lag = float(LAW["lag_s"])
        base, movers = self._visited(visit)
        if self._camera.coded and (self._coder is None or self._coder[0] != visit.view.generation):
            kbps = max(40, KBPS * SIDE_PX * SIDE_PX // (WIDTH_PX * HEIGHT_PX))
            self._coder = visit.view.generation, RoundTrip(SHAPE[1], SHAPE[0], fps, kbps)
        coder = self._coder[1] if self._coder is not None else None
        first = math.ceil(visit.from_s * fps)
        for number in range(first, math.ceil(visit.until_s * fps)):
            arrives = number / fps
            grey = self._grey(base, movers, visit, arrives - lag)
            for coded, key in coder.send(grey) if coder is not None else ((grey, number % 16 == 0),):
                yield Frame(coded, self._index, arrives, self._case.weather.at + timedelta(seconds=arrives), key=key)
                self._index += 1

    def _visited(self, visit: Visit) -> tuple[Picture, list[Thing]]:
        """Return the still picture with what stands in it during a visit, and what moves through it."""
        middle = (visit.from_s + visit.until_s) / 2.0
        picture = np.hstack([self._still, self._beside])
        there = [thing for thing in self._standing if thing.there(middle) is not None]
        self._paint(picture, [patch for thing in there for patch in self._patches(thing, middle)], (0.0, 0.0))
        east, north, v_east, v_north, begins, ends = self._ways.T
        held = np.zeros(len(self._movers), np.bool_)
        for t_s in (visit.from_s, middle, visit.until_s):
            held |= (begins <= t_s) & (t_s < ends) & self._inside(east + v_east * (t_s - begins), north + v_north * (t_s - begins))
        moving = [self._movers[n] for n in np.flatnonzero(held)]
        return picture, [one for one in moving if in_sight(self._site, self._post, one, min(max(middle, one.from_s), one.until_s - 1e-3))]

    def _grey(self, base: Picture, movers: list[Thing], visit: Visit, t_s: float) -> npt.NDArray[np.uint8]:
        ifov_deg = math.degrees(self.seen.ifov_mrad / 1000.0)
        swing = self._camera.swing_deg(t_s)
        shift = (-(visit.off_deg[0] + swing[0]) / ifov_deg, (visit.off_deg[1] + swing[1]) / ifov_deg)
        way = np.array([[1.0, 0.0, shift[0] - MARGIN_PX], [0.0, 1.0, shift[1] - MARGIN_PX]])
        picture = np.asarray(cv2.warpAffine(base, way, (SHAPE[1], SHAPE[0]), borderMode=cv2.BORDER_REPLICATE), np.float32)
        patches = self.fire(t_s) + [patch for thing in movers for patch in self._patches(thing, t_s)]
        self._paint(picture, patches, (shift[0] - MARGIN_PX, shift[1] - MARGIN_PX))
        shot = self._imager.image(picture, t_s - self._begin_s)[0]
        low, high = self._span
        celsius = np.asarray(shot.pixels, np.float32)
        return np.clip((celsius - np.float32(low)) * np.float32(255.0 / (high - low)), 0, 255).astype(np.uint8)

    def fire(self, t_s: float) -> list[Patch]:
        """Return what burns, in pixels of the window with its margin."""
        x, y = self.seen.x_px - self.left + MARGIN_PX, self.seen.y_px - self.top + MARGIN_PX
        scale = 1000.0 / (self.seen.range_m * self.seen.ifov_mrad)
        return [
            Patch(
                x, y - heat.up_m * scale, heat.width_m * scale, heat.height_m * scale, heat.temp_c, self.seen.range_m - 0.1 * n,
                heat.emissivity, None if heat.clear else self._case.weather.air_c,
            )
            for n, heat in enumerate(self._fire.heats(t_s))
        ]  # fmt: skip

    def cause(self, real: View, pan_deg: float, tilt_deg: float, t_s: float) -> str | None:
        """Return what is nearest to a direction: `fire`, a kind of thing, `background`; None where it lies outside of the window."""
        at = bearing.pixel(real, pan_deg, tilt_deg, (HEIGHT_PX, WIDTH_PX))
        if at is None or not (0.0 <= at[0] - self.left < SIDE_PX and 0.0 <= at[1] - self.top < SIDE_PX):
            return None
        x, y = at[0] - self.left + MARGIN_PX, at[1] - self.top + MARGIN_PX
        shown = [("fire", self.fire(t_s))] if self.rise_k(t_s) >= ATTRIBUTED * self.seen.lookout.gate_k else []
        shown += [(thing.kind, self._patches(thing, t_s)) for thing in (*self._standing, *self._movers)]
        offs = [
            (max(0.0, math.hypot(patch.x_px - x, patch.y_px - y) - 0.5 * max(patch.width_px, patch.height_px)), kind)
            for kind, patches in shown
            for patch in patches
        ]
        off, kind = min(offs, default=(math.inf, ""), key=lambda pair: (pair[0], pair[1] != "fire"))
        return kind if off <= CAUSE_PX else "background"

    def rise_k(self, t_s: float) -> float:
        """Return by how many kelvin the fire raises its best pixel, noiseless."""
        seen = self.seen
        return max((rise_k(self._case, heat, seen.range_m, seen.ifov_mrad) for heat in self._fire.heats(t_s)), default=0.0)

    def arrived(self, after_s: float, until_s: float) -> set[Thing]:
        """Return the things in sight that came to stand in the window between two times and show more than the gate."""
        came = (thing for thing in self._standing if after_s < thing.from_s < until_s)
        return {thing for thing in came if self._shows_k(thing, min(until_s, thing.from_s + SOAKED_S)) >= self.seen.lookout.gate_k}

    def _shows_k(self, thing: Thing, t_s: float) -> float:
        weather = self._case.weather
        at = self._site.aim(self._post, thing.east_m, thing.north_m, MIDDLE_M)[2]
        through = math.exp(-weather.extinction_per_km * at / 1000.0)
        rises = (
            peak_rise_k(part.temp_c, part.width_m, part.height_m, 0.95, at, self.seen.ifov_mrad, 0.0, weather.air_c)
            for part in thing.pieces(t_s)
        )
        return through * max((float(rise) for rise in rises), default=0.0)

    def _patches(self, thing: Thing, t_s: float) -> list[Patch]:
        at = thing.there(t_s)
        if at is None:
            return []
        x, y, range_m = (float(v) for v in self._pixel(*at))
        scale = 1000.0 / (range_m * self.seen.ifov_mrad)
        weather, out = self._case.weather, []
        ground = weather.surface_c("ground")
        for number, piece in enumerate(thing.pieces(t_s)):
            wide, high = piece.width_m * scale, piece.height_m * scale
            shown = max(abs(piece.temp_c - weather.air_c), abs(piece.temp_c - ground)) * min(1.0, wide) * min(1.0, high)
            if shown * math.exp(-weather.extinction_per_km * range_m / 1000.0) >= FAINT_K:
                row = y - (piece.up_m - MIDDLE_M) * scale
                out.append(Patch(x + piece.across_m * scale, row, wide, high, piece.temp_c, range_m - 0.1 * number, 0.95, weather.air_c))
        return out

    def _paint(self, picture: Picture, patches: list[Patch], shift: tuple[float, float]) -> None:
        if patches:
            weather = self._case.weather
            paint(picture, patches, weather.air_c, weather.extinction_per_km, PSF_SIGMA_PX, shift)

    def _inside(self, east_m: Places, north_m: Places) -> npt.NDArray[np.bool_]:
        x, y, _ = self._pixel(east_m, north_m)
        side = SIDE_PX + 2 * MARGIN_PX
        return np.asarray((x >= 0.0) & (x < side) & (y >= 0.0) & (y < side))

    def _pixel(self, east_m: Places, north_m: Places) -> tuple[Places, Places, Places]:
        """Return columns and rows in the window with its margin, inside it or not, and the ranges, of places 1 m over the ground."""
        post, site = self._post, self._site
        dx, dy = east_m - post.east_m, north_m - post.north_m
        range_m = np.maximum(np.hypot(dx, dy), 1.0)
        over = site.ground.height_m(east_m, north_m) + MIDDLE_M - post.height_m
        azimuth, elevation = np.degrees(np.arctan2(dx, dy)), np.degrees(np.arctan(over / range_m - site.curvature * range_m))
        columns, rows = self._rays.azimuth_deg, self._rays.elevation_deg
        turned = (azimuth - columns[0] + 180.0) % 360.0 - 180.0
        x = turned / (columns[-1] - columns[0]) * (len(columns) - 1)
        y = (elevation - rows[0]) / (rows[-1] - rows[0]) * (len(rows) - 1)
        return x, y, range_m


@lru_cache(maxsize=64)
def _whole(site: SiteModel, mount: Mount, stop: PatrolStop) -> Rays:
    """What the whole picture of a view meets; it is the same for every fire."""
    return rays(site, mount, stop, WHOLE)
