"""A stand-in for the PDT gateway and one officer: prints each radio text, reports it, and answers by status message.

It talks to a broker on 127.0.0.1 only and owns no radio.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edged.model.errors import OutputGarbled, OutputRefused
from edged.supervise import guard

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SLOT = re.compile(r"#(\d)")
GOING, ON_SCENE = 10, 20
CLEARED_LEVEL = 4
"""Severity level of a text that ends an alarm."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text as it came from edged."""

    mr: str
    to: tuple[str, ...]
    text_s: str
    text_l: str
    test: bool
    repeat: int
    cleared: bool
    at_mono_s: float


@dataclass(slots=True)
class Officer:
    """How the stand-in's officer behaves: status messages so many seconds after the first text of a slot; None never."""

    radio: str = "8012"
    going_after_s: float | None = 1.5
    on_scene_after_s: float | None = 4.0


@dataclass(slots=True)
class Gateway:
    """The stand-in. `show` gets a line for people for each text and answer."""

    station: str
    port: int
    username: str = "pdt-gateway"
    password: str | None = None
    host: str = "127.0.0.1"
    officer: Officer = field(default_factory=Officer)
    show: Callable[[str], None] = print
    texts: list[Text] = field(default_factory=list)
    answered: dict[str, list[int]] = field(default_factory=dict)
    _client: mqtt.Client | None = None
    _timers: list[threading.Timer] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _count: int = 0

    def start(self) -> None:
        """Connect and serve in a thread. Raises OutputRefused for an address that is not this machine's own."""
        if self.host not in LOOPBACK:
            raise OutputRefused(f"the gateway stand-in serves 127.0.0.1 only, not {self.host}: a real gateway is a real gateway's task")
        client = mqtt.Client(CallbackAPIVersion.VERSION2, f"{self.username}-standin", protocol=mqtt.MQTTv5)
        if self.password is not None:
            client.username_pw_set(self.username, self.password)
        client.on_connect = self._connected
        client.on_message = self._received
        client.reconnect_delay_set(1, 5)
        client.connect_async(self.host, self.port, keepalive=10)
        client.loop_start()
        self._client = client

    def stop(self) -> None:
        """Hang up and forget what was still to be answered."""
        with self._lock:
            timers, self._timers = self._timers, []
        for timer in timers:
            timer.cancel()
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    def status(self, radio: str, number: int) -> None:
        """Send a status message as a handheld would."""
        with self._lock:
            self._count += 1
            report = {"report_id": f"{self.username}-{time.time_ns()}-{self._count}", "radio": radio, "status": number}
        self.show(f"  ◀ {radio} {number}")
        self._publish(report)

    def _connected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        with guard("gateway stand-in: connected"):
            if reason.is_failure:
                self.show(f"gateway stand-in: broker refused: {reason}")
                return
            client.subscribe([(f"edged/v1/{self.station}/radio/tx", 1), (f"edged/v1/{self.station}/test/radio/tx", 1)])

    def _received(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        with guard("gateway stand-in: text"):
            self._take(read(bytes(message.payload)))

    def _take(self, text: Text) -> None:
        with self._lock:
            again = any(known.mr == text.mr for known in self.texts)
            self.texts.append(text)
        if not again:
            self.show(f"  ▶ {' '.join(text.to)}  {text.text_s}")
        result = "delivered" if any(to.startswith("individual") for to in text.to) else "sent"
        self._publish({"report_id": f"{text.mr}-{result}", "mr": text.mr, "result": result})
        slot = SLOT.search(text.text_s)
        if slot is None or text.test or again:
            return
        if text.cleared:
            self.answered.pop(slot.group(1), None)
            return
        if slot.group(1) in self.answered:
            return
        number = int(slot.group(1))
        self.answered[slot.group(1)] = []
        for after_s, verb in ((self.officer.going_after_s, GOING), (self.officer.on_scene_after_s, ON_SCENE)):
            if after_s is not None:
                timer = threading.Timer(after_s, self._answer, (number, verb))
                timer.daemon = True
                with self._lock:
                    self._timers.append(timer)
                timer.start()

    def _answer(self, slot: int, verb: int) -> None:
        with guard("gateway stand-in: answer"):
            if str(slot) not in self.answered:
                return
            self.answered[str(slot)].append(verb + slot)
            self.status(self.officer.radio, verb + slot)

    def _publish(self, report: Mapping[str, Any]) -> None:
        if self._client is not None:
            self._client.publish(f"edged/v1/{self.station}/radio/report", json.dumps(report, ensure_ascii=False), qos=1)


def read(payload: bytes) -> Text:
    """Return the text of one radio/tx message. Raises OutputGarbled, naming the field."""
    try:
        body = json.loads(payload)
        return Text(
            mr=body["mr"],
            to=tuple(f"{to['kind']}:{to['id']}" for to in body["to"]),
            text_s=body["text_s"],
            text_l=body["text_l"],
            test=bool(body["test"]),
            repeat=int(body["repeat"]),
            cleared=int(body["severity_level"]) == CLEARED_LEVEL,
            at_mono_s=time.monotonic(),
        )
    except (ValueError, KeyError, TypeError) as fault:
        raise OutputGarbled(f"radio/tx: not a text for the gateway ({type(fault).__name__}: {fault})") from fault
