"""The lens: pixels to directions and back.

Frame: pixel (0, 0) is the centre of the upper-left pixel, x right, y down. Head angles: pan turning right positive, tilt up positive.
The model is a pinhole; distortion comes with calibration.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rotation = npt.NDArray[np.float64]


def focal_px(width: int, hfov_deg: float) -> float:
    """Return the focal length in pixels. Raises ValueError unless 0 < hfov_deg < 180."""
    if not 0.0 < hfov_deg < 180.0:
        raise ValueError(f"hfov_deg must lie between 0 and 180, got {hfov_deg}")
    return width / 2.0 / float(np.tan(np.radians(hfov_deg) / 2.0))


def pixel_to_angles(x_px: float, y_px: float, width: int, height: int, hfov_deg: float) -> tuple[float, float]:
    """Return the angles of a pixel off the optical axis: (right, up), degrees."""
    f = focal_px(width, hfov_deg)
    right = (x_px - (width - 1) / 2.0) / f
    up = -(y_px - (height - 1) / 2.0) / f
    return float(np.degrees(np.arctan(right))), float(np.degrees(np.arctan2(up, np.hypot(1.0, right))))


def direction(
    pan_deg: float, tilt_deg: float, x_px: float, y_px: float, width: int, height: int, hfov_deg: float, roll_deg: float = 0.0
) -> tuple[float, float]:
    """Return the head angles (pan_deg in −180..180, tilt_deg) of a pixel while the optical axis lies at (pan_deg, tilt_deg)."""
    f = focal_px(width, hfov_deg)
    right, up = x_px - (width - 1) / 2.0, -(y_px - (height - 1) / 2.0)
    right, up = _roll(right, up, roll_deg)
    x, y, z = _axes(pan_deg, tilt_deg) @ np.array([right, f, up])
    return float(np.degrees(np.arctan2(x, y))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


def pixel(
    pan_deg: float, tilt_deg: float, to_pan_deg: float, to_tilt_deg: float, width: int, height: int, hfov_deg: float, roll_deg: float = 0.0
) -> tuple[float, float] | None:
    """Return where a direction falls in the picture, inside it or not; None when it lies behind the lens."""
    p, t = np.radians(to_pan_deg), np.radians(to_tilt_deg)
    right, ahead, up = _axes(pan_deg, tilt_deg).T @ np.array([np.cos(t) * np.sin(p), np.cos(t) * np.cos(p), np.sin(t)])
    if ahead <= 1e-6:
        return None
    f = focal_px(width, hfov_deg)
    x, y = _roll(f * right / ahead, f * up / ahead, -roll_deg)
    return float(x + (width - 1) / 2.0), float((height - 1) / 2.0 - y)


def separation_deg(pan_a_deg: float, tilt_a_deg: float, pan_b_deg: float, tilt_b_deg: float) -> float:
    """Return the angle between two directions, degrees; safe at small angles."""
    a, b = _unit(pan_a_deg, tilt_a_deg), _unit(pan_b_deg, tilt_b_deg)
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


def _unit(pan_deg: float, tilt_deg: float) -> Rotation:
    p, t = np.radians(pan_deg), np.radians(tilt_deg)
    return np.array([np.cos(t) * np.sin(p), np.cos(t) * np.cos(p), np.sin(t)])


def _axes(pan_deg: float, tilt_deg: float) -> Rotation:
    """Columns: the lens's right, forward and up axes in the head's frame (x right of pan zero, y along pan zero, z up)."""
    p, t = np.radians(pan_deg), np.radians(tilt_deg)
    right = [np.cos(p), -np.sin(p), 0.0]
    ahead = [np.cos(t) * np.sin(p), np.cos(t) * np.cos(p), np.sin(t)]
    up = [-np.sin(t) * np.sin(p), -np.sin(t) * np.cos(p), np.cos(t)]
    return np.array([right, ahead, up]).T


def _roll(right: float, up: float, roll_deg: float) -> tuple[float, float]:
    if not roll_deg:
        return right, up
    c, s = float(np.cos(np.radians(roll_deg))), float(np.sin(np.radians(roll_deg)))
    return c * right + s * up, -s * right + c * up
