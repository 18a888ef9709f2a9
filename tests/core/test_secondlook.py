"""Another head is turned to a suspect: the one that sees the place, once a fire and pause, never towards the sun; it only ever adds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from edged.core.secondlook import TRY_AGAIN_S
from edged.core.settings import CoreSettings
from edged.core.step import restore
from edged.geometry import sky
from edged.geometry.vantage import Lookout, Stop
from edged.model.command import SecondLook, WatchOn
from edged.model.event import EyeChanged, HeadLent, HeadMoved
from edged.model.instant import Instant
from edged.model.site import Structure
from edged.model.view import Pose
from tests.core.station import MOUNTS, PLAN, YARD, Bench, aim, rules, square

TOUR = tuple(Stop(f"v{n}", -40.0 + 20.0 * n, -3.0, 20.5) for n in range(5))


def heads(*without: str, stops: tuple[Stop, ...] = ()) -> tuple[Lookout, ...]:
    return tuple(Lookout(mount, 20.5, turns=True, stops=stops) for mount in MOUNTS if mount.camera_id not in without)


def bench(**changes: Any) -> Bench:
    return Bench(rules(turning=heads(), **changes))


def looks(b: Bench) -> list[SecondLook]:
    return [c for c in b.out if isinstance(c, SecondLook)]


def lend(b: Bench, camera_id: str = "th-2") -> None:
    """The newest order found this head free."""
    b.play(HeadLent(camera_id, looks(b)[-1].alarm_id))


def test_a_suspect_turns_one_other_head_whose_mount_sees_the_place() -> None:
    b = bench()
    b.see_at(*YARD, "th-1", ll=3.0)
    assert b.one().state == "suspect"
    (order,) = looks(b)
    assert order.alarm_id == b.one().alarm_id
    assert order.longest_s == 20.0
    assert [g.camera_id for g in order.glances] == ["th-2", "th-3"], "th-1 sees it, th-4 is not calibrated"
    pan, tilt = aim("th-2", *YARD)
    assert (order.glances[0].pan_deg, order.glances[0].view_id) == (pytest.approx(pan, abs=3.0), None)
    assert order.glances[0].tilt_deg == pytest.approx(tilt, abs=0.3)


def test_it_is_not_asked_again_for_some_minutes_whatever_becomes_of_it() -> None:
    b = bench()
    b.see_at(*YARD, "th-1", ll=3.0)
    lend(b)
    for _ in range(28):
        b.wait(10.0, 5.0)
        b.see_at(*YARD, "th-1", ll=0.1)
    assert (b.one().state, len(looks(b))) == ("pre_alarm", 1)
    b.wait(30.0, 5.0)
    assert len(looks(b)) == 2


def test_a_head_that_sees_it_too_verifies_it_and_places_it() -> None:
    b = bench()
    b.see_at(*YARD, "th-1", ll=3.0)
    lend(b)
    lend(b, "th-3")
    assert b.one().verified == "no"
    b.see_at(*YARD, "th-2", ll=2.0, view_id="@x-1")
    alarm = b.one()
    assert (alarm.verified, len(alarm.seen_by)) == ("second_lens", 2)
    assert alarm.ignition_point is not None
    assert alarm.ignition_point.method == "triangulated"
    b.wait(400.0, 5.0)
    assert len(looks(b)) == 1, "two heads see it: nobody else is asked"


def test_where_no_head_was_free_it_is_asked_again_soon_and_for_an_active_one_not_for_ever() -> None:
    b = bench()
    b.see_at(*YARD, "th-1", ll=3.0)
    b.play(HeadLent("th-9", b.one().alarm_id))
    b.play(HeadLent("th-2", "an alarm that is over"))
    b.wait(2 * TRY_AGAIN_S + 2.0)
    assert len(looks(b)) == 3
    b.see_at(*YARD, "th-1", ll=10.0)
    assert b.one().state == "active"
    b.wait(300.0, 5.0)
    asked = len(looks(b))
    assert 3 < asked <= 12
    b.wait(300.0, 5.0)
    assert len(looks(b)) == asked


def test_what_another_head_sees_while_none_was_lent_is_no_verification() -> None:
    b = bench()
    b.see_at(*YARD, "th-1", ll=3.0)
    b.see_at(*YARD, "th-2", ll=2.0)
    assert (b.one().verified, len(b.one().seen_by)) == ("no", 2)
    b.wait(60.0)
    assert len(looks(b)) == 1, "two heads see it already"


def test_a_head_that_was_not_asked_verifies_only_by_enough_of_its_own() -> None:
    b = Bench(rules())
    b.see_at(*YARD, "th-1", ll=3.0)
    b.see_at(*YARD, "th-2", ll=2.0)
    assert (b.one().verified, looks(b)) == ("no", [])


def test_what_sees_nothing_takes_nothing_away() -> None:
    told: list[Any] = []
    for given in (rules(), rules(turning=heads())):
        b = Bench(given)
        b.see_at(*YARD, "th-1", ll=3.0)
        for _ in range(20):
            b.watch("th-2", view_id="@x-1")
        told.append(
            (b.one().state, b.one().evidence.log_likelihood, [k.log_likelihood for f in b.state.live.fires.values() for k in f.looks])
        )
    assert told[0] == told[1]


def test_a_view_of_its_own_tour_comes_before_one_that_is_learnt_anew() -> None:
    b = bench()
    b.see_at(*YARD, "th-1", ll=3.0)
    laid = next(g for g in looks(b)[0].glances if g.camera_id == "th-3")
    for off_deg, found in ((5.0, [("th-3", "yard"), ("th-2", None)]), (9.8, [("th-2", None), ("th-3", None)])):
        yard = Stop("yard", laid.pan_deg + off_deg, laid.tilt_deg, 20.5)
        b = Bench(rules(turning=heads("th-3") + heads("th-1", "th-2", "th-4", stops=(yard,))))
        b.see_at(*YARD, "th-1", ll=3.0)
        assert [(g.camera_id, g.view_id) for g in looks(b)[0].glances] == found, "a place at its edge is no look"


def test_absent_heads_are_left_out_and_looked_for_again_soon() -> None:
    b = bench()
    b.play(EyeChanged("th-2", "lost", "gone"))
    b.play(HeadMoved("th-3", Pose(0.0, 0.0, 20.5), False, "operator", b.now.mono_s))
    b.see_at(*YARD, "th-1", ll=3.0)
    assert looks(b) == []
    b.play(HeadMoved("th-3", Pose(0.0, 0.0, 20.5), True, "patrol", b.now.mono_s))
    b.wait(TRY_AGAIN_S - 2.0)
    assert looks(b) == []
    b.wait(4.0)
    assert [g.camera_id for g in looks(b)[0].glances] == ["th-3"]


def test_a_wall_between_hides_the_place() -> None:
    between = (YARD[0] + MOUNTS[1].lat_wgs84) / 2, (YARD[1] + MOUNTS[1].lon_wgs84) / 2
    wall = Structure("w", "stack", "building", square(*between, 40.0), 39.0)
    b = bench(plan=replace(PLAN, structures=(wall,)))
    b.see_at(*YARD, "th-1", ll=3.0)
    assert [g.camera_id for g in looks(b)[0].glances] == ["th-3"]


def test_no_lens_is_turned_to_the_sun_or_across_it() -> None:
    sunrise = datetime(2026, 11, 21, 23, 28, tzinfo=UTC)
    body = sky.sun(MOUNTS[0].lat_wgs84, MOUNTS[0].lon_wgs84, 40.0, sunrise)
    assert body.up
    away = 1000.0 / 111_000.0
    east = (MOUNTS[0].lat_wgs84 - 0.0015, MOUNTS[0].lon_wgs84 + away)
    others = tuple(Lookout(mount, 20.5, turns=True) for mount in MOUNTS if mount.camera_id == "th-1")
    b = Bench(rules(turning=others))
    b.now = Instant(b.now.mono_s, sunrise)
    pan, tilt = aim("th-2", *east)
    b.see("th-2", pan, tilt, ll=3.0)
    assert looks(b) == [], "the sun stands within half its field and 3° of that place"
    b = Bench(rules(turning=others))
    b.now = Instant(b.now.mono_s, sunrise)
    b.play(HeadMoved("th-1", Pose(body.azimuth_deg - 60.0, 0.0, 20.5), False, "patrol", b.now.mono_s))
    south = (MOUNTS[0].lat_wgs84 - away / 2, MOUNTS[0].lon_wgs84 + away / 20)
    pan, tilt = aim("th-2", *south)
    b.see("th-2", pan, tilt, ll=3.0)
    assert looks(b) == [], "it would be swept across the sun"
    b = Bench(rules(turning=others))
    b.now = Instant(b.now.mono_s, sunrise)
    b.play(HeadMoved("th-1", Pose(170.0, 0.0, 20.5), False, "patrol", b.now.mono_s))
    b.see("th-2", pan, tilt, ll=3.0)
    assert len(looks(b)) == 1


def test_at_most_two_fires_are_verified_at_once_by_different_heads() -> None:
    mounts = tuple(replace(mount, calibrated=True) for mount in MOUNTS)
    b = Bench(rules(plan=replace(PLAN, mounts=mounts), turning=[Lookout(mount, 20.5, turns=True) for mount in mounts]))
    went: list[str] = []
    for n in range(3):
        b.see_at(YARD[0] + 0.002 * (n - 1), YARD[1] - 0.001, "th-1", ll=3.0, track_id=n, view_id=f"v{n}")
        if n < 2:
            assert not {glance.camera_id for glance in looks(b)[-1].glances} & set(went), "one that is away is not asked"
            went.append(looks(b)[-1].glances[0].camera_id)
            lend(b, went[-1])
    assert len(b.real()) == 3
    b.wait(40.0)
    assert len(looks(b)) == 2, "a third head would be free"
    b.wait(20.0)
    assert len({order.alarm_id for order in looks(b)}) == 3


def test_drills_and_a_setting_of_zero_turn_no_head() -> None:
    b = bench()
    b.see_at(*YARD, "th-1", ll=12.0, test=True)
    assert looks(b) == []
    off = bench(settings=CoreSettings(verify_s=0.0))
    off.see_at(*YARD, "th-1", ll=3.0)
    assert looks(off) == []


def test_after_a_restart_an_open_suspect_is_looked_at_again_and_an_ended_one_forgotten() -> None:
    b = bench()
    b.see_at(*YARD, "th-1", ll=3.0)
    again = bench()
    again.state = restore(b.state.rules, "7c1e", b.rows)
    again.now = b.now
    again.wait(1.0)
    assert len(looks(again)) == 1
    assert set(again.state.live.asked) == {again.one().alarm_id}
    again.wait(1900.0, 20.0)
    again.watch("th-1")
    again.order("clear", alarm_id=again.one().alarm_id, reason="unknown") if again.real() else None
    again.wait(2.0)
    assert (again.real(), dict(again.state.live.asked)) == ([], {})


def test_the_patrol_is_told_which_watched_places_are_unconfirmed_and_of_which_view() -> None:
    b = bench()
    b.see(ll=3.0, view_id="v2")
    points = [c.points for c in b.out if isinstance(c, WatchOn)][-1]
    assert [(p.open, p.view_id) for p in points] == [(True, "v2")]
    b.see(ll=10.0, view_id="v2")
    assert b.one().state == "active"
    points = [c.points for c in b.out if isinstance(c, WatchOn)][-1]
    assert [(p.open, p.view_id) for p in points] == [(False, "v2")]
