"""A track of one view → the value that leaves the eye: direction, temperature, reasons, and a crop of the picture."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector import bearing
from edged.detector.sway import Offset
from edged.detector.track import Track
from edged.model.frame import Frame, Thermogram
from edged.model.sighting import ReasonAgainst, ReasonFor, Sighting, Temperature
from edged.model.view import View

VALID_SIDE_PX = 5
"""Below this the lens's point spread, not the object, sets the reading."""
CROP_PX = 160
CROP_BYTES = 17_000
POINTING_SIGMA_DEG = 0.05


def build(
    track: Track, view: View, frame: Frame, thermogram: Thermogram, increment: float, reasons: tuple[ReasonFor, ...],
    against: tuple[ReasonAgainst, ...], offset: Offset, *, crop: bool, test: bool = False,
) -> Sighting:  # fmt: skip
    """Return the sighting of a track in this frame. Frame: head angles through the lens at the view's pose.

    `offset`: what this frame lies off that pose; it is taken out of the direction, and x_px, y_px stay where the spot is in the picture.
    """
    shape = thermogram.heat.shape
    spot = track.spot
    pan, tilt = bearing.direction(view, spot.x_px - offset.x_px, spot.y_px - offset.y_px, shape)
    ifov = bearing.ifov_deg(view, shape)
    read = 0.5 * ifov + 0.1 * ifov * track.size_px
    return Sighting(
        camera_id=view.camera_id, view_id=view.view_id, generation=view.generation, track_id=track.track_id,
        captured_at=frame.captured_at, mono_s=frame.mono_s, first_seen_mono_s=track.born_s, log_likelihood=increment,
        reasons_for=reasons, reasons_against=against, pan_deg=pan, tilt_deg=tilt,
        bearing_sigma_deg=float(np.sqrt(POINTING_SIGMA_DEG**2 + read**2 + (ifov * offset.doubt_px) ** 2)),
        x_px=spot.x_px, y_px=spot.y_px, area_px=float(spot.area_px), excess=spot.excess, excess_radiance=spot.excess_radiance,
        temperature=temperature(track, thermogram), fast_path=track.fast_path, standing=track.standing, test=test,
        crop_jpeg_b64=picture(thermogram.heat, spot.x_px, spot.y_px) if crop else None,
        irradiance_w_m2=None if spot.excess_radiance is None else spot.excess_radiance * float(np.radians(ifov)) ** 2,
        evidence=track.reported,
    )  # fmt: skip


def temperature(track: Track, thermogram: Thermogram) -> Temperature:
    """Return the apparent temperature; none is claimed from a relative picture."""
    if thermogram.kind == "relative":
        return Temperature("relative", None, None, False)
    spot = track.spot
    _, _, w, h = spot.box_px
    large = min(w, h) >= VALID_SIDE_PX and spot.area_px >= VALID_SIDE_PX**2
    return Temperature(thermogram.kind, spot.peak, spot.background, thermogram.kind == "radiometric" and large and not spot.over_range)


def picture(heat: npt.NDArray[np.float32], x_px: float, y_px: float) -> str | None:
    """Return a grey JPEG in base64 around a place, ≤ 24 kB of text, or None when it cannot be made small enough."""
    x, y, half = round(x_px), round(y_px), CROP_PX // 2
    part = heat[max(0, y - half) : y + half, max(0, x - half) : x + half]
    low, high = float(np.percentile(part[::4, ::4], 1)), float(part.max())
    grey = ((part - low) * (255.0 / max(high - low, 1e-3))).clip(0, 255).astype(np.uint8)
    for quality in (80, 50, 25):
        done, jpeg = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and jpeg.size <= CROP_BYTES:
            return base64.b64encode(jpeg.tobytes()).decode()
    return None
