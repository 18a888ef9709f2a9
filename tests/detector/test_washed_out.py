"""A scene that sinks into its noise under something very hot is no other scene; what varies while a gain hunts may be the gain."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from edged.detector import evidence
from edged.detector.gaincontrol import GainControl
from edged.detector.gaincurve import LEVELS, Curve
from edged.detector.registration import measure
from edged.detector.settings import DetectionSettings
from edged.detector.track import Sample, Track
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot

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


def test_a_curve_bends_while_its_gain_or_its_level_is_on_its_way() -> None:
    curve = Curve(LEVELS.astype(np.float32), LEVELS.astype(np.float32))
    assert GainControl(curve=curve, shift=8.0).bending
    assert GainControl(curve=curve, gain=0.8).bending
    assert not GainControl(curve=curve, shift=8.0, lately_shift=7.0).bending
    assert not GainControl(gain=0.8, shift=8.0).bending


@pytest.mark.parametrize("bending", [False, True])
def test_an_area_that_varies_while_a_curve_bends_is_no_flame(bending: bool) -> None:
    areas = np.random.default_rng(2).uniform(20.0, 60.0, 40)
    spot = Hotspot(30.0, 24.0, (26, 20, 8, 8), 40, 200.0, 80.0, 3000.0, None, 20.0)
    samples = [Sample(100.0 + 0.2 * n, 30.0, 24.0, float(area), 200.0, 60.0 * area, 60.0 * area) for n, area in enumerate(areas)]
    track = Track(1, 100.0, True, False, spot, samples[-1].mono_s)
    track.samples = track.recent = deque(samples, maxlen=400)
    track.seen = track.looks = len(samples)
    picture = Thermogram.grey(np.full((48, 64), 80, np.uint8), 6.0)
    evidence.weigh(track, picture, evidence.Context(True, 24.0, 2.0, bending=bending), DetectionSettings(), track.last_s, 0.2)
    assert ("flickering" in track.held_for) != bending
