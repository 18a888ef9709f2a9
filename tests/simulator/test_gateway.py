"""The gateway stand-in and the practice consumer, fed by hand: what they answer, what they never answer, and what they say they miss."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from edged.model.errors import OutputGarbled, OutputRefused
from edged.simulator.gateway import Gateway, Officer, Text, read
from edged.simulator.upstream import Upstream

ROOT = "edged/v1/s-1"
BODY: dict[str, Any] = {
    "mr": "T1", "to": [{"kind": "group", "id": "8001"}], "text_s": "火警未核A3堆场#4按14", "text_l": "", "severity_level": 1,
    "alarm_ids": ["A"], "repeat": 0, "test": False,
}  # fmt: skip


class Wire:
    """Stands for paho: keeps what is published."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def publish(self, topic: str, payload: str, **_: Any) -> None:
        self.sent.append((topic, json.loads(payload)))


def message(topic: str, body: object) -> mqtt.MQTTMessage:
    one = mqtt.MQTTMessage(topic=topic.encode())
    one.payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return one


class Standin:
    """A gateway whose officer answers at once."""

    def __init__(self) -> None:
        self.wire, self.lines = Wire(), list[str]()
        self.gateway = Gateway("s-1", 1, officer=Officer("8012", 0.0, None), show=self.lines.append)
        self.gateway._client = self.wire  # type: ignore[assignment]

    def text(self, **changes: Any) -> None:
        self.gateway._received(None, None, message(f"{ROOT}/radio/tx", {**BODY, **changes}))  # type: ignore[arg-type]
        for timer in self.gateway._timers:
            timer.join(5.0)

    def statuses(self) -> list[int]:
        return [body["status"] for _, body in self.wire.sent if "status" in body]


def test_a_text_is_reported_and_answered_once_and_a_repetition_is_reported_again() -> None:
    one = Standin()
    one.text()
    one.text()
    reports = [body for _, body in one.wire.sent if "mr" in body]
    assert [(r["report_id"], r["result"]) for r in reports] == [("T1-sent", "sent")] * 2
    assert one.statuses() == [14]
    assert len([line for line in one.lines if "▶" in line]) == 1


def test_an_end_is_never_answered_and_the_next_fire_of_the_slot_is() -> None:
    one = Standin()
    one.text(mr="T0", text_s="解除火警A3堆场#4", severity_level=4)
    assert one.statuses() == []
    one.text()
    one.text(mr="T2", text_s="解除火警A3堆场#4", severity_level=4)
    one.text(mr="T3")
    assert one.statuses() == [14, 14]


def test_a_drill_and_garbage_are_not_answered() -> None:
    one = Standin()
    one.text(text_s="演练勿出警A3堆场#4按14", test=True)
    one.gateway._received(None, None, message(f"{ROOT}/radio/tx", b"\xff"))  # type: ignore[arg-type]
    one.text(mr=None, to="everybody")
    assert one.statuses() == []
    assert len(one.gateway.texts) == 1


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b'{"mr": "T1"}', json.dumps({**BODY, "severity_level": "red"}).encode()])
def test_what_is_no_text_is_named(payload: bytes) -> None:
    with pytest.raises(OutputGarbled, match="radio/tx"):
        read(payload)


def test_it_serves_this_machine_only() -> None:
    with pytest.raises(OutputRefused, match=r"10\.0\.0\.1"):
        Gateway("s-1", 1883, host="10.0.0.1").start()
    assert replace(read(json.dumps(BODY).encode()), at_mono_s=0.0) == Text(
        "T1", ("group:8001",), "火警未核A3堆场#4按14", "", False, 0, False, 0.0
    )


class Consumer:
    """The practice consumer on a wire of ours; its contract refuses what says so."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.upstream = Upstream(1, "s-1", "city", check=self.judge)
        self.upstream._client = self.wire  # type: ignore[assignment]

    def judge(self, topic: str, payload: bytes) -> None:
        if b"broken" in payload:
            raise OutputGarbled("it says so")

    def event(self, sequence: int, epoch: str = "e1", **more: Any) -> None:
        body = {"sequence": f"{sequence:020d}", "epoch": epoch, "id": f"{epoch}-{sequence}", "type": "cn.edged.kept.v1", **more}
        self.say("alarm/event/fire", body)

    def say(self, tail: str, body: object) -> None:
        self.upstream._received(None, None, message(f"{ROOT}/{tail}", body))  # type: ignore[arg-type]

    def cursors(self) -> list[int]:
        return [body["sequence"] for topic, body in self.wire.sent if "/cursor/" in topic]


def test_the_cursor_stops_before_a_gap_and_the_gap_is_asked_for() -> None:
    one = Consumer()
    for sequence in (1, 2, 4):
        one.event(sequence)
    assert one.cursors()[-1] == 2
    assert one.upstream.missing() == [("e1", 3)]
    one.say("alarm/index", {"epoch": "e1", "first_sequence": 1, "last_sequence": 5})
    topic, wanted = one.wire.sent[-1]
    assert topic == f"{ROOT}/replay/request/city"
    assert (wanted["from"], wanted["to"]) == (3, 5)
    one.event(3)
    one.event(3)
    assert one.cursors()[-1] == 4
    assert (one.upstream.missing(), one.upstream.duplicates()) == ([], 0)


def test_a_consumer_that_comes_late_counts_from_what_is_kept() -> None:
    one = Consumer()
    one.say("alarm/index", {"epoch": "e1", "first_sequence": 200, "last_sequence": 201})
    one.event(201)
    assert one.cursors() == []
    one.event(200)
    assert one.cursors() == [201]


def test_two_ids_of_one_number_are_counted_and_a_broken_message_is_kept() -> None:
    one = Consumer()
    one.event(1)
    one.event(1, id="another")
    one.event(2, detail="broken")
    assert one.upstream.duplicates() == 1
    assert one.upstream.broken == [f"{ROOT}/alarm/event/fire: it says so"]
