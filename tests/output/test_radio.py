"""The radio gateway: order, airtime, what a restart may repeat, what it says about silence."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edged.model.event import OutputChanged, RadioReported
from edged.model.instant import Instant
from edged.output.mqtt.contract import validate
from edged.output.mqtt.topics import Topics
from edged.output.radio.airtime import Bucket
from edged.output.radio.gateway import Gateway, in_order
from edged.output.settings import RadioSettings
from tests.fakes.journal_reader import AT, MemoryControl, MemoryJournal, make_tell
from tests.output.conftest import IDENTITY, STATION, Station, until

ROOT = f"edged/v1/{STATION}"


@given(st.lists(st.floats(0, 5, allow_nan=False), max_size=60))
def test_never_more_than_the_air_allows(gaps: list[float]) -> None:
    bucket, now, taken = Bucket(3.0, 2), 1000.0, []
    for gap in gaps:
        now += gap
        if bucket.take(now):
            taken.append(now)
        else:
            assert 0 < bucket.wait_s(now) <= 3.0
    for i, first in enumerate(taken):
        for j in range(i, len(taken)):
            assert j - i + 1 <= 2 + (taken[j] - first) / 3.0 + 1e-6


def test_a_clock_that_steps_back_gives_nothing() -> None:
    bucket = Bucket(3.0, 1)
    assert bucket.take(100.0)
    assert not bucket.take(1.0)
    assert bucket.take(103.0)


def test_severe_and_new_first_but_no_all_clear_before_its_alarm() -> None:
    later = AT + timedelta(seconds=60)
    alarm = make_tell("fire", severity_level=2, alarm_ids=("A",))
    clear = make_tell("clear", made_at=later, severity_level=1, alarm_ids=("A",))
    old = make_tell("old", severity_level=1, made_at=AT - timedelta(seconds=60))
    new = make_tell("new", severity_level=1, made_at=AT + timedelta(seconds=30))
    minor = make_tell("minor", severity_level=3, made_at=later)
    assert [tell.tell_id for tell in in_order([minor, old, clear, new, alarm])] == ["fire", "clear", "new", "old", "minor"]


@dataclass
class Wire:
    """A link whose broker answers when the test says so."""

    up: bool = True
    generation: int = 1
    sent: list[Any] = field(default_factory=list)

    def publish(self, message: Any, now: float, accepted: Any = None) -> bool:
        if self.up:
            validate(message.topic, message.payload)
            self.sent.append((message, accepted))
        return self.up


def gateway(wire: Wire, journal: MemoryJournal, control: MemoryControl) -> Gateway:
    return Gateway(RadioSettings(), IDENTITY, Topics(STATION), journal, wire, control)  # type: ignore[arg-type]


def at(seconds: float) -> Instant:
    return Instant(1000 + seconds, AT + timedelta(seconds=seconds))


def test_fifty_alarms_at_once_keep_to_the_air_and_none_is_lost_or_doubled() -> None:
    wire, journal = Wire(), MemoryJournal()
    control = MemoryControl(journal)
    for n in range(50):
        tell = make_tell(f"T{n:02d}")
        journal.tells[tell.tell_id] = tell
    one = gateway(wire, journal, control)
    for tenth in range(1600):
        one.step(at(tenth / 10), {})
        for _, accepted in wire.sent[len(control.done) :]:
            accepted(0)
    assert len({json.loads(message.payload)["mr"] for message, _ in wire.sent}) == len(wire.sent) == 50
    assert sorted(name for name, outcome in control.done if outcome == "sent") == [f"T{n:02d}" for n in range(50)]


def test_an_uncertain_text_goes_again_with_the_same_reference_and_a_sure_one_does_not() -> None:
    wire, journal = Wire(), MemoryJournal()
    control = MemoryControl(journal)
    journal.tells["T1"] = make_tell("T1")
    one = gateway(wire, journal, control)
    one.step(at(0), {})
    wire.generation = 2
    one.step(at(4), {})
    assert [json.loads(message.payload)["mr"] for message, _ in wire.sent] == ["T1", "T1"]
    wire.sent[0][1](0)
    assert control.done == []
    wire.sent[1][1](0)
    assert control.done == [("T1", "sent")]
    restarted = gateway(wire, journal, control)
    restarted.step(at(9), {})
    assert len(wire.sent) == 2


def test_nothing_is_sent_late_and_a_test_goes_to_the_tests_topic() -> None:
    wire, journal = Wire(), MemoryJournal()
    control = MemoryControl(journal)
    journal.tells["late"] = make_tell("late", made_at=AT - timedelta(seconds=901))
    journal.tells["drill"] = make_tell("drill", lane="test", text_s="演练勿出警 A3堆场")
    one = gateway(wire, journal, control)
    one.step(at(0), {})
    assert control.done == [("late", "expired")]
    message = wire.sent[0][0]
    assert (message.topic, json.loads(message.payload)["test"]) == (f"{ROOT}/test/radio/tx", True)
    assert message.expiry_s == 900
    journal.tells["late"] = make_tell("late2", made_at=AT - timedelta(seconds=901))
    one.step(replace(at(9), trusted=False), {})
    assert ("late2", "expired") not in control.done


def test_a_wall_clock_that_steps_ahead_ends_no_text() -> None:
    wire, journal = Wire(), MemoryJournal()
    control = MemoryControl(journal)
    wire.up = False
    journal.tells["T1"] = make_tell("T1")
    journal.tells["D1"] = make_tell("D1", path="duty")
    one = gateway(wire, journal, control)
    one.step(at(0), {})
    stepped = replace(at(4), utc=AT + timedelta(hours=8))
    one.step(stepped, {})
    assert control.done == []
    wire.up = True
    one.step(replace(stepped, mono_s=stepped.mono_s + 4), {})
    said = json.loads(wire.sent[0][0].payload)
    assert datetime.fromisoformat(said["expires_at"]) > stepped.utc
    one.step(replace(stepped, mono_s=stepped.mono_s + 1000), {})
    assert ("D1", "expired") in control.done


def test_a_silent_gateway_is_named_and_comes_back() -> None:
    wire, journal = Wire(), MemoryJournal()
    control = MemoryControl(journal)
    one = gateway(wire, journal, control)
    for n, code in enumerate((0x10, 0, 0)):
        journal.tells[f"T{n}"] = make_tell(f"T{n}")
        one.step(at(n * 4), {})
        wire.sent[-1][1](code)
    assert [(event.up, "subscribed" in event.detail) for event in control.of(OutputChanged)] == [(False, True)]
    one.reported(RadioReported("T1", None, "sent", "", "r1"))
    one.step(at(40), {})
    assert [event.up for event in control.of(OutputChanged)] == [False, True, False]


def test_duty_texts_count_as_sent_when_the_broker_has_their_rows() -> None:
    from tests.fakes.journal_reader import make_row

    wire, journal = Wire(), MemoryJournal()
    control = MemoryControl(journal)
    journal.append(make_row(1), make_row(2))
    journal.tells["D"] = make_tell("D", path="duty")
    one = gateway(wire, journal, control)
    one.step(at(0), {"real": ("e1", 1)})
    assert control.done == []
    one.step(at(1), {"real": ("e1", 2)})
    assert control.done == [("D", "sent")]
    assert wire.sent == []


def test_a_text_reaches_the_gateway_and_its_report_comes_home(station: Station, user: Any) -> None:
    box = user("pdt-gateway", f"{ROOT}/radio/tx")
    station.start()
    until(lambda: station.output.up, "up")
    station.journal.tells["T1"] = make_tell("T1", made_at=station.output._clock().utc)
    station.output.wake()
    until(lambda: box.seen, "text")
    said = box.seen[0][1]
    assert (said["mr"], said["to"], said["text_s"]) == ("T1", [{"kind": "group", "id": "8012"}], "火警未核A3堆场#4按14")
    box.say(f"{ROOT}/radio/report", json.dumps({"report_id": "r", "mr": "T1", "result": "delivered"}).encode())
    until(lambda: station.control.reports(), "report")
    assert station.control.done == [("T1", "sent")]
    until(lambda: any(event.output == "gateway" and event.up for event in station.control.of(OutputChanged)), "gateway up")
