"""The image of a source in water is its original's; what burns below it on its own is a source of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edged.detector.chain import Detector
from edged.detector.mirror import Mirrors
from edged.detector.settings import DetectionSettings
from edged.detector.track import Sample, Track
from edged.detector.weights import AGAINST, GROUP_CAP
from edged.model.sighting import Hotspot, Sighting
from tests.detector.scenes import ACTIVE, Array, frames, hot, play, view, yard

FPS, NOW = 8.0, 20.0
Course = Callable[[float], float]


def flame(seed: int) -> Course:
    steps = np.random.default_rng(seed).normal(1.0, 0.2, 400)
    return lambda t: float(steps[int(t * FPS)])


def track(number: int, x: float, y: float, excess: float, course: Course, *, born_s: float = 5.0) -> Track:
    spot = Hotspot(x, y, (round(x) - 3, round(y) - 3, 6, 6), 20, 12.0 + excess / 10.0, 12.0, excess, None, 9.0)
    made = Track(number, born_s, False, False, spot, NOW)
    for t in np.arange(born_s, NOW + 0.01, 1.0 / FPS):
        made.samples.append(Sample(float(t), x, y, 20.0, spot.peak, excess * course(float(t)), excess))
    return made


def marked(*tracks: Track) -> list[int]:
    Mirrors().look(tracks, NOW)
    return [each.track_id for each in tracks if each.mirrored]


def test_the_weaker_one_below_that_varies_with_its_original_is_its_image() -> None:
    assert marked(track(1, 50, 40, 400.0, flame(1)), track(2, 51, 70, 160.0, flame(1))) == [2]


@pytest.mark.parametrize(
    ("x", "y", "excess", "seed", "born_s"),
    [(51, 70, 160.0, 2, 5.0), (51, 20, 160.0, 1, 5.0), (60, 70, 160.0, 1, 5.0), (51, 70, 390.0, 1, 5.0), (51, 70, 160.0, 1, 1.0)],
    ids=["it varies by itself", "it lies above", "it lies in another column", "it is as strong", "it was there before"],
)
def test_what_is_no_image_is_none(x: float, y: float, excess: float, seed: int, born_s: float) -> None:
    assert marked(track(1, 50, 40, 400.0, flame(1)), track(2, x, y, excess, flame(seed), born_s=born_s)) == []


def test_a_common_trend_is_no_image() -> None:
    def grows(seed: int) -> Course:
        own = flame(seed)
        return lambda t: 1.0 + t + 0.5 * own(t)

    assert marked(track(1, 50, 40, 400.0, grows(1)), track(2, 51, 70, 160.0, grows(2))) == []


def test_what_all_share_is_the_cameras() -> None:
    pumped = [track(1, 50, 40, 400.0, flame(1)), track(2, 51, 70, 160.0, flame(1)), track(3, 120, 60, 200.0, flame(1))]
    assert marked(*pumped) == []


def test_steady_sources_say_nothing() -> None:
    assert marked(track(1, 50, 40, 400.0, lambda t: 1.0), track(2, 51, 70, 160.0, lambda t: 1.0)) == []


def burning(own: bool) -> list[Sighting]:
    upper, lower = flame(3), flame(4 if own else 3)

    def change(scene: Array, since_s: float) -> Array:
        if since_s < 7.0:
            return scene
        heat = hot(scene, 80.0, 60.0, 2.0 + 1.5 * upper(since_s), 90.0)
        return hot(heat, 80.5, 90.0, 1.5 + 1.2 * lower(since_s), 45.0)

    eye = Detector(DetectionSettings(), "th-01", view())
    return play(eye, frames(yard(1, 128, 160), 19.0, change, fps=FPS))


def test_an_eye_tells_the_image_with_its_reason_and_a_fire_below_another_alarms() -> None:
    twin = [s for s in burning(own=False) if s.y_px > 80.0]
    assert any("mirror" in s.reasons_against for s in twin)
    assert max(s.evidence or 0.0 for s in twin) < ACTIVE
    both = burning(own=True)
    assert not any("mirror" in s.reasons_against for s in both)
    last = {s.y_px > 80.0: s.evidence or 0.0 for s in both}
    assert min(last[True], last[False]) >= ACTIVE


def test_the_reason_alone_never_outweighs_everything_that_may_speak_for_a_fire() -> None:
    assert AGAINST["mirror"].cap <= GROUP_CAP["twin"] < GROUP_CAP["heat"] + GROUP_CAP["course"]
