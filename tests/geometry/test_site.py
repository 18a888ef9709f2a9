"""Rays in a site: against a march in small steps, line of sight, and what hides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry.site import FARTHEST_M, GROUND, NOTHING, ROOF, WALL, SiteModel
from tests.geometry.yard import LAT, at, building, hills, mount, site

POST = mount(height=45.0)
_RNG = np.random.default_rng(4)
BOXES = tuple(
    building(f"b{n}", float(e), float(v), float(w), float(d), float(h))
    for n, (e, v, w, d, h) in enumerate(
        np.column_stack([_RNG.uniform(100, 1500, (60, 2)), _RNG.uniform(8, 40, (60, 2)), _RNG.uniform(4, 30, 60)])
    )
)
LEVEL, HILLY = site(POST, structures=BOXES), site(POST, structures=BOXES, terrain=hills())


def march(model: SiteModel, azimuth_deg: float, elevation_deg: float, step_m: float = 0.25) -> float:
    """Return the range of the first meeting by brute force."""
    post = model.post(POST)
    s = np.arange(1.0, FARTHEST_M, step_m)
    a = math.radians(azimuth_deg)
    e, n = post.east_m + s * math.sin(a), post.north_m + s * math.cos(a)
    z = post.height_m + s * math.tan(math.radians(elevation_deg)) + model.curvature * s**2
    hit = z <= model.ground.height_m(e, n)
    for number, ring in enumerate(model.structures.rings):
        low, high = ring.min(axis=0), ring.max(axis=0)
        hit |= (e > low[0]) & (e < high[0]) & (n > low[1]) & (n < high[1]) & (z <= model.span(number)[1])
    return float(s[np.argmax(hit)]) if hit.any() else FARTHEST_M


@pytest.mark.parametrize("model", [LEVEL, HILLY], ids=["level", "hilly"])
@given(st.floats(0, 90), st.floats(-12, 1))
@settings(max_examples=60, deadline=None)
def test_first_meeting_is_that_of_a_march(model: SiteModel, azimuth: float, elevation: float) -> None:
    met = model.fan(model.post(POST), azimuth, elevation)
    marched = march(model, azimuth, elevation)
    near = abs(marched - met.along_m[0, 0]) <= 1.5 + 0.25 / max(math.tan(math.radians(abs(elevation))), 1e-3) * 0.25
    corner = any(
        abs(marched - march(model, azimuth + d, elevation)) > 3.0 or abs(marched - march(model, azimuth, elevation + d)) > 3.0
        for d in (-0.02, 0.02)
    )
    assert near or corner


def test_a_fan_is_its_single_rays() -> None:
    post = HILLY.post(POST)
    azimuths, elevations = np.linspace(10, 12, 4), np.linspace(-5, -1, 7)
    fan = HILLY.fan(post, azimuths, elevations)
    for i, azimuth in enumerate(azimuths):
        for j, elevation in enumerate(elevations):
            one = HILLY.fan(post, azimuth, elevation)
            assert (one.what[0, 0], one.owner[0, 0]) == (fan.what[i, j], fan.owner[i, j])
            assert one.along_m[0, 0] == pytest.approx(fan.along_m[i, j], abs=1e-6)


def test_wall_roof_ground_and_sky() -> None:
    model = site(POST, structures=(building("w", 0, 500, 20, 20, 24.0),))
    post = model.post(POST)
    wall, roof, ground, sky = (
        model.fan(post, 0.0, math.degrees(math.atan((z - 45.0) / s))) for s, z in ((480, 12), (500, 24), (300, 0), (500, 60))
    )
    assert (wall.what[0, 0], roof.what[0, 0], ground.what[0, 0], sky.what[0, 0]) == (WALL, ROOF, GROUND, NOTHING)
    assert wall.along_m[0, 0] == pytest.approx(480, abs=1e-6)
    assert wall.height_m[0, 0] == pytest.approx(12, abs=0.05)
    assert model.structures.facing(int(wall.edge[0, 0])) == pytest.approx([0.0, -1.0], abs=1e-6)


def test_a_mast_on_a_roof_sees_past_its_own_building() -> None:
    model = site(POST, structures=(building("own", 0, 0, 10, 10, 30.0),))
    assert model.sees(POST, *at(300, 0)) is None
    hidden = model.sees(POST, *at(12, 0))
    assert hidden is not None
    assert hidden.structure is not None


def test_what_hides_is_named() -> None:
    model = site(POST, structures=(building("wall", 0, 500, 30, 5, 30.0),))
    hidden = model.sees(POST, *at(0, 700))
    assert hidden is not None
    assert hidden.structure is not None
    assert hidden.structure.structure_id == "wall"
    assert hidden.along_m == pytest.approx(495, abs=1.0)
    assert model.sees(POST, *at(0, 2500)) is None
    assert model.sees(POST, *at(0, 500)) is None


def test_a_hill_hides() -> None:
    low = mount(height=6.0)
    model = site(low, terrain=hills(40.0))
    ways = [model.sees(low, *at(3000 * math.sin(a), 3000 * math.cos(a))) for a in np.linspace(0, 6, 24)]
    assert any(way is not None and way.what == "ground" for way in ways)


def test_curvature_hides_what_is_far() -> None:
    """Horizon of a 2 m mast with k = 0.13: √(2·2·R / 0.87) = 5.4 km."""
    low = mount(height=2.0)
    model = site(low)
    met = model.fan(model.post(low), 0.0, math.degrees(math.atan(-2.0 * math.sqrt(2.0 * model.curvature))) - 1e-6)
    assert met.along_m[0, 0] == pytest.approx(math.sqrt(2.0 / model.curvature), rel=0.01)


@given(st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(0, 30))
def test_aim_is_the_inverse_of_the_ray(east: float, north: float, height: float) -> None:
    post = HILLY.post(POST)
    azimuth, elevation, range_m = HILLY.aim(post, east, north, height)
    if range_m < 1.0:
        return
    a = math.radians(azimuth)
    z = post.height_m + range_m * math.tan(math.radians(elevation)) + HILLY.curvature * range_m**2
    assert (post.east_m + range_m * math.sin(a), post.north_m + range_m * math.cos(a), z) == pytest.approx((east, north, height), abs=1e-5)


def test_north_turns_with_the_meridian() -> None:
    """Against exact geodesy: the azimuth from a mast 3 km east of the origin to a place north of it."""
    far = mount("far", east=3000.0)
    model = site(far)
    azimuth, _ = model.direction_to(far, *at(3000.0, 2500.0))
    from edged.geometry.earth import azimuth_deg

    assert azimuth == pytest.approx(azimuth_deg(far.lat_wgs84, far.lon_wgs84, *at(3000.0, 2500.0)), abs=2e-4)
    assert model.post(far).convergence_deg == pytest.approx(3000 / 5_550_000 * 57.3 * math.sin(math.radians(LAT)), rel=0.02)


def test_a_wide_fan_misses_no_structure() -> None:
    model = site(POST, structures=(building("side", 400 * math.sin(1.047), 400 * math.cos(1.047), 30, 30, 30.0),))
    post = model.post(POST)
    alone = model.fan(post, 60.0, -4.0)
    assert alone.owner[0, 0] == 0
    for others in ([0.0, 1.0, 60.0], [60.0, 61.0, 300.0], [50.0, 60.0, 61.0]):
        fan = model.fan(post, others, -4.0)
        assert fan.owner[others.index(60.0), 0] == 0
