"""What growth is no motion, and what varies in its light."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edged.detector.course import drift, glow
from edged.detector.track import Sample, Track, moved_px
from edged.model.sighting import Hotspot

SPOT = Hotspot(50.0, 50.0, (48, 48, 4, 4), 8, 60.0, 20.0, 120.0, None, 40.0)


def track(samples: list[Sample]) -> Track:
    out = Track(1, samples[0].mono_s, False, False, SPOT, samples[-1].mono_s)
    out.samples.extend(samples)
    return out


def look(t: float, x: float = 50.0, area: float = 8.0, light: float = 200.0) -> Sample:
    return Sample(100.0 + t, x, 50.0, area, 60.0, 120.0, light)


def test_a_patch_that_grows_from_its_first_pixel_has_not_moved() -> None:
    grows = [look(0.0, 47.0, 1.0), look(2.0, 50.0, 49.0)]
    assert moved_px(*grows) == 0.0
    assert drift(track(grows), 4.0) == 0.0
    assert moved_px(look(0.0, 30.0), look(2.0, 50.0)) == pytest.approx(20.0)


def test_light_that_puffs_is_told_from_light_that_rises_or_only_drifts() -> None:
    times = np.arange(0.0, 4.0, 0.25)
    puffs = glow(track([look(t, light=200.0 * (1.0 + 0.25 * math.sin(2.0 * math.pi * 1.3 * t))) for t in times]))
    rises = glow(track([look(t, light=200.0 + 30.0 * t) for t in times]))
    assert puffs.spread > 0.15
    assert puffs.half > 0.1
    assert puffs.step > 0.1
    assert rises.spread < 0.01
    assert glow(track([look(t) for t in times[:5]])).spread == 0.0
