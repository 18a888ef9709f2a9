"""A scale that ends below its last level: where its gain equalises, or its video range is limited."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from edged.detector.scaletop import CLIPPED, LOOKS, ScaleTop
from tests.detector.scenes import detector, frames, hot, play, yard

Levels = npt.NDArray[np.uint8]


def picture(highest: int, ringing: int = 0) -> Levels:
    levels = np.random.default_rng(1).integers(20, 200, (64, 80)).astype(np.uint8)
    levels[10:12, 10:14] = highest
    levels[40, :3] = max(highest, ringing)
    return levels


def after(*pictures: Levels, ignored: npt.NDArray[np.bool_] | None = None) -> float:
    top = ScaleTop()
    for levels in pictures:
        top.look(levels, ignored)
    return top.level


@pytest.mark.parametrize(("highest", "level"), [([242], 241.0), ([240, 242, 239], 238.0), ([255], CLIPPED), ([200], CLIPPED)])
def test_it_ends_where_the_brightest_of_many_pictures_lies(highest: list[int], level: float) -> None:
    many = [picture(highest[n % len(highest)]) for n in range(LOOKS)]
    assert after(*many[:-1]) == CLIPPED, "not sure yet"
    assert after(*many) == level


def test_a_brightest_that_moves_is_no_end() -> None:
    assert after(*(picture(230 + n % 8) for n in range(2 * LOOKS))) == CLIPPED


def test_what_is_brighter_shows_that_it_was_no_end_and_few_pixels_do_not() -> None:
    calm = [picture(235)] * LOOKS
    assert after(*calm, picture(235, ringing=250)) == 234.0
    assert after(*calm, picture(245)) == CLIPPED
    assert after(*calm, *[picture(245)] * LOOKS) == 244.0
    assert after(*calm, *[picture(235 - n // 8) for n in range(9 * 8)], *[picture(226)] * LOOKS) == 225.0, "a scene that cools slowly"


def test_a_drill_looks_at_a_scale_that_ends_where_its_view_s_does() -> None:
    eye, pictures = detector(), frames(hot(yard(1, 128, 160), 30.0, 60.0, 3.0, 40.0), 45.0, fps=4.0, grey=True)
    play(eye, (replace(frame, pixels=np.minimum(frame.pixels, 235).astype(np.uint8)) for frame in pictures), "white-hot")
    (scene,) = eye._scenes.values()
    assert scene._agc.top == 234.0
    twin = scene.twin(90.0, 84.0, 20.0)
    assert twin._agc.top == twin._scale_top.level == twin._ends._top == 234.0
    assert twin._scale_top.look(picture(255), None)


def test_text_is_no_end() -> None:
    text = picture(238) > 230
    assert after(*[picture(238)] * LOOKS, ignored=text) == CLIPPED


def test_it_tells_when_it_changes() -> None:
    top = ScaleTop()
    assert [top.look(picture(242), None) for _ in range(LOOKS + 2)].index(True) == LOOKS - 1
    assert not top.look(picture(242), None)
    assert top.look(picture(255), None)
