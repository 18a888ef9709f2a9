"""WGS-84 and the local plane: east, north, up at a point. Source: NIMA TR8350.2 (ellipsoid), exact through ECEF."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians, sin, sqrt

SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1.0 / 298.257223563
ECC2 = FLATTENING * (2.0 - FLATTENING)


def enu_m(lat0: float, lon0: float, lat: float, lon: float, height_m: float = 0.0) -> tuple[float, float, float]:
    """Return (east, north, up) in metres of a point seen from (lat0, lon0, 0)."""
    p, q = radians(lat0), radians(lon0)
    x0, y0, z0 = _ecef(p, q, 0.0)
    x1, y1, z1 = _ecef(radians(lat), radians(lon), height_m)
    x, y, z = x1 - x0, y1 - y0, z1 - z0
    outward = x * cos(q) + y * sin(q)
    return y * cos(q) - x * sin(q), z * cos(p) - outward * sin(p), z * sin(p) + outward * cos(p)


def from_enu(lat0: float, lon0: float, east_m: float, north_m: float) -> tuple[float, float]:
    """Return (lat, lon) of the ground point `east_m`, `north_m` from (lat0, lon0); iterated to below a millimetre."""
    lat, lon = lat0, lon0
    for _ in range(6):
        e, n, _ = enu_m(lat0, lon0, lat, lon)
        de, dn = east_m - e, north_m - n
        if abs(de) + abs(dn) < 1e-5:
            break
        bulge = 1.0 - ECC2 * sin(radians(lat)) ** 2
        prime = SEMI_MAJOR_M / sqrt(bulge)
        meridian = prime * (1.0 - ECC2) / bulge
        lat += degrees(dn / meridian)
        lon += degrees(de / (prime * cos(radians(lat))))
    return lat, lon


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Return the horizontal distance between two points: shorter than the geodesic by 0.1 mm at 3 km and 4 mm at 10 km."""
    east, north, _ = enu_m(lat_a, lon_a, lat_b, lon_b)
    return hypot(east, north)


def azimuth_deg(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Return the azimuth from a to b, 0..360."""
    east, north, _ = enu_m(lat_a, lon_a, lat_b, lon_b)
    return degrees(atan2(east, north)) % 360.0


def _ecef(lat_rad: float, lon_rad: float, height_m: float) -> tuple[float, float, float]:
    prime = SEMI_MAJOR_M / sqrt(1.0 - ECC2 * sin(lat_rad) ** 2)
    flat = (prime + height_m) * cos(lat_rad)
    return flat * cos(lon_rad), flat * sin(lon_rad), (prime * (1.0 - ECC2) + height_m) * sin(lat_rad)
