"""A gain control that is no line is taken out by its curve, and what one level of noise becomes under a weak gain is no heat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edged.detector.background import Background, cells
from edged.detector.ceiling import Ceiling
from edged.detector.chain import Detector
from edged.detector.ends import Ends
from edged.detector.gaincontrol import GainControl
from edged.detector.levelled import Levelled
from edged.detector.registration import moved
from edged.detector.scalar import Scalar
from edged.detector.scaletop import CLIPPED
from edged.detector.settings import DetectionSettings
from edged.model.frame import Frame, Thermogram
from edged.model.sighting import Sighting
from tests.detector.scenes import PRE_ALARM, START, Array, hot, noise_bank, view, yard

SCENE = (yard(height=128, width=160) * 9.0 + 40.0).clip(0, 235)
NOISE = noise_bank(4, SCENE.shape, 1.0)
X, Y = 90.0, 80.0
Grey = Callable[[Array], Array]


def line(heat: Array) -> Array:
    return heat


def equalised(heat: Array) -> Array:
    """Few levels for what is darker than the ground, many for what is brighter."""
    return np.asarray(np.where(heat < 148.0, 20.0 + 0.3 * heat, 64.4 + 1.6 * (heat - 148.0)), np.float32)


def grey(heat: Array, gain: Grey, number: int) -> Thermogram:
    return Thermogram.grey((gain(heat) + NOISE[number % 16]).clip(0, 255).round().astype(np.uint8), 6.0)


def learnt() -> Background:
    background = Background(SCENE, 24.0, 254.0)
    for number in range(8):
        background.update(*cells(grey(SCENE, line, number).heat), np.zeros_like(background.held_out), 0.25, 600.0, 254.0)
    return background


def told(gain: Grey, rise: float, from_s: float = 8.0, seconds: float = 16.0) -> tuple[list[Sighting], list[Sighting], Detector]:
    """Return the sightings at the flame, those elsewhere, and the eye; the gain changes as the flame begins."""
    eye, scalar, here, elsewhere = Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot"), [], []
    for number in range(int(seconds * 8)):
        burns = number >= from_s * 8
        heat = hot(SCENE, X, Y, 2.5, rise) if burns and rise else SCENE
        picture = grey(heat, gain if burns else line, number)
        assert picture.levels is not None
        frame = Frame(picture.levels, number, 100.0 + number / 8.0, START, key=number % 16 == 0)
        for s in eye.judge(scalar.thermogram(frame), frame):
            (here if np.hypot(s.x_px - X, s.y_px - Y) < 8.0 else elsewhere).append(s)
    return here, elsewhere, eye


def test_a_curve_is_taken_out_where_a_line_is_not_enough() -> None:
    background, control = learnt(), GainControl()
    bent, straight = Levelled(grey(SCENE, equalised, 3)), Levelled(grey(SCENE, line, 3))
    control.level(bent, background)
    assert control.curve is not None
    off = np.abs(bent.quarter - background.mean)
    assert float(np.quantile(off, 0.9)) < 4.0
    rest = np.abs((bent.raw_quarter - control.offset) / control.gain - background.mean)
    assert float(np.quantile(rest, 0.9)) > 10.0, "as the line would have it"
    control.level(straight, background)
    assert control.curve is None


@pytest.mark.parametrize("gain", [line, equalised])
def test_the_gain_of_a_picture_that_sways_is_measured_where_it_lies(gain: Grey) -> None:
    background, shift = learnt(), (9.0, -6.0)
    swayed = moved(SCENE, *shift)
    shown, still = Levelled(grey(swayed, gain, 3)), Levelled(grey(SCENE, gain, 3))
    told, known, unplaced = GainControl(), GainControl(), GainControl()
    told.level(shown, background, shift)
    known.level(still, background)
    unplaced.level(shown, background)
    assert abs(told.gain - known.gain) < 0.5 * abs(unplaced.gain - known.gain)
    assert (told.curve is None) == (known.curve is None)
    if told.curve is not None and known.curve is not None:
        assert float(np.abs(told.curve.heat - known.curve.heat)[60:200].max()) < 12.0


def test_a_flame_is_found_under_a_gain_that_became_a_curve_and_nothing_else_is() -> None:
    here, elsewhere, _ = told(equalised, 120.0)
    assert here
    assert "many_alike" not in here[-1].reasons_against
    assert not elsewhere


def test_what_is_learnt_through_a_curve_stays_as_it_was() -> None:
    background, control = learnt(), GainControl()
    before = background.mean.copy()
    keep = np.zeros_like(background.held_out)
    for number in range(300):
        shown = Levelled(grey(SCENE, equalised, number))
        control.level(shown, background)
        background.update(*shown.cells(), keep, 1.0, 600.0, control.clip)
    assert float(np.quantile(np.abs(background.mean - before), 0.95)) < 20.0


def test_one_level_of_noise_is_no_heat_while_something_hot_has_the_span() -> None:
    def crushed(heat: Array) -> Array:
        return np.asarray(20.0 + 0.06 * heat, np.float32)

    here, elsewhere, _ = told(crushed, 3000.0)
    assert here
    assert not elsewhere


def test_a_picture_with_a_curve_is_never_called_quiet_by_its_levels() -> None:
    background, control = learnt(), GainControl()
    shown = Levelled(grey(SCENE, equalised, 3))
    control.level(shown, background)
    assert not Ceiling().holds(shown, np.full_like(background.mean, 1000.0), 0.0, None, CLIPPED)


def test_a_gain_near_its_end_is_not_taken_out_now_and_left_then() -> None:
    """A car's light made three steps of two per cent as a gain lay at the end of what is left as it is: it seemed to live."""
    gain, background = GainControl(), learnt()
    seen = []
    for number, factor in enumerate((1.0, 1.03, 1.015, 1.022, 1.013, 1.0)):
        picture = grey(SCENE, lambda heat, by=factor: (heat - SCENE.mean()) * np.float32(by) + SCENE.mean(), number)
        gain.level(Levelled(picture), background)
        seen.append((gain.taken_out, gain.switched))
    assert seen == [(None, False), ("line", True), ("line", False), ("line", False), ("line", False), (None, True)]
    covered = learnt()
    covered.held_out[:] = True
    gain.level(Levelled(grey(SCENE, line, 6)), covered)
    assert not gain.switched, "nothing is known of the gain under what covers the whole picture"


def test_the_step_of_a_gain_that_is_taken_out_from_now_on_is_no_life() -> None:
    eye, scalar = Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot")
    steps: list[float] = []
    for number in range(12 * 8):
        warmer = 0.0 if number < 80 else 3.0
        picture = grey(hot(SCENE, X, Y, 2.5, 90.0) if number >= 48 else SCENE, lambda heat, by=warmer: heat + np.float32(by), number)
        assert picture.levels is not None
        frame = Frame(picture.levels, number, 100.0 + number / 8.0, START, key=number % 16 == 0)
        eye.judge(scalar.thermogram(frame), frame)
        steps += [track.hunted_s for track in eye._scenes["yard"].tracks.live if not track.first_look][:1]
    assert steps[-1] == pytest.approx(110.0)


def dimmed(heat: Array) -> Array:
    """A gain that is one per cent weaker: less than is taken out."""
    return np.asarray(0.99 * heat, np.float32)


def test_a_scale_ends_in_a_picture_as_it_is_judged() -> None:
    gain, background = GainControl(), learnt()
    for number in range(8):
        gain.level(Levelled(grey(SCENE, dimmed, number)), background)
    assert gain.taken_out is None
    assert gain.clip == CLIPPED, "its hottest pixels have 255, not 257"
    assert gain.end > CLIPPED + 1.0, "what is hotter than the scale's end was when the ground was learnt"
    gain.level(Levelled(grey(SCENE, lambda heat: np.asarray(0.9 * heat, np.float32), 3)), background)
    assert gain.taken_out == "line"
    assert gain.clip == gain.end == pytest.approx(CLIPPED / 0.9, abs=4.0)


def test_what_is_as_flat_as_its_scale_makes_it_is_no_box_where_the_gain_has_fallen_a_little() -> None:
    """A fire of the practice station was a box that had landed for half of its runs: its peak of 255 lay below an end of 256."""
    eye, scalar, told = Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot"), []
    for number in range(8 * 14):
        burns = number >= 8 * 8
        picture = grey(hot(SCENE, X, Y, 5.0, 400.0) if burns else SCENE, dimmed if burns else line, number)
        assert picture.levels is not None
        frame = Frame(picture.levels, number, 100.0 + number / 8.0, START, key=number % 16 == 0)
        told += [s for s in eye.judge(scalar.thermogram(frame), frame) if np.hypot(s.x_px - X, s.y_px - Y) < 8.0]
    assert told
    assert not any("landed" in s.reasons_against for s in told)
    assert sum(s.log_likelihood for s in told if s.mono_s <= 112.0) >= PRE_ALARM


def test_places_at_the_end_of_a_scale_are_told_how_hot_that_is_though_the_gain_is_not_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[float] = []
    monkeypatch.setattr(Ends, "look", lambda _self, _levels, _shift, _now, end, _ignored: ends.append(end))
    eye, scalar = Detector(DetectionSettings(), "th-01", view()), Scalar("white-hot")
    for number in range(8 * 12):
        picture = grey(SCENE, dimmed if number >= 64 else line, number)
        assert picture.levels is not None
        frame = Frame(picture.levels, number, 100.0 + number / 8.0, START, key=number % 16 == 0)
        eye.judge(scalar.thermogram(frame), frame)
    assert ends[5] == pytest.approx(CLIPPED, abs=1.0)
    assert ends[-1] > CLIPPED + 1.0
