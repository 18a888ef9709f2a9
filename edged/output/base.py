"""What outputs need from the rest of the daemon: a journal to read, and control to write and decide.

Outputs read the journal on their own thread and never write it: `Control` takes over and carries out on control's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from edged.model.alarm import Role
from edged.model.event import Event
from edged.model.health import CameraHealth
from edged.model.journal import Entry, Lane, Tell, TellPath
from edged.model.view import BlindCause, Pose

BROKER = "broker"
"""Name of the cursor that holds what the broker accepted (`published`)."""

TellOutcome = Literal["sent", "expired"]
"""`sent`: handed over (the broker accepted it for the gateway). `expired`: its deadline passed first."""


class JournalReader(Protocol):
    """A journal, read. Safe to call from the output's thread. Every call has a deadline of its own and raises StoreError."""

    def entries(self, lane: Lane, after: int, limit: int, epoch: str | None = None) -> list[Entry]:
        """Return entries with sequence > `after`, oldest first; `epoch` None is the present one."""

    def epochs(self, lane: Lane) -> list[str]:
        """Return the names of a lane's epochs, oldest first; the last is the present one."""

    def newest(self, lane: Lane) -> tuple[str, int, str]:
        """Return (epoch, sequence, digest) of the newest row; sequence 0 while the epoch has none."""

    def oldest(self, lane: Lane) -> int:
        """Return the oldest sequence that is still kept in the present epoch; newest + 1 when there is none."""

    def cursor(self, consumer: str, lane: Lane) -> tuple[str, int] | None:
        """Return (epoch, sequence) that the consumer has passed, None if it never said."""

    def open_tells(self, path: TellPath, now: datetime) -> Sequence[Tell]:
        """Return the tells of a path that are neither handed over nor expired, deadlines past `now` included."""


@dataclass(frozen=True, slots=True)
class PtzOrder:
    """A person's order to a head. `args` as in the command's schema (pan_deg, tilt_deg, lat_wgs84, lon_wgs84, preset, …)."""

    camera_id: str
    order: Literal["look_at", "goto_preset", "move", "stop"]
    actor: str
    role: Role
    command_id: str
    args: dict[str, Any] = field(default_factory=dict)


class Control(Protocol):
    """Control's side. Each call returns at once and may come from the output's thread."""

    def advance(self, consumer: str, lane: Lane, epoch: str, sequence: int) -> None:
        """Move a cursor; repeated and late calls are harmless. One beyond the newest row means that the journal is an older copy."""

    def on_event(self, event: Event) -> None:
        """Step this event."""

    def on_ptz(self, order: PtzOrder) -> None:
        """Carry out a PTZ order within the leases; the answer comes by `MqttOutput.reply`."""

    def tell_done(self, tell_id: str, outcome: TellOutcome, detail: str) -> None:
        """Note that a tell was handed over or expired."""

    def log(self, level: Literal["debug", "info", "warning", "error"], text: str) -> None:
        """Write a line to the log."""


@dataclass(frozen=True, slots=True)
class CameraView:
    """What is published of one camera. Addresses may still hold credentials: the renderer removes them."""

    health: CameraHealth
    sees: bool | None = None
    blind_cause: BlindCause | None = None
    pose: Pose | None = None
    thermal_url: str | None = None
    visible_url: str | None = None
    last_picture_at: datetime | None = None
