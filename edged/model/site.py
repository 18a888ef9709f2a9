"""The site as core and geometry need it: mounts and zones. Built from settings by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edged.model.alarm import Arming


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a head stands and how its angles lie in the world.

    Units: WGS-84 degrees; `height_m` of the lens above the site's ground; `azimuth_deg` true azimuth of pan zero;
    `tilt_zero_deg` elevation at tilt zero; `roll_deg` clockwise about the optical axis. `calibrated` false: bearings are not published.
    """

    camera_id: str
    lat_wgs84: float
    lon_wgs84: float
    height_m: float
    azimuth_deg: float = 0.0
    tilt_zero_deg: float = 0.0
    roll_deg: float = 0.0
    sigma_deg: float = 0.2
    calibrated: bool = True
    lens: Literal["thermal", "visible"] = "thermal"


@dataclass(frozen=True, slots=True)
class Zone:
    """An area of the plan. `ring`: (lon, lat) WGS-84 corners, closed by itself. `code` ≤ 4 characters."""

    zone_id: str
    name: str
    code: str
    ring: tuple[tuple[float, float], ...]
    gate: str | None = None
    hazard: str | None = None
    talkgroup: str | None = None
    arming: Arming | None = None


@dataclass(frozen=True, slots=True)
class Landmark:
    """A named point of the plan (gate, hydrant) that place words count distances from."""

    name: str
    kind: Literal["gate", "hydrant", "mast"]
    lat_wgs84: float
    lon_wgs84: float


@dataclass(frozen=True, slots=True)
class SitePlan:
    """Mounts by camera id, zones in order of precedence, landmarks."""

    mounts: tuple[Mount, ...] = ()
    zones: tuple[Zone, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
