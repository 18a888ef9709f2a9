"""Where it burns, and the doubt about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An error ellipse on the ground.

    Units: metres; `azimuth_deg` of the major axis, clockwise from true north; `level` the probability.
    """

    semi_major_m: float
    semi_minor_m: float
    azimuth_deg: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class RangeInterval:
    """Where mast height / range < 1/50 an ellipse would lie: a bearing and the ranges that hold the source with `level` probability."""

    azimuth_deg: float
    azimuth_sigma_deg: float
    near_m: float
    far_m: float
    level: float = 0.95


PlaceMethod = Literal["triangulated", "single_lookout", "bearing_only", "person", "none"]


@dataclass(frozen=True, slots=True)
class IgnitionPoint:
    """Where it began. Datum WGS-84; `height_m` above the ground there.

    Exactly one of `ellipse` and `interval` unless placed by a person. `surface`: what the ray met (None: unknown, or nothing); on a façade
    `side` is the compass point it faces (`N`, `NE`, …) and `floor` counts from 1; `structure_id` names the structure. `mirrored`: the hot
    spot was a mirror image on water or glass and the place is that of its source.
    """

    lat_wgs84: float
    lon_wgs84: float
    method: PlaceMethod
    ellipse: Ellipse | None = None
    interval: RangeInterval | None = None
    height_m: float | None = None
    surface: Literal["ground", "roof", "facade"] | None = None
    structure_id: str | None = None
    side: str | None = None
    floor: int | None = None
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """The plan's words for a place: `place` for people, `place_code` ≤ 4 characters, nearest `gate`, `hazard` class or None.

    `near`: its distance from the nearest gate in words.
    """

    place: str
    place_code: str | None = None
    gate: str | None = None
    hazard: str | None = None
    zone_id: str | None = None
    near: str | None = None
