"""The lens on its head: pixels to head angles and back.

Order: pixel → undistorted ray of the lens (`projection`) → roll → boresight → the head's axis at pan and tilt → head frame.
Head frame: unit vectors x right of pan zero, y along pan zero, z up; as angles, pan turning right positive, tilt up positive.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from edged.geometry.projection import focal_px, to_pixels, to_rays
from edged.model.lens import IDEAL, Lens

__all__ = ["IDEAL", "angles", "direction", "focal_px", "head_pixels", "head_rays", "pixel", "separation_deg", "unit"]

Array = npt.NDArray[np.float64]


def head_rays(pan_deg: float, tilt_deg: float, pixels: Array, width: int, height: int, hfov_deg: float, lens: Lens = IDEAL) -> Array:
    """Return the unit vectors of pixels in the head frame while the head's axis lies at (pan_deg, tilt_deg).

    Shapes: (N, 2) → (N, 3); NaN where the lens has no ray.
    """
    return np.asarray(to_rays(pixels, width, height, hfov_deg, lens) @ _axes(pan_deg, tilt_deg, lens).T)


def head_pixels(pan_deg: float, tilt_deg: float, rays: Array, width: int, height: int, hfov_deg: float, lens: Lens = IDEAL) -> Array:
    """Return where directions of the head frame fall, inside the picture or not. Shapes: (N, 3) → (N, 2); NaN where nowhere."""
    return to_pixels(rays @ _axes(pan_deg, tilt_deg, lens), width, height, hfov_deg, lens)


def direction(
    pan_deg: float, tilt_deg: float, x_px: float, y_px: float, width: int, height: int, hfov_deg: float, lens: Lens = IDEAL
) -> tuple[float, float]:
    """Return the head angles (pan_deg in −180..180, tilt_deg) of a pixel while the head's axis lies at (pan_deg, tilt_deg).

    Raises ValueError where the lens has no ray for it.
    """
    x, y, z = head_rays(pan_deg, tilt_deg, np.array([[x_px, y_px]]), width, height, hfov_deg, lens)[0].tolist()
    if math.isnan(x):
        raise ValueError(f"pixel ({x_px:.1f}, {y_px:.1f}) lies outside the field of this {lens.projection} lens")
    return math.degrees(math.atan2(x, y)), math.degrees(math.atan2(z, math.hypot(x, y)))


def pixel(
    pan_deg: float, tilt_deg: float, to_pan_deg: float, to_tilt_deg: float, width: int, height: int, hfov_deg: float, lens: Lens = IDEAL
) -> tuple[float, float] | None:
    """Return where a direction falls in the picture, inside it or not; None where the lens does not see it."""
    x, y = head_pixels(pan_deg, tilt_deg, unit(to_pan_deg, to_tilt_deg)[None], width, height, hfov_deg, lens)[0].tolist()
    return None if math.isnan(x) or math.isnan(y) else (x, y)


def separation_deg(pan_a_deg: float, tilt_a_deg: float, pan_b_deg: float, tilt_b_deg: float) -> float:
    """Return the angle between two directions, degrees; safe at small angles."""
    a, b = unit(pan_a_deg, tilt_a_deg), unit(pan_b_deg, tilt_b_deg)
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


def angles(rays: Array) -> Array:
    """Return (pan_deg, tilt_deg) of directions in the head frame. Shapes: (N, 3) → (N, 2)."""
    pan, tilt = np.arctan2(rays[:, 0], rays[:, 1]), np.arctan2(rays[:, 2], np.hypot(rays[:, 0], rays[:, 1]))
    return np.asarray(np.degrees(np.stack([pan, tilt], axis=1)))


def unit(pan_deg: float, tilt_deg: float) -> Array:
    """Return the unit vector, (3,), of a direction in the head frame."""
    p, t = math.radians(pan_deg), math.radians(tilt_deg)
    return np.array([math.cos(t) * math.sin(p), math.cos(t) * math.cos(p), math.sin(t)])


def _axes(pan_deg: float, tilt_deg: float, lens: Lens) -> Array:
    """Return the lens's right, ahead and up axes in the head frame, as columns."""
    plain = lens.pan_off_deg == lens.tilt_off_deg == lens.roll_deg == 0.0
    return _turned(pan_deg, tilt_deg) if plain else np.asarray(_turned(pan_deg, tilt_deg) @ _mounting(lens))


@lru_cache(maxsize=256)
def _mounting(lens: Lens) -> Array:
    """Return the lens's axes against the head's axis: roll first, then boresight."""
    c, s = math.cos(math.radians(lens.roll_deg)), math.sin(math.radians(lens.roll_deg))
    roll = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    return np.asarray(_turned(lens.pan_off_deg, lens.tilt_off_deg) @ roll)


def _turned(pan_deg: float, tilt_deg: float) -> Array:
    p, t = math.radians(pan_deg), math.radians(tilt_deg)
    cp, sp, ct, st = math.cos(p), math.sin(p), math.cos(t), math.sin(t)
    return np.array([[cp, ct * sp, -st * sp], [-sp, ct * cp, -st * cp], [0.0, st, ct]])
