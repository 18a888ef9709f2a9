"""Sun and moon against a second ephemeris, a published example and an eclipse; mirrors and the sun rule against brute force."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta, timezone

import astronomy
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edged.geometry import sky
from edged.geometry.lens import separation_deg, unit
from edged.geometry.sky import SkyDirection

SITE = (29.61, 106.60, 250.0)
PLACES = [SITE, (22.55, 114.1, 30.0), (0.0, 0.0, 0.0), (52.0, 5.0, 20.0), (-33.9, 18.4, 10.0), (69.6, 18.9, 30.0)]
NOON = SkyDirection(180.0, 30.0, 0.267)

azimuths = st.floats(0, 360, exclude_max=True)
elevations = st.floats(-89, 89)


def second_sky(name: str, place: tuple[float, float, float], at: datetime, refraction: astronomy.Refraction) -> tuple[float, float, float]:
    """Return azimuth, elevation and radius from astronomy-engine."""
    body = astronomy.Body.Sun if name == "sun" else astronomy.Body.Moon
    when = astronomy.Time.Make(at.year, at.month, at.day, at.hour, at.minute, at.second + at.microsecond / 1e6)
    observer = astronomy.Observer(*place)
    place_of_body = astronomy.Equator(body, when, observer, True, True)
    seen = astronomy.Horizon(when, observer, place_of_body.ra, place_of_body.dec, refraction)
    size_km = 695_700.0 if name == "sun" else 1_737.4
    return seen.azimuth, seen.altitude, math.degrees(math.asin(size_km / (place_of_body.dist * astronomy.KM_PER_AU)))


def apart_deg(a: tuple[float, float], b: tuple[float, float]) -> float:
    return separation_deg(*a, *b)


def times(seed: int, count: int) -> list[datetime]:
    chance = random.Random(seed)
    return [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.uniform(0, 366 * 86_400)) for _ in range(count)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["sun", "moon"])
def test_a_second_ephemeris_agrees_over_a_year(name: str, place: tuple[float, float, float]) -> None:
    worst = worst_radius = 0.0
    for at in times(PLACES.index(place), 200):
        body = getattr(sky, name)(*place, at)
        azimuth, elevation, radius = second_sky(name, place, at, astronomy.Refraction.Airless)
        lifted = elevation + sky.refraction_deg(elevation, place[2])
        worst = max(worst, apart_deg((body.azimuth_deg, body.elevation_deg), (azimuth, lifted)))
        worst_radius = max(worst_radius, abs(body.radius_deg - radius))
    assert worst < 0.001
    assert worst_radius < 0.0005


def test_apparent_elevations_agree_where_it_matters() -> None:
    """The second ephemeris refracts in air of 1010 hPa and 10 °C: 1.5 % more at sea level than the standard atmosphere."""
    for at in times(99, 400):
        body = sky.sun(22.55, 114.1, 0.0, at)
        azimuth, elevation, _ = second_sky("sun", (22.55, 114.1, 0.0), at, astronomy.Refraction.Normal)
        if elevation > 0.0:
            assert apart_deg((body.azimuth_deg, body.elevation_deg), (azimuth, elevation)) < 0.01


def test_the_example_of_the_solar_position_algorithm() -> None:
    """Reda and Andreas, NREL/TP-560-34302 (2008), table A5.1: zenith angle 50.11162°, azimuth 194.34024°, at 820 hPa and 11 °C."""
    seen = sky.sun(39.742476, -105.1786, 1830.14, datetime(2003, 10, 17, 12, 30, 30, tzinfo=timezone(timedelta(hours=-7))))
    assert seen.azimuth_deg == pytest.approx(194.34024, abs=2e-4)
    assert seen.elevation_deg == pytest.approx(90.0 - 50.11162, abs=5e-4)


def test_the_moon_covers_the_sun_at_chongqing_on_22_july_2009() -> None:
    """Totality lasted from about 9:13 to 9:17; without parallax the moon would stand a degree beside the sun."""

    def covered(minute: float) -> bool:
        at = datetime(2009, 7, 22, 9, 0, tzinfo=timezone(timedelta(hours=8))) + timedelta(minutes=minute)
        sun, moon = sky.sun(29.56, 106.55, 250.0, at), sky.moon(29.56, 106.55, 250.0, at)
        off = apart_deg((sun.azimuth_deg, sun.elevation_deg), (moon.azimuth_deg, moon.elevation_deg))
        return off < moon.radius_deg - sun.radius_deg

    assert covered(13.5)
    assert covered(15.3)
    assert covered(17.0)
    assert not covered(12.5)
    assert not covered(18.0)


def test_phases_of_the_moon() -> None:
    """Full moon 2026-11-24 14:53 UTC and new moon 2026-11-09 07:02 UTC, to the hour; the second ephemeris finds the same moments."""
    found = astronomy.SearchMoonPhase(180.0, astronomy.Time.Make(2026, 11, 15, 0, 0, 0), 20.0)
    assert found is not None
    full = found.Utc().replace(tzinfo=UTC)
    assert abs(full - datetime(2026, 11, 24, 14, 53, tzinfo=UTC)) < timedelta(hours=1)
    assert sky.moon(*SITE, full).lit_share > 0.995
    assert sky.moon(*SITE, datetime(2026, 11, 9, 7, 2, tzinfo=UTC)).lit_share < 0.01


def test_a_time_without_zone_is_refused_and_zones_are_one() -> None:
    with pytest.raises(ValueError, match="time zone"):
        sky.sun(*SITE, datetime(2026, 6, 1, 12))
    with pytest.raises(ValueError, match="time zone"):
        sky.moon(*SITE, datetime(2026, 6, 1, 12))
    assert sky.sun(*SITE, datetime(2026, 6, 1, 4, tzinfo=UTC)) == sky.sun(
        *SITE, datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=8)))
    )


@given(st.floats(-20, 89), st.floats(0.001, 1.0), st.floats(0, 4000))
def test_the_air_lifts_and_never_swaps(elevation: float, step: float, height: float) -> None:
    low, high = (e + sky.refraction_deg(e, height) for e in (elevation, elevation + step))
    assert low < high
    assert sky.refraction_deg(elevation, height) >= 0.0


def test_refraction_at_known_heights() -> None:
    """34.5′ at the apparent horizon, 1′ at 45°, in air of 1010 hPa and 10 °C (Meeus, ch. 16); the standard atmosphere has 1.5 % less."""
    assert sky.refraction_deg(-0.575) * 60 == pytest.approx(34.5 * 0.985, abs=0.5)
    assert sky.refraction_deg(45.0) * 60 == pytest.approx(1.0, abs=0.03)
    assert sky.refraction_deg(-3.0) == 0.0
    assert sky.refraction_deg(10.0, 3000.0) < 0.8 * sky.refraction_deg(10.0)


@given(azimuths, elevations, azimuths, st.floats(0, 180))
def test_a_mirror_twice_is_no_mirror_and_angle_in_is_angle_out(azimuth: float, elevation: float, faces: float, slope: float) -> None:
    ray, normal = unit(azimuth, elevation), sky.facing(faces, slope)
    out = sky.mirrored(ray, normal)
    assert np.allclose(sky.mirrored(out, normal), ray, atol=1e-12)
    assert float(np.linalg.norm(out)) == pytest.approx(1.0, abs=1e-12)
    assert sky.angle_deg(-ray, normal) == pytest.approx(sky.angle_deg(out, normal), abs=1e-6)
    assert abs(float(np.cross(ray, out) @ normal)) < 1e-9


@given(azimuths, elevations)
def test_directions_there_and_back(azimuth: float, elevation: float) -> None:
    back = sky.direction_of(unit(azimuth, elevation))
    assert apart_deg(back, (azimuth, elevation)) < 1e-6


def test_level_water_mirrors_the_sun_from_the_same_angle_below() -> None:
    assert sky.glint_off_deg(180.0, -30.0, sky.UP, NOON) == pytest.approx(0.0, abs=1e-6)
    assert sky.is_glint(180.0, -33.0, sky.UP, NOON)
    assert not sky.is_glint(180.0, -33.0, sky.UP, NOON, tolerance_deg=2.0)
    assert not sky.is_glint(0.0, -30.0, sky.UP, NOON)
    assert not sky.is_glint(180.0, 10.0, sky.UP, SkyDirection(180.0, 10.0, 0.27))
    assert not sky.is_glint(180.0, -0.5, sky.UP, SkyDirection(180.0, -2.0, 0.27), tolerance_deg=10.0)


def test_an_upright_wall_mirrors_a_low_sun_behind_the_lens() -> None:
    """A wall keeps the elevation of a ray: from a mast that looks down, only a sun as low or glass that leans back glints."""
    low = SkyDirection(200.0, 2.0, 0.267)
    assert sky.glint_off_deg(0.0, 2.0, sky.facing(190.0), low) == pytest.approx(0.0, abs=1e-6)
    assert sky.glint_off_deg(0.0, -2.0, sky.facing(190.0), low) == pytest.approx(4.0, abs=1e-6)
    assert not sky.is_glint(0.0, -2.0, sky.facing(190.0), SkyDirection(200.0, 12.0, 0.267))
    assert sky.glint_off_deg(0.0, -2.0, sky.facing(190.0, 83.0), SkyDirection(200.0, 12.0, 0.267)) < 0.3
    assert sky.glint_off_deg(0.0, -2.0, sky.facing(10.0), low) == 180.0
    assert not sky.is_glint(0.0, -2.0, sky.facing(170.0), low)


@given(azimuths, st.floats(-60, 5), azimuths, st.floats(0, 89))
def test_the_surface_that_glints_does(azimuth: float, elevation: float, sun_azimuth: float, sun_elevation: float) -> None:
    body = SkyDirection(sun_azimuth, sun_elevation, 0.267)
    found = sky.glinting(azimuth, elevation, body)
    assume(sky.sun_off_deg(azimuth, elevation, body) > 0.01)
    assert found is not None
    assert sky.glint_off_deg(azimuth, elevation, sky.facing(*found), body) < 1e-5


def test_no_surface_glints_by_night() -> None:
    assert sky.glinting(10.0, -2.0, SkyDirection(190.0, -20.0, 0.267)) is None


@pytest.mark.parametrize(
    ("azimuth", "elevation", "clear"),
    [(180.0, 30.0, False), (180.0, 18.3, False), (180.0, 18.2, True), (166.5, 30.0, False), (0.0, -2.0, True)],
)
def test_the_sun_rule_is_half_the_field_and_three_degrees(azimuth: float, elevation: float, clear: bool) -> None:
    assert sky.sun_clear(azimuth, elevation, 17.5, NOON) is clear


def test_a_sun_that_is_down_harms_nothing_and_one_on_the_horizon_does() -> None:
    assert not sky.sun_clear(90.0, -0.5, 17.5, SkyDirection(90.0, -0.9, 0.267))
    assert sky.sun_clear(90.0, -0.5, 17.5, SkyDirection(90.0, -1.5, 0.267))
    assert sky.sweep_clear((0.0, -0.5), (179.0, -0.5), 17.5, SkyDirection(90.0, -1.5, 0.267))


def test_a_sweep_along_the_horizon_is_no_great_circle() -> None:
    """Half a turn at 5° passes the rising sun half way; the great circle between the ends would go over the zenith."""
    rising = SkyDirection(90.0, 4.0, 0.267)
    assert not sky.sweep_clear((0.0, 5.0), (179.0, 5.0), 17.5, rising)
    assert sky.sweep_clear((0.0, 5.0), (181.0, 5.0), 17.5, rising)
    assert not sky.sweep_clear((0.0, 5.0), (181.0, 5.0), 17.5, rising, turn_deg=181.0)
    assert sky.sun_clear(0.0, 5.0, 17.5, rising)
    assert sky.sun_clear(179.0, 5.0, 17.5, rising)


@given(azimuths, st.floats(-60, 60), st.floats(-350, 350), st.floats(-60, 60), azimuths, st.floats(-5, 89))
def test_a_sweep_against_brute_force(
    azimuth: float, elevation: float, turn: float, end_elevation: float, sun_azimuth: float, sun_elevation: float
) -> None:
    body = SkyDirection(sun_azimuth, sun_elevation, 0.267)
    got = sky.sweep_off_deg((azimuth, elevation), (azimuth + turn, end_elevation), body, turn)
    a = np.radians(azimuth + np.linspace(0.0, turn, 181))[:, None]
    e = np.radians(np.linspace(elevation, end_elevation, 91))[None, :]
    box = np.stack([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e) + 0.0 * a], axis=-1)
    away = np.degrees(2.0 * np.arcsin(np.clip(np.linalg.norm(box - unit(sun_azimuth, sun_elevation), axis=-1) / 2.0, 0.0, 1.0)))
    step = abs(turn) / 180.0 + abs(end_elevation - elevation) / 90.0
    assert float(away.min()) - step - 1e-6 <= got <= float(away.min()) + 1e-6


@given(azimuths, st.floats(-60, 60), azimuths, st.floats(-60, 60))
def test_a_sweep_back_is_as_near(azimuth: float, elevation: float, end_azimuth: float, end_elevation: float) -> None:
    assume(abs(abs((end_azimuth - azimuth) % 360.0) - 180.0) > 1e-6)
    there = sky.sweep_off_deg((azimuth, elevation), (end_azimuth, end_elevation), NOON)
    back = sky.sweep_off_deg((end_azimuth, end_elevation), (azimuth, elevation), NOON)
    assert there == pytest.approx(back, abs=1e-6)
    assert there <= min(sky.sun_off_deg(azimuth, elevation, NOON), sky.sun_off_deg(end_azimuth, end_elevation, NOON)) + 1e-6
