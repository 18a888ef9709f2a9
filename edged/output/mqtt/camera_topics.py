"""Per camera: the retained state, the camera's own events in the form of the ONVIF event broker, labels, pictures.

State goes out on change and at most once a second per camera; addresses lose their credentials here, whatever they came with.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import UTC
from urllib.parse import urlsplit, urlunsplit

from edged.model.errors import OutputGarbled
from edged.model.event import CameraEvent
from edged.model.journal import Lane
from edged.model.sighting import Sighting
from edged.output.base import CameraView
from edged.output.mqtt.contract import MEDIA_BYTES
from edged.output.mqtt.envelope import compact, stamp
from edged.output.mqtt.link import Link
from edged.output.mqtt.topics import Topics
from edged.output.mqtt.wire import Message
from edged.output.settings import Identity

APART_S = 1.0
OVERLAY_APART_S = 0.5
WAITING = 256
TOPIC_BYTES = 1024
"""A longer topic of a camera's own event is left out: brokers refuse it, and it must not stand in the way of the next message."""
"""Events and pictures kept while the link is busy or down; older ones are dropped: they are in the journal or with the eye."""


def without_credentials(url: str | None) -> str | None:
    """Return the address without user, password, query and fragment; None if it is no address."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or not parts.scheme or "@" in parts.path:
        return None
    place = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, place if port is None else f"{place}:{port}", parts.path, "", ""))


def state(view: CameraView, identity: Identity) -> bytes:
    """Return the payload of a camera's state."""
    health, pose = view.health, view.pose
    message = re.sub(r"(?<=//)[^\s/@]+(?::[^\s/@]*)?@", "", health.message)
    value = {
        "camera_id": health.camera_id,
        "rung": health.rung,
        "fault": health.fault,
        "message": message,
        "at": stamp(health.at, identity),
        "sees": view.sees,
        "blind_cause": view.blind_cause,
        "last_picture_at": None if view.last_picture_at is None else stamp(view.last_picture_at, identity),
        "clock_offset_s": None if health.clock_offset_s is None else round(health.clock_offset_s, 2),
        "manufacturer": health.manufacturer,
        "model": health.model,
        "firmware": health.firmware,
        "pose": None
        if pose is None
        else {"pan_deg": round(pose.pan_deg, 2), "tilt_deg": round(pose.tilt_deg, 2), "hfov_deg": round(pose.hfov_deg, 2)},
        "thermal_url": without_credentials(view.thermal_url),
        "visible_url": without_credentials(view.visible_url),
    }
    return compact(value)


class CameraTopics:
    """Publishes what is known of cameras. Every method but the payload functions runs on the output's thread."""

    def __init__(self, identity: Identity, topics: Topics, link: Link) -> None:
        self._identity = identity
        self._root = topics.root()
        self._topics = topics
        self._link = link
        self._wanted: dict[str, bytes] = {}
        self._there: dict[str, tuple[bytes, float]] = {}
        self._waiting: deque[Message] = deque(maxlen=WAITING)
        self._labelled: dict[str, float] = {}
        self._generation = 0

    def put(self, view: CameraView) -> None:
        """Note a camera's state."""
        self._wanted[view.health.camera_id] = state(view, self._identity)

    def gone(self, camera_id: str) -> None:
        """Clear a camera that is no longer configured."""
        self._wanted[camera_id] = b""

    def event(self, happened: CameraEvent) -> None:
        """Mirror a camera's event. Property events are retained and cleared by an empty message."""
        levels = [re.sub(r"[+#\0]", "", level.rsplit(":", 1)[-1]) for level in happened.topic.strip("/").split("/")]
        tail = "/".join(level for level in levels if level)
        if not tail:
            return
        source = "&".join(re.sub(r"[+#/\0]", "", value) for value in happened.source.values() if value)
        topic = f"{self._root}/camera/{happened.camera_id}/onvif-ej/{tail}" + (f"/&{source}" if source else "")
        at = happened.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if len(topic.encode("utf-8", "replace")) > TOPIC_BYTES:
            return
        deleted = happened.operation == "Deleted"
        payload = b"" if deleted else compact({"UtcTime": at, "Source": happened.source, "Data": happened.data})
        self._waiting.append(Message(topic, payload, 0, retain=happened.operation != ""))

    def overlay(self, sighting: Sighting, now: float) -> None:
        """Publish a label, at most twice a second per camera."""
        if now - self._labelled.get(sighting.camera_id, float("-inf")) < OVERLAY_APART_S:
            return
        self._labelled[sighting.camera_id] = now
        label = {
            "track_id": sighting.track_id,
            "x_px": round(sighting.x_px, 1),
            "y_px": round(sighting.y_px, 1),
            "area_px": round(sighting.area_px, 1),
            "text": ", ".join(sighting.reasons_for),
            "test": sighting.test,
        }
        value = {
            "camera_id": sighting.camera_id,
            "view_id": sighting.view_id,
            "captured_at": stamp(sighting.captured_at, self._identity),
            "labels": [label],
        }
        self._waiting.append(Message(f"{self._root}/camera/{sighting.camera_id}/overlay", compact(value), 0))

    def media(self, lane: Lane, alarm_id: str, number: int, jpeg: bytes) -> None:
        """Publish a picture of an alarm. Raises OutputGarbled for what is no JPEG or too large."""
        if jpeg[:2] != b"\xff\xd8" or len(jpeg) > MEDIA_BYTES:
            raise OutputGarbled(f"picture {number} of alarm {alarm_id}: {len(jpeg)} bytes, wanted a JPEG of at most {MEDIA_BYTES}")
        self._waiting.append(Message(f"{self._topics.root(lane)}/alarm/media/{alarm_id}/{number}", jpeg, content_type="image/jpeg"))

    def step(self, now: float) -> None:
        """Send what is due; alarms go first, so only while the link has room."""
        if not self._link.up:
            return
        if self._link.generation != self._generation:
            self._generation = self._link.generation
            self._there.clear()
        for camera_id, payload in list(self._wanted.items()):
            before, at = self._there.get(camera_id, (None, float("-inf")))
            if payload == before or now - at < APART_S:
                continue
            if self._full() or not self._link.publish(Message(f"{self._root}/camera/{camera_id}/state", payload, retain=True), now):
                return
            self._there[camera_id] = (payload, now)
            if not payload:
                del self._wanted[camera_id]
        while self._waiting and not self._full() and self._link.publish(self._waiting[0], now):
            self._waiting.popleft()

    def _full(self) -> bool:
        return self._link.unacknowledged >= self._link.receive_maximum // 2
