"""Grey pictures at the ends of what they can say: a scale that has ended, and a scene too flat to tell the gain by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from edged.detector.background import Background
from edged.detector.chain import Detector
from edged.detector.gaincontrol import GainControl
from edged.detector.levelled import Levelled
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.detector.strength import Context, is_strong
from edged.detector.track import Sample, Track
from edged.model.frame import Frame, Thermogram
from edged.model.sighting import Hotspot
from tests.detector.scenes import (
    ACTIVE,
    PRE_ALARM,
    START,
    SUSPECT,
    Array,
    detector,
    first_active,
    frames,
    hot,
    noise_bank,
    play,
    sums,
    view,
    yard,
)

SHAPE = (128, 160)


def sunlit(seed: int = 5) -> Array:
    """Ground at 150 levels with a small wall at 240: 19 more would be beyond the scale."""
    scene = np.full(SHAPE, 150.0, np.float32)
    scene[:40] = 90.0
    scene[79:92, 80:100] = 240.0
    return scene


@pytest.mark.parametrize("highest", [255, 242], ids=["full range", "limited range"])
def test_what_reaches_the_end_of_the_scale_is_seen_on_bright_ground(highest: int) -> None:
    scene, noise = hot(sunlit() - np.float32(255 - highest), 30.0, 60.0, 3.0, 150.0), noise_bank(4, SHAPE, 1.2)
    eye, scalar = Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot")
    found = []
    for number in range(280):
        heat = hot(scene, 90.0, 85.0, 2.5, 60.0) if number >= 200 else scene
        pixels = (heat + noise[number % 16]).clip(0, highest).astype(np.uint8)
        frame = Frame(pixels, number, 100.0 + number / 8, START, key=number % 16 == 0)
        found += [s for s in eye.judge(scalar.thermogram(frame), frame) if number >= 200]
    found = [s for s in found if not s.standing]
    assert found
    assert all(abs(s.x_px - 90.0) < 4.0 and abs(s.y_px - 85.0) < 4.0 for s in found)


def smooth(seed: int) -> Array:
    """Clouds of four levels, no two seeds alike."""
    coarse = np.random.default_rng(seed).normal(0.0, 4.0, (16, 20)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (SHAPE[1], SHAPE[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def test_a_picture_that_tells_little_of_the_gain_leaves_it_alone() -> None:
    background, control = Background(120.0 + smooth(1), 24.0), GainControl()
    picture = 126.0 + 0.5 * smooth(1) + 0.9 * smooth(2)
    shown = Levelled(Thermogram(picture, "relative", levels_per_k=6.0))
    control.level(shown, background)
    heat = shown.heat
    assert control.gain == 1.0
    assert abs(float(np.median(heat)) - 120.0) < 1.0
    control.level(Levelled(Thermogram(80.0 + 0.5 * smooth(1), "relative", levels_per_k=6.0)), background)
    assert abs(control.gain - 0.5) < 0.1, "where it is told it is followed"


def test_a_source_that_cools_below_the_end_of_the_scale_no_longer_rises_by_the_area_it_had() -> None:
    def wheel(t: float) -> Array:
        scene = np.full(SHAPE, 90.0, np.float32)
        scene[:40], scene[100:108, 30:38] = 60.0, 290.0
        radius = 3.0 + min(1.5, 0.1 * max(0.0, t - 35.0))
        return hot(scene, 90.0, 85.0, radius, 200.0 if t < 60.0 else 130.0) if t >= 8.0 else scene

    noise = noise_bank(4, SHAPE, 1.2)
    eye, scalar = Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot")
    spread: dict[float, bool] = {}
    for number in range(4 * 72):
        t = number / 4.0
        pixels = (wheel(t) + noise[number % 16]).clip(0, 255).astype(np.uint8)
        eye.judge(scalar.thermogram(frame := Frame(pixels, number, 100.0 + t, START, key=number % 16 == 0)), frame)
        (scene,) = eye._scenes.values()
        spread[t] = any(track.end is not None and track.end.factor >= 1.5 for track in scene.tracks.live if track.last_s == frame.mono_s)
    assert spread[58.0]
    assert not spread[70.0]


def test_a_wheel_that_was_beyond_the_scale_at_the_first_look_is_a_suspect_and_then_an_alarm_as_it_spreads() -> None:
    def most(spreads_px: float, lasts_s: float, ground: float = 90.0, lamps_px: int = 8) -> float:
        scene = np.full(SHAPE, ground, np.float32)
        scene[:40], scene[100 : 100 + lamps_px, 30 : 30 + lamps_px] = 60.0, 290.0
        noise, eye, scalar, told = noise_bank(4, SHAPE, 1.2), Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot"), []
        for number in range(int(2 * lasts_s)):
            t = number / 2.0
            area_px = 25.0 + spreads_px * max(0.0, t - 30.0) / 200.0
            wheel = hot(scene, 90.0, 85.0, float(np.sqrt(area_px / np.pi)), 300.0)
            frame = Frame((wheel + noise[number % 16]).clip(0, 255).astype(np.uint8), number, 100.0 + t, START, key=number % 4 == 0)
            told += eye.judge(scalar.thermogram(frame), frame)
        return max((value for value, _ in sums(told).values()), default=0.0)

    assert most(0.0, 230.0) < SUSPECT
    assert SUSPECT <= most(80.0, 60.0) < ACTIVE
    assert most(80.0, 230.0) >= ACTIVE
    assert most(80.0, 230.0, 212.0, 24) >= ACTIVE, "on bright ground, among as bright ones"


def test_a_flame_that_licks_out_of_a_lorry_beyond_the_scale_is_an_alarm_and_the_lorry_beside_it_is_none() -> None:
    """Both have hung together for a moment, when something passed before them, and are one place since."""
    noise, eye, scalar, told = noise_bank(4, SHAPE, 1.2), Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot"), []
    sizes = np.random.default_rng(3).uniform(1.0, 9.0, 1000)
    for number in range(8 * 64):
        t = number / 8.0
        scene = np.full(SHAPE, 90.0, np.float32)
        scene[:40], scene[100:108, 30:38] = 60.0, 290.0
        scene[78:88, 60:68] = scene[78:88, 90:98] = 290.0
        if 4.0 <= t < 5.5:
            scene[83:85, 60:98] = 290.0
        if t >= 50.0:
            scene[76:78, 60 : 60 + int(sizes[number])] = 290.0
        frame = Frame((scene + noise[number % 16]).clip(0, 255).astype(np.uint8), number, 100.0 + t, START, key=number % 16 == 0)
        told += eye.judge(scalar.thermogram(frame), frame)
    (looked,) = eye._scenes.values()
    assert looked._ends.at(64.0, 84.0) is looked._ends.at(94.0, 84.0)
    assert first_active(told) < 60.0
    by_track = sums(told)
    burns = {s.track_id for s in told if by_track[s.track_id][0] >= ACTIVE}
    assert all(abs(s.x_px - 64.0) < 6.0 for s in told if s.track_id in burns and s.mono_s > 150.0)


def test_of_two_lorries_that_are_one_place_only_the_one_that_spreads_is_a_suspect() -> None:
    noise, eye, scalar = noise_bank(4, SHAPE, 1.2), Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot")
    for number in range(2 * 140):
        t = number / 2.0
        scene = np.full(SHAPE, 90.0, np.float32)
        scene[:40], scene[100:108, 30:38] = 60.0, 290.0
        scene[82:87, 90:95] = 290.0
        if 4.0 <= t < 5.5:
            scene[84:86, 60:95] = 290.0
        area_px = 25.0 + 110.0 * max(0.0, t - 30.0) / 200.0
        heat = hot(scene, 62.0, 84.0, float(np.sqrt(area_px / np.pi)), 300.0)
        frame = Frame((heat + noise[number % 16]).clip(0, 255).astype(np.uint8), number, 100.0 + t, START, key=number % 4 == 0)
        eye.judge(scalar.thermogram(frame), frame)
    (seen,) = eye._scenes.values()
    assert seen._ends.at(62.0, 84.0) is seen._ends.at(92.0, 84.0)
    spreads, stays = sorted(seen.tracks.live, key=lambda track: track.spot.x_px)
    assert spreads.value >= SUSPECT > stays.value


@pytest.mark.parametrize("highest", [255, 235], ids=["full range", "limited range"])
@pytest.mark.parametrize(("climbs_s", "told"), [(60.0, True), (0.0, False)])
def test_a_skin_that_grew_warmer_until_it_was_beyond_the_scale_is_an_alarm_and_what_is_there_at_once_is_none(
    climbs_s: float, told: bool, highest: int
) -> None:
    """Neither varies: what was hot from one picture to the next was switched on, or drove out from somewhere. A hot pipe shows the end."""

    def skin(heat: Array, t: float) -> Array:
        return hot(heat, 90.0, 84.0, 6.0, 40.0 * min(1.0, (t - 20.0) / max(0.1, climbs_s))) if t >= 20.0 else heat

    pictures = frames(hot(yard(1, *SHAPE), 30.0, 60.0, 3.0, 40.0), 120.0, skin, fps=4.0, grey=True)
    limited = (replace(frame, pixels=np.minimum(frame.pixels, highest).astype(np.uint8)) for frame in pictures)
    found = play(detector(), limited, "white-hot")
    assert (first_active(found) < 120.0) is told
    assert max(most for most, _ in sums(found).values()) >= PRE_ALARM


def test_a_level_at_the_end_of_the_scale_is_unknown() -> None:
    noise, eye, scalar = noise_bank(4, SHAPE, 1.2), Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot")
    for number in range(8):
        frame = Frame((sunlit() + noise[number]).clip(0, 255).astype(np.uint8), number, 100.0 + number, START)
        eye.judge(scalar.thermogram(frame), frame)
    (seen,) = eye._scenes.values()
    assert seen.background is not None
    for level, ended in ((225.0, False), (256.0, True), (300.0, False)):
        seen.background.peak[20, 20] = level
        assert seen._ground.ended(20, 21, 24.0) is ended
    seen._agc.top, seen.background.peak[20, 20] = 241.0, 242.0
    assert seen._ground.ended(20, 21, 24.0), "its scale ends lower"


@pytest.mark.parametrize(("known", "strong"), [(241.0, False), (225.0, True)])
def test_what_is_hardly_brighter_than_its_place_was_is_not_strong(known: float, strong: bool) -> None:
    spot = Hotspot(40.0, 30.0, (39, 29, 2, 2), 2, 255.0, 150.0, 200.0, None, 40.0)
    track = Track(1, 0.0, False, False, spot, 9.0, known_level=known)
    track.samples.extend(Sample(5.0 + 0.2 * n, 40.0, 30.0, 2.0, 255.0, 200.0, 200.0 + 10.0 * (n % 2)) for n in range(20))
    assert is_strong(track, "relative", Context(True, 24.0, 2.0, brightest=150.0, room=24.0)) is strong


def begins(others: int, gain: Callable[[float], float], seconds: float = 14.0) -> float:
    """Return when a fire is active that begins after 20 s, with small things about, in a picture whose gain is on its way from then on."""
    scene, rng = yard(1, 128, 160), np.random.default_rng(8)
    places = [(float(x), float(y)) for x, y in zip(rng.uniform(10, 150, others), rng.uniform(40, 64, others), strict=True)]

    def change(heat: Array, t: float) -> Array:
        if t < 20.0:
            return heat
        for x, y in places:
            heat = hot(heat, x, y, 0.8, 14.0)
        heat = hot(heat, 90.0, 90.0, 2.2 + 0.08 * float(np.sin(7.0 * t)), 300.0)
        return np.asarray((heat - 12.0) * np.float32(gain(t - 20.0)) + np.float32(12.0), np.float32)

    return first_active(play(detector(), frames(scene, 20.0 + seconds, change, grey=True), "white-hot")) - 20.0


def test_small_things_that_show_with_a_fire_are_no_crowd() -> None:
    assert begins(8, lambda _: 1.0) < 10.0


def test_what_made_the_gain_collapse_is_found_while_the_gain_comes_back() -> None:
    assert begins(0, lambda t: min(1.0, 0.3 + 0.05 * t)) < 10.0
