"""The rendered yard: fixed in the world, agreeing with the daemon's own geometry, cheap, with sensor faults that are real ones."""

from __future__ import annotations

import time

import numpy as np
import pytest

from edged.geometry import lens
from edged.simulator.head import Position
from edged.simulator.scene import FLAT_FIELD_PAUSE_S, Blaze, Scene, World
from edged.simulator.settings import SimulatedCamera, SimulatorSettings
from edged.simulator.station import Station
from edged.simulator.yard import Yard, build_yard

HOME = Position(0.0, -4.0, 0.0)


@pytest.fixture(scope="module")
def yard() -> Yard:
    return build_yard(7, 12.0)


def make(yard: Yard, **camera: object) -> Scene:
    return Scene(World(SimulatorSettings(), yard), SimulatedCamera.model_validate({"id": "th-01", **camera}), "thermal")


def test_it_looks_like_a_night(yard: Yard) -> None:
    heat = make(yard).clean(0.0, HOME, False)
    assert heat.shape == (512, 640)
    assert heat[:20].mean() < heat[300:].mean() - 3, "the sky is colder than the ground"
    assert -25 < float(heat.min()) < float(heat.max()) < 80
    grey = make(yard).grey(0.0, HOME, False)
    assert 90 < grey[300:].mean() < 230
    assert (grey >= 250).mean() < 0.02


def test_noise_differs_and_the_yard_does_not(yard: Yard) -> None:
    scene = make(yard)
    first, second = (scene.grey(t, HOME, False)[300:, :].astype(int) for t in (0.0, 0.125))
    assert (first != second).mean() > 0.05
    assert abs((first - second).mean()) < 1.0
    assert np.array_equal(make(yard).clean(3.0, HOME, False), make(yard).clean(3.0, HOME, False))


@pytest.mark.parametrize(("pan", "tilt", "zoom"), [(0.0, -4.0, 0.0), (3.0, -5.0, 0.0), (-2.0, -3.0, 0.5), (1.0, -4.0, 1.0)])
def test_fire_lies_where_the_daemons_geometry_says(yard: Yard, pan: float, tilt: float, zoom: float) -> None:
    scene = make(yard, azimuth_deg=33.0)
    point = scene.surface(1.0, -4.2)
    assert point is not None
    scene.world.fires.append(Blaze(point, 0.0, "fast", 5000.0, "th-01"))
    where = Position(pan, tilt, zoom)
    quiet = make(yard, azimuth_deg=33.0).clean(10.0, where, False)
    y, x = np.unravel_index(int((scene.clean(10.0, where, False) - quiet).argmax()), quiet.shape)
    hfov = 2 * np.degrees(np.arctan(320 / scene.eyepoint(where).focal_px))
    expected = lens.pixel(pan, tilt, 1.0, -4.2, 640, 512, float(hfov))
    assert expected is not None
    assert abs(x - expected[0]) < 2.0
    assert -3.0 - 2.0 / (1.1 - zoom) < y - expected[1] < 2.5, "flames stand above their base"


def test_fire_behind_a_stack_is_not_seen(yard: Yard) -> None:
    near = make(yard)
    box = next(
        n
        for n in range(len(yard.boxes))
        if 150 < yard.boxes.low[n, 1] < 400 and yard.boxes.high[n, 2] > 9 and abs(yard.boxes.low[n, 0]) < 300
    )
    low, high = yard.boxes.low[box], yard.boxes.high[box]
    behind = np.array([(low[0] + high[0]) / 2, high[1] + 1.5, 0.2])
    assert not yard.sees(np.array([behind[0], low[1] - 60.0, 5.0]), behind)
    assert yard.sees(np.array([behind[0], behind[1], 80.0]), behind)
    assert near.surface(0.0, 20.0) is None, "the sky does not burn"


def test_flat_field_pause_repeats_the_picture(yard: Yard) -> None:
    scene = make(yard)
    before = scene.grey(179.9, HOME, False)
    assert np.array_equal(scene.grey(180.1, HOME, False), before)
    assert not np.array_equal(scene.grey(180.0 + FLAT_FIELD_PAUSE_S + 0.1, HOME, False), before)


def test_centikelvin_holds_temperatures(yard: Yard) -> None:
    scene = make(yard)
    celsius = scene.centikelvin(0.0, HOME, False) / 100.0 - 273.15
    assert np.abs(celsius - scene.clean(0.0, HOME, False)).max() < 0.5


def test_a_picture_costs_little(yard: Yard) -> None:
    scene = make(yard)
    scene.grey(0.0, HOME, False)
    costs = []
    for n in range(40):
        begun = time.thread_time()
        scene.grey(n / 8, HOME, False)
        costs.append(time.thread_time() - begun)
    assert float(np.median(costs)) < 0.008, f"median {np.median(costs) * 1e3:.1f} ms of CPU"


def test_nothing_drives_in_a_yard_without_traffic() -> None:
    assert Station(SimulatorSettings()).camera("th-01").world.yard.movers
    assert Station(SimulatorSettings(traffic=False)).camera("th-01").world.yard.movers == ()
