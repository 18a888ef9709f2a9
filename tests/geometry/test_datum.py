"""GCJ-02 against published vectors (both lineages), and there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import datum
from edged.geometry.earth import distance_m

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


@given(st.floats(18, 53), st.floats(74, 134))
def test_there_and_back(lat: float, lon: float) -> None:
    assert distance_m(lat, lon, *datum.to_wgs84(*datum.to_gcj02(lat, lon))) < 0.001


def test_outside_china_nothing_moves() -> None:
    assert datum.to_gcj02(51.5, -0.12) == (51.5, -0.12)
