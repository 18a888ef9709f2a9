"""Pixels of a view as head angles and back, through the view's lens."""

from __future__ import annotations

from dataclasses import replace

from edged.geometry import lens
from edged.model.view import View


def direction(view: View, x_px: float, y_px: float, shape: tuple[int, ...]) -> tuple[float, float]:
    """Return (pan_deg, tilt_deg) of a pixel of a picture of this shape, (H, W).

    Where the lens has no ray the distortion is left out: a fire in a corner is told with a poor bearing and not kept back.
    """
    height, width = shape[:2]
    try:
        return lens.direction(view.pan_deg, view.tilt_deg, x_px, y_px, width, height, view.hfov_deg, view.lens)
    except ValueError:
        plain = replace(view.lens, projection="cylindrical", k=())
        return lens.direction(view.pan_deg, view.tilt_deg, x_px, y_px, width, height, view.hfov_deg, plain)


def pixel(view: View, pan_deg: float, tilt_deg: float, shape: tuple[int, ...]) -> tuple[float, float] | None:
    """Return where a direction falls in a picture of this shape, (H, W), inside it or not; None where the lens does not see it."""
    height, width = shape[:2]
    return lens.pixel(view.pan_deg, view.tilt_deg, pan_deg, tilt_deg, width, height, view.hfov_deg, view.lens)


def ifov_deg(view: View, shape: tuple[int, ...]) -> float:
    """Return the field of one pixel, the mean over the picture."""
    return view.hfov_deg / shape[1]
