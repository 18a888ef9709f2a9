"""The alarm life, rule by rule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edged.core.confirm import levels
from edged.core.settings import CoreSettings
from edged.core.step import with_rules
from edged.model.command import Verify, WatchOn
from edged.model.event import DutyPresence, EyeChanged, HeadMoved, OutputChanged, RadioReported, Tick, ViewHeld
from edged.model.instant import Instant
from edged.model.view import Pose, View
from tests.core.station import DUTY, GROUP, HAZARD, LEADER, YARD, Bench, aim, rules


def test_thresholds_are_rates() -> None:
    limits = levels(CoreSettings())
    assert (round(limits.suspect, 1), round(limits.pre_alarm, 1), round(limits.active, 1)) == (2.3, 4.6, 9.2)
    assert levels(CoreSettings(false_active_per_day=0.005)).active == pytest.approx(limits.active + 2.302585, abs=1e-6)


def test_suspect_pre_alarm_active() -> None:
    b = Bench()
    b.see(ll=2.0)
    assert b.real() == []
    b.see(ll=1.0)
    assert b.one().state == "suspect"
    assert b.tells == []
    b.see(ll=2.0)
    assert b.one().state == "pre_alarm"
    b.see(ll=5.0)
    alarm = b.one()
    assert (alarm.state, alarm.slot, alarm.display_id) == ("active", 1, "0001")
    assert b.changes() == ["raised", "pre_alarm", "active", "released"]
    assert any(isinstance(c, Verify) for c in b.out)


def test_fast_path_is_active_at_once_and_wants_no_evidence() -> None:
    b = Bench()
    b.see(ll=-1.0, fast_path=True)
    assert b.one().state == "active"


def test_evidence_with_a_common_cause_is_capped_together() -> None:
    b = Bench()
    for _ in range(20):
        b.see(ll=3.0, reasons_against=("many_alike",))
    assert b.real() == []
    b.see(ll=9.0)
    assert b.one().state == "pre_alarm", "what shares a cause with others shows the same heat and adds nothing"
    b.see(ll=0.5)
    assert b.one().state == "active"


def test_stale_generation_and_repeated_delivery_change_nothing() -> None:
    b = Bench()
    b.see(ll=1.0, generation=5)
    fire = next(iter(b.state.live.fires.values()))
    b.play(ViewHeld(View("th-1", "w", 6, 0, 0, 20, 0)))
    b.see(ll=20.0, generation=5)
    assert b.real() == []
    assert b.state.live.fires[fire.fire_id] == fire


def test_the_same_sighting_twice_counts_once() -> None:
    b = Bench()
    b.see(ll=2.0)
    b.see(ll=2.0, mono_s=b.now.mono_s)
    assert b.real() == []


def test_an_empty_post_releases_at_once_and_a_present_one_has_thirty_seconds() -> None:
    b = Bench()
    b.play(DutyPresence(("li",)))
    b.see()
    assert [t.path for t in b.tells] == ["duty"]
    assert b.tells[0].to == (DUTY,)
    b.wait(29)
    assert [t.path for t in b.tells] == ["duty"]
    b.wait(2)
    assert [t.path for t in b.tells] == ["duty", "gateway"]
    assert b.tells[1].to == (GROUP,)
    assert b.one().released_by == "core"


def test_a_stepped_wall_clock_does_not_delay_the_release() -> None:
    b = Bench()
    b.play(DutyPresence(("li",)))
    b.see()
    b.now = Instant(b.now.mono_s, b.now.utc - timedelta(hours=8))
    b.wait(31)
    assert b.tells[-1].path == "gateway"


def test_confirm_releases_and_leaving_the_post_releases() -> None:
    for act in ("confirm", "leave"):
        b = Bench()
        b.play(DutyPresence(("li",)))
        b.see()
        if act == "confirm":
            assert b.order("confirm", "duty", alarm_id=b.one().alarm_id).accepted
            assert b.one().verified == "person"
        else:
            b.play(DutyPresence(()))
        assert b.tells[-1].path == "gateway"


def test_a_hazard_zone_does_not_wait() -> None:
    b = Bench()
    b.play(DutyPresence(("li",)))
    b.see_at(*HAZARD, "th-1")
    assert b.one().words.hazard == "危化"
    assert [t.path for t in b.tells] == ["duty", "gateway"]
    assert b.tells[1].to[0].id == "8099"
    assert b.tells[1].text_s.startswith("火警危化未核")


@pytest.mark.parametrize(("level", "paths"), [("shadow", []), ("console", []), ("duty", ["duty"]), ("radio", ["duty", "gateway"])])
def test_arming_decides_how_far_it_goes(level: str, paths: list[str]) -> None:
    b = Bench(rules(arming={"th-1": level}))
    b.see()
    assert b.one().arming == level
    assert [t.path for t in b.tells] == paths
    assert b.one().state == "active"


def test_arming_is_raised_by_a_person_with_the_role_and_reaches_open_alarms() -> None:
    b = Bench(rules(arming={}))
    b.see()
    assert b.one().arming == "shadow"
    assert not b.order("arm", "technician", camera="th-1", level="radio").accepted
    assert not b.order("arm", "duty", camera="th-1", level="duty").accepted
    assert b.order("arm", "shift_leader", camera="th-1", level="radio").accepted
    assert b.one().arming == "radio"
    assert {t.path for t in b.tells} == {"duty", "gateway"}
    assert [r.actor for r in b.rows if r.kind == "armed"] == ["chen"]
    b.order("arm", "shift_leader", camera="th-1", level="shadow")
    assert b.one().arming == "radio"


def test_a_zone_limits_its_heads() -> None:
    b = Bench()
    b.order("arm", "shift_leader", zone="a3", level="console")
    b.see_at(*YARD, "th-1")
    assert b.one().arming == "console"
    assert b.tells == []


def test_reload_raises_the_level_of_open_alarms() -> None:
    b = Bench(rules(arming={}))
    b.see()
    b.state = with_rules(b.state, rules())
    b.play(Tick())
    assert b.one().arming == "radio"
    assert b.tells[-1].path == "gateway"


def test_overdue_repeats_go_one_at_a_time() -> None:
    """After an outage, or when the wall clock steps ahead, nobody gets the same text twice in a row."""
    b = Bench()
    b.see(ll=10.0)
    b.wait(40)
    count = len([t for t in b.tells if t.path == "gateway"])
    b.now = Instant(b.now.mono_s + 1.0, b.now.utc + timedelta(days=1))
    b.wait(30)
    assert len([t for t in b.tells if t.path == "gateway"]) - count == 1


def test_repeats_then_escalation_until_somebody_goes() -> None:
    b = Bench()
    b.see()
    b.wait(301, 1.0)
    gateway = [t for t in b.tells if t.path == "gateway"]
    assert [t.repeat for t in gateway] == [0, 1, 2, 3]
    b.wait(900)
    assert LEADER in b.tells[-1].to
    assert b.status("555", 11).accepted
    assert b.one().state == "acknowledged"
    count = len(b.tells)
    b.wait(200)
    assert len(b.tells) == count


def test_seen_silences_only_that_radio_and_not_the_escalation() -> None:
    b = Bench(rules(talkgroup=None, zone_talkgroups={}, plan=None, escalation=(LEADER, DUTY)))
    b.see()
    b.wait(310)
    assert b.status("200", 41).text
    b.order("seen", alarm_id=b.one().alarm_id, actor="radio:200")
    b.wait(900)
    assert b.tells[-1].to == (DUTY,)
    assert b.one().state == "active"


def test_no_arrival_resumes_and_arrival_ends_it() -> None:
    b = Bench()
    b.see()
    b.wait(3)
    b.status("555", 11)
    b.wait(299)
    assert b.one().state == "acknowledged"
    b.wait(2)
    assert (b.one().state, b.changes()[-1]) == ("active", "no_arrival")
    assert b.tells[-1].text_s.startswith("火警未到场")
    b.status("555", 11)
    b.status("555", 21)
    b.wait(700)
    assert b.one().state == "acknowledged"


def test_no_fire_seen_never_closes() -> None:
    b = Bench()
    b.see()
    b.wait(3)
    assert b.status("555", 31).accepted
    assert b.one().state == "active"


def test_not_seen_since_has_a_cause_and_stays_active_until_a_person_clears() -> None:
    b = Bench()
    b.see()
    for _ in range(17):
        b.watch("th-1")
    b.play(Tick())
    assert (b.one().not_seen_cause, b.one().state) == ("occluded", "active")
    b.see()
    assert b.one().not_seen_since is None
    b.play(HeadMoved("th-1", Pose(90.0, 0.0, 20.0), True, "foreign", b.now.mono_s))
    b.watch("th-1")
    b.wait(16)
    assert b.one().not_seen_cause == "head_taken"
    b.play(EyeChanged("th-1", "lost", "killed"))
    b.wait(70)
    assert b.one().not_seen_cause == "eye_down"
    b.wait(48 * 3600, 600.0)
    assert b.one().state in ("active", "acknowledged")
    assert not b.order("clear", "viewer", alarm_id=b.one().alarm_id, reason="extinguished").accepted
    assert not b.order("clear", "duty", alarm_id=b.one().alarm_id, reason="whatever").accepted
    assert b.order("clear", "duty", alarm_id=b.one().alarm_id, reason="extinguished").accepted
    assert b.real() == []
    assert b.tells[-1].text_s.startswith("解除火警")


def test_a_suspect_expires_only_after_it_was_looked_for() -> None:
    b = Bench()
    b.see(ll=3.0)
    b.wait(2000, 10.0)
    assert b.one().state == "suspect"
    b.watch("th-1", range_reduced=True)
    b.play(Tick())
    assert b.real() == []
    assert b.changes()[-1] == "expired"


def test_a_suspect_that_is_watched_and_gone_is_cleared_and_says_so() -> None:
    b = Bench()
    b.see(ll=3.0)
    for _ in range(200):
        b.watch("th-1")
    assert b.real() == []
    (cleared,) = b.book.cleared.values()
    assert cleared.clear_reason == "no_fire_found"


def test_watch_follows_open_fires_and_cleared_places_for_a_day() -> None:
    b = Bench()
    b.see()
    sent = [c for c in b.out if isinstance(c, WatchOn)]
    assert sent[-1].points[0].alarm_id == b.one().alarm_id
    b.order("clear", alarm_id=b.one().alarm_id, reason="extinguished")
    b.out.clear()
    b.play(EyeChanged("th-1", "started", ""))
    (again,) = [c for c in b.out if isinstance(c, WatchOn)]
    assert again.camera_id == "th-1"
    assert len(again.points) == 1
    b.wait(24 * 3600 + 2, 3600.0)
    assert [c.points for c in b.out if isinstance(c, WatchOn)][-1] == ()


def test_growth_announces_again_whatever_was_answered_or_shelved() -> None:
    b = Bench()
    for _ in range(3):
        b.see(excess=100.0)
    alarm_id = b.one().alarm_id
    b.wait(5)
    b.status("555", 11)
    assert b.order("shelve", alarm_id=alarm_id, hours=2).accepted
    b.wait(40)
    count = len(b.tells)
    for _ in range(2):
        b.see(excess=400.0)
    assert len(b.tells) == count
    b.see(excess=400.0)
    assert (b.one().state, b.one().shelved_until) == ("active", None)
    assert [t.path for t in b.tells[count:]] == ["duty", "gateway"]
    assert b.tells[-1].text_s.startswith("火势扩大")


def test_a_false_alarm_is_held_until_it_outgrows_its_mark() -> None:
    b = Bench()
    for _ in range(4):
        b.see(excess=100.0)
    first = b.one().alarm_id
    assert b.order("false_alarm", "duty", alarm_id=first, reason="exhaust").accepted
    for _ in range(10):
        b.see(excess=120.0)
    assert b.real() == []
    for _ in range(3):
        b.see(excess=350.0)
    assert b.one().supersedes == (first,)
    assert b.one().alarm_id != first
    assert "曾标误报" in b.one().radio_l


def test_a_shelf_ends_by_itself_and_calls_again() -> None:
    b = Bench()
    b.see()
    assert not b.order("shelve", "duty", alarm_id=b.one().alarm_id, hours=1).accepted
    assert not b.order("shelve", alarm_id=b.one().alarm_id, hours=5).accepted
    assert b.order("shelve", alarm_id=b.one().alarm_id, hours=1).accepted
    count = len(b.tells)
    b.wait(3590, 10.0)
    assert len(b.tells) == count
    b.wait(80)
    assert b.one().shelved_until is None
    assert len(b.tells) > count


def test_two_heads_make_one_alarm_and_place_it() -> None:
    b = Bench()
    b.see_at(*YARD, "th-1")
    b.see_at(*YARD, "th-2")
    alarm = b.one()
    assert {s.camera_id for s in alarm.seen_by} == {"th-1", "th-2"}
    assert alarm.ignition_point is not None
    assert alarm.ignition_point.method == "triangulated"
    assert alarm.verified == "second_head"
    assert len([t for t in b.tells if t.path == "gateway"]) == 1
    assert "已核A3堆场" in alarm.radio_s


def test_sources_that_one_head_resolves_never_merge() -> None:
    b = Bench()
    pan, tilt = aim("th-1", *YARD)
    for _ in range(3):
        b.see(pan=pan, tilt=tilt, track_id=1, first_seen_mono_s=1.0)
        b.see(pan=pan + 0.1, tilt=tilt, track_id=2, first_seen_mono_s=1.0)
    assert len(b.real()) == 2
    b.see_at(*YARD, "th-2")
    assert len(b.real()) == 2


def test_a_broken_track_goes_on_as_the_same_fire() -> None:
    b = Bench()
    b.see(track_id=1)
    b.wait(2)
    b.see(track_id=2, first_seen_mono_s=b.now.mono_s)
    assert len(b.real()) == 1
    b.play(EyeChanged("th-1", "started", ""))
    b.see(track_id=1, pan=40.0, first_seen_mono_s=b.now.mono_s)
    assert len(b.real()) == 2


def test_merge_keeps_the_older_and_tells_nobody_twice() -> None:
    b = Bench()
    unsure = {"reasons_for": ("hot", "new")}
    b.see_at(*YARD, "th-1", **unsure)
    b.wait(30)
    b.see_at(*YARD, "th-2", **unsure)
    old, young = b.real()
    told = len(b.tells)
    b.see_at(YARD[0], YARD[1] + 3e-5, "th-1", track_id=1)
    b.see_at(YARD[0], YARD[1] + 3e-5, "th-2", track_id=1)
    assert b.one().alarm_id == old.alarm_id
    assert b.book.cleared[young.alarm_id].superseded_by == old.alarm_id
    assert b.one().supersedes == (young.alarm_id,)
    assert len(b.tells) == told
    assert b.order("going", "duty", alarm_id=young.alarm_id).data["alarm_id"] == old.alarm_id


def test_bearings_that_were_far_apart_in_time_merge_once_they_are_not() -> None:
    b = Bench()
    for camera in ("th-1", "th-2"):
        b.see_at(*YARD, camera, reasons_for=("hot", "new"))
        b.wait(30)
    assert len(b.real()) == 2
    for camera in ("th-1", "th-2"):
        b.see_at(*YARD, camera, reasons_for=("hot", "new"))
    assert len(b.real()) == 1
    assert b.one().state == "active"


def test_a_fire_that_people_found_lives_the_whole_life_and_the_lens_joins_it() -> None:
    b = Bench(rules(arming={}))
    assert b.order("raise", "duty", lat_wgs84=YARD[0], lon_wgs84=YARD[1]).accepted
    alarm = b.one()
    assert (alarm.source, alarm.state, alarm.arming) == ("person", "active", "radio")
    assert "人报" in b.tells[-1].text_s
    assert b.tells[-1].path == "gateway"
    b.see_at(*YARD, "th-1", ll=3.0)
    assert b.one().alarm_id == alarm.alarm_id
    assert b.one().seen_by[0].camera_id == "th-1"
    assert b.order("raise", "duty", lat_wgs84=YARD[0] + 1e-5, lon_wgs84=YARD[1]).data["joined"]
    assert len(b.real()) == 1
    assert not b.order("raise", "duty").accepted
    assert b.order("raise", "duty", place="南墙外小路").accepted
    assert "南墙外小路" in b.tells[-1].text_s


def test_a_permit_raises_the_evidence_and_never_switches_off() -> None:
    b = Bench()
    assert b.order("permit", "duty", zone="a3", hours=2, number="D-17", phone="139").accepted
    b.see_at(*YARD, "th-1", ll=10.0)
    assert b.one().state == "pre_alarm"
    b.see_at(*YARD, "th-1", ll=3.0)
    assert b.one().state == "active"
    assert "有动火票" in b.one().radio_l
    assert not b.order("permit", "duty", zone="a3", hours=200).accepted


def test_silence_of_the_gateway_sends_over_the_serial_radio_once() -> None:
    b = Bench(rules(paths=("gateway", "serial")))
    b.see()
    tell = next(t for t in b.tells if t.path == "gateway")
    b.wait(11)
    assert [t.path for t in b.tells] == ["duty", "gateway", "serial"]
    b.wait(20)
    assert len(b.tells) == 3
    b.play(RadioReported(tell.tell_id, None, "sent", "", "x"))
    c = Bench(rules(paths=("gateway", "serial")))
    c.see()
    c.play(RadioReported(next(t.tell_id for t in c.tells if t.path == "gateway"), None, "sent", "", "x"))
    c.wait(20)
    assert [t.path for t in c.tells] == ["duty", "gateway"]
    d = Bench(rules(paths=("gateway", "serial")))
    d.play(OutputChanged("mqtt", False, "refused"))
    d.see()
    assert [t.path for t in d.tells] == ["duty", "gateway", "serial"]


def test_standing_sources_are_published_once() -> None:
    b = Bench()
    for _ in range(5):
        b.see(ll=0.0, standing=True)
    assert [r.change for r in b.rows if r.kind == "notice"] == ["standing_source"]


def test_a_simulated_station_marks_every_real_row() -> None:
    b = Bench(rules(simulated=True))
    b.see()
    b.wait(3)
    assert b.rows
    assert all(r.data["exercise"] is True for r in b.rows if r.lane == "real")


def test_ten_fires_share_nine_slots_and_the_tenth_waits_for_one() -> None:
    b = Bench()
    for n in range(10):
        b.see(pan=10.0 * n, track_id=n)
    assert sorted(a.slot or 0 for a in b.real()) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    first = b.real()[0]
    b.order("clear", alarm_id=first.alarm_id, reason="extinguished")
    assert {a.slot for a in b.real()} == set(range(1, 10))


def test_a_head_that_may_call_the_radio_joins_a_fire_of_one_that_may_not() -> None:
    """Found by the long run of the life machine: the level rose and no text was ever due."""
    b = Bench(rules(arming={"th-1": "console", "th-2": "radio", "th-3": "console"}))
    b.see_at(*YARD, "th-1")
    alarm = b.real()[0]
    assert (alarm.arming, alarm.active_at is not None, alarm.release_due_at) == ("console", True, None)
    b.see_at(*YARD, "th-2")
    b.wait(61.0)
    alarm = b.real()[0]
    assert alarm.arming == "radio"
    assert alarm.released_at is not None
