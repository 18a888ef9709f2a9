"""A vehicle's heat soaks from its stop on; what departs from that burns. What creeps, and what landed whole, is told from both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from edged.detector.course import creeps
from edged.model.frame import Thermogram
from edged.model.sighting import Sighting
from tests.detector.scenes import ACTIVE, SUSPECT, Array, detector, first_active, frames, hot, play, sums, view, yard

SCENE = yard(height=128, width=160)
X, Y = 90.0, 80.0
Course = Callable[[float], float]


def lorry(rise_k: Course, stops_s: float = 16.0) -> Callable[[Array, float], Array]:
    """A hot wheel drives in from the left and stops; `rise_k` of the seconds since then."""

    def at(heat: Array, t: float) -> Array:
        if t < 8.0:
            return heat
        x = X if t >= stops_s else 6.0 + (X - 6.0) * (t - 8.0) / (stops_s - 8.0)
        return hot(heat, x, Y, 2.0, rise_k(max(0.0, t - stops_s)))

    return at


def most_of(found: list[Sighting]) -> float:
    return max((value for value, _ in sums(found).values()), default=0.0)


def most(change: Callable[[Array, float], Array], seconds: float) -> float:
    return most_of(play(detector(), frames(SCENE, seconds, change, fps=2.0)))


def test_an_even_rise_from_the_stop_on_is_soak_and_one_that_begins_minutes_later_is_none() -> None:
    assert most(lorry(lambda t: 20.0 + 0.2 * t), 280.0) < ACTIVE
    late = play(detector(), frames(SCENE, 560.0, lorry(lambda t: 20.0 + 0.2 * max(0.0, t - 330.0)), fps=2.0))
    assert 330.0 < first_active(late) < 530.0


def test_what_stood_before_is_a_suspect_while_it_rises_and_not_while_it_stays() -> None:
    def warm(rise_k: Course) -> Callable[[Array, float], Array]:
        return lambda heat, t: hot(heat, X, Y, 2.0, 25.0 + rise_k(t))

    assert most(warm(lambda _: 0.0), 60.0) < SUSPECT
    assert SUSPECT <= most(warm(lambda t: 0.2 * t), 75.0) < ACTIVE


def test_it_is_followed_on_while_it_rises_and_an_alarm_when_it_keeps_its_pace() -> None:
    found = play(detector(), frames(SCENE, 220.0, lambda h, t: hot(h, X, Y, 2.0, 20.0 + 0.3 * max(0.0, t - 20.0)), fps=2.0))
    assert first_active(found) < 220.0
    assert len({s.track_id for s in found if s.log_likelihood > 0.0}) == 1, "it has one life"


def test_a_wheel_that_rises_on_a_warm_lorry_is_measured_by_itself() -> None:
    def parked(heat: Array, t: float) -> Array:
        lorry = heat.copy()
        lorry[72:84, 70:106] += np.float32(25.0)
        return hot(lorry, 76.0, 80.0, 2.0, 0.4 * max(0.0, t - 30.0))

    found = play(detector(), frames(SCENE, 220.0, parked, fps=2.0))
    assert first_active(found) < 220.0
    late = [s for s in found if s.mono_s > 100.0 + 100.0 and s.log_likelihood > 0.0]
    assert late
    assert all(abs(s.x_px - 76.0) < 2.0 and abs(s.y_px - 80.0) < 2.0 for s in late)


def test_what_comes_slowly_nearer_is_not_new_in_its_place() -> None:
    def nears(heat: Array, t: float) -> Array:
        return hot(heat, X, Y + 0.3 * (t - 8.0), 2.0, 40.0) if t >= 8.0 else heat

    assert most(nears, 40.0) < ACTIVE
    assert most(lambda h, t: hot(h, X, Y, 2.0, 40.0 * min(1.0, (t - 8.0) / 3.0)) if t >= 8.0 else h, 40.0) >= ACTIVE


def test_a_flame_that_grows_from_a_fixed_foot_does_not_creep() -> None:
    eye = detector()
    for _ in play(eye, frames(SCENE, 30.0, lambda h, t: hot(h, X, Y - 0.1 * t, 2.0 + 0.2 * t, 60.0), fps=4.0)):
        pass
    (scene,) = eye._scenes.values()
    (track,) = scene.tracks.live
    assert not creeps(track)


@pytest.mark.parametrize(
    ("rises_k", "falls_s", "alarms"),
    [((10, 10, 60, 60, 60), 0.0, False), ((8, 20, 60, 140, 300), 0.0, True), ((8, 20, 60, 140, 300), 0.02, False)],
    ids=["one step", "gains", "falls at each look"],
)
def test_from_look_to_look_what_gains_burns_and_not_one_step_nor_what_falls(rises_k: tuple[int, ...], falls_s: float, alarms: bool) -> None:
    eye, told = detector(absolute_limit_c=2000.0), []
    for number, rise_k in enumerate(rises_k):
        at, begins_s = 100.0 + 53.0 * number, 7.5 if number == 0 else 0.0
        eye.hold(view(generation=2 * number + 1, valid_from_s=at))
        told += play(eye, frames(SCENE, begins_s, from_s=at))
        warm = partial(lambda heat, t, k: hot(heat, X, Y, 2.0, k * (1.0 - falls_s * t)), k=rise_k)
        told += play(eye, frames(SCENE, 9.0 - begins_s, warm, from_s=at + begins_s))
        eye.drop("moving")
    assert (most_of(told) >= ACTIVE) is alarms


def test_a_box_that_was_seen_to_land_is_no_fire_by_what_of_it_stays_warm() -> None:
    def box(heat: Array, t: float) -> Array:
        warm = heat.copy()
        if t >= 8.0:
            wide, high = (14, 7) if t < 40.0 else (6, 4)
            warm[76 : 76 + high, 80 : 80 + wide] += np.float32(25.0)
        return warm

    assert most(box, 700.0) < ACTIVE


def test_of_many_that_began_at_once_one_that_flickers_is_let_go_of() -> None:
    shares = iter(np.random.default_rng(4).uniform(0.4, 1.6, 1000))

    def at_once(heat: Array, t: float) -> Array:
        warm = heat
        if t >= 8.0:
            for n in range(6):
                warm = hot(warm, 20.0 + 22.0 * n, 60.0 + 20.0 * (n % 2), 2.0 * (next(shares) if n == 3 else 1.0), 20.0)
        return warm

    found = play(detector(), frames(SCENE, 24.0, at_once, fps=8.0))
    last = {(round(s.x_px / 22.0), s.track_id): s for s in found}
    flickers = [s for s in last.values() if "flickering" in s.reasons_for]
    assert any("many_alike" in s.reasons_against for s in found)
    assert flickers
    assert all("many_alike" not in s.reasons_against for s in flickers)


@pytest.mark.parametrize(("rise_k", "alarms"), [(lambda t: 10.0 + 0.3 * t, False), (lambda t: 10.0 + 0.008 * t * t, True)])
def test_what_a_head_finds_when_it_comes_back_alarms_where_it_gains_and_not_where_it_rises_evenly(rise_k: Course, alarms: bool) -> None:
    eye = detector(absolute_limit_c=2000.0)
    play(eye, frames(SCENE, 10.0, fps=4.0))
    eye.drop("moving")
    eye.hold(view(generation=3, valid_from_s=160.0))
    found = play(eye, frames(SCENE, 75.0, lambda h, t: hot(h, X, Y, 2.5, rise_k(t)), from_s=160.0, fps=2.0))
    assert (first_active(found) < 75.0 + 60.0) is alarms
    assert most_of(found) >= SUSPECT


@pytest.mark.parametrize(("clipped", "settles"), [(False, True), (True, False)])
def test_what_ends_at_the_range_of_the_sensor_is_not_seen_to_settle(clipped: bool, settles: bool) -> None:
    """It rises for 20 s and is then as hot as the sensor can say."""
    eye = detector()
    for frame in frames(SCENE, 80.0, lambda heat, t: hot(heat, X, Y, 2.0, min(100.0, 5.0 * max(0.0, t - 10.0))), fps=4.0):
        over = frame.pixels > 100.0 if clipped else None
        eye.judge(Thermogram(frame.pixels, "radiometric", over_range=over), frame)
    (seen,) = eye._scenes.values()
    (track,) = [each for each in seen.tracks.live if not each.first_look]
    assert track.life.pace.settles is settles
