"""What every way to a camera speaks of: identity, streams, head, events; and the two faults that are not in the common tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edged.model.errors import CameraError


class CameraLacks(CameraError):
    """The camera does not have this service or operation; nothing is wrong, and nothing is tried again."""


class SubscriptionGone(CameraError):
    """The camera forgot our event subscription (restart, expiry); make a new one and say that events may be missing."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Identity as the camera tells it; empty where it says nothing."""

    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One media profile. `ptz`: it can steer the head."""

    token: str
    name: str
    source_token: str = ""
    encoding: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    ptz: bool = False


@dataclass(frozen=True, slots=True)
class Streams:
    """Addresses without credentials; None where the camera has no such lens."""

    thermal_url: str | None = None
    visible_url: str | None = None
    thermal: Profile | None = None
    visible: Profile | None = None
    snapshot_url: str | None = None


@dataclass(frozen=True, slots=True)
class HeadStatus:
    """Where the head is, in head angles (pan right, tilt up, degrees). `claims_moving` is the camera's word, which may be untrue."""

    pan_deg: float
    tilt_deg: float
    zoom_norm: float
    claims_moving: bool | None
    mono_s: float
    hfov_deg: float | None = None
    camera_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """One ONVIF event with its topic, prefix dropped for `tns1`."""

    topic: str
    operation: Literal["Initialized", "Changed", "Deleted", ""]
    source: Mapping[str, str]
    data: Mapping[str, str]
    at: datetime
