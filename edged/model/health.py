"""What is known about whether a camera, an eye or the station can see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edged.model.view import BlindCause

Rung = Literal["unknown", "unreachable", "reachable", "onvif_no_login", "login_ok", "stream_ok", "fresh", "scene_ok"]
"""The status ladder, lowest first."""

RUNGS: tuple[Rung, ...] = ("unknown", "unreachable", "reachable", "onvif_no_login", "login_ok", "stream_ok", "fresh", "scene_ok")

Fault = Literal[
    "none", "auth_failed", "clock_wrong", "cert_changed", "no_profile", "no_stream", "frozen", "tamper", "dark", "blurred",
    "slow", "garbled", "budget", "stuck_head", "crashed", "config_stale", "quarantined",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """The rung that a camera reached, and in words what stops it from the next and what a person does.

    `message` names the device, what was tried, what came back and the next step (STYLE §4); `zh` is the same in Chinese, empty where
    there is none.
    """

    camera_id: str
    rung: Rung
    fault: Fault
    message: str
    at: datetime
    clock_offset_s: float | None = None
    manufacturer: str | None = None
    model: str | None = None
    firmware: str | None = None
    zh: str = ""

    def said(self, language: str) -> str:
        """Return the message in `language` (`zh` or anything else for English)."""
        return (self.zh if language == "zh" else "") or self.message


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether a lookout or the station sees. `blind` lookouts name a cause; the station is blind when no lookout sees."""

    camera_id: str
    sees: bool
    cause: BlindCause | None
    since: datetime
