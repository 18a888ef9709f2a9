"""How the pixels of one lens lie as directions, apart from its field of view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Projection = Literal["pinhole", "cylindrical", "equirectangular", "fisheye"]


@dataclass(frozen=True, slots=True)
class Lens:
    """One lens at one zoom. The default is an ideal pinhole along the head's axis.

    `k`: radial distortion, Brown's k1, k2, k3 for `pinhole` and OpenCV's fisheye k1…k4 for `fisheye`; none for the others.
    Units: degrees. `roll_deg`: clockwise turn of the picture's up against the head's; `pan_off_deg`, `tilt_off_deg`: boresight, the optical
    axis right of and above the head's axis.
    """

    projection: Projection = "pinhole"
    k: tuple[float, ...] = ()
    roll_deg: float = 0.0
    pan_off_deg: float = 0.0
    tilt_off_deg: float = 0.0


IDEAL = Lens()
