"""What begins with many alike is one cause, until it goes its own way."""

from __future__ import annotations

import pytest

from edged.detector.births import ALIKE_COUNT, Births
from edged.detector.strength import CLIMBED_S
from edged.detector.track import Track
from edged.model.sighting import Hotspot
from tests.detector.scenes import Array, detector, frames, hot, play, yard


def born(number: int, rise: float) -> Track:
    return Track(number, 100.0, False, False, Hotspot(20.0 * number, 30.0, (1, 28, 4, 4), 8, 20.0 + rise, 20.0, 120.0, None, 40.0), 100.0)


def crowd(rise: float = 30.0, count: int = ALIKE_COUNT) -> tuple[Births, list[Track]]:
    births, tracks = Births(), [born(n, rise) for n in range(count)]
    births.look(tracks, 100.0, stepped=False)
    return births, tracks


def test_many_that_begin_within_a_second_are_one_and_few_are_not() -> None:
    assert all(track.many_alike for track in crowd()[1])
    assert not any(track.many_alike for track in crowd(count=ALIKE_COUNT - 1)[1])
    births, tracks = crowd(count=ALIKE_COUNT - 1)
    births.look([late := born(9, 30.0)], 101.5, stepped=True)
    assert not late.many_alike
    assert late.with_step
    assert not any(track.with_step for track in tracks)


@pytest.mark.parametrize(
    ("climbed_s", "others_rise", "gone", "alike"),
    [(CLIMBED_S, 30.0, 0, True), (CLIMBED_S, 30.0, 1, False), (CLIMBED_S, 20.0, 0, False), (5.0, 30.0, 1, True)],
    ids=["all climb: the sun", "the others are gone", "left behind", "it did not climb"],
)
def test_what_climbs_on_by_itself_is_one_by_itself(climbed_s: float, others_rise: float, gone: int, alike: bool) -> None:
    births, (first, *others) = crowd()
    first.climbed_s, first.held_against["many_alike"] = climbed_s, 8.0
    for other in others:
        other.spot = born(other.track_id, others_rise).spot
    births.part([first, *others[gone:]])
    assert first.many_alike is alike
    assert ("many_alike" in first.held_against) is alike
    assert all(other.many_alike for other in others), "they did not climb"


@pytest.mark.parametrize("stay", [False, True])
def test_a_skin_that_showed_as_the_sun_came_out_is_one_by_itself_once_it_climbs_alone(stay: bool) -> None:
    def skin(heat: Array, t: float) -> Array:
        if t < 20.0:
            return heat
        rise_k = 6.0 + 0.1 * (t - 20.0)
        for n in range(8 if stay or t < 26.0 else 0):
            heat = hot(heat, 20.0 + 17.0 * n, 60.0, 5.0, rise_k)
        return hot(heat, 90.0, 100.0, 6.0, rise_k)

    eye = detector()
    play(eye, frames(yard(1, 128, 160), 70.0, skin, fps=4.0, grey=True), "white-hot")
    (scene,) = eye._scenes.values()
    (mine,) = (track for track in scene.tracks.live if abs(track.spot.y_px - 100.0) < 5.0)
    assert mine.climbed_s >= CLIMBED_S
    assert mine.many_alike is stay


def test_a_view_tells_how_many_hot_spots_it_does_not_follow() -> None:
    def many(heat: Array, t: float) -> Array:
        for n in range(8 if t >= 12.0 else 0):
            heat = hot(heat, 20.0 + 17.0 * n, 60.0 + 20.0 * (n % 2), 2.0, 30.0)
        return heat

    eye = detector(max_tracks=4)
    play(eye, frames(yard(1, 128, 160), 11.0))
    assert eye.watched().waiting_sources == 0
    play(eye, frames(yard(1, 128, 160), 20.0, many, from_s=111.0))
    assert eye.watched().waiting_sources == 4
