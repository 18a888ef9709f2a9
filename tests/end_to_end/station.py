"""A running station for the end-to-end tests: small pictures, two cameras in two files, people with MQTT users, and who listens."""

from __future__ import annotations

import json
import secrets
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from edged.commands import ask
from edged.model.errors import EdgedError
from edged.practice import DUTY, DUTY_RADIO, Practice, simulated
from edged.simulator.gateway import Officer
from edged.simulator.upstream import Upstream

LEADER, LEADER_RADIO = "leader-li", "80010002"
PATROL_RADIO = "8012"
SILENT = Officer(PATROL_RADIO, None, None)
"""An officer who answers only when the test says so."""
PEOPLE = {
    DUTY: {"name": "值班台", "role": "duty", "radio": DUTY_RADIO},
    LEADER: {"name": "李队", "role": "shift_leader", "radio": LEADER_RADIO},
}


class Listener:
    """An MQTT user of the station with what it saw: (topic, payload, retain)."""

    def __init__(self, port: int, user: str, password: str, *filters: str) -> None:
        self.seen: list[tuple[str, bytes, bool]] = []
        self.refused: list[str] = []
        self._user, self._filters = user, filters
        self._granted = threading.Event()
        self._published: dict[int, str] = {}
        self.client = paho.Client(CallbackAPIVersion.VERSION2, f"{user}-{secrets.token_hex(4)}", protocol=paho.MQTTv5)
        self.client.username_pw_set(user, password)
        self.client.on_connect = lambda c, _u, _f, _r, _p: c.subscribe([(one, 1) for one in filters])
        self.client.on_subscribe = lambda *_: self._granted.set()
        self.client.on_message = lambda _c, _u, m: self.seen.append((m.topic, bytes(m.payload), bool(m.retain)))
        self.client.on_publish = lambda _c, _u, mid, reason, _p: self._published.__setitem__(mid, str(reason))
        self.client.reconnect_delay_set(1, 2)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._granted.wait(10), f"{user} was not granted {filters}"

    def bodies(self, part: str) -> list[dict[str, Any]]:
        """Return the JSON objects on topics that contain `part`."""
        return [json.loads(payload) for topic, payload, _ in list(self.seen) if part in topic and payload]

    def publish(self, topic: str, value: object, retain: bool = False) -> str:
        """Publish and return the broker's reason in words."""
        sent = self.client.publish(topic, json.dumps(value), qos=1, retain=retain)
        until(lambda: sent.mid in self._published, 10, f"an answer of the broker to {topic}")
        return self._published[sent.mid]

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class House:
    """The running station and its named consumer."""

    def __init__(self, folder: Path, cameras: tuple[str, ...] = ("th-01", "th-02"), *, traffic: bool = True, **changes: Any) -> None:
        """Build it; `changes` go into each simulated camera's settings. Without `traffic` no lorry is a suspect that turns a head."""
        settings = simulated(cameras, traffic=traffic)
        changed = {"width": 320, "height": 256, "fps": 5.0, **changes}
        small = tuple(camera.model_copy(update=changed) for camera in settings.cameras)
        self.practice = Practice(folder, settings.model_copy(update={"cameras": small}), officer=SILENT, show=lambda _: None)
        self.practice.passwords[LEADER] = secrets.token_urlsafe(12)
        self.upstream: Upstream | None = None
        self._listeners: list[Listener] = []

    def write(self) -> None:
        """Write the files, one camera a file, while the simulator runs."""
        self.practice.simulator.start()
        self.practice.write()
        self.practice.write_station(people=PEOPLE)
        folder = self.practice.config / "cameras"
        known = yaml.safe_load((folder / "lookouts.yaml").read_text(encoding="utf-8"))
        (folder / "lookouts.yaml").unlink()
        for camera in known["cameras"]:
            self.camera_file(camera["id"]).write_text(yaml.safe_dump({"cameras": [camera]}, allow_unicode=True, sort_keys=False))

    def start(self, write: bool = True) -> House:
        if write:
            self.write()
        self.practice.start_broker()
        self.upstream = Upstream(self.practice.port, *self.practice.consumer)
        self.upstream.start()
        self.practice.gateway.start()
        self.practice.start_daemon()
        self.until(lambda: bool(self.status()), 30, "the control socket answers")
        return self

    def stop(self) -> None:
        for listener in self._listeners:
            listener.stop()
        if self.upstream is not None:
            self.upstream.stop()
        self.practice.stop()

    def camera_file(self, camera_id: str) -> Path:
        return self.practice.config / "cameras" / f"{camera_id}.yaml"

    def listen(self, user: str, *filters: str) -> Listener:
        """Return a listening user; `edged` may hear everything, as an auditor at the broker would."""
        listener = Listener(self.practice.port, user, self.practice.passwords[user], *filters)
        self._listeners.append(listener)
        return listener

    def until(self, found: Callable[[], bool], within_s: float, what: str) -> float:
        """Wait for an outcome; returns the seconds."""
        began = time.monotonic()
        self.practice.wait_for(what, found, within_s)
        return time.monotonic() - began

    def ask(self, verb: str, **fields: Any) -> dict[str, Any]:
        found: dict[str, Any] = ask.request(str(self.practice.socket), verb, **fields)
        return found

    def status(self) -> dict[str, Any]:
        """Return the status, empty while nobody answers."""
        try:
            found: dict[str, Any] = self.ask("status")["data"]
        except EdgedError:
            return {}
        return found

    def lookout(self, camera_id: str) -> dict[str, Any]:
        """Return the line of one lookout."""
        return next((c for c in self.status().get("cameras", []) if c["camera_id"] == camera_id), {})

    def sees(self, *camera_ids: str, within_s: float = 60) -> float:
        """Wait until these lookouts see."""
        return self.until(lambda: all(self.lookout(c).get("sees") is True for c in camera_ids), within_s, f"{camera_ids} see")

    def raised(self, place: str) -> dict[str, Any]:
        """Raise an alarm as a person at the socket, and return what it became."""
        found: dict[str, Any] = self.ask("raise", args={"place": place})["data"]
        return found

    def events(self, alarm_id: str) -> list[dict[str, Any]]:
        """Return what the consumer got of an alarm, in the journal's order."""
        assert self.upstream is not None
        return [event for event in self.upstream.alarms() if event["data"]["alarm_id"] == alarm_id]

    def texts(self, words: str) -> list[tuple[tuple[str, ...], str]]:
        """Return (to, text) of what the gateway stand-in got with these words, each reference once."""
        found = {text.mr: (text.to, text.text_s) for text in self.practice.gateway.texts if words in text.text_s}
        return list(found.values())

    def delivered(self, alarm_id: str) -> bool:
        """Tell whether the consumer's cursor passed every row of the alarm that it has, and it has one."""
        assert self.upstream is not None
        mine = [int(event["sequence"]) for event in self.events(alarm_id)]
        cursors = self.ask("position")["data"]["cursors"]
        return bool(mine) and cursors.get(self.upstream.user, {}).get("real", 0) >= max(mine)

    def reload(self) -> None:
        """Send SIGHUP, as `systemctl reload edged` does."""
        assert self.practice.daemon is not None
        self.practice.daemon.send_signal(signal.SIGHUP)


def command(verb: str, actor: str, command_id: str, **fields: Any) -> dict[str, Any]:
    """Return an MQTT command that lives a minute."""
    expires_at = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    return {"verb": verb, "actor": actor, "command_id": command_id, "expires_at": expires_at, **fields}


def until(found: Callable[[], bool], within_s: float, what: str) -> float:
    """Wait for an outcome; returns the seconds. Raises AssertionError."""
    began = time.monotonic()
    while not found():
        assert time.monotonic() - began < within_s, f"not in {within_s} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began
