"""A station with its output on a real broker, and a user that sees every message and checks it against the contract."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edged import clock
from edged.model.errors import OutputGarbled
from edged.model.instant import Instant
from edged.output.mqtt.contract import parse
from edged.output.mqtt.output import MqttOutput
from edged.output.settings import ConsumerSettings, Identity, MqttSettings, RadioSettings
from tests.fakes.broker import Mosquitto, running
from tests.fakes.journal_reader import MemoryControl, MemoryJournal

STATION = "cuntan-01"
IDENTITY = Identity(
    STATION,
    "寸滩派出所",
    "0.1.0",
    gb_device_ids={"th-03": "50010500001320000003"},
    people={"duty1": "duty", "leader": "shift_leader"},
    instruments=("mast",),
)
CONSUMERS = (ConsumerSettings(name="city"), ConsumerSettings(name="gap", delivery="one_way"))


def trusted() -> Instant:
    """Return now, as a machine with a disciplined clock would."""
    return replace(clock.now(), trusted=True)


class Station:
    """The output over a journal in memory."""

    def __init__(self, port: int, journal: MemoryJournal | None = None, **settings: Any) -> None:
        self.journal = journal or MemoryJournal()
        self.control = MemoryControl(self.journal)
        self.settings = MqttSettings(port=port, **({"consumers": CONSUMERS} | settings))
        self.output = MqttOutput(
            self.settings, RadioSettings(min_interval_s=0.1, burst=2, ack_timeout_s=1.0), IDENTITY, self.journal, self.control, trusted
        )
        self.faults: list[BaseException] = []

    def start(self) -> Station:
        self.output.start(self.faults.append)
        return self

    def stop(self) -> None:
        assert self.output.stop()
        assert self.faults == []


class User:
    """A paho client of its own; every message it sees holds to the contract."""

    def __init__(self, port: int, name: str, *filters: str, password: str | None = None, v5: bool = True) -> None:
        self.seen: list[tuple[str, dict[str, Any] | None, paho.MQTTMessage]] = []
        self.broken: list[str] = []
        self.acknowledged: dict[int, int] = {}
        self.granted: list[int] = []
        self._v5 = v5
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"user-{name}", protocol=paho.MQTTv5 if v5 else paho.MQTTv311)
        if password is not None:
            self.client.username_pw_set(name, password)
        self.client.on_connect = lambda c, _u, _f, reason, _p: [c.subscribe(one, 1) for one in filters]
        self.client.on_subscribe = lambda _c, _u, _m, reasons, _p: self.granted.extend(one.value for one in reasons)
        self.client.on_publish = lambda _c, _u, mid, reason, _p: self.acknowledged.__setitem__(mid, reason.value)
        self.client.on_message = lambda _c, _u, message: self._take(message)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        until(lambda: len(self.granted) == len(filters), "subscribed")

    def _take(self, message: paho.MQTTMessage) -> None:
        try:
            self.seen.append((message.topic, parse(message.topic, message.payload), message))
        except OutputGarbled as fault:
            self.broken.append(str(fault))

    def of(self, end: str) -> list[dict[str, Any]]:
        """Return the messages on topics that contain `end`."""
        return [value for topic, value, _ in list(self.seen) if end in topic and value is not None]

    def say(self, topic: str, payload: bytes, retain: bool = False, response: str | None = None, correlation: bytes | None = None) -> int:
        """Publish and return the reason code of the acknowledgement."""
        properties = None
        if self._v5:
            properties = Properties(PacketTypes.PUBLISH)
            if response is not None:
                properties.ResponseTopic = response
            if correlation is not None:
                properties.CorrelationData = correlation
        info = self.client.publish(topic, payload, 1, retain, properties)
        until(lambda: info.mid in self.acknowledged, f"{topic} acknowledged")
        return self.acknowledged[info.mid]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        assert self.broken == []


def until(true: Callable[[], Any], what: str, timeout_s: float = 12.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, f"not within {timeout_s} s: {what}"
        time.sleep(0.01)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Any]:
    with running(tmp_path) as one:
        yield one


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    one = Mosquitto(tmp_path).start()
    yield one
    one.stop()


@pytest.fixture
def station(broker: Any) -> Iterator[Station]:
    one = Station(broker.port)
    yield one
    one.stop()


@pytest.fixture
def user(broker: Any) -> Iterator[Callable[..., User]]:
    made: list[User] = []

    def make(name: str, *filters: str, **how: Any) -> User:
        made.append(User(broker.port, name, *filters, **how))
        return made[-1]

    yield make
    for one in made:
        one.close()
