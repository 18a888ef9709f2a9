"""Beacons: found where they stand with their strength and width, missed when they are gone, not taken for what is beside them."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector.beacon import Spot, find
from tests.detector.scenes import Array, yard


def lamp(heat: Array, x: float, y: float, blur_px: float, total: float) -> Array:
    """Return the scene with a Gaussian heat of Σ = `total` K·px."""
    ys, xs = np.mgrid[: heat.shape[0], : heat.shape[1]]
    return np.asarray(heat + total / (2 * np.pi * blur_px**2) * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 2 / blur_px**2), np.float32)


def noisy(heat: Array, seed: int = 0) -> Array:
    return np.asarray(heat + np.random.default_rng(seed).normal(0, 0.13, heat.shape), np.float32)


def look(heat: Array, x: float, y: float, excess: tuple[float, float] | None = None) -> Spot | None:
    return find(heat, x, y, reach_px=27.0, size_px=8.0, noise=0.15, excess=excess)


@pytest.mark.parametrize(("blur_px", "total"), [(0.8, 40.0), (1.2, 100.0), (2.0, 400.0)])
def test_place_strength_and_width_are_right(blur_px: float, total: float) -> None:
    rng = np.random.default_rng(2)
    found = []
    for n in range(20):
        x, y = float(rng.uniform(100, 540)), float(rng.uniform(200, 450))
        spot = look(noisy(lamp(yard(n, 512, 640), x, y, blur_px, total), n), x + rng.uniform(-15, 15), y + rng.uniform(-15, 15))
        if spot is not None:
            found.append((np.hypot(spot.x_px - x, spot.y_px - y), spot.excess / total, spot.width_px / (blur_px * np.sqrt(2))))
    assert len(found) >= 19
    away, strength, width = np.array(found).T
    assert np.median(away) < 0.15
    assert away.max() < 1.2
    assert np.median(strength) == pytest.approx(1.0, abs=0.06)
    assert np.median(width) == pytest.approx(1.0, abs=0.05)


def test_a_lamp_that_is_out_is_missed() -> None:
    assert sum(look(noisy(yard(n, 512, 640), n), 320.0, 300.0) is not None for n in range(60)) <= 1


def test_blur_widens_and_keeps_the_strength() -> None:
    sharp = look(noisy(lamp(yard(4, 512, 640), 300.0, 300.0, 1.0, 300.0)), 300.0, 300.0)
    soft = look(noisy(lamp(yard(4, 512, 640), 300.0, 300.0, 2.0, 300.0)), 300.0, 300.0)
    assert sharp is not None
    assert soft is not None
    assert soft.width_px / sharp.width_px == pytest.approx(2.0, abs=0.15)
    assert soft.excess / sharp.excess == pytest.approx(1.0, abs=0.1)


def test_a_hotter_engine_beside_it_is_not_the_lamp() -> None:
    heat = lamp(lamp(yard(4, 512, 640), 300.0, 300.0, 1.2, 100.0), 318.0, 300.0, 1.2, 2000.0)
    spot = look(noisy(heat), 300.0, 300.0, (8.0, 250.0))
    assert spot is not None
    assert spot.x_px == pytest.approx(300.0, abs=1.0)


def test_a_faint_thing_nearer_to_the_place_is_not_the_lamp() -> None:
    spot = look(noisy(lamp(lamp(yard(4, 512, 640), 300.0, 300.0, 1.2, 60.0), 315.0, 300.0, 1.2, 600.0)), 300.0, 300.0)
    assert spot is not None
    assert spot.x_px == pytest.approx(315.0, abs=0.5)


def test_a_warm_block_is_no_beacon_and_an_edge_of_the_picture_no_fault() -> None:
    heat = yard(4, 512, 640)
    heat[280:320, 280:340] += 20.0
    assert look(noisy(heat), 310.0, 300.0) is None
    assert look(noisy(yard(4, 512, 640)), 638.0, 510.0) is None
