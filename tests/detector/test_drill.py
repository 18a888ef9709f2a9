"""A drill is judged by a twin; the real judgement of the same pictures is not touched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edged.detector.scalar import Scalar
from edged.model.sighting import Sighting
from tests.detector.scenes import detector, first_active, frames, hot, yard


def watch(
    seed: int, picture: str, drill_at_s: float | None, fire_at_s: float | None, place: tuple[float, float] = (150.0, 140.0)
) -> list[Sighting]:
    eye, scalar, out = detector(), Scalar(picture), []  # type: ignore[arg-type]
    fire = (lambda h, t: hot(h, place[0], place[1], 2, 45) if t >= fire_at_s else h) if fire_at_s is not None else None
    for frame in frames(yard(seed), 24, fire, seed=seed, grey=picture != "celsius"):
        if drill_at_s is not None and frame.mono_s == 100.0 + drill_at_s:
            assert eye.drill("d-1", 10.0, (place[0] + 1.0, place[1]))
        out += eye.judge(scalar.thermogram(frame), frame)
    return out


@pytest.mark.parametrize("picture", ["celsius", "white-hot"])
def test_drill_alarms_and_every_sighting_is_a_test(picture: str) -> None:
    found = watch(1, picture, 10.0, None)
    assert first_active(found) <= 20.0
    assert all(s.test for s in found)
    assert max(s.mono_s for s in found) <= 120.5


@pytest.mark.parametrize("seed", range(3))
def test_real_fire_beside_a_drill_is_judged_as_without_it(seed: int) -> None:
    alone = watch(seed, "celsius", None, 11.0)
    beside = watch(seed, "celsius", 10.0, 11.0)
    assert [replace(s, crop_jpeg_b64=None) for s in beside if not s.test] == [replace(s, crop_jpeg_b64=None) for s in alone]
    assert first_active([s for s in beside if not s.test]) < 22.0
    assert any(s.test for s in beside)


def test_no_drill_before_a_picture() -> None:
    assert detector().drill("d-1", 10.0) is False


def test_drill_avoids_a_lamp_at_the_end_of_the_scale_and_alarms_by_itself() -> None:
    scene = hot(hot(yard(2), 160.0, 120.0, 6, 400), 120.0, 150.0, 5, 400)
    eye, scalar, out = detector(), Scalar("white-hot"), []
    for frame in frames(scene, 22, grey=True):
        if frame.mono_s == 110.0:
            assert eye.drill("d-1", 10.0)
        out += eye.judge(scalar.thermogram(frame), frame)
    found = [s for s in out if s.test]
    assert first_active(found) <= 20.0
    assert all(min(np.hypot(s.x_px - 160, s.y_px - 120), np.hypot(s.x_px - 120, s.y_px - 150)) > 15.0 for s in found)


def test_no_drill_by_itself_before_the_view_is_learnt() -> None:
    eye, scalar = detector(), Scalar("celsius")
    for frame in frames(yard(2), 2):
        eye.judge(scalar.thermogram(frame), frame)
    assert eye.drill("d-1", 10.0) is False
