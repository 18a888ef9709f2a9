"""Above the skyline stands nothing of the zone: ground, hills and roofs lie below it, cranes and aircraft above."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from edged.geometry.skyline import ABOVE_DEG, skyline_deg
from tests.geometry.yard import building, hills, mount, site

POST = mount(height=45.0)
FARTHEST_DEG = -math.degrees(math.atan2(45.0, 3000.0))


def test_on_level_ground_it_is_the_zone_s_far_end() -> None:
    assert skyline_deg(site(POST), POST) == pytest.approx(FARTHEST_DEG + ABOVE_DEG, abs=0.05)


@pytest.mark.parametrize(("height_m", "higher"), [(6.0, False), (60.0, True)])
def test_a_roof_that_is_higher_raises_it(height_m: float, higher: bool) -> None:
    tall = site(POST, structures=(building("silo", 600.0, 0.0, 20.0, 20.0, height_m),))
    top = math.degrees(math.atan2(height_m - 45.0, 590.0))
    assert skyline_deg(tall, POST) == pytest.approx((top if higher else FARTHEST_DEG) + ABOVE_DEG, abs=0.06)


def test_no_ground_lies_above_it() -> None:
    hilly = site(POST, terrain=hills())
    limit = skyline_deg(hilly, POST)
    for east, north in ((800.0, 0.0), (-1500.0, 900.0), (200.0, -2500.0), (0.0, 2900.0)):
        _, elevation, _ = hilly.aim(hilly.post(POST), east, north, float(hilly.ground.height_m(east, north)))
        assert elevation < limit


def test_it_is_counted_as_the_head_counts_and_leans_with_the_mast() -> None:
    tilted = replace(POST, tilt_zero_deg=2.0)
    assert skyline_deg(site(tilted), tilted) == pytest.approx(skyline_deg(site(POST), POST) - 2.0)
    leaned = replace(POST, lean_deg=1.0, lean_azimuth_deg=90.0)
    assert skyline_deg(site(leaned), leaned) == pytest.approx(skyline_deg(site(POST), POST) + 1.0, abs=0.01)
