"""A named consumer to practise with: takes events, writes its cursor, asks for what it missed, and can say that it missed nothing.

It keeps its position in memory and its contract is the published one: nothing of edged but the topics.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edged.supervise import guard

SESSION_S = 3600


@dataclass(slots=True)
class Upstream:
    """A consumer of one station on 127.0.0.1. `check(topic, payload)` judges every message; what it raises is kept in `broken`."""

    port: int
    station: str
    user: str
    password: str | None = None
    check: Callable[[str, bytes], object] | None = None
    broken: list[str] = field(default_factory=list)
    _client: mqtt.Client | None = None
    _events: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)
    _index: dict[str, Any] = field(default_factory=dict)
    _asked: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Connect in a thread; the session outlives a broken connection."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, f"{self.user}-practice", protocol=mqtt.MQTTv5)
        client.username_pw_set(self.user, self.password)
        client.on_connect, client.on_message = self._connected, self._received
        client.reconnect_delay_set(1, 4)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_S
        client.connect_async("127.0.0.1", self.port, keepalive=10, clean_start=False, properties=properties)
        client.loop_start()
        self._client = client

    def stop(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None

    def alarms(self) -> list[dict[str, Any]]:
        """Return the alarm events so far in the order of the journal."""
        with self._lock:
            return [event for _, event in sorted(self._events.items()) if event["type"].startswith("cn.edged.alarm")]

    def last_sequence(self) -> int:
        """Return the highest sequence seen."""
        with self._lock:
            return max((sequence for _, sequence in self._events), default=0)

    def duplicates(self) -> int:
        """Return how many numbers came with two ids: never more than 0."""
        with self._lock:
            return len(self._ids) - len(self._events)

    def missing(self) -> list[tuple[str, int]]:
        """Return the numbers between the first and the last of each epoch that never came."""
        with self._lock:
            out: list[tuple[str, int]] = []
            for epoch in {e for e, _ in self._events}:
                known = {s for e, s in self._events if e == epoch}
                out += [(epoch, number) for number in range(min(known), max(known)) if number not in known]
            return out

    def _connected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        with guard("practice consumer: connected"):
            root = f"edged/v1/{self.station}"
            client.subscribe([(f"{root}/alarm/event/#", 1), (f"{root}/alarm/index", 1), (f"{root}/reply/{self.user}/#", 1)])

    def _received(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        if self.check is not None:
            with guard("practice consumer: contract", lambda fault: self.broken.append(f"{message.topic}: {fault}")):
                self.check(message.topic, bytes(message.payload))
        with guard("practice consumer: message"):
            body = json.loads(message.payload)
            if message.topic.endswith("/alarm/index"):
                self._index = body
                self._ask()
            elif body.get("kind") == "replay_end":
                later = threading.Timer(float(body["data"].get("retry_after_s", 0.2)), guard("practice consumer: ask again")(self._ask))
                later.daemon = True
                later.start()
            elif "sequence" in body:
                self._event(body)

    def _event(self, event: dict[str, Any]) -> None:
        with self._lock:
            key = (str(event["epoch"]), int(event["sequence"]))
            self._events[key] = event
            self._ids[str(event["id"])] = key[1]
        self._say_cursor(key[0])

    def _ask(self) -> None:
        """Ask for what the index says that we lack."""
        with self._lock:
            if not self._index or self._client is None:
                return
            epoch, first, last = str(self._index["epoch"]), int(self._index["first_sequence"]), int(self._index["last_sequence"])
            known = {s for e, s in self._events if e == epoch}
            lacking = [number for number in range(first, last + 1) if number not in known]
            self._asked += 1
            wanted = (
                {"request_id": f"{self.user}-{self._asked}", "epoch": epoch, "from": lacking[0], "to": lacking[-1]} if lacking else None
            )
            client = self._client
        if wanted is not None:
            client.publish(f"edged/v1/{self.station}/replay/request/{self.user}", json.dumps(wanted), qos=1)

    def _say_cursor(self, epoch: str) -> None:
        """Write the cumulative position: the last number before the first gap, from the first that is still kept."""
        with self._lock:
            known = {s for e, s in self._events if e == epoch}
            first = int(self._index["first_sequence"]) if self._index.get("epoch") == epoch else 1
        passed = first - 1
        while passed + 1 in known:
            passed += 1
        if passed in known and self._client is not None:
            self._client.publish(
                f"edged/v1/{self.station}/cursor/{self.user}", json.dumps({"epoch": epoch, "sequence": passed}), qos=1, retain=True
            )
