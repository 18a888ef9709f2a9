"""Head angles against the world: azimuth clockwise from true north, elevation above the horizon."""

from __future__ import annotations

from edged.model.site import Mount


def to_world(mount: Mount, pan_deg: float, tilt_deg: float) -> tuple[float, float]:
    """Return (azimuth_deg in 0..360, elevation_deg) of a head direction."""
    return (mount.azimuth_deg + pan_deg) % 360.0, tilt_deg + mount.tilt_zero_deg


def to_head(mount: Mount, azimuth_deg: float, elevation_deg: float) -> tuple[float, float]:
    """Return (pan_deg in −180..180, tilt_deg) that point a head at an azimuth and elevation."""
    return wrap_deg(azimuth_deg - mount.azimuth_deg), elevation_deg - mount.tilt_zero_deg


def wrap_deg(angle_deg: float) -> float:
    """Return the angle in −180..180."""
    return (angle_deg + 180.0) % 360.0 - 180.0
