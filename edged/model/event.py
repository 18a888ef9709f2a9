"""What happens: the only input of `core.step`. Never frames. Every event goes to the input log before it is stepped."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from edged.model.aim import Aim
from edged.model.alarm import Role, VerbName, Via
from edged.model.health import CameraHealth
from edged.model.rounds import SpotMeasure
from edged.model.sighting import Sighting
from edged.model.view import Pose, View, Watched
from edged.model.wheel import HotWheel


@dataclass(frozen=True, slots=True)
class Sighted:
    """An eye reports a source."""

    sighting: Sighting
    kind: Literal["sighted"] = "sighted"


@dataclass(frozen=True, slots=True)
class HotWheelSeen:
    """An eye saw one wheel of a vehicle far hotter than its neighbours: an advisory."""

    wheel: HotWheel
    kind: Literal["hot_wheel_seen"] = "hot_wheel_seen"


@dataclass(frozen=True, slots=True)
class WatchedView:
    """An eye reports what it looked at; also the proof that it still judges pictures."""

    watched: Watched
    kind: Literal["watched"] = "watched"


@dataclass(frozen=True, slots=True)
class AimMeasured:
    """An eye measured how far a view and its beacons lie from where they were at commissioning: all of one look together."""

    aims: tuple[Aim, ...]
    kind: Literal["aim_measured"] = "aim_measured"


@dataclass(frozen=True, slots=True)
class ViewHeld:
    """A head arrived and its View went to the eye."""

    view: View
    kind: Literal["view_held"] = "view_held"


@dataclass(frozen=True, slots=True)
class HeadMoved:
    """A head's pose as the fleet reads it. `by`: who ordered the movement, `foreign` when nobody here did."""

    camera_id: str
    pose: Pose
    moving: bool
    by: Literal["patrol", "verification", "operator", "foreign", "none"]
    mono_s: float
    kind: Literal["head_moved"] = "head_moved"


@dataclass(frozen=True, slots=True)
class HeadLent:
    """A head was free and is turned to another head's suspect, as core asked."""

    camera_id: str
    alarm_id: str
    kind: Literal["head_lent"] = "head_lent"


@dataclass(frozen=True, slots=True)
class HealthChanged:
    """A camera climbed or fell on the ladder."""

    health: CameraHealth
    kind: Literal["health_changed"] = "health_changed"


@dataclass(frozen=True, slots=True)
class EyeChanged:
    """The supervisor started, lost or parked an eye."""

    camera_id: str
    state: Literal["started", "lost", "parked"]
    detail: str
    kind: Literal["eye_changed"] = "eye_changed"


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """An ONVIF event with its topic, as the camera sent it."""

    camera_id: str
    topic: str
    operation: Literal["Initialized", "Changed", "Deleted", ""]
    source: dict[str, str]
    data: dict[str, str]
    at: datetime
    kind: Literal["camera_event"] = "camera_event"


@dataclass(frozen=True, slots=True)
class Verb:
    """A person orders or answers something. The transport proves `actor` and `role`; core decides whether it is allowed.

    One of `alarm_id`, `display_id`, `slot` names the alarm where the verb needs one. `args` holds what is left (reason, hours, place,
    pan, lat_wgs84, …). `command_id` makes a repeated delivery harmless. Retained or expired messages never become a Verb.
    """

    verb: VerbName
    actor: str
    role: Role
    via: Via
    command_id: str
    alarm_id: str | None = None
    display_id: str | None = None
    slot: int | None = None
    args: dict[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    kind: Literal["verb"] = "verb"


@dataclass(frozen=True, slots=True)
class RadioStatus:
    """A handheld sent a status message (10 × verb + slot, or a bare verb 1–4). `radio` is its individual address."""

    radio: str
    status: int
    report_id: str
    kind: Literal["radio_status"] = "radio_status"


@dataclass(frozen=True, slots=True)
class RadioReported:
    """The gateway or a serial driver reports what became of a text. `tell_id` is the reference that went with it."""

    tell_id: str
    radio: str | None
    result: Literal["sent", "delivered", "read", "failed", "expired"]
    detail: str
    report_id: str
    kind: Literal["radio_reported"] = "radio_reported"


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; at least once a second."""

    kind: Literal["tick"] = "tick"


@dataclass(frozen=True, slots=True)
class DutyPresence:
    """People logged in at the duty post; an empty post sets `hold_s` to 0."""

    people: tuple[str, ...]
    kind: Literal["duty_presence"] = "duty_presence"


@dataclass(frozen=True, slots=True)
class OutputChanged:
    """An output path went up or down (`mqtt`, `gateway`, `serial`)."""

    output: str
    up: bool
    detail: str
    kind: Literal["output_changed"] = "output_changed"


@dataclass(frozen=True, slots=True)
class Weathered:
    """An instrument or a person says what the air is like; what is None is not said. Units and ranges: `model.weather`.

    `source`: who says it. `at`: when it was measured; None: as it came.
    """

    source: str
    at: datetime | None = None
    air_temp_c: float | None = None
    humidity_share: float | None = None
    wind_m_s: float | None = None
    wind_from_deg: float | None = None
    rain_mm_h: float | None = None
    irradiance_w_m2: float | None = None
    extinction_per_km: float | None = None
    kind: Literal["weathered"] = "weathered"


@dataclass(frozen=True, slots=True)
class SpotsMeasured:
    """An eye took the temperature of the spots of one view: all of one visit together."""

    measures: tuple[SpotMeasure, ...]
    kind: Literal["spots_measured"] = "spots_measured"


@dataclass(frozen=True, slots=True)
class SpotsRecalled:
    """What the store holds of one spot after a start: (seconds since 1970 UTC, mean), oldest first, °C."""

    name: str
    points: tuple[tuple[float, float], ...]
    kind: Literal["spots_recalled"] = "spots_recalled"


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something about the station itself that upstream must know (a quarantined entry, a freed unread row, a wrong clock)."""

    topic: Literal["camera", "system"]
    code: str
    message: str
    severity_level: Literal[1, 2, 3, 4]
    data: dict[str, Any] = field(default_factory=dict)
    kind: Literal["noticed"] = "noticed"


Event = (
    Sighted | WatchedView | AimMeasured | ViewHeld | HeadMoved | HeadLent | HealthChanged | EyeChanged | CameraEvent | Verb | RadioStatus
    | RadioReported | Tick | DutyPresence | OutputChanged | Weathered | SpotsMeasured
    | SpotsRecalled | HotWheelSeen | Noticed
)  # fmt: skip
