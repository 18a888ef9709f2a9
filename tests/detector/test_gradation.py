"""Grey levels calibrated by the camera's own readings: the error is told, and nothing is claimed where it is large or old."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from edged.detector.gradation import FRESH_S, Gradation, fitted
from edged.detector.scalar import Scalar
from edged.model.frame import Thermogram
from edged.model.heatread import HeatRead, SpotReading
from tests.detector.scenes import detector, frames, hot, play, yard

AT = datetime(2026, 1, 1, tzinfo=UTC)
SCENE = hot(np.tile(np.linspace(0.0, 30.0, 160, dtype=np.float32), (128, 1)), 40, 64, 6, 12.0)
GREY = np.round(SCENE * 5.0 + 30.0).astype(np.float32)


def read(wrong_c: float = 0.0, at: datetime = AT) -> HeatRead:
    """Return six spots and a box; the first spot is wrong by `wrong_c`."""
    places = [(0.1, 0.2), (0.3, 0.8), (0.5, 0.5), (0.7, 0.3), (0.85, 0.6), (0.95, 0.9)]
    spots = [SpotReading(x, y, float(SCENE[int(y * 128), int(x * 160)])) for x, y in places]
    spots[0] = replace(spots[0], temp_c=spots[0].temp_c + wrong_c)
    box = SCENE[48:80, 24:56]
    spots.append(SpotReading(0.25, 0.5, float(box.max()), 0.2, 0.25, float(box.mean()), float(box.min())))
    return HeatRead("th-01", at, tuple(spots))


def test_levels_become_temperatures_with_a_small_published_error() -> None:
    known = Gradation()
    known.take(read(), GREY, AT, 100.0)
    seen = known.calibrated(Thermogram(GREY, "relative", levels_per_k=6.0), 101.0)
    assert seen.kind == "calibrated"
    assert np.abs(seen.heat - SCENE).max() < 1.5
    error = known.error_k(101.0)
    assert error is not None
    assert error < 1.0


def test_one_wrong_spot_is_outvoted() -> None:
    known = Gradation()
    known.take(read(80.0), GREY, AT, 100.0)
    shown = known.temperature(Thermogram(GREY, "relative", levels_per_k=6.0), (30, 56, 20, 16), 100.0)
    assert shown is not None
    assert (shown.kind, shown.valid) == ("calibrated", False)
    assert shown.apparent_temp_c == pytest.approx(float(SCENE[56:72, 30:50].max()), abs=2.0)


def test_an_old_fit_claims_nothing() -> None:
    known = Gradation()
    known.take(read(), GREY, AT, 100.0)
    assert known.error_k(100.0 + FRESH_S + 1.0) is None
    assert known.calibrated(Thermogram(GREY, "relative", levels_per_k=6.0), 100.0 + FRESH_S + 1.0).kind == "relative"


def test_readings_of_another_moment_are_not_laid_upon_a_picture() -> None:
    known = Gradation()
    known.take(read(), GREY, AT + timedelta(seconds=3), 100.0)
    assert known.fit is None


def test_a_gain_that_hunts_is_no_line() -> None:
    known = Gradation()
    for number in range(6):
        known.take(read(), (GREY * (0.5 + 0.2 * number)).clip(0, 255), AT, 100.0 + number)
    assert known.fit is None


@pytest.mark.parametrize("temps", [[20.0, 21.0, 22.0], [30.0, 20.0, 10.0, 0.0, -5.0]])
def test_too_few_pairs_or_a_falling_line_are_no_fit(temps: list[float]) -> None:
    assert fitted(np.linspace(50, 200, len(temps)), np.array(temps), 0.0) is None


def test_a_wide_span_is_fitted_by_radiance() -> None:
    from edged.geometry.radiance import radiance

    temps = np.linspace(10.0, 300.0, 12)
    fit = fitted(0.3 * radiance(temps) + 20.0, temps, 0.0)
    assert fit is not None
    assert fit.band
    assert np.abs(fit.celsius(0.3 * radiance(temps) + 20.0) - temps).max() < 1.0


def test_a_sighting_of_a_calibrated_picture_says_so() -> None:
    eye, scalar = detector(), Scalar("white-hot")
    out = []
    for frame in frames(yard(), 14, lambda heat, t: hot(heat, 150, 150, 5, 25.0 * (t > 6)), grey=True):
        out += eye.judge(scalar.thermogram(frame), frame)
        if frame.index % 16 == 15:
            level = np.asarray(frame.pixels, np.float32)
            places = ((0.2, 0.1), (0.2, 0.5), (0.6, 0.8), (0.47, 0.625), (0.8, 0.1), (0.9, 0.6))
            near = [(x, y, level[int(y * 240) - 2 : int(y * 240) + 2, int(x * 320) - 2 : int(x * 320) + 2]) for x, y in places]
            spots = [SpotReading(x, y, (float(np.median(part)) - 40.0) / 6.0) for x, y, part in near]
            eye.heat_read(HeatRead("th-01", frame.captured_at, tuple(spots)))
    kinds = {s.temperature.kind for s in out}
    assert "calibrated" in kinds
    told = next(s for s in reversed(out) if s.temperature.kind == "calibrated")
    assert told.temperature.apparent_temp_c == pytest.approx(37.0, abs=6.0)
    assert not told.temperature.valid
    assert eye.watched().fit_error_k is not None
    assert play(detector(), frames(yard(), 1)) == []
