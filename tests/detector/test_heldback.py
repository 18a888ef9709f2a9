"""What is held back leaves the eye beside the sightings: with its reasons, seldom, and without evidence for core."""

from __future__ import annotations

from dataclasses import replace

from edged.detector.chain import Detector
from edged.detector.heldback import PERIOD_S
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.sighting import Sighting
from edged.model.view import HeadPolygon
from tests.detector import scenes

BOX = ((20.0, -10.0), (40.0, -10.0), (40.0, 4.0), (20.0, 4.0))


def watched(extra: float, rise_k: float = 45.0) -> tuple[list[Sighting], list[Sighting]]:
    """Return (sightings, held back) of a steady source that appears in a mask over everything."""
    held = replace(scenes.view(), hfov_deg=12.0, areas=(HeadPolygon("flue", BOX, "known_heat", extra),))
    eye, scalar, told, kept = Detector(DetectionSettings(), "th-01", held), Scalar("celsius"), [], []
    pictures = scenes.frames(scenes.yard(1, 128, 160), 24, lambda h, t: scenes.hot(h, 80, 74, 1.8, rise_k) if t >= 8 else h, fps=4.0)
    for frame in pictures:
        told += eye.judge(scalar.thermogram(frame), frame)
        kept += eye.held()
    return told, kept


def test_a_source_under_a_high_bar_is_told_as_held_back() -> None:
    told, kept = watched(15.0)
    assert told == []
    assert 2 <= len(kept) <= 1 + 16.0 / PERIOD_S
    assert all("known_heat" in one.reasons_against and {"hot", "new"} & {*one.reasons_for} for one in kept)
    assert all(one.log_likelihood < 0.0 and one.crop_jpeg_b64 is None for one in kept)


def test_what_is_reported_is_not_told_twice() -> None:
    told, kept = watched(0.0)
    assert len(told) > 5
    assert kept == []
