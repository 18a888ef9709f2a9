"""The short form of `scripts/bench locate`: on synthetic sites the published doubt holds the truth about as often as it says."""

from __future__ import annotations

from typing import Any

import locate
import pytest

DAYS = 24


@pytest.fixture(scope="module")
def misses() -> list[Any]:
    return [miss for number in range(DAYS) for miss in locate.one_day(("assumed", locate.SEED + 7 * number, 10))]


@pytest.mark.parametrize("lookouts", [1, 2])
def test_doubt_holds_the_truth(misses: list[Any], lookouts: int) -> None:
    found = [m for m in misses if m.lookouts == lookouts]
    assert len(found) >= 200
    assert 0.91 <= sum(m.inside for m in found) / len(found) <= 0.995


def test_both_shapes_occur_and_an_ellipse_is_the_smaller(misses: list[Any]) -> None:
    sizes = {shape: sorted(m.half_m for m in misses if m.lookouts == 1 and m.shape == shape) for shape in ("ellipse", "interval")}
    assert all(len(values) >= 30 for values in sizes.values())
    assert sizes["ellipse"][len(sizes["ellipse"]) // 2] < sizes["interval"][len(sizes["interval"]) // 2]


def test_two_lookouts_at_three_kilometres() -> None:
    assert locate.two_at_3km(150)["drms_m"] <= 15.0


def test_no_fire_is_joined_to_another() -> None:
    found = locate.several(locate.LAWS["several"], locate.SEED + 9, 6)
    assert found["wrong_share"] == 0.0
    assert found["placed_share"] > 0.7
