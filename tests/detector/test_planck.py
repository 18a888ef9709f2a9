"""Band radiance against the published figures."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector.planck import radiance, temperature


@pytest.mark.parametrize(("celsius", "band"), [(0, 35.1), (20, 49.3), (50, 76.2), (80, 110), (200, 311), (500, 1136), (800, 2194)])
def test_band_radiance_of_the_facts(celsius: float, band: float) -> None:
    assert float(radiance(celsius)) == pytest.approx(band, rel=0.01)


def test_temperature_is_the_inverse() -> None:
    temps = np.array([-30.0, 0.0, 21.5, 333.0, 1200.0])
    assert np.allclose(temperature(radiance(temps)), temps, atol=0.05)


def test_mixed_pixel_rises_as_tabled() -> None:
    mixed = temperature(0.99 * radiance(20.0) + 0.01 * radiance(800.0)) - 20.0
    assert float(mixed) == pytest.approx(24.0, rel=0.05)
