"""Patches in pixels: shares add up, light mixes by Planck, what is near hides what is far, flames let through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edged.geometry.radiance import peak_rise_k, radiance
from edged.simulator.generator.background import flat
from edged.simulator.generator.paint import cover, paint, to_celsius, to_radiance
from edged.simulator.generator.patch import Patch, Shape

BOX = Patch(20.3, 14.8, 3.0, 5.0, 400.0, 500.0)


@pytest.mark.parametrize(("shape", "area"), [("box", 15.0), ("disc", np.pi / 4 * 15.0)])
def test_the_shares_of_the_pixels_add_up_to_the_area(shape: Shape, area: float) -> None:
    shares = cover(replace(BOX, shape=shape), (0, 0, 41, 31))
    assert shares.sum() == pytest.approx(area, rel=1e-4)
    assert 0.9 < shares.max() <= 1.0 + 1e-9
    ys, xs = np.mgrid[0:31, 0:41]
    assert (shares * xs).sum() / area == pytest.approx(20.3, abs=1e-3)
    assert (shares * ys).sum() / area == pytest.approx(14.8, abs=1e-3)


def test_a_target_far_below_a_pixel_keeps_its_area() -> None:
    assert cover(replace(BOX, width_px=0.03, height_px=0.02, shape="disc"), (0, 0, 41, 31)).sum() == pytest.approx(
        np.pi / 4 * 6e-4, rel=1e-3
    )


@pytest.mark.parametrize("range_m", [300.0, 1000.0, 3000.0])
def test_the_best_pixel_rises_as_the_tables_of_the_facts_say(range_m: float) -> None:
    picture = flat(20.0, 41, 41).celsius
    side = 0.3 / (range_m * 0.24e-3)
    paint(picture, [Patch(20.0, 20.0, side, side, 450.0, range_m, 1.0, None)], 20.0, 0.6)
    assert picture.max() - 20.0 == pytest.approx(float(peak_rise_k(450.0, 0.3, 0.3, 1.0, range_m, 0.24, 0.6, 20.0)), abs=0.05)


def test_near_patches_hide_far_ones_in_whatever_order_they_come() -> None:
    far, near = Patch(10, 10, 8, 8, 300.0, 900.0), Patch(10, 10, 14, 14, 30.0, 200.0, 1.0)
    for order in ([far, near], [near, far]):
        picture = flat(20.0, 21, 21).celsius
        paint(picture, order, 20.0, 0.0)
        assert picture[10, 10] == pytest.approx(30.0, abs=0.05)


def test_behind_a_flame_shines_through_and_an_opaque_patch_mirrors() -> None:
    flame, plate = flat(200.0, 21, 21).celsius, flat(20.0, 21, 21).celsius
    paint(flame, [Patch(10, 10, 12, 12, 800.0, 100.0, 0.25, None)], 20.0, 0.0)
    assert to_radiance(flame[10, 10]) == pytest.approx(0.25 * radiance(800.0) + 0.75 * radiance(200.0), rel=1e-4)
    paint(plate, [Patch(10, 10, 12, 12, 60.0, 100.0, 0.6, -40.0)], 20.0, 0.0)
    assert to_radiance(plate[10, 10]) == pytest.approx(0.6 * radiance(60.0) + 0.4 * radiance(-40.0), rel=1e-4)


def test_a_patch_of_no_depth_changes_nothing_and_one_like_the_air_neither() -> None:
    picture = flat(20.0, 41, 31).celsius
    paint(picture, [replace(BOX, emissivity=0.0, reflected_c=None), replace(BOX, temp_c=20.0, emissivity=1.0)], 20.0, 0.8)
    assert np.abs(picture - 20.0).max() < 0.01


def test_what_lies_outside_leaves_the_picture_and_what_is_cut_paints_the_same_pixels() -> None:
    whole, part = flat(20.0, 41, 31).celsius, flat(20.0, 20, 31).celsius
    paint(whole, [BOX, replace(BOX, x_px=-50.0), replace(BOX, y_px=500.0)], 20.0, 0.2)
    paint(part, [BOX], 20.0, 0.2)
    assert np.array_equal(whole[:, :20], part)
    moved = flat(20.0, 41, 31).celsius
    paint(moved, [replace(BOX, x_px=18.3, y_px=16.8)], 20.0, 0.2, shift_px=(2.0, -2.0))
    assert np.abs(moved - whole).max() < 1e-3


def test_the_tables_are_planck() -> None:
    temps = np.linspace(-30.0, 1500.0, 4001)
    assert np.abs(to_celsius(radiance(temps)) - temps).max() < 0.01
    assert np.abs(to_radiance(temps) / radiance(temps) - 1.0).max() < 1e-4
