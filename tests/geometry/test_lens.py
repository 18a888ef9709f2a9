"""Pixel → direction → pixel returns home, and agrees with OpenCV's pinhole."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import lens

angles = st.floats(-170, 170)
tilts = st.floats(-60, 40)
fields = st.floats(2, 60)


@given(angles, tilts, st.floats(0, 639), st.floats(0, 511), fields, st.floats(-5, 5))
def test_pixel_comes_home(pan: float, tilt: float, x: float, y: float, hfov: float, roll: float) -> None:
    to_pan, to_tilt = lens.direction(pan, tilt, x, y, 640, 512, hfov, roll)
    back = lens.pixel(pan, tilt, to_pan, to_tilt, 640, 512, hfov, roll)
    assert back is not None
    assert back == pytest.approx((x, y), abs=1e-6)


@given(fields)
def test_edges_of_the_picture_span_the_field(hfov: float) -> None:
    left, _ = lens.pixel_to_angles(-0.5, 255.5, 640, 512, hfov)
    right, _ = lens.pixel_to_angles(639.5, 255.5, 640, 512, hfov)
    assert right - left == pytest.approx(hfov, abs=1e-9)


def test_right_is_right_and_up_is_up() -> None:
    pan, tilt = lens.direction(10, -3, 500, 100, 640, 512, 25)
    assert pan > 10
    assert tilt > -3


@given(angles, tilts, fields, st.floats(-8, 8), st.floats(-6, 6))
def test_agrees_with_opencv(pan: float, tilt: float, hfov: float, d_pan: float, d_tilt: float) -> None:
    to_pan, to_tilt = pan + d_pan, tilt + d_tilt
    ours = lens.pixel(pan, tilt, to_pan, to_tilt, 640, 512, hfov)
    p, t = np.radians(to_pan), np.radians(to_tilt)
    world = np.array([[np.cos(t) * np.sin(p), -np.sin(t), np.cos(t) * np.cos(p)]])
    yaw, _ = cv2.Rodrigues(np.array([0.0, -np.radians(pan), 0.0]))
    pitch, _ = cv2.Rodrigues(np.array([-np.radians(tilt), 0.0, 0.0]))
    seen = (pitch @ yaw @ world.T).T
    f = lens.focal_px(640, hfov)
    matrix = np.array([[f, 0, 319.5], [0, f, 255.5], [0, 0, 1.0]])
    theirs, _ = cv2.projectPoints(seen, np.zeros(3), np.zeros(3), matrix, None)
    assert ours == pytest.approx(tuple(theirs.ravel()), abs=1e-4)


def test_behind_the_lens_is_nowhere() -> None:
    assert lens.pixel(0, 0, 180, 0, 640, 512, 25) is None


@pytest.mark.parametrize("hfov", [0.0, -1.0, 180.0])
def test_impossible_field_is_refused(hfov: float) -> None:
    with pytest.raises(ValueError, match="hfov_deg"):
        lens.focal_px(640, hfov)
