"""Joins an eye's stream to its flight recorder, and says to control how recording fares. Nothing in it makes the eye wait."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from edged.messages import Message, Recorded, encode
from edged.store.recorder import Recorder, RecorderState
from edged.store.recording import Coded
from edged.store.settings import RecorderSettings
from edged.supervise import guard

REPORT_S = 30.0
STOP_S = 0.5


class Tape:
    """The `Tap` of a thermal stream."""

    def __init__(self, state_dir: Path, camera_id: str, settings: RecorderSettings) -> None:
        self._recorder = Recorder(state_dir, camera_id, settings)
        self._camera_id = camera_id
        self._thread: threading.Thread | None = None
        self._told: RecorderState | None = None
        self._due_s = float("-inf")

    def start(self, ended: threading.Event) -> None:
        """Start the writer's thread."""
        work = guard(f"eye {self._camera_id}: recorder")(self._recorder.run)
        self._thread = threading.Thread(target=work, args=(ended,), name="recorder", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give the writer a moment to end its segment; what it has written is readable without that."""
        if self._thread is not None:
            self._recorder.wake()
            self._thread.join(STOP_S)

    def change(self, settings: RecorderSettings) -> None:
        """Go on with other settings."""
        self._recorder.settings = settings

    def opened(self, codec: str, extradata: bytes) -> None:
        """See `Tap`."""
        self._recorder.opened(codec, extradata)

    def packet(
        self, data: bytes, pts: int | None, time_base: Fraction | None, key: bool, mono_s: float, captured_at: datetime,
        camera_time: datetime | None,
    ) -> None:  # fmt: skip
        """See `Tap`."""
        self._recorder.packet(Coded(data, pts, time_base, key, mono_s, captured_at, camera_time))

    def told(self, message: Message) -> None:
        """Record what the eye is told."""
        self._recorder.told(json.loads(encode(message)[4:]))

    def report(self, now_s: float) -> Recorded | None:
        """Return how recording fares, each half minute and when that changes; else None."""
        state = self._recorder.state()
        if now_s < self._due_s and self._told is not None and self._told.state == state.state:
            return None
        self._due_s, self._told = now_s + REPORT_S, state
        return Recorded(self._camera_id, state.state, state.words.en, state.words.zh, state.hours, state.size_bytes, state.dropped)
