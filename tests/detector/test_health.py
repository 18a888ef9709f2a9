"""Frozen, stepped, damaged, dark: blind time with its cause, and never longer than allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from edged.detector.health import HOLD_BUDGET_S
from edged.model.frame import Frame
from edged.model.view import BlindCause
from tests.detector.scenes import detector, frames, play, yard


def blind(pictures: Iterator[Frame], picture: str = "celsius") -> dict[BlindCause, float]:
    eye = detector()
    play(eye, pictures, picture)  # type: ignore[arg-type]
    return dict(eye.watched().blind_s)


def test_live_noise_is_never_blind() -> None:
    assert blind(frames(yard(), 20)) == {}


def test_dead_sensor_under_a_running_clock_is_frozen_within_ten_seconds() -> None:
    still = next(frames(yard(), 1)).pixels

    def clock() -> Iterator[Frame]:
        for number, frame in enumerate(frames(yard(), 20)):
            pixels = np.array(still)
            pixels[2:12, 4:40] = 20.0 + number % 60
            yield replace(frame, pixels=pixels)

    lost = blind(clock())
    assert lost["frozen"] >= 10.0


def test_short_skip_coded_stretch_is_not_frozen() -> None:
    def skipped() -> Iterator[Frame]:
        kept = None
        for number, frame in enumerate(frames(yard(), 30)):
            kept = frame.pixels if kept is None or number % 37 == 0 else kept
            yield replace(frame, pixels=kept)

    assert "frozen" not in blind(skipped())


def test_held_picture_of_a_replay_is_not_frozen() -> None:
    still = next(frames(yard(), 1)).pixels
    assert blind(replace(frame, pixels=still, held=True) for frame in frames(yard(), 20)) == {}


def test_flat_field_step_holds_and_the_budget_limits_it() -> None:
    lost = blind(frames(yard(), 29, lambda heat, t: heat + 4.0 * (int(t / 2) % 2)))
    assert 0.0 < lost["level_step"] <= HOLD_BUDGET_S + 0.3


def test_damaged_pictures_are_blind_time() -> None:
    lost = blind(replace(frame, damaged=8 <= frame.index < 24) for frame in frames(yard(), 10))
    assert 1.9 <= lost["damaged"] <= 2.1


def test_uniform_grey_picture_is_dark() -> None:
    flat = np.full((240, 320), 12.0, np.float32)
    assert "dark" in blind(frames(flat, 5, grey=True, noise=0.0), "white-hot")


def test_missing_pictures_count_as_no_stream() -> None:
    eye = detector()
    play(eye, frames(yard(), 2))
    lost = dict(eye.watched(112.0).blind_s)
    assert 8.0 <= lost["no_stream"] <= 10.2
