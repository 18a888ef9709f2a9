"""What is seen above the ground of the zone works there by turns: the first lowering of a crane is no fire, one that burns on is."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.sighting import Sighting
from edged.model.view import View
from tests.detector.scenes import PRE_ALARM, Array, first_active, frames, hot, sums, yard

SCENE = yard(height=128, width=160)
X, Y = 90.0, 60.0
Course = Callable[[float], float]
BEGIN_S, LOWERS_S, PERIOD_S, COOLS_S = 8.0, 15.0, 70.0, 15.0


def brake(since_s: float) -> float:
    """Return by how many kelvins the resistors of a crane are over their surroundings, so long after it began to work."""
    if since_s < 0.0:
        return 0.0
    now = since_s % PERIOD_S
    heated = 1.0 - math.exp(-min(now, LOWERS_S) / 8.0)
    return 10.0 + 80.0 * heated * math.exp(-max(0.0, now - LOWERS_S) / COOLS_S)


def fire(since_s: float) -> float:
    return 40.0 + 1.0 * since_s if since_s >= 0.0 else 0.0


def brake_that_catches_fire(since_s: float) -> float:
    return brake(since_s) if since_s < 80.0 else 12.0 + 6.0 * (since_s - 80.0)


def seen(aloft_deg: float | None, course: Course, seconds: float) -> list[Sighting]:
    eye, scalar = (
        Detector(DetectionSettings(), "th-01", View("th-01", "yard", 1, 30.0, -3.0, 24.0, 0.0, aloft_deg=aloft_deg)),
        Scalar("celsius"),
    )

    def change(heat: Array, since_s: float) -> Array:
        rise_k = course(since_s - BEGIN_S)
        return hot(heat, X, Y, 2.0, rise_k) if rise_k else heat

    return [s for frame in frames(SCENE, seconds, change, fps=4.0) for s in eye.judge(scalar.thermogram(frame), frame)]


@pytest.mark.parametrize(("aloft_deg", "alarms"), [(None, True), (0.0, True), (-3.0, False)], ids=["unknown", "on the ground", "aloft"])
def test_a_crane_that_lowers_is_no_fire_where_only_cranes_are(aloft_deg: float | None, alarms: bool) -> None:
    told = seen(aloft_deg, brake, 200.0)
    assert math.isfinite(first_active(told)) is alarms
    assert max(most for most, _ in sums(told).values()) >= PRE_ALARM


def test_what_burns_on_aloft_is_an_alarm_a_minute_later() -> None:
    assert first_active(seen(None, fire, 30.0)) < BEGIN_S + 10.0
    assert BEGIN_S + 59.0 < first_active(seen(-3.0, fire, 90.0)) < BEGIN_S + 65.0


def test_beyond_every_limit_aloft_waits_as_well() -> None:
    def fast(aloft_deg: float | None) -> bool:
        lens = View("th-01", "yard", 1, 30.0, -3.0, 24.0, 0.0, aloft_deg=aloft_deg)
        eye, scalar = Detector(DetectionSettings(), "th-01", lens), Scalar("celsius")
        stack = frames(SCENE, 30.0, lambda heat, t: hot(heat, X, Y, 3.0, 320.0) if t >= BEGIN_S else heat, fps=4.0)
        return any(s.fast_path for frame in stack for s in eye.judge(scalar.thermogram(frame), frame))

    assert fast(None)
    assert not fast(-3.0)


def test_a_brake_that_exceeds_all_it_ever_had_by_half_burns() -> None:
    told = seen(-3.0, brake_that_catches_fire, 130.0)
    assert BEGIN_S + 80.0 < first_active(told) < BEGIN_S + 115.0
