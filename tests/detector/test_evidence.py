"""What each rule of the evidence is for: a source that it lets speak beside one that it does not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from edged.detector.resting import Waiting
from edged.detector.scalar import Scalar
from edged.detector.track import Track, Visit
from edged.detector.tracks import Tracks
from edged.model.sighting import Hotspot
from tests.detector.scenes import ACTIVE, Array, detector, frames, hot, play, sums, yard

SCENE = yard(height=128, width=160)
X, Y, FROM_S = 90.0, 80.0, 8.0
Course = Callable[[float], float]


def told(change: Callable[[Array, float], Array], seconds: float, scene: Array = SCENE, fps: float = 4.0) -> tuple[float, set[str]]:
    """Return the most evidence that one track had, and all reasons for."""
    found = play(detector(), frames(scene, seconds, change, fps=fps))
    return max(most for most, _ in sums(found).values()), {reason for s in found for reason in s.reasons_for}


def new(rise_k: Course, radius: float = 2.0, y: float = Y) -> Callable[[Array, float], Array]:
    """A source that begins in the learnt view; `rise_k` of the seconds since then."""
    return lambda heat, t: hot(heat, X, y, radius, rise_k(t - FROM_S)) if t >= FROM_S else heat


def puffs(seed: int = 4) -> Course:
    shares = iter(np.random.default_rng(seed).uniform(0.6, 1.4, 1000))
    return lambda _: 16.0 * float(next(shares))


def test_a_flame_of_a_few_pixels_flickers_in_its_light() -> None:
    steady, said = told(new(lambda _: 16.0, 1.1), 16.0, fps=8.0)
    assert steady < ACTIVE
    assert "flickering" not in said
    flame, said = told(new(puffs(), 1.1), 16.0, fps=8.0)
    assert flame >= ACTIVE
    assert "flickering" in said


def test_a_lamp_at_the_end_of_the_scale_does_not_flicker_with_the_gain() -> None:
    def most(swing: float) -> float:
        def pumping(heat: Array, t: float) -> Array:
            return (new(lambda _: 45.0, 1.1)(heat, t) - 8.0) * np.float32(1.0 + swing * math.sin(2.0 * math.pi * 0.9 * t)) + 8.0

        return max(value for value, _ in sums(play(detector(), frames(SCENE, 18.0, pumping, grey=True), "white-hot")).values())

    assert abs(most(0.3) - most(0.0)) < 1.0


PIPE = SCENE.copy()
PIPE[74:80] = 42.0
ON_PIPE = 77.0


def test_what_is_little_hotter_than_its_place_was_is_not_strong() -> None:
    """A pipe 30 K over the ground, from end to end scenery: what shows on it stands out from the ground by 38 K, from the pipe by 8 K."""
    assert told(new(lambda _: 8.0, y=ON_PIPE), 16.0, PIPE)[0] < ACTIVE
    assert told(new(lambda _: 45.0, y=ON_PIPE), 16.0, PIPE)[0] >= ACTIVE


def test_what_is_little_hotter_than_its_place_was_does_not_grow() -> None:
    assert "growing" not in told(new(lambda t: 5.5 + 0.14 * min(t, 25.0), y=ON_PIPE), 36.0, PIPE)[1]
    assert "growing" in told(new(lambda t: 6.0 + t, y=ON_PIPE), 26.0, PIPE)[1]


def test_a_compact_place_that_was_known_to_be_warm_is_not_new_when_it_grows_hotter() -> None:
    """A crane's brake resistor between two lowerings."""
    bank = hot(SCENE, X, Y, 2.0, 8.0)

    def lowers(heat: Array, t: float) -> Array:
        return hot(heat, X, Y, 2.0, 2.5 * max(0.0, t - FROM_S))

    most, said = told(lowers, 20.0, bank)
    assert most < ACTIVE
    assert "new" not in said
    assert told(lowers, 20.0)[0] >= ACTIVE, "on plain ground it is"


def test_what_comes_out_from_behind_something_does_not_flicker() -> None:
    def drives_out(heat: Array, t: float) -> Array:
        shown = heat.copy()
        wide = int(min(24.0, 3.0 * max(0.0, t - FROM_S) ** 1.6))
        shown[int(Y) - 6 : int(Y) + 6, int(X) - wide // 2 : int(X) + wide - wide // 2] += np.float32(120.0)
        return shown

    assert "flickering" not in told(drives_out, 13.0, fps=8.0)[1]


def test_what_the_edge_of_the_picture_cuts_does_not_flicker() -> None:
    def swaying(x: float) -> Callable[[Array, float], Array]:
        sway = iter(np.random.default_rng(4).uniform(-1.5, 1.5, 1000))
        return lambda heat, t: hot(heat, x + float(next(sway)), Y, 2.5, 14.0) if t >= FROM_S else heat

    assert "flickering" not in told(swaying(158.0), 18.0, fps=8.0)[1]


def test_heat_of_the_first_look_that_grows_is_no_fire_until_it_gains_pace() -> None:
    """An engine warms up from its start on; a fire grows faster and faster."""

    def burning(rise_k: Course) -> tuple[float, set[str]]:
        return told(lambda heat, t: hot(heat, X, Y, 2.0, rise_k(t)), 30.0)

    for engine in (lambda t: 20.0 + t, lambda t: 60.0 - 40.0 * math.exp(-t / 15.0)):
        most, said = burning(engine)
        assert most < ACTIVE
        assert "growing" not in said
    most, said = burning(lambda t: 20.0 * (1.0 + (t / 15.0) ** 2))
    assert most >= ACTIVE
    assert "growing" in said


def test_what_showed_before_it_was_followed_may_have_driven_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(new(lambda _: 45.0), 16.0)[0] >= ACTIVE
    monkeypatch.setattr(Waiting, "take", lambda *_: 5.0)
    assert told(new(lambda _: 45.0), 16.0)[0] < ACTIVE


def test_what_stood_there_at_the_first_look_did_not_drive_in_while_it_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Waiting, "take", lambda *_: 5.0)
    eye, scalar, warm = detector(), Scalar("celsius"), hot(SCENE, X, Y, 2.0, 9.0)
    seen = set()
    for frame in frames(warm, 60.0, lambda heat, t: hot(heat, X, Y, 2.0, 8.0) if t >= 40.0 else heat, fps=4.0):
        eye.judge(scalar.thermogram(frame), frame)
        seen |= {track.unwatched for scene in eye._scenes.values() for track in scene.tracks.live if track.first_look}
    assert seen == {False}


def test_what_showed_while_the_view_was_learnt_does_not_come_to_last() -> None:
    def stands(from_s: float) -> set[str]:
        return told(lambda heat, t: hot(heat, X, Y, 2.0, 8.0) if t >= from_s else heat, from_s + 620.0, fps=1.0)[1]

    assert "lasting" in stands(60.0)
    assert "lasting" not in stands(4.0)


def test_what_begins_beside_a_vehicle_that_waits_to_be_followed_may_be_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    parked = Track(0, 0.0, False, False, Hotspot(X + 30.0, Y, (118, 78, 4, 4), 9, 60.0, 20.0, 200.0, None, 20.0), 1e9, with_body=True)
    parked.visits = [Visit(0.0, X + 30.0, Y, 9.0, 40.0, 200.0, 200.0)]
    monkeypatch.setattr(Tracks, "resting", [parked])
    assert told(new(lambda _: 45.0), 16.0)[0] < ACTIVE
    parked.with_body = False
    assert told(new(lambda _: 45.0), 16.0)[0] >= ACTIVE


def test_what_appears_just_before_its_neighbour_is_told_to_drive_came_with_it() -> None:
    def beside(speed: float) -> float:
        def comes(heat: Array, t: float) -> Array:
            moved = hot(heat, 50.0 + speed * (t - FROM_S + 1.3), Y, 1.5, 12.0) if t >= FROM_S - 1.3 else heat
            return hot(moved, X, Y, 2.0, 45.0) if t >= FROM_S else moved

        found = [s for s in play(detector(), frames(SCENE, 18.0, comes, fps=8.0)) if abs(s.x_px - X) < 3.0]
        return max(most for most, _ in sums(found).values())

    assert beside(3.0) < ACTIVE
    assert beside(0.0) >= ACTIVE
