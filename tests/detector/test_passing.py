"""A passing view is learnt anew each time and leaves nothing behind: no scene, no background to be kept."""

from __future__ import annotations

from dataclasses import replace

from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.view import View
from tests.detector.scenes import frames, yard

SCENE = yard(height=128, width=160)
TOUR = View("th-1", "yard", 1, 0.0, -3.0, 17.5, 0.0)


def hold(eye: Detector, view: View, from_s: float) -> None:
    eye.hold(replace(view, valid_from_mono_s=from_s))
    for frame in frames(SCENE, 4.0, from_s=from_s):
        eye.judge(Scalar("celsius").thermogram(frame), frame)
    eye.drop("moving")


def test_a_passing_view_is_forgotten_when_another_is_held() -> None:
    eye = Detector(DetectionSettings(), "th-1")
    passing = replace(TOUR, view_id="@ALARM-3", generation=3, pan_deg=60.0, passing=True)
    hold(eye, TOUR, 100.0)
    hold(eye, passing, 110.0)
    assert set(eye.saved()) == {"yard"}, "nothing of it is kept over a restart"
    assert eye.watched().judged_frames > 0, "but it was judged"
    hold(eye, replace(TOUR, generation=5), 120.0)
    eye.hold(replace(passing, generation=7, valid_from_mono_s=130.0))
    assert eye.watched().learning, "the same direction again is new again"
    eye.hold(replace(TOUR, generation=9, valid_from_mono_s=140.0))
    assert set(eye.saved()) == {"yard"}
