"""GCJ-02 against published vectors (both lineages), there and back over all of China; CGCS2000 against PROJ."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import Transformer

from edged.geometry import datum
from edged.geometry.earth import distance_m, enu_m

VECTORS = [
    ("Beijing", 39.9119540, 116.3778170, 39.913345455, 116.384047225),
    ("Shanghai", 31.1774276, 121.5272106, 31.175303984, 121.531541859),
    ("Shenzhen", 22.5438470, 113.9123160, 22.540796132, 113.917176481),
    ("Yantian", 22.5740000, 114.2760000, 22.571150002, 114.280822746),
    ("Beilun", 29.9383000, 121.8760000, 29.935687795, 121.880029284),
    ("Qingdao", 36.0100000, 120.2200000, 36.010099522, 120.225045448),
]


@pytest.mark.parametrize(("name", "lat", "lon", "gcj_lat", "gcj_lon"), VECTORS)
def test_published_vectors(name: str, lat: float, lon: float, gcj_lat: float, gcj_lon: float) -> None:
    got = datum.to_gcj02(lat, lon)
    assert distance_m(*got, gcj_lat, gcj_lon) < 0.001


SOUTH, NORTH, WEST, EAST = 0.8293, 55.8271, 72.004, 137.8347
"""The box of the transform."""


@given(st.floats(SOUTH, NORTH), st.floats(WEST, EAST))
@example(SOUTH, WEST)
@example(NORTH, EAST)
@example(NORTH, WEST)
@example(35.0, 105.0)
@example(29.6, 105.0 + 1e-13)
def test_there_and_back_in_all_of_the_box(lat: float, lon: float) -> None:
    assert distance_m(lat, lon, *datum.to_wgs84(*datum.to_gcj02(lat, lon))) < 0.001


def test_there_and_back_at_edges_and_kinks() -> None:
    """20,000 points, most on the box's edges or within 1e-14…1° of the kink of √|lon − 105°|."""
    chance, worst = random.Random(3), 0.0
    for number in range(20_000):
        lat, lon = chance.uniform(SOUTH, NORTH), chance.uniform(WEST, EAST)
        if number % 4 == 1:
            lat = chance.choice([SOUTH, NORTH])
        elif number % 4 == 2:
            lon = chance.choice([WEST, EAST])
        elif number % 4 == 3:
            lon = 105.0 + chance.choice([-1, 1]) * 10.0 ** chance.uniform(-14, 0)
        back_lat, back_lon = datum.to_wgs84(*datum.to_gcj02(lat, lon))
        worst = max(worst, abs(back_lat - lat), abs(back_lon - lon))
    assert worst * 111_320.0 < 1e-4


@given(st.floats(SOUTH + 0.02, NORTH - 0.02), st.floats(WEST + 0.02, EAST - 0.02))
def test_back_and_there(lat: float, lon: float) -> None:
    assert distance_m(lat, lon, *datum.to_gcj02(*datum.to_wgs84(lat, lon))) < 0.001


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_outside_china_nothing_moves(lat: float, lon: float) -> None:
    if not datum.in_china(lat, lon):
        assert datum.to_gcj02(lat, lon) == (lat, lon)
    if not datum.in_china(lat, lon, 0.02):
        assert datum.to_wgs84(lat, lon) == (lat, lon)


@pytest.mark.parametrize(("lat", "lon"), [(SOUTH - 0.03, 110.0), (NORTH + 0.03, 110.0), (30.0, WEST - 0.03), (30.0, EAST + 0.03)])
def test_beside_the_box_nothing_moves_either(lat: float, lon: float) -> None:
    assert datum.to_wgs84(lat, lon) == (lat, lon)


def test_a_coordinate_without_origin_in_the_box_stays() -> None:
    """At the west edge everything is moved east, so that nothing of the box lands on the edge itself."""
    assert datum.to_gcj02(30.0, WEST)[1] > WEST + 1e-3
    assert datum.to_wgs84(30.0, WEST) == (30.0, WEST)


def proj(*steps: str) -> Transformer:
    """Return PROJ's way through geocentric coordinates, degrees in and out, time in years."""
    cart = ["+step +proj=unitconvert +xy_in=deg +xy_out=rad", "+step +proj=cart +ellps=WGS84"]
    back = ["+step +inv +proj=cart +ellps=WGS84", "+step +proj=unitconvert +xy_in=rad +xy_out=deg"]
    return Transformer.from_pipeline(" ".join(["+proj=pipeline", *cart, *steps, *back]))


@given(st.floats(18, 34), st.floats(98, 123), st.floats(2000, 2040))
def test_plate_motion_as_proj_turns_the_earth(lat: float, lon: float, year: float) -> None:
    pole_lat, pole_lon, rate = datum.SOUTH_CHINA_POLE
    p, q, arcsec = math.radians(pole_lat), math.radians(pole_lon), rate * 3600e-6
    turn = [arcsec * math.cos(p) * math.cos(q), arcsec * math.cos(p) * math.sin(q), arcsec * math.sin(p)]
    rates = " ".join(f"+d{axis}={-value:.15f}" for axis, value in zip(("rx", "ry", "rz"), turn, strict=True))
    still = proj(f"+step +proj=helmert {rates} +t_epoch=2000 +convention=position_vector")
    east, north, *_ = still.transform(lon, lat, 0.0, year)
    assert distance_m(*datum.to_cgcs2000(lat, lon, year), north, east) < 0.006 * (year - 2000.0) / 27.0 + 1e-6


def test_the_frames_differ_by_less_than_the_rest_says() -> None:
    """ITRF97, on which CGCS2000 stands, against ITRF2014 at epoch 2000.0, by the parameters that IGN publishes."""
    frames = proj("+step +init=ITRF2014:ITRF97")
    lon, lat, *_ = frames.transform(106.6, 29.6, 0.0, 2000.0)
    assert 0.0 < distance_m(29.6, 106.6, lat, lon) < 0.05


def test_chongqing_moves_37_mm_a_year_to_the_east_and_a_little_south() -> None:
    """As the Eurasia pole of ITRF2014 says to 9 mm: southern China moves east against Eurasia by 6–10 mm a year."""
    east, north = datum.plate_motion_m(29.6, 106.6, 1.0)
    assert math.hypot(east, north) == pytest.approx(0.0367, abs=2e-4)
    whole = proj("+step +init=ITRF2014:EURA +t_epoch=2000")
    lon, lat, *_ = whole.transform(106.6, 29.6, 0.0, 2010.0)
    by_eurasia = enu_m(29.6, 106.6, lat, lon)
    assert math.hypot(east - by_eurasia[0] / 10.0, north - by_eurasia[1] / 10.0) < 0.009
    assert east > by_eurasia[0] / 10.0 > 0.02


def test_cgcs2000_without_an_epoch_is_wgs84_within_a_metre_and_with_one_lies_where_the_ground_was() -> None:
    assert datum.to_cgcs2000(29.6, 106.6) == (29.6, 106.6)
    assert datum.to_cgcs2000(29.6, 106.6, 2000.0) == (29.6, 106.6)
    east, north, _ = enu_m(29.6, 106.6, *datum.to_cgcs2000(29.6, 106.6, 2026.9))
    assert (east, north) == pytest.approx((-0.937, 0.310), abs=0.01)
    for lat in range(18, 54, 3):
        for lon in range(75, 135, 5):
            assert distance_m(lat, lon, *datum.to_cgcs2000(lat, lon, 2026.9)) < 1.05


def test_one_name_one_datum() -> None:
    assert datum.at_datum("WGS-84", 29.6, 106.6) == (29.6, 106.6)
    assert datum.at_datum("GCJ-02", 29.6, 106.6) == datum.to_gcj02(29.6, 106.6)
    assert datum.at_datum("CGCS2000", 29.6, 106.6) == (29.6, 106.6)
    assert datum.at_datum("CGCS2000", 29.6, 106.6, 2026.9) == datum.to_cgcs2000(29.6, 106.6, 2026.9)
    for name in ("WGS-84", "GCJ-02", "CGCS2000"):
        assert distance_m(29.6, 106.6, *datum.from_datum(name, *datum.at_datum(name, 29.6, 106.6))) < 0.001  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="BD-09"):
        datum.at_datum("BD-09", 29.6, 106.6)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="BD-09"):
        datum.from_datum("BD-09", 29.6, 106.6)  # type: ignore[arg-type]
