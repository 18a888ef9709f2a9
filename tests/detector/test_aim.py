"""Reference pictures: a known shift is found whatever landed in the view and whatever the hour; of another scene nothing is claimed."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edged.detector.aim import offset
from edged.detector.background import CELL, quarter_of
from edged.simulator.head import Position
from edged.simulator.scene import Scene, World
from edged.simulator.settings import SimulatedCamera, SimulatorSettings
from edged.simulator.yard import build_yard
from tests.detector.scenes import yard

Array = npt.NDArray[np.float32]
HFOV_DEG, WIDTH = 24.0, 640
CELL_DEG = CELL * HFOV_DEG / WIDTH
REACH = 2.5 / CELL_DEG
NOISE = 0.04


@pytest.fixture(scope="module")
def turns() -> list[tuple[Array, Array, float, float]]:
    """Return pairs of pictures before and after a head turned, in °C, with how far the scene went: right, down, degrees."""
    camera = SimulatedCamera.model_validate({"id": "th-01", "hfov_deg": HFOV_DEG})
    head = Scene(World(SimulatorSettings(), build_yard(7, 12.0)), camera, "thermal")
    rng = np.random.default_rng(5)
    out = []
    for pan in np.linspace(-75.0, 60.0, 10):
        tilt = float(rng.uniform(-6, -2))
        size, way = float(rng.uniform(0.05, 1.5)), float(rng.uniform(0, 2 * np.pi))
        right, up = float(size * np.cos(way)), float(size * np.sin(way))
        before = head.clean(0.0, Position(float(pan), tilt, 0.0), False).copy()
        after = head.clean(0.0, Position(float(pan) + right, tilt + up, 0.0), False).copy()
        out.append((before, after, -right * float(np.cos(np.radians(tilt))), up))
    return out


def altered(heat: Array, rng: np.random.Generator, landed: float = 0.0, night: bool = False) -> Array:
    """Return cells of a picture with `landed` of it covered by new things; `night`: warm and cold change places at half the contrast."""
    heat = heat.copy()
    covered = np.zeros(heat.shape, np.bool_)
    while covered.mean() < landed:
        w, h = int(rng.integers(40, 140)), int(rng.integers(30, 100))
        x, y = int(rng.integers(0, heat.shape[1] - w)), int(rng.integers(0, heat.shape[0] - h))
        heat[y : y + h, x : x + w] = 12.0 + rng.uniform(-5, 8) + cv2.GaussianBlur(rng.normal(0, 3, (h, w)).astype(np.float32), (0, 0), 2)
        covered[y : y + h, x : x + w] = True
    heat = (20.0 - 0.5 * (heat - 12.0)).astype(np.float32) if night else heat
    return quarter_of(heat + rng.normal(0.0, 0.13, heat.shape).astype(np.float32))


@pytest.mark.parametrize(("landed", "night", "least"), [(0.0, False, 10), (0.4, False, 7), (0.0, True, 8), (0.4, True, 4)])
def test_a_turned_head_is_measured(turns: list[tuple[Array, Array, float, float]], landed: float, night: bool, least: int) -> None:
    rng = np.random.default_rng(9)
    errors, told = [], []
    for before, after, right, down in turns:
        found = offset(altered(after, rng, landed, night), altered(before, rng), NOISE, REACH)
        if found is not None:
            errors.append(float(np.hypot(found.x * CELL_DEG - right, found.y * CELL_DEG - down)))
            told.append(found.sigma * CELL_DEG)
    assert len(errors) >= least
    assert np.median(errors) < 0.04
    assert max(errors) < 0.15
    assert np.mean(np.array(errors) < 3.0 * np.array(told)) >= 0.8, "what it says of its own error holds"


def test_nothing_is_claimed_of_another_scene(turns: list[tuple[Array, Array, float, float]]) -> None:
    rng = np.random.default_rng(6)
    for n in range(8):
        one, two = altered(turns[n][0], rng), altered(turns[(n + 3) % 10][0], rng)
        assert offset(one, two, NOISE, REACH) is None
        assert offset(quarter_of(yard(n, 512, 640)), quarter_of(yard(100 + n, 512, 640)), NOISE, REACH) is None
        assert offset(quarter_of(yard(n)), quarter_of(yard(100 + n)), NOISE, REACH) is None, "nor in a small picture"


def test_dust_on_the_window_and_the_sensors_pattern_are_no_scene(turns: list[tuple[Array, Array, float, float]]) -> None:
    rng = np.random.default_rng(7)
    fixed = rng.normal(0.0, 0.1, (512, 640)).astype(np.float32)
    for x, y in rng.integers(40, 460, (6, 2)):
        fixed[y : y + 30, x : x + 30] -= 3.0
    for n in range(8):
        one, two = turns[n][0] + fixed, turns[(n + 3) % 10][0] + fixed
        assert offset(altered(one, rng), altered(two, rng), NOISE, REACH) is None


def test_nothing_is_claimed_of_a_featureless_sea_or_another_size() -> None:
    rng = np.random.default_rng(1)
    one, two = (rng.normal(10.0, 0.03, (128, 160)).astype(np.float32) for _ in range(2))
    assert offset(one, two, NOISE, REACH) is None
    assert offset(quarter_of(yard(1)), quarter_of(yard(1, 512, 640)), NOISE, REACH) is None
    skyline = np.where(np.arange(128)[:, None] < 40, 2.0, 12.0) * np.ones((1, 160))
    here, there = (np.asarray(sky + rng.normal(0, 0.03, sky.shape), np.float32) for sky in (skyline, np.roll(skyline, 2, 0)))
    assert offset(there, here, NOISE, REACH) is None, "a skyline alone"
