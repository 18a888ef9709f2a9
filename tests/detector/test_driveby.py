"""What drives past a source makes it vary, and is no flame."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector import driveby, posture
from edged.detector.flicker import look
from edged.detector.scalar import Scalar
from edged.detector.strength import Context
from edged.detector.track import Sample, Track
from edged.detector.tracks import Tracks
from edged.model.frame import Frame, Thermogram
from edged.model.sighting import Hotspot
from tests.detector.scenes import Array, detector, frames, hot, yard
from tests.detector.test_flicker import GREY, NOW_S, STANDS, flame


def spot(x: float, excess: float = 500.0) -> Hotspot:
    return Hotspot(x, 40.0, (round(x) - 4, 38, 8, 4), 20, 80.0, 20.0, excess, None, 40.0)


@pytest.mark.parametrize(
    ("x", "excess", "drifted_s", "sizes", "passes"),
    [
        (50.0, 500.0, NOW_S, 4.0, True),
        (70.0, 500.0, NOW_S, 4.0, False),
        (50.0, 50.0, NOW_S, 4.0, False),
        (50.0, 500.0, NOW_S - 3.0, 4.0, False),
        (50.0, 500.0, NOW_S, 1.0, False),
    ],
)
def test_what_drives_by_is_near_strong_and_moves_now(x: float, excess: float, drifted_s: float, sizes: float, passes: bool) -> None:
    stands, drives = (Track(n, 0.0, False, False, each, NOW_S) for n, each in ((1, spot(40.0)), (2, spot(x, excess))))
    drives.last_drift_s, drives.travelled_sizes = drifted_s, sizes
    driveby.mark([stands, drives], NOW_S)
    assert driveby.disturbs(stands, NOW_S + 3.9) is passes
    assert not driveby.disturbs(stands, NOW_S + 4.1)
    assert not driveby.disturbs(drives, NOW_S)


def test_a_flame_flickers_again_when_nothing_drives_past_it() -> None:
    track = flame()
    assert look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers
    track.passed_s = NOW_S - 2.0
    assert not look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers
    track.passed_s = NOW_S - 5.0
    assert look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers


def test_a_scene_notes_what_drives_past_what_stands() -> None:
    def lorry(heat: Array, t: float) -> Array:
        stands = hot(heat, 80.0, 80.0, 2.0, 30.0) if t >= 8.0 else heat
        return hot(stands, 4.0 + 8.0 * (t - 14.0), 80.0, 3.0, 40.0) if t >= 14.0 else stands

    eye, scalar, noted, lived = detector(), Scalar("celsius"), set[int](), dict[int, float]()

    def judge(frame: Frame) -> None:
        eye.judge(scalar.thermogram(frame), frame)
        (seen,) = eye._scenes.values()
        for track in seen.tracks.live:
            looks = sum(each[0] for each in track.life._bins)
            if track.passed_s == frame.mono_s:
                noted.add(round(track.recent[-1].x))
                assert looks == lived[track.track_id], "how it looks meanwhile is none of its life"
            lived[track.track_id] = looks

    for frame in frames(yard(1, 128, 160), 26.0, lorry):
        judge(frame)
    assert noted
    assert all(abs(x - 80.0) < 8.0 for x in noted)


HEAT = np.full((64, 320), 20.0, np.float32)


def warm(x: float, y: float, w: int, excess: float) -> Hotspot:
    return Hotspot(x, y, (round(x - w / 2), round(y - 2), w, 4), 4 * w, 60.0, 20.0, excess, None, 40.0)


def drive_past(tracks: Tracks, hidden_s: float) -> list[Track]:
    """A wheel stands at x = 160 from 100 s on. From 120 s on a lorry passes in the lane before it: its own wheel 12 px lower, its body
    hides the other from the left to the right, for so long, and uncovers it again. Returns what was followed at 160 px."""
    followed = []
    for n in range(round(8 * (44.0 + hidden_s))):
        t, spots = n / 8.0, []
        front, back = 160.0 + 14.0 * (t - 24.0), 160.0 + 14.0 * (t - 24.0 - hidden_s)
        shown = min(max(1.0 - (front - 156.0) / 8.0, (back - 156.0) / 8.0), 1.0)
        if shown >= 1.0:
            spots.append(warm(160.0, 30.0, 8, 800.0))
        elif shown > 0.0:
            spots.append(
                warm(164.0 - 4.0 * shown if front - 156.0 < 8.0 else 156.0 + 4.0 * shown, 30.0, max(1, round(8 * shown)), 800.0 * shown)
            )
        if t >= 20.0 and 4.0 < front - 6.0 < 316.0:
            spots.append(warm(front - 6.0, 42.0, 8, 700.0))
        if hidden_s > 6.0 and 4.0 < back < 316.0:
            spots.append(warm(back, 42.0, 8, 700.0))
        now = 100.0 + t
        seen = tracks.link(spots, HEAT, now, (0.0, 0.0), lambda _: False, 20)
        for track in seen:
            posture.take(track, Thermogram(HEAT, "radiometric"), Context(True, 5.0, 0.5), now, 0.125, held=False)
        driveby.mark(seen, now)
        followed += [track for track in seen if abs(track.recent[-1].x - 160.0) < 6.0 and track.recent[-1].y < 36.0]
    return followed


@pytest.mark.parametrize("hidden_s", [2.0, 14.0])
def test_what_a_lorry_hides_is_the_same_when_it_has_passed(hidden_s: float) -> None:
    """A hub that had soaked for ten minutes became the lorry that passed it: it had just arrived, and was a suspect five minutes late."""
    tracks = Tracks()
    first, *_, last = drive_past(tracks, hidden_s)
    assert last is first
    assert last.last_drift_s < 100.0
    assert all(abs(sample.x - 160.0) < 1.0 for sample in last.samples), "where a part of it showed says nothing"


def test_what_is_lost_while_nothing_drives_past_it_is_forgotten() -> None:
    tracks = Tracks()
    for n in range(200):
        tracks.link([warm(160.0, 30.0, 8, 800.0)], HEAT, 100.0 + n / 8.0, (0.0, 0.0), lambda _: False, 20)
    (track,) = tracks.live
    tracks.link([], HEAT, track.last_s + 11.0, (0.0, 0.0), lambda _: False, 20)
    assert list(tracks.resting) == []
    track.passed_s = track.last_s - 0.5
    assert driveby.hid(track)
    track.last_drift_s = track.last_s - 5.0
    assert not driveby.hid(track), "it drove off"


def test_a_part_of_a_source_shows_only_while_something_drives_past_it() -> None:
    track = Track(1, 0.0, False, False, spot(40.0, 800.0), NOW_S)
    track.samples.extend(Sample(NOW_S - n, 40.0, 40.0, 20.0, 80.0, 800.0, 500.0) for n in range(20, 0, -1))
    assert not driveby.hides(track, spot(42.0, 300.0), NOW_S)
    track.passed_s = NOW_S - 1.0
    assert driveby.hides(track, spot(42.0, 300.0), NOW_S)
    assert not driveby.hides(track, spot(42.0, 700.0), NOW_S)
    track.spot = spot(40.0, 2000.0)
    assert not driveby.hides(track, spot(42.0, 700.0), NOW_S), "it was more for a moment, with what touched it"
    track.last_drift_s = NOW_S - 4.0
    assert not driveby.hides(track, spot(42.0, 300.0), NOW_S), "it moves itself"


def test_what_drives_takes_its_window_along() -> None:
    """What came into its window beside it on the way is not beside it where it stops."""
    tracks, now = Tracks(), 100.0
    heat = HEAT.copy()
    heat[26:36, 40:280] = 50.0
    for n in range(80):
        x = 60.0 + min(100.0, 2.0 * n)
        heat_now = heat.copy()
        heat_now[28:32, round(x) - 4 : round(x) + 4] = 60.0
        for track in tracks.link([warm(x, 30.0, 8, 800.0)], heat_now, now + n / 8.0, (0.0, 0.0), lambda _: False, 20):
            posture.take(track, Thermogram(heat_now, "radiometric"), Context(True, 5.0, 0.5), now + n / 8.0, 0.125, held=False)
    (track,) = tracks.live
    assert track.last_drift_s > 100.0
    assert track.beside == (0.0, 0.0)
    assert track.window[2] <= 16
    assert track.samples[-1].light > 0.0


@pytest.mark.parametrize("passes", [True, False])
def test_what_is_joined_for_a_moment_to_what_drives_past_neither_grows_nor_moves(passes: bool) -> None:
    """A parked lorry's engine was an alarm, hot, new and growing, as another lorry's engine went past before it."""
    tracks = Tracks()
    for n in range(8 * 40):
        now, joined = 100.0 + n / 8.0, 30.0 <= n / 8.0 < 34.0
        spot_now = warm(163.5, 32.0, 14, 2400.0) if joined else warm(160.0, 30.0, 8, 800.0)
        (track,) = tracks.link([spot_now], HEAT, now, (0.0, 0.0), lambda _: False, 20)
        if passes and 29.0 <= n / 8.0 < 34.0:
            track.passed_s = now
    assert (max(sample.excess for sample in track.samples) > 2000.0) is not passes
    assert (track.travelled_sizes > 0.1) is not passes
    assert track.path is not None
    assert (track.path[2] > 162.0) is not passes
    assert track.samples[-1].mono_s > now - 0.5, "and it is read again afterwards"


def test_what_drives_past_does_not_take_the_place_of_what_stands_there() -> None:
    """Where one hides the other only one spot shows, and the next is nearer to where that was."""
    tracks = Tracks()

    def show(now: float, *spots: Hotspot) -> list[Track]:
        return tracks.link(list(spots), HEAT, now, (0.0, 0.0), lambda _: False, 20)

    for n in range(8 * 20):
        (stands,) = show(100.0 + n / 8.0, warm(160.0, 30.0, 8, 800.0))
    for n in range(30):
        show(120.0 + n / 8.0, warm(160.0, 30.0, 8, 800.0), warm(91.0 + 2.0 * n, 30.0, 8, 3800.0))
    (drives,) = (track for track in tracks.live if track is not stands)
    for n in range(7):
        seen = show(123.75 + n / 8.0, warm(151.0 + 2.0 * n, 30.0, 8, 3800.0))
        assert seen == [drives]
    assert show(124.625, warm(163.0, 30.0, 8, 800.0)) == [stands]
