"""Where a head would look: directions against PROJ, prisms in the way, pixels, the sun rule, and the order of usefulness."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from edged.geometry import sky
from edged.geometry.earth import from_enu
from edged.geometry.head import to_head, to_world, wrap_deg
from edged.geometry.lens import direction, pixel, separation_deg, unit
from edged.geometry.site import SiteModel
from edged.geometry.vantage import Lookout, Stop, aimed_from, axis_on, in_picture, level_m, ranked, stands_m, toward, vantage
from edged.model.lens import Lens
from edged.model.site import Mount, SitePlan, Structure

LAT, LON = 29.61, 106.60
NIGHT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
MOUNT = Mount("th-01", LAT, LON, 45.0, azimuth_deg=30.0)
STOPS = (Stop("north", -30.0, -3.0, 17.5), Stop("east", 60.0, -3.0, 17.5))
HEAD = Lookout(MOUNT, 17.5, True, STOPS, 5.9)


def at(east: float, north: float) -> tuple[float, float]:
    return from_enu(LAT, LON, east, north)


def block(name: str, east: float, north: float, half: float, height: float) -> Structure:
    corners = [at(east + x * half, north + y * half) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return Structure(name, name, "building", tuple((lon, lat) for lat, lon in corners), height)


OPEN = SiteModel(SitePlan(mounts=(MOUNT,)))
WALLED = SiteModel(SitePlan(mounts=(MOUNT,), structures=(block("w1", 0, 600, 40, 44.0), block("w2", 600, 0, 40, 12.0))))


@given(st.floats(-2500, 2500), st.floats(-2500, 2500), st.floats(0, 60), st.floats(0, 2), st.floats(0, 360))
def test_a_head_that_is_turned_so_points_there(east: float, north: float, height: float, lean: float, leans_to: float) -> None:
    if math.hypot(east, north) < 20.0:
        return
    mount = replace(MOUNT, lean_deg=lean, lean_azimuth_deg=leans_to, tilt_zero_deg=0.4)
    lat, lon = at(east, north)
    found = vantage(OPEN, replace(HEAD, mount=mount), lat, lon, height, NIGHT)
    azimuth, _, range_m = Geod(ellps="WGS84").inv(LON, LAT, lon, lat)
    assert found.range_m == pytest.approx(range_m, abs=1e-3)
    assert abs((found.azimuth_deg - azimuth + 180.0) % 360.0 - 180.0) < 1e-4
    assert to_world(mount, found.pan_deg, found.tilt_deg) == pytest.approx((found.azimuth_deg, found.elevation_deg), abs=1e-6)
    fall_m = (1.0 - 0.13) / (2.0 * 6_378_137.0) * range_m**2
    assert found.elevation_deg == pytest.approx(math.degrees(math.atan2(height - 45.0 - fall_m, range_m)), abs=1e-5)


def test_the_convergence_of_the_meridians_is_in_the_azimuth() -> None:
    """3 km east of the plane's origin true north is turned by 0.015° against the plane's: 0.8 m at 3 km."""
    lat, lon = at(3000, 0)
    east = Mount("th-02", lat, lon, 45.0)
    site = SiteModel(SitePlan(mounts=(MOUNT, east)), origin=(LAT, LON))
    far = at(3000, 2500)
    found = vantage(site, replace(HEAD, mount=east), *far, 1.0, NIGHT)
    azimuth = Geod(ellps="WGS84").inv(lon, lat, far[1], far[0])[0]
    assert found.azimuth_deg == pytest.approx(azimuth % 360.0, abs=5e-4)
    assert site.post(east).convergence_deg == pytest.approx(0.0153, abs=3e-4)


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(-5, 5), st.floats(-5, 5), st.floats(-3, 3))
def test_the_optical_axis_comes_to_lie_on_the_place(pan: float, tilt: float, pan_off: float, tilt_off: float, roll: float) -> None:
    lens = Lens(roll_deg=roll, pan_off_deg=pan_off, tilt_off_deg=tilt_off)
    head = axis_on(lens, pan, tilt)
    assert separation_deg(*direction(*head, 319.5, 255.5, 640, 512, 17.5, lens), pan, tilt) < 1e-5
    if not pan_off and not tilt_off:
        assert (wrap_deg(head[0] - pan), head[1] - tilt) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_a_lens_beside_its_head_is_turned_back_by_as_much() -> None:
    squint = replace(HEAD, lens=Lens(pan_off_deg=1.2, tilt_off_deg=-0.4))
    plain, found = (vantage(OPEN, one, *at(0, 800), 1.0, NIGHT) for one in (HEAD, squint))
    assert (found.pan_deg, found.tilt_deg) == pytest.approx((plain.pan_deg - 1.2, plain.tilt_deg + 0.4), abs=0.01)
    assert (found.azimuth_deg, found.elevation_deg) == (plain.azimuth_deg, plain.elevation_deg)


def test_a_view_sees_what_its_lens_sees() -> None:
    """A boresight 6° to the right of the axis moves the right edge of a 17.5° picture from 8.75° to 14.75°."""
    aside = at(1000 * math.sin(math.radians(12)), 1000 * math.cos(math.radians(12)))
    assert vantage(OPEN, HEAD, *aside, 1.0, NIGHT).view_id is None
    squinting = replace(HEAD, stops=(replace(STOPS[0], lens=Lens(pan_off_deg=6.0)),))
    assert vantage(OPEN, squinting, *aside, 1.0, NIGHT).view_id == "north"


LENSES = st.builds(
    Lens,
    projection=st.sampled_from(["pinhole", "fisheye", "cylindrical", "equirectangular"]),
    k=st.just(()),
    roll_deg=st.floats(-180, 180),
    pan_off_deg=st.floats(-20, 20),
    tilt_off_deg=st.floats(-20, 20),
) | st.builds(Lens, k=st.tuples(st.floats(-0.15, 0.15)), pan_off_deg=st.floats(-5, 5), roll_deg=st.floats(-20, 20))


@given(LENSES, st.floats(2, 170), st.floats(-180, 180), st.floats(-60, 60), st.integers(0, 99))
def test_a_picture_holds_what_falls_on_its_pixels(lens: Lens, hfov: float, pan: float, tilt: float, seed: int) -> None:
    """Half of the directions lie anywhere, half near the picture: none is lost by the quick test before the lens is asked."""
    rng = np.random.default_rng(seed)
    anywhere = np.column_stack([rng.uniform(-180, 180, 40), rng.uniform(-90, 90, 40)])
    near = np.array([pan, tilt]) + rng.uniform(-0.8, 0.8, (40, 2)) * hfov
    given_deg = np.concatenate([anywhere, near])
    held = set(in_picture(pan, tilt, np.array([unit(*one) for one in given_deg]), 640, 512, hfov, lens).tolist())
    for number, one in enumerate(given_deg):
        at_px = pixel(pan, tilt, *one, 640, 512, hfov, lens)
        if at_px is not None and min(abs(at_px[0] + 0.5), abs(at_px[0] - 639.5), abs(at_px[1] + 0.5), abs(at_px[1] - 511.5)) < 1e-6:
            continue
        assert (number in held) == (at_px is not None and -0.5 <= at_px[0] <= 639.5 and -0.5 <= at_px[1] <= 511.5)


def test_many_directions_are_held_as_one_by_one() -> None:
    rng = np.random.default_rng(3)
    head = replace(HEAD, stops=(*STOPS, Stop("squint", 150.0, -10.0, 30.0, Lens(pan_off_deg=8.0, roll_deg=30.0))))
    angles = np.column_stack([rng.uniform(-180, 180, 500), rng.uniform(-30, 10, 500)])
    held = head.holds(angles)
    assert held.tolist() == [head.view_of(*one) is not None for one in angles]
    assert 20 < held.sum() < 200
    assert head.holds(np.zeros((0, 2))).tolist() == []


def test_points_lie_toward_where_a_leaning_head_must_turn() -> None:
    lat, lon = at(2500, 0)
    mount = Mount("th-02", lat, lon, 45.0, azimuth_deg=200.0, tilt_zero_deg=0.3, lean_deg=1.5, lean_azimuth_deg=70.0)
    site = SiteModel(SitePlan(mounts=(MOUNT, mount)), (LAT, LON))
    points = np.array([[100.0, 900.0, 12.0], [2600.0, -40.0, 1.0], [2400.0, 2000.0, 60.0]])
    found = toward(site, mount, points)
    for (east, north, height), angles in zip(points.tolist(), found.tolist(), strict=True):
        seen = site.direction_to(mount, *site.world(east, north), above_m=height)
        assert angles == pytest.approx(to_head(mount, *seen), abs=1e-6)
    assert toward(site, mount, np.zeros((0, 3))).shape == (0, 2)


def test_a_source_stands_on_the_roof_that_covers_its_place() -> None:
    assert stands_m(WALLED, 600.0, 0.0) == pytest.approx(12.0)
    assert stands_m(WALLED, 100.0, 100.0) == 0.0


def test_what_stands_between_is_named() -> None:
    hidden = vantage(WALLED, HEAD, *at(0, 900), 1.0, NIGHT)
    assert hidden.hidden_by is not None
    assert hidden.hidden_by.structure is not None
    assert hidden.hidden_by.structure.structure_id == "w1"
    assert hidden.hidden_by.along_m == pytest.approx(560.0, abs=1.0)
    assert not hidden.usable
    assert vantage(WALLED, HEAD, *at(900, 0), 1.0, NIGHT).hidden_by is None
    assert vantage(WALLED, HEAD, *at(660, 0), 1.0, NIGHT).hidden_by is not None


def test_a_place_on_a_roof_is_looked_for_on_it() -> None:
    assert level_m(WALLED, *at(600, 0), 1.0) == pytest.approx(13.0)
    assert level_m(WALLED, *at(600, 0), 1.0, on_roof=False) == pytest.approx(1.0)
    assert level_m(WALLED, *at(100, 100), 1.0) == pytest.approx(1.0)
    assert vantage(WALLED, HEAD, *at(600, 0), 13.0, NIGHT).hidden_by is None


def test_the_view_that_holds_it_and_a_camera_that_does_not_turn() -> None:
    north = at(0, 800)
    assert vantage(OPEN, HEAD, *north, 1.0, NIGHT).view_id == "north"
    assert vantage(OPEN, HEAD, *at(-800, -300), 1.0, NIGHT).view_id is None
    assert vantage(OPEN, HEAD, *at(-800, -300), 1.0, NIGHT).reachable
    fixed = Lookout(replace(MOUNT, lens="visible"), 60.0, False, (Stop("whole", 0.0, 0.0, 60.0),), width_px=1920, height_px=1080)
    assert vantage(OPEN, fixed, *at(400, 700), 1.0, NIGHT).reachable
    outside = vantage(OPEN, fixed, *at(-800, -300), 1.0, NIGHT)
    assert not outside.reachable
    assert not outside.usable
    assert not vantage(OPEN, fixed, *at(10, 20), 1.0, NIGHT).reachable


def test_pixels_and_radius() -> None:
    """17.5° over 640 pixels: 0.481 mrad in the middle (2·tan(8.75°)/640)."""
    found = vantage(OPEN, HEAD, *at(0, 1000), 45.0, NIGHT)
    assert found.pixel_m == pytest.approx(0.481, abs=1e-3)
    assert found.tele_pixel_m == pytest.approx(0.161, abs=1e-3)
    assert replace(HEAD, lens=Lens("cylindrical"), width_px=3840).pixel_rad(360.0) * 3840 == pytest.approx(2.0 * math.pi)
    assert found.within_radius
    far = vantage(OPEN, HEAD, *at(0, 3005), 1.0, NIGHT)
    assert not far.within_radius
    assert not far.usable


def test_no_thermal_lens_is_aimed_beside_the_sun_and_when_it_may() -> None:
    rises = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    body = sky.sun(LAT, LON, 45.0, rises)
    assert 0.0 < body.elevation_deg < 3.0
    east = at(1500 * math.sin(math.radians(body.azimuth_deg)), 1500 * math.cos(math.radians(body.azimuth_deg)))
    found = vantage(OPEN, HEAD, *east, 1.0, rises)
    assert found.sun_off_deg < 5.0
    assert not found.may_aim
    assert not found.usable
    assert found.glints
    when = aimed_from(HEAD, found, rises)
    assert when is not None
    assert timedelta(minutes=30) < when - rises < timedelta(hours=2)
    assert vantage(OPEN, HEAD, *east, 1.0, when).may_aim
    assert not vantage(OPEN, HEAD, *east, 1.0, when - timedelta(minutes=5)).may_aim
    seen = replace(HEAD, mount=replace(MOUNT, lens="visible"))
    assert vantage(OPEN, seen, *east, 1.0, rises).may_aim
    dark = vantage(OPEN, HEAD, *east, 1.0, NIGHT)
    assert dark.may_aim
    assert not dark.glints
    assert dark.glint_from is None


def test_water_in_line_with_a_high_sun_glints_and_the_lens_may_be_aimed() -> None:
    """From a tall mast, a place 30° below the horizon towards a sun 30° above it is a mirror."""
    noon = datetime(2026, 12, 22, 4, 50, tzinfo=UTC)
    body = sky.sun(LAT, LON, 0.0, noon)
    away = 200.0 / math.tan(math.radians(body.elevation_deg))
    a = math.radians(body.azimuth_deg)
    tower = replace(HEAD, mount=replace(MOUNT, height_m=200.0))
    found = vantage(SiteModel(SitePlan(mounts=(tower.mount,))), tower, *at(away * math.sin(a), away * math.cos(a)), 0.0, noon)
    assert found.glints
    assert found.may_aim
    assert found.glint_from is not None
    assert found.glint_from[1] < 0.5
    aside = at(-away * math.sin(a), -away * math.cos(a))
    assert not vantage(SiteModel(SitePlan(mounts=(tower.mount,))), tower, *aside, 0.0, noon).glints


def test_the_most_useful_comes_first() -> None:
    place = at(0, 900)
    masts = {
        "hidden-near": Mount("hidden-near", *at(0, 500), 20.0),
        "clear-far": Mount("clear-far", *at(-2000, 900), 45.0),
        "clear-near": Mount("clear-near", *at(-500, 900), 45.0),
        "rough": Mount("rough", *at(-100, 900), 45.0, calibrated=False),
        "too-far": Mount("too-far", *at(-3500, 900), 45.0),
    }
    heads = [replace(HEAD, mount=mount) for mount in masts.values()]
    found = ranked(vantage(WALLED, one, *place, 1.0, NIGHT) for one in heads)
    assert [one.mount.camera_id for one in found] == ["clear-near", "clear-far", "rough", "too-far", "hidden-near"]
