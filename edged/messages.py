"""What processes of one daemon say to one another: length-prefixed JSON on a socketpair, at most 64 kB a message.

control → eye: `EyeSetup`, `HoldView`, `DropView`, `WatchOn`, `Drill`, `HeatRead`, `AirKnown`, `Record`, `Slow`, `PictureWanted`, `Stop`
eye → control: `Sighted`, `HeldBack`, `WatchedView`, `AimMeasured`, `SpotsMeasured`, `HotWheelSeen`, `Beat`,
`PictureTaken`, `Recorded`, `ChildLog`
control → fleet: `FleetSetup`, `CameraSetup`, `CameraGone`, `Turn`, `PictureWanted`, `Stop`
fleet → control: `HealthChanged`, `HeadMoved`, `CameraEvent`, `StreamFound`, `Turned`, `PictureTaken`, `Beat`, `ChildLog`

End-of-file on the socket ends the child within 2 s. Garbage on it is `MessageGarbled`, never a crash of control.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from edged.model.command import AirKnown, Drill, WatchOn
from edged.model.errors import EdgedError
from edged.model.event import AimMeasured, CameraEvent, HeadMoved, HealthChanged, HotWheelSeen, Sighted, SpotsMeasured, WatchedView
from edged.model.heatread import HeatRead
from edged.model.lens import Lens
from edged.model.sighting import Sighting
from edged.model.view import View

MAX_BYTES = 65_536
_HEAD = struct.Struct(">I")


class MessageGarbled(EdgedError):
    """The other process sent what is not a message; it is restarted."""


@dataclass(frozen=True, slots=True)
class EyeSetup:
    """First message to an eye: the camera's settings entry, the detector's and the recorder's, as JSON. Secrets travel only here."""

    camera: dict[str, Any]
    detection: dict[str, Any]
    state_dir: str
    recorder: dict[str, Any] = field(default_factory=dict)
    kind: Literal["eye_setup"] = "eye_setup"


@dataclass(frozen=True, slots=True)
class StreamFound:
    """The fleet read a camera's stream addresses, without credentials, or learnt that they changed. Forwarded to that camera's eye."""

    camera_id: str
    thermal_url: str | None
    visible_url: str | None
    clock_offset_s: float
    kind: Literal["stream_found"] = "stream_found"


@dataclass(frozen=True, slots=True)
class HoldView:
    """The head arrived and holds; frames from `view.valid_from_mono_s` on may be judged."""

    view: View
    kind: Literal["hold_view"] = "hold_view"


@dataclass(frozen=True, slots=True)
class DropView:
    """The head moves or is no longer ours: frames from now on are blind time."""

    generation: int
    cause: Literal["moving", "head_taken", "no_view", "maintenance"]
    kind: Literal["drop_view"] = "drop_view"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A track that the eye does not report, because more speaks against a fire. It is kept and never stepped.

    Its `log_likelihood` is the evidence as it stands, not an increment.
    """

    sighting: Sighting
    kind: Literal["held_back"] = "held_back"


@dataclass(frozen=True, slots=True)
class Record:
    """Record the thermal stream by these settings from now on."""

    recorder: dict[str, Any]
    kind: Literal["record"] = "record"


@dataclass(frozen=True, slots=True)
class Recorded:
    """How the flight recorder of one camera fares: state (`edged.store.recorder`), why in both languages, what is kept, what was lost."""

    camera_id: str
    state: Literal["off", "waiting", "recording", "full", "failing", "held", "unfit", "hung"]
    en: str
    zh: str
    hours: float
    size_bytes: int
    dropped: int
    kind: Literal["recorded"] = "recorded"


@dataclass(frozen=True, slots=True)
class Slow:
    """Overload: judge at most this many frames a second (None: all)."""

    max_fps: float | None
    kind: Literal["slow"] = "slow"


@dataclass(frozen=True, slots=True)
class PictureWanted:
    """Take a picture; the answer is `PictureTaken` with the same id, in one or several parts."""

    request_id: str
    camera_id: str
    lens: Literal["thermal", "visible"]
    max_bytes: int = 262_144
    kind: Literal["picture_wanted"] = "picture_wanted"


@dataclass(frozen=True, slots=True)
class PictureTaken:
    """A JPEG in base64 (a part of it: ≤ 48 kB each), or the reason why there is none."""

    request_id: str
    camera_id: str
    lens: Literal["thermal", "visible"]
    part: int
    parts: int
    jpeg_b64: str
    reason: str = ""
    kind: Literal["picture_taken"] = "picture_taken"


@dataclass(frozen=True, slots=True)
class Beat:
    """The child's own loop advanced. Sent once a second; says nothing about sight."""

    name: str
    mono_s: float
    rss_mb: float
    cpu_s: float
    kind: Literal["beat"] = "beat"


@dataclass(frozen=True, slots=True)
class ChildLog:
    """A line for the log, redacted by the child."""

    name: str
    level: Literal["debug", "info", "warning", "error"]
    text: str
    kind: Literal["child_log"] = "child_log"


@dataclass(frozen=True, slots=True)
class FleetSetup:
    """First message to the fleet."""

    fleet: dict[str, Any]
    state_dir: str
    kind: Literal["fleet_setup"] = "fleet_setup"


@dataclass(frozen=True, slots=True)
class CameraSetup:
    """Add or replace one camera; only a changed entry is sent again."""

    camera: dict[str, Any]
    kind: Literal["camera_setup"] = "camera_setup"


@dataclass(frozen=True, slots=True)
class CameraGone:
    """Forget this camera and release what it holds for us."""

    camera_id: str
    kind: Literal["camera_gone"] = "camera_gone"


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn a head to head angles or to a preset. The answer is `Turned`."""

    request_id: str
    camera_id: str
    by: Literal["patrol", "verification", "operator"]
    pan_deg: float | None = None
    tilt_deg: float | None = None
    hfov_deg: float | None = None
    preset: str | None = None
    kind: Literal["turn"] = "turn"


@dataclass(frozen=True, slots=True)
class Turned:
    """The head arrived, or did not and why. `hfov_deg`, `lens`: what the view got, where the camera knows it better than the order."""

    request_id: str
    camera_id: str
    arrived: bool
    pan_deg: float | None
    tilt_deg: float | None
    settled_mono_s: float
    reason: str = ""
    hfov_deg: float | None = None
    lens: Lens | None = None
    kind: Literal["turned"] = "turned"


@dataclass(frozen=True, slots=True)
class Stop:
    """Release what is held and end."""

    kind: Literal["stop"] = "stop"


Message = (
    EyeSetup | HoldView | DropView | WatchOn | Drill | AirKnown | HeatRead | Slow | PictureWanted | Stop | Sighted | HeldBack | WatchedView
    | AimMeasured | SpotsMeasured | Beat | PictureTaken | ChildLog | FleetSetup | CameraSetup | CameraGone | Turn | HealthChanged
    | HeadMoved | CameraEvent | StreamFound | Turned
    | Record | Recorded | HotWheelSeen
)  # fmt: skip

_ADAPTER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])


def encode(message: Message) -> bytes:
    """Return the message framed for the socket. Raises MessageGarbled over 64 kB."""
    body = _ADAPTER.dump_json(message)
    if len(body) > MAX_BYTES:
        raise MessageGarbled(f"message {message.kind} is {len(body)} bytes, the limit is {MAX_BYTES}: send it in parts")
    return _HEAD.pack(len(body)) + body


def decode(body: bytes) -> Message:
    """Return the message of one frame body. Raises MessageGarbled, naming the field."""
    try:
        return _ADAPTER.validate_json(body)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise MessageGarbled(f"message refused at {'.'.join(map(str, first['loc']))}: {first['msg']}") from fault


@dataclass(slots=True)
class Unframer:
    """Bytes in, messages out, however they are cut."""

    _buffer: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that `data` completes. Raises MessageGarbled; after that the stream is lost."""
        self._buffer += data
        out: list[Message] = []
        while len(self._buffer) >= _HEAD.size:
            (size,) = _HEAD.unpack_from(self._buffer)
            if size > MAX_BYTES:
                raise MessageGarbled(f"frame of {size} bytes announced, the limit is {MAX_BYTES}")
            if len(self._buffer) < _HEAD.size + size:
                break
            body = bytes(self._buffer[_HEAD.size : _HEAD.size + size])
            del self._buffer[: _HEAD.size + size]
            out.append(decode(body))
        return out


def summary(message: Message) -> str:
    """Return one line for a log, without pictures and without settings."""
    hidden = {"camera", "fleet", "detection", "recorder", "jpeg_b64", "crop_jpeg_b64"}
    known = json.loads(_ADAPTER.dump_json(message))
    return " ".join(f"{k}={v}" for k, v in known.items() if k not in hidden and not isinstance(v, dict | list))
