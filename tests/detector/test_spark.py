"""A spark beside a flame does not take the flame's name."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector.tracks import Tracks
from edged.model.sighting import Hotspot

HEAT = np.zeros((256, 320), np.float32)


def spot(x: int, y: int, side: int) -> Hotspot:
    HEAT[y : y + side, x : x + side] = 255.0
    return Hotspot(x + side / 2, y + side / 2, (x, y, side, side), side * side, 255.0, 60.0, 195.0 * side * side, None, 30.0)


def test_a_spark_does_not_become_the_flame_while_the_flame_is_hidden() -> None:
    """As seen in a real fire clip: 900 px of flame gone for a moment, and 14 px of spark 40 px away."""
    tracks = Tracks()
    flame = spot(190, 85, 30)
    for step in range(12):
        (track,) = tracks.link([flame], HEAT, step * 0.2, (0.0, 0.0), lambda _: False, 20)
    tracks.link([spot(236, 98, 4)], HEAT, 2.6, (0.0, 0.0), lambda _: False, 20)
    assert track.spot is flame
    assert track in tracks.link([flame], HEAT, 2.8, (0.0, 0.0), lambda _: False, 20)


@pytest.mark.parametrize(("side", "takes"), [(3, False), (8, True)], ids=["something on it", "a torn part"])
def test_what_is_left_within_the_outline_of_a_roof_that_was_learnt_is_not_the_roof(side: int, takes: bool) -> None:
    """A fire at the edge of a roof that a pumping gain let out of its limit took the roof's name as the roof went, and had driven there."""
    tracks = Tracks()
    roof = spot(60, 100, 40)
    for step in range(12):
        (track,) = tracks.link([roof], HEAT, step * 0.2, (0.0, 0.0), lambda _: True, 20)
    (left,) = tracks.link([spot(80, 102, side)], HEAT, 2.4, (0.0, 0.0), lambda _: False, 20)
    assert (left is track) is takes
