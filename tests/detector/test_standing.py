"""What stands is learnt; what rises is not, else it would be known at each new level."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector import standing
from edged.detector.background import Background, cells
from edged.detector.settings import DetectionSettings
from edged.detector.standing import Look
from edged.detector.tracks import Tracks
from edged.model.sighting import Hotspot
from tests.detector.scenes import hot, yard


@pytest.mark.parametrize(("k_per_s", "px_per_s", "learnt"), [(0.0, 0.0, True), (0.05, 0.0, False), (0.0, 0.08, False)])
def test_what_stood_for_long_is_learnt_unless_it_rises_or_creeps(k_per_s: float, px_per_s: float, learnt: bool) -> None:
    """What creeps is a lorry that comes nearer: learnt where it is, it would show again, new, where it has crept to."""
    scene, tracks, rng = yard(height=128, width=160), Tracks(), np.random.default_rng(1)
    background = Background(scene, 5.0)
    for n in range(4 * 60):
        rise = 30.0 + k_per_s * n / 4.0 + float(rng.normal(0.0, 0.05))
        warm = hot(scene, 60.0, 80.0, 2.0, rise)
        spot = Hotspot(60.0, 80.0 + px_per_s * (n - 240) / 4.0, (57, 77, 7, 7), 13, 12.0 + rise, 12.0, 13.0 * rise, None, 50.0)
        tracks.link([spot], warm, 100.0 + n / 4.0, (0.0, 0.0), lambda _: True, 20)
    (track,) = tracks.live
    quarter, peak = cells(warm)
    standing.absorb(tracks.live, Look(quarter, peak, None, (0.0, 0.0), 160.0, 5.0), background, DetectionSettings())
    assert track.standing is learnt
    assert bool(background.peak[20, 15] > 35.0) is learnt
