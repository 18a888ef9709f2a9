"""A scene that sinks into its noise under something very hot is no other scene."""

from __future__ import annotations

import numpy as np

from edged.detector.gaincontrol import GainControl
from edged.detector.registration import measure

RNG = np.random.default_rng(5)
SCENE = (RNG.normal(100.0, 8.0, (48, 64))).astype(np.float32)


def test_a_washed_out_picture_is_no_other_scene_and_an_unlike_one_is() -> None:
    washed = (22.0 + RNG.normal(0.0, 0.1, SCENE.shape)).astype(np.float32)
    washed[20:23, 30:33] = 255.0
    assert not measure(washed, SCENE, 4, 1.5).other
    unlike = (RNG.normal(100.0, 8.0, SCENE.shape)).astype(np.float32)
    assert measure(unlike, SCENE, 4, 1.5).other


def test_a_gain_on_its_way_hunts_and_one_that_stands_does_not() -> None:
    assert GainControl(gain=0.8, lately=1.0).hunting
    assert not GainControl(gain=0.8, lately=0.79).hunting
