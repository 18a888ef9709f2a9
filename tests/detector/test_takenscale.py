"""What takes the whole scale of an equalised picture burns on when the picture hides it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edged.detector import evidence
from edged.detector.chain import Detector
from edged.detector.gaincontrol import GainControl
from edged.detector.registration import moved
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.detector.takenscale import CALM_S, CRUSHED_S, HIDDEN_S, TakenScale, Taking, has_it_still, lives_on
from edged.detector.track import Sample, Track
from edged.model.frame import Frame
from edged.model.sighting import Hotspot
from edged.simulator.generator import gain
from tests.detector.scenes import START, Array, first_active, hot, noise_bank, view, yard

X, Y, BEGIN_S = 110.0, 90.0, 12.0
FPS = 8.0


def scene(*, even: bool = False) -> Array:
    """Return a yard by day, °C, with a roof in the sun, the hottest that there is, `even` or not."""
    heat, roof = yard(height=128, width=160), (slice(70, 110), slice(80, 150))
    heat[roof] = 40.0 if even else heat[roof] + np.float32(25.0)
    return heat


def alarm_after_s(
    rise_k: float, burns_s: float, *, to_the_end: bool = False, control: gain.Control = "plateau", sway_px: float = 0.0,
    flickers: float = 0.1, frozen: bool = False, seconds: float = 16.0,
) -> float:  # fmt: skip
    """Return how long after a flame began on the roof a picture without temperatures made an alarm of it, or infinity. Asserts that the
    sensor is called dead only where it is meant to be, `frozen`.

    `to_the_end`: the picture's levels are spread over all 256, as a decoder does; `sway_px`: 1σ of the mast.
    """
    camera, bank = gain.GainControl(control, 0.0, 0.0, FPS), noise_bank(4, (128, 160), 0.05)
    ground = scene(even=to_the_end)
    eye, scalar, told = Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot"), []
    for number in range(int((BEGIN_S + seconds) * FPS)):
        since = number / FPS - BEGIN_S
        heat = hot(ground, X, Y, 2.0, rise_k * (1.0 + flickers * math.sin(11.0 * since))) if 0.0 <= since < burns_s else ground
        x, y = (1.4 * sway_px * math.sin(pace * number / FPS) for pace in (2.9, 4.3))
        levels = camera.grey((moved(heat, x, y) if sway_px else heat) + bank[(7 * number + number // 16) % 16], number / FPS)
        if to_the_end:
            levels = ((levels - gain.LOW_GREY) * (256.0 / (gain.HIGH_GREY - gain.LOW_GREY))).clip(0, 255).astype(np.uint8)
        frame = Frame(levels, number, 100.0 + number / FPS, START, key=number % 16 == 0)
        told += [s for s in eye.judge(scalar.thermogram(frame), frame) if np.hypot(s.x_px - X, s.y_px - Y) < 8.0 + 3.0 * sway_px]
    assert ("frozen" in dict(eye.watched().blind_s)) is frozen
    return first_active(told) - BEGIN_S


def test_a_flame_that_an_equalised_picture_hides_is_an_alarm() -> None:
    assert 4.0 < alarm_after_s(60.0, 60.0) < 8.0


def test_what_is_hidden_is_followed_as_it_was_and_does_not_flicker(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []

    def weigh(track: Track, *rest: object) -> None:
        if track.taking is not None and track.last_s > track.recent[-1].mono_s:
            held.append(bool(rest[-1]))
        weighed(track, *rest)  # type: ignore[arg-type]

    weighed = evidence.weigh
    monkeypatch.setattr(evidence, "weigh", weigh)
    assert 4.0 < alarm_after_s(60.0, 60.0, flickers=0.5) < 8.0
    assert held
    assert all(held)


def test_a_flame_on_ground_that_ends_the_scale_was_not_there_before_when_it_takes_it() -> None:
    assert 4.0 < alarm_after_s(300.0, 60.0, to_the_end=True) < 8.0


def test_a_flame_that_sinks_the_scene_into_the_noise_does_not_drive_about_with_the_sway() -> None:
    assert 4.0 < alarm_after_s(2000.0, 60.0, control="span", sway_px=5.0) < 8.0


def test_what_gives_the_scale_back_is_not_followed_on() -> None:
    assert alarm_after_s(60.0, 2.0) == float("inf")


def test_noise_that_is_less_than_a_level_under_a_flame_is_no_dead_sensor() -> None:
    assert 4.0 < alarm_after_s(1500.0, 60.0, seconds=30.0) < 8.0
    alarm_after_s(1500.0, 60.0, flickers=0.0, seconds=30.0, frozen=True)


def taker(calm: Array | None) -> Track:
    track = Track(1, 100.0, False, False, Hotspot(20.0, 10.0, (18, 8, 5, 5), 20, 400.0, 100.0, 4000.0, None, 30.0), 103.0)
    track.recent.append(Sample(103.0, 20.0, 10.0, 20.0, 400.0, 4000.0, 3000.0))
    track.taking = Taking(300.0, 4000.0, calm)
    return track


def picture(at: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    levels = np.random.default_rng(1).integers(20, 230, (64, 80)).astype(np.uint8)
    levels[at] = 242
    return levels


def test_it_has_the_scale_still_while_the_ground_is_not_as_it_was_and_its_place_at_the_top() -> None:
    calm, track, here = GainControl().heats, taker(GainControl().heats), picture((10, 20))
    other = GainControl(gain=0.9, offset=4.0)
    assert has_it_still(track, other, here, (0.0, 0.0), 104.0)
    assert not has_it_still(track, GainControl(), here, (0.0, 0.0), 104.0), "the ground has its levels back"
    assert not has_it_still(track, other, picture((40, 60)), (0.0, 0.0), 104.0), "something else is brighter now"
    assert has_it_still(track, other, picture((16, 30)), (10.0, 6.0), 104.0), "the view sways"
    assert not has_it_still(track, other, here, (0.0, 0.0), 103.0 + HIDDEN_S + 0.1)
    assert not has_it_still(taker(None), other, here, (0.0, 0.0), 104.0), "nobody knows how the ground was"
    track.taking = None
    assert not has_it_still(track, other, here, (0.0, 0.0), 104.0)
    assert calm[100] == 100.0


@pytest.mark.parametrize(("shift", "kept"), [(0.0, True), (20.0, False)])
def test_a_gain_that_was_never_calm_is_not_kept(shift: float, kept: bool) -> None:
    scale, track = TakenScale(), taker(None)
    track.taking = None
    for n in range(int(CALM_S) + 2):
        scale.look(GainControl(shift=shift * (n % 2)), 95.0 + n)
    assert scale.takes(track, GainControl(gain=0.4), 420.0)
    assert track.taking is not None
    assert (track.taking.before is not None) is kept
    assert not scale.takes(track, GainControl(gain=0.4), 420.0), "once"


def test_what_is_far_below_the_end_did_not_take_the_scale() -> None:
    track = taker(None)
    track.taking = None
    assert not TakenScale().takes(track, GainControl(gain=0.4), 600.0)
    assert not TakenScale().takes(track, GainControl(gain=0.8), 420.0)
    track.last_s = 104.0
    assert not TakenScale().takes(track, GainControl(gain=0.4), 420.0)


@pytest.mark.parametrize(("count", "outshone"), [(4, 4), (5, 0)])
def test_where_many_take_the_scale_at_once_none_outshone_the_others(count: int, outshone: int) -> None:
    tracks = [taker(None) for _ in range(count)]
    for track in tracks:
        track.taking = None
    assert len(TakenScale().alone(tracks, GainControl(gain=0.4), 420.0)) == outshone
    assert all(track.took_scale for track in tracks)


@pytest.mark.parametrize(("gain_now", "calm", "takes"), [(0.7, True, True), (0.7, False, False), (0.5, False, True), (0.8, True, False)])
def test_a_calm_gain_collapses_sooner_than_one_that_may_pump(gain_now: float, calm: bool, takes: bool) -> None:
    scale, track = TakenScale(), taker(None)
    track.taking = None
    for n in range(5):
        scale.look(GainControl(shift=0.0 if calm else 20.0 * (n % 2)), 95.0 + n)
    assert scale.takes(track, GainControl(gain=gain_now), 420.0) is takes


def test_a_flame_proves_that_the_sensor_lives_while_it_varies_and_for_two_minutes() -> None:
    def flame(light: float) -> Track:
        track = taker(None)
        track.recent.extend(track.recent[-1]._replace(light=3000.0 * (1.0 + light * (n % 2))) for n in range(8))
        return track

    assert lives_on(flame(0.1), 104.0)
    assert not lives_on(flame(0.0), 104.0), "a still picture"
    assert not lives_on(flame(0.1), 103.0 + HIDDEN_S + 0.1), "it has not been found for long"
    old = flame(0.1)
    old.born_s = old.last_s - CRUSHED_S - 1.0
    assert not lives_on(old, 104.0)


def test_how_the_gain_was_at_the_last_look_says_nothing_of_this_one() -> None:
    camera, bank = gain.GainControl("plateau", 0.0, 0.0, FPS), noise_bank(4, (128, 160), 0.05)
    eye, scalar = Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot")
    for number in range(64):
        frame = Frame(camera.grey(scene() + bank[number % 16], number / FPS), number, 100.0 + number / FPS, START, key=number % 16 == 0)
        eye.judge(scalar.thermogram(frame), frame)
    one, had = eye._scenes["yard"], taker(None)
    had.taking, had.born_s = None, 107.0
    assert one._taken.takes(had, GainControl(gain=0.4), 420.0)
    assert had.taking is not None
    assert had.taking.before is not None
    eye.drop("moving")
    eye.hold(view(generation=3))
    had.taking = None
    assert one._taken.takes(had, GainControl(gain=0.4), 420.0)
    assert had.taking.before is None
