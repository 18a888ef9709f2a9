"""ONVIF's spaces of a head and its zoom, against degrees. Pure; the numbers come from quirks and from calibration.

Generic space (−1…1) is promised to be linear by nobody; `Space` says what one camera makes of it. Zoom 0…1 means nothing in degrees until
a table says so. Tables: rows ascending in zoom_norm, beyond their ends the end row holds.
Source: ONVIF PTZ Service Specification §5.7 (spaces); onvif.org/ver10/tptz.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from edged.geometry.head import wrap_deg

ZoomTable = Sequence[tuple[float, float]]
"""Rows (zoom_norm, hfov_deg): the field narrows as the zoom grows."""
BoresightTable = Sequence[tuple[float, float, float]]
"""Rows (zoom_norm, pan_off_deg, tilt_off_deg)."""

Row = TypeVar("Row", bound=tuple[float, ...])


@dataclass(frozen=True, slots=True)
class Space:
    """One position space of one camera. `pan_deg`, `tilt_deg`: head angles at 1, negative where the camera counts the other way.

    `limited`: positions end at −1 and 1.
    """

    pan_deg: float = 1.0
    tilt_deg: float = 1.0
    limited: bool = False

    @classmethod
    def degrees(cls, pan_sign: int = 1, tilt_sign: int = 1) -> Space:
        """Return the spherical degrees space."""
        return cls(float(pan_sign), float(tilt_sign))

    @classmethod
    def generic(cls, pan_deg: float = 180.0, tilt_deg: float = 90.0, pan_sign: int = 1, tilt_sign: int = 1) -> Space:
        """Return the generic space whose ends lie at these angles."""
        return cls(pan_sign * pan_deg, tilt_sign * tilt_deg, limited=True)

    def to_degrees(self, x: float, y: float) -> tuple[float, float]:
        """Return the head angles (pan_deg, tilt_deg) of a position."""
        return wrap_deg(x * self.pan_deg), y * self.tilt_deg

    def from_degrees(self, pan_deg: float, tilt_deg: float) -> tuple[float, float]:
        """Return the position (x, y) that head angles have; at the nearest end where the space ends before."""
        x, y = wrap_deg(math.copysign(1.0, self.pan_deg) * pan_deg) / abs(self.pan_deg), tilt_deg / self.tilt_deg
        return (max(-1.0, min(1.0, x)), max(-1.0, min(1.0, y))) if self.limited else (x, y)


def hfov_at(table: ZoomTable, zoom_norm: float) -> float:
    """Return the field of view at a zoom, degrees; between rows the focal length grows evenly. Raises ValueError without rows."""
    if not table:
        raise ValueError("a zoom table has at least one row")
    (low, first), (high, last), share = _between(table, zoom_norm)
    if low == high or first == last:
        return first
    return _hfov(_focal(first) + share * (_focal(last) - _focal(first)))


def zoom_for(table: ZoomTable, hfov_deg: float) -> float:
    """Return the zoom at which the field of view is this, at the nearest end where the table ends before."""
    if not table:
        raise ValueError("a zoom table has at least one row")
    wanted = min(max(hfov_deg, table[-1][1]), table[0][1])
    for (low, wide), (high, narrow) in pairwise(table):
        if narrow <= wanted <= wide and narrow < wide:
            return low + (high - low) * (_focal(wanted) - _focal(wide)) / (_focal(narrow) - _focal(wide))
    return table[0][0]


def boresight_at(table: BoresightTable, zoom_norm: float) -> tuple[float, float]:
    """Return (pan_off_deg, tilt_off_deg) at a zoom, linear between rows; none without a table."""
    if not table:
        return 0.0, 0.0
    first, last, share = _between(table, zoom_norm)
    return first[1] + share * (last[1] - first[1]), first[2] + share * (last[2] - first[2])


def _between(table: Sequence[Row], zoom_norm: float) -> tuple[Row, Row, float]:
    """Return the rows on both sides of a zoom and how far it lies between them, 0…1."""
    if zoom_norm <= table[0][0]:
        return table[0], table[0], 0.0
    for first, last in pairwise(table):
        if zoom_norm <= last[0]:
            return first, last, (zoom_norm - first[0]) / (last[0] - first[0])
    return table[-1], table[-1], 0.0


def _focal(hfov_deg: float) -> float:
    return 1.0 / math.tan(math.radians(hfov_deg) / 2.0)


def _hfov(focal: float) -> float:
    return math.degrees(2.0 * math.atan2(1.0, focal))
