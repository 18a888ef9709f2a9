"""How far an eye sees a view, or a known steady heat in it, from where it was at commissioning: what a head's drift is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

REFERENCE = "reference"
BEACON = "beacon:"


@dataclass(frozen=True, slots=True)
class Beacon:
    """A known steady heat (lamp, flue, radiator) at head angles, like masks; `range_m` away where known."""

    name: str
    pan_deg: float
    tilt_deg: float
    range_m: float | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """One measurement of one look at one view. `source`: `reference` (the commissioned picture) or `beacon:<name>`.

    Frame: head angles; `pan_off_deg`, `tilt_off_deg` are seen minus commissioned, so the head looks that much left of and below what it
    reads. `commission_id` names the settings of mount, lens and view that the reference belongs to. Without `seen` no offset is claimed.
    `clear`: the picture's contrast is as it should be, so that a beacon which is not seen is missing. `excess` Σ(heat − surroundings) and
    `width_px` (RMS radius) of a beacon now and at commissioning; the excess only where the picture is a temperature. `shows`: another
    view whose reference the picture is.
    """

    camera_id: str
    view_id: str
    generation: int
    commission_id: str
    source: str
    seen: bool
    mono_s: float
    at: datetime
    pan_off_deg: float = 0.0
    tilt_off_deg: float = 0.0
    sigma_deg: float = 0.0
    clear: bool = True
    excess: float | None = None
    commissioned_excess: float | None = None
    width_px: float | None = None
    commissioned_width_px: float | None = None
    range_m: float | None = None
    shows: str | None = None

    @property
    def beacon(self) -> str | None:
        """The name of the beacon that was looked for, None for the reference picture."""
        return self.source[len(BEACON) :] if self.source.startswith(BEACON) else None
