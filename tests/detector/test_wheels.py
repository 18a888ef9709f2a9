"""One wheel far hotter than its neighbours is said, once it has been so for some seconds; other hot things and sound lorries are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.detector.wheels import Found, hot_wheel
from edged.model.frame import Frame
from edged.model.wheel import HotWheel
from tests.detector.scenes import frames, view

Array = npt.NDArray[np.float32]
HEIGHT, WIDTH, ROW = 128, 200, 80
AXLES = (6.6, 3.0, 1.7, -4.2, -5.5, -6.8)
NOISE = 0.15


def lorry(rims_k: Sequence[float], metre_px: float = 8.0, axles: Sequence[float] = AXLES, x: float = 100.0) -> Array:
    """Return a yard at 12 °C with a lorry whose rims are so much hotter; tyres show 40 % of it. Painted eight times finer, then blurred."""
    fine = 8
    heat = np.full((HEIGHT * fine, WIDTH * fine), 12.0, np.float32)
    scale = metre_px * fine

    def disc(axle: float, radius_m: float, rise_k: float) -> None:
        centre = (round((x + axle * metre_px) * fine), ROW * fine)
        cv2.circle(heat, centre, max(1, round(radius_m * scale)), 12.0 + rise_k, -1)

    top = (round((x - 8.0 * metre_px) * fine), round(ROW * fine - 3.4 * scale))
    cv2.rectangle(heat, top, (round((x + 8.0 * metre_px) * fine), round(ROW * fine - 0.8 * scale)), 13.0, -1)
    for axle, rise in zip(axles, rims_k, strict=True):
        disc(axle, 0.5, 4.0 + 0.4 * rise)
        disc(axle, 0.25, rise)
    small = cv2.resize(heat, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.5), np.float32)


def found(heat: Array) -> Found | None:
    noise = np.random.default_rng(5).normal(0.0, 0.05, heat.shape).astype(np.float32)
    return hot_wheel(heat + noise, (10, ROW - 12, 180, 20), NOISE)


@pytest.mark.parametrize("metre_px", [3.2, 5.0, 8.0, 11.0])
def test_the_one_hot_wheel_of_a_trailer_is_found_at_every_scale(metre_px: float) -> None:
    hot = found(lorry([25, 22, 27, 24, 150, 23], metre_px))
    assert hot is not None
    assert hot.x_px == pytest.approx(100.0 - 5.5 * metre_px, abs=1.0)
    assert hot.y_px == pytest.approx(ROW, abs=1.0)
    assert hot.spacing_px == pytest.approx(1.3 * metre_px, abs=0.6)
    assert hot.wheels >= 3


def test_what_is_told_is_the_difference_to_the_middle_of_the_others() -> None:
    hot = found(lorry([25, 22, 27, 20, 90, 30], 11.0))
    assert hot is not None
    assert hot.wheel_c == pytest.approx(102.0, abs=4.0)
    assert hot.neighbours_c == pytest.approx(37.0, abs=4.0)


def test_two_axles_are_known_by_another_pair_as_far_apart() -> None:
    pair = found(lorry([25, 24, 100, 26, 25], axles=(6.6, 3.0, 1.7, -4.2, -5.5)))
    assert pair is not None
    assert pair.x_px == pytest.approx(100.0 + 1.7 * 8.0, abs=1.0)
    assert found(lorry([25, 24, 100, 25], axles=(6.6, 3.0, 1.7, -4.2))) is None


@pytest.mark.parametrize(
    ("rims_k", "axles"),
    [
        ([60, 52, 66, 58, 70, 55], AXLES),
        ([25, 22, 27, 24, 48, 23], AXLES),
        ([120, 22, 27, 24, 22, 23], AXLES),
        ([25, 120, 24], (4.0, 1.2, -2.9)),
        ([0, 0, 0, 0, 150, 0], AXLES),
    ],
    ids=["sound and hot", "under 30 K", "a front axle has no neighbour", "three that are not evenly spaced", "a point among cold wheels"],
)
def test_what_is_no_hot_wheel_is_not_told(rims_k: Sequence[float], axles: Sequence[float]) -> None:
    heat = lorry(rims_k, axles=axles)
    if rims_k[0] == 0:
        heat = np.minimum(heat, np.where(np.abs(np.arange(WIDTH) - 56) < 6, 1e3, 12.5).astype(np.float32))
    assert found(heat) is None


def test_axles_that_cannot_be_told_apart_say_nothing() -> None:
    assert found(lorry([25, 22, 27, 24, 300, 23], 1.7)) is None


def test_a_hot_part_above_the_row_is_no_wheel() -> None:
    heat = lorry([25, 22, 27, 24, 25, 23])
    silencer = np.zeros_like(heat)
    cv2.circle(silencer, (round(100 - 5.5 * 8.0), ROW - 5), 3, 120.0, -1)
    assert found(heat + cv2.GaussianBlur(silencer, (0, 0), 0.6)) is None


def test_a_hot_post_at_the_place_of_a_wheel_is_none() -> None:
    heat = lorry([25, 22, 27, 24, 25, 23])
    rows, x = np.arange(HEIGHT), round(100 - 5.5 * 8.0)
    post = np.zeros_like(heat)
    post[:, x - 1 : x + 2] = np.maximum(0.0, 100.0 - 3.0 * np.abs(rows - ROW))[:, None]
    assert found(heat + post) is None
    assert found(heat + post * (np.abs(rows - ROW) <= 2)[:, None]) is not None


def told(eye: Detector, pictures: Iterator[Frame], kind: str = "celsius") -> list[HotWheel]:
    scalar = Scalar(kind)  # type: ignore[arg-type]
    out: list[HotWheel] = []
    for frame in pictures:
        eye.judge(scalar.thermogram(frame), frame)
        out += eye.hot_wheels()
    return out


def heated(scene: Array, since_s: float) -> Array:
    return scene if since_s < 9.0 else HOT


SOUND, HOT = lorry([15, 14, 16, 14, 15, 13]), lorry([15, 14, 16, 14, 110, 13])


def test_an_eye_tells_a_hot_wheel_once_after_some_seconds_and_as_no_fire() -> None:
    eye = Detector(DetectionSettings(), "th-01", view())
    found = told(eye, frames(SOUND, 17.0, heated, fps=4.0))
    assert len(found) == 1
    assert found[0].mono_s >= 100.0 + 9.0 + 3.0
    assert found[0].kind == "radiometric"
    assert found[0].over_k > 30.0
    ifov = 24.0 / WIDTH
    assert found[0].spacing_deg == pytest.approx(1.3 * 8.0 * ifov, rel=0.06)
    assert found[0].pan_deg == pytest.approx(30.0 + (100 - 5.5 * 8.0 - WIDTH / 2) * ifov, abs=0.2)


def test_one_that_was_hot_at_the_first_look_is_told_within_a_short_stop_of_the_tour() -> None:
    eye = Detector(DetectionSettings(), "th-01", view())
    assert len(told(eye, frames(HOT, 6.0, fps=4.0))) == 1


def test_a_flash_of_a_second_or_two_is_not_told() -> None:
    eye = Detector(DetectionSettings(), "th-01", view())
    assert told(eye, frames(SOUND, 17.0, lambda scene, s: HOT if 9.0 <= s < 11.5 else scene, fps=4.0)) == []


def test_grey_levels_say_nothing() -> None:
    eye = Detector(DetectionSettings(), "th-01", view())
    assert told(eye, frames(SOUND, 17.0, heated, fps=4.0, grey=True), "white-hot") == []
