"""Head angles against the world: azimuth clockwise from true north, elevation above the horizon.

The mast's lean turns the whole head about the horizontal line across `lean_azimuth_deg`; angles come back folded: elevation in −90..90.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edged.model.site import Mount

Array = npt.NDArray[np.float64]


def to_world(mount: Mount, pan_deg: float, tilt_deg: float) -> tuple[float, float]:
    """Return (azimuth_deg in 0..360, elevation_deg) of a head direction."""
    azimuth, elevation = mount.azimuth_deg + pan_deg, tilt_deg + mount.tilt_zero_deg
    if mount.lean_deg:
        azimuth, elevation = (float(v) for v in _leaned(azimuth, elevation, mount.lean_deg, mount.lean_azimuth_deg))
    return azimuth % 360.0, elevation


def to_head(mount: Mount, azimuth_deg: float, elevation_deg: float) -> tuple[float, float]:
    """Return (pan_deg in −180..180, tilt_deg) that point a head at an azimuth and elevation."""
    if mount.lean_deg:
        azimuth_deg, elevation_deg = (float(v) for v in _leaned(azimuth_deg, elevation_deg, -mount.lean_deg, mount.lean_azimuth_deg))
    return wrap_deg(azimuth_deg - mount.azimuth_deg), elevation_deg - mount.tilt_zero_deg


def all_to_world(mount: Mount, angles_deg: Array) -> Array:
    """Return azimuths and elevations of head directions. Shapes: (N, 2) pan, tilt → (N, 2)."""
    azimuth, elevation = mount.azimuth_deg + angles_deg[:, 0], angles_deg[:, 1] + mount.tilt_zero_deg
    if mount.lean_deg:
        azimuth, elevation = _leaned(azimuth, elevation, mount.lean_deg, mount.lean_azimuth_deg)
    return np.stack([azimuth % 360.0, elevation], axis=1)


def all_to_head(mount: Mount, angles_deg: Array) -> Array:
    """Return pans and tilts that point a head at azimuths and elevations. Shapes: (N, 2) azimuth, elevation → (N, 2)."""
    azimuth, elevation = angles_deg[:, 0], angles_deg[:, 1]
    if mount.lean_deg:
        azimuth, elevation = _leaned(azimuth, elevation, -mount.lean_deg, mount.lean_azimuth_deg)
    return np.stack([180.0 - (180.0 - azimuth + mount.azimuth_deg) % 360.0, elevation - mount.tilt_zero_deg], axis=1)


def wrap_deg(angle_deg: float) -> float:
    """Return the angle in (−180, 180]."""
    return 180.0 - (180.0 - angle_deg) % 360.0


def _leaned(azimuth_deg: Array | float, elevation_deg: Array | float, lean_deg: float, towards_deg: float) -> tuple[Array, Array]:
    """Turn directions so that what points up points `lean_deg` towards an azimuth."""
    a, e, lean = np.radians(np.subtract(azimuth_deg, towards_deg)), np.radians(elevation_deg), np.radians(lean_deg)
    along, across, up = np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)
    along, up = np.cos(lean) * along + np.sin(lean) * up, np.cos(lean) * up - np.sin(lean) * along
    azimuth = np.degrees(np.arctan2(across, along)) + towards_deg
    return azimuth, np.degrees(np.arctan2(up, np.hypot(along, across)))
