"""A box that is set down is there at once as it stays; what burns is hotter within seconds."""

from __future__ import annotations

import numpy as np

from edged.detector import body
from edged.detector.ends import EndPlace
from edged.detector.track import Sample, Track
from edged.model.sighting import Hotspot
from tests.detector.scenes import Array, detector, first_active, frames, play, yard

SCENE = yard(height=128, width=160)
SIDE = 8


def square(rise_k: float, gains_k_per_s: float) -> float:
    """Return when an even square of 64 px that shows up after 8 s is active."""

    def change(heat: Array, t: float) -> Array:
        if t < 8.0:
            return heat
        changed = heat.copy()
        changed[76 : 76 + SIDE, 86 : 86 + SIDE] = np.float32(12.0 + rise_k + gains_k_per_s * (t - 8.0))
        return changed

    return first_active(play(detector(), frames(SCENE, 22.0, change, fps=4.0)))


def test_a_small_even_box_that_stays_as_it_came_is_held_and_one_that_grows_hotter_is_not() -> None:
    assert square(30.0, 0.0) == float("inf")
    assert square(30.0, 4.0) < 22.0


def test_at_the_end_of_a_grey_scale_a_box_and_embers_look_alike() -> None:
    def boxed(peak: float) -> Track:
        spot = Hotspot(90.0, 80.0, (85, 75, 10, 10), 100, peak, 100.0, 100.0 * (peak - 105.0), None, 9.0)
        track = Track(1, 100.0, False, False, spot, 101.0)
        track.birth_rise, track.birth_px = peak - 100.0, 100
        track.recent.append(Sample(101.0, 90.0, 80.0, 100.0, peak, spot.excess, spot.excess))
        body.look(track, np.zeros((32, 40), np.bool_), [], 254.0)
        return track

    even, ended = boxed(220.0), boxed(255.0)
    assert even.landed
    assert not ended.landed
    body.again(even, 254.0)
    assert even.landed, "as warm as it came"
    body.again(ended)
    assert ended.landed, "where no scale ends"
    body.again(ended, 254.0)
    assert not ended.landed
    even.end = EndPlace(1, (80, 70, 100, 90), 60.0, 60.0, 254.0, 101.0)
    body.again(even, 254.0)
    assert not even.landed, "what has been at the end of the scale"
