"""Fog, soft focus, warm-up, wiper, window: told from pictures, counted as blind time or reduced range, and never without end."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import Background
from edged.detector.focus import Focus
from edged.detector.fog import Structure
from edged.detector.outlook import Outlook
from edged.detector.warmup import ARMED_S, WarmUp
from edged.detector.window import fixed_spots
from edged.detector.wiper import Wiper
from edged.model.frame import Thermogram
from tests.detector.scenes import detector, frames, hot, play, yard

Array = npt.NDArray[np.float32]
RNG = np.random.default_rng(5)
HIGH, WIDE = 128, 160


def noisy(heat: Array, sigma: float = 0.1) -> Array:
    return (heat + RNG.normal(0, sigma, heat.shape)).astype(np.float32)


def looked(structure: Structure, quarter: Array, seconds: int, from_s: float) -> float:
    for second in range(seconds):
        structure.look(noisy(quarter, 0.05), from_s + second)
    return from_s + seconds


def test_fog_reduces_the_range_then_blinds_and_lifts_again() -> None:
    scene = cv2.resize(yard(1, HIGH, WIDE), (40, 32), interpolation=cv2.INTER_AREA)
    structure, level = Structure(), np.float32(scene.mean())
    now = looked(structure, scene, 30, 0.0)
    assert not structure.reduced
    now = looked(structure, level + (scene - level) * np.float32(0.25), 20, now)
    assert structure.reduced
    assert not structure.blind
    now = looked(structure, np.full_like(scene, level), 20, now)
    assert structure.blind
    now = looked(structure, hot(np.full_like(scene, level), 20, 16, 2, 10.0), 4, now)
    assert not structure.blind, "what shines through the fog is judged"
    looked(structure, scene, 5, now)
    assert not structure.reduced
    assert not structure.blind


def test_a_scene_that_cools_evenly_within_hours_is_no_fog() -> None:
    scene = cv2.resize(yard(1, HIGH, WIDE), (40, 32), interpolation=cv2.INTER_AREA)
    structure = Structure()
    for minute in range(360):
        structure.look(noisy(scene * np.float32(1.0 - 0.4 * minute / 360.0), 0.03), 60.0 * minute)
        assert not structure.reduced


def test_a_soft_lens_is_told_by_its_edges_and_a_sharp_one_is_not() -> None:
    scene = yard(3, 240, 320) * 3.0
    focus = Focus()
    for _ in range(10):
        focus.look(noisy(scene), 0.13)
    assert focus.commissioned_px is not None
    assert not focus.soft
    soft = np.asarray(cv2.GaussianBlur(scene, (0, 0), 2.0), np.float32)
    for _ in range(4):
        focus.look(noisy(soft), 0.13)
    assert focus.soft
    for _ in range(4):
        focus.look(noisy(np.asarray(cv2.GaussianBlur(scene, (0, 0), 4.0), np.float32)), 0.13)
    assert focus.blunt
    for _ in range(4):
        focus.look(noisy(scene), 0.13)
    assert not focus.soft
    assert not focus.blunt


def test_a_sensor_that_drifts_after_power_up_warms_up_and_not_for_ever() -> None:
    warm = WarmUp()
    told = [warm.look("a", 0.1 * second, float(second)) for second in range(int(ARMED_S) + 100)]
    assert not any(told[:20])
    assert all(told[25 : int(ARMED_S)])
    assert not any(told[int(ARMED_S) + 1 :])
    steady = WarmUp()
    assert not any(steady.look("a", 0.01 * second, float(second)) for second in range(200))


def test_warm_up_is_blind_time_with_its_cause() -> None:
    eye = detector()
    play(eye, frames(yard(1, HIGH, WIDE), 40, lambda heat, t: heat + np.float32(0.15 * t), fps=2.0))
    assert dict(eye.watched().blind_s)["warm_up"] >= 10.0


def test_a_wiper_holds_and_a_lorry_does_not() -> None:
    def band(x: float, wide: int, high: int) -> npt.NDArray[np.bool_]:
        out = np.zeros((64, 80), np.bool_)
        out[64 - high :, max(0, int(x)) : max(0, int(x) + wide)] = True
        return out

    wiper = Wiper()
    assert any(wiper.look(band(70.0 * n / 9.0, 6, 64), n / 8.0) for n in range(10))
    for high, seconds in ((12, 1.25), (64, 8.0)):
        slow = Wiper()
        assert not any(slow.look(band(70.0 * n / (8 * seconds), 6, high), n / 8.0) for n in range(int(8 * seconds)))


def test_a_wiper_is_blind_time_within_the_budget() -> None:
    def wiped(heat: Array, t: float) -> Array:
        out = heat.copy()
        x = int((t % 10.0 - 5.0) * WIDE)
        if 0 <= x < WIDE:
            out[:, x : x + 14] = 25.0
        return out

    eye = detector()
    play(eye, frames(yard(1, HIGH, WIDE), 29, wiped, fps=16.0))
    lost = dict(eye.watched().blind_s)
    assert 0.5 <= lost["wiper"] <= 4.2


def test_what_keeps_its_pixel_in_three_views_is_the_windows() -> None:
    def learnt(seed: int, spot: bool) -> Background:
        heat = yard(seed, 240, 320)
        heat = hot(heat, 200, 60, 6, 30.0) if spot else heat
        background = Background(noisy(heat), 200.0)
        background.seen_s = 60.0
        return background

    found = fixed_spots([learnt(seed, True) for seed in (1, 2, 3, 4)])
    assert found.cells is not None
    assert found.cells[15, 50]
    assert found.window_spots + found.pixel_spots >= 1
    usable = found.usable((240, 320))
    assert usable is not None
    assert not usable[60, 200]
    assert usable[200, 60]
    assert fixed_spots([learnt(seed, False) for seed in (1, 2, 3, 4)]).cells is None
    assert fixed_spots([learnt(seed, True) for seed in (1, 2)]).cells is None


def test_what_a_camera_announces_is_gated_at_most_a_minute() -> None:
    outlook, heat = Outlook(), yard(1, HIGH, WIDE)
    outlook.announce("heater", 0.0, 1e6)
    told = [outlook.look("a", Thermogram(heat, "radiometric"), float(second), stepped=False).gated for second in range(70)]
    assert told[:60] == ["heater"] * 60
    assert told[61:] == [None] * 9


def test_a_level_that_jumps_because_of_something_hot_is_not_held() -> None:
    def switched(heat: Array, t: float) -> Array:
        return hot(heat + np.float32(6.0), 80, 70, 4, 120.0) if t >= 8.0 else heat

    eye = detector()
    play(eye, frames(yard(1, HIGH, WIDE), 12, switched))
    assert "level_step" not in dict(eye.watched().blind_s)
