"""The local plane: there and back, and a known distance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import earth


@given(st.floats(-60, 60), st.floats(-179, 179), st.floats(-6000, 6000), st.floats(-6000, 6000))
def test_there_and_back(lat: float, lon: float, east: float, north: float) -> None:
    e, n, _ = earth.enu_m(lat, lon, *earth.from_enu(lat, lon, east, north))
    assert (e, n) == pytest.approx((east, north), abs=2e-3)


def test_one_minute_of_latitude_at_45_degrees() -> None:
    """1/60° of meridian at 45° N is 1,852.2 m (definition of the sea mile, within the ellipsoid's spread)."""
    assert earth.distance_m(45 - 1 / 120, 10, 45 + 1 / 120, 10) == pytest.approx(1852.2, abs=0.1)


def test_azimuth() -> None:
    assert earth.azimuth_deg(29.61, 106.6, *earth.from_enu(29.61, 106.6, 100, 100)) == pytest.approx(45.0, abs=1e-4)
