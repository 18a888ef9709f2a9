"""A dead sensor under a running clock, coded as H.264, is told from a live one; a quiet one with noise reduction is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from edged.detector.frozen import LIVE_FRAME, STILL, _changes, changed
from edged.detector.health import Health
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.frame import Frame
from tests.detector.scenes import frames, yard

FREEZE_S, FPS = 3.4, 8.0


def coded(seconds: float, width: int, kbps: int, *, freeze_s: float = 1e9, until_s: float = 1e9, reduction: float = 1.0) -> Iterator[Frame]:
    """Yield the yard through an encoder. From `freeze_s` to `until_s` only the clock runs; `reduction`: share of each new picture."""
    height = width * 4 // 5
    writer, reader = av.CodecContext.create("libx264", "w"), av.CodecContext.create("h264", "r")
    assert isinstance(writer, VideoCodecContext)
    assert isinstance(reader, VideoCodecContext)
    writer.width, writer.height, writer.pix_fmt = width, height, "yuv420p"
    writer.time_base, writer.framerate = Fraction(1, int(FPS)), Fraction(int(FPS))
    writer.bit_rate, writer.gop_size, writer.max_b_frames, writer.thread_count = kbps * 1000, int(2 * FPS), 0, 1
    writer.options = {
        "preset": "ultrafast", "tune": "zerolatency", "profile": "baseline",
        "x264-params": f"scenecut=0:vbv-maxrate={kbps}:vbv-bufsize={kbps}",
    }  # fmt: skip
    still, mean = None, None
    for frame in frames(yard(2, height, width), seconds, grey=True, noise=0.3):
        since = frame.index / FPS
        live = frame.pixels.astype(np.float32)
        mean = live if mean is None else mean + np.float32(reduction) * (live - mean)
        still = mean if still is None or not freeze_s <= since < until_s else still
        picture = np.full((height * 3 // 2, width), 128, np.uint8)
        picture[:height] = np.round(still)
        cv2.rectangle(picture, (4, 4), (200, 24), 0, -1)
        cv2.putText(picture, f"2026-01-01 18:00:{int(since):02} th-01", (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255, 1)
        given = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        given.pts = frame.index
        for packet in writer.encode(given):
            for out in reader.decode(packet):
                yield replace(frame, pixels=out.to_ndarray(format="gray"), key=bool(out.key_frame))


def dead(pictures: Iterator[Frame]) -> list[float]:
    """Return when the cause `frozen` began and ended, in turn, seconds since the start."""
    health, scalar = Health(DetectionSettings()), Scalar("white-hot")
    turns: list[float] = []
    for frame in pictures:
        frozen = health.check(scalar.thermogram(frame), frame).cause == "frozen"
        if frozen != bool(len(turns) % 2):
            turns.append(frame.index / FPS)
    return turns


@pytest.mark.parametrize("width", [320, 640])
@pytest.mark.parametrize("kbps", [1000, 2000])
def test_dead_sensor_is_frozen_within_ten_seconds_and_live_again(width: int, kbps: int) -> None:
    began, ended = dead(coded(24, width, kbps, freeze_s=FREEZE_S, until_s=17.0))
    assert FREEZE_S + 4.0 <= began <= FREEZE_S + 10.0
    assert 17.0 <= ended <= 23.5


@pytest.mark.parametrize(("width", "kbps"), [(320, 160), (320, 1000), (640, 512), (640, 2000)])
@pytest.mark.parametrize("reduction", [1.0, 0.1])
def test_live_sensor_is_never_frozen(width: int, kbps: int, reduction: float) -> None:
    assert dead(coded(14, width, kbps, reduction=reduction)) == []


def test_dead_sensor_is_told_where_the_rate_control_does_not_settle() -> None:
    began = dead(coded(20, 640, 512, freeze_s=9.0))
    assert began
    assert 13.0 <= began[0] <= 19.0


def test_the_count_of_all_pixels_says_what_the_tiles_would() -> None:
    rng, other = np.random.default_rng(3), np.zeros((66, 83), np.float32)
    for n in range(400):
        share, where = rng.choice([0.0, 0.004, 0.01, 0.1, 0.13, 0.3, 0.45, 0.5, 0.52, 0.9]), rng.random(other.shape)
        where[: rng.integers(0, 40), : rng.integers(0, 83)] *= float(rng.choice([1.0, 0.0]))
        grid = (where < share).astype(np.float32)
        exact = changed(grid, other)
        assert _changes(grid, other) == (exact > LIVE_FRAME, exact > STILL), n
