"""One lens' stream kept open: opened again with growing pauses, its fault known by name while it is not."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from edged.backoff import Backoff
from edged.camera.ring import Ring
from edged.camera.secret import Login
from edged.camera.stream import Stream, Tap
from edged.messages import StreamFound
from edged.model.errors import CameraError, CameraGarbled, CameraRefused, EdgedError
from edged.model.frame import Frame
from edged.model.view import BlindCause

REFUSED_FIRST_S, REFUSED_PAUSE_S = 60.0, 1800.0
"""After a refused login: once more after a minute (cameras that start refuse everybody), then every half hour."""
STEADY_S = 20.0
IDLE_S = 2.0
"""Without an address the thread looks so often whether it is to end; an address wakes it."""
log = logging.getLogger("edged.eye")


class Source:
    """Keeps one stream open in `run`. `take` None: packets only; `tap` hears them. `cause` says why there is nothing to see."""

    def __init__(
        self, label: str, login: Callable[[], Login], ended: threading.Event, take: Callable[[Frame], None] | None, *,
        colour: bool = False, ring: Ring | None = None, tap: Tap | None = None, patient: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self.ring = ring or Ring()
        self._tap, self._patient = tap, patient
        self.cause: BlindCause = "starting"
        self.frames = 0
        self.key_interval_s: float | None = None
        self._label, self._login, self._ended, self._take, self._colour = label, login, ended, take, colour
        self._url: str | None = None
        self._offset_s = 0.0
        self._changed = threading.Event()
        self._refused = 0
        self._lost = False

    def point_at(self, url: str | None, clock_offset_s: float) -> None:
        """Take the address that was found, or found again: a login works then, so a refused stream is tried at once."""
        self._offset_s = clock_offset_s
        if url != self._url or self._refused:
            self._refused = 0
            self._url = url
            self._changed.set()

    def run(self) -> None:
        """Keep it open until `ended`."""
        backoff = Backoff(first_s=0.5, longest_s=30.0)
        while not self._ended.is_set():
            self._changed.clear()
            url = self._url
            if url is None:
                self.cause = "starting"
                self._changed.wait(IDLE_S)
                continue
            began = time.monotonic()
            try:
                self._open(url)
                pause = 0.0
            except EdgedError as fault:
                (log.debug if self._lost else log.warning)("%s", fault)
                self._lost = True
                pause = self._pause(fault, backoff)
            if time.monotonic() - began > STEADY_S:
                backoff.good()
            self._wait(pause)

    def _open(self, url: str) -> None:
        stream = Stream(
            self._label,
            url,
            self._login(),
            colour=self._colour,
            decode=self._take is not None,
            clock_offset_s=self._offset_s,
            ring=self.ring,
            tap=self._tap,
            patient=self._patient,
        )

        def taken(frame: Frame) -> None:
            self.frames += 1
            self._refused = 0
            self.cause = "no_stream"
            if self._lost:
                self._lost = False
                log.info("camera %s: pictures come again from %s", self._label, stream.url)
            stream.clock_offset_s = self._offset_s
            self.key_interval_s = stream.key_interval_s
            if self._take is not None:
                self._take(frame)

        stream.run(lambda: self._ended.is_set() or self._changed.is_set(), taken)

    def _pause(self, fault: EdgedError, backoff: Backoff) -> float:
        if isinstance(fault, CameraRefused):
            self.cause = "auth_failed"
            self._refused += 1
            return REFUSED_FIRST_S if self._refused < 2 else REFUSED_PAUSE_S
        self.cause = "garbled" if isinstance(fault, CameraGarbled) else "unreachable" if isinstance(fault, CameraError) else "auth_failed"
        return backoff.pause_s()

    def _wait(self, pause_s: float) -> None:
        limit = time.monotonic() + pause_s
        while time.monotonic() < limit and not self._ended.is_set() and not self._changed.wait(min(0.5, pause_s)):
            continue


class StreamNote:
    """The last addresses found, on disk: a restarted eye sees before ONVIF has answered. Holds no credentials."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: tuple[str | None, str | None] | None = None

    def read(self) -> StreamFound | None:
        """Return what was noted; None where nothing usable is."""
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
            return StreamFound(
                str(known["camera_id"]), _url(known["thermal_url"]), _url(known["visible_url"]), float(known["clock_offset_s"])
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, found: StreamFound) -> None:
        """Note new addresses; a full disk does not matter here."""
        if self._last == (found.thermal_url, found.visible_url):
            return
        self._last = (found.thermal_url, found.visible_url)
        text = json.dumps(
            {
                "camera_id": found.camera_id,
                "thermal_url": found.thermal_url,
                "visible_url": found.visible_url,
                "clock_offset_s": found.clock_offset_s,
            }
        )
        new = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(text, encoding="utf-8")
            new.replace(self._path)


def _url(value: object) -> str | None:
    return value if isinstance(value, str) and value.startswith(("rtsp://", "rtsps://")) else None
