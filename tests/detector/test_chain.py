"""The whole chain on synthetic scenes: what alarms, when, and what must not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edged.detector.chain import Detector
from edged.detector.settings import DetectionSettings
from edged.geometry import lens
from edged.model.view import HeadPolygon, View
from tests.detector.scenes import ACTIVE, PRE_ALARM, SUSPECT, Array, detector, first_active, frames, hot, play, sums, view, yard


def most(sightings: list) -> float:  # type: ignore[type-arg]
    return max((best for best, _ in sums(sightings).values()), default=0.0)


def from_12s(x: float, y: float, radius: float, rise: float, growth: float = 0.0) -> Callable[[Array, float], Array]:
    return lambda heat, t: heat if t < 12 else hot(heat, x, y, radius + growth * (t - 12), rise)


@pytest.mark.parametrize("picture", ["celsius", "white-hot"])
def test_quiet_yard_says_nothing(picture: str) -> None:
    eye = detector()
    assert play(eye, frames(yard(), 40, grey=picture == "white-hot"), picture) == []  # type: ignore[arg-type]
    assert eye.watched().judged_frames == 320


@pytest.mark.parametrize("seed", range(4))
def test_new_standing_heat_of_four_pixels_and_twenty_kelvin_is_active_in_ten_seconds(seed: int) -> None:
    x, y = 60 + 50 * seed, 110 + 20 * seed
    found = play(detector(), frames(yard(seed), 26, from_12s(x, y, 1.8, 45), seed=seed + 10))
    assert first_active(found) - 12 <= 10.0
    last = found[-1]
    assert {"hot", "new", "stationary"} <= set(last.reasons_for)
    assert abs(last.x_px - x) < 1.0
    assert abs(last.y_px - y) < 1.0
    pan, tilt = lens.direction(30.0, -3.0, last.x_px, last.y_px, 320, 240, 24.0)
    assert (last.pan_deg, last.tilt_deg) == pytest.approx((pan, tilt), abs=0.1 * 24.0 / 320)
    assert last.excess_radiance is not None
    assert last.crop_jpeg_b64 is None or len(last.crop_jpeg_b64) <= 24_000
    assert found[0].crop_jpeg_b64


def test_small_heat_is_a_suspect_soon_and_no_alarm() -> None:
    found = play(detector(), frames(yard(), 30, from_12s(150, 140, 0.7, 22)))
    assert SUSPECT <= most(found) < ACTIVE
    assert not any(s.temperature.valid for s in found)


@pytest.mark.parametrize("picture", ["celsius", "white-hot"])
def test_growth_alarms_even_at_the_first_look(picture: str) -> None:
    found = play(detector(), frames(yard(), 30, lambda h, t: hot(h, 150, 140, 1.5 + 0.1 * t, 35), grey=picture != "celsius"), picture)  # type: ignore[arg-type]
    assert first_active(found) < 25.0
    assert any("growing" in s.reasons_for for s in found)


def test_grey_picture_claims_no_temperature() -> None:
    found = play(detector(), frames(yard(), 30, from_12s(150, 140, 2, 30, 0.1), grey=True), "white-hot")
    assert found
    assert all(s.temperature.kind == "relative" and s.temperature.apparent_temp_c is None for s in found)
    assert all(s.excess_radiance is None for s in found)


def test_steady_heat_of_the_first_look_is_no_suspect() -> None:
    assert most(play(detector(), frames(hot(yard(), 150, 140, 4, 160), 40))) < SUSPECT


def test_absolute_limit_is_fast_at_the_first_look() -> None:
    sizes = np.random.default_rng(8).uniform(2.0, 5.0, 2000)
    found = play(detector(), frames(yard(), 8, lambda h, t: hot(h, 150, 140, float(sizes[int(t * 8)]), 300)))
    assert first_active(found) <= 4.5
    assert any(s.fast_path for s in found)


def test_beyond_the_absolute_limit_at_the_first_look_a_still_alarms_and_what_is_seen_to_be_steady_is_a_pre_alarm() -> None:
    """A genset's exhaust is as hot, and nobody saw whether it drove there."""
    steady = list(frames(hot(yard(), 150, 140, 3, 300), 8))
    found = play(detector(), iter(steady))
    assert not any(s.fast_path for s in found)
    assert PRE_ALARM - 0.1 <= most(found) < ACTIVE
    held = [steady[0], *(replace(frame, pixels=steady[0].pixels, held=True) for frame in steady[1:])]
    assert 3.0 <= first_active(play(detector(), iter(held))) <= 4.5


def test_hot_thing_that_drives_through_is_no_fast_path() -> None:
    found = play(detector(), frames(yard(), 30, lambda h, t: hot(h, -10 + 9 * (t - 5), 150, 4, 260)))
    assert not any(s.fast_path for s in found)
    assert most(found) < ACTIVE


def test_walker_and_stopping_vehicle_do_not_alarm() -> None:
    def yard_life(heat: Array, t: float) -> Array:
        heat = hot(heat, -5 + 5 * (t - 6), 200, 3, 16)
        return hot(heat, min(180.0, -10 + 11 * (t - 8)), 130, 6, 28)

    found = play(detector(), frames(yard(), 45, yard_life))
    assert most(found) < ACTIVE
    assert found
    assert any({"drifting", "arrived_warm"} & set(s.reasons_against) for s in found)


def test_flame_that_flickers_in_a_grey_first_look() -> None:
    rng = np.random.default_rng(8)
    sizes = rng.uniform(4.0, 10.0, 2000)
    found = play(detector(), frames(yard(), 20, lambda h, t: hot(h, 150, 140, float(sizes[int(t * 8)]), 30), grey=True), "white-hot")
    assert first_active(found) < 12.0
    assert any("flickering" in s.reasons_for for s in found)


def test_many_alike_at_once_are_one_scene_change() -> None:
    def doors(heat: Array, t: float) -> Array:
        for i in range(7) if t >= 12 else ():
            heat = hot(heat, 30 + 40 * i, 120, 2, 30)
        return heat

    found = play(detector(), frames(yard(), 30, doors))
    assert most(found) < ACTIVE
    assert all("many_alike" in s.reasons_against for s in found if s.mono_s > 115)


def test_what_outshines_the_others_when_the_last_of_them_has_begun_is_none_of_them() -> None:
    def beside_doors(heat: Array, t: float) -> Array:
        for i in range(6) if t >= 12.5 else ():
            heat = hot(heat, 30 + 40 * i, 120, 2, 30)
        return hot(heat, 150, 200, 2, min(100.0, 30.0 + 160.0 * (t - 12.0))) if t >= 12.0 else heat

    found = play(detector(), frames(yard(), 15, beside_doors))
    assert found
    assert all(s.y_px > 160.0 and "many_alike" not in s.reasons_against for s in found)


def test_mask_raises_the_bar_and_does_not_switch_off() -> None:
    pan, tilt = lens.direction(30.0, -3.0, 150, 140, 320, 240, 24.0)
    box = tuple((pan + dx, tilt + dy) for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1)))
    area = HeadPolygon("flue", box, "known_heat", 3.0)
    held = View("th-01", "yard", 1, 30.0, -3.0, 24.0, 0.0, (area,))
    steady = play(Detector(DetectionSettings(), "th-01", held), frames(yard(), 30, from_12s(150, 140, 1.8, 45)))
    assert most(steady) < ACTIVE
    assert all("known_heat" in s.reasons_against for s in steady)
    grows = play(Detector(DetectionSettings(), "th-01", held), frames(yard(), 40, from_12s(150, 140, 1.8, 45, 0.15)))
    assert first_active(grows) < 40.0


def test_pictures_outside_a_view_are_blind_time_and_not_judged() -> None:
    eye = Detector(DetectionSettings(), "th-01")
    scene = hot(yard(), 150, 140, 3, 300)
    assert play(eye, frames(scene, 5)) == []
    eye.hold(view(1, valid_from_s=112.0))
    assert play(eye, frames(scene, 4, from_s=107.0)) == []
    lost = dict(eye.watched().blind_s)
    assert lost["no_view"] > 4.0
    assert lost["moving"] > 3.0
    eye.hold(view(2, valid_from_s=112.0))
    eye.drop("moving")
    assert play(eye, frames(scene, 4, from_s=113.0)) == []


def test_same_frames_give_the_same_sightings() -> None:
    def once() -> list:  # type: ignore[type-arg]
        return play(detector(), frames(yard(), 20, from_12s(150, 140, 2, 45)))

    assert once() == once()


def test_late_frame_is_ignored() -> None:
    eye = detector()
    play(eye, frames(yard(), 3))
    assert play(eye, frames(hot(yard(), 150, 140, 3, 300), 1, from_s=90.0)) == []


def test_change_of_picture_size_starts_anew() -> None:
    eye = detector()
    play(eye, frames(yard(), 5))
    assert play(eye, frames(yard(height=120, width=160), 5, from_s=106.0)) == []
    assert eye.watched().learning
