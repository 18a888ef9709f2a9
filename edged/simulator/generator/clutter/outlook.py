"""What one lens sees of flat ground: where a range lies in the picture, and how large a metre is there. Pure.

Small angles: a pixel is an angle, the same everywhere in the picture. Frame: as `Patch`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FARTHEST_M = 6000.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """A lens on a mast, and the temperatures around it. Units: pixels, degrees, metres, °C. `tilt_deg`: up is positive."""

    width_px: int = 640
    height_px: int = 512
    hfov_deg: float = 17.5
    mast_m: float = 45.0
    tilt_deg: float = -3.0
    air_c: float = 15.0
    ground_c: float = 14.0
    sky_c: float = -20.0

    @property
    def ifov_rad(self) -> float:
        """The angle of one pixel."""
        return math.radians(self.hfov_deg) / self.width_px

    @property
    def nearest_m(self) -> float:
        """The range of the ground at the lower edge of the picture."""
        return self.mast_m / math.tan(max(1e-3, (self.height_px - 1) / 2.0 * self.ifov_rad - math.radians(self.tilt_deg)))

    def row(self, range_m: float, height_m: float = 0.0) -> float:
        """Return the row of a point `height_m` above the ground."""
        elevation = math.atan2(height_m - self.mast_m, range_m)
        return (self.height_px - 1) / 2.0 + (math.radians(self.tilt_deg) - elevation) / self.ifov_rad

    def metre_px(self, range_m: float) -> float:
        """Return how many pixels a metre across the line of sight covers."""
        return 1.0 / (range_m * self.ifov_rad)

    def clamped_m(self, range_m: float) -> float:
        """Return the range, moved to where ground of the picture lies at least 3 % inside of its edges."""
        return min(FARTHEST_M, max(range_m, 1.03 * self.nearest_m))
