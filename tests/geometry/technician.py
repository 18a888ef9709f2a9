"""A technician's landmarks of a mount with known truth: made with the shared lens and head frames, not with the solver's model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from edged.geometry.earth import SEMI_MAJOR_M, enu_m, from_enu
from edged.geometry.head import to_head
from edged.geometry.landmark import Observation
from edged.geometry.lens import direction, pixel
from edged.model.lens import IDEAL, Lens
from edged.model.site import Mount

LAT, LON = 29.61, 106.60
WIDTH, HEIGHT = 640, 512
EDGES = ((0.85, 0.1), (-0.2, 0.9), (-0.9, -0.15), (0.15, -0.85), (0.7, 0.7), (-0.75, 0.6), (-0.6, -0.8), (0.8, -0.5))
"""Where landmarks fall, in turn, as shares of half the picture: near its edges."""
PLACES = ((35.0, 700.0, 12.0), (80.0, 1500.0, 3.0), (130.0, 420.0, 20.0), (185.0, 2600.0, 8.0), (240.0, 900.0, 15.0), (300.0, 1900.0, 0.0),
          (345.0, 550.0, 5.0), (10.0, 1200.0, 18.0), (60.0, 800.0, 1.0), (210.0, 350.0, 10.0))  # fmt: skip
"""Azimuth, range and height of landmarks."""


def head_angles(mount: Mount, lat: float, lon: float, height_m: float, refraction_k: float = 0.13) -> tuple[float, float]:
    """Return pan and tilt of a point."""
    east, north, up = enu_m(mount.lat_wgs84, mount.lon_wgs84, lat, lon, height_m)
    far = math.hypot(east, north)
    rise = up - mount.height_m + refraction_k * far * far / (2.0 * SEMI_MAJOR_M)
    return to_head(mount, math.degrees(math.atan2(east, north)), math.degrees(math.atan2(rise, far)))


def rolled(lens: Lens, mount: Mount) -> Lens:
    """Return the lens with the mount's roll, as a view holds it."""
    return Lens(lens.projection, lens.k, lens.roll_deg + mount.roll_deg, lens.pan_off_deg, lens.tilt_off_deg)


def taken(
    mount: Mount, hfov_deg: float, claimed_deg: float = 17.5, *, count: int = 6, lens: Lens = IDEAL, noise_px: float = 0.0, seed: int = 1,
    edges: Sequence[tuple[float, float]] = EDGES, places: Iterable[tuple[float, float, float]] = PLACES,
) -> list[Observation]:  # fmt: skip
    """Return what is observed of `count` landmarks, each near an edge of the picture."""
    rng = np.random.default_rng(seed)
    whole = rolled(lens, mount)
    out = []
    for number, (azimuth, range_m, height_m) in zip(range(count), places, strict=False):
        a = math.radians(azimuth)
        lat, lon = from_enu(mount.lat_wgs84, mount.lon_wgs84, range_m * math.sin(a), range_m * math.cos(a))
        to = head_angles(mount, lat, lon, height_m)
        share = edges[number % len(edges)]
        target = ((WIDTH - 1) / 2 * (1 + share[0]), (HEIGHT - 1) / 2 * (1 + share[1]))
        pan, tilt = to
        for _ in range(6):
            got = direction(pan, tilt, *target, WIDTH, HEIGHT, hfov_deg, whole)
            pan, tilt = pan + (to[0] - got[0] + 180.0) % 360.0 - 180.0, tilt + to[1] - got[1]
        found = pixel(pan, tilt, *to, WIDTH, HEIGHT, hfov_deg, whole)
        assert found is not None
        x, y = (v + noise_px * rng.normal() for v in found)
        out.append(Observation(f"L{number + 1}", lat, lon, height_m, pan, tilt, claimed_deg, float(x), float(y), lens=lens))
    return out
