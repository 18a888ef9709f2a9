"""What is followed and what rests: never both, whatever a view's places do with it."""

from __future__ import annotations

import numpy as np

from edged.detector.evidence import weigh
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.detector.strength import Context
from edged.detector.tracks import Tracks
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot
from tests.detector.scenes import ACTIVE, detector, frames, hot, sums, view, yard

HEAT = np.full((64, 80), 20.0, np.float32)


def spot(x: float) -> Hotspot:
    return Hotspot(x, 30.0, (int(x) - 2, 28, 4, 4), 8, 60.0, 20.0, 120.0, None, 40.0)


def follow(tracks: Tracks, from_s: float, places: list[float]) -> None:
    for n, x in enumerate(places):
        for track in tracks.link([spot(x)], HEAT, from_s + 0.25 * n, (0.0, 0.0), lambda _: False, 20):
            weigh(track, Thermogram(HEAT, "radiometric"), Context(True, 5.0, 0.5), DetectionSettings(), from_s + 0.25 * n, 0.25)


def test_what_is_found_again_may_drive_off_and_be_given_up_again() -> None:
    tracks = Tracks()
    follow(tracks, 100.0, [30.0] * 12)
    (track,) = tracks.live
    tracks.rest()
    follow(tracks, 150.0, [30.0])
    assert tracks.live == [track]
    follow(tracks, 150.25, [30.0 + 3.0 * n for n in range(12)])
    assert track.visits == []
    seen = tracks.link([spot(63.0), spot(12.0)], HEAT, 153.5, (0.0, 0.0), lambda _: False, 20)
    assert len({each.track_id for each in seen}) == 2


def test_what_was_given_up_is_resumed_with_its_life_where_it_is_found_again() -> None:
    tracks = Tracks()
    follow(tracks, 100.0, [30.0] * 12)
    (track,) = tracks.live
    tracks.give_up([track])
    assert tracks.live == []
    follow(tracks, 130.0, [31.0, 90.0])
    assert [each is track for each in tracks.live] == [True, False]
    assert track.resumed_s == 130.0


def test_what_began_just_before_the_head_turned_away_is_known_when_it_is_back() -> None:
    """Of the first of three looks it shows only the last half second: without it there are two, and two tell no pace."""
    eye, scalar, told, scene = detector(), Scalar("celsius"), [], yard(height=128, width=160)
    for number, rise_k in enumerate((0.0, 8.0, 24.0, 72.0)):
        at = 100.0 + 53.0 * number
        eye.hold(view(generation=2 * number + 1, valid_from_s=at))
        burns, begins = hot(scene, 90.0, 80.0, 2.0, rise_k), 7.5 if number == 1 else 0.0
        for frame in (*frames(scene, begins, from_s=at), *frames(burns, 8.0 - begins, from_s=at + begins)):
            told += eye.judge(scalar.thermogram(frame), frame)
        eye.drop("moving")
    assert max(most for most, _ in sums(told).values()) >= ACTIVE
