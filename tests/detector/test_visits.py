"""What a patrol makes of heat that it did not see begin: vehicles come with a body, fires grow, and nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from edged.detector.body import cells_with
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.frame import Frame
from edged.model.sighting import Sighting
from tests.detector.scenes import ACTIVE, PRE_ALARM, SUSPECT, Array, frames, hot, view, yard

SCENE = yard(height=128, width=160)
X, Y = 90.0, 80.0
AWAY_S, DWELL_S = 45.0, 8.0
Look = Callable[[Array], Array]


def as_learnt(heat: Array) -> Array:
    return heat


def lorry(heat: Array) -> Array:
    """A body 2.5 K over the ground, with a hot engine."""
    parked = heat.copy()
    parked[int(Y) - 8 : int(Y) + 6, int(X) - 40 : int(X) + 6] += np.float32(2.5)
    return hot(parked, X, Y, 2.0, 45.0)


def embers(rise_k: float) -> Look:
    return lambda heat: hot(heat, X, Y, 2.0, rise_k)


def patrol(*looks: Look, drift_k: float = 0.0) -> tuple[Detector, list[list[Sighting]]]:
    """Return the eye and the sightings of each look at one view, 45 s apart; `drift_k`: how much warmer all is from look to look."""
    eye = Detector(DetectionSettings(), "th-01")
    scalar, out, at = Scalar("celsius"), [], 100.0
    for number, look in enumerate(looks):
        eye.hold(view(generation=2 * number + 1, valid_from_s=at))
        found: list[Sighting] = []
        for frame in shown(look, at, number * drift_k):
            found += eye.judge(scalar.thermogram(frame), frame)
        out.append(found)
        eye.drop("moving")
        at += DWELL_S + AWAY_S
    return eye, out


def shown(look: Look, from_s: float, warmer_k: float) -> Iterator[Frame]:
    return frames(SCENE, DWELL_S, lambda heat, _: look(heat) + np.float32(warmer_k), from_s=from_s)


def evidence(looks: list[list[Sighting]]) -> float:
    """Return the sum of the strongest source, as core would have it."""
    sums: dict[int, float] = {}
    for s in (s for look in looks for s in look):
        sums[s.track_id] = sums.get(s.track_id, 0.0) + s.log_likelihood
    return max(sums.values(), default=0.0)


def reasons(looks: list[list[Sighting]]) -> tuple[set[str], set[str]]:
    last = looks[-1][-1]
    return set(last.reasons_for), set(last.reasons_against)


def test_a_source_keeps_its_name_and_its_evidence_from_look_to_look() -> None:
    _, looks = patrol(as_learnt, embers(12.0), embers(12.0), embers(12.0))
    assert len({s.track_id for look in looks for s in look}) == 1
    first, whole = evidence(looks[:2]), evidence(looks)
    assert SUSPECT < first < ACTIVE
    assert whole == pytest.approx(first, abs=0.6), "the same heat seen again is no new evidence"


def test_a_lorry_that_parked_while_the_head_was_away_is_held_and_says_why() -> None:
    _, looks = patrol(as_learnt, lorry, lorry, lorry)
    assert evidence(looks) < ACTIVE
    assert "parked_vehicle" in reasons(looks)[1]


def flame(number: int) -> Look:
    """A flame whose area is another one from frame to frame."""
    return puffing(number, 130.0)


def puffing(number: int, rise_k: float) -> Look:
    sizes = iter(np.random.default_rng(number).uniform(1.2, 3.6, 1000))
    return lambda heat: hot(heat, X, Y, float(next(sizes)), rise_k)


def test_heat_that_was_there_at_once_when_the_head_came_back_is_a_pre_alarm_however_strong() -> None:
    _, looks = patrol(as_learnt, embers(45.0), embers(45.0), embers(45.0))
    assert PRE_ALARM <= evidence(looks) < ACTIVE


def test_a_flame_that_began_while_the_head_was_away_is_an_alarm_at_its_first_look() -> None:
    _, looks = patrol(as_learnt, flame(1))
    assert evidence(looks) >= ACTIVE
    assert "flickering" in reasons(looks)[0]


def test_what_grew_hotter_while_the_head_was_away_was_not_known_before_it_was_seen() -> None:
    eye, _ = patrol(embers(8.0), embers(8.0), embers(40.0))
    (scene,) = eye._scenes.values()
    (track,) = [track for track in scene.tracks.live if track.first_look and track.unwatched]
    assert track.known_since_s == track.born_s


def test_what_is_wide_and_lukewarm_and_flickers_is_a_plume() -> None:
    _, looks = patrol(as_learnt, puffing(1, 35.0))
    assert evidence(looks) < ACTIVE
    assert "flickering" not in reasons(looks)[0]


def test_what_is_beyond_every_limit_at_each_look_is_an_alarm_once_it_flickers() -> None:
    """A genset's exhaust is as hot, and may have driven there."""
    _, looks = patrol(as_learnt, embers(300.0), embers(300.0), embers(300.0))
    assert PRE_ALARM <= evidence(looks) < ACTIVE
    assert not any(s.fast_path for look in looks for s in look)
    _, looks = patrol(as_learnt, embers(300.0), puffing(2, 300.0))
    assert evidence(looks) >= ACTIVE
    assert any(s.fast_path for s in looks[-1])


def test_what_grows_faster_and_faster_from_look_to_look_is_an_alarm() -> None:
    _, looks = patrol(as_learnt, embers(8.0), embers(20.0), embers(48.0), embers(96.0))
    assert evidence(looks[:2]) < ACTIVE <= evidence(looks)
    assert "growing" in reasons(looks)[0]


def test_what_rises_and_settles_from_look_to_look_is_none() -> None:
    rises = [60.0 * (1.0 - 0.6**n) for n in range(1, 7)]
    _, looks = patrol(as_learnt, *(embers(rise) for rise in rises))
    assert evidence(looks) < ACTIVE
    assert "growing" not in reasons(looks)[0]


def test_a_lorry_that_soaks_is_held_and_one_that_burns_is_not() -> None:
    def soaked(factor: float) -> Look:
        def look(heat: Array) -> Array:
            return hot(lorry(heat), X, Y, 2.0, 45.0 * (factor - 1.0))

        return look

    _, soaks = patrol(as_learnt, lorry, *(soaked(1.0 + 3.0 * (1.0 - 0.8**n)) for n in range(1, 9)))
    assert evidence(soaks) < ACTIVE
    _, burns = patrol(as_learnt, lorry, soaked(1.4), soaked(2.6), soaked(6.0), soaked(12.0))
    assert evidence(burns) >= ACTIVE


def test_a_day_that_warms_by_kelvins_while_the_head_is_away_is_not_new() -> None:
    eye, looks = patrol(as_learnt, as_learnt, as_learnt, drift_k=7.0)
    assert not any(looks)
    assert not eye.view


def test_hot_parts_side_by_side_are_one_vehicle() -> None:
    def parts(heat: Array) -> Array:
        return hot(hot(heat, X, Y, 2.0, 45.0), X - 40.0, Y + 3.0, 2.0, 30.0)

    _, looks = patrol(as_learnt, parts, parts)
    assert evidence(looks) < ACTIVE
    assert "parked_vehicle" in reasons(looks)[1]


def test_a_container_that_landed_is_held() -> None:
    def landed(heat: Array) -> Array:
        set_down = heat.copy()
        set_down[60:84, 70:110] = np.float32(38.0)
        return set_down

    _, looks = patrol(as_learnt, landed, landed)
    assert evidence(looks) < ACTIVE
    assert "landed" in reasons(looks)[1]


def test_a_smoulder_of_three_kelvin_a_minute_is_not_learnt() -> None:
    eye = Detector(DetectionSettings(), "th-01", view())
    scalar, total = Scalar("celsius"), 0.0
    for frame in frames(SCENE, 420.0, lambda heat, t: hot(heat, X, Y, 2.0, max(0.0, t - 20.0) / 20.0), fps=2.0):
        total += sum(s.log_likelihood for s in eye.judge(scalar.thermogram(frame), frame))
        if total >= ACTIVE:
            break
    assert total >= ACTIVE
    assert frame.mono_s < 100.0 + 420.0


def test_a_spot_beyond_the_last_whole_cell_has_no_body_and_stops_nothing() -> None:
    changed = np.ones((31, 40), np.bool_)
    assert cells_with(changed, (slice(31, 32), slice(5, 7))) == 0
    assert cells_with(changed, (slice(30, 32), slice(5, 7))) == 31 * 40 - 2


def test_a_skin_that_warms_broadly_is_neither_a_lorry_nor_a_box() -> None:
    eye, scalar, total, at = Detector(DetectionSettings(), "th-01", view()), Scalar("celsius"), 0.0, 0.0
    patch = np.zeros_like(SCENE)
    patch[70:90, 80:100] = 1.0
    patch[74, 84] = 1.3
    for frame in frames(SCENE, 420.0, lambda heat, t: heat + patch * np.float32(max(0.0, t - 10.0) / 15.0), fps=2.0):
        total += sum(s.log_likelihood for s in eye.judge(scalar.thermogram(frame), frame))
        at = frame.mono_s - 100.0
        if total >= ACTIVE:
            break
    assert total >= ACTIVE
    assert at < 330.0


def test_what_is_lost_and_stands_farther_on_as_hot_drove_there() -> None:
    def shuttle(heat: Array, t: float) -> Array:
        if t < 8.0:
            return heat
        if t < 20.0:
            return hot(heat, X - 30.0, Y, 2.0, 60.0)
        return heat if t < 24.0 else hot(heat, X + 20.0, Y, 2.0, 60.0)

    eye, scalar = Detector(DetectionSettings(), "th-01", view()), Scalar("celsius")
    said: dict[float, float] = {}
    for frame in frames(SCENE, 60.0, shuttle):
        for s in eye.judge(scalar.thermogram(frame), frame):
            said[round(s.x_px, -1)] = s.evidence or 0.0
    assert said[round(X - 30.0, -1)] >= ACTIVE
    assert said[round(X + 20.0, -1)] < ACTIVE


@pytest.mark.parametrize(("blind_s", "alarm"), [(4.0, True), (20.0, False)])
def test_what_stands_there_after_long_without_pictures_was_not_seen_to_begin(blind_s: float, alarm: bool) -> None:
    eye, scalar, told = Detector(DetectionSettings(), "th-01", view()), Scalar("celsius"), []
    for frame in (*shown(as_learnt, 100.0, 0.0), *frames(embers(45.0)(SCENE), 25.0, from_s=100.0 + DWELL_S + blind_s)):
        told += eye.judge(scalar.thermogram(frame), frame)
    assert (evidence([told]) >= ACTIVE) is alarm


@pytest.mark.parametrize(("blind_s", "looks"), [(20.0, 0), (70.0, 1)])
def test_a_source_is_the_same_after_a_short_time_without_pictures(blind_s: float, looks: int) -> None:
    """A skin that rose for two minutes was new, whole and a landed box after twenty seconds of warm-up; a minute is like another look."""
    eye, scalar = Detector(DetectionSettings(), "th-01", view()), Scalar("celsius")
    burns = embers(45.0)(SCENE)
    names: list[set[int]] = []
    for pictures in (shown(as_learnt, 100.0, 0.0), frames(burns, 6.0, from_s=108.0), frames(burns, 6.0, from_s=114.0 + blind_s)):
        names.append({s.track_id for frame in pictures for s in eye.judge(scalar.thermogram(frame), frame)})
    assert names[1] == names[2] != set()
    (track,) = [track for track in eye._scenes["yard"].tracks.live if track.track_id in names[1]]
    assert (len(track.visits), track.unwatched) == (looks, False)
