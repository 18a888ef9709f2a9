"""What drives past a source makes it vary, and is no flame."""

from __future__ import annotations

import pytest

from edged.detector import driveby
from edged.detector.flicker import look
from edged.detector.scalar import Scalar
from edged.detector.strength import Context
from edged.detector.track import Track
from edged.model.frame import Frame
from edged.model.sighting import Hotspot
from tests.detector.scenes import Array, detector, frames, hot, yard
from tests.detector.test_flicker import GREY, NOW_S, STANDS, flame


def spot(x: float, excess: float = 500.0) -> Hotspot:
    return Hotspot(x, 40.0, (round(x) - 4, 38, 8, 4), 20, 80.0, 20.0, excess, None, 40.0)


@pytest.mark.parametrize(
    ("x", "excess", "drifted_s", "sizes", "passes"),
    [
        (50.0, 500.0, NOW_S, 4.0, True),
        (60.0, 500.0, NOW_S, 4.0, False),
        (50.0, 50.0, NOW_S, 4.0, False),
        (50.0, 500.0, NOW_S - 3.0, 4.0, False),
        (50.0, 500.0, NOW_S, 1.0, False),
    ],
)
def test_what_drives_by_is_near_strong_and_moves_now(x: float, excess: float, drifted_s: float, sizes: float, passes: bool) -> None:
    stands, drives = (Track(n, 0.0, False, False, each, NOW_S) for n, each in ((1, spot(40.0)), (2, spot(x, excess))))
    drives.last_drift_s, drives.travelled_sizes = drifted_s, sizes
    driveby.mark([stands, drives], NOW_S)
    assert driveby.disturbs(stands, NOW_S + 3.9) is passes
    assert not driveby.disturbs(stands, NOW_S + 4.1)
    assert not driveby.disturbs(drives, NOW_S)


def test_a_flame_flickers_again_when_nothing_drives_past_it() -> None:
    track = flame()
    assert look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers
    track.passed_s = NOW_S - 2.0
    assert not look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers
    track.passed_s = NOW_S - 5.0
    assert look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers


def test_a_scene_notes_what_drives_past_what_stands() -> None:
    def lorry(heat: Array, t: float) -> Array:
        stands = hot(heat, 80.0, 80.0, 2.0, 30.0) if t >= 8.0 else heat
        return hot(stands, 4.0 + 8.0 * (t - 14.0), 80.0, 3.0, 40.0) if t >= 14.0 else stands

    eye, scalar, noted = detector(), Scalar("celsius"), set[int]()

    def judge(frame: Frame) -> None:
        eye.judge(scalar.thermogram(frame), frame)
        (seen,) = eye._scenes.values()
        noted.update(round(track.recent[-1].x) for track in seen.tracks.live if track.passed_s == frame.mono_s)

    for frame in frames(yard(1, 128, 160), 26.0, lorry):
        judge(frame)
    assert noted
    assert all(abs(x - 80.0) < 8.0 for x in noted)
