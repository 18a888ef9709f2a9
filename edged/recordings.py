"""How the flight recorders of all eyes fare: what upstream is told of it, once, and what `edged status` shows."""

from __future__ import annotations

from typing import Any

from edged.messages import Recorded
from edged.model.event import Noticed

OF_THE_DISK = ("full", "failing", "hung")
"""Faults that all cameras share: one notice for the station."""
OF_THE_CAMERA = ("unfit",)
CALM_S = 300.0
"""A fault is over when no camera reported it for so long: a disk at its limit comes and goes."""


class Recordings:
    """The last report of each camera. `take` returns what upstream is to be told."""

    def __init__(self) -> None:
        self._known: dict[str, Recorded] = {}
        self._faults: dict[str, float] = {}

    def take(self, message: Recorded, now_s: float) -> list[Noticed]:
        """Take a report; `now_s` monotonic."""
        self._known[message.camera_id] = message
        out: list[Noticed] = []
        name = self._name(message)
        if name is not None:
            if name not in self._faults:
                text = f"camera {message.camera_id}: recording stopped ({message.state}): {message.en}; fires are found as before"
                zh = f"摄像机 {message.camera_id}: 录像停止: {message.zh}; 火情监测不受影响"
                data = {"camera_id": message.camera_id, "zh": zh}
                out.append(Noticed("system", f"recorder_{message.state}", text, 3, data))
            self._faults[name] = now_s
        standing = {name for known in self._known.values() if (name := self._name(known)) is not None}
        for name in [name for name, last_s in self._faults.items() if name not in standing and now_s - last_s >= CALM_S]:
            del self._faults[name]
            state, _, camera_id = name.partition(" ")
            whose = f"camera {camera_id}: " if camera_id else ""
            data = {"was": state, "zh": "录像已恢复"}
            out.append(Noticed("system", "recorder_ok", f"{whose}recording goes on again ({state} is over)", 4, data))
        return out

    def gone(self, camera_id: str) -> None:
        """Forget a camera that is no longer watched."""
        self._known.pop(camera_id, None)

    def shown(self) -> dict[str, dict[str, Any]]:
        """Return, by camera, state, hours and GB that are kept, and what was lost."""
        return {
            camera_id: {
                "state": known.state, "en": known.en, "zh": known.zh, "hours": round(known.hours, 1),
                "gb": round(known.size_bytes / 1e9, 3), "dropped": known.dropped,
            }
            for camera_id, known in sorted(self._known.items())
        }  # fmt: skip

    @staticmethod
    def _name(message: Recorded) -> str | None:
        if message.state in OF_THE_DISK:
            return message.state
        return f"{message.state} {message.camera_id}" if message.state in OF_THE_CAMERA else None
