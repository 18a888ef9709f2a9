"""A small spot that slides as the sun does is held back while the sun is up; a fire, a spot at night and a faster one are not."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector.chain import Detector
from edged.detector.glint import Glints
from edged.detector.settings import DetectionSettings
from edged.detector.track import Sample, Track
from edged.model.sighting import Hotspot, Sighting
from edged.model.view import View
from edged.model.weather import Air
from tests.detector.scenes import ACTIVE, Array, first_active, frames, hot, play, yard

VIEW = View("th-01", "yard", 1, 30.0, -3.0, 4.4, 0.0)
"""160 px: 0.0275° a pixel, as with 25 mm and 640."""
SHAPE, IFOV = (128, 160), 4.4 / 160.0
SUN = (100.0, 40.0)
NOW = 40.0


def track(deg_per_min: float, *, seconds: float = 8.0, size: int = 4, grows: float = 0.0, jitter_px: float = 0.03) -> Track:
    rng, pace = np.random.default_rng(1), deg_per_min / 60.0 / IFOV
    spot = Hotspot(80.0, 60.0, (78, 58, size, size), 10, 40.0, 12.0, 200.0, None, 9.0)
    made = Track(1, NOW - seconds, False, False, spot, NOW)
    for t in np.arange(NOW - seconds, NOW + 0.01, 0.25):
        since = float(t) - NOW + seconds
        x, y = rng.normal((80.0 + pace * since, 60.0), jitter_px)
        made.samples.append(Sample(float(t), float(x), float(y), 10.0 + grows * since, 40.0, 200.0, 200.0))
    return made


def marks(one: Track, sun: tuple[float, float] | None = SUN) -> bool:
    Glints().look([one], VIEW, SHAPE, sun, NOW)
    return one.glints


def test_what_slides_as_the_sun_does_is_a_glint_while_the_sun_is_up() -> None:
    assert marks(track(0.25))
    assert not marks(track(0.25), None)


@pytest.mark.parametrize(
    "one",
    [
        track(0.0),
        track(1.0),
        track(0.25, seconds=2.0),
        track(0.25, size=14),
        track(0.2, grows=12.0),
        track(0.25, jitter_px=0.6),
        track(0.25, seconds=12.0, jitter_px=0.4),
        track(0.25, seconds=30.0, jitter_px=1.4),
    ],
    ids=[
        "it stands",
        "too fast",
        "too short a look",
        "too large",
        "its growth moves its middle",
        "it jumps about",
        "it sways, and has not been seen for long",
        "it sways too far",
    ],
)
def test_what_is_no_glint_is_none(one: Track) -> None:
    assert not marks(one)


def test_in_a_view_that_sways_it_must_have_slid_farther() -> None:
    assert marks(track(0.25, seconds=30.0, jitter_px=0.6))


@pytest.mark.parametrize(("jitter_px", "seconds", "holds"), [(0.6, 20.0, True), (0.6, 61.0, False), (0.03, 20.0, False)])
def test_what_stands_is_no_glint_as_soon_as_that_can_be_told(jitter_px: float, seconds: float, holds: bool) -> None:
    one = track(0.0 if jitter_px < 0.1 else 0.12, seconds=seconds, jitter_px=jitter_px)
    marks(one)
    assert one.may_glint
    assert one.twinkles is holds


def test_what_was_seen_too_shortly_may_slide() -> None:
    marks(one := track(0.0, seconds=1.5))
    assert one.may_slide


def test_behind_what_is_looked_at_no_pane_mirrors_the_sun() -> None:
    assert not marks(track(0.25), (30.0, -3.0))
    assert not marks(track(0.25), (30.0, -20.0))


def seen(deg_per_min: float, sun: tuple[float, float] | None) -> list[Sighting]:
    pace = deg_per_min / 60.0 / IFOV

    def change(scene: Array, since_s: float) -> Array:
        return scene if since_s < 7.0 else hot(scene, 80.0 + pace * (since_s - 7.0), 90.0, 1.8, 45.0)

    eye = Detector(DetectionSettings(), "th-01", VIEW)
    eye.air(Air(0.3, 20.0, sun=sun))
    return play(eye, frames(yard(1, 128, 160), 27.0, change, fps=8.0))


def test_an_eye_holds_a_glint_back_and_says_why_but_not_a_fire_that_stands_there() -> None:
    glint = seen(0.25, SUN)
    assert any("glint" in s.reasons_against for s in glint)
    assert max(s.evidence or 0.0 for s in glint) < ACTIVE
    for stays in (seen(0.25, None), seen(0.0, SUN)):
        assert max(s.evidence or 0.0 for s in stays) >= ACTIVE
        assert not any("glint" in s.reasons_against for s in stays)


def test_what_may_be_the_sun_in_a_mirror_waits_until_that_can_be_told() -> None:
    assert first_active(seen(0.0, None)) - 7.0 < 10.0
    assert 15.0 <= first_active(seen(0.0, SUN)) - 7.0 < 18.0
