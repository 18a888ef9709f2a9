"""Short names for sites in the tests: metres about one origin."""

from __future__ import annotations

from typing import Any

import numpy as np

from edged.geometry.earth import from_enu
from edged.geometry.site import SiteModel
from edged.model.site import Mount, SitePlan, Structure, Surface
from edged.model.terrain import Terrain

LAT, LON = 29.61, 106.60


def at(east: float, north: float) -> tuple[float, float]:
    """Return (lat, lon) of a place."""
    return from_enu(LAT, LON, east, north)


def box(east: float, north: float, half_east: float, half_north: float) -> tuple[tuple[float, float], ...]:
    """Return a ring about a place."""
    corners = [at(east + x * half_east, north + y * half_north) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return tuple((lon, lat) for lat, lon in corners)


def mount(name: str = "th-01", east: float = 0.0, north: float = 0.0, height: float = 45.0, **more: Any) -> Mount:
    """Return a mount without errors of its own."""
    given: dict[str, Any] = {"sigma_deg": 0.0, "sigma_height_m": 0.0, **more}
    return Mount(name, *at(east, north), height, **given)


def building(name: str, east: float, north: float, half_east: float, half_north: float, height: float, **more: Any) -> Structure:
    """Return a building."""
    return Structure(name, name.upper(), "building", box(east, north, half_east, half_north), height, **more)


def water(east: float, north: float, half_east: float, half_north: float) -> Surface:
    """Return a basin."""
    return Surface("river", "河", "water", box(east, north, half_east, half_north))


def site(*mounts: Mount, **plan: Any) -> SiteModel:
    """Return a site about the origin."""
    return SiteModel(SitePlan(mounts=mounts, **plan), (LAT, LON))


def hills(rise_m: float = 10.0, cell_m: float = 10.0, half_m: float = 4000.0) -> Terrain:
    """Return a smooth hilly grid."""
    count = int(2 * half_m / cell_m) + 1
    y, x = np.mgrid[0:count, 0:count] * cell_m
    height = (rise_m * np.sin(x / 400.0) * np.cos(y / 500.0)).astype(np.float32)
    return Terrain(height, -half_m, -half_m, cell_m, LAT, LON, 1.0, f"hills{rise_m}")
