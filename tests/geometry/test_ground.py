"""Directions to places: known answers, honest ellipses, intervals where an ellipse would lie."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import earth, ground, head
from edged.model.site import Mount

LAT, LON = 29.61, 106.60


def mount(name: str = "th-01", east: float = 0.0, north: float = 0.0, height: float = 60.0, azimuth: float = 0.0) -> Mount:
    lat, lon = earth.from_enu(LAT, LON, east, north)
    return Mount(name, lat, lon, height, azimuth_deg=azimuth, sigma_deg=0.0)


def aim(post: Mount, lat: float, lon: float, sigma: float = 0.1, error: tuple[float, float] = (0.0, 0.0)) -> ground.Bearing:
    east, north, _ = earth.enu_m(post.lat_wgs84, post.lon_wgs84, lat, lon)
    range_m = math.hypot(east, north)
    elevation = math.degrees(math.atan(-(post.height_m / range_m + ground.CURVATURE * range_m)))
    pan, tilt = head.to_head(post, math.degrees(math.atan2(east, north)), elevation)
    return ground.Bearing(post, pan + error[0], tilt + error[1], sigma)


@given(st.floats(300, 2500), st.floats(0, 359), st.floats(-90, 90))
def test_one_lookout_finds_its_own_ray(range_m: float, azimuth: float, zero: float) -> None:
    post = mount(height=80.0, azimuth=zero)
    lat, lon = earth.from_enu(LAT, LON, range_m * math.sin(math.radians(azimuth)), range_m * math.cos(math.radians(azimuth)))
    bearing = aim(post, lat, lon)
    found = ground.locate(post, bearing.pan_deg, bearing.tilt_deg, 0.1)
    assert earth.distance_m(lat, lon, found.lat_wgs84, found.lon_wgs84) < 0.01 * range_m / 300
    assert (found.ellipse is None) != (found.interval is None)


def test_far_from_a_low_mast_an_interval_stands_for_the_ellipse() -> None:
    post = mount(height=30.0)
    lat, lon = earth.from_enu(LAT, LON, 0.0, 2800.0)
    found = ground.locate(post, *_angles(aim(post, lat, lon)), 0.1)
    assert found.method == "bearing_only"
    assert found.ellipse is None
    assert found.interval is not None
    assert found.interval.near_m < 2800 < found.interval.far_m


def test_over_the_horizon_is_a_bearing() -> None:
    found = ground.locate(mount(), 45.0, 2.0, 0.1)
    assert found.method == "bearing_only"
    assert found.interval is not None
    assert found.interval.azimuth_deg == pytest.approx(45.0)


def test_two_lookouts_meet_at_the_source() -> None:
    lat, lon = earth.from_enu(LAT, LON, 1500.0, 1500.0)
    found = ground.fuse([aim(mount("a"), lat, lon), aim(mount("b", east=2900.0, azimuth=30.0), lat, lon)])
    assert found is not None
    assert found.method == "triangulated"
    assert earth.distance_m(lat, lon, found.lat_wgs84, found.lon_wgs84) < 0.05


def test_bearings_that_miss_one_another_are_no_place() -> None:
    lat, lon = earth.from_enu(LAT, LON, 1500.0, 1500.0)
    away_lat, away_lon = earth.from_enu(LAT, LON, 1500.0, 900.0)
    bearings = [aim(mount("a"), lat, lon), aim(mount("b", east=2900.0), away_lat, away_lon), aim(mount("c", north=2500.0), lat, lon)]
    assert ground.fuse(bearings) is None


def test_parallel_bearings_are_no_place() -> None:
    assert ground.fuse([ground.Bearing(mount("a"), 0.0, 1.0, 0.1), ground.Bearing(mount("b", east=100.0), 0.0, 1.0, 0.1)]) is None


def test_ellipse_of_two_lookouts_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    lat, lon = earth.from_enu(LAT, LON, 1500.0, 1500.0)
    posts = mount("a"), mount("b", east=2900.0)
    held = 0
    draws = 600
    for _ in range(draws):
        found = ground.fuse([aim(post, lat, lon, 0.1, tuple(rng.normal(0, 0.1, 2))) for post in posts])
        if found is None or found.ellipse is None:
            continue
        east, north, _ = earth.enu_m(found.lat_wgs84, found.lon_wgs84, lat, lon)
        a = math.radians(found.ellipse.azimuth_deg)
        along, across = east * math.sin(a) + north * math.cos(a), east * math.cos(a) - north * math.sin(a)
        held += (along / found.ellipse.semi_major_m) ** 2 + (across / found.ellipse.semi_minor_m) ** 2 <= 1.0
    assert 0.92 <= held / draws <= 0.98


def _angles(bearing: ground.Bearing) -> tuple[float, float]:
    return bearing.pan_deg, bearing.tilt_deg
