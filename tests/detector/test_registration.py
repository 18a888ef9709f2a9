"""Shift of the picture: measured, refused where nothing can be said, and taken out of the judgement."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector.background import cells
from edged.detector.registration import measure, moved
from tests.detector.scenes import detector, first_active, frames, hot, noise_bank, play, sums, yard


@pytest.mark.parametrize(("x", "y"), [(6.0, 0.0), (-9.0, 4.0), (10.0, -8.0)])
def test_shift_is_measured(x: float, y: float) -> None:
    scene = yard(height=512, width=640)
    reference, _ = cells(scene)
    picture, _ = cells(moved(scene, x, y) + noise_bank(5, scene.shape, 0.13)[0])
    shift = measure(picture, reference, 4, 0.15)
    assert shift.known
    assert shift.x_px == pytest.approx(x, abs=1.0)
    assert shift.y_px == pytest.approx(y, abs=1.0)


def test_nothing_is_claimed_of_a_featureless_sea() -> None:
    one, two = noise_bank(1, (128, 160), 0.1)[:2]
    assert not measure(one, two, 4, 0.15).known
    assert not measure(one, two, 4, 0.15).other


def test_another_scene_is_another_scene() -> None:
    assert measure(cells(yard(1))[0], cells(np.ascontiguousarray(yard(2)[::-1]))[0], 4, 0.15).other


def test_swaying_mast_makes_no_alarm_and_hides_no_fire() -> None:
    def sway(heat: np.ndarray, t: float) -> np.ndarray:  # type: ignore[type-arg]
        return moved(heat, 4.0 * float(np.sin(t * 0.8)), 2.0 * float(np.sin(t * 0.5)))

    scene = yard()
    calm = detector()
    quiet = play(calm, frames(scene, 40, sway))
    assert max((most for most, _ in sums(quiet).values()), default=0.0) < 4.6
    burning = play(detector(), frames(scene, 40, lambda heat, t: sway(hot(heat, 150, 140, 2, 45) if t >= 12 else heat, t)))
    assert first_active(burning) <= 12 + 15


def test_turning_head_is_blind_time() -> None:
    eye = detector()
    play(eye, frames(yard(), 30, lambda heat, t: moved(heat, -12.0 * max(0.0, t - 8), 0.0) if t < 14 else moved(heat, -72.0, 0.0)))
    assert dict(eye.watched().blind_s).get("moving", 0.0) >= 4.0
