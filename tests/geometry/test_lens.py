"""Pixel → direction → pixel returns home for every projection, and agrees with OpenCV's camera models."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import lens
from edged.geometry.projection import MOST_DEG, is_one_to_one, to_pixels, to_rays
from edged.model.lens import Lens, Projection

W, H = 640, 512
pans = st.floats(-170, 170)
tilts = st.floats(-60, 40)
fields = st.floats(2, 60)
xs, ys = st.floats(0, W - 1), st.floats(0, H - 1)
small = st.floats(-0.25, 0.25)
LENSES: dict[str, tuple[Lens, float]] = {
    "pinhole": (Lens(k=(-0.21, 0.06, -0.01)), 62.0),
    "barrel": (Lens(k=(0.15, 0.02)), 50.0),
    "fisheye": (Lens("fisheye", (0.02, -0.004, 0.001, -0.0002)), 185.0),
    "cylindrical": (Lens("cylindrical"), 360.0),
    "equirectangular": (Lens("equirectangular"), 180.0),
}


def corners() -> np.ndarray:  # type: ignore[type-arg]
    x, y = np.meshgrid(np.linspace(-0.5, W - 0.5, 41), np.linspace(-0.5, H - 0.5, 33))
    return np.stack([x.ravel(), y.ravel()], axis=1)


@pytest.mark.parametrize("name", LENSES)
@given(pans, tilts, xs, ys, st.floats(-180, 180), st.floats(-5, 5), st.floats(-5, 5))
def test_pixel_comes_home(name: str, pan: float, tilt: float, x: float, y: float, roll: float, pan_off: float, tilt_off: float) -> None:
    known, hfov = LENSES[name]
    mounted = replace(known, roll_deg=roll, pan_off_deg=pan_off, tilt_off_deg=tilt_off)
    to_pan, to_tilt = lens.direction(pan, tilt, x, y, W, H, hfov, mounted)
    if abs(to_tilt) > 89.0:
        return
    back = lens.pixel(pan, tilt, to_pan, to_tilt, W, H, hfov, mounted)
    assert back is not None
    assert back == pytest.approx((x, y), abs=1e-6)


@pytest.mark.parametrize("name", LENSES)
def test_undistortion_is_exact_over_the_whole_picture(name: str) -> None:
    known, hfov = LENSES[name]
    rays = to_rays(corners(), W, H, hfov, known)
    assert np.linalg.norm(rays, axis=1) == pytest.approx(1.0, abs=1e-12)
    back = to_pixels(rays, W, H, hfov, known)
    f = lens.focal_px(W, hfov, known.projection)
    assert np.abs(back - corners()).max() / f < 1e-9


@settings(deadline=None)
@given(st.tuples(st.floats(-0.4, 0.4), small, small), fields)
def test_distorted_rays_are_those_of_opencv(k: tuple[float, float, float], hfov: float) -> None:
    known = Lens(k=k)
    f = lens.focal_px(W, hfov)
    matrix = np.array([[f, 0, (W - 1) / 2], [0, f, (H - 1) / 2], [0, 0, 1.0]])
    rays = to_rays(corners(), W, H, hfov, known)
    rays = rays[~np.isnan(rays[:, 0])]
    ours = to_pixels(rays, W, H, hfov, known)
    points = np.ascontiguousarray(np.stack([rays[:, 0], -rays[:, 2], rays[:, 1]], axis=1))
    theirs, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, np.array([k[0], k[1], 0.0, 0.0, k[2]]))
    assert np.abs(theirs.reshape(-1, 2) - ours).max(initial=0.0) < 1e-6


@settings(deadline=None)
@given(st.tuples(small, small, small, small).map(lambda k: tuple(0.2 * v for v in k)), st.floats(20, 170))
def test_fisheye_rays_are_those_of_opencv(k: tuple[float, ...], hfov: float) -> None:
    known = Lens("fisheye", k)
    f = lens.focal_px(W, hfov, "fisheye")
    matrix = np.array([[f, 0, (W - 1) / 2], [0, f, (H - 1) / 2], [0, 0, 1.0]])
    rays = to_rays(corners(), W, H, hfov, known)
    rays = rays[~np.isnan(rays[:, 0]) & (rays[:, 1] > 0.05)]
    ours = to_pixels(rays, W, H, hfov, known)
    points = np.ascontiguousarray(np.stack([rays[:, 0], -rays[:, 2], rays[:, 1]], axis=1)[:, None])
    theirs, _ = cv2.fisheye.projectPoints(points, np.zeros(3), np.zeros(3), matrix, np.array(k))
    assert np.abs(theirs.reshape(-1, 2) - ours).max(initial=0.0) < 1e-6


@given(pans, tilts, fields, st.floats(-8, 8), st.floats(-6, 6), st.floats(-20, 20), st.floats(-3, 3), st.floats(-3, 3))
def test_head_roll_and_boresight_agree_with_opencv(
    pan: float, tilt: float, hfov: float, d_pan: float, d_tilt: float, roll: float, pan_off: float, tilt_off: float
) -> None:
    to_pan, to_tilt = pan + d_pan, tilt + d_tilt
    ours = lens.pixel(pan, tilt, to_pan, to_tilt, W, H, hfov, Lens(roll_deg=roll, pan_off_deg=pan_off, tilt_off_deg=tilt_off))
    p, t = np.radians(to_pan), np.radians(to_tilt)
    world = np.array([np.cos(t) * np.sin(p), -np.sin(t), np.cos(t) * np.cos(p)])
    head = turn(x=-tilt) @ turn(y=-pan)
    seen = turn(z=-roll) @ turn(x=-tilt_off) @ turn(y=-pan_off) @ head @ world
    f = lens.focal_px(W, hfov)
    matrix = np.array([[f, 0, (W - 1) / 2], [0, f, (H - 1) / 2], [0, 0, 1.0]])
    theirs, _ = cv2.projectPoints(seen[None], np.zeros(3), np.zeros(3), matrix, None)
    assert ours == pytest.approx(tuple(theirs.ravel()), abs=1e-6)


def turn(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(cv2.Rodrigues(np.radians([x, y, z]))[0])


def test_signs() -> None:
    assert lens.direction(10, -3, 500, 100, W, H, 25) > (10, -3)
    up = lens.pixel(0, 0, 0, 5, W, H, 25, Lens(roll_deg=30.0))
    assert up is not None
    assert up[0] < 319.5
    assert up[1] < 255.5, "a picture whose up leans clockwise shows the head's up to the left of its own"
    assert lens.direction(10, -3, 319.5, 255.5, W, H, 25, Lens(pan_off_deg=0.4, tilt_off_deg=-0.2)) == pytest.approx((10.4, -3.2), abs=1e-3)


@given(fields)
def test_edges_of_a_pinhole_span_its_field(hfov: float) -> None:
    left, right = (lens.direction(0, 0, x, 255.5, W, H, hfov)[0] for x in (-0.5, 639.5))
    assert right - left == pytest.approx(hfov, abs=1e-9)


@pytest.mark.parametrize("kind", ["fisheye", "cylindrical", "equirectangular"])
def test_pixels_of_a_panorama_are_even_in_azimuth(kind: Projection) -> None:
    at = [lens.direction(0, 0, x, 255.5, W, H, 160.0, Lens(kind))[0] for x in (-0.5, 159.5, 319.5, 479.5, 639.5)]
    assert at == pytest.approx([-80, -40, 0, 40, 80], abs=1e-9)


def test_heights_in_a_panorama() -> None:
    f = W / (2 * math.pi)
    for kind, goes in (("cylindrical", lambda e: f * math.tan(e)), ("equirectangular", lambda e: f * e)):
        at = lens.pixel(0, 0, 77.0, 30.0, W, H, 360.0, Lens(kind))
        assert at == pytest.approx((319.5 + f * math.radians(77.0), 255.5 - goes(math.radians(30.0))), abs=1e-9)


def test_what_the_lens_does_not_see_is_nowhere() -> None:
    assert lens.pixel(0, 0, 180, 0, W, H, 25) is None
    assert np.isnan(to_pixels(np.array([[0.0, -1.0, 0.0]]), W, H, 185, Lens("fisheye"))).all()
    assert lens.pixel(0, 0, 0, 90, W, H, 360, Lens("cylindrical")) is None
    with pytest.raises(ValueError, match="outside the field"):
        lens.direction(0, 0, 320, -400, W, H, 360, Lens("equirectangular"))


def test_nothing_is_claimed_where_the_distortion_folds_back() -> None:
    folding = Lens(k=(-0.5,))
    most = math.sqrt(1 / 1.5)
    assert lens.pixel(0, 0, math.degrees(math.atan(most)) - 0.01, 0, W, H, 90, folding) is not None
    assert lens.pixel(0, 0, math.degrees(math.atan(most)) + 0.01, 0, W, H, 90, folding) is None
    reached = 320 * most * (1 - 0.5 * most**2)
    assert lens.direction(0, 0, 319.5 + reached - 0.01, 255.5, W, H, 90, folding)[0] < math.degrees(math.atan(most))
    with pytest.raises(ValueError, match="outside the field"):
        lens.direction(0, 0, 319.5 + reached + 0.01, 255.5, W, H, 90, folding)
    assert not is_one_to_one(folding, 90)
    assert is_one_to_one(folding, 40)
    assert is_one_to_one(Lens(k=(0.5,)), 90)


@pytest.mark.parametrize("kind", MOST_DEG)
def test_impossible_fields_and_coefficients_are_refused(kind: Projection) -> None:
    for hfov in (0.0, -1.0, MOST_DEG[kind] + 1.0):
        with pytest.raises(ValueError, match="hfov_deg"):
            lens.focal_px(W, hfov, kind)
    with pytest.raises(ValueError, match="hfov_deg"):
        lens.focal_px(W, 180.0)
    if kind in ("pinhole", "fisheye"):
        with pytest.raises(ValueError, match="at most"):
            lens.direction(0, 0, 100, 100, W, H, 60, Lens(kind, (0.01,) * 5))


@given(pans, tilts, st.floats(-0.01, 0.01))
def test_separation_is_the_angle_between(pan: float, tilt: float, step: float) -> None:
    assert lens.separation_deg(pan, tilt, pan, tilt + step) == pytest.approx(abs(step), abs=1e-12)


def test_arrays_say_the_same_as_single_pixels() -> None:
    known = Lens(k=(-0.2,), roll_deg=2.0, pan_off_deg=0.3, tilt_off_deg=-0.1)
    pixels = np.array([[0.0, 0.0], [100.0, 400.0], [639.0, 511.0]])
    rays = lens.head_rays(30, -3, pixels, W, H, 24, known)
    one_by_one = [lens.direction(30, -3, x, y, W, H, 24, known) for x, y in pixels]
    assert lens.angles(rays) == pytest.approx(np.array(one_by_one), abs=1e-12)
    assert lens.head_pixels(30, -3, rays, W, H, 24, known) == pytest.approx(pixels, abs=1e-9)
