"""WGS-84 against the datums of Chinese maps: GCJ-02, hundreds of metres off, and CGCS2000, a metre off: every coordinate names its own.

Source of GCJ-02: the published transform with the Krasovsky semi-axis 6,378,245 m (prcoords lineage); that with 6,378,137 m differs by
8–10 mm. It holds in a box around China; outside: identity. Along the inside of the box's edge, 700 m wide, some GCJ-02 coordinates have no
origin in the box and stay as they are; no land of China lies there.

CGCS2000 is ITRF97 held still at epoch 2000.0 on the same ellipsoid (its flattening moves a point by 0.1 mm). WGS-84 as receivers deliver it
is the present ITRF at the present epoch, so that the two part by the plate's motion: 37 mm a year at Chongqing, 1.0 m in 2027.
"""

from __future__ import annotations

from math import cos, pi, radians, sin, sqrt
from typing import Literal

DatumName = Literal["WGS-84", "GCJ-02", "CGCS2000"]

_A = 6_378_245.0
_EE = 0.00669342162296594323
_EARTH_M = 6_371_008.8
_BOX_SLACK_DEG = 0.05
"""More than the transform moves anything in the box, measured: 0.011°."""

CGCS2000_EPOCH = 2000.0
SOUTH_CHINA_POLE = (63.03, -116.62, 0.334)
"""Latitude and longitude of the pole, and degrees per million years, of the Yangtze plate without net rotation.

Source: Argus, Gordon and DeMets, NNR-MORVEL56, Geochem. Geophys. Geosyst. 12 (2011) Q11001, table 1.
"""


def to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """Return (lat, lon) in GCJ-02 of a WGS-84 point."""
    if not in_china(lat, lon):
        return lat, lon
    d_lat, d_lon = _shift(lat, lon)
    return lat + d_lat, lon + d_lon


def to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """Return (lat, lon) in WGS-84 of a GCJ-02 point, iterated to below a tenth of a millimetre."""
    if not in_china(lat, lon, _BOX_SLACK_DEG):
        return lat, lon
    guess_lat, guess_lon = lat, lon
    for _ in range(20):
        d_lat, d_lon = _shift(guess_lat, guess_lon)
        miss_lat, miss_lon = lat - guess_lat - d_lat, lon - guess_lon - d_lon
        guess_lat, guess_lon = guess_lat + miss_lat, guess_lon + miss_lon
        if abs(miss_lat) + abs(miss_lon) < 1e-10:
            break
    return (guess_lat, guess_lon) if in_china(guess_lat, guess_lon, 1e-9) else (lat, lon)


def to_cgcs2000(lat: float, lon: float, epoch_year: float | None = None) -> tuple[float, float]:
    """Return (lat, lon) in CGCS2000 of a WGS-84 point that was measured in `epoch_year` (2026.9).

    Without an epoch: identity, wrong by the plate's motion. With one, the motion of the Yangtze plate is taken back, which leaves the 5 cm
    between the frames and what other plates move otherwise: 4 mm a year at Beijing, much more where India pushes (Tibet, Xinjiang).
    """
    if epoch_year is None:
        return lat, lon
    east_m, north_m = plate_motion_m(lat, lon, epoch_year - CGCS2000_EPOCH)
    return lat - north_m / _EARTH_M * 180.0 / pi, lon - east_m / (_EARTH_M * cos(radians(lat))) * 180.0 / pi


def plate_motion_m(lat: float, lon: float, years: float) -> tuple[float, float]:
    """Return how far (east, north) a point of southern China moves in some years, metres."""
    pole_lat, pole_lon, rate = SOUTH_CHINA_POLE
    turned_m = radians(rate) * 1e-6 * years * _EARTH_M
    p, q, ahead = radians(lat), radians(pole_lat), radians(lon - pole_lon)
    return turned_m * (cos(p) * sin(q) - sin(p) * cos(q) * cos(ahead)), turned_m * cos(q) * sin(ahead)


def at_datum(name: DatumName, lat: float, lon: float, epoch_year: float | None = None) -> tuple[float, float]:
    """Return (lat, lon) in the named datum of a WGS-84 point; `epoch_year` is for CGCS2000. Raises ValueError for another name."""
    if name == "GCJ-02":
        return to_gcj02(lat, lon)
    if name == "CGCS2000":
        return to_cgcs2000(lat, lon, epoch_year)
    if name == "WGS-84":
        return lat, lon
    raise ValueError(f"no datum {name!r}: WGS-84, GCJ-02 or CGCS2000")


def from_datum(name: DatumName, lat: float, lon: float) -> tuple[float, float]:
    """Return (lat, lon) in WGS-84 of a point in the named datum. Raises ValueError for another name."""
    return to_wgs84(lat, lon) if name == "GCJ-02" else at_datum(name, lat, lon)


def in_china(lat: float, lon: float, slack_deg: float = 0.0) -> bool:
    """Tell whether a point lies in the box where the transform applies, or less than `slack_deg` outside it."""
    return 72.004 - slack_deg <= lon <= 137.8347 + slack_deg and 0.8293 - slack_deg <= lat <= 55.8271 + slack_deg


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
