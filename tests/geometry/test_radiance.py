"""Band radiance and the mixed pixel against published and tabled figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry.radiance import peak_rise_k, pixel_fill, radiance, temperature

RANGES_M = (300.0, 1000.0, 2000.0, 3000.0)
# Target (°C, width m, height m, emissivity), focal length mm at 12 µm pitch, rise in K at the four ranges for 0.2 and 0.6 per km.
TABLED = [
    ((60, 1.0, 1.0, 0.95), 25, ((36, 28, 11, 4.8), (33, 20, 5, 1.5))),
    ((60, 1.0, 1.0, 0.95), 75, ((36, 32, 27, 20), (33, 23, 13, 6))),
    ((100, 0.3, 0.3, 0.95), 25, ((65, 13, 3, 1), (59, 9, 1.4, 0.3))),
    ((100, 0.3, 0.3, 0.95), 75, ((73, 55, 21, 9), (67, 39, 10, 3))),
    ((450, 0.3, 0.3, 0.95), 25, ((359, 101, 29, 12), (331, 74, 14, 4))),
    ((800, 0.3, 0.9, 0.25), 13, ((209, 57, 15, 6), (192, 41, 7, 2))),
    ((800, 0.3, 0.9, 0.25), 25, ((269, 126, 45, 20), (248, 93, 22, 6))),
    ((800, 2.0, 2.0, 0.6), 13, ((518, 430, 224, 121), (476, 327, 127, 47))),
]


@pytest.mark.parametrize(
    ("celsius", "band"), [(0, 35.1), (20, 49.3), (50, 76.2), (80, 110), (100, 137), (200, 311), (300, 545), (500, 1136), (800, 2194)]
)
def test_band_radiance_of_the_facts(celsius: float, band: float) -> None:
    assert float(radiance(celsius)) == pytest.approx(band, rel=0.01)


def test_temperature_is_the_inverse() -> None:
    temps = np.array([-30.0, 0.0, 21.5, 333.0, 1200.0])
    assert np.allclose(temperature(radiance(temps)), temps, atol=0.05)


def test_mixed_pixel_rises_as_tabled() -> None:
    mixed = temperature(0.99 * radiance(20.0) + 0.01 * radiance(800.0)) - 20.0
    assert float(mixed) == pytest.approx(24.0, rel=0.05)


@pytest.mark.parametrize(("target", "focal_mm", "wanted"), TABLED)
def test_peak_rise_is_the_tables(
    target: tuple[float, float, float, float], focal_mm: float, wanted: tuple[tuple[float, ...], tuple[float, ...]]
) -> None:
    for extinction, row in zip((0.2, 0.6), wanted, strict=True):
        rise = peak_rise_k(*target, RANGES_M, 12.0 / focal_mm, extinction, 20.0)
        assert np.all(np.abs(rise - row) <= np.maximum(0.04 * np.asarray(row), 0.6)), (rise, row)


@pytest.mark.parametrize(("range_m", "read_c"), [(463.0, 93.0), (832.0, 60.0)])
def test_field_reading_of_a_small_fire_needs_a_small_fire(range_m: float, read_c: float) -> None:
    """EDWIN's field test: 593 °C at the site, 45° over 640 px, 7 °C ambient; read over 93 °C at 463 m and over 60 °C at 832 m."""
    side = np.linspace(0.05, 1.0, 96)
    rise = np.array([float(peak_rise_k(593.0, w, w, 0.95, range_m, 45.0 / 640 * 17.453, 0.3, 7.0)) for w in side])
    area_m2 = float(side[np.argmax(rise >= read_c - 7.0)]) ** 2
    assert 0.02 <= area_m2 <= 0.15, area_m2


@given(st.floats(0.0, 40.0), st.floats(0.1, 1.5))
def test_fill_lies_between_nothing_and_all_and_grows(width_px: float, sigma: float) -> None:
    fill = pixel_fill(np.array([width_px, width_px + 0.5]), sigma)
    assert -1e-9 <= fill[0] <= fill[1] + 1e-9 <= 1.0 + 2e-9
    assert pixel_fill(0.0, sigma) == pytest.approx(0.0, abs=1e-12)
    assert pixel_fill(60.0, sigma) == pytest.approx(1.0)


def test_a_sharp_lens_fills_by_area_alone() -> None:
    assert np.allclose(pixel_fill(np.array([0.3, 1.0, 4.0]), 0.0), [0.3, 1.0, 1.0])
