"""What grows where it began burns; what grows while it leaves its place drives."""

from __future__ import annotations

from collections import deque

import pytest

from edged.detector.course import in_place
from edged.detector.track import Sample, Track
from edged.model.sighting import Hotspot

SPOT = Hotspot(0.0, 0.0, (0, 0, 3, 3), 4, 255.0, 200.0, 100.0, None, 9.0)


def track(places: list[tuple[float, float, float]], every_s: float = 0.2) -> Track:
    """A track from (x, y, area) samples."""
    samples = [Sample(n * every_s, x, y, area, 255.0, area * 55.0, area * 55.0) for n, (x, y, area) in enumerate(places)]
    found = Track(1, 0.0, False, False, SPOT, samples[-1].mono_s)
    found.samples = deque(samples, maxlen=400)
    return found


def flame(seconds: float, top_px_s: float) -> list[tuple[float, float, float]]:
    """A flame whose foot stays at y = 250: width and height grow, the centre rises by half the height."""
    out = []
    for n in range(int(seconds / 0.2)):
        height = 2.0 + top_px_s * n * 0.2
        out.append((320.0, 250.0 - height / 2.0, height * max(2.0, 0.6 * height)))
    return out


def truck(seconds: float, px_s: float, growth_px_s: float) -> list[tuple[float, float, float]]:
    """The rear of a truck that drives away up the picture, and comes out from behind its own load."""
    return [(318.0, 202.0 - px_s * n * 0.2, 3.0 + growth_px_s * n * 0.2) for n in range(int(seconds / 0.2))]


@pytest.mark.parametrize("rise", [0.1, 0.25, 0.5])
def test_a_flame_that_rises_from_its_foot_is_in_place(rise: float) -> None:
    assert in_place(track(flame(20.0, rise)), 30.0)


def test_a_steady_source_is_in_place() -> None:
    assert in_place(track([(320.0, 250.0, 9.0)] * 40), 30.0)


def test_a_truck_that_drives_away_is_not() -> None:
    """As seen in the simulated yard: 3 px to 8 px while it left at 0.5 px/s, which looked like growth."""
    assert not in_place(track(truck(6.0, 0.5, 0.9)), 30.0)
