"""A mask raises the bar of core's test and switches nothing off: what is steady in it stays quiet, what rises in it alarms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edged.core.rules import Rules
from edged.core.step import start, step
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.geometry import lens
from edged.model.event import Sighted, Tick
from edged.model.instant import Instant
from edged.model.view import HeadPolygon
from tests.detector import scenes

X, Y, WIDTH, HEIGHT = 80, 74, 160, 128
STEADY_K, FROM_S = 45.0, 8.0


def furthest(grows_per_s: float, seconds: float, extra: float) -> str:
    """Return the furthest state of an alarm that a source which appears in a mask reaches."""
    pan, tilt = lens.direction(30.0, -3.0, X, Y, WIDTH, HEIGHT, 12.0)
    box = tuple((pan + dx, tilt + dy) for dx, dy in ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)))
    held = replace(scenes.view(), hfov_deg=12.0, areas=(HeadPolygon("flue", box, "mask", extra),))
    eye, scalar = Detector(DetectionSettings(), "th-01", held), Scalar("celsius")
    state = start(Rules.build("s", lookouts=("th-01",)), "e1")

    def burns(heat: scenes.Array, t: float) -> scenes.Array:
        since = t - FROM_S
        return heat if since < 0.0 else scenes.hot(heat, X, Y, 1.8 * float(np.sqrt(1.0 + grows_per_s * since)), STEADY_K)

    seen = ["none"]
    for frame in scenes.frames(scenes.yard(1, HEIGHT, WIDTH), seconds, burns, fps=4.0):
        now = Instant(frame.mono_s, frame.captured_at)
        events = [Sighted(s) for s in eye.judge(scalar.thermogram(frame), frame)]
        for event in (*events, Tick()):
            state, _ = step(state, event, now)
        seen += [alarm.state for alarm in state.book.alarms.values()]
    return max(seen, key=("none", "suspect", "pre_alarm", "active").index)


def test_a_steady_source_in_a_mask_stays_below_an_alarm_and_the_same_rising_alarms() -> None:
    assert furthest(0.0, 40.0, 3.0) in ("none", "suspect", "pre_alarm")
    assert furthest(0.25, 40.0, 3.0) == "active"
    assert furthest(0.0, 40.0, 0.0) == "active"
