"""The site as core and geometry need it: mounts and zones. Built from settings by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edged.model.alarm import Arming
from edged.model.terrain import Terrain


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a head stands and how its angles lie in the world.

    Units: WGS-84 degrees; `height_m` of the lens above the site's ground; `azimuth_deg` true azimuth of pan zero;
    `tilt_zero_deg` elevation at tilt zero; `roll_deg` clockwise about the optical axis; `lean_deg` by which the pan axis leans from the
    vertical towards the true azimuth `lean_azimuth_deg`. 1σ: `sigma_deg` of an angle, `sigma_height_m` of the lens's height.
    `calibrated` false: bearings are not published.
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
    lean_deg: float = 0.0
    lean_azimuth_deg: float = 0.0
    sigma_height_m: float = 0.3


Policy = Literal["normal", "priority", "machinery", "no_smoking"]
"""`priority`: looked at first. `machinery`: cranes, berths, rails, where hot machines are usual. `no_smoking`: a cigarette counts."""


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
    kind: Literal["zone", "yard"] = "zone"
    contact: str | None = None
    policy: Policy = "normal"


@dataclass(frozen=True, slots=True)
class Structure:
    """Something that stands up and hides what is behind it: an upright prism over `ring`, from the ground to `height_m` above it.

    `stack`: containers. `floors` None: unknown. `glass`: its walls mirror heat, so nothing is located on them. `code` ≤ 4 characters.
    `sigma_m` is 1σ of its height.
    """

    structure_id: str
    name: str
    kind: Literal["building", "stack"]
    ring: tuple[tuple[float, float], ...]
    height_m: float
    code: str | None = None
    floors: int | None = None
    glass: bool = False
    gate: str | None = None
    hazard: str | None = None
    contact: str | None = None
    policy: Policy = "normal"
    sigma_m: float = 0.5


@dataclass(frozen=True, slots=True)
class Surface:
    """What lies flat: `water` mirrors heat, a `road` is where vehicles stand. `ring` as of a zone."""

    surface_id: str
    name: str
    kind: Literal["water", "road"]
    ring: tuple[tuple[float, float], ...]
    policy: Policy = "normal"


@dataclass(frozen=True, slots=True)
class Landmark:
    """A named point of the plan (gate, hydrant) that place words count distances from."""

    name: str
    kind: Literal["gate", "hydrant", "mast"]
    lat_wgs84: float
    lon_wgs84: float


@dataclass(frozen=True, slots=True)
class SitePlan:
    """Mounts by camera id, zones in order of precedence, landmarks, what stands and lies there, and the ground under it.

    `refraction_k`, `refraction_sigma`: coefficient of terrestrial refraction and its 1σ. `radius_m`: how far a lookout is
    responsible. `ground_sigma_m`: 1σ of the ground's height without `terrain`.
    """

    mounts: tuple[Mount, ...] = ()
    zones: tuple[Zone, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
    structures: tuple[Structure, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    terrain: Terrain | None = None
    ground_sigma_m: float = 0.5
    refraction_k: float = 0.13
    refraction_sigma: float = 0.5
    radius_m: float = 3_000.0
