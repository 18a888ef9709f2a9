"""Extinction from the weather falls into the classes that practice gives."""

from __future__ import annotations

import pytest

from edged.geometry.air import LEAST_PER_KM, MOST_PER_KM, stepped, vapour_extinction_per_km, vapour_g_m3, with_rain


@pytest.mark.parametrize(
    ("air_temp_c", "humidity_share", "low", "high"),
    [
        (5.0, 0.3, 0.1, 0.2), (10.0, 0.5, 0.15, 0.25), (20.0, 0.65, 0.3, 0.4), (28.0, 0.8, 0.6, 1.0), (31.0, 0.8, 0.6, 1.0),
        (20.0, 1.0, 1.0, 2.0),
    ],
)  # fmt: skip
def test_classes_of_practice(air_temp_c: float, humidity_share: float, low: float, high: float) -> None:
    assert low <= vapour_extinction_per_km(air_temp_c, humidity_share) <= high


def test_vapour_of_saturated_air_is_the_tables() -> None:
    assert [vapour_g_m3(t, 1.0) for t in (0.0, 20.0, 30.0)] == pytest.approx([4.85, 17.3, 30.4], rel=0.01)


def test_more_of_anything_is_never_clearer_and_never_beyond_the_scale() -> None:
    steps = [vapour_extinction_per_km(t, h) for t, h in ((0, 0.2), (15, 0.5), (15, 0.9), (15, 0.99), (35, 0.99))]
    assert steps == sorted(steps)
    rain = [with_rain(0.3, r) for r in (0.0, 1.0, 10.0, 50.0, 500.0)]
    assert rain == sorted(rain)
    assert rain[0] == 0.3
    assert rain[2] == pytest.approx(0.3 + 1.076 / 4.343 * 10**0.67, rel=1e-3)
    assert (rain[-1], with_rain(0.0, 0.0)) == (MOST_PER_KM, LEAST_PER_KM)


def test_steps_are_coarse_and_do_not_flutter() -> None:
    every = {stepped(0.1 * 1.01**n, None) for n in range(400)}
    assert 10 <= len(every) <= 20
    assert all(0.8 <= stepped(k, None) / k <= 1.25 for k in (0.15, 0.3, 0.82, 2.0, 7.0))
    first = stepped(0.3, None)
    assert [stepped(k, first) for k in (0.25, 0.35, 0.39)] == [first] * 3
    assert stepped(0.8, first) != first
