"""Verbs and radio statuses: who may, which alarm, and that no answer silences another."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from edged.core.step import restore
from edged.core.verbs import MAY
from edged.model.alarm import Role, VerbName
from edged.model.command import Drill
from edged.model.event import SpotsMeasured
from edged.model.rounds import RoundRule, SpotMeasure
from tests.core.station import YARD, Bench, rules

ARGS: dict[str, dict[str, object]] = {
    "clear": {"reason": "extinguished"},
    "false_alarm": {"reason": "exhaust"},
    "shelve": {"hours": 1},
    "arm": {"camera": "th-1", "level": "console"},
    "maintenance": {"camera": "th-1", "hours": 1},
    "permit": {"zone": "a3", "hours": 1},
    "raise": {"place": "北门"},
    "drill": {"camera": "th-1"},
    "weather": {"air_temp_c": 31},
    "hazard": {"action": "assign", "id": "H1", "owner": "wang"},
}


@pytest.mark.parametrize("verb", get_args(VerbName))
@pytest.mark.parametrize("role", get_args(Role))
def test_roles(verb: VerbName, role: Role) -> None:
    b = Bench(rules(rounds=[RoundRule("t", "th-1", limit_c=70.0)]))
    b.see_at(*YARD, "th-1")
    alarm_id = b.one().alarm_id
    if verb == "unshelve":
        b.order("shelve", alarm_id=alarm_id, hours=1)
    if verb == "hazard":
        for _ in range(2):
            b.play(SpotsMeasured((SpotMeasure("t", "th-1", "v", 1, 0.0, b.now.utc, "radiometric", valid=True, high=90.0),)))
    before = b.book.alarms
    reply = b.order(verb, role, alarm_id=alarm_id, **ARGS.get(verb, {}))
    assert reply.accepted is (role in MAY[verb])
    if not reply.accepted:
        assert role in reply.text
        assert b.book.alarms == before
    assert [r.actor for r in b.rows if r.kind == "verb"][-1] == "chen"


def test_a_repeated_command_acts_once_and_answers_again_even_after_a_restart() -> None:
    b = Bench()
    b.see()
    first = b.order("going", alarm_id=b.one().alarm_id, command_id="x")
    rows = len(b.rows)
    again = b.order("going", alarm_id=b.one().alarm_id, command_id="x")
    assert (again.accepted, again.text, len(b.rows)) == (True, first.text, rows)
    b.state = restore(b.state.rules, "7c1e", b.rows)
    assert b.order("clear", alarm_id=b.one().alarm_id, reason="other", command_id="x").text == first.text
    assert b.one().state == "acknowledged"


def test_an_expired_verb_never_acts_and_is_journalled() -> None:
    b = Bench()
    b.see()
    reply = b.order("clear", alarm_id=b.one().alarm_id, reason="extinguished", expires_at=b.now.utc - timedelta(seconds=1))
    assert not reply.accepted
    assert b.one().state == "active"
    assert b.rows[-1].change == "expired"


def test_a_verb_without_an_alarm_says_what_is_open() -> None:
    b = Bench()
    b.see()
    reply = b.order("going")
    assert not reply.accepted
    assert "0001=#1" in reply.text
    assert not b.order("going", display_id="4711").accepted
    assert b.order("going", display_id="0001").accepted
    b.order("clear", slot=1, reason="extinguished")
    assert "解除" in b.order("going", display_id="0001").text


@pytest.mark.parametrize("hours", [float("nan"), float("inf"), -1, 0, "x", None, True, [1]])
def test_garbage_in_arguments_is_refused(hours: object) -> None:
    b = Bench()
    b.see()
    assert not b.order("shelve", alarm_id=b.one().alarm_id, hours=hours).accepted
    assert b.one().shelved_until is None


def test_status_ten_times_verb_plus_slot_answers_that_alarm_only() -> None:
    b = Bench()
    b.see(pan=-20.0, track_id=1)
    b.see(pan=-60.0, track_id=2)
    b.wait(3)
    reply = b.status("555", 12)
    assert reply.accepted
    assert {a.slot: a.state for a in b.real()} == {1: "active", 2: "acknowledged"}
    assert b.status("555", 12, "same").accepted
    rows = len(b.rows)
    assert b.status("555", 12, "same").accepted
    assert len(b.rows) == rows


@pytest.mark.parametrize("status", [0, -5, 5, 9, 10, 20, 55, 99, 127, 1000])
def test_wrong_statuses_are_refused_with_words(status: int) -> None:
    b = Bench()
    b.see()
    b.wait(3)
    reply = b.status("555", status)
    assert not reply.accepted
    assert reply.text
    assert b.one().state == "active"


def test_a_bare_status_binds_to_the_newest_told_two_seconds_before_and_names_it() -> None:
    b = Bench()
    b.see(pan=-20.0, track_id=1)
    b.wait(10)
    b.see(pan=-60.0, track_id=2)
    b.wait(1)
    assert b.status("555", 1).data["slot"] == 1
    b.wait(2)
    reply = b.status("555", 1)
    assert (reply.data["slot"], "#2" in reply.text) == (2, True)
    assert b.status("555", 2).data["slot"] == 2
    assert not b.status("556", 1).accepted


def test_a_radio_that_was_not_told_answers_nothing() -> None:
    b = Bench(rules(arming={"th-1": "duty"}))
    b.see()
    b.wait(3)
    assert not b.status("555", 11).accepted
    assert not b.status("555", 1).accepted


def test_a_late_answer_does_not_reach_the_next_holder_of_the_slot() -> None:
    b = Bench()
    for n in range(9):
        b.see(pan=-20.0 - 10 * n, track_id=n)
    b.order("clear", slot=4, reason="extinguished")
    b.see(pan=30.0, track_id=33)
    new = next(a for a in b.real() if a.slot == 4)
    b.wait(3)
    reply = b.status("555", 14)
    assert not reply.accepted
    assert b.book.alarms[new.alarm_id].state == "active"
    b.wait(600, 10.0)
    assert b.status("555", 14).accepted


def test_slots_rest_before_they_are_used_again() -> None:
    b = Bench()
    slots = []
    for n in range(9):
        b.see(pan=-20.0 - 10 * n, track_id=n)
        slots.append(b.one().slot)
        b.order("clear", alarm_id=b.one().alarm_id, reason="extinguished")
    assert slots == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_drill_is_ordered_and_bounded() -> None:
    b = Bench()
    reply = b.order("drill", "technician", camera="th-1", duration_s=5)
    (drill,) = [c for c in b.out if isinstance(c, Drill)]
    assert (drill.duration_s, drill.drill_id) == (5.0, reply.data["drill_id"])
    assert [r.lane for r in b.rows if r.kind == "verb"] == ["test"]
    assert not b.order("drill", "technician", camera="th-1", duration_s=60).accepted


def test_told_119_is_a_step_and_never_of_a_drill() -> None:
    b = Bench()
    b.see()
    assert b.order("told_119", "duty", alarm_id=b.one().alarm_id).accepted
    assert b.one().told_119_at == b.now.utc
    b.see(pan=50.0, test=True)
    test = next(a for a in b.book.alarms.values() if a.test)
    assert not b.order("told_119", "duty", alarm_id=test.alarm_id).accepted
