"""Blindness is an outcome: pictures that changed and were judged, by the monotonic clock."""

from __future__ import annotations

from datetime import UTC, datetime

from edged.core.step import restore
from edged.core.view import status
from edged.model.event import EyeChanged, HealthChanged, Noticed, OutputChanged, Tick
from edged.model.health import CameraHealth
from edged.model.instant import Instant
from tests.core.station import GROUP, Bench, rules


def sights(b: Bench) -> list[tuple[str, str]]:
    return [(r.data["camera_id"], r.change) for r in b.rows if r.kind == "sight"]


def test_at_start_the_station_says_blind_within_ten_seconds() -> None:
    b = Bench()
    b.play(Tick())
    b.wait(8)
    assert sights(b) == []
    b.wait(2)
    assert sights(b) == [("th-1", "blind"), ("th-2", "blind"), ("th-3", "blind"), ("station", "blind")]
    assert {t.path for t in b.sight_tells} == {"duty", "gateway"}
    assert next(t for t in b.sight_tells if t.path == "gateway").to == (GROUP,)
    assert all(t.text_s.startswith("失明") for t in b.sight_tells)
    b.wait(100)
    assert len(sights(b)) == 4


def test_one_seeing_lookout_is_a_seeing_station_and_both_are_said_once() -> None:
    b = Bench()
    b.play(Tick())
    for _ in range(20):
        b.watch("th-1")
        b.play(Tick())
    assert ("station", "blind") not in sights(b)
    assert sights(b).count(("station", "sees")) == 1
    assert status(b.state, b.now)["seeing"] == 1
    b.wait(12)
    assert sights(b)[-2:] == [("th-1", "blind"), ("station", "blind")]


def test_frames_that_were_not_judged_or_did_not_change_are_no_sight() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    b.play(Tick())
    frozen = b.now.mono_s
    for _ in range(12):
        b.watch("th-1", frames=0, blind_s=(("frozen", 1.0),), last_distinct_mono_s=frozen)
        b.play(Tick())
    assert ("th-1", "blind") in sights(b)
    assert next(r.data["cause"] for r in b.rows if r.kind == "sight") == "frozen"


def test_a_short_movement_is_no_blindness_and_a_long_one_is() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    b.play(Tick())
    for _ in range(4):
        for _ in range(4):
            b.watch("th-1")
            b.play(Tick())
        for _ in range(6):
            b.watch("th-1", frames=0, view_id=None, blind_s=(("moving", 1.0),))
            b.play(Tick())
    assert ("th-1", "blind") not in sights(b)
    for _ in range(8):
        b.watch("th-1", frames=0, view_id=None, blind_s=(("moving", 1.0),))
        b.play(Tick())
    assert sights(b)[-2:] == [("th-1", "blind"), ("station", "blind")]


def turned_away(b: Bench, seconds: int, cause: str) -> None:
    for _ in range(seconds):
        b.watch("th-1", frames=0, view_id=None, blind_s=((cause, 1.0),))
        b.play(Tick())


def seen_frozen(b: Bench, seconds: int, last_mono_s: float) -> None:
    for _ in range(seconds):
        b.watch("th-1", frames=0, blind_s=(("frozen", 1.0),), last_distinct_mono_s=last_mono_s)
        b.play(Tick())


def causes(b: Bench) -> list[tuple[str, str]]:
    return [(r.data["camera_id"], r.data["cause"]) for r in b.rows if r.change == "blind"]


def seeing(b: Bench) -> float:
    b.play(Tick())
    for _ in range(4):
        b.watch("th-1")
        b.play(Tick())
    return b.now.mono_s


def test_a_head_turned_away_does_not_hide_what_was_found_before() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    last = seeing(b)
    seen_frozen(b, 2, last)
    turned_away(b, 12, "moving")
    assert causes(b) == [("th-1", "frozen"), ("station", "frozen")]


def test_a_cause_found_after_the_head_stands_again_is_said_once_and_not_told_again() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    last = seeing(b)
    turned_away(b, 12, "moving")
    told = len(b.sight_tells)
    assert causes(b) == [("th-1", "moving"), ("station", "moving")]
    seen_frozen(b, 6, last)
    turned_away(b, 6, "moving")
    seen_frozen(b, 6, last)
    assert causes(b)[2:] == [("th-1", "frozen"), ("station", "frozen")]
    blind = [r.data["sight"]["since"] for r in b.rows if r.change == "blind" and r.data["camera_id"] == "th-1"]
    assert len(set(blind)) == 1
    assert len(b.sight_tells) == told
    for _ in range(4):
        b.watch("th-1")
        b.play(Tick())
    assert sights(b)[-2:] == [("th-1", "sees"), ("station", "sees")]


def test_what_was_found_before_it_last_saw_is_no_cause() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    seen_frozen(b, 5, seeing(b))
    seeing(b)
    turned_away(b, 12, "head_taken")
    assert causes(b) == [("th-1", "head_taken"), ("station", "head_taken")]


def test_who_keeps_the_head_for_long_is_the_cause_also_of_a_lookout_that_was_found_frozen() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    seeing(b)
    b.watch("th-1", key_interval_s=20.0)
    seen_frozen(b, 2, b.now.mono_s)
    for _ in range(45):
        b.watch("th-1", frames=0, view_id=None, blind_s=(("head_taken", 1.0),), key_interval_s=20.0)
        b.play(Tick())
    assert causes(b)[0] == ("th-1", "head_taken")


def test_far_key_frames_have_two_intervals_and_two_seconds() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    b.play(Tick())
    b.watch("th-1", key_interval_s=10.0)
    b.wait(21)
    assert ("th-1", "blind") not in sights(b)
    b.wait(2)
    assert ("th-1", "blind") in sights(b)


def test_a_replaced_eye_is_not_blind_and_sees_after_two_seconds_of_pictures() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    b.play(Tick())
    for _ in range(5):
        b.watch("th-1")
        b.play(Tick())
    b.play(EyeChanged("th-1", "lost", "killed"))
    b.wait(5)
    b.play(EyeChanged("th-1", "started", ""))
    b.watch("th-1")
    b.play(Tick())
    assert ("th-1", "blind") not in sights(b)
    b.wait(10)
    b.watch("th-1")
    b.play(Tick())
    assert sights(b)[-1] == ("station", "blind")
    b.watch("th-1")
    b.watch("th-1")
    b.play(Tick())
    assert sights(b)[-2:] == [("th-1", "sees"), ("station", "sees")]


def test_a_stepped_wall_clock_makes_nobody_blind() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    b.play(Tick())
    b.watch("th-1")
    b.now = Instant(b.now.mono_s, datetime(2027, 1, 1, tzinfo=UTC))
    b.wait(5)
    assert ("th-1", "blind") not in sights(b)


def test_a_flapping_lookout_is_published_and_told_at_intervals() -> None:
    b = Bench(rules(lookouts=("th-1", "th-2")))
    b.play(Tick())
    for _ in range(6):
        for _ in range(4):
            b.watch("th-1")
            b.watch("th-2", seconds=0.1)
            b.play(Tick())
        for _ in range(12):
            b.watch("th-2")
            b.play(Tick())
    assert sights(b).count(("th-1", "blind")) == 6
    assert len([t for t in b.sight_tells if t.text_s.startswith("失明")]) == 1


def test_maintenance_spares_the_text_and_not_the_truth() -> None:
    b = Bench(rules(lookouts=("th-1", "th-2")))
    b.play(Tick())
    assert b.order("maintenance", "technician", camera="th-1", hours=1).accepted
    for _ in range(12):
        b.watch("th-2")
        b.play(Tick())
    assert ("th-1", "blind") in sights(b)
    assert b.sight_tells == []
    b.wait(3700, 5.0)
    assert [r.change for r in b.rows if r.kind == "maintenance"] == ["began", "ended"]
    assert not b.order("maintenance", "technician", camera="th-77", hours=1).accepted


def test_health_outputs_and_notices_are_journalled_when_they_change() -> None:
    b = Bench()
    health = CameraHealth("th-1", "reachable", "auth_failed", "th-1: login refused", b.now.utc)
    b.play(HealthChanged(health))
    b.play(HealthChanged(health))
    assert [(r.change, r.severity_level) for r in b.rows if r.kind == "health"] == [("fault", 2)]
    b.play(OutputChanged("mqtt", True, ""))
    b.play(OutputChanged("mqtt", False, "refused"))
    b.play(OutputChanged("mqtt", False, "refused"))
    b.play(Noticed("system", "clock", "not synchronised", 3))
    b.play(EyeChanged("th-1", "parked", "5 restarts"))
    assert [r.change for r in b.rows if r.kind == "notice"] == ["output_down", "clock", "eye_parked"]


def test_what_was_seen_before_a_restart_is_not_said_to_be_seen_now() -> None:
    b = Bench(rules(lookouts=("th-1",)))
    b.play(Tick())
    for _ in range(5):
        b.watch("th-1")
        b.play(Tick())
    assert status(b.state, b.now)["sees"] is True
    b.state = restore(b.state.rules, b.state.epoch, b.rows)
    b.play(Tick())
    shown = status(b.state, b.now)
    assert (shown["sees"], shown["seeing"], shown["cameras"][0]["sees"]) == (None, 0, None)
    b.watch("th-1")
    assert status(b.state, b.now)["sees"] is True


def test_a_suspect_that_is_told_once_a_second_loses_nothing_by_reports_twice_a_second() -> None:
    b = Bench()
    b.see(ll=3.0)
    for _ in range(30):
        b.watch("th-1", seconds=0.45)
        b.watch("th-1", seconds=0.45)
        b.see(ll=0.0)
    assert b.one().evidence.log_likelihood == 3.0
    (fire,) = b.state.live.fires.values()
    assert (fire.looks[0].log_likelihood, fire.watched_unseen_s) == (3.0, 0.0)
    for _ in range(20):
        b.watch("th-1", seconds=0.5)
    (fire,) = b.state.live.fires.values()
    assert fire.looks[0].log_likelihood < 2.7, "one that is gone does"
