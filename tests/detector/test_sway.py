"""Sway of the mast is taken out of the bearing of each frame, and what is not known of it is part of the bearing's doubt."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edged.detector import evidence
from edged.detector.background import CELL, quarter_of
from edged.detector.registration import Shift, measure, moved, refine
from edged.detector.scalar import Scalar
from edged.detector.scene import ViewScene
from edged.detector.steadiness import Steadiness
from edged.detector.strength import Context
from edged.detector.sway import Offset, Sway
from edged.detector.track import Track
from edged.geometry import lens
from edged.model.frame import Thermogram
from edged.model.lens import Lens
from edged.model.sighting import Hotspot, Sighting
from tests.detector.scenes import HEIGHT, WIDTH, Array, detector, first_active, frames, hot, noise_bank, play, view, yard

AT = (180.0, 150.0)
IFOV = 24.0 / WIDTH


def swung(t: float) -> tuple[float, float]:
    """A mast in wind: two swings of about a second each axis, px."""
    return 3.0 * np.sin(5.3 * t + 0.7) + 1.0 * np.sin(8.9 * t), 1.6 * np.sin(4.1 * t + 2.0)


def burning(heat: Array, t: float) -> Array:
    return moved(hot(heat, *AT, 2.5, 50) if t >= 12 else heat, *swung(t))


def sightings(seconds: float = 40.0, noise: float = 0.13, grey: bool = False) -> list[Sighting]:
    eye, scalar = detector(report_s=0.2), Scalar("white-hot" if grey else "celsius")
    pictures = frames(yard(), seconds, burning, noise=noise, grey=grey)
    return [s for frame in pictures for s in eye.judge(scalar.thermogram(frame), frame)]


def off_px(told: list[Sighting]) -> np.ndarray:  # type: ignore[type-arg]
    truth = lens.direction(30.0, -3.0, *AT, WIDTH, HEIGHT, 24.0)
    return np.array([(s.pan_deg - truth[0], s.tilt_deg - truth[1]) for s in told]) / IFOV


@pytest.mark.parametrize("grey", [False, True])
def test_sway_leaves_the_bearing_and_the_mean_is_unbiased(grey: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [s for s in sightings(grey=grey) if s.mono_s > 125.0]
    assert len(told) >= 40
    corrected = off_px(told)
    monkeypatch.setattr(ViewScene, "offset", lambda *_: Offset())
    plain = off_px([s for s in sightings(grey=grey) if s.mono_s > 125.0])
    assert plain.std(axis=0).max() > 1.5, "the scene sways"
    assert plain.std(axis=0).max() > 10.0 * corrected.std(axis=0).max()
    assert np.abs(corrected.mean(axis=0)).max() < 0.2


def test_the_spot_stays_where_it_is_in_the_picture() -> None:
    for s in sightings(20.0):
        x, y = swung(s.mono_s - 100.0)
        assert (s.x_px, s.y_px) == pytest.approx((AT[0] + x, AT[1] + y), abs=1.0)


def test_doubt_covers_what_is_left() -> None:
    told = [s for s in sightings() if s.mono_s > 114.0]
    share = np.mean(np.abs(off_px(told)) * IFOV < 1.96 * np.array([[s.bearing_sigma_deg] for s in told]))
    assert share > 0.95


def test_unknown_shift_leaves_the_whole_spread_as_doubt() -> None:
    sway = Sway()
    assert sway.offset(Shift()) == Offset()
    for n in range(40):
        sway.look(Shift(3.0 * (-1) ** n, 0.0, known=True), float(n))
    assert sway.spread_px == pytest.approx(3.0)
    assert sway.offset(Shift()) == Offset(0.0, 0.0, 3.0)
    known = sway.offset(Shift(2.0, 1.0, known=True))
    assert (known.x_px, known.y_px) == pytest.approx((2.0, 1.0), abs=0.2)
    assert 0.3 < known.doubt_px < 1.0
    sway.arrive()
    assert sway.spread_px == 0.0, "another error of the preset is not sway"
    assert sway.offset(Shift(2.0, 0.0, known=True)).x_px == pytest.approx(2.0, abs=0.2), "… and is taken out"


@pytest.mark.parametrize(("x", "new"), [(7.0, False), (20.0, True)], ids=["beyond the rim", "within"])
def test_what_the_sway_lets_in_from_beyond_the_rim_is_not_new(x: float, new: bool) -> None:
    """The view is learnt from column 10 on, and later lies six columns farther left."""
    wide = hot(yard(height=128, width=180), x, 70.0, 1.5, 40.0 if not new else 0.0)

    def shown(_: Array, t: float) -> Array:
        lit = hot(wide, x, 70.0, 1.5, 40.0) if new and t >= 10.0 else wide
        return lit[:, 10:170] if t < 10.0 else lit[:, 4:164]

    found = play(detector(sway_deg=1.5), frames(wide[:, 10:170], 25.0, shown, fps=4.0))
    assert any(s.x_px < 20.0 and "new" in s.reasons_for for s in found) == new


def test_what_is_followed_in_a_view_that_sways_is_placed_by_the_shift_of_its_own_picture() -> None:
    for px, every_picture in ((0.5, False), (2.0, True)):
        steady = Steadiness()
        for n in range(40):
            steady.sway.look(Shift(px * (-1) ** n, 0.0, known=True), 60.0 + n)
        steady._looked_s = 100.0
        assert steady.due(100.125, idle=False, busy=False) == every_picture
        assert not steady.due(100.125, idle=True, busy=False)
        assert not steady.due(100.0, idle=False, busy=False), "looked at already"


def test_a_burst_of_looks_counts_once() -> None:
    sway = Sway()
    sway.look(Shift(0.0, 0.0, known=True), 0.0)
    for n in range(50):
        sway.look(Shift(9.0, 0.0, known=True), 1.0 + n / 1000)
    assert sway.offset(Shift(0.0, 0.0, known=True)).x_px > -9.0
    assert len(sway._recent) == 2


@pytest.mark.parametrize("gain", [1.0, 1.2])
def test_a_refined_shift_is_known_to_a_tenth_of_a_pixel_or_not_at_all(gain: float) -> None:
    scene, rng = yard(height=256, width=320), np.random.default_rng(4)
    reference, bank = quarter_of(scene), noise_bank(5, scene.shape, 0.13)
    errors = []
    for n in range(40):
        x, y = rng.uniform(-6, 6, 2)
        truck = scene.copy()
        truck[180:190, 5 * n : 5 * n + 24] += 6.0
        picture = quarter_of(moved(truck, x, y) * np.float32(gain) + np.float32(3.0 * (gain - 1.0)) + bank[n % 16])
        shift = refine(picture, reference, measure(picture, reference, CELL, 0.15), CELL)
        if shift.known:
            errors.append((shift.x_px - x, shift.y_px - y))
    assert len(errors) >= 34
    assert np.abs(errors).max() < 0.4
    assert np.std(errors) < 0.1


def test_nothing_is_refined_where_there_is_nothing() -> None:
    one, two = noise_bank(1, (128, 160), 0.1)[:2]
    assert not refine(one, two, Shift(), 4).known
    bars = np.tile(np.arange(160, dtype=np.float32) // 20 % 2 * 10, (128, 1))
    assert not refine(moved(bars, 0.5, 0.0), bars, Shift(known=True), 4).known, "bars say nothing of a shift along them"


def test_the_bearing_goes_through_the_views_lens() -> None:
    bent = Lens(k=(-0.2, 0.02), roll_deg=2.0, pan_off_deg=0.4, tilt_off_deg=-0.1)
    eye, scalar = detector(), Scalar("celsius")
    eye.hold(dataclasses.replace(view(generation=2), lens=bent))
    still = frames(yard(), 24, lambda heat, t: hot(heat, 40.0, 200.0, 2.5, 50) if t >= 8 else heat)
    told = [s for frame in still for s in eye.judge(scalar.thermogram(frame), frame)]
    want = lens.direction(30.0, -3.0, told[-1].x_px, told[-1].y_px, WIDTH, HEIGHT, 24.0, bent)
    assert (told[-1].pan_deg, told[-1].tilt_deg) == pytest.approx(want, abs=0.5 * IFOV)
    plain = lens.direction(30.0, -3.0, told[-1].x_px, told[-1].y_px, WIDTH, HEIGHT, 24.0)
    assert lens.separation_deg(*want, *plain) > 2 * IFOV


def test_a_fire_outside_the_range_of_a_wrong_distortion_is_still_told() -> None:
    eye, scalar = detector(), Scalar("celsius")
    eye.hold(dataclasses.replace(view(generation=2), lens=Lens(k=(-30.0,))))
    still = frames(yard(), 20, lambda heat, t: hot(heat, 20.0, 220.0, 2.5, 50) if t >= 8 else heat)
    assert [s for frame in still for s in eye.judge(scalar.thermogram(frame), frame)]


def swinging(scene: Array, t: float) -> Array:
    """Return the scene as a mast shows it that swings by 5 px and more."""
    x, y = swung(t)
    return np.roll(scene, (round(1.5 * y), round(1.5 * x)), (0, 1))


def test_a_fire_that_begins_in_a_view_that_sways_came_with_nothing() -> None:
    calm, burns = yard(), hot(yard(), *AT, 1.6, 60.0)
    found = play(detector(sway_deg=2.0), frames(calm, 52.0, lambda _, t: swinging(burns if t >= 40.0 else calm, t), fps=8.0))
    assert first_active(found) - 40.0 < 10.0
    assert not {"parked_vehicle", "drifting", "arrived_warm"} & {reason for s in found for reason in s.reasons_against}


def test_lamps_in_a_view_that_sways_are_not_new() -> None:
    lamps = yard()
    for x in (150.0, 164.0, 180.0):
        lamps = hot(lamps, x, 150.0, 1.4, 22.0)
    found = play(detector(sway_deg=2.0), frames(lamps, 40.0, lambda _, t: swinging(lamps, t), fps=8.0))
    assert found
    assert not any("new" in s.reasons_for for s in found)


def test_the_first_picture_of_a_source_in_a_view_that_sways_is_registered_itself() -> None:
    calm, burns = yard(), hot(yard(), *AT, 1.6, 60.0)
    for begins_s in (30.375, 31.625, 32.875):
        eye = detector(sway_deg=2.0)
        play(eye, frames(calm, begins_s + 0.125, lambda _, t, at=begins_s: swinging(burns if t >= at else calm, t), fps=8.0))
        (seen,) = eye._scenes.values()
        (track,) = [each for each in seen.tracks.live if not each.first_look]
        assert track.born_s == seen._steady._looked_s == 100.0 + begins_s


def test_in_a_view_that_sways_a_place_is_as_warm_as_its_neighbours() -> None:
    eye = detector(sway_deg=2.0)
    play(eye, frames(yard(), 3.0, fps=4.0))
    (seen,) = eye._scenes.values()
    assert seen.background is not None
    seen.background.peak[30, 40], seen.background.peak[30, 41] = 20.0, 45.0
    spot = Hotspot(162.0, 122.0, (161, 121, 3, 3), 9, 50.0, 12.0, 300.0, None, 9.0)
    assert seen._ground.level(spot) == 20.0
    for n in range(8):
        seen._steady.sway.look(Shift(3.0 * (-1) ** n, 0.0, known=True), 110.0 + n)
    assert seen._ground.level(spot) == 45.0


def test_while_a_view_is_learnt_half_of_a_rise_that_was_there_is_all_of_it() -> None:
    eye = detector()
    play(eye, frames(yard(), 3.0, fps=4.0))
    (seen,) = eye._scenes.values()
    assert seen.background is not None
    assert seen.learning
    seen.background.peak[27:34, 37:44] = 26.0
    spot = Hotspot(162.0, 122.0, (161, 121, 3, 3), 9, 36.0, 12.0, 200.0, None, 9.0)
    assert seen._was_there(110.0, 5.0)(spot)
    assert not seen._was_there(110.0, 5.0)(replace(spot, peak=60.0))
    seen._learnt = True
    assert not seen._was_there(110.0, 5.0)(spot)


@pytest.mark.parametrize("sways", [True, False])
def test_what_is_weighed_knows_by_how_much_the_view_sways(sways: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    known, weigh = list[float](), evidence.weigh

    def spy(track: Track, thermogram: Thermogram, context: Context, *rest: Any) -> None:
        known.append(context.sway_px)
        weigh(track, thermogram, context, *rest)

    monkeypatch.setattr(evidence, "weigh", spy)
    play(detector(), frames(yard(), 20.0, burning if sways else lambda heat, t: hot(heat, *AT, 2.5, 50) if t >= 12 else heat))
    assert (known[-1] > 1.0) is sways
    assert sways or known[-1] < 0.3
