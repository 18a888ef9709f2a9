"""Similar sources all over the view that come with a step of the scene are one scene change, and let go of what goes its own way."""

from __future__ import annotations

import numpy as np
import pytest

from edged.core.confirm import COMMON_CAUSES
from edged.detector.background import Background, quarter_of
from edged.detector.chain import Detector
from edged.detector.scenechange import SceneChanges, step_share
from edged.detector.settings import DetectionSettings
from edged.detector.track import Track
from edged.model.sighting import Hotspot, ReasonAgainst, ReasonFor, Sighting
from tests.detector.scenes import ACTIVE, Array, frames, hot, play, view, yard

SCENE = yard(1, 128, 160)
NOISE = 0.15
CORNERS = ((25.0, 50.0), (140.0, 60.0), (80.0, 115.0), (30.0, 110.0))


def sunny(scene: Array, kelvin: float) -> Array:
    """Return the scene after the sun has come out: half of it, in patches, is warmer."""
    rng = np.random.default_rng(9)
    patches = np.kron(rng.random((16, 20)) < 0.5, np.ones((8, 8))).astype(np.float32)
    return np.asarray(scene + kelvin * patches, np.float32)


def track(number: int, at: tuple[float, float], rise: float = 30.0, *, first_look: bool = False, born_s: float = 10.0) -> Track:
    spot = Hotspot(at[0], at[1], (round(at[0]) - 2, round(at[1]) - 2, 4, 4), 12, 12.0 + rise, 12.0, 10.0 * rise, None, 9.0)
    return Track(number, born_s, first_look, False, spot, born_s)


def marked(tracks: list[Track], picture: Array) -> list[int]:
    background = Background(SCENE, 5.0)
    SceneChanges().born(tracks, background, quarter_of(picture), NOISE, 10.0)
    return [each.track_id for each in tracks if each.scene_change]


def spread(count: int = 4) -> list[Track]:
    return [track(n, at) for n, at in enumerate(CORNERS[:count], 1)]


def test_similar_ones_all_over_with_a_step_of_the_scene_are_one_change() -> None:
    assert marked(spread(), sunny(SCENE, 3.0)) == [1, 2, 3, 4]


def test_what_is_no_scene_change_is_none() -> None:
    assert marked(spread(), SCENE) == []
    assert marked(spread(), SCENE + np.float32(3.0)) == [], "a flat-field step moves everything alike"
    assert marked(spread(2), sunny(SCENE, 3.0)) == []
    near = [track(n, (60.0 + 6.0 * n, 70.0)) for n in range(1, 5)]
    assert marked(near, sunny(SCENE, 3.0)) == []
    known = [track(n, at, first_look=True) for n, at in enumerate(CORNERS, 1)]
    assert marked(known, sunny(SCENE, 3.0)) == []


def test_one_far_hotter_than_the_others_is_none_of_them() -> None:
    assert marked([*spread(), track(9, (100.0, 50.0), 300.0)], sunny(SCENE, 3.0)) == [1, 2, 3, 4]


@pytest.mark.parametrize(("kelvin", "steps"), [(0.0, False), (0.3, False), (3.0, True)])
def test_a_step_is_more_than_noise(kelvin: float, steps: bool) -> None:
    noise = np.random.default_rng(2).normal(0.0, NOISE, SCENE.shape).astype(np.float32)
    share = step_share(Background(SCENE, 5.0), quarter_of(sunny(SCENE, kelvin) + noise), NOISE)
    assert (share >= 0.15) is steps


def test_what_outgrows_the_others_is_let_go_of_and_what_grows_with_them_is_not() -> None:
    changes, tracks = SceneChanges(), spread()
    changes.born(tracks, Background(SCENE, 5.0), quarter_of(sunny(SCENE, 3.0)), NOISE, 10.0)
    for each in tracks:
        each.last_s = 14.0
        each.spot = track(each.track_id, CORNERS[each.track_id - 1], 60.0).spot
    changes.look(14.0)
    assert all(each.scene_change for each in tracks)
    tracks[0].spot = track(1, CORNERS[0], 120.0).spot
    changes.look(16.0)
    assert [each.track_id for each in tracks if each.scene_change] == [2, 3, 4]


def test_what_flickers_is_let_go_of() -> None:
    changes, tracks = SceneChanges(), spread()
    changes.born(tracks, Background(SCENE, 5.0), quarter_of(sunny(SCENE, 3.0)), NOISE, 10.0)
    tracks[2].held_for["flickering"], tracks[2].held_against["scene_change"] = 1.5, 2.0
    changes.look(11.0)
    assert [each.track_id for each in tracks if each.scene_change] == [1, 2, 4]
    assert not tracks[2].held_against


def seen(burns: bool, without: frozenset[ReasonFor | ReasonAgainst] = frozenset()) -> list[Sighting]:
    flame = np.random.default_rng(5).normal(1.0, 0.25, 400)

    def change(scene: Array, since_s: float) -> Array:
        if since_s < 7.0:
            return scene
        heat = sunny(scene, 3.0)
        for x, y in CORNERS[1:]:
            heat = hot(heat, x, y, 1.6, 35.0)
        size = 1.6 + (0.12 * (since_s - 7.0) + 0.8 * float(flame[int(since_s * 8)]) if burns else 0.0)
        return hot(heat, *CORNERS[0], size, 35.0)

    eye = Detector(DetectionSettings(), "th-01", view(), without)
    return play(eye, frames(SCENE, 20.0, change, fps=8.0))


def test_an_eye_says_so_and_what_flickers_and_grows_among_them_still_alarms() -> None:
    quiet = seen(burns=False)
    assert len({s.track_id for s in quiet}) >= 2
    assert all("scene_change" in s.reasons_against for s in quiet)
    assert max((s.evidence or 0.0 for s in quiet), default=0.0) < ACTIVE
    unsaid = seen(burns=False, without=frozenset({"scene_change"}))
    assert max(s.evidence or 0.0 for s in unsaid) >= ACTIVE
    burning = [s for s in seen(burns=True) if s.x_px < 60.0 and s.y_px < 80.0]
    assert burning[-1].evidence is not None
    assert burning[-1].evidence >= ACTIVE
    assert COMMON_CAUSES.isdisjoint(burning[-1].reasons_against)


def test_what_made_the_gain_collapse_is_no_part_of_what_the_collapse_showed() -> None:
    bright = Hotspot(100.0, 50.0, (95, 45, 10, 10), 60, 42.0, 12.0, 1800.0, None, 9.0)
    made = Track(9, 10.0, False, False, bright, 10.0)
    assert marked([*spread(), made], sunny(SCENE, 3.0)) == [1, 2, 3, 4, 9]
    made.scene_change, made.with_step = False, True
    assert marked([*spread(), made], sunny(SCENE, 3.0)) == [1, 2, 3, 4]
