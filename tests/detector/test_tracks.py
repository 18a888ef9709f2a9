"""What is followed and what rests: never both, whatever a view's places do with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edged.detector.evidence import weigh
from edged.detector.resting import MOST_RESTING
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.detector.strength import Context, is_strong
from edged.detector.takenscale import Taking
from edged.detector.track import Track, Visit
from edged.detector.tracks import Tracks
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot
from tests.detector.scenes import ACTIVE, detector, frames, hot, sums, view, yard

HEAT = np.full((64, 240), 20.0, np.float32)
WIDE = np.full((64, 40 * (MOST_RESTING + 2)), 20.0, np.float32)


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


def test_what_was_forgotten_as_something_gave_way_to_it_is_resumed() -> None:
    """The oldest that a view remembered was found again; what rested to make room for it pushed it out of the memory."""
    tracks = Tracks()
    for n in range(MOST_RESTING):
        far = replace(spot(30.0), x_px=30.0 + 40.0 * n, box_px=(28 + 40 * n, 28, 4, 4))
        for look in range(8):
            tracks.link([far], WIDE, 100.0 + 10.0 * n + 0.25 * look, (0.0, 0.0), lambda _: False, 20)
        if n == 0:
            (oldest,) = tracks.live
        tracks.give_up(list(tracks.live))
    known = replace(spot(30.0), x_px=30.0 + 40.0 * MOST_RESTING, box_px=(28 + 40 * MOST_RESTING, 28, 4, 4))
    for look in range(8):
        tracks.link([known], WIDE, 2000.0 + look, (0.0, 0.0), lambda _: True, 1)
    assert oldest in list(tracks.resting)
    tracks.link([known, replace(spot(30.0), excess=600.0)], WIDE, 2008.0, (0.0, 0.0), lambda _: False, 1)
    assert tracks.live == [oldest]


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


def big(x: float, y: float, w: int, h: int, peak: float = 60.0) -> Hotspot:
    return Hotspot(x, y, (round(x - w / 2), round(y - h / 2), w, h), w * h, peak, 20.0, w * h * (peak - 20.0), None, 40.0)


def link(tracks: Tracks, now: float, *spots: Hotspot, first_look: bool = False) -> list[Track]:
    return tracks.link(list(spots), HEAT, now, (0.0, 0.0), lambda _: first_look, 20)


def test_a_spot_on_a_large_source_that_is_not_seen_now_is_something_new() -> None:
    tracks = Tracks()
    for n in range(60):
        link(tracks, 100.0 + 0.25 * n, big(40.0, 30.0, 40, 20))
    (first,) = tracks.live
    torn = link(tracks, 115.0, big(30.0, 28.0, 3, 3))
    assert torn == [first], "a piece of it, while the rest is at its limit"
    link(tracks, 115.25, big(40.0, 30.0, 40, 20))
    assert first not in link(tracks, 117.5, big(30.0, 28.0, 3, 3))


def test_a_spot_on_what_rests_is_not_what_rests() -> None:
    for side, same in ((1, False), (4, True)):
        tracks = Tracks()
        heat = np.full((64, 80), 20.0, np.float32)
        heat[22:38, 32:48] = 60.0
        for n in range(40):
            tracks.link([big(40.0, 30.0, 16, 16)], heat, 100.0 + 0.25 * n, (0.0, 0.0), lambda _: False, 20)
        (first,) = tracks.live
        tracks.rest()
        assert (first in link(tracks, 150.0, big(40.0, 30.0, side, side))) is same


def test_what_drove_about_is_not_resumed_in_the_midst_of_its_way() -> None:
    tracks = Tracks()
    follow(tracks, 100.0, [10.0 + 1.5 * n for n in range(36)])
    (track,) = tracks.live
    tracks.rest()
    assert track not in link(tracks, 120.0, spot(36.0))


def test_what_nobody_saw_begin_is_not_new_when_its_limit_lets_it_out_again() -> None:
    for unwatched, after_s, same in ((True, 20.0, True), (True, 150.0, False), (False, 20.0, False)):
        tracks = Tracks()
        follow(tracks, 100.0, [30.0] * 12)
        (track,) = tracks.live
        track.unwatched = unwatched
        for at in (106.0, 114.0):
            link(tracks, at)
        assert tracks.live == []
        assert (track in link(tracks, 103.0 + after_s, spot(30.0))) is same, (unwatched, after_s)


def after_another(old: Hotspot, moves_px_s: float, gap_s: float, new: Hotspot, *, first_look: bool = False) -> bool:
    tracks, at = Tracks(), 100.0
    for n in range(40):
        at = 100.0 + 0.5 * n
        moved = big(old.x_px + moves_px_s * 0.5 * n, old.y_px, old.box_px[2], old.box_px[3], old.peak)
        link(tracks, at, moved, first_look=first_look)
    for gone in range(1, int(gap_s)):
        link(tracks, at + gone)
    (track,) = link(tracks, at + gap_s, new)
    return track.after_another


def test_something_as_hot_and_as_large_near_by_may_be_what_was_lost() -> None:
    old, far = big(10.0, 30.0, 4, 4), big(60.0, 30.0, 4, 4)
    assert after_another(old, 0.3, 13.0, far), "it may have driven there"
    assert after_another(old, 0.0, 13.0, far), "or stood until then"
    assert not after_another(old, 0.0, 13.0, far, first_look=True), "but what was always there is at its limit"
    assert not after_another(old, 0.3, 25.0, big(72.0, 30.0, 4, 4)), "so long after, not so far"
    assert after_another(old, 0.3, 60.0, big(24.0, 30.0, 4, 4)), "but near by"
    assert not after_another(old, 0.3, 130.0, big(24.0, 30.0, 4, 4))
    assert after_another(old, 0.6, 40.0, far), "behind something it drove on as fast as it had"
    assert not after_another(big(20.0, 30.0, 30, 20), 1.6, 13.0, big(60.0, 30.0, 3, 3)), "far smaller"
    assert not after_another(old, 0.3, 13.0, big(60.0, 30.0, 4, 4, 140.0)), "far hotter"


@pytest.mark.parametrize(("looks", "hunted", "another"), [(1, True, False), (1, False, True), (8, True, True)])
def test_what_a_gain_on_its_way_lets_show_for_a_moment_is_nothing_that_drives(looks: int, hunted: bool, another: bool) -> None:
    """One pixel in one picture, 250 px from a flame and 10 s before it, held the flame back as what had driven in."""
    tracks = Tracks()
    for n in range(looks):
        (shown,) = link(tracks, 100.0 + 0.125 * n, big(10.0, 30.0, 4, 4))
        shown.hunted_s = shown.last_s if hunted else shown.hunted_s
    (track,) = link(tracks, 108.0, big(60.0, 30.0, 4, 4))
    assert track.after_another is another


def test_what_a_view_put_away_while_it_crept_may_show_again_beside_itself() -> None:
    tracks = Tracks()
    for n in range(40):
        link(tracks, 100.0 + 0.5 * n, big(20.0 + 0.3 * n, 30.0, 4, 4))
    tracks.give_up(tracks.live)
    (track,) = link(tracks, 121.0, big(45.0, 30.0, 4, 4))
    assert track.after_another


def test_a_neighbour_that_comes_into_the_window_adds_no_light() -> None:
    tracks, lit, two = Tracks(), HEAT.copy(), HEAT.copy()
    lit[28:32, 28:32] = two[28:32, 28:32] = two[28:32, 38:42] = 60.0
    for n in range(20):
        tracks.link([big(30.0, 30.0, 4, 4)], lit, 100.0 + 0.25 * n, (0.0, 0.0), lambda _: False, 20)
    (track,) = tracks.live
    alone = track.samples[-1]
    for n in range(20, 40):
        tracks.link([big(34.0, 30.0, 16, 4)], two, 100.0 + 0.25 * n, (0.0, 0.0), lambda _: False, 20)
    assert track.samples[-1].light < 1.1 * alone.light
    assert track.samples[-1].area < 1.1 * alone.area


def crowd(tracks: Tracks, from_s: float, seconds: float, spots: list[Hotspot], most: int) -> dict[float, set[int]]:
    """Follow a crowd, weighing as little as parked lorries do. Returns which tracks were seen at each place."""
    seen: dict[float, set[int]] = {}
    for n in range(round(4 * seconds)):
        for track in tracks.link(spots, HEAT, from_s + 0.25 * n, (0.0, 0.0), lambda _: False, most):
            seen.setdefault(min((each.x_px for each in spots), key=lambda x: abs(x - track.spot.x_px)), set()).add(track.track_id)
    return seen


def test_more_sources_than_a_view_follows_take_turns_and_keep_their_names() -> None:
    """Parked lorries had ten parts more than a view follows: each was forgotten, found anew, and at last an alarm, hot and new."""
    places = [12.0 * n for n in range(1, 7)]
    seen = crowd(Tracks(), 100.0, 150.0, [spot(x) for x in places], 4)
    assert set(seen) == set(places), "each has its turn"
    assert all(len(names) == 1 for names in seen.values()), "and one name"
    tracks = Tracks()
    crowd(tracks, 100.0, 20.0, [spot(x) for x in places], 4)
    before = list(tracks.live)
    crowd(tracks, 120.0, 4.0, [spot(x) for x in places], 4)
    assert tracks.live == before, "for as long as it takes to say something"


def test_a_crowd_of_faint_ones_takes_no_turn_of_a_far_stronger_one() -> None:
    tracks = Tracks()
    strong = Hotspot(200.0, 30.0, (196, 26, 8, 8), 40, 200.0, 20.0, 5000.0, None, 180.0)
    spots = [*[spot(30.0 * n) for n in range(1, 6)], strong]
    crowd(tracks, 100.0, 10.0, spots, 4)
    (track,) = [each for each in tracks.live if each.spot.x_px > 190.0]
    for n in range(400):
        at = 110.0 + 0.25 * n
        assert track in tracks.link(spots, HEAT, at, (0.0, 0.0), lambda _: False, 4), at


def test_a_suspect_gives_way_only_where_it_has_an_excuse_and_does_not_rise() -> None:
    for excused, rising, stays in ((False, False, True), (True, True, True), (True, False, False)):
        tracks = Tracks()
        follow(tracks, 100.0, [30.0] * 12)
        (track,) = tracks.live
        track.value, track.excused = 3.0, excused
        if rising:
            track.held_for["rising"] = 2.0
        else:
            track.held_for.pop("rising", None)
        crowd(tracks, 103.0, 6.0, [spot(30.0), spot(60.0)], 1)
        assert (track in tracks.live) is stays, (excused, rising)


def weighed(
    seconds: float,
    every_s: float,
    *,
    crept: bool = False,
    unlearnt: bool = False,
    known: float = 20.0,
    took_scale: bool = False,
    foremost: bool = True,
) -> Track:
    """Follow one of many alike that stands, and weigh it at each look."""
    tracks, context = Tracks(), Context(True, 5.0, 0.5, foremost=foremost)
    for n in range(round(seconds / every_s)):
        at = 100.0 + every_s * n
        for track in tracks.link([spot(30.0)], HEAT, at, (0.0, 0.0), lambda _: False, 20):
            track.known_level = known
            track.crept, track.unlearnt, track.many_alike = crept, unlearnt, n == 0
            track.taking = Taking(200.0, 3000.0, None) if took_scale else None
            weigh(track, Thermogram(HEAT, "radiometric"), context, DetectionSettings(), at, every_s)
    return tracks.live[0]


def test_what_crept_or_showed_while_the_view_was_learnt_did_not_come_to_last() -> None:
    assert "lasting" in (lasts := weighed(620.0, 2.0)).held_for
    assert not lasts.excused
    assert weighed(4.0, 0.25, crept=True).excused
    assert "lasting" not in weighed(620.0, 2.0, crept=True).held_for
    assert "lasting" not in weighed(620.0, 2.0, unlearnt=True).held_for
    assert "lasting" not in weighed(620.0, 2.0, known=56.0).held_for, "it is hardly hotter than its place was"


def test_what_made_the_gain_collapse_is_none_of_many_that_show_by_that() -> None:
    assert "many_alike" in weighed(0.5, 0.25).held_against
    assert "many_alike" in weighed(0.5, 0.25, took_scale=True, foremost=False).held_against
    assert "many_alike" not in weighed(0.5, 0.25, took_scale=True).held_against


def flare(x: float) -> Hotspot:
    return Hotspot(x, 30.0, (int(x) - 4, 26, 8, 8), 40, 200.0, 20.0, 5000.0, None, 180.0)


def test_to_what_is_far_stronger_all_give_way_at_once_that_are_no_alarm() -> None:
    for nats, gives in ((7.7, True), (9.5, False)):
        tracks = Tracks()
        crowd(tracks, 100.0, 2.0, [spot(30.0), spot(60.0)], 2)
        for track in tracks.live:
            track.value = nats
        seen = tracks.link([spot(30.0), spot(60.0), flare(150.0)], HEAT, 102.0, (0.0, 0.0), lambda _: False, 2)
        assert any(track.spot.x_px > 100.0 for track in seen) is gives, nats
        assert all(track in tracks.live for track in seen)


def test_what_waits_to_be_followed_is_known_to_have_waited() -> None:
    tracks = Tracks()
    crowd(tracks, 100.0, 6.0, [spot(30.0), spot(90.0)], 1)
    (track,) = tracks.live
    assert track.spot.x_px == 90.0
    assert 4.5 <= track.waited_s <= 5.5
    tracks = Tracks()
    crowd(tracks, 100.0, 4.0, [spot(30.0), spot(90.0)], 1)
    crowd(tracks, 104.0, 12.0, [spot(30.0)], 1)
    crowd(tracks, 116.0, 1.0, [spot(30.0), spot(90.0)], 1)
    (track,) = tracks.live
    assert track.waited_s == 0.0, "what did not show for so long began anew"


def test_how_many_wait_is_known_until_they_no_longer_show() -> None:
    tracks = Tracks()
    crowd(tracks, 100.0, 3.0, [spot(30.0), spot(90.0), spot(150.0)], 1)
    assert tracks.waiting(103.0) == 2
    assert tracks.waiting(120.0) == 0
    assert Tracks().waiting(100.0) == 0


def test_what_passes_does_not_take_the_place_of_what_rests_there() -> None:
    """A lorry took over the wheel of a parked one that was not followed just then, stood with it, and was an alarm, hot and new."""
    tracks = Tracks()
    follow(tracks, 100.0, [120.0] * 12)
    (parked,) = tracks.live
    tracks.give_up([parked])
    for n in range(40):
        passes = [spot(34.0 + 4.0 * n)] if n < 20 else []
        tracks.link(passes or [spot(120.0)], HEAT, 110.0 + 0.25 * n, (0.0, 0.0), lambda _: False, 20)
    assert parked in tracks.live
    assert parked.spot.x_px == 120.0
    tracks = Tracks()
    follow(tracks, 100.0, [120.0] * 12)
    tracks.give_up(tracks.live)
    for n in range(24):
        tracks.link([flare(30.0 + 4.0 * n)], HEAT, 110.0 + 0.25 * n, (0.0, 0.0), lambda _: False, 20)
    assert len(tracks.live) == 1, "what is far stronger than what rests there is not it"


def test_what_is_strong_at_each_look_and_stays_says_a_little_though_its_light_is_even() -> None:
    tracks, context = Tracks(), Context(True, 5.0, 0.5)
    for n in range(220):
        at = 100.0 + 0.5 * n
        for track in tracks.link([spot(30.0)], HEAT, at, (0.0, 0.0), lambda _: False, 20):
            track.visits = [Visit(50.0, 30.0, 30.0, 8.0, 40.0, 120.0, 120.0)]
            weigh(track, Thermogram(HEAT, "relative"), context, DetectionSettings(), at, 0.5)
    (track,) = tracks.live
    assert not is_strong(track, "relative", context)
    assert "lasting" in track.held_for


def test_a_spot_that_two_have_become_is_the_stronger_one_if_it_drives() -> None:
    """A reach stacker's hot parts merged as it set off: the part that had just shown took its whole heat, hot and new."""

    def part(x: float, width: int, rise: float) -> Hotspot:
        return Hotspot(x, 30.0, (int(x) - width // 2, 26, width, 8), 20, 20.0 + rise, 20.0, 20.0 * rise, None, 40.0)

    def link(now: float, *spots: Hotspot) -> None:
        tracks.link(list(spots), HEAT, now, (0.0, 0.0), lambda _: False, 20)

    for pace_px, since, seen in ((2.0, 8, (109.0, 108.0)), (0.2, 8, (108.0, 109.0)), (2.0, 2, (108.0, 109.0))):
        tracks = Tracks()
        for n in range(9):
            spots = [part(76.0 - pace_px * (8 - n), 14, 600.0)] + ([part(108.0, 18, 280.0)] if n >= since else [])
            link(100.0 + n, *spots)
        first, later = tracks.live
        link(109.0, part(95.0, 52, 600.0))
        assert (first.last_s, later.last_s) == seen, "what burns beside a lorry that stands stays itself"


def test_what_was_hidden_and_shows_again_in_what_had_just_shown_did_not_begin_there() -> None:
    """A reach stacker's exhaust passed behind its mast: a fainter part of it had just shown, and was as hot as the exhaust in one frame."""
    for moves_px, faint, another in ((1.2, 38.0, True), (0.0, 38.0, False), (1.2, 52.0, False)):
        tracks, at = Tracks(), 100.0
        for n in range(20):
            at = 100.0 + 0.25 * n
            link(tracks, at, big(20.0 + moves_px * n, 30.0, 4, 4))
        beside = 20.0 + moves_px * 19 + 12.0
        for n in range(1, 9):
            (track,) = link(tracks, at + 0.25 * n, big(beside, 30.0, 4, 4, faint))
            track.after_another = False
        (same,) = link(tracks, at + 2.25, big(beside, 30.0, 4, 4))
        assert same is track
        assert track.after_another is another, (moves_px, faint)


def test_what_sway_may_have_moved_is_found_again_and_is_not_once_it_is_measured() -> None:
    """A flame had sunk the scene into the noise: each swing of the mast began a source, and each was the companion of the one before."""
    for stood_s in (1.0, 14.0):
        for doubt_px, measured_since, same in ((14.0, 0.0, True), (0.0, 0.0, False), (14.0, 0.5, False)):
            tracks, at = Tracks(), 100.0
            while at < 100.0 + stood_s:
                tracks.link([spot(60.0)], HEAT, at, (0.0, 0.0), lambda _: False, 20)
                at += 0.25
            (track,) = tracks.live
            tracks.link([spot(60.0)], HEAT, at, (0.0, 0.0), lambda _: False, 20, doubt_px)
            if measured_since:
                tracks.link([spot(60.0)], HEAT, at + 0.1, (0.0, 0.0), lambda _: False, 20)
            (seen,) = tracks.link([spot(73.0)], HEAT, at + 0.25, (0.0, 0.0), lambda _: False, 20)
            assert (seen is track) is same, (stood_s, doubt_px, measured_since)
    tracks = Tracks()
    for n in range(8):
        tracks.link([spot(60.0 + 13.0 * (n % 2))], HEAT, 100.0 + 0.25 * n, (0.0, 0.0), lambda _: False, 20, 14.0)
    assert len(tracks.live) == 1
    assert tracks.live[0].travelled_sizes == 0.0


def test_what_drives_fast_is_found_where_it_should_be_by_now() -> None:
    tracks = Tracks()
    for n in range(25):
        tracks.link([spot(20.0 + 5.0 * n)], HEAT, 100.0 + n / 8.0, (0.0, 0.0), lambda _: False, 20)
    (drives,) = tracks.live
    ahead_px = drives.velocity[0]
    assert ahead_px > 30.0
    assert tracks.link([spot(140.0 + ahead_px)], HEAT, 104.0, (0.0, 0.0), lambda _: False, 20) == [drives]


def test_what_nobody_can_place_is_found_as_far_off_as_the_doubt_goes() -> None:
    tracks = Tracks()
    follow(tracks, 100.0, [60.0] * 8)
    (track,) = tracks.live
    assert tracks.link([spot(94.0)], HEAT, 102.0, (0.0, 0.0), lambda _: False, 20, doubt_px=30.0) == [track]


def test_what_begins_beside_a_lamp_is_no_part_of_it_however_the_view_sways() -> None:
    tracks = Tracks()
    for n in range(96):
        shift = (4.0 * np.sin(0.9 * n), 0.0)
        spots = [replace(spot(x + shift[0]), excess=excess) for x, excess in ((100.0, 120.0), (84.0, 90.0))[: 1 if n < 50 else 2]]
        tracks.link(spots, HEAT, 100.0 + n / 8.0, shift, lambda _: False, 20)
    assert [round(track.born_s) for track in tracks.live] == [100, 106]


def test_a_source_that_breaks_up_as_the_view_swings_is_one_still() -> None:
    tracks = Tracks()
    (track,) = tracks.link([big(112.0, 30.0, 30, 6)], HEAT, 100.0, (12.0, 0.0), lambda _: False, 20)
    parts = [replace(big(112.0, 30.0, 6, 6), excess=90.0), replace(big(88.0, 30.0, 6, 6), excess=60.0)]
    assert tracks.link(parts, HEAT, 100.2, (0.0, 0.0), lambda _: False, 20) == tracks.live == [track]
