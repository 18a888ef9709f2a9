"""A wheel that is much hotter than its neighbours on the same vehicle: what precedes the fire of a trailer, and is none yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edged.model.frame import TemperatureKind


@dataclass(frozen=True, slots=True)
class HotWheel:
    """One hot wheel as an eye sees it.

    `wheel_c` and `neighbours_c` (their middle): apparent temperatures; where a wheel is smaller than a few pixels both are below the true
    ones, and so is their difference. `wheels`: how many were compared. `spacing_deg`: the angle between two of them. `pan_deg`, `tilt_deg`:
    direction in head angles, `bearing_sigma_deg` its 1σ. Temperatures are never those of a relative picture.
    """

    camera_id: str
    view_id: str
    generation: int
    captured_at: datetime
    mono_s: float
    pan_deg: float
    tilt_deg: float
    bearing_sigma_deg: float
    kind: TemperatureKind
    wheel_c: float
    neighbours_c: float
    wheels: int
    spacing_deg: float

    @property
    def over_k(self) -> float:
        """Return by how much it is hotter than the middle of the others."""
        return self.wheel_c - self.neighbours_c
