"""The clutter bank: every kind is pure in time and there only in its span; courses and ways obey physics."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from edged.simulator.fire import KW_PER_S2
from edged.simulator.generator.clutter.bank import KINDS, build
from edged.simulator.generator.clutter.body import Body, Happening, Sprite
from edged.simulator.generator.clutter.course import Bursts, Chopped, Cycle, Pulse, Soak, Unsteady
from edged.simulator.generator.clutter.day import Day, Weather
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.clutter.trailer import TrailerFire, rim_parts
from edged.simulator.generator.patch import Patch

LAW: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "scripts" / "benches" / "laws" / "quiet.yaml").read_text())
OUTLOOK = Outlook()
SEEDS = range(3)


def one(kind: str, seed: int = 0, at_s: float = 100.0, outlook: Outlook = OUTLOOK, **ranges: Any) -> Happening:
    return build(kind, np.random.default_rng(seed), outlook, {**LAW["kinds"][kind]["draw"], **ranges}, at_s)


def test_the_law_names_each_kind_of_the_bank_and_no_other() -> None:
    assert set(LAW["kinds"]) == set(KINDS)
    assert {of["hours"] for of in LAW["kinds"].values()} <= set(LAW["hours"])
    assert all(len(hours) == 24 for hours in LAW["hours"].values())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_is_pure_in_time_and_there_only_in_its_span(kind: str) -> None:
    for seed in SEEDS:
        thing = one(kind, seed)
        assert thing.kind == kind
        assert not thing.burns
        assert not thing.patches(thing.from_s - 0.01)
        assert not thing.patches(thing.until_s)
        assert all(thing.from_s - 1e-6 <= moment <= thing.until_s + 1e-6 for moment in thing.moments_s)
        times = [float(t) for t in np.linspace(thing.from_s, thing.until_s, 40, endpoint=False)]
        forth = [thing.patches(t) for t in times]
        assert list(reversed([thing.patches(t) for t in reversed(times)])) == forth
        assert one(kind, seed).patches(times[20]) == forth[20]
        assert any(forth)
        for patch in itertools.chain(*forth):
            assert patch.width_px > 0.0
            assert patch.height_px > 0.0
            assert math.isfinite(patch.x_px + patch.y_px + patch.range_m)
            assert -80.0 < patch.temp_c <= 2200.0
            assert 0.0 < patch.emissivity <= 1.0


def test_a_range_that_the_law_lacks_is_named() -> None:
    with pytest.raises(KeyError, match="smokes_s"):
        build("cigarette", np.random.default_rng(0), OUTLOOK, {"range_m": [300, 400]}, 0.0)


def test_a_rim_rises_for_many_minutes_after_the_stop_and_then_cools() -> None:
    for fast_s, slow_s in ((240.0, 2400.0), (480.0, 5000.0), (720.0, 7200.0)):
        soak = Soak(15.0, 25.0, 80.0, fast_s, slow_s, 1000.0, 20000.0)
        times = np.arange(1000.0, 20000.0, 30.0)
        temps = np.array([soak.at(float(t)) for t in times])
        peak_s = float(times[temps.argmax()]) - 1000.0
        assert soak.at(0.0) == soak.at(1000.0) == pytest.approx(40.0)
        assert 480.0 <= peak_s <= 2400.0
        assert temps.max() > 60.0
        assert (np.diff(temps[temps.argmax() :]) < 0.0).all()
    assert soak.at(20000.0 + 1500.0) == pytest.approx(40.0, abs=0.1)


def test_a_thermostat_comes_back_each_period_and_a_pulse_cools_from_where_it_came() -> None:
    cycle = Cycle(20.0, 200.0, 120.0, 20.0, 40.0, 7.0)
    assert cycle.at(300.0) == pytest.approx(cycle.at(420.0))
    assert cycle.at(26.99) > cycle.at(7.01) + 30.0
    for t in (7.0, 27.0, 127.0):
        assert cycle.at(t - 1e-6) == pytest.approx(cycle.at(t + 1e-6), abs=1e-3)
    pulse = Pulse(15.0, 500.0, 100.0, 600.0, 120.0, 300.0)
    assert pulse.at(99.0) == 15.0
    assert pulse.at(699.999) == pytest.approx(pulse.at(700.001), abs=0.01)
    assert pulse.at(1000.0) == pytest.approx(15.0 + (pulse.at(700.0) - 15.0) / math.e, abs=0.1)


def test_arcs_are_at_work_in_their_share_of_steps_and_bursts() -> None:
    arc = Chopped(20.0, 1800.0, 0.125, 0.7, 5)
    on = np.mean([arc.at(n * 0.125) > 1000.0 for n in range(4000)])
    assert on == pytest.approx(0.7, abs=0.03)
    bursts = np.mean([Bursts(arc, 20.0, 0.5).at(n * 0.125) > 1000.0 for n in range(20000)])
    assert bursts == pytest.approx(0.35, abs=0.08)
    swing = [Unsteady(Pulse(15.0, 115.0, 0.0, 1e9, 1.0, 1.0), 15.0, 0.4, 0.5, 0.3).at(t / 10.0) for t in range(200, 400)]
    assert 55.0 <= min(swing) < 80.0
    assert 150.0 < max(swing) <= 155.0


def test_the_ground_of_a_picture_ends_at_its_lower_edge_and_a_metre_shrinks_with_range() -> None:
    assert OUTLOOK.row(OUTLOOK.nearest_m) == pytest.approx(511.0, abs=2.0)
    assert OUTLOOK.row(1e9) == pytest.approx(255.5 - 3.0 / 17.5 * 640.0, abs=0.1)
    assert OUTLOOK.metre_px(1000.0) == pytest.approx(640.0 / (1000.0 * math.radians(17.5)))


def test_a_lorry_comes_stands_still_and_goes() -> None:
    for seed in range(6):
        thing = one("lorry_parks", seed, behind_stack=[0.0], stay_s=[600, 900])
        body = thing.bodies[0]
        assert isinstance(body, Body)
        came, stops, goes, gone = thing.moments_s
        assert came == 100.0
        assert body.spot(stops + 1.0) == body.spot(goes - 1.0)
        assert not any(0.0 < patch.x_px < 640.0 for patch in thing.patches(came))
        assert all(-20.0 < patch.x_px < 660.0 for patch in thing.patches(stops + 1.0))
        steps = [body.spot(float(t)) for t in np.arange(came, gone, 0.25)]
        places = [spot.x_px for spot in steps if spot is not None]
        fastest = 8.0 * OUTLOOK.metre_px(steps[0].range_m if steps[0] else 1.0) * 0.25
        assert max(abs(b - a) for a, b in itertools.pairwise(places)) <= 1.05 * fastest
        last = [body.spot(stops - back) for back in (2.0, 1.0, 0.0)]
        way = [spot.x_px for spot in last if spot is not None]
        assert abs(way[2] - way[1]) < 0.5 * abs(way[1] - way[0])


def test_a_lorry_from_behind_a_stack_comes_into_sight_part_by_part() -> None:
    thing = next(thing for seed in range(30) if (thing := one("lorry_parks", seed, behind_stack=[1.0])))
    body = thing.bodies[0]
    assert isinstance(body, Body)
    left, right = body.between_px
    shown = [thing.patches(t) for t in np.linspace(thing.moments_s[0], thing.moments_s[1], 30)]
    assert not shown[0]
    assert 0 < len(shown[12]) <= len(shown[-1])
    assert all(left - 1e-6 <= p.x_px - p.width_px / 2 and p.x_px + p.width_px / 2 <= right + 1e-6 for p in itertools.chain(*shown))


def test_a_hot_wheel_is_its_excess_over_its_neighbours() -> None:
    thing = one("hot_wheel", 4, hot_wheel_k=[80, 80], stay_s=[4000, 4000])
    body = thing.bodies[0]
    assert isinstance(body, Body)
    temps = sorted(body.parts[n].course.at(thing.moments_s[1] + 1200.0) for n in rim_parts(thing))
    assert temps[2] - temps[1] > 40.0
    assert temps[1] - temps[0] < 40.0


def test_a_glint_slides_with_the_sun_and_an_insect_is_over_within_a_second() -> None:
    glint = one("glint", 1, lasts_s=[120, 120]).bodies[0]
    assert isinstance(glint, Sprite)
    moved = math.hypot(glint.end_px[0] - glint.start_px[0], 2.0 * (glint.end_px[1] - glint.start_px[1]))
    assert moved * math.degrees(OUTLOOK.ifov_rad) == pytest.approx(2 * 0.25, rel=0.01)
    insect = one("insect", 1)
    assert insect.on_window
    assert insect.until_s - insect.from_s < 1.0


def fire_at(seed: int) -> TrailerFire:
    lorry = one("lorry_parks", seed, at_s=0.0, stay_s=[9000, 9000], range_m=[1200, 1200])
    stop_s = lorry.moments_s[1]
    return TrailerFire(lorry, rim_parts(lorry)[1], stop_s + 600.0, stop_s + 1200.0, "fast", 5000.0, 360.0, 280.0, 2.0)


def test_a_trailer_leaves_its_soak_ignites_at_the_wheel_and_grows() -> None:
    fire = fire_at(3)
    body = fire.lorry.bodies[0]
    assert isinstance(body, Body)
    assert fire.burns
    assert not fire.patches(fire.smoulder_s - 0.1)
    rim = body.parts[fire.rim_part]
    sound = Patch(0, 0, 1, 1, rim.course.at(fire.smoulder_s), 0)
    tyre, hub = fire.patches(fire.smoulder_s)
    assert hub.temp_c == pytest.approx(sound.temp_c)
    assert fire.patches(fire.smoulder_s + 300.0)[1].temp_c > rim.course.at(fire.smoulder_s + 300.0) + 30.0
    assert [round(patch.temp_c) for patch in fire.patches(fire.ignition_s - 1e-3)] == [280, 360]
    flames = fire.patches(fire.ignition_s + 60.0)[2:]
    assert all(abs(patch.x_px - hub.x_px) < 4.0 and patch.y_px < tyre.y_px + 2.0 for patch in flames)
    assert fire.heat_kw(fire.ignition_s - 1.0) == 0.0
    assert fire.heat_kw(fire.ignition_s + math.sqrt(1000.0 / KW_PER_S2["fast"])) == pytest.approx(1000.0)


def test_a_day_is_warmest_after_noon_coldest_before_dawn_and_roofs_follow_late() -> None:
    weather = Weather(15.0, 4.0, 15.0, (6.0, 18.0), 20.0, -3.0, 2400.0, 0.5, ((600.0, 0.0), (900.0, 1.0)))
    still = np.repeat(np.linspace(10.0, 20.0, 32, dtype=np.float32)[:, None], 40, axis=1)
    day = Day(still, weather, 8.0, 1)
    noon, night = day.celsius(12.7 * 3600.0), day.celsius(4.0 * 3600.0)
    assert (noon[16:] > night[16:] + 4.0).all()
    assert np.ptp((noon - night)[16:]) > 3.0
    assert weather.air(15 * 3600.0) == pytest.approx(19.0)
    assert weather.sun(3 * 3600.0) == 0.0
    assert weather.load(6.1 * 3600.0) == pytest.approx(-3.0)
    assert 0.0 <= min(weather.shade(t) for t in range(0, 4000, 50)) <= max(weather.shade(t) for t in range(0, 4000, 50)) <= 0.5
    assert np.abs(day.celsius(40000.0) - day.celsius(40010.0)).max() < 0.5
    assert (day.celsius(40000.0) == day.celsius(40000.0)).all()
