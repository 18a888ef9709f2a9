"""What a view shows without a fire: rays of its pixels through the plan, and the temperature of what each meets, seen through its air.

Ground, walls and roofs have the weather's temperatures, with patches and panels of their own; above the horizon stand hills and sky.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin

import cv2
import numpy as np
import numpy.typing as npt

from edged.core.patrol import PatrolStop
from edged.geometry.coverage import HEIGHT_PX, WIDTH_PX
from edged.geometry.head import all_to_world
from edged.geometry.lens import angles, head_rays
from edged.geometry.site import GROUND, NOTHING, ROOF, WALL, Fan, SiteModel
from edged.model.site import Mount
from edged.simulator.generator.paint import to_celsius, to_radiance
from station.draws import LAW, Case, Weather, even, log_even
from station.sight import Seen

Picture = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]
COARSE = 16
"""The whole picture is looked at on each so-manyth pixel, for the camera's gain."""
OCTAVES_M = (0.5, 2.0, 8.0)
TILE = 256
SKY_M = 8000.0
SUNNY_W_M2 = 400.0
DIFFUSE = 0.25
"""Share of the sun's heat that a wall in the shade gets."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture: columns `left`…, rows `top`…, each `step` px, `wide` × `high` of them."""

    left: int
    top: int
    wide: int
    high: int
    step: int = 1


WHOLE = Box(COARSE // 2, COARSE // 2, WIDTH_PX // COARSE, HEIGHT_PX // COARSE, COARSE)


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """What the pixels of a box meet. Shapes (high, wide). `east_m`, `north_m`: where; `azimuth_deg`, `elevation_deg` along the edges."""

    fan: Fan
    range_m: Array
    east_m: Array
    north_m: Array
    azimuth_deg: Array
    elevation_deg: Array
    pixel_rad: float


def rays(site: SiteModel, mount: Mount, stop: PatrolStop, box: Box) -> Rays:
    """Return what a box of a view meets. Azimuths are taken along its middle row, elevations along its middle column."""
    columns = box.left + box.step * np.arange(box.wide, dtype=np.float64)
    rows = box.top + box.step * np.arange(box.high, dtype=np.float64)
    middle = (float(columns[box.wide // 2]), float(rows[box.high // 2]))
    across = np.stack([columns, np.full(box.wide, middle[1])], axis=1)
    down = np.stack([np.full(box.high, middle[0]), rows], axis=1)
    seen = head_rays(stop.pan_deg, stop.tilt_deg, np.concatenate([across, down]), WIDTH_PX, HEIGHT_PX, stop.hfov_deg, stop.lens)
    world = all_to_world(mount, angles(seen))
    post = site.post(mount)
    azimuth, elevation = np.unwrap(world[: box.wide, 0], period=360.0) - post.convergence_deg, world[box.wide :, 1]
    fan = site.fan(post, azimuth, elevation)
    turned = np.radians(azimuth)
    along = fan.along_m.T
    east, north = post.east_m + along * np.sin(turned), post.north_m + along * np.cos(turned)
    slant = along / np.cos(np.radians(elevation))[:, None]
    pixel = radians(abs(float(elevation[-1] - elevation[0]))) / max(1, box.high - 1)
    return Rays(fan, slant, east, north, azimuth, elevation, pixel)


@dataclass(frozen=True, slots=True)
class Mood:
    """How unlike each other things are in this hour. Kelvin, 1σ; `seed` of their pattern, the same for all heads."""

    ground_k: float
    skin_k: float
    hills_deg: float
    seed: int


def mood(case: Case) -> Mood:
    """Return it for a case."""
    rng, law = case.rng(2), LAW["background"]
    sunny = 1.0 + case.weather.sun_w_m2 / SUNNY_W_M2
    return Mood(
        log_even(rng, law["ground_sigma_k"]) * sunny, log_even(rng, law["skin_sigma_k"]) * sunny, even(rng, law["hills_deg"]),
        int(rng.integers(1 << 31)),
    )  # fmt: skip


def backdrop(site: SiteModel, seen: Rays, weather: Weather, how: Mood) -> Picture:
    """Return (high, wide) float32, °C apparent, without the lens's blur."""
    what, owner, edge = seen.fan.what.T, seen.fan.owner.T, seen.fan.edge.T
    height = seen.fan.height_m.T
    temp = np.full(what.shape, weather.air_c)
    ground, wall, roof = what == GROUND, what == WALL, what == ROOF
    if ground.any():
        foot = seen.range_m[ground] * seen.pixel_rad / np.maximum(np.abs(np.sin(np.radians(_down(seen)[ground]))), 0.01)
        temp[ground] = weather.surface_c("ground") + how.ground_k * patches(seen.east_m[ground], seen.north_m[ground], foot, how.seed)
    panel = LAW["background"]["panel_m"]
    if wall.any():
        faces, number = np.unique(edge[wall], return_inverse=True)
        base = np.array([weather.surface_c("wall", _lit(site, int(face), weather)) for face in faces])
        along = (seen.east_m[wall] + seen.north_m[wall]) // float(panel[0])
        temp[wall] = base[number.ravel()] + how.skin_k * hashed(edge[wall], along, height[wall] // float(panel[1]), how.seed)
    if roof.any():
        cells = (seen.east_m[roof] // float(panel[0]), seen.north_m[roof] // 6.0)
        temp[roof] = weather.surface_c("roof") + how.skin_k * hashed(owner[roof], *cells, how.seed)
    distance = np.where(what == NOTHING, SKY_M, seen.range_m)
    air = float(to_radiance(weather.air_c))
    through = np.exp(-weather.extinction_per_km * distance / 1000.0)
    band = air + through * (to_radiance(temp) - air)
    above = what == NOTHING
    if above.any():
        sky = LAW["background"]["sky_k"]
        up = np.maximum(_down(seen), 0.0)
        rise = 1.0 - np.exp(-up / float(sky["scale_deg"]))
        clear = 1.0 - 0.8 * weather.cloud
        cold = weather.air_c + clear * (float(sky["low"]) + (float(sky["high"]) - float(sky["low"])) * rise)
        ridge = how.hills_deg * (0.7 + 0.3 * np.sin(np.radians(seen.azimuth_deg) * 5.0 + how.seed % 6))[None, :]
        band[above] = to_radiance(np.where(_down(seen) < ridge, weather.air_c - 0.6, cold))[above]
    return np.asarray(to_celsius(band), np.float32)


def patches(east: Array, north: Array, foot_m: Array, seed: int) -> Array:
    """Return the ground's pattern at places, about 1σ = 1: noise of several sizes, each averaged over the pixel's foot on the ground."""
    tile = _tile(seed % 16)
    out = np.zeros(east.shape)
    for number, size in enumerate(OCTAVES_M):
        x, y = (east / size + 37.0 * number + seed % 997) % TILE, (north / size + 91.0 * number) % TILE
        out += _between(tile, x, y) / np.sqrt(np.maximum(1.0, foot_m / size))
    return out / np.sqrt(len(OCTAVES_M))


def _between(tile: Picture, x: Array, y: Array) -> Array:
    """Return the tile's values at places, linearly between its cells; it repeats itself."""
    left, top = x.astype(np.intp), y.astype(np.intp)
    across, down = x - left, y - top
    right, below = (left + 1) % TILE, (top + 1) % TILE
    left, top = left % TILE, top % TILE
    upper = tile[top, left] * (1.0 - across) + tile[top, right] * across
    return np.asarray(upper * (1.0 - down) + (tile[below, left] * (1.0 - across) + tile[below, right] * across) * down)


def hashed(a: Array, b: Array, c: Array, seed: int) -> Array:
    """Return a number for each triple, the same for the same: even over ±√3, so that 1σ is 1."""
    mixed = a.astype(np.int64) * 73_856_093 ^ b.astype(np.int64) * 19_349_663 ^ c.astype(np.int64) * 83_492_791 ^ seed
    mixed = (mixed * 2_654_435_761) & 0xFFFFFFFF
    return np.asarray(((mixed >> 8) / float(1 << 24) - 0.5) * np.sqrt(12.0))


def box_at(seen: Seen, side_px: int, margin_px: int) -> tuple[int, int, Box]:
    """Return left and top of the window round a fire, within the picture, and the box of its pixels with a margin."""
    left = min(max(round(seen.x_px) - side_px // 2, 0), WIDTH_PX - side_px)
    top = min(max(round(seen.y_px) - side_px // 2, 0), HEIGHT_PX - side_px)
    return left, top, Box(left - margin_px, top - margin_px, side_px + 2 * margin_px, side_px + 2 * margin_px)


def span_c(whole: Picture) -> tuple[float, float]:
    """Return the temperatures that the camera's gain draws black and white, by the whole picture."""
    law = LAW["camera"]["gain"]
    low, high = (float(np.quantile(whole, float(law[name]))) for name in ("low_share", "high_share"))
    width = max((high - low) * (1.0 + float(law["room"])), float(law["least_span_k"]))
    middle = (low + high) / 2.0
    return middle - width / 2.0, middle + width / 2.0


def _lit(site: SiteModel, edge: int, weather: Weather) -> float:
    """Return the share of the sun that meets a wall."""
    if not weather.day:
        return 0.0
    east, north = site.structures.facing(edge)
    a, e = radians(weather.sun_azimuth_deg), radians(weather.sun_elevation_deg)
    return DIFFUSE + (1.0 - DIFFUSE) * max(0.0, float(east) * sin(a) + float(north) * cos(a)) * cos(e)


def _down(seen: Rays) -> Array:
    return np.broadcast_to(seen.elevation_deg[:, None], seen.range_m.shape)


@lru_cache(maxsize=16)
def _tile(number: int) -> Picture:
    noise = np.random.default_rng((91, number)).normal(0.0, 1.0, (TILE, TILE)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 0.7)
    return np.asarray(smooth / smooth.std(), np.float32)
