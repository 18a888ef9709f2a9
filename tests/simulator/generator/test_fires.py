"""What burns: pure in time, absent before its start, growing as it should; and EDWIN's field check."""

from __future__ import annotations

import pytest

from edged.simulator.generator.edwin import check
from edged.simulator.generator.fires import EmberBed, GrowingFire, Point, Seen, Smoulder
from edged.simulator.generator.patch import Stimulus
from edged.simulator.generator.vehicle import IGNITION_C, VehicleFire, size_of

SEEN = Seen(80.0, 64.0, 800.0, 0.24)
ALL: tuple[Stimulus, ...] = (
    GrowingFire(SEEN, 10.0, "medium"), Smoulder(SEEN, 10.0, 3.0), EmberBed(SEEN, 10.0), VehicleFire(SEEN, 10.0),
    Point(80.0, 64.0, 10.0, 0.1),
)  # fmt: skip


@pytest.mark.parametrize("stimulus", ALL, ids=lambda stimulus: stimulus.kind)
def test_the_same_time_shows_the_same_and_nothing_is_there_before_its_start(stimulus: Stimulus) -> None:
    late = stimulus.patches(200.0)
    assert stimulus.burns
    assert late
    assert not stimulus.patches(9.9)
    assert stimulus.patches(50.0)
    assert stimulus.patches(200.0) == late


def test_a_growing_fire_releases_heat_by_the_square_of_time_and_its_bed_is_opaque() -> None:
    fire = GrowingFire(SEEN, 10.0, "medium", max_kw=300.0)
    assert fire.heat_kw(110.0) == pytest.approx(117.0)
    assert fire.heat_kw(5.0) == 0.0
    assert fire.heat_kw(1000.0) == 300.0
    bed, flame, tip = fire.patches(110.0)
    assert bed.reflected_c is not None
    assert flame.reflected_c is None
    assert tip.reflected_c is None
    assert flame.y_px < bed.y_px <= 64.0
    assert tip.y_px < flame.y_px
    heights = {round(fire.patches(110.0 + n / 10.0)[1].height_px, 3) for n in range(10)}
    assert len(heights) > 5


def test_metres_become_pixels_by_range_and_lens() -> None:
    near, far = (Smoulder(Seen(0, 0, range_m, 0.24), 0.0, 5.0).patches(60.0)[0] for range_m in (400.0, 800.0))
    assert near.width_px == pytest.approx(0.3 / 0.4 / 0.24)
    assert near.width_px == pytest.approx(2 * far.width_px)
    assert near.temp_c == pytest.approx(20.0)


def test_a_vehicle_smoulders_first_and_is_under_a_megawatt_until_its_load_takes_part() -> None:
    fire = VehicleFire(SEEN, 10.0)
    assert fire.temp_c(10.0) == pytest.approx(15.0)
    assert fire.temp_c(fire.flame_s) == pytest.approx(IGNITION_C)
    assert 4 * 60 < fire.flame_s - 10.0 < 8 * 60
    assert fire.temp_c(130.0) - fire.temp_c(70.0) == pytest.approx(2 * (fire.temp_c(70.0) - fire.temp_c(10.0)))
    assert fire.heat_kw(fire.flame_s - 1.0) == 0.0
    assert len(fire.patches(fire.flame_s - 1.0)) == 1
    assert 100.0 < fire.heat_kw(fire.flame_s + 140.0) < 400.0
    assert fire.heat_kw(fire.flame_s + 300.0) > 1000.0
    assert size_of(400.0).heat_kw == pytest.approx(400.0)


def test_the_generator_reads_what_edwin_read_within_15_k() -> None:
    assert [round(each.range_m) for each in check()] == [463, 832]
    assert all(each.met for each in check())
