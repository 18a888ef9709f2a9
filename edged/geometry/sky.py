"""Sun and moon, their mirror images, and where a lens may be aimed.

Frame: azimuth clockwise from true north, elevation above the level of the place; unit vectors east, north, up. Directions of bodies are
topocentric (parallax included) and apparent. The ephemeris is libastro's, through `ephem`; a second one agrees to 0.001°.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import ephem
import numpy as np
import numpy.typing as npt

from edged.geometry.lens import separation_deg, unit

Unit = npt.NDArray[np.float64]

UP: Unit = np.array([0.0, 0.0, 1.0])
"""Normal of what lies level: water, a wet yard, a flat roof."""
SUN_MARGIN_DEG = 3.0
SET_DEG = -1.0
"""A sun whose upper limb is below this is behind the ground for every mast: the dip of the horizon is 0.3° at 80 m, 0.7° at 500 m."""
GLINT_DEG = 5.0
"""Ripples of 2° turn the mirror image by 4°, and the sun is half a degree wide."""
REFRACTED_FROM_DEG, UNREFRACTED_FROM_DEG = -1.0, -3.0


@dataclass(frozen=True, slots=True)
class SkyDirection:
    """Where the middle of a body is seen, its angular radius, and the share of its disc that is lit. Units: degrees."""

    azimuth_deg: float
    elevation_deg: float
    radius_deg: float
    lit_share: float = 1.0

    @property
    def up(self) -> bool:
        """Whether any of it can stand above the horizon of a mast."""
        return self.elevation_deg + self.radius_deg > SET_DEG


def sun(lat_wgs84: float, lon_wgs84: float, height_m: float, at: datetime) -> SkyDirection:
    """Return where the sun is seen from a place; `height_m` above the sea. Raises ValueError for a time without zone."""
    return _seen(ephem.Sun(), lat_wgs84, lon_wgs84, height_m, at)


def moon(lat_wgs84: float, lon_wgs84: float, height_m: float, at: datetime) -> SkyDirection:
    """Return where the moon is seen from a place; `height_m` above the sea. Raises ValueError for a time without zone.

    Parallax moves it by up to 1°. The middle of its disc, not of the lit part.
    """
    return _seen(ephem.Moon(), lat_wgs84, lon_wgs84, height_m, at)


def refraction_deg(elevation_deg: float, height_m: float = 0.0) -> float:
    """Return by how much the air lifts a body at a geometric elevation, in the standard atmosphere of that height (ISO 2533).

    Below −1° it fades out to nothing at −3°, where nothing is seen. Real air near the horizon differs by some 0.1°.
    Source: Saemundsson, Sky & Telescope 72 (1986) 70, within 0.1′ of Bennett's.
    """
    if elevation_deg <= UNREFRACTED_FROM_DEG:
        return 0.0
    h = max(elevation_deg, REFRACTED_FROM_DEG)
    arcmin = 1.02 / math.tan(math.radians(h + 10.3 / (h + 5.11)))
    density = _air_hpa(height_m) / 1010.0 * 283.0 / (288.15 - 0.0065 * height_m)
    fade = min(1.0, (elevation_deg - UNREFRACTED_FROM_DEG) / (REFRACTED_FROM_DEG - UNREFRACTED_FROM_DEG))
    return max(0.0, arcmin / 60.0 * density * fade)


def direction_of(vector: Unit) -> tuple[float, float]:
    """Return (azimuth_deg in 0..360, elevation_deg) of a vector."""
    east, north, up = (float(v) for v in vector)
    return math.degrees(math.atan2(east, north)) % 360.0, math.degrees(math.atan2(up, math.hypot(east, north)))


def angle_deg(a: Unit, b: Unit) -> float:
    """Return the angle between two vectors; safe at small angles."""
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b)))


def facing(azimuth_deg: float, slope_deg: float = 90.0) -> Unit:
    """Return the outward normal of a surface that faces an azimuth: `slope_deg` 90 an upright wall, 0 level, a windscreen 30–60."""
    return unit(azimuth_deg, 90.0 - slope_deg)


def mirrored(ray: Unit, normal: Unit) -> Unit:
    """Return the ray after a mirror with this unit normal; the angle out is the angle in."""
    return ray - 2.0 * float(ray @ normal) * normal


def glint_off_deg(azimuth_deg: float, elevation_deg: float, normal: Unit, body: SkyDirection) -> float:
    """Return how far the mirrored viewing ray passes from a body's middle; 180 where the surface is seen from behind."""
    ray = unit(azimuth_deg, elevation_deg)
    if float(ray @ normal) >= 0.0:
        return 180.0
    return angle_deg(mirrored(ray, normal), unit(body.azimuth_deg, body.elevation_deg))


def is_glint(azimuth_deg: float, elevation_deg: float, normal: Unit, body: SkyDirection, tolerance_deg: float = GLINT_DEG) -> bool:
    """Tell whether a body that is up is mirrored into a lens that looks this way, its radius and a tolerance allowed for."""
    return body.up and glint_off_deg(azimuth_deg, elevation_deg, normal, body) <= tolerance_deg + body.radius_deg


def glinting(azimuth_deg: float, elevation_deg: float, body: SkyDirection) -> tuple[float, float] | None:
    """Return (facing azimuth, slope) of the surface that would mirror a body into a lens that looks this way.

    Slope 0 is level, 90 upright, more hangs over. None while the body is down, or straight behind what is looked at.
    """
    normal = unit(body.azimuth_deg, body.elevation_deg) - unit(azimuth_deg, elevation_deg)
    if not body.up or float(np.linalg.norm(normal)) < 1e-9:
        return None
    azimuth, elevation = direction_of(normal)
    return azimuth, 90.0 - elevation


def sun_off_deg(azimuth_deg: float, elevation_deg: float, body: SkyDirection) -> float:
    """Return the angle between a direction and a body's middle."""
    return separation_deg(azimuth_deg, elevation_deg, body.azimuth_deg, body.elevation_deg)


def sun_clear(azimuth_deg: float, elevation_deg: float, hfov_deg: float, body: SkyDirection, margin_deg: float = SUN_MARGIN_DEG) -> bool:
    """Tell whether a lens may be aimed this way: the sun is down, or more than half the field and a margin away."""
    return not body.up or sun_off_deg(azimuth_deg, elevation_deg, body) > hfov_deg / 2.0 + margin_deg


def sweep_off_deg(start: tuple[float, float], end: tuple[float, float], body: SkyDirection, turn_deg: float | None = None) -> float:
    """Return how near a head may come to a body on its way between two directions (azimuth_deg, elevation_deg).

    A head turns about two axes at speeds of their own, so its way lies anywhere in the box of azimuths and elevations between the two; a
    great circle would lead over the zenith, where no head goes. `turn_deg`: how far it pans, right positive; None: the shortest way.
    """
    turn = (end[0] - start[0] + 180.0) % 360.0 - 180.0 if turn_deg is None else turn_deg
    left = start[0] + min(turn, 0.0)
    low, high = sorted((start[1], end[1]))
    inside = (body.azimuth_deg - left) % 360.0
    if inside <= abs(turn):
        return max(low - body.elevation_deg, body.elevation_deg - high, 0.0)
    return min(_off_upright(side, low, high, body) for side in (left, left + abs(turn)))


def sweep_clear(
    start: tuple[float, float],
    end: tuple[float, float],
    hfov_deg: float,
    body: SkyDirection,
    margin_deg: float = SUN_MARGIN_DEG,
    turn_deg: float | None = None,
) -> bool:
    """Tell whether a lens may be swept between two directions (azimuth_deg, elevation_deg), both ends included, as `sweep_off_deg` goes."""
    return not body.up or sweep_off_deg(start, end, body, turn_deg) > hfov_deg / 2.0 + margin_deg


def _off_upright(azimuth_deg: float, low_deg: float, high_deg: float, body: SkyDirection) -> float:
    """Return the angle from a body to the nearest point of an upright line from `low_deg` to `high_deg`."""
    apart = math.radians(body.azimuth_deg - azimuth_deg)
    elevation = math.radians(body.elevation_deg)
    foot = math.degrees(math.atan2(math.sin(elevation), math.cos(elevation) * math.cos(apart)))
    return min(sun_off_deg(azimuth_deg, e, body) for e in (low_deg, high_deg, min(max(foot, low_deg), high_deg)))


def _air_hpa(height_m: float) -> float:
    return float(1013.25 * (1.0 - 2.25577e-5 * min(max(height_m, -500.0), 11_000.0)) ** 5.25588)


def _seen(body: ephem.Body, lat_wgs84: float, lon_wgs84: float, height_m: float, at: datetime) -> SkyDirection:
    if at.utcoffset() is None:
        raise ValueError(f"{at} names no time zone")
    place = ephem.Observer()
    place.lat, place.lon, place.elevation = math.radians(lat_wgs84), math.radians(lon_wgs84), height_m
    place.pressure = 0.0
    place.date = ephem.Date(at.astimezone(UTC).replace(tzinfo=None))
    body.compute(place)
    elevation = math.degrees(body.alt)
    return SkyDirection(
        azimuth_deg=math.degrees(body.az) % 360.0,
        elevation_deg=elevation + refraction_deg(elevation, height_m),
        radius_deg=math.degrees(body.radius),
        lit_share=float(body.phase) / 100.0,
    )
