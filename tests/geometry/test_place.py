"""One lookout: known answers, honest shapes, façades, mirrors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import head
from edged.geometry.earth import distance_m, enu_m
from edged.geometry.place import SOURCE_HEIGHT_M, floor_of, locate
from edged.geometry.site import SiteModel
from edged.model.place import IgnitionPoint
from edged.model.site import Mount
from tests.geometry.yard import LAT, LON, at, building, hills, mount, site, water


def look(model: SiteModel, post: Mount, east: float, north: float, above_m: float = SOURCE_HEIGHT_M, sigma: float = 0.05) -> IgnitionPoint:
    """Locate what is really at a place."""
    angles = head.to_head(post, *model.direction_to(post, *at(east, north), above_m))
    return locate(model, post, *angles, sigma)


@given(st.floats(300, 2000), st.floats(0, 359), st.floats(-90, 90), st.floats(-2, 2))
@settings(deadline=None)
def test_one_lookout_finds_its_own_ray(range_m: float, azimuth: float, zero: float, tilt_zero: float) -> None:
    post = mount(height=80.0, azimuth_deg=zero, tilt_zero_deg=tilt_zero)
    a = math.radians(azimuth)
    east, north = range_m * math.sin(a), range_m * math.cos(a)
    found = look(site(post), post, east, north)
    assert distance_m(*at(east, north), found.lat_wgs84, found.lon_wgs84) < 0.01 * range_m / 300
    assert (found.ellipse is None) != (found.interval is None)


def test_on_terrain() -> None:
    post = mount(height=60.0)
    model = site(post, terrain=hills())
    for a in np.linspace(0, 6, 20):
        east, north = 900 * math.sin(a), 900 * math.cos(a)
        if model.sees(post, *at(east, north)) is not None:
            continue
        found = look(model, post, east, north)
        assert distance_m(*at(east, north), found.lat_wgs84, found.lon_wgs84) < 10.0


def test_far_from_a_low_mast_an_interval_stands_for_the_ellipse() -> None:
    post = mount(height=30.0)
    found = look(site(post), post, 0.0, 2800.0, sigma=0.1)
    assert found.method == "bearing_only"
    assert found.ellipse is None
    assert found.interval is not None
    assert found.interval.near_m < 2800 < found.interval.far_m


def test_a_poor_calibration_gives_an_interval_where_a_good_one_gives_an_ellipse() -> None:
    poor, good = mount(sigma_deg=0.4), mount(sigma_deg=0.02)
    assert look(site(poor), poor, 0.0, 1500.0).interval is not None
    assert look(site(good), good, 0.0, 1500.0).ellipse is not None


def test_over_the_horizon_is_a_bearing() -> None:
    post = mount()
    found = locate(site(post), post, 45.0, 2.0, 0.1)
    assert found.method == "bearing_only"
    assert found.interval is not None
    assert found.interval.azimuth_deg == pytest.approx(45.0)
    assert found.surface is None


def test_ellipse_grows_with_the_doubt_of_the_mount_and_lies_along_the_ray() -> None:
    sure, doubtful = mount(sigma_deg=0.02), mount(sigma_deg=0.08)
    small, large = (look(site(m), m, 0.0, 700.0).ellipse for m in (sure, doubtful))
    assert small is not None
    assert large is not None
    assert large.semi_major_m > 1.2 * small.semi_major_m
    assert large.semi_minor_m > 1.2 * small.semi_minor_m
    assert min(large.azimuth_deg, 180 - large.azimuth_deg) < 2.0


class TestFacade:
    """A hot spot on a wall."""

    def test_building_side_floor_and_height(self) -> None:
        post = mount(sigma_deg=0.05)
        model = site(post, structures=(building("w1", 0, 820, 20, 20, 24.0, floors=6), building("w2", 70, 820, 20, 20, 24.0)))
        found = look(model, post, 5.0, 800.0, 18.0)
        assert (found.surface, found.structure_id, found.side, found.floor) == ("facade", "w1", "S", 5)
        assert found.height_m == pytest.approx(18.0, abs=0.3)
        assert found.ellipse is not None
        assert found.ellipse.semi_minor_m < 5.0

    def test_at_the_edge_of_a_wall_the_doubt_reaches_behind_it(self) -> None:
        post = mount(sigma_deg=0.1)
        model = site(post, structures=(building("w1", 0, 820, 20, 20, 24.0),))
        found = look(model, post, 19.6, 800.0, 12.0)
        assert found.interval is not None
        assert found.interval.near_m < 805
        assert found.interval.far_m > 900

    def test_roof(self) -> None:
        post = mount(height=80.0, sigma_deg=0.02)
        model = site(post, structures=(building("w1", 0, 500, 40, 40, 24.0),))
        found = look(model, post, 0.0, 505.0, 24.0 + SOURCE_HEIGHT_M)
        assert (found.surface, found.structure_id, found.height_m) == ("roof", "w1", 24.0)

    def test_floors(self) -> None:
        assert [floor_of(h, 24.0, 6) for h in (-0.5, 0.0, 3.9, 4.1, 23.9, 26.0)] == [1, 1, 1, 2, 6, 6]
        assert floor_of(8.0, 24.0, None) == 3


class TestMirror:
    """Nothing is located on water or glass."""

    def test_an_image_on_water_is_followed_to_its_source(self) -> None:
        """Virtual image: a source 17 m up at 990 m mirrored in level water lies 17 m below it, and the ray meets the water on the way."""
        post = mount(sigma_deg=0.02)
        model = site(post, structures=(building("crane", 700, 700, 10, 10, 40.0),), surfaces=(water(500, 500, 150, 150),))
        found = look(model, post, 694.0, 690.0, -17.0)
        assert found.mirrored
        assert (found.surface, found.structure_id) == ("facade", "crane")
        assert found.height_m == pytest.approx(17.0, abs=1.0)

    def test_an_image_of_nothing_known_is_a_bearing_beyond_the_water(self) -> None:
        post = mount()
        model = site(post, surfaces=(water(500, 500, 150, 150),))
        found = look(model, post, 500.0, 500.0, 0.0)
        east, north, _ = enu_m(LAT, LON, found.lat_wgs84, found.lon_wgs84)
        assert found.method == "bearing_only"
        assert found.mirrored
        assert model.surface_at(east, north, "water") is None
        assert found.interval is not None
        assert found.interval.near_m == pytest.approx(707, abs=5)

    def test_an_image_on_glass_is_its_source_before_the_wall(self) -> None:
        """The source (−300, 300) mirrored in the plane north = 480 lies at (−300, 660); the post sees that image in the glass."""
        post = mount(sigma_deg=0.01)
        model = site(post, structures=(building("g", -218, 500, 60, 20, 30.0, glass=True),))
        found = look(model, post, -300.0, 660.0, SOURCE_HEIGHT_M, sigma=0.01)
        assert found.mirrored
        assert found.surface == "ground"
        assert distance_m(*at(-300, 300), found.lat_wgs84, found.lon_wgs84) < 1.0

    def test_glass_against_the_sky_is_a_bearing_that_ends_before_it(self) -> None:
        post = mount(height=10.0)
        model = site(post, structures=(building("g", 0, 500, 60, 20, 60.0, glass=True),))
        found = look(model, post, 0.0, 480.0, 40.0)
        assert found.mirrored
        assert found.interval is not None
        assert found.interval.far_m == pytest.approx(480, abs=1)
        assert distance_m(*at(0, 480), found.lat_wgs84, found.lon_wgs84) > 1.0
