"""A box that is set down is there at once as it stays; what burns is hotter within seconds."""

from __future__ import annotations

import numpy as np

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
