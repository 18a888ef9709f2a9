"""The rim round what is beyond the end of a grey scale tells by what factor it grew, and how that bends."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from edged.detector import candidates, standing
from edged.detector.endplace import EndPlace
from edged.detector.growth import grows, rises
from edged.detector.life import Life, Pace
from edged.detector.registration import moved
from edged.detector.rim import PASSES_S, Rim
from edged.detector.rims import GONE_S, Rims
from edged.detector.track import Sample, Track
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot
from tests.detector.scenes import HEIGHT, WIDTH, detector, first_active, frames, hot, play, yard
from tests.detector.test_flicker import STANDS

SIDE = 40
PLAIN = np.arange(256, dtype=np.float32)
Levels = npt.NDArray[np.uint8]
Heat = npt.NDArray[np.float64]


def wheel(strength: float, x: float = 20.0, y: float = 20.0) -> Heat:
    """Return what a wheel adds to a picture: a point's blur, levels over the ground."""
    ys, xs = np.mgrid[:SIDE, :SIDE]
    return np.asarray(strength * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2.0 * 1.4**2)))


def picture(heat: Heat, at_s: float, gain: float = 1.0, offset: float = 0.0) -> Levels:
    """Return (H, W) levels of ground at 120 with noise, cut off at the end of the scale."""
    noise = np.random.default_rng(int(10.0 * at_s)).normal(0.0, 1.0, heat.shape)
    return (gain * (120.0 + heat + noise) + offset).clip(0, 255).astype(np.uint8)


def watch(rim: Rim, course: Callable[[float], float], from_s: float, until_s: float, beside: Heat | float = 0.0) -> None:
    for at_s in np.arange(from_s, until_s, 2.0):
        rim.look(picture(wheel(course(float(at_s))) + beside, float(at_s)), PLAIN, 254.0, float(at_s))


def known(strength: float = 300.0) -> Rim:
    """Return a rim that has been watched for a minute."""
    rim = Rim((0, 0, SIDE, SIDE), 0.0)
    watch(rim, lambda _: strength, 0.0, 60.0)
    assert 0.9 < rim.factor < 1.1
    return rim


def test_what_grows_beyond_the_end_is_told_by_its_rim_and_keeps_its_pace() -> None:
    rim = known()
    watch(rim, lambda t: 300.0 + 3.0 * (t - 60.0), 60.0, 260.0)
    assert 2.0 < rim.factor < 4.5, "three times as strong"
    assert rim.grown
    assert rim.life.pace.keeps
    assert not rim.life.pace.settles


def test_what_soaks_settles_whatever_its_factor() -> None:
    rim, kept = known(), 0
    for n in range(10):
        begun_s = 60.0 + 60.0 * n
        watch(rim, lambda t: 300.0 + 600.0 * (1.0 - math.exp(-(t - 60.0) / 300.0)), begun_s, begun_s + 60.0)
        kept += rim.life.pace.keeps and begun_s >= 180.0
    assert rim.factor >= 1.8
    assert rim.life.pace.settles
    assert not kept


def test_what_passes_changes_nothing_and_what_stays_is_another_place() -> None:
    rim, lorry = known(), np.full((SIDE, SIDE), 30.0)
    lorry[:, 28:] = 0.0
    watch(rim, lambda _: 300.0, 60.0, 70.0, lorry)
    watch(rim, lambda _: 300.0, 70.0, 100.0)
    assert rim.began_s == 0.0
    assert 0.9 < rim.factor < 1.1
    watch(rim, lambda _: 300.0, 100.0, 100.0 + PASSES_S + 4.0, lorry)
    assert rim.began_s > 100.0, "it is watched anew"


def test_what_falls_from_one_look_to_the_next_is_hidden() -> None:
    rim, post = known(), np.zeros((SIDE, SIDE))
    post[18:23, 23:25] = -40.0
    watch(rim, lambda _: 300.0, 60.0, 90.0, post)
    assert rim.began_s > 60.0


def test_what_is_half_as_strong_again_at_once_is_something_else() -> None:
    rim = known()
    watch(rim, lambda _: 450.0, 60.0, 100.0)
    assert rim.began_s > 60.0
    assert rim.factor < 1.1


def test_the_gain_is_taken_out() -> None:
    rim = known()
    for at_s in np.arange(60.0, 120.0, 2.0):
        gain = 1.0 - 0.002 * (float(at_s) - 60.0)
        rim.look(picture(wheel(300.0), float(at_s), gain, 6.0), (PLAIN - 6.0) / np.float32(gain), 254.0, float(at_s))
    assert 0.85 < rim.factor < 1.15


def test_a_view_that_lies_elsewhere_is_watched_anew() -> None:
    rim = known()
    for at_s in np.arange(60.0, 80.0, 2.0):
        rim.look(picture(wheel(300.0), float(at_s)), PLAIN, 254.0, float(at_s), (0.4, 0.0))
    assert rim.began_s == 60.0


def place(looks: int, now_s: float) -> EndPlace:
    return EndPlace(1, (14, 14, 27, 27), 9.0, 9.0, 254.0, now_s, _here=looks)


def test_a_place_that_lasts_has_a_window_until_nothing_ends_there_and_what_has_grown_is_followed() -> None:
    rims = Rims()
    rims.look(picture(wheel(300.0), 0.0), PLAIN, (0.0, 0.0), 0.0, [place(3, 0.0)])
    assert rims.at(20.0, 20.0) is None, "it may pass"
    for at_s in range(1, 20):
        rims.look(picture(wheel(300.0), float(at_s)), PLAIN, (0.0, 0.0), float(at_s), [place(9, float(at_s))])
    rim = rims.at(20.0, 20.0)
    assert rim is not None
    assert rims.at(35.0, 20.0) is None
    mask = np.zeros((SIDE, SIDE), np.uint8)
    rims.add(mask, picture(wheel(300.0), 20.0), (0.0, 0.0))
    assert not mask.any()
    rim.factor = 1.4
    rims.add(mask, picture(wheel(300.0), 20.0), (0.0, 0.0))
    assert mask[20, 20] == 255
    assert mask[5, 5] == 0
    limit = np.full((SIDE, SIDE), 300.0, np.float32)
    assert rims.let_in(limit, (0.0, 0.0))[20, 20] < 0.0, "it needs not exceed what its place had"
    assert limit[20, 20] == rims.let_in(limit, (0.0, 0.0))[5, 5] == 300.0
    for at_s in range(20, 24 + round(GONE_S)):
        rims.look(picture(wheel(0.0), float(at_s)), PLAIN, (0.0, 0.0), float(at_s), [])
    assert rims.at(20.0, 20.0) is None


def test_a_head_that_turns_away_comes_back_beside() -> None:
    rims = Rims()
    rims.look(picture(wheel(300.0), 0.0), PLAIN, (0.0, 0.0), 0.0, [place(9, 0.0)])
    rims.rest()
    assert rims.at(20.0, 20.0) is None


def beyond(factor: float, pace: Pace, began_s: float = 0.0) -> Track:
    """A track of what ended the scale before it was followed, with a rim that was watched before."""
    spot = Hotspot(40.0, 30.0, (36, 26, 8, 8), 40, 255.0, 120.0, 1600.0, None, 40.0)
    track = Track(1, 0.0, True, False, spot, 900.0, seen=200, looks=200, known_since_s=850.0)
    track.samples.extend(Sample(900.0 - 0.5 * (39 - n), 40.0, 30.0, 40.0, 255.0, 1600.0, 1600.0) for n in range(40))
    track.rim = Rim((30, 20, 50, 40), began_s)
    track.rim.factor, track.rim.life = factor, Life(pace)
    return track


GREY = Thermogram(np.full((64, 80), 120.0, np.float32), "relative")


@pytest.mark.parametrize(
    ("factor", "pace", "began_s", "burns"),
    [
        (1.6, Pace(keeps=True, begun_s=700.0), 0.0, True),
        (1.3, Pace(keeps=True, begun_s=700.0), 0.0, False),
        (1.6, Pace(keeps=True, begun_s=700.0), 600.0, False),
        (3.2, Pace(keeps=True, begun_s=700.0), 600.0, True),
        (1.6, Pace(keeps=True, gains=True, begun_s=700.0), 500.0, True),
        (9.0, Pace(settles=True, begun_s=700.0), 0.0, False),
    ],
)
def test_what_its_rim_says_departs_from_soak_burns(factor: float, pace: Pace, began_s: float, burns: bool) -> None:
    track = beyond(factor, pace, began_s)
    assert grows(track, GREY, STANDS, 1.0, 900.0, licks=False) is burns
    assert not grows(track, GREY, STANDS._replace(held=True), 1.0, 900.0, licks=False)
    track.rim = None
    assert not grows(track, GREY, STANDS, 1.0, 900.0, licks=False)


@pytest.mark.parametrize(
    ("factor", "settles", "rising"), [(1.6, False, True), (1.4, False, False), (1.6, True, False)]
)  # fmt: skip
def test_what_its_rim_says_grew_rises(factor: float, settles: bool, rising: bool) -> None:
    track = beyond(factor, Pace(settles=settles))
    track.excused = True
    assert rises(track, GREY, STANDS) is rising
    assert track.spreads


@pytest.mark.parametrize(("factor", "learnt"), [(1.6, False), (1.1, True)])
def test_what_its_rim_says_grew_is_not_learnt_as_known_heat(factor: float, learnt: bool) -> None:
    track = beyond(factor, Pace())
    cell = np.zeros((16, 20), np.float32)
    look = standing.Look(cell, cell, None, (0.0, 0.0), 900.0, 24.0)
    assert standing.rises(track, look) is not learnt


@pytest.mark.parametrize(("sway_px", "looked"), [(0.0, True), (1.0, False)])
def test_rims_are_looked_at_where_the_view_stands_still(sway_px: float, looked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[float] = []
    monkeypatch.setattr(Rims, "look", lambda _self, _levels, _heats, _shift, now, *_rest: times.append(now))

    def sways(heat: npt.NDArray[np.float32], since_s: float) -> npt.NDArray[np.float32]:
        return moved(heat, 1.4 * sway_px * math.sin(2.9 * since_s), 0.0)

    play(detector(), frames(yard(), 24.0, sways, fps=4.0, grey=True), "white-hot")
    assert any(now >= 112.0 for now in times) is looked


def test_what_a_rim_lets_in_is_measured_against_that(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[bool] = []

    def let_in(_self: Rims, known: Heat, _shift: tuple[float, float]) -> Heat:
        return np.full_like(known, -np.inf)

    def find(*args: object) -> tuple[list[Hotspot], int]:
        found.append(isinstance(args[-1], np.ndarray) and bool(np.isneginf(args[-1]).all()))
        return [], 0

    monkeypatch.setattr(Rims, "let_in", let_in)
    monkeypatch.setattr(candidates, "find", find)
    play(detector(), frames(yard(), 20.0, lambda heat, t: hot(heat, 150.0, 120.0, 3.0, 60.0) if t > 15.0 else heat, grey=True), "white-hot")
    assert found
    assert all(found)


def test_a_wheel_among_others_that_end_the_scale_as_it_does_is_told_to_burn() -> None:
    def lorry(heat: npt.NDArray[np.float32], since_s: float) -> npt.NDArray[np.float32]:
        strong = 60.0 * (1.0 + max(0.0, since_s - 100.0) / 100.0)
        ys, xs = np.mgrid[:HEIGHT, :WIDTH]
        out = heat.copy()
        for x, rise_k in ((140.0, 60.0), (150.0, strong), (160.0, 60.0)):
            out += np.float32(rise_k) * np.exp(-((xs - x) ** 2 + (ys - 120.0) ** 2) / 2.0).astype(np.float32)
        return out

    when = first_active(play(detector(), frames(yard(), 330.0, lorry, fps=2.0, grey=True), "white-hot"))
    assert 110.0 < when < 300.0
