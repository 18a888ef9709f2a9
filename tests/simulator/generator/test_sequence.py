"""Sequences: the truth about what burns, and frames as a sensor makes them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edged.simulator.generator.background import Background, flat, rendered
from edged.simulator.generator.fires import EmberBed, Point, Seen
from edged.simulator.generator.gain import GainControl
from edged.simulator.generator.patch import Patch
from edged.simulator.generator.sensor import Output, Sensor
from edged.simulator.generator.sequence import Sequence

QUIET = Sensor(output="celsius", netd_mk=0.0, pattern_mk=0.0)
FLAT = flat(20.0, 160, 128)
FIRE = EmberBed(Seen(80.0, 60.0, 200.0, 0.24), 3.0, spread_s=2.0)


def test_nothing_rises_before_the_fire_and_it_is_visible_where_it_burns() -> None:
    sequence = Sequence(FLAT, (FIRE,), QUIET, seconds=8.0)
    assert not sequence.rise(2.9).any()
    assert not sequence.visible(2.9)
    first = sequence.first_visible_s()
    assert 3.0 < first <= 5.0
    assert sequence.visible(7.0)
    rise = sequence.rise(7.0)
    y, x = np.unravel_index(int(np.argmax(rise)), rise.shape)
    assert abs(x - 80) <= 3
    assert abs(y - 57) <= 3
    assert np.allclose(sequence.clean(7.0) - FLAT.celsius, rise, atol=1e-3)
    assert Sequence(FLAT, (), QUIET).first_visible_s() == float("inf")


def test_what_is_hot_and_does_not_burn_is_no_rise_but_hides_and_roughens_what_burns() -> None:
    engine = Engine()
    alone, both = Sequence(FLAT, (engine,), QUIET), Sequence(FLAT, (FIRE, engine), QUIET)
    assert not alone.rise(7.0).any()
    assert both.rise(7.0)[57, 80] < 30.0 < Sequence(FLAT, (FIRE,), QUIET).rise(7.0)[57, 80]
    assert not both.visible(7.0)
    assert both.cause(80.0, 57.0, 7.0) is FIRE
    assert both.cause(80.0, 57.0, 2.0) is engine


class Engine:
    """Something hot that does not burn and stands before the fire."""

    kind, burns = "engine", False

    def patches(self, t_s: float) -> tuple[Patch, ...]:
        return (Patch(80.0, 57.0, 30.0, 30.0, 90.0, 100.0),)


def test_clutter_hides_what_is_not_much_hotter() -> None:
    rough = Background("rough", "rough", False, FLAT.celsius + np.random.default_rng(1).normal(0, 60, (128, 160)).astype(np.float32))
    assert rough.clutter_k(80, 60) == pytest.approx(60.0, rel=0.15)
    assert FLAT.clutter_k(80, 60) == 0.0
    point = Point(80.0, 60.0, 0.0, 3.0, 120.0)
    assert Sequence(FLAT, (point,), QUIET).visible(1.0)
    assert not Sequence(rough, (point,), QUIET).visible(1.0)


def test_an_alarm_is_about_what_stands_there() -> None:
    sequence = Sequence(FLAT, (FIRE,), QUIET)
    assert sequence.cause(84.0, 62.0, 7.0) is FIRE
    assert sequence.cause(84.0, 62.0, 2.0) is None
    assert sequence.cause(130.0, 62.0, 7.0) is None


def test_frames_come_in_time_with_noise_of_the_sensor_and_are_the_same_for_a_seed() -> None:
    sensor = Sensor(output="celsius", netd_mk=50.0, pattern_mk=0.0)
    frames = list(Sequence(FLAT, (), sensor, fps=4.0, seconds=2.0, seed=5))
    assert [frame.mono_s for frame in frames] == [100.0 + n / 4 for n in range(8)]
    assert [frame.index for frame in frames] == list(range(8))
    assert float(np.std(frames[1].pixels.astype(float) - frames[2].pixels)) == pytest.approx(0.05 * 2**0.5, rel=0.05)
    again, other = (next(iter(Sequence(FLAT, (), sensor, seed=seed))) for seed in (5, 6))
    assert np.array_equal(again.pixels, frames[0].pixels)
    assert not np.array_equal(other.pixels, frames[0].pixels)


def test_a_flat_field_pause_stands_still_and_leaves_another_level() -> None:
    sensor = Sensor(output="celsius", netd_mk=40.0, flat_field_s=2.0, pause_s=0.8, step_k=2.0)
    frames = [frame.pixels for frame in Sequence(FLAT, (), sensor, fps=10.0, seconds=6.0, seed=3)]
    still = [np.array_equal(a, b) for a, b in itertools.pairwise(frames)]
    assert 7 <= still.index(False, still.index(True)) - still.index(True) <= 9
    levels = [float(np.mean(frame.astype(float))) for frame in frames]
    assert max(abs(b - a) for a, b in itertools.pairwise(levels)) > 0.2


def test_sway_moves_the_still_and_what_is_in_it_together() -> None:
    point, sensor = Point(80.0, 60.0, 0.0, 3.0), Sensor(output="celsius", netd_mk=0.0, pattern_mk=0.0, sway_deg=0.05)
    spotted = FLAT.celsius.copy()
    spotted[100:103, 20:23] = 90.0
    places = []
    for frame in Sequence(Background("spot", "spot", False, spotted), (point,), sensor, fps=2.0, seconds=5.0):
        hot = np.maximum(frame.pixels.astype(float) - 25.0, 0.0)
        ys, xs = np.mgrid[0:128, 0:160]
        places.append([(xs * part).sum() / part.sum() for part in (np.where(ys < 80, hot, 0.0), np.where(ys > 80, hot, 0.0))])
    moved = np.array(places) - np.array([80.0, 21.0])
    assert np.ptp(moved[:, 0]) > 0.5
    assert np.abs(moved).max() < 4.0
    assert np.abs(moved[:, 0] - moved[:, 1]).max() < 0.35


@pytest.mark.parametrize(("output", "sign"), [("white-hot", 1), ("black-hot", -1)])
def test_grey_follows_heat_and_survives_the_codec(output: Output, sign: int) -> None:
    still = Background("ramp", "ramp", False, np.tile(np.linspace(10, 40, 160, dtype=np.float32), (128, 1)))
    for kbps in (None, 2000):
        frames = list(Sequence(still, (), Sensor(output=output, kbps=kbps), fps=8.0, seconds=1.5))
        assert len(frames) >= 10
        assert frames[0].key
        assert frames[-1].pixels.dtype == np.uint8
        columns = sign * frames[-1].pixels[10:100, 8:152:16].astype(float).mean(axis=0)
        assert (np.diff(columns) > 10).all()


def test_ranges_end_and_centikelvin_are_kelvin() -> None:
    point = Point(80.0, 60.0, 0.0, 8.0)
    sensor = Sensor(netd_mk=0.0, pattern_mk=0.0, range_end_c=150.0, low_gain_s=1.0, low_end_c=350.0)
    frames = [frame.pixels for frame in Sequence(FLAT, (point,), sensor, fps=2.0, seconds=2.0)]
    assert frames[0].dtype == np.uint16
    assert int(frames[0].max()) == 42315
    assert int(frames[3].max()) == 62315
    assert int(np.median(frames[0].astype(float))) == pytest.approx(29315, abs=1)


def test_a_flame_crushes_the_scene_where_the_span_goes_to_the_extremes() -> None:
    hot = FLAT.celsius + np.linspace(0, 10, 160, dtype=np.float32)
    burning = hot.copy()
    burning[40:43, 40:43] = 600.0
    spans = []
    for control in ("percentile", "span"):
        grey = GainControl(control, 0.0, 0.0, 8.0).grey(burning, 0.0)
        spans.append(int(grey[80].max()) - int(grey[80].min()))
    assert spans[0] > 100
    assert spans[1] < 6
    equal = GainControl("plateau", 0.0, 0.0, 8.0).grey(hot, 0.0)[80].astype(int)
    assert (np.diff(equal) >= 0).all()
    assert equal[-1] - equal[0] > 200


def test_a_rendered_yard_is_a_background_of_its_own_site() -> None:
    yard = rendered(3)
    assert yard.celsius.shape == (512, 640)
    assert (yard.site, yard.tier) == ("yard-3", "synthetic")
    assert 5 < np.median(yard.celsius) < 20
