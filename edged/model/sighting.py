"""What an eye reports of something hot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edged.model.frame import TemperatureKind

ReasonFor = Literal[
    "hot", "new", "growing", "rising", "stationary", "flickering", "over_range", "gain_collapse", "absolute_limit", "long_standing",
    "lasting", "second_lens", "second_head", "camera_event", "person",
]  # fmt: skip
ReasonAgainst = Literal[
    "drifting", "arrived_warm", "known_heat", "masked", "work_zone", "permit", "broad_heating", "glint", "mirror", "scene_change",
    "edge_entry", "cooling", "learning", "picture_fixed", "many_alike", "walker", "steady", "brief", "parked_vehicle", "landed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Temperature:
    """Apparent temperature at emissivity 1. `valid` only from a radiometric picture and at least 5 × 5 px."""

    kind: TemperatureKind
    apparent_temp_c: float | None
    background_temp_c: float | None
    valid: bool


@dataclass(frozen=True, slots=True)
class Hotspot:
    """Hot pixels of one frame.

    Frame: `x_px`, `y_px` centroid, origin the centre of the upper-left pixel, x right, y down; `box_px` (x, y, w, h).
    Units: `peak` and `background` as `Thermogram.heat`; `excess` Σ(heat − background) over the blob (kelvin·px or levels·px);
    `excess_radiance` Σ(L − L_background) in W m⁻² sr⁻¹·px for °C pictures, else None; `area_px` above the gate.
    """

    x_px: float
    y_px: float
    box_px: tuple[int, int, int, int]
    area_px: int
    peak: float
    background: float
    excess: float
    excess_radiance: float | None
    z: float
    over_range: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """A track of one view, reported by its eye.

    `log_likelihood` is the *increment* of evidence since this track's last sighting, `evidence` what the track says now; core alone weighs
    them per fire. Recordings from before `evidence` have None, and their increments are summed.
    `pan_deg`, `tilt_deg`: direction of the source in head angles; `bearing_sigma_deg` its 1σ.
    `fast_path`: the absolute rule held (over range or > 200 °C, ≥ 4 px, ≥ 3 s, stationary, no arrival).
    `test`: made by a drill; the mark belongs to the sighting.
    `irradiance_w_m2`: excess radiance times its solid angle at the lens, for °C pictures; times the range² it is the
    source's strength.
    `crop_jpeg_b64` is a picture ≤ 24 kB around the source.
    """

    camera_id: str
    view_id: str
    generation: int
    track_id: int
    captured_at: datetime
    mono_s: float
    first_seen_mono_s: float
    log_likelihood: float
    reasons_for: tuple[ReasonFor, ...]
    reasons_against: tuple[ReasonAgainst, ...]
    pan_deg: float
    tilt_deg: float
    bearing_sigma_deg: float
    x_px: float
    y_px: float
    area_px: float
    excess: float
    excess_radiance: float | None
    temperature: Temperature
    fast_path: bool = False
    standing: bool = False
    test: bool = False
    crop_jpeg_b64: str | None = None
    irradiance_w_m2: float | None = None
    evidence: float | None = None
