"""The measurement equation there and back, a camera's counts, and FLIR's own files by flyr."""

from __future__ import annotations

import os
from pathlib import Path as File

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry.measurement import (
    Path,
    PlanckCounts,
    apparent_temp_c,
    clamped_transmittance,
    flir_transmittance,
    object_temp_c,
    received,
)
from edged.geometry.radiance import radiance

_KNOWN = [File(os.environ["EDGED_REAL_DATA"])] if "EDGED_REAL_DATA" in os.environ else []
FLIR = next((p for p in [*(k / "flir_rjpeg" for k in _KNOWN), File(__file__).parents[3] / "shared/data/flir_rjpeg"] if p.is_dir()), None)
TAU = PlanckCounts(14861.56, 1395.6, 1.0, -992.0, 0.03234)
PATHS = st.builds(
    Path, st.floats(0.3, 1.0), st.floats(-40, 60), st.floats(0.2, 1.0), st.floats(-40, 50), st.floats(0.5, 1.0), st.floats(-40, 60)
)  # fmt: skip


@given(st.floats(-60, 1500), PATHS)
def test_object_temperature_comes_back_through_any_path(object_c: float, path: Path) -> None:
    assert float(object_temp_c(apparent_temp_c(object_c, path), path)) == pytest.approx(object_c, abs=0.5)
    counts = path.window_transmittance * (
        path.transmittance * (path.emissivity * TAU.counts(object_c) + (1 - path.emissivity) * TAU.counts(path.reflected_temp_c))
        + (1 - path.transmittance) * TAU.counts(path.air_temp_c)
    ) + (1 - path.window_transmittance) * TAU.counts(path.window_temp_c)
    assert float(TAU.object_temp_c(counts, path)) == pytest.approx(object_c, abs=0.01)


def test_the_equation_of_the_facts_term_by_term() -> None:
    path = Path(0.8, 10.0, 0.6, 25.0, 0.9, 30.0)
    expected = 0.9 * (0.6 * (0.8 * 311 + 0.2 * radiance(10.0)) + 0.4 * radiance(25.0)) + 0.1 * radiance(30.0)
    assert float(received(200.0, path)) == pytest.approx(float(expected), rel=0.01)


def test_a_pixel_that_no_object_explains_is_nan_and_its_neighbours_are_not() -> None:
    shown = np.array([[-30.0, 60.0], [np.nan, 5000.0]])
    back = object_temp_c(shown, Path(0.5, 40.0, 0.7, 30.0))
    assert np.isnan(back).tolist() == [[True, False], [True, True]]
    assert np.isnan(object_temp_c(50.0, Path(0.9, 20.0, 0.01, 20.0)))


@pytest.mark.parametrize(
    "wrong", [{"emissivity": 0.0}, {"emissivity": 1.1}, {"transmittance": -0.1}, {"window_transmittance": 0.0}, {"air_temp_c": -200.0},
              {"air_temp_c": float("nan")}],
)  # fmt: skip
def test_a_path_that_physics_does_not_allow_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"0…1 each|of the path"):
        Path(**wrong)


def test_counts_and_back_and_the_form_of_ax5() -> None:
    temps = np.array([-20.0, 20.0, 150.0, 600.0])
    assert np.allclose(TAU.temp_c(TAU.counts(temps)), temps, atol=1e-6)
    ax5 = PlanckCounts.ax5(366545.0, 1428.0, 1.0, 342.0)
    counts = 366545.0 / (np.exp(1428.0 / (temps + 273.15)) - 1.0) + 342.0
    assert np.allclose(ax5.temp_c(counts), temps, atol=1e-6)
    assert np.isnan(TAU.temp_c([0.0, 900.0])).all()


@pytest.mark.parametrize("constants", [(-1.0, 1400.0), (1e4, 0.0), (float("nan"), 1400.0), (1e4, 1400.0, 5.0)])
def test_impossible_constants_are_refused(constants: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="Planck constants"):
        PlanckCounts(*constants)


def test_transmittance_is_clamped_and_flirs_rule_ends_at_a_hundred_metres() -> None:
    assert np.allclose(clamped_transmittance([0.0, 1200.0, -5.0], 0.6), [1.0, 0.487, 1.0], atol=1e-3)
    assert float(clamped_transmittance(1000.0, -0.5)) == 1.0
    assert flir_transmittance(1.0, 20.0, 0.5) == pytest.approx(0.99, abs=0.01)
    with pytest.raises(ValueError, match="extinction"):
        flir_transmittance(3000.0, 35.0, 0.9)


@pytest.mark.skipif(FLIR is None, reason="no real FLIR JPEGs in ../shared/data or $EDGED_REAL_DATA")
def test_flir_files_give_what_flyr_gives() -> None:
    import flyr

    assert FLIR is not None
    files = sorted(FLIR.glob("*.jpg"))
    assert files
    for file in files:
        image = flyr.unpack(str(file))
        about = image.metadata
        camera = PlanckCounts(*(about[f"planck_{name}"] for name in ("r1", "b", "f", "o", "r2")))
        air_c = about["atmospheric_temperature"] - 273.15
        tau = flir_transmittance(about["object_distance"], air_c, about["relative_humidity"])
        path = Path(
            about["emissivity"], about["reflected_apparent_temperature"] - 273.15, tau, air_c, about["ir_window_transmission"],
            about["ir_window_temperature"] - 273.15,
        )  # fmt: skip
        raw = image._FlyrThermogram__thermal
        assert np.allclose(camera.object_temp_c(raw, path), image.celsius, atol=0.05), file.name
