"""A restart: the fold of the rows is the durable state, and goes on as if nothing had happened."""

from __future__ import annotations

import time

from edged.core.step import restore, step
from edged.core.view import alarm, alarms, status
from edged.model.alarm import Alarm
from edged.model.event import DutyPresence, RadioStatus, Sighted, Tick, Verb
from edged.model.journal import Entry
from tests.core.auditor import ROW
from tests.core.station import Bench, rules, sighting


def busy() -> Bench:
    b = Bench()
    b.play(DutyPresence(("li",)))
    b.see(pan=-20.0)
    b.wait(10)
    b.see(pan=-60.0, track_id=2)
    b.wait(40)
    b.status("555", 11)
    b.order("arm", camera="th-1", level="radio")
    b.order("permit", zone="a3", hours=3)
    b.order("maintenance", camera="th-2", hours=1)
    b.see(pan=50.0, test=True, track_id=3)
    b.see(pan=-100.0, track_id=4)
    b.order("false_alarm", slot=3, reason="sun")
    return b


def test_the_fold_of_the_rows_is_the_state_even_through_json() -> None:
    b = busy()
    rows = [ROW.validate_json(ROW.dump_json(r)) for r in b.rows]
    assert restore(b.state.rules, "7c1e", rows).book == b.book
    entries = [Entry(n, "7c1e", "", r) for n, r in enumerate(rows)]
    assert restore(b.state.rules, "7c1e", entries).book == b.book


def test_it_goes_on_identically() -> None:
    b = busy()
    after = restore(b.state.rules, "7c1e", b.rows)
    after, _ = step(after, DutyPresence(("li",)), b.now)
    before, _ = step(b.state, DutyPresence(("li",)), b.now)
    assert after.book == before.book
    now = b.now
    for n in range(700):
        now = now.later(1.0)
        event = RadioStatus("556", 12, "late") if n == 400 else Verb("clear", "li", "duty", "mqtt", "z", slot=1, args={"reason": "other"})
        for one in [Tick(), event] if n in (400, 600) else [Tick()]:
            before, mine = step(before, one, now)
            after, theirs = step(after, one, now)
            assert [c for c in mine if c.kind in ("append", "telling", "reply")] == [
                c for c in theirs if c.kind in ("append", "telling", "reply")
            ]


def test_older_rows_of_an_alarm_may_be_freed() -> None:
    b = busy()
    last = {r.alarm.alarm_id: r.row_id for r in b.rows if r.alarm is not None}
    kept = [r for r in b.rows if r.alarm is None or last[r.alarm.alarm_id] == r.row_id]
    fold = restore(b.state.rules, "7c1e", kept).book
    assert (fold.alarms, fold.ledgers, fold.cleared, fold.last_real) == (b.book.alarms, b.book.ledgers, b.book.cleared, b.book.last_real)


def test_a_source_marked_false_stays_held_over_a_restart() -> None:
    b = Bench()
    for _ in range(4):
        b.see()
    b.order("false_alarm", "duty", alarm_id=b.one().alarm_id, reason="exhaust")
    b.state = restore(b.state.rules, "7c1e", b.rows)
    for _ in range(5):
        b.see(generation=0)
    assert b.real() == []


def test_status_and_alarms_show_what_waits() -> None:
    b = busy()
    shown = status(b.state, b.now)
    waiting = shown["oldest_unanswered"]
    assert waiting["slot"] == 2
    assert shown["armed_share"] == 1.0
    assert shown["permits"] == 1
    assert [a.slot for a in alarms(b.state)] == [1, 2]
    assert len(alarms(b.state, test=True)) == 1
    found = alarm(b.state, "#1")
    assert found is not None
    assert found["told"]
    assert alarm(b.state, "nothing") is None


def test_status_says_how_many_hot_spots_wait_to_be_followed() -> None:
    b = Bench()
    b.watch("th-1", waiting_sources=7)
    assert {one["camera_id"]: one["waiting_sources"] for one in status(b.state, b.now)["cameras"]}["th-1"] == 7
    b.watch("th-1")
    assert not any(one["waiting_sources"] for one in status(b.state, b.now)["cameras"])


def test_an_empty_station_restores_to_nothing() -> None:
    assert restore(rules(), "7c1e", []).book.alarms == {}


def test_a_sighting_costs_well_under_a_millisecond_with_nine_open_alarms() -> None:
    b = Bench()
    for n in range(9):
        b.see(pan=-20.0 - 10 * n, track_id=n)
    b.wait(2)
    assert len(b.real()) == 9
    open_alarms: list[Alarm] = b.real()
    best = 1.0
    for _ in range(5):
        began = time.perf_counter()
        for n in range(200):
            b.now = b.now.later(0.001)
            b.state, _ = step(b.state, Sighted(sighting(b.now, "th-1", -20.0 - 10 * (n % 9), -3.0, 0.1, track_id=n % 9)), b.now)
        best = min(best, (time.perf_counter() - began) / 200)
    print(f"step on a sighting with 9 open alarms: {best * 1e3:.3f} ms")
    assert best < 1e-3
    assert [a.alarm_id for a in b.real()] == [a.alarm_id for a in open_alarms]
