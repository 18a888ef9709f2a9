"""WGS-84 against GCJ-02, the datum of Chinese maps: 450–600 m apart, so every coordinate names its own.

Source: the published transform with the Krasovsky semi-axis 6,378,245 m (prcoords lineage); that with 6,378,137 m
differs by 8–10 mm. Outside China: identity.
"""

from __future__ import annotations

from math import cos, pi, radians, sin, sqrt

_A = 6_378_245.0
_EE = 0.00669342162296594323


def to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """Return (lat, lon) in GCJ-02 of a WGS-84 point."""
    if not in_china(lat, lon):
        return lat, lon
    d_lat, d_lon = _shift(lat, lon)
    return lat + d_lat, lon + d_lon


def to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """Return (lat, lon) in WGS-84 of a GCJ-02 point, iterated to below a tenth of a millimetre."""
    if not in_china(lat, lon):
        return lat, lon
    guess_lat, guess_lon = lat, lon
    for _ in range(20):
        got_lat, got_lon = to_gcj02(guess_lat, guess_lon)
        miss_lat, miss_lon = lat - got_lat, lon - got_lon
        guess_lat, guess_lon = guess_lat + miss_lat, guess_lon + miss_lon
        if abs(miss_lat) + abs(miss_lon) < 1e-10:
            break
    return guess_lat, guess_lon


def in_china(lat: float, lon: float) -> bool:
    """Tell whether a point lies in the box where the transform applies."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def _shift(lat: float, lon: float) -> tuple[float, float]:
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    d_lat += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    d_lat += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    d_lon += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    d_lon += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = radians(lat)
    magic = 1.0 - _EE * sin(phi) ** 2
    root = sqrt(magic)
    return (
        d_lat * 180.0 / ((_A * (1.0 - _EE)) / (magic * root) * pi),
        d_lon * 180.0 / (_A / root * cos(phi) * pi),
    )
